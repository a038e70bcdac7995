package geo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"geohub/geo"
)

// The control point of the ministry's seven parameters, and the answer without them.
var (
	control      = orb.Point{107.585, 16.463}
	control9214  = orb.Point{562268.12, 1820899.64}
	control3405  = orb.Point{775809.81, 1822026.49}
	withoutDatum = orb.Point{562463.56, 1820787.60}
)

func TestPlane(t *testing.T) {
	for _, test := range []struct {
		code  int
		plane orb.Point
	}{{9214, control9214}, {3405, control3405}} {
		p, err := geo.PlaneOf(test.code)
		if err != nil {
			t.Fatal(err)
		}
		got := p.FromLonLat(control).(orb.Point)
		if math.Hypot(got[0]-test.plane[0], got[1]-test.plane[1]) > 0.02 {
			t.Errorf("EPSG:%d: %v, want %v", test.code, got, test.plane)
		}
		for name, in := range map[string]orb.Point{"easting first": test.plane, "northing first": {test.plane[1], test.plane[0]}} {
			back, err := p.LonLat(in)
			if err != nil || geo.DistanceM(back.(orb.Point), control) > 0.02 {
				t.Errorf("EPSG:%d, %s: %v, %v, want %v", test.code, name, back, err, control)
			}
		}
		back, err := p.LonLat(p.FromLonLat(orb.Polygon{{{107, 16}, {108, 16}, {108, 17}, {107, 16}}}))
		if err != nil || math.Abs(back.(orb.Polygon)[0][2][1]-17) > 1e-8 {
			t.Errorf("EPSG:%d: there and back: %v, %v", test.code, back, err)
		}
	}
}

func TestMissingDatum(t *testing.T) {
	east, north := geo.MissingDatum(control)
	want := orb.Point{control9214[0] - withoutDatum[0], control9214[1] - withoutDatum[1]}
	// The grid is turned by its convergence, some tenths of a degree.
	if math.Hypot(east-want[0], north-want[1]) > 3 {
		t.Errorf("%.1f m east, %.1f m north; want %v", east, north, want)
	}
}

func TestPlaneRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		code int
		at   orb.Point
		says string
	}{
		{"swapped", 4326, orb.Point{16.463, 107.585}, "swapped"},
		{"metres for degrees", 4326, control9214, "crs 9214"},
		{"degrees for metres", 9214, control, "crs 4326"},
		{"elsewhere", 9214, orb.Point{99_999_999, 3}, "can't lie in EPSG:9214"},
		{"VN-2000 in degrees, swapped", 4756, orb.Point{16.463, 107.585}, "swapped"},
	} {
		p, err := geo.PlaneOf(test.code)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.LonLat(test.at); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", test.name, err, test.says)
		}
	}
	if _, err := geo.PlaneOf(99999); err == nil || !strings.Contains(err.Error(), "9214") {
		t.Errorf("an unknown CRS: %v", err)
	}
}

func TestParsePlane(t *testing.T) {
	for name, want := range map[string]int{
		"EPSG:9214": 9214, "urn:ogc:def:crs:EPSG::9214": 9214, "<http://www.opengis.net/def/crs/EPSG/0/3405>": 3405, "9214": 9214,
		"urn:ogc:def:crs:OGC:1.3:CRS84": 4326, "http://www.opengis.net/def/crs/OGC/1.3/CRS84": 4326, "VN-2000": -1, "EPSG:1": -1,
	} {
		p, err := geo.ParsePlane(name)
		if (err != nil) != (want < 0) || err == nil && p.Code != want {
			t.Errorf("%s: %v, %v; want %d", name, p, err, want)
		}
	}
}
