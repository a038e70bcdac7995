package geo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"sync"
	"testing"
	"time"

	"geohub/geo"
	"geohub/internal/fault"
	"github.com/paulmach/orb"
)

func TestAppendGeoJSON(t *testing.T) {
	tests := []struct {
		name     string
		g        orb.Geometry
		decimals int
		want     string
	}{
		{"nil", nil, -1, `null`},
		{"shortest", orb.Point{107.58331234567891, -16}, -1, `{"type":"Point","coordinates":[107.5833123456789,-16]}`},
		{"rounded", orb.Point{107.58331234567891, 16.999999}, 5, `{"type":"Point","coordinates":[107.58331,17]}`},
		{"trailing zeros", orb.Point{100, 16.5}, 3, `{"type":"Point","coordinates":[100,16.5]}`},
		{"whole degrees", orb.Point{100.4, 9.5}, 0, `{"type":"Point","coordinates":[100,10]}`},
		{"minus zero", orb.Point{-0.0001, math.Copysign(0, -1)}, 2, `{"type":"Point","coordinates":[0,0]}`},
		{"small", orb.Point{1e-7, 1}, -1, `{"type":"Point","coordinates":[0.0000001,1]}`},
		{"not finite", orb.Point{math.NaN(), math.Inf(1)}, -1, `{"type":"Point","coordinates":[null,null]}`},
		{"multipoint", orb.MultiPoint{{1, 2}, {3, 4}}, -1, `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`},
		{"line", orb.LineString{{1, 2}, {3, 4}}, -1, `{"type":"LineString","coordinates":[[1,2],[3,4]]}`},
		{"lines", orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}}}, -1, `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6]]]}`},
		{"ring", orb.Ring{{1, 2}, {3, 4}}, -1, `{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}`},
		{"polygon", orb.Polygon{{{1, 2}, {3, 4}}, {{5, 6}}}, -1, `{"type":"Polygon","coordinates":[[[1,2],[3,4]],[[5,6]]]}`},
		{"multipolygon", orb.MultiPolygon{{{{1, 2}}}, {{{3, 4}}}}, -1, `{"type":"MultiPolygon","coordinates":[[[[1,2]]],[[[3,4]]]]}`},
		{"collection", orb.Collection{orb.Point{1, 2}, orb.LineString{}}, -1, `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[]}]}`},
		{"bound", orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, -1, `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(geo.AppendGeoJSON([]byte("x"), tt.g, tt.decimals)); got != "x"+tt.want {
				t.Errorf("got  %s\nwant x%s", got, tt.want)
			}
		})
	}
	buf := make([]byte, 0, 1<<20)
	var g orb.Geometry = orb.MultiPolygon{{ring(0.5, 1, 2, 3, 4, 5)}}
	if n := testing.AllocsPerRun(10, func() { geo.AppendGeoJSON(buf, g, 6) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGeometry(t *testing.T) {
	two := 2
	if got := marshal(geo.Geometry{Shape: orb.Point{1.234, 2}, Decimals: &two}); got != `{"type":"Point","coordinates":[1.23,2]}` {
		t.Error(got)
	}
	if got := marshal(geo.Geometry{}); got != "null" {
		t.Error(got)
	}
	var g geo.Geometry
	if err := g.UnmarshalGQL(map[string]any{"type": "Point", "coordinates": []any{500000.0, 1800000.0}}); err != nil {
		t.Fatal(err)
	}
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() {
			if _, err := g.LonLat(); err == nil {
				t.Error("metres were taken for degrees")
			}
			if p, err := g.Projected(); err != nil || p != (orb.Point{500000, 1800000}) {
				t.Errorf("got %v, %v", p, err)
			}
		})
	}
	together.Wait()
	made := geo.Geometry{Shape: orb.Point{190, 0}}
	if _, err := made.LonLat(); err == nil {
		t.Error("a shape made in Go was not checked")
	}
	if _, err := (&geo.Geometry{}).LonLat(); err == nil {
		t.Error("no geometry was accepted")
	}
}

func TestBBox(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string // the boxes as JSON, or the message
	}{
		{"Huế", []any{107.0, int64(16), json.Number("108.2"), 16.8}, `[{"Min":[107,16],"Max":[108.2,16.8]}]`},
		{"across the antimeridian", []any{170.0, -10.0, -170.0, 10.0}, `[{"Min":[170,-10],"Max":[180,10]},{"Min":[-180,-10],"Max":[-170,10]}]`},
		{"a point", []any{107.0, 16.0, 107.0, 16.0}, `[{"Min":[107,16],"Max":[107,16]}]`},
		{"swapped", []any{16.0, 107.0, 17.0, 108.0}, "bbox: south-west corner: lat 107 is outside -90..90; are lon and lat swapped?"},
		{"upside down", []any{107.0, 17.0, 108.0, 16.0}, "bbox: south 17 is above north 16; the order is west, south, east, north"},
		{"too wide", []any{-200.0, 0.0, 200.0, 1.0}, "bbox: south-west corner: lon -200 is outside -180..180"},
		{"NaN", []any{107.0, math.NaN(), 108.0, 17.0}, "bbox[1]: must be a finite number, not NaN"},
		{"overflow", []any{json.Number("1e400"), 16.0, 108.0, 17.0}, "bbox[0]: must be a finite number, not 1e400"},
		{"strings", []any{"107", 16.0, 108.0, 17.0}, `bbox[0]: must be a number, not the string "107"`},
		{"three numbers", []any{1.0, 2.0, 3.0}, "bbox: must be [west, south, east, north], not 3 numbers"},
		{"a string", "1,2,3,4", `bbox: must be [west, south, east, north], not the string "1,2,3,4"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b geo.BBox
			err := b.UnmarshalGQL(tt.v)
			var got string
			if err != nil {
				got = err.Error()
				if f := fault.Of(err); f == nil || f.Code != "BAD_GEOMETRY" {
					t.Errorf("want BAD_GEOMETRY, got %#v", err)
				}
			} else {
				text, _ := json.Marshal(b.Bounds())
				got = string(text)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if got := marshal(geo.BBox{107.5, 16, 108, 16.25}); got != "[107.5,16,108,16.25]" {
		t.Error(got)
	}
}

func TestPlaces(t *testing.T) {
	nan, huge, far := math.NaN(), 3e7, 1000.0
	tests := []struct {
		name string
		v    interface{ Check() error }
		want string
	}{
		{"around", geo.Around{Lon: 107, Lat: 16, RadiusM: 500}, ""},
		{"around a point", geo.Around{Lon: 107, Lat: 16}, ""},
		{"around the world", geo.Around{RadiusM: 20_037_508}, ""},
		{"around, swapped", geo.Around{Lon: 16, Lat: 107, RadiusM: 500}, "around: lat 107 is outside -90..90; are lon and lat swapped?"},
		{"around, negative", geo.Around{Lon: 107, Lat: 16, RadiusM: -1}, "around.radiusM: -1 m is outside 0..20037508"},
		{"around, too far", geo.Around{Lon: 107, Lat: 16, RadiusM: huge}, "around.radiusM: 3e+07 m is outside 0..20037508"},
		{"around, NaN", geo.Around{Lon: 107, Lat: 16, RadiusM: nan}, "around.radiusM: NaN m is outside 0..20037508"},
		{"near", geo.Near{Lon: 107, Lat: 16}, ""},
		{"near, up to", geo.Near{Lon: 107, Lat: 16, MaxM: &far}, ""},
		{"near, NaN", geo.Near{Lon: nan, Lat: 16}, "near: lon NaN is outside -180..180"},
		{"near, up to NaN", geo.Near{Lon: 107, Lat: 16, MaxM: &nan}, "near.maxM: NaN m is outside 0..20037508"},
		{"point", geo.LonLat{Lon: 107, Lat: 16}, ""},
		{"point, infinite", geo.LonLat{Lon: 107, Lat: math.Inf(1)}, "point: lat +Inf is outside -90..90"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.v.Check()
			if got := message(err); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if err != nil && fault.Of(err).Code != "BAD_GEOMETRY" {
				t.Errorf("want BAD_GEOMETRY, got %#v", err)
			}
		})
	}
}

