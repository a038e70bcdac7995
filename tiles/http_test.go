package tiles_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/tiles/mvt"
)

// TestHTTP: statuses, errors, validators and forms.
func TestHTTP(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	drawn := serve(t, pool)
	for _, test := range []struct {
		path   string
		status int
		says   string
	}{
		{"/tiles/dams/0/0/0.mvt", 200, ""},
		{"/tiles/dams,vessels,cameraEvents/0/0/0.mvt", 200, ""},
		{"/tiles/dams/22/0/0.mvt", 204, ""},
		{"/tiles/damns/0/0/0.mvt", 404, "NOT_FOUND there is no layer \"damns\"; there are reports, alerts, cameras"},
		{"/tiles//0/0/0.mvt", 404, "NOT_FOUND"},
		{"/tiles/dams/0/0/0.png", 404, "NOT_FOUND there is /tiles/{layers}/{z}/{x}/{y}.mvt"},
		{"/tiles/dams", 404, "NOT_FOUND"},
		{"/tiles/", 404, "NOT_FOUND"},
		{"/tiles/damns.json", 404, "NOT_FOUND"},
		{"/tiles/dams,dams/0/0/0.mvt", 400, "BAD_INPUT dams is asked for twice"},
		{"/tiles/" + strings.Repeat("dams,", 20) + "dams/0/0/0.mvt", 400, "BAD_INPUT 21 layers"},
		{"/tiles/dams/23/0/0.mvt", 400, "BAD_INPUT there is no such tile"},
		{"/tiles/dams/-1/0/0.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/1/2/0.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/1/0/2.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/1/01/0.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/1/x/0.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/1/99999999999999999999/0.mvt", 400, "BAD_INPUT"},
		{"/tiles/dams/0/0/0.mvt?filter=levelM%3E1", 200, ""},
		{"/tiles/dams/0/0/0.mvt?filter=levelM%3E", 400, "BAD_INPUT filter, character 8"},
		{"/tiles/dams/0/0/0.mvt?filter=colour%3D1", 400, "BAD_INPUT"},
		{"/tiles/vessels/0/0/0.mvt?filter=ownerName%3D'x'", 204, ""},
		{"/tiles/alerts,dams/0/0/0.mvt?active=true", 200, ""},
		{"/tiles/alerts/0/0/0.mvt?active=no", 400, "BAD_INPUT active is true"},
		{"/tiles/dams/0/0/0.mvt?asOf=yesterday", 400, "BAD_INPUT asOf"},
		{"/tiles/dams/0/0/0.mvt?asOf=2999-01-01T00:00:00Z", 400, "BAD_INPUT asOf"},
	} {
		resp, body := drawn.ask(test.path)
		var e struct{ Code, Message string }
		if test.status >= 400 {
			if err := json.Unmarshal(body, &e); err != nil || e.Code == "" || e.Message == "" {
				t.Errorf("%s: not an error: %s", test.path, body)
			}
		}
		if resp.StatusCode != test.status || !strings.HasPrefix(e.Code+" "+e.Message, test.says) && test.says != "" {
			t.Errorf("%s: %s %s", test.path, resp.Status, body)
		}
	}
	if resp, body := drawn.ask("/tiles/dams/0/0/0.mvt", "X-Api-Key", "hub_live_nobodyyy_known-nowhere-at-all"); resp.StatusCode != 401 || !strings.Contains(string(body), `"UNAUTHENTICATED"`) {
		t.Errorf("an unknown key: %s %s", resp.Status, body)
	}

	resp, plain := drawn.ask("/tiles/offices,stations/0/0/0.mvt")
	tag := resp.Header.Get("ETag")
	for name, want := range map[string]string{"Content-Type": "application/vnd.mapbox-vector-tile", "Cache-Control": "public, max-age=10", "Content-Encoding": ""} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if resp, _ := drawn.as(viewers[3].key).ask("/tiles/dams/0/0/0.mvt"); resp.Header.Get("Cache-Control") != "private, max-age=10" {
		t.Errorf("with a key: %s", resp.Header.Get("Cache-Control"))
	}
	if resp, body := drawn.ask("/tiles/offices,stations/0/0/0.mvt", "If-None-Match", `"other", `+tag); tag == "" || strings.HasPrefix(tag, "W/") || resp.StatusCode != 304 || len(body) > 0 {
		t.Errorf("the same again: %s", resp.Status)
	}
	resp, packed := drawn.ask("/tiles/offices,stations/0/0/0.mvt", "Accept-Encoding", "br, gzip;q=0.8")
	if resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("ETag") == tag || len(packed) >= len(plain) {
		t.Fatalf("packed: %v", resp.Header)
	}
	reader, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(reader); err != nil || string(unpacked) != string(plain) {
		t.Errorf("packed is another tile: %v", err)
	}
	if resp, _ := drawn.ask("/tiles/offices,stations/0/0/0.mvt", "Accept-Encoding", "gzip;q=0, *"); resp.Header.Get("Content-Encoding") != "" {
		t.Error("packed for a client that refuses it")
	}
}

