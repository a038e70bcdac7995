package tiles_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/klauspost/compress/gzip"
	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"geohub/access"
	"geohub/changes"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/prepare"
	"geohub/systems"
	"geohub/tiles"
	"geohub/tiles/mvt"
)

// served is the handler over a database.
type served struct {
	url string
	key string
	t   *testing.T
}

func serve(t *testing.T, pool *pgxpool.Pool, configure ...func(*tiles.Config)) served {
	t.Helper()
	keys, err := access.NewKeys(pool)
	if err != nil {
		t.Fatal(err)
	}
	c := tiles.Config{Catalog: hubtest.Catalog(t), DB: pool, Viewer: keys.Viewer,
		Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}
	for _, f := range configure {
		f(&c)
	}
	s := httptest.NewServer(tiles.NewHandler(c))
	t.Cleanup(s.Close)
	return served{s.URL, "", t}
}

func (s served) as(key string) served { s.key = key; return s }

// ask sends a request, headers being names and values in turn; the body comes as
// it was sent.
func (s served) ask(path string, headers ...string) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if s.key != "" {
		req.Header.Set("X-Api-Key", s.key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, body
}

// tile gives a tile's layers by their names.
func (s served) tile(names string, at mvt.Tile, query ...string) map[string]*orbmvt.Layer {
	s.t.Helper()
	resp, body := s.ask(fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt%s", names, at.Z, at.X, at.Y, strings.Join(query, "")))
	out := map[string]*orbmvt.Layer{}
	switch resp.StatusCode {
	case http.StatusNoContent:
	case http.StatusOK:
		layers, err := orbmvt.Unmarshal(body)
		if err != nil {
			s.t.Fatalf("%s %v: %v", names, at, err)
		}
		for _, l := range layers {
			out[l.Name] = l
		}
	default:
		s.t.Fatalf("%s %v: %s %s", names, at, resp.Status, body)
	}
	return out
}

// idsOf are the features' ids, which each has to have.
func idsOf(t *testing.T, l *orbmvt.Layer) []string {
	t.Helper()
	if l == nil {
		return nil
	}
	var ids []string
	for _, f := range l.Features {
		id, ok := f.Properties["id"].(string)
		if !ok || id == "" {
			t.Fatalf("%s: a feature without id: %v", l.Name, f.Properties)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%s: ids repeat", l.Name)
	}
	return ids
}

var viewers = []struct{ name, key string }{
	{"anonymous", ""}, {"citizens", prepare.Keys()[0].Secret}, {"fisheries", prepare.Keys()[1].Secret}, {"operations", prepare.Keys()[2].Secret},
}

// around are the tiles of a zoom on which the province lies.
func around(z int) []mvt.Tile {
	from, to := mvt.CellAt(z, 106.5, 17.5), mvt.CellAt(z, 110, 15.5)
	var out []mvt.Tile
	for x := from.X; x <= to.X; x++ {
		for y := from.Y; y <= to.Y; y++ {
			out = append(out, mvt.Tile{Z: z, X: x, Y: y})
		}
	}
	return out
}

// TestSameAsLists: for each viewer and layer a tile holds the features that the
// list of its box has, no other and no fewer.
func TestSameAsLists(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	graph := hubtest.Server(t, pool).Alone()
	drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = 50_000 })
	for v, viewer := range viewers {
		hub := graph
		if v > 0 {
			hub = graph.As(v - 1)
		}
		for _, s := range systems.All {
			t.Run(viewer.name+" "+s.Field, func(t *testing.T) {
				drawn, seen := served{drawn.url, viewer.key, t}, 0
				for _, at := range around(9) {
					got := idsOf(t, drawn.tile(s.Field, at)[s.Field])
					want := listed(t, hub, s.Field, at)
					if !slices.Equal(got, want) {
						t.Errorf("%v: the tile has %d features, the list %d", at, len(got), len(want))
					}
					seen += len(got)
				}
				t.Logf("%d features", seen)
			})
		}
	}
}

// listed are the ids of the features in a tile's box; none where it may not be
// asked.
func listed(t *testing.T, hub *hubtest.Hub, field string, at mvt.Tile) []string {
	t.Helper()
	b := at.Bounds(64)
	var ids []string
	for after := (*string)(nil); ; {
		a := hub.Post(`query($box: BBox!, $after: String) { `+field+`(area: {bbox: $box}, first: 1000, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`,
			map[string]any{"box": []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, "after": after})
		if len(a.Errors) > 0 {
			if a.Errors[0].Code() != "DENIED" {
				t.Fatal(a.Errors)
			}
			return nil
		}
		var data map[string]struct {
			Nodes    []struct{ ID string }
			PageInfo struct {
				EndCursor   *string
				HasNextPage bool
			}
		}
		if err := json.Unmarshal(a.Data, &data); err != nil {
			t.Fatal(err)
		}
		page := data[field]
		for _, n := range page.Nodes {
			ids = append(ids, n.ID)
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			slices.Sort(ids)
			return ids
		}
	}
}

// TestClusters: what is put together is counted: at any zoom the features of all
// tiles, each without its buffer, are those of the layer.
func TestClusters(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	hub := hubtest.Server(t, pool).Alone().As(2)
	for _, test := range []struct {
		name  string
		limit int
	}{{"of 5,000", 5000}, {"of 30", 30}} {
		drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = test.limit }).as(viewers[3].key)
		for _, s := range systems.All {
			if !s.Points {
				continue
			}
			t.Run(test.name+" "+s.Field, func(t *testing.T) {
				var counted map[string]struct{ TotalCount int }
				hub.Ask(`{ `+s.Field+`(area: {bbox: [-180, -85, 180, 85]}) { totalCount } }`, nil, &counted)
				want := counted[s.Field].TotalCount
				for _, z := range []int{0, 7, 9} {
					n, most := 0, 0
					for _, at := range around(z) {
						l := drawn.tile(s.Field, at)[s.Field]
						idsOf(t, l)
						if l == nil {
							continue
						}
						most = max(most, len(l.Features))
						for _, f := range l.Features {
							p := f.Geometry.(orb.Point)
							if inside := p[0] >= 0 && p[0] < mvt.Extent && p[1] >= 0 && p[1] < mvt.Extent; inside {
								n += countOf(t, f.Properties)
							}
						}
					}
					// A feature on the edge of two tiles may round to either side, or to both.
					if most > 5000 || z == 0 && n != want || n < want-want/500-2 || n > want+want/500+2 {
						t.Errorf("zoom %d: %d features in all, %d are listed; a tile has %d", z, n, want, most)
					}
				}
			})
		}
	}
}

