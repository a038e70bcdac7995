package ogc_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/ogc"
)

// TestViewers: each viewer gets of each layer as many features as by GraphQL, and
// the same ones, byte by byte.
func TestViewers(t *testing.T) {
	h := serve(t)
	for key := -1; key < 3; key++ {
		h := h.as(key)
		for _, s := range hubtest.Catalog(t).Systems() {
			got := h.items(s.Field, "limit", "20")
			if want := h.total(s.Field, ""); got.NumberMatched != want || got.NumberReturned != min(want, 20) || len(got.Features) != got.NumberReturned {
				t.Errorf("viewer %d: %s: %d matched, %d returned, want %d", key, s.Field, got.NumberMatched, got.NumberReturned, want)
			}
			var page map[string]struct{ Geojson json.RawMessage }
			h.graphql.Ask("{ "+s.Field+"(first: 20) { geojson } }", nil, &page)
			_, body := h.get("/ogc/collections/"+s.Field+"/items", "limit", "20")
			of, _ := bytes.CutSuffix(page[s.Field].Geojson, []byte("}"))
			if !bytes.HasPrefix(body, of) {
				t.Errorf("viewer %d: %s differs from GraphQL's geojson", key, s.Field)
			}
		}
	}
}

// TestPages: the pages are the whole list, each feature once.
func TestPages(t *testing.T) {
	h := serve(t).as(2)
	for _, test := range []struct {
		layer      string
		parameters []string
	}{
		{"vessels", nil},
		{"vessels", []string{"bbox", "107.4,16.3,107.8,16.7"}},
		{"zones", nil},
	} {
		parameters := append([]string{"limit", "37"}, test.parameters...)
		page := h.items(test.layer, parameters...)
		seen := map[string]bool{}
		for {
			for _, f := range page.Features {
				if seen[f.ID] {
					t.Errorf("%s comes twice", f.ID)
				}
				seen[f.ID] = true
			}
			next := page.link("next")
			if next == "" {
				break
			}
			page = h.items(next)
		}
		if len(seen) != page.NumberMatched || len(seen) == 0 {
			t.Errorf("%v: %d by pages, %d matched", test, len(seen), page.NumberMatched)
		}
		whole := h.items(test.layer, append([]string{"limit", "99999"}, test.parameters...)...)
		if want := min(len(seen), layer.MaxFirst); len(whole.Features) != want {
			t.Errorf("%v: a page of 99999 has %d, want %d", test, len(whole.Features), want)
		}
		_, lines := h.get("/export/"+test.layer+".geojsonl", test.parameters...)
		if n := bytes.Count(lines, []byte("\n")); n != len(seen) {
			t.Errorf("%v: exported %d, want %d", test, n, len(seen))
		}
	}
}