func TestAreaCheck(t *testing.T) {
	drawn := func(text string) *geo.Geometry {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		var g geo.Geometry
		if err := g.UnmarshalGQL(v); err != nil {
			t.Fatal(err)
		}
		return &g
	}
	id, none := "dam:TA_TRACH", ""
	point := drawn(`{"type":"Point","coordinates":[107,16]}`)
	triangle := drawn(`{"type":"Polygon","coordinates":[[[107,16],[108,16],[108,17],[107,16]]]}`)
	metres := drawn(`{"type":"Point","coordinates":[562345.5,1821000]}`)
	tests := []struct {
		name string
		area *geo.Area
		code string
		want string
	}{
		{"nil", nil, "", ""},
		{"bbox", &geo.Area{BBox: &geo.BBox{107, 16, 108, 17}}, "", ""},
		{"within", &geo.Area{Within: triangle}, "", ""},
		{"around", &geo.Area{Around: &geo.Around{Lon: 107, Lat: 16, RadiusM: 1}}, "", ""},
		{"units", &geo.Area{Units: []geo.UnitRef{{Code: "46"}}}, "", ""},
		{"feature", &geo.Area{Feature: &id}, "", ""},
		{"projected", &geo.Area{Projected: &geo.ProjectedGeometry{CRS: 9214, Geometry: *metres}}, "", ""},
		{"all of some", &geo.Area{AllOf: []*geo.Area{{Feature: &id}, nil, {Within: triangle}}}, "", ""},
		{"all of one that is wrong", &geo.Area{AllOf: []*geo.Area{nil, {Feature: &none}}}, "BAD_INPUT", "area.feature: is empty"},
		{"all of all", &geo.Area{AllOf: []*geo.Area{{AllOf: []*geo.Area{}}}}, "BAD_INPUT", "area.allOf[0]: holds an allOf of its own; write its areas into the outer one"},
		{"all of many", &geo.Area{AllOf: make([]*geo.Area, 11)}, "BAD_INPUT", "area.allOf: 11 areas; the limit is 10"},
		{"none", &geo.Area{}, "BAD_INPUT", "area: give exactly one of bbox, within, around, units, feature, projected, allOf; none was given"},
		{"two", &geo.Area{BBox: &geo.BBox{107, 16, 108, 17}, Feature: &id}, "BAD_INPUT", "area: give exactly one of bbox, within, around, units, feature, projected, allOf; given were bbox, feature"},
		{"a bad bbox", &geo.Area{BBox: &geo.BBox{0, 1, 0, -1}}, "BAD_GEOMETRY", "bbox: south 1 is above north -1; the order is west, south, east, north"},
		{"within a point", &geo.Area{Within: point}, "BAD_GEOMETRY", "type: `within` takes a Polygon or MultiPolygon, not a Point"},
		{"no units", &geo.Area{Units: []geo.UnitRef{}}, "BAD_INPUT", "area.units: name at least one unit"},
		{"a unit without code", &geo.Area{Units: []geo.UnitRef{{Code: "46"}, {}}}, "BAD_INPUT", "area.units[1].code: is empty"},
		{"many units", &geo.Area{Units: make([]geo.UnitRef, 1001)}, "BAD_INPUT", "area.units: 1001 units; the limit is 1000"},
		{"no feature", &geo.Area{Feature: &none}, "BAD_INPUT", "area.feature: is empty"},
		{"no CRS", &geo.Area{Projected: &geo.ProjectedGeometry{CRS: -1, Geometry: *metres}}, "UNKNOWN_CRS", "projected.crs: -1 is not an EPSG code"},
		{"metres in 4326", &geo.Area{Projected: &geo.ProjectedGeometry{CRS: 4326, Geometry: *metres}}, "BAD_GEOMETRY", "coordinates: lon 562345.5 is outside -180..180"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.area.Check()
			if got := message(err); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if err != nil && fault.Of(err).Code != tt.code {
				t.Errorf("got %s, want %s", fault.Of(err).Code, tt.code)
			}
		})
	}
}

