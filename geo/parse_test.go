package geo_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"geohub/geo"
	"geohub/internal/fault"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func TestParse(t *testing.T) {
	const triangle = `[[107,16],[108,16],[108,17],[107,16]]`
	tests := []struct {
		name, text string
		want       orb.Geometry
		err        string
	}{
		{"point", `{"type":"Point","coordinates":[107.5,16.25]}`, orb.Point{107.5, 16.25}, ""},
		{"height is dropped", `{"type":"Point","coordinates":[107.5,16.25,3]}`, orb.Point{107.5, 16.25}, ""},
		{"null island", `{"type":"Point","coordinates":[0,0]}`, orb.Point{0, 0}, ""},
		{"corner of the world", `{"type":"Point","coordinates":[-180,90]}`, orb.Point{-180, 90}, ""},
		{"multipoint", `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`, orb.MultiPoint{{1, 2}, {3, 4}}, ""},
		{"line", `{"type":"LineString","coordinates":[[1,2],[3,4]]}`, orb.LineString{{1, 2}, {3, 4}}, ""},
		{"lines", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}`, orb.MultiLineString{{{1, 2}, {3, 4}}}, ""},
		{"polygon", `{"type":"Polygon","coordinates":[` + triangle + `]}`, orb.Polygon{{{107, 16}, {108, 16}, {108, 17}, {107, 16}}}, ""},
		{"multipolygon", `{"type":"MultiPolygon","coordinates":[[` + triangle + `]]}`, orb.MultiPolygon{{{{107, 16}, {108, 16}, {108, 17}, {107, 16}}}}, ""},
		{"collection in a collection", `{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}]}`, orb.Collection{orb.Collection{orb.Point{1, 2}}}, ""},
		{"foreign members", `{"type":"Point","coordinates":[1,2],"bbox":[1,2,1,2],"name":"x"}`, orb.Point{1, 2}, ""},
		{"crs EPSG:4326", `{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"EPSG:4326"}}}`, orb.Point{1, 2}, ""},
		{"crs CRS84", `{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}`, orb.Point{1, 2}, ""},

		{"crs 3857", `{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"EPSG:3857"}}}`, nil, "crs: GeoJSON is in WGS 84 (EPSG:4326); send a geometry in another CRS as `projected`"},
		{"crs null", `{"type":"Point","coordinates":[1,2],"crs":null}`, nil, "crs: GeoJSON is in WGS 84 (EPSG:4326); send a geometry in another CRS as `projected`"},
		{"not an object", `"POINT(1 2)"`, nil, `geometry: must be a GeoJSON object, not the string "POINT(1 2)"`},
		{"list", `[1,2]`, nil, `geometry: must be a GeoJSON object, not a list`},
		{"null", `null`, nil, `geometry: must be a GeoJSON object, not null`},
		{"not JSON", `{`, nil, `geometry: not JSON: unexpected EOF`},
		{"two values", `{"type":"Point","coordinates":[1,2]} {}`, nil, `geometry: there is more than one JSON value`},
		{"no type", `{"coordinates":[1,2]}`, nil, `type: must be the name of a GeoJSON geometry, not missing`},
		{"type a number", `{"type":1}`, nil, `type: must be the name of a GeoJSON geometry, not a number`},
		{"unknown type", `{"type":"Circle","coordinates":[1,2]}`, nil, `type: "Circle" is not a GeoJSON geometry type`},
		{"lower case", `{"type":"point","coordinates":[1,2]}`, nil, `type: "point" is not a GeoJSON geometry type; did you mean Point?`},
		{"feature", `{"type":"Feature","geometry":null}`, nil, `type: a Feature is not a geometry; send its member "geometry"`},
		{"features", `{"type":"FeatureCollection","features":[]}`, nil, `type: a FeatureCollection is not a geometry; send the "geometry" of one feature, or one MultiPolygon of them all`},
		{"properties", `{"type":"Point","coordinates":[1,2],"properties":{}}`, nil, `properties: a geometry has no such member`},
		{"no coordinates", `{"type":"Point"}`, nil, `coordinates: is missing`},
		{"no geometries", `{"type":"GeometryCollection"}`, nil, `geometries: is missing`},
		{"nested too deep", `{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[]}]}]}`, nil, `geometries[0].geometries[0]: GeometryCollections nested 3 deep; the limit is 2`},
		{"string", `{"type":"Point","coordinates":["abc",16]}`, nil, `coordinates[0]: must be a number, not the string "abc"`},
		{"null number", `{"type":"LineString","coordinates":[[1,2],[3,null]]}`, nil, `coordinates[1][1]: must be a number, not null`},
		{"overflow", `{"type":"Point","coordinates":[107,1e400]}`, nil, `coordinates[1]: must be a finite number, not 1e400`},
		{"overflow in height", `{"type":"Point","coordinates":[107,16,-1e400]}`, nil, `coordinates[2]: must be a finite number, not -1e400`},
		{"one number", `{"type":"Point","coordinates":[107]}`, nil, `coordinates: a position has 2 or 3 numbers, not 1`},
		{"four numbers", `{"type":"LineString","coordinates":[[1,2],[1,2,3,4]]}`, nil, `coordinates[1]: a position has 2 or 3 numbers, not 4`},
		{"too deep", `{"type":"Point","coordinates":[[107,16]]}`, nil, `coordinates: a position has 2 or 3 numbers, not 1`},
		{"too shallow", `{"type":"Polygon","coordinates":` + triangle + `}`, nil, `coordinates[0][0]: must be a position, [lon, lat], not a number`},
		{"object for a list", `{"type":"LineString","coordinates":{}}`, nil, `coordinates: must be a list of positions, not an object`},
		{"empty", `{"type":"MultiPolygon","coordinates":[]}`, nil, `coordinates: has no polygons`},
		{"swapped", `{"type":"Polygon","coordinates":[[[16,107],[16,108],[17,108],[16,107]]]}`, nil, `coordinates[0][0]: lat 107 is outside -90..90; are lon and lat swapped?`},
		{"lon out of range", `{"type":"Point","coordinates":[190,16]}`, nil, `coordinates: lon 190 is outside -180..180`},
		{"both out of range", `{"type":"Point","coordinates":[1000,2000]}`, nil, `coordinates: lon 1000 is outside -180..180`},
		{"open ring", `{"type":"Polygon","coordinates":[[[107,16],[108,16],[108,17],[107,17]]]}`, nil, `coordinates[0][3]: the ring is not closed: its last position is not its first`},
		{"bow-tie in a collection", `{"type":"GeometryCollection","geometries":[{"type":"MultiPolygon","coordinates":[[[[0,0],[10,10],[10,0],[0,10],[0,0]]]]}]}`, nil, `geometries[0].coordinates[0][0]: segments 0 and 2 cross at [5, 5]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := geo.ParseJSON([]byte(tt.text), geo.Options{})
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got  %v\nwant %s", err, tt.err)
				}
				f := fault.Of(err)
				if f == nil || f.Code != "BAD_GEOMETRY" || f.Details["at"] == nil {
					t.Errorf("want a BAD_GEOMETRY that says where, got %#v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseLiterals(t *testing.T) {
	got, err := geo.Parse(map[string]any{"type": "LineString", "coordinates": []any{
		[]any{int64(107), 16.5}, []any{json.Number("108"), int64(17)},
	}}, geo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(orb.Geometry(orb.LineString{{107, 16.5}, {108, 17}}), got); diff != "" {
		t.Error(diff)
	}
	for _, x := range []any{math.NaN(), math.Inf(1), json.Number("NaN"), json.Number("Infinity"), true, "1"} {
		if _, err := geo.Parse(map[string]any{"type": "Point", "coordinates": []any{x, 1.0}}, geo.Options{}); err == nil {
			t.Errorf("%v was accepted", x)
		}
	}
}

func TestParseProjected(t *testing.T) {
	const text = `{"type":"Point","coordinates":[562345.5,1821000]}`
	got, err := geo.ParseJSON([]byte(text), geo.Options{Projected: true})
	if err != nil || got != (orb.Point{562345.5, 1821000}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := geo.ParseJSON([]byte(text), geo.Options{}); err == nil {
		t.Error("metres were taken for degrees")
	}
	if _, err := geo.ParseJSON([]byte(`{"type":"Point","coordinates":[1e9,0]}`), geo.Options{Projected: true}); err == nil {
		t.Error("1e9 was accepted")
	}
}

func TestParseLimits(t *testing.T) {
	positions := func(n int) string { return strings.Repeat("[1,2],", n-1) + "[3,4]" }
	tests := []struct {
		name, text    string
		opt           geo.Options
		limit, actual int // 0 for accepted
	}{
		{"vertices at the limit", `{"type":"LineString","coordinates":[` + positions(10_000) + `]}`, geo.Options{}, 0, 0},
		{"vertices over it", `{"type":"LineString","coordinates":[` + positions(10_001) + `]}`, geo.Options{}, 10_000, 10_001},
		{"vertices by option", `{"type":"LineString","coordinates":[` + positions(11) + `]}`, geo.Options{MaxVertices: 10}, 10, 11},
		{"bytes", `{"type":"LineString","coordinates":[[1,2],[3,4]],"note":"` + strings.Repeat("x", 256<<10) + `"}`, geo.Options{}, 256 << 10, 256<<10 + 59},
		{"bytes by option", `{"type":"Point","coordinates":[1,2]}`, geo.Options{MaxBytes: 35}, 35, 36},
		{"bytes at the option", `{"type":"Point","coordinates":[1,2]}`, geo.Options{MaxBytes: 36}, 0, 0},
		{"brackets", `{"type":"Point","coordinates":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, geo.Options{}, 32, 0},
		{"blanks", strings.Repeat(" ", 2<<20) + `{"type":"Point","coordinates":[1,2]}`, geo.Options{}, 1 << 20, 2<<20 + 36},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := geo.ParseJSON([]byte(tt.text), tt.opt)
			if tt.limit == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f := fault.Of(err)
			if f == nil || f.Code != "BAD_GEOMETRY" || f.Details["limit"] != tt.limit {
				t.Fatalf("got %v, want limit %d", err, tt.limit)
			}
			if tt.actual != 0 && f.Details["actual"] != tt.actual {
				t.Errorf("got %v, want %d", f.Details["actual"], tt.actual)
			}
		})
	}
}

// What is accepted is finite, in range and closed, and survives the way out and
// back in.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"type":"Point","coordinates":[107.5,16.25]}`,
		`{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1e-99,0],[1,1],[0,0]]]]}`,
		`{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[1,2,3],[3,4]]}]}`,
		`{"type":"Point","coordinates":[1e400,"abc"]}`,
		`{"type":"Point","coordinates":[1,2],"crs":{"properties":{"name":"EPSG:4326"}}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := geo.ParseJSON(text, geo.Options{})
		if err != nil {
			if fault.Of(err) == nil {
				t.Fatalf("%v is no fault", err)
			}
			return
		}
		inOrder(t, g)
		again, err := geo.ParseJSON(geo.AppendGeoJSON(nil, g, -1), geo.Options{MaxBytes: 64 << 20})
		if err != nil {
			t.Fatalf("what came out does not go in: %v", err)
		}
		if diff := cmp.Diff(g, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func inOrder(t *testing.T, g orb.Geometry) {
	t.Helper()
	points := func(points ...orb.Point) {
		if len(points) == 0 {
			t.Fatal("nothing there")
		}
		for _, p := range points {
			if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
				t.Fatalf("%v is no place", p)
			}
		}
	}
	switch g := g.(type) {
	case orb.Point:
		points(g)
	case orb.MultiPoint:
		points(g...)
	case orb.LineString:
		points(g...)
	case orb.MultiLineString:
		for _, line := range g {
			inOrder(t, line)
		}
	case orb.Polygon:
		for _, ring := range g {
			points(ring...)
			if len(ring) < 4 || !ring.Closed() {
				t.Fatalf("%v is not closed", ring)
			}
		}
	case orb.MultiPolygon:
		for _, polygon := range g {
			inOrder(t, polygon)
		}
	case orb.Collection:
		for _, member := range g {
			inOrder(t, member)
		}
	default:
		t.Fatalf("a %T came out", g)
	}
}

func BenchmarkParse(b *testing.B) {
	text := geo.AppendGeoJSON(nil, large()["circle"], 6)
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := geo.Parse(v, geo.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	drawn := []byte(`{"type": "Polygon", "coordinates": [[[107, 16], [108, 16], [108, 17], [107, 17]]]}`)
	_, err := geo.ParseJSON(drawn, geo.Options{})
	fmt.Println(err)
	fmt.Println(fault.Of(err).Details["at"])
	// Output:
	// coordinates[0][3]: the ring is not closed: its last position is not its first
	// coordinates[0][3]
}