// TestQuestions counts by parameters and by GraphQL.
func TestQuestions(t *testing.T) {
	h := serve(t).as(2)
	const box = "area: {bbox: [107.5, 16.4, 107.7, 16.6]}"
	for _, test := range []struct {
		layer      string
		parameters []string
		arguments  string
	}{
		{"vessels", []string{"bbox", "107.5,16.4,107.7,16.6"}, box},
		{"vessels", []string{"bbox", "107.5,16.4,-5,107.7,16.6,100"}, box},
		{"vessels", []string{"bbox", "16.4,107.5,16.6,107.7", "bbox-crs", "http://www.opengis.net/def/crs/EPSG/0/4326"}, box},
		{"vessels", []string{"bbox", "108,-90,-170,90"}, "area: {bbox: [108, -90, -170, 90]}"},
		{"vessels", []string{"datetime", "2026-03-01T00:00:00Z/.."}, `filter: {observed: {from: "2026-03-01T00:00:00Z"}}`},
		{"vessels", []string{"datetime", "/2026-03-02T01:30:00Z"}, `filter: {observed: {to: "2026-03-02T01:30:00.000001Z"}}`},
		{"vessels", []string{"datetime", "2026-03-01"}, `filter: {observed: {from: "2026-03-01T00:00:00+07:00", to: "2026-03-02T00:00:00+07:00"}}`},
		{"reports", []string{"datetime", "2025-10-25/2025-10-31"}, `filter: {observed: {from: "2025-10-25T00:00:00+07:00", to: "2025-11-01T00:00:00+07:00"}}`},
		{"dams", []string{"damStatus", "NORMAL"}, "filter: {damStatus: {eq: NORMAL}}"},
		{"dams", []string{"gated", "true", "basin", "Bồ"}, `filter: {gated: {eq: true}, basin: {eq: "Bồ"}}`},
		{"dams", []string{"filter", "levelM > 50 AND damStatus = 'NORMAL'"}, "filter: {levelM: {gt: 50}, damStatus: {eq: NORMAL}}"},
		{"dams", []string{"filter", `{"op":">","args":[{"property":"levelM"},50]}`, "filter-lang", "cql2-json", "damStatus", "NORMAL"}, "filter: {levelM: {gt: 50}, damStatus: {eq: NORMAL}}"},
		{"vessels", []string{"filter", "S_INTERSECTS(geometry, BBOX(107.5,16.4,107.7,16.6))", "bbox", "107.5,16.4,107.7,16.6"}, box},
		{"vessels", []string{"filter", "S_INTERSECTS(geometry, POLYGON((16.4 107.5, 16.4 107.7, 16.6 107.7, 16.6 107.5, 16.4 107.5)))", "filter-crs", "http://www.opengis.net/def/crs/EPSG/0/4326"}, box},
		{"vessels", []string{"unit", "19900"}, ""},
	} {
		want := 0
		if test.arguments != "" {
			want = h.total(test.layer, test.arguments)
		}
		got := h.items(test.layer, append(test.parameters, "limit", "1000")...)
		if test.arguments == "" {
			want = len(got.Features)
		}
		if got.NumberMatched != want || want == 0 && !strings.Contains(test.arguments, "-170") {
			t.Errorf("%s %v: %d, want %d", test.layer, test.parameters, got.NumberMatched, want)
		}
	}
}

// TestCRS: Thuận An's fishing port lies where the surveyors say, and a box around
// it there finds it.
func TestCRS(t *testing.T) {
	h := serve(t)
	const id, vn2000 = "place:CC_THUAN_AN", "http://www.opengis.net/def/crs/EPSG/0/9214"
	at := func(crs string) (xy []float64) {
		resp, body := h.get("/ogc/collections/places/items/"+id, "crs", crs)
		var f feature
		if err := json.Unmarshal(body, &f); err != nil || f.Geometry == nil || resp.Header.Get("Content-Crs") != "<"+crs+">" {
			t.Fatalf("%s: %s %v %s", crs, resp.Header.Get("Content-Crs"), err, body)
		}
		if err := json.Unmarshal(f.Geometry.Coordinates, &xy); err != nil {
			t.Fatal(err)
		}
		return xy
	}
	lonLat, latLon := at("http://www.opengis.net/def/crs/OGC/1.3/CRS84"), at("http://www.opengis.net/def/crs/EPSG/0/4326")
	if lonLat[0] != latLon[1] || lonLat[1] != latLon[0] || lonLat[0] < 107 {
		t.Errorf("CRS84 %v, EPSG:4326 %v", lonLat, latLon)
	}
	metres := at(vn2000)
	if math.Abs(metres[0]-567254.45) > 0.01 || math.Abs(metres[1]-1831205.97) > 0.01 {
		t.Errorf("VN-2000: %v", metres)
	}
	// What the database gives out in a system, the hub reads back in it.
	for _, c := range []string{"9214", "3857", "3405", "32648", "5899", "9205"} {
		crs := "http://www.opengis.net/def/crs/EPSG/0/" + c
		p := at(crs)
		text := func(d float64) string {
			return strings.Join([]string{num(p[0] - d), num(p[1] - d), num(p[0] + d), num(p[1] + d)}, ",")
		}
		for _, parameters := range [][]string{
			{"bbox", text(1), "bbox-crs", crs},
			{"filter", "S_INTERSECTS(geometry, BBOX(" + text(1) + "))", "filter-crs", crs},
		} {
			if got := h.items("places", parameters...); len(got.Features) != 1 || got.Features[0].ID != id {
				t.Errorf("%v: %d features", parameters, len(got.Features))
			}
		}
	}
}