func TestDate(t *testing.T) {
	day := geo.Date{Year: 2025, Month: time.June, Day: 30}
	var read geo.Date
	if err := read.UnmarshalGQL("2025-06-30"); err != nil || read != day {
		t.Errorf("got %v, %v", read, err)
	}
	for _, v := range []any{"2025-02-30", "2025-6-30", "0000-01-01", "30/06/2025", "", int64(2025), nil} {
		if err := read.UnmarshalGQL(v); fault.Of(err) == nil || fault.Of(err).Code != "BAD_INPUT" {
			t.Errorf("%v: got %v", v, err)
		}
	}
	if got := marshal(day); got != `"2025-06-30"` {
		t.Error(got)
	}
	if got := marshal(geo.Date{}); got != "null" {
		t.Error(got)
	}
	evening := time.Date(2025, 6, 30, 17, 0, 0, 0, time.UTC)
	if got := geo.DateOf(evening); got != day.AddDays(1) || got.String() != "2025-07-01" {
		t.Errorf("got %v", got)
	}
	if !day.AddDays(1).Start().Equal(evening) {
		t.Error(day.AddDays(1).Start())
	}
	if !day.Before(day.AddDays(1)) || day.Before(day) {
		t.Error("days are out of order")
	}
	if _, err := (geo.Date{Year: 2025, Month: 2, Day: 30}).Value(); err == nil {
		t.Error("30 February was written")
	}
}