// TestDescription: TileJSON names the viewer's fields and where the tiles are.
// TestFilter: a tile holds what the filter lets through, and tiles of one filter are
// none of another.
func TestFilter(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	ids := func(filter string) []string {
		t.Helper()
		resp, body := s.ask("/tiles/dams/0/0/0.mvt?filter=" + url.QueryEscape(filter))
		if resp.StatusCode == http.StatusNoContent {
			return nil
		}
		layers, err := orbmvt.Unmarshal(body)
		if err != nil || len(layers) != 1 {
			t.Fatalf("%s: %s %v", filter, resp.Status, err)
		}
		var ids []string
		for _, f := range layers[0].Features {
			ids = append(ids, f.Properties["id"].(string))
		}
		return ids
	}
	all := ids("levelM IS NOT NULL OR levelM IS NULL")
	above, others := ids("levelM > 40"), ids("NOT levelM > 40 OR levelM IS NULL")
	if len(all) != 22 || len(above) == 0 || len(others) == 0 || len(above)+len(others) != len(all) {
		t.Errorf("%d above, %d others of %d", len(above), len(others), len(all))
	}
	if none := ids("levelM > 1e6"); none != nil {
		t.Errorf("%v", none)
	}
}

func TestDescription(t *testing.T) {
	drawn := serve(t, pgtest.DB(t, hubtest.Province()))
	var d struct {
		TileJSON     string
		Tiles        []string
		MinZoom      int
		MaxZoom      int
		Bounds       []float64
		Attribution  string
		VectorLayers []struct {
			ID     string
			Fields map[string]string
		} `json:"vector_layers"`
	}
	resp, body := drawn.ask("/tiles/dams,zones.json?asOf=2026-03-02T08:00:00%2B07:00", "X-Forwarded-Proto", "https")
	if err := json.Unmarshal(body, &d); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s %s", resp.Status, body)
	}
	if want := strings.Replace(drawn.url, "http:", "https:", 1) + "/tiles/dams,zones/{z}/{x}/{y}.mvt?asOf=2026-03-02T01%3A00%3A00Z"; d.Tiles[0] != want {
		t.Errorf("tiles at %s, want %s", d.Tiles[0], want)
	}
	resp, body = drawn.ask("/tiles/dams,zones.json", "X-Forwarded-Proto", "javascript")
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatalf("%s %s", resp.Status, body)
	}
	if want := drawn.url + "/tiles/dams,zones/{z}/{x}/{y}.mvt"; d.TileJSON != "3.0.0" || len(d.Tiles) != 1 || d.Tiles[0] != want || d.MaxZoom != 22 {
		t.Errorf("%s", body)
	}
	if len(d.Bounds) != 4 || d.Bounds[0] > 107.3 || d.Bounds[2] < 107.7 || d.Bounds[2] > 110 || d.Attribution == "" {
		t.Errorf("bounds %v, attribution %q", d.Bounds, d.Attribution)
	}
	if len(d.VectorLayers) != 2 || d.VectorLayers[0].ID != "dams" || !strings.HasPrefix(d.VectorLayers[0].Fields["levelM"], "Number, m. ") || d.VectorLayers[0].Fields["id"] == "" {
		t.Errorf("%s", body)
	}
}

// TestReadByGDAL: another reader of the format finds the same layers and as many
// features.
func TestReadByGDAL(t *testing.T) {
	drawn := serve(t, pgtest.DB(t, hubtest.Province())).as(viewers[3].key)
	const path = "vessels,dams,zones,alerts,reports/8/204/116.mvt"
	_, body := drawn.ask("/tiles/" + path)
	file := filepath.Join(t.TempDir(), "116.mvt")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ogrinfo", "-ro", "-so", "-al", "MVT:"+file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v (gdal-bin comes with scripts/deps.sh)\n%s", err, out)
	}
	for name, l := range drawn.tile("vessels,dams,zones,alerts,reports", mvt.Tile{Z: 8, X: 204, Y: 116}) {
		_, of, found := strings.Cut(string(out), "\nLayer name: "+name+"\n")
		_, count, _ := strings.Cut(of, "Feature Count: ")
		count, _, _ = strings.Cut(count, "\n")
		if !found || count != strconv.Itoa(len(l.Features)) {
			t.Errorf("%s: %d features here, %q there", name, len(l.Features), count)
		}
	}
}