func num(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

func TestRefuses(t *testing.T) {
	h := serve(t)
	for _, test := range []struct {
		path       string
		parameters []string
		status     int
		code, says string
	}{
		{"dams/items", []string{"colour", "red"}, 400, "BAD_INPUT", "no parameter"},
		{"dams/items", []string{"limit", "0"}, 400, "BAD_INPUT", "limit"},
		{"dams/items", []string{"limit", "-1"}, 400, "BAD_INPUT", "limit"},
		{"dams/items", []string{"limit", "many"}, 400, "BAD_INPUT", "limit"},
		{"dams/items", []string{"limit", "1", "limit", "2"}, 400, "BAD_INPUT", "2 times"},
		{"dams/items", []string{"bbox", "1,2,3"}, 400, "BAD_GEOMETRY", "4 or 6"},
		{"dams/items", []string{"bbox", "1,2,3,x"}, 400, "BAD_GEOMETRY", "not a number"},
		{"dams/items", []string{"bbox", "1,2,3,NaN"}, 400, "BAD_GEOMETRY", "outside"},
		{"dams/items", []string{"bbox", "1,5,3,4"}, 400, "BAD_GEOMETRY", "above"},
		{"dams/items", []string{"bbox", "1,2,3,4", "bbox-crs", "urn:mine"}, 400, "UNKNOWN_CRS", "bbox-crs"},
		{"dams/items", []string{"crs", "http://www.opengis.net/def/crs/EPSG/0/2154"}, 400, "UNKNOWN_CRS", "crs"},
		{"dams/items", []string{"datetime", "now"}, 400, "BAD_INPUT", "datetime"},
		{"dams/items", []string{"datetime", "../.."}, 400, "BAD_INPUT", "datetime"},
		{"dams/items", []string{"datetime", ""}, 400, "BAD_INPUT", "datetime"},
		{"dams/items", []string{"datetime", "2026-01-02/2026-01-01"}, 400, "BAD_INPUT", "ends before"},
		{"dams/items", []string{"damStatus", "WET"}, 400, "BAD_INPUT", "NORMAL"},
		{"dams/items", []string{"levelM", "high"}, 400, "BAD_INPUT", "not a number"},
		{"dams/items", []string{"filter", "levelM >"}, 400, "BAD_INPUT", "character"},
		{"dams/items", []string{"filter", "levelM > 1", "filter-lang", "ecql"}, 400, "BAD_INPUT", "filter-lang"},
		{"dams/items", []string{"filter", "levelM + 1 > 1"}, 400, "BAD_INPUT", "arithmetic"},
		{"dams/items", []string{"filter", "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))"}, 400, "BAD_GEOMETRY", "[0.5, 0.5]"},
		{"dams/items", []string{"after", "x"}, 400, "BAD_CURSOR", "after"},
		{"dams/items", []string{"asOf", "yesterday"}, 400, "BAD_INPUT", "asOf"},
		{"dams/items", []string{"asOf", "2999-01-01T00:00:00Z"}, 400, "BAD_INPUT", "asOf"},
		{"dams/items", []string{"f", "xml"}, 400, "BAD_INPUT", "json or html"},
		{"dams/items", []string{"river", "a\x00b"}, 400, "BAD_INPUT", ""},
		{"reports/items", []string{"addressString", "1 Lê Lợi"}, 403, "DENIED", "addressString"},
		{"reports/items", []string{"filter", "addressString IS NULL OR TRUE"}, 403, "DENIED", "addressString"},
		{"dams/items/dam:NONE", nil, 404, "NOT_FOUND", "dam:NONE"},
		{"vessels/items/vessel:TTH-91234-TS", nil, 404, "NOT_FOUND", "vessel"},
		{"nothing/items", nil, 404, "NOT_FOUND", "nothing"},
		{"nothing", nil, 404, "NOT_FOUND", "nothing"},
		{"dams/other", nil, 404, "NOT_FOUND", "nothing at"},
		{"dams", []string{"limit", "1"}, 400, "BAD_INPUT", "no parameter"},
	} {
		resp, body := h.get("/ogc/collections/"+test.path, test.parameters...)
		var problem struct {
			Status       int
			Code, Detail string
		}
		err := json.Unmarshal(body, &problem)
		if err != nil || resp.StatusCode != test.status || problem.Status != test.status || problem.Code != test.code || !strings.Contains(problem.Detail, test.says) ||
			resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %v: %d %s", test.path, test.parameters, resp.StatusCode, body)
		}
	}
	bad := h
	bad.key = "hub_live_nobody00_0123456789abcdef"
	for _, path := range []string{"/ogc", "/ogc/collections/dams/items", "/export/dams.csv"} {
		if resp, body := bad.get(path); resp.StatusCode != 401 || !strings.Contains(string(body), "UNAUTHENTICATED") {
			t.Errorf("%s with a bad key: %d %s", path, resp.StatusCode, body)
		}
	}
	if resp, err := http.Post(h.url+"/ogc/collections/dams/items", "application/json", nil); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v %v", resp, err)
	}
}