func TestDistanceM(t *testing.T) {
	tests := []struct {
		name string
		a, b orb.Point
		want float64
	}{
		{"nowhere", orb.Point{107, 16}, orb.Point{107, 16}, 0},
		{"a degree on the equator", orb.Point{0, 0}, orb.Point{1, 0}, 111319.4908},
		{"Vincenty's Flinders Peak to Buninyong", orb.Point{144.42486788888888, -37.95103341666667}, orb.Point{143.92649552777777, -37.65282113888889}, 54972.271},
		{"over the antimeridian", orb.Point{179.5, 0}, orb.Point{-179.5, 0}, 111319.4908},
		{"pole to pole", orb.Point{0, 90}, orb.Point{50, -90}, 20003931.4586},
		{"antipodes", orb.Point{0, 0}, orb.Point{180, 0}, 20003931.4586},
		{"Karney's nearly antipodal", orb.Point{0, -30}, orb.Point{179.8, 29.9}, 19989832.8276},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, got := range []float64{geo.DistanceM(tt.a, tt.b), geo.DistanceM(tt.b, tt.a)} {
				if math.Abs(got-tt.want) > 0.001 {
					t.Errorf("got %.4f, want %.4f", got, tt.want)
				}
			}
		})
	}
}

func TestSaigon(t *testing.T) {
	if got := time.Date(2025, 7, 1, 0, 0, 0, 0, geo.Saigon).Format(time.RFC3339); got != "2025-07-01T00:00:00+07:00" {
		t.Error(got)
	}
}

func TestFeatureCollection(t *testing.T) {
	if got := marshal(geo.FeatureCollection(`{"a":1}`)); got != `{"a":1}` {
		t.Error(got)
	}
	if got := marshal(geo.FeatureCollection(nil)); got != "null" {
		t.Error(got)
	}
}

func marshal(v interface{ MarshalGQL(io.Writer) }) string {
	var b bytes.Buffer
	v.MarshalGQL(&b)
	return b.String()
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// gqlgen takes a type for a scalar only with both methods.
var _ = []interface {
	MarshalGQL(io.Writer)
	UnmarshalGQL(any) error
}{(*geo.Geometry)(nil), (*geo.BBox)(nil), (*geo.Date)(nil), (*geo.FeatureCollection)(nil)}