// countOf is how many features a feature stands for.
func countOf(t *testing.T, p map[string]any) int {
	t.Helper()
	cluster, isCluster := p["cluster"].(bool)
	n, counted := p["point_count"].(float64)
	if isCluster != counted || isCluster && (!cluster || n < 2) || isCluster != strings.HasPrefix(p["id"].(string), "cluster:") {
		t.Fatalf("neither a cluster nor a feature: %v", p)
	}
	if !isCluster {
		return 1
	}
	return int(n)
}

// TestSameClusters: what two neighbours show of the cells along their border is
// the same.
func TestSameClusters(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = 20 }).as(viewers[3].key)
	at := mvt.Tile{Z: 9, X: 408, Y: 232} // Huế lies on its eastern edge
	next := mvt.Tile{Z: at.Z, X: at.X + 1, Y: at.Y}
	column := func(of mvt.Tile, column float64) (out []string) {
		for _, f := range drawn.tile("reports", of)["reports"].Features {
			p := f.Geometry.(orb.Point)
			if x := p[0] - 64*column; x > 0 && x < 64 && p[1] > 0 && p[1] < mvt.Extent {
				out = append(out, fmt.Sprint(f.Properties, " ", p[1]))
			}
		}
		slices.Sort(out)
		return out
	}
	for _, test := range []struct{ here, there float64 }{{63, -1}, {64, 0}} {
		if a, b := column(at, test.here), column(next, test.there); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("column %v: %v and %v", test.here, a, b)
		}
	}
}