// TestEscapes: what a source says is text, never HTML.
func TestEscapes(t *testing.T) {
	pool := pgtest.DB(t, province())
	if _, err := pool.Exec(t.Context(), `UPDATE dams SET label = '<script>alert(1)</script>"&', river = '=1+1,"<b>' WHERE id = 'dam:TA_TRACH'`); err != nil {
		t.Fatal(err)
	}
	h := serveDB(t, pool)
	for _, path := range []string{"/ogc/collections/dams/items?f=html&x=", "/ogc/collections/dams/items?f=html&bbox=%22%3E%3Cscript%3E", "/ogc/collections/dams/items?f=html&limit=1000", "/ogc/collections/dams/items/dam:TA_TRACH?f=html", "/ogc/%3Cscript%3E"} {
		if _, body := h.get(path); bytes.Contains(body, []byte("<script")) && !bytes.HasPrefix(body, []byte("{")) {
			t.Errorf("%s: %s", path, body)
		}
	}
	if _, body := h.get("/ogc/collections/dams/items/dam:TA_TRACH", "f", "html"); !bytes.Contains(body, []byte("&lt;script&gt;")) {
		t.Errorf("%s", body)
	}
	_, body := h.get("/export/dams.csv", "id", "dam:TA_TRACH")
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v %s", err, body)
	}
	if river := rows[1][slices.Index(rows[0], "river")]; river != `=1+1,"<b>` || rows[1][1] != `<script>alert(1)</script>"&` {
		t.Errorf("CSV has %q", rows[1])
	}
}

