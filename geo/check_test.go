package geo_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"geohub/geo"
	"geohub/internal/fault"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func TestCheck(t *testing.T) {
	square := ring(0, 0, 10, 0, 10, 10, 0, 10)
	tests := []struct {
		name string
		g    orb.Geometry
		want string // the message; "" for valid
	}{
		{"square", orb.Polygon{square}, ""},
		{"clockwise square", orb.Polygon{ring(0, 0, 0, 10, 10, 10, 10, 0)}, ""},
		{"repeated positions", orb.Polygon{ring(0, 0, 0, 0, 10, 0, 10, 10, 10, 10, 0, 10, 0, 10)}, ""},
		{"collinear vertices", orb.Polygon{ring(0, 0, 5, 0, 10, 0, 10, 10, 0, 10, 0, 5)}, ""},
		{"hole", orb.Polygon{square, ring(2, 2, 4, 2, 4, 4, 2, 4)}, ""},
		{"hole touches shell at a vertex", orb.Polygon{square, ring(0, 0, 4, 2, 2, 4)}, ""},
		{"hole touches shell in a segment", orb.Polygon{square, ring(0, 5, 2, 4, 2, 6)}, ""},
		{"holes touch", orb.Polygon{square, ring(2, 2, 4, 2, 4, 4, 2, 4), ring(4, 4, 6, 4, 6, 6, 4, 6)}, ""},
		{"three holes touch at one point", orb.Polygon{square, ring(5, 5, 4, 1, 6, 1), ring(5, 5, 9, 4, 9, 6), ring(5, 5, 6, 9, 4, 9)}, ""},
		{"polygons touch at a vertex", orb.MultiPolygon{{square}, {ring(10, 10, 12, 10, 12, 12)}}, ""},
		{"polygons touch twice", orb.MultiPolygon{{ring(0, 0, 4, 2, 0, 4)}, {ring(4, 0, 2, 1, 8, 2, 2, 3, 4, 4, 9, 2)}}, ""},
		{"island in a hole", orb.MultiPolygon{{square, ring(2, 2, 8, 2, 8, 8, 2, 8)}, {ring(3, 3, 5, 3, 5, 5)}}, ""},
		{"island touches its hole all round", orb.MultiPolygon{{square, ring(2, 2, 8, 2, 8, 8, 2, 8)}, {ring(5, 2, 8, 5, 5, 8, 2, 5)}}, ""},
		{"island before its lake", orb.MultiPolygon{{ring(5, 2, 8, 5, 5, 8, 2, 5)}, {square, ring(2, 2, 8, 2, 8, 8, 2, 8)}}, ""},

		{"no rings", orb.Polygon{}, "coordinates: has no rings"},
		{"no polygons", orb.MultiPolygon{}, "coordinates: has no polygons"},
		{"three positions", orb.Polygon{{{0, 0}, {1, 0}, {0, 0}}}, "coordinates[0]: a ring has at least 4 positions, the last equal to the first, not 3"},
		{"open", orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, "coordinates[0][3]: the ring is not closed: its last position is not its first"},
		{"one position", orb.Polygon{ring(1, 1, 1, 1, 1, 1)}, "coordinates[0]: the ring has no area: it has fewer than 3 different positions"},
		{"flat", orb.Polygon{ring(0, 0, 5, 5, 10, 10)}, "coordinates[0]: segments 0 and 2 run back over each other at [0, 0]"},
		{"bow-tie", orb.Polygon{ring(0, 0, 10, 10, 10, 0, 0, 10)}, "coordinates[0]: segments 0 and 2 cross at [5, 5]"},
		{"spike outwards", orb.Polygon{ring(0, 0, 10, 0, 15, 0, 10, 0, 10, 10)}, "coordinates[0]: segments 1 and 2 run back over each other at [10, 0]"},
		{"spike inwards", orb.Polygon{ring(0, 0, 10, 0, 10, 5, 5, 5, 10, 5, 10, 10)}, "coordinates[0]: segments 2 and 3 run back over each other at [5, 5]"},
		{"spike to the left", orb.Polygon{ring(0, 0, -5, 0, 0, 0, 10, 0, 10, 10)}, "coordinates[0]: segments 0 and 1 run back over each other at [-5, 0]"},
		{"touches itself at a vertex", orb.Polygon{ring(0, 0, 5, 5, 10, 0, 10, 10, 5, 5, 0, 10)}, "coordinates[0]: the ring touches itself: segments 1 and 3 meet at [5, 5]"},
		{"touches itself in a segment", orb.Polygon{ring(0, 0, 10, 0, 10, 10, 5, 0, 0, 10)}, "coordinates[0]: the ring touches itself: segments 0 and 2 meet at [5, 0]"},
		{"overlaps itself", orb.Polygon{ring(0, 0, 10, 0, 10, 5, 7, 5, 7, 0, 3, 0, 3, 5, 0, 5)}, "coordinates[0]: segments 0 and 4 overlap at [3, 0]"},
		{"hole crosses shell", orb.Polygon{square, ring(5, 5, 15, 4, 15, 6)}, "coordinates[0]: segments 1 and 0 cross at [10, 4.5], the second in ring coordinates[1]"},
		{"hole crosses shell at vertices", orb.Polygon{ring(0, 0, 10, 0, 10, 5, 10, 10, 0, 10), ring(5, 5, 10, 5, 15, 5, 15, 8)}, "coordinates[0]: segments 2 and 1 cross at [10, 5], the second in ring coordinates[1]"},
		{"hole shares an edge", orb.Polygon{square, ring(2, 0, 4, 0, 3, 2)}, "coordinates[0]: segments 0 and 0 overlap at [2, 0], the second in ring coordinates[1]"},
		{"hole is the shell", orb.Polygon{square, square}, "coordinates[0]: segments 0 and 0 overlap at [0, 0], the second in ring coordinates[1]"},
		{"hole outside", orb.Polygon{square, ring(20, 0, 22, 0, 21, 2)}, "coordinates[1]: the hole at [20, 0] lies outside its polygon"},
		{"hole outside touches", orb.Polygon{square, ring(10, 5, 12, 4, 12, 6)}, "coordinates[1]: the hole at [10, 5] lies outside its polygon"},
		{"hole around the shell", orb.Polygon{ring(2, 2, 4, 2, 3, 4), square}, "coordinates[1]: the hole at [0, 0] lies outside its polygon"},
		{"hole in a hole", orb.Polygon{square, ring(2, 2, 8, 2, 8, 8, 2, 8), ring(3, 3, 4, 3, 4, 4)}, "coordinates[2]: the hole lies in another hole, coordinates[1]"},
		{"hole touches shell twice", orb.Polygon{square, ring(0, 5, 5, 4, 10, 5, 5, 6)}, "coordinates[1]: the ring cuts the interior of its polygon in two, where it touches ring coordinates[0] at [10, 5]"},
		{"chain of holes", orb.Polygon{square, ring(0, 5, 5, 4, 5, 6), ring(10, 5, 5, 4, 6, 6)}, "coordinates[2]: the ring cuts the interior of its polygon in two, where it touches ring coordinates[0] at [10, 5]"},
		{"polygons overlap", orb.MultiPolygon{{square}, {ring(5, 5, 15, 5, 15, 15, 5, 15)}}, "coordinates[0][0]: segments 2 and 3 cross at [5, 10], the second in ring coordinates[1][0]"},
		{"polygons share an edge", orb.MultiPolygon{{square}, {ring(10, 0, 20, 0, 20, 10, 10, 10)}}, "coordinates[0][0]: segments 1 and 3 overlap at [10, 0], the second in ring coordinates[1][0]"},
		{"polygon in a polygon", orb.MultiPolygon{{square}, {ring(3, 3, 5, 3, 5, 5)}}, "coordinates[1][0]: this polygon lies in the polygon of ring coordinates[0][0]"},
		{"polygon in a polygon touches all round", orb.MultiPolygon{{ring(5, 0, 10, 5, 5, 10, 0, 5)}, {square}}, "coordinates[0][0]: this polygon lies in the polygon of ring coordinates[1][0]"},
		{"line of one place", orb.LineString{{1, 1}, {1, 1}}, "coordinates: a line has at least 2 different positions"},
		{"line of lines", orb.MultiLineString{{{1, 1}, {1, 2}}, {{1, 1}}}, "coordinates[1]: a line has at least 2 different positions"},
		{"in a collection", orb.Collection{orb.Point{0, 0}, orb.Polygon{ring(0, 0, 10, 10, 10, 0, 0, 10)}}, "geometries[1].coordinates[0]: segments 0 and 2 cross at [5, 5]"},
		{"not finite", orb.MultiPoint{{0, 0}, {0, math.NaN()}}, "geometry: [0, NaN] is outside ±1e8"},
		{"nil", nil, "geometry: is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := geo.Check(tt.g); err != nil {
				got = err.Error()
				if f := fault.Of(err); f == nil || f.Code != "BAD_GEOMETRY" || f.Kind != fault.KindInvalid {
					t.Errorf("want a BAD_GEOMETRY, got %#v", err)
				}
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCheckNamesThePlace(t *testing.T) {
	err := geo.Check(orb.Polygon{ring(0, 0, 10, 0, 10, 10, 0, 10), ring(5, 5, 15, 4, 15, 6)})
	want := map[string]any{
		"at": "coordinates[0]", "point": orb.Point{10, 4.5},
		"segments": []int32{1, 0}, "rings": []string{"coordinates[0]", "coordinates[1]"},
	}
	if diff := cmp.Diff(want, fault.Of(err).Details); diff != "" {
		t.Error(diff)
	}
}

// Touching is exact: a vertex a hair beside a segment does not touch it.
func TestCheckIsExact(t *testing.T) {
	shell := ring(0.1, 0.1, 0.7, 0.7, 0.1, 0.7)
	tip := 0.4
	hole := func(x float64) orb.Polygon { return orb.Polygon{shell, ring(x, tip, 0.2, 0.5, 0.2, 0.6)} }
	if err := geo.Check(hole(math.Nextafter(tip, 0))); err != nil {
		t.Errorf("a hair inside: %v", err)
	}
	if err := geo.Check(hole(tip)); err != nil {
		t.Errorf("touching: %v", err)
	}
	if err := geo.Check(hole(math.Nextafter(tip, 1))); err == nil {
		t.Error("a hair outside was accepted")
	}
	tiny := 1e-99
	if err := geo.Check(orb.Polygon{ring(0, 0, tiny, 0, tiny, tiny)}); err != nil {
		t.Errorf("a tiny triangle: %v", err)
	}
	if err := geo.Check(orb.Polygon{ring(0, 0, tiny, tiny, 3*tiny, 3*tiny)}); err == nil {
		t.Error("a tiny flat ring was accepted")
	}
	if err := geo.Check(orb.Polygon{ring(0, 0, 5e-324, 0, 5e-324, 5e-324)}); err == nil {
		t.Error("a triangle in which products underflow was accepted")
	}
}

func TestCheckLarge(t *testing.T) {
	for name, g := range large() {
		if err := geo.Check(g); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := geo.Check(crossingStar(3000)); err == nil || !strings.Contains(err.Error(), "cross") {
		t.Errorf("a star that crosses itself: %v", err)
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, g := range large() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := geo.Check(g); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("crossing star", func(b *testing.B) {
		g := crossingStar(3000)
		for b.Loop() {
			if geo.Check(g) == nil {
				b.Fatal("accepted")
			}
		}
	})
}

// large has the valid polygons of 10,000 vertices that sweeps find hardest.
func large() map[string]orb.Geometry {
	const n = 10_000
	shapes := map[string]orb.Geometry{}
	circle, spokes := make(orb.Ring, 0, n), make(orb.Ring, 0, n)
	for i := range n - 1 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / (n - 1))
		circle = append(circle, orb.Point{107 + cos, 16 + sin})
		radius := 1 - 0.99*float64(i%2)
		spokes = append(spokes, orb.Point{107 + radius*cos, 16 + radius*sin})
	}
	shapes["circle"] = orb.Polygon{append(circle, circle[0])}
	shapes["spokes"] = orb.Polygon{append(spokes, spokes[0])}
	for name, along := range map[string]orb.Point{"comb up": {0, 1}, "comb right": {1, 0}, "comb across": {1, 1}} {
		across := orb.Point{along[1], -along[0]}
		var comb orb.Ring
		at := func(u, v float64) {
			comb = append(comb, orb.Point{u*along[0] + v*across[0], u*along[1] + v*across[1]})
		}
		const teeth = (n - 4) / 2
		for i := range teeth {
			at(float64(i%2)*20, float64(2*i)/teeth)
			at(float64(i%2)*20, float64(2*i+1)/teeth)
		}
		at(-1, 2)
		at(-1, 0)
		shapes[name] = orb.Polygon{append(comb, comb[0])}
	}
	holes := orb.Polygon{ring(0, 0, 50, 0, 50, 50, 0, 50)}
	for i := range 2499 {
		x, y := float64(i%50), float64(i/50)
		holes = append(holes, ring(x+.3, y+.3, x+.7, y+.3, x+.5, y+.7))
	}
	shapes["holes"] = holes
	return shapes
}

func crossingStar(n int) orb.Polygon {
	var star orb.Ring
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i*(n/2-1)) / float64(n-1))
		star = append(star, orb.Point{107 + cos, 16 + sin})
	}
	return orb.Polygon{append(star, star[0])}
}

// ring closes a ring of x, y, x, y, ….
func ring(xy ...float64) orb.Ring {
	var r orb.Ring
	for i := 0; i < len(xy); i += 2 {
		r = append(r, orb.Point{xy[i], xy[i+1]})
	}
	return append(r, r[0])
}

func ExampleCheck() {
	bowTie := orb.Polygon{{{107, 16}, {108, 17}, {108, 16}, {107, 17}, {107, 16}}}
	fmt.Println(geo.Check(bowTie))
	// Output: coordinates[0]: segments 0 and 2 cross at [107.5, 16.5]
}