// TestProperties: a feature carries what is declared for tiles, in the kinds that
// maps can style by, and what its viewer may see.
func TestProperties(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	catalog := hubtest.Catalog(t)
	drawn := serve(t, pool)
	hidden := 0
	for v, viewer := range []access.Viewer{hubtest.Anonymous, hubtest.Citizens, hubtest.Fisheries, hubtest.Operations} {
		r := catalog.Read(pool, viewer, hubtest.Now, nil)
		for _, s := range systems.All {
			may := map[string]bool{"id": true, "label": r.Sees(s, "label"), "cluster": true, "point_count": true}
			for _, f := range s.Fields {
				if f.Tile {
					may[f.Name] = r.Sees(s, f.Name)
					if !may[f.Name] {
						hidden++
					}
				}
			}
			for _, at := range around(8) {
				l := drawn.as(viewers[v].key).tile(s.Field, at)[s.Field]
				if l == nil {
					continue
				}
				if !r.SeesRows(s) || !r.Sees(s, "geometry") {
					t.Errorf("%s sees %s on the map", viewers[v].name, s.Field)
				}
				for _, f := range l.Features {
					for name, value := range f.Properties {
						if !may[name] {
							t.Fatalf("%s sees %s of %s: %v", viewers[v].name, name, s.Field, value)
						}
						switch value.(type) {
						case string, float64, bool:
						default:
							t.Fatalf("%s of %s is a %T", name, s.Field, value)
						}
					}
				}
			}
		}
	}
	t.Logf("%d fields hidden", hidden)
	at := mvt.CellAt(8, 107.6, 16.4)
	if _, err := pool.Exec(t.Context(), `UPDATE dams SET label = 'Đập thử', dam_status = 'NORMAL', level_m = 12.5, outflow_m3s = NULL WHERE id = 'dam:TA_TRACH'`); err != nil {
		t.Fatal(err)
	}
	for _, f := range drawn.as(viewers[3].key).tile("dams", at)["dams"].Features {
		if p := f.Properties; p["id"] == "dam:TA_TRACH" {
			if p["label"] != "Đập thử" || p["damStatus"] != "NORMAL" || p["levelM"] != 12.5 {
				t.Errorf("%v", p)
			}
			if _, given := p["outflowM3s"]; given {
				t.Errorf("a tag for NULL: %v", p)
			}
			return
		}
	}
	t.Error("the dam is not on the tile")
}

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
		{"/tiles/dams/0/0/0.mvt?filter=levelM%3E1", 400, "BAD_INPUT filter is not served yet"},
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
	if path := os.Getenv("TILE_OUT"); path != "" {
		os.WriteFile(path, plain, 0o644)
	}
}

// TestDescription: TileJSON names the viewer's fields and where the tiles are.
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
	resp, body := drawn.ask("/tiles/dams,zones.json?asOf=2026-03-02T01:00:00Z", "X-Forwarded-Proto", "https")
	if err := json.Unmarshal(body, &d); err != nil || resp.StatusCode != 200 && resp.StatusCode != 503 {
		t.Fatalf("%s %s", resp.Status, body)
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

// TestAsOf: a tile of a moment is what it was then.
func TestAsOf(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	drawn := serve(t, pool, func(c *tiles.Config) { c.Clock = time.Now }).as(viewers[3].key)
	at := mvt.CellAt(8, 107.6, 16.4)
	now := func() (s string) {
		var moment time.Time
		if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&moment); err != nil {
			t.Fatal(err)
		}
		return moment.UTC().Format(time.RFC3339Nano)
	}
	level := func(query string) any {
		for _, name := range []string{"dams", "dams,stations"} {
			for _, f := range drawn.tile(name, at, query)["dams"].Features {
				if name != "dams" && f.Properties["id"] == "dam:TA_TRACH" {
					return f.Properties["levelM"]
				}
			}
		}
		return nil
	}
	set := func(m float64) {
		if _, err := pool.Exec(t.Context(), "UPDATE dams SET level_m = $1, updated_at = now() WHERE id = 'dam:TA_TRACH'", m); err != nil {
			t.Fatal(err)
		}
	}
	set(1.5)
	before := now()
	set(2.5)
	after := now()
	if got := level("?asOf=" + before); got != 1.5 {
		t.Errorf("before: %v", got)
	}
	if got := level("?asOf=" + after); got != 2.5 {
		t.Errorf("after: %v", got)
	}
	set(3.5)
	if then, now := level("?asOf="+after), level(""); then != 2.5 || now != 3.5 {
		t.Errorf("then %v, now %v", then, now)
	}
}

// TestKept: a tile is read once, until a table changes that it rests on.
func TestKept(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	feed := changes.NewFeed()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Run(ctx, pool.Config().ConnConfig, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() { stop(); <-done })
	until := func(what string, ok func() bool) {
		for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the feed doesn't listen", func() bool { return feed.Unchanged(feed.Now()) })
	cache, err := tiles.NewCache(8<<20, feed)
	if err != nil {
		t.Fatal(err)
	}
	drawn := serve(t, pool, func(c *tiles.Config) { c.Cache = cache })
	write := func(sql string) {
		before := feed.Now()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		until("nobody heard", func() bool { return feed.Now() != before })
	}
	asks := func(s served) (found int64, body string) {
		before, _ := cache.Counts()
		_, text := s.ask("/tiles/stations,offices/8/204/116.mvt")
		after, _ := cache.Counts()
		return after - before, string(text)
	}
	_, first := asks(drawn)
	until("the tile is not kept", func() bool { n, again := asks(drawn); return n == 1 && again == first })
	if n, _ := asks(drawn.as(viewers[3].key)); n != 0 {
		t.Error("another viewer got the same tile")
	}
	write("UPDATE dams SET label = label")
	if n, _ := asks(drawn); n != 1 {
		t.Error("dropped when another table changed")
	}
	write("UPDATE stations SET label = label || '!'")
	if n, after := asks(drawn); n != 0 || after == first {
		t.Error("kept when its table changed")
	}
}