// TestExports: three formats say the same, and say that they are whole.
func TestExports(t *testing.T) {
	h := serve(t).as(2)
	for _, s := range hubtest.Catalog(t).Systems() {
		want := h.total(s.Field, "")
		var collection struct {
			Features       []feature
			NumberReturned int
		}
		resp, body := h.get("/export/" + s.Field + ".geojson")
		if err := json.Unmarshal(body, &collection); err != nil || len(collection.Features) != want || collection.NumberReturned != want {
			t.Errorf("%s: %v: %d features, numberReturned %d, want %d", s.Field, err, len(collection.Features), collection.NumberReturned, want)
		}
		trailers := []string{resp.Trailer.Get("X-Number-Returned")}
		resp, body = h.get("/export/" + s.Field + ".geojsonl")
		if n := bytes.Count(body, []byte("\n")); n != want {
			t.Errorf("%s: %d lines, want %d", s.Field, n, want)
		}
		trailers = append(trailers, resp.Trailer.Get("X-Number-Returned"))
		resp, body = h.get("/export/" + s.Field + ".csv")
		if rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll(); err != nil || len(rows) != want+1 || rows[0][0] != "id" || rows[0][len(rows[0])-1] != "geometry" {
			t.Errorf("%s: %v: %d rows, want %d and a header", s.Field, err, len(rows), want)
		}
		for _, got := range append(trailers, resp.Trailer.Get("X-Number-Returned")) {
			if got != strconv.Itoa(want) {
				t.Errorf("%s: trailers %v, want %d", s.Field, trailers, want)
			}
		}
	}
	for _, path := range []string{"/export/dams.xlsx", "/export/dams", "/export/nothing.csv"} {
		if resp, _ := h.get(path); resp.StatusCode != 404 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	if resp, body := h.get("/export/dams.csv", "limit", "5"); resp.StatusCode != 400 {
		t.Errorf("limit: %d %s", resp.StatusCode, body)
	}
}

// TestDescriptions: what describes the API says what is there, and links lead
// somewhere.
func TestDescriptions(t *testing.T) {
	h := serve(t)
	seen := map[string]bool{}
	var follow func(address string)
	follow = func(address string) {
		if seen[address] || len(seen) > 150 || strings.Contains(address, "/export/") && !strings.Contains(address, "dams") {
			return
		}
		seen[address] = true
		resp, body := h.get(address)
		if resp.StatusCode != 200 || len(body) == 0 {
			t.Errorf("%s: %d %.200s", address, resp.StatusCode, body)
		}
		var said struct {
			Links       []link
			Collections []struct{ Links []link }
		}
		if strings.Contains(resp.Header.Get("Content-Type"), "json") && json.Unmarshal(body, &said) == nil {
			for _, c := range said.Collections[:min(len(said.Collections), 3)] {
				said.Links = append(said.Links, c.Links...)
			}
			for _, l := range said.Links {
				if l.Rel != "next" && !l.Templated {
					follow(l.Href)
				}
			}
		}
	}
	follow(h.url + "/ogc")
	if len(seen) < 25 {
		t.Errorf("only %d links", len(seen))
	}
}

// TestQueryables: what is named there can be filtered by, and nothing else.
func TestQueryables(t *testing.T) {
	h := serve(t)
	for key := -1; key < 3; key++ {
		h := h.as(key)
		for _, s := range hubtest.Catalog(t).Systems() {
			_, body := h.get("/ogc/collections/" + s.Field + "/queryables")
			var schema struct{ Properties map[string]any }
			if err := json.Unmarshal(body, &schema); err != nil {
				t.Fatal(err)
			}
			for _, q := range hubtest.Catalog(t).Info(s).Queryables() {
				resp, _ := h.get("/ogc/collections/"+s.Field+"/items", "filter", q.Name+" IS NULL", "limit", "1")
				if _, named := schema.Properties[q.Name]; named != (resp.StatusCode == 200) {
					t.Errorf("viewer %d: %s.%s is among the queryables: %v, a filter by it: %d", key, s.Field, q.Name, named, resp.StatusCode)
				}
				if slices.Contains([]string{"f", "limit", "after", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs", "crs", "asOf"}, q.Name) {
					t.Errorf("%s.%s is a parameter's name", s.Field, q.Name)
				}
			}
		}
	}
}

// TestLeavers: an export that nobody waits for any more stops in the database, and
// leaves no files; when as many run as may, another is asked to wait.
func TestLeavers(t *testing.T) {
	pool := pgtest.DB(t, province())
	h := serveDB(t, pool)
	t.Setenv("TMPDIR", t.TempDir()) // nobody else's files
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "LOCK TABLE dams"); err != nil {
		t.Fatal(err)
	}
	waiting := func(want int) {
		t.Helper()
		poll := time.NewTicker(20 * time.Millisecond)
		defer poll.Stop()
		for range 500 {
			var n int
			err := tx.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'dams'::regclass").Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n == want {
				return
			}
			<-poll.C
		}
		t.Fatalf("there are not %d waiting", want)
	}
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, ogc.ExportsAtOnce)
	for i := range ogc.ExportsAtOnce {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/export/dams."+[]string{"csv", "gpkg"}[i%2], nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := http.DefaultClient.Do(r)
			gone <- err
		}()
	}
	waiting(ogc.ExportsAtOnce)
	if resp, body := h.get("/export/dams.csv"); resp.StatusCode != http.StatusServiceUnavailable || !bytes.Contains(body, []byte("UNAVAILABLE")) {
		t.Errorf("one more: %d %s", resp.StatusCode, body)
	}
	leave()
	for range ogc.ExportsAtOnce {
		if err := <-gone; err == nil {
			t.Error("an answer came")
		}
	}
	waiting(0)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for range 500 {
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "geohub-export-*")); len(left) == 0 {
			return
		}
		<-poll.C
	}
	t.Error("the files of exports are still there")
}
