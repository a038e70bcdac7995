package mvt_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"geohub/tiles/mvt"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

// at is the position of a place in units of a tile.
func at(tile mvt.Tile, x, y float64) orb.Point {
	world := math.Ldexp(mvt.Extent, tile.Z)
	x, y = (x+float64(tile.X)*mvt.Extent)/world, (y+float64(tile.Y)*mvt.Extent)/world
	return orb.Point{(x - 0.5) * 360, math.Atan(math.Sinh((1-2*y)*math.Pi)) * 180 / math.Pi}
}

// ringAt is a ring of places in units of a tile, closed.
func ringAt(tile mvt.Tile, places ...orb.Point) orb.Ring {
	var ring orb.Ring
	for _, p := range places {
		ring = append(ring, at(tile, p[0], p[1]))
	}
	return append(ring, ring[0])
}

// encoded is how a geometry comes back, nil if it does not.
func encoded(t rapid.TB, tile mvt.Tile, g orb.Geometry, o mvt.Options) orb.Geometry {
	t.Helper()
	var e mvt.Encoder
	e.Begin(tile, "shapes", o)
	opened := e.Geometry(g)
	body := e.Append(nil)
	if opened != (len(body) > 0) {
		t.Fatalf("opened is %v, and the layer has %d bytes", opened, len(body))
	}
	if !opened {
		return nil
	}
	return decode(t, body)[0].Features[0].Geometry
}

func TestGeometry(t *testing.T) {
	tile := mvt.Tile{10, 818, 464}
	p := func(x, y float64) orb.Point { return at(tile, x, y) }
	ring := func(places ...orb.Point) orb.Ring { return ringAt(tile, places...) }
	square := func(from, to float64) orb.Ring {
		return ring(orb.Point{from, from}, orb.Point{to, from}, orb.Point{to, to}, orb.Point{from, to})
	}
	// A comb whose teeth reach over the north edge.
	comb := ring(orb.Point{0, 100}, orb.Point{0, -500}, orb.Point{10, -500}, orb.Point{10, 50}, orb.Point{20, 50}, orb.Point{20, -500}, orb.Point{30, -500}, orb.Point{30, 100})
	tests := []struct {
		name string
		in   orb.Geometry
		o    mvt.Options
		want orb.Geometry
	}{
		{"nothing", nil, mvt.Options{}, nil},
		{"point", p(7, 8), mvt.Options{}, orb.Point{7, 8}},
		{"point beyond", p(-70, 8), mvt.Options{}, nil},
		{"points", orb.MultiPoint{p(1, 2), p(5000, 2), p(1.1, 2.1), p(3, 4)}, mvt.Options{}, orb.MultiPoint{{1, 2}, {3, 4}}},
		{"points beyond", orb.MultiPoint{p(-70, 8)}, mvt.Options{}, nil},
		{"empty points", orb.MultiPoint{}, mvt.Options{}, nil},
		{"line", orb.LineString{p(1, 2), p(1.2, 2), p(3, 4), p(5, 6)}, mvt.Options{}, orb.LineString{{1, 2}, {3, 4}, {5, 6}}},
		{"line simplified", orb.LineString{p(0, 0), p(50, 1), p(100, 0), p(150, 3), p(200, 0)}, mvt.Options{Tolerance: 1}, orb.LineString{{0, 0}, {100, 0}, {150, 3}, {200, 0}}},
		{"line within a unit", orb.LineString{p(1, 2), p(1.2, 2)}, mvt.Options{}, nil},
		{"line out and back", orb.LineString{p(1, 2), p(2, 2), p(1, 2)}, mvt.Options{Tolerance: 2}, nil},
		{"line beyond", orb.LineString{p(-100, -40), p(100, -300)}, mvt.Options{}, nil},
		{"line out and in", orb.LineString{p(100, 100), p(100, -264), p(200, -264), p(200, 100)}, mvt.Options{}, orb.MultiLineString{{{100, 100}, {100, -64}}, {{200, -64}, {200, 100}}}},
		{"line across a corner", orb.LineString{p(-164, 36), p(36, -164)}, mvt.Options{}, nil},
		{"line through two edges", orb.LineString{p(-100, 2048), p(5000, 2048)}, mvt.Options{Buffer: 10}, orb.LineString{{-10, 2048}, {4106, 2048}}},
		{"lines", orb.MultiLineString{{p(1, 1), p(2, 2)}, {p(1, 1)}, {p(3, 3), p(2, 4)}}, mvt.Options{}, orb.MultiLineString{{{1, 1}, {2, 2}}, {{3, 3}, {2, 4}}}},
		{"polygon", orb.Polygon{square(0, 10)}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}}},
		{"polygon the other way round", orb.Polygon{ring(orb.Point{0, 0}, orb.Point{0, 10}, orb.Point{10, 10}, orb.Point{10, 0})}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}}},
		{"hole", orb.Polygon{square(0, 10), square(2, 4)}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}, {{2, 2}, {2, 4}, {4, 4}, {4, 2}, {2, 2}}}},
		{"hole too small", orb.Polygon{square(0, 10), square(2, 2.2)}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}}},
		{"polygon too small", orb.Polygon{square(2, 2.2)}, mvt.Options{}, nil},
		{"polygon thin", orb.Polygon{ring(orb.Point{0, 0}, orb.Point{100, 0}, orb.Point{100, 0.2})}, mvt.Options{}, nil},
		{"polygon simplified away", orb.Polygon{square(2, 3)}, mvt.Options{Tolerance: 2}, nil},
		{"polygon beyond", orb.Polygon{square(-200, -65)}, mvt.Options{}, nil},
		{"spike", orb.Polygon{ring(orb.Point{0, 0}, orb.Point{10, 0}, orb.Point{50, 0}, orb.Point{10, 0}, orb.Point{10, 10})}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 0}}}},
		{"empty polygon", orb.Polygon{}, mvt.Options{}, nil},
		{"empty ring", orb.Polygon{{}}, mvt.Options{}, nil},
		{"all of the tile", orb.Polygon{square(-2000, 9000)}, mvt.Options{Tolerance: 1}, orb.Polygon{{{-64, 4160}, {-64, -64}, {4160, -64}, {4160, 4160}, {-64, 4160}}}},
		{"in a hole", orb.Polygon{square(-2000, 9000), square(-1000, 7000)}, mvt.Options{}, nil},
		{"comb", orb.Polygon{comb}, mvt.Options{Buffer: -1}, orb.Polygon{{{0, 100}, {0, 0}, {10, 0}, {10, 50}, {20, 50}, {20, 0}, {30, 0}, {30, 100}, {0, 100}}}},
		{"polygons", orb.MultiPolygon{{square(0, 10)}, {square(-900, -800)}, {square(20, 30), square(22, 24)}}, mvt.Options{}, orb.MultiPolygon{
			{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}},
			{{{20, 20}, {30, 20}, {30, 30}, {20, 30}, {20, 20}}, {{22, 22}, {22, 24}, {24, 24}, {24, 22}, {22, 22}}},
		}},
		{"bound", orb.Bound{Min: p(0, 10), Max: p(10, 0)}, mvt.Options{}, orb.Polygon{{{0, 10}, {0, 0}, {10, 0}, {10, 10}, {0, 10}}}},
		{"collection of polygons", orb.Collection{p(1, 1), orb.LineString{p(1, 1), p(2, 2)}, orb.Collection{orb.Polygon{square(0, 10)}}}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}}},
		{"collection of lines", orb.Collection{p(1, 1), orb.LineString{p(1, 1), p(2, 2)}}, mvt.Options{}, orb.LineString{{1, 1}, {2, 2}}},
		{"collection of points", orb.Collection{p(1, 1), orb.MultiPoint{p(2, 2)}, nil}, mvt.Options{}, orb.MultiPoint{{1, 1}, {2, 2}}},
		{"empty collection", orb.Collection{}, mvt.Options{}, nil},
		{"not a number", orb.Polygon{{p(0, 0), {math.NaN(), 0}, p(10, 0), {0, math.NaN()}, p(10, 10), p(0, 0)}}, mvt.Options{}, orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 0}}}},
		{"infinite", orb.LineString{p(0, 0), {math.Inf(1), 0}, {math.Inf(1), math.Inf(-1)}}, mvt.Options{}, orb.LineString{{0, 0}, {4160, 162}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprint(tt.in)
			got := encoded(t, tile, tt.in, tt.o)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("got %v\n%s", got, diff)
			}
			if fmt.Sprint(tt.in) != before {
				t.Error("the geometry was changed")
			}
		})
	}
}

// check says what is wrong with a decoded geometry, whatever it came from.
func check(t rapid.TB, g orb.Geometry, buffer float64) {
	t.Helper()
	inside := func(line []orb.Point) {
		for i, p := range line {
			if min(p[0], p[1]) < -buffer || max(p[0], p[1]) > mvt.Extent+buffer {
				t.Fatalf("%v is beyond the buffer", p)
			}
			if i > 0 && p == line[i-1] {
				t.Fatalf("%v repeats", p)
			}
		}
	}
	switch g := g.(type) {
	case orb.Point:
		inside([]orb.Point{g})
	case orb.MultiPoint:
		inside(g)
	case orb.LineString:
		inside(g)
		if len(g) < 2 {
			t.Fatalf("a line of %d", len(g))
		}
	case orb.MultiLineString:
		for _, line := range g {
			check(t, line, buffer)
		}
	case orb.Polygon:
		for i, ring := range g {
			inside(ring)
			if area := planar.Area(ring); len(ring) < 4 || (area > 0) != (i == 0) || area == 0 {
				t.Fatalf("ring %d of %d cells has area %v", i, len(ring), area)
			}
		}
	case orb.MultiPolygon:
		for _, polygon := range g {
			check(t, polygon, buffer)
		}
	}
}

// The area of a clipped star with a hole is the part of a grid's places within
// the tile that it holds.
func TestAreaOfClippedPolygon(t *testing.T) {
	tile := mvt.Tile{12, 3272, 1858}
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		draw := func(name string, from, to float64) float64 { return rapid.Float64Range(from, to).Draw(t, name) }
		centre, radius := orb.Point{draw("x", -1000, 5000), draw("y", -1000, 5000)}, draw("radius", 500, 6000)
		units := orb.Polygon{star(rnd, centre, radius, rapid.IntRange(5, 60).Draw(t, "corners"))}
		if rapid.Bool().Draw(t, "hole") {
			units = append(units, star(rnd, centre, radius*0.1, 12)) // within the star's shortest rays and, from 5 corners on, its chords
		}
		var degrees orb.Polygon
		for _, ring := range units {
			degrees = append(degrees, ringAt(tile, ring[:len(ring)-1]...))
		}
		buffer := rapid.IntRange(1, 300).Draw(t, "buffer")
		tolerance := rapid.SampledFrom([]float64{0, 1}).Draw(t, "tolerance")
		got := encoded(t, tile, degrees, mvt.Options{Buffer: buffer, Tolerance: tolerance})
		check(t, got, float64(buffer))

		const steps = 60
		edge := float64(mvt.Extent + 2*buffer)
		held, seen, wrong := 0, 0, 0
		for i := range steps {
			for j := range steps {
				p := orb.Point{(float64(i)+0.5)/steps*edge - float64(buffer), (float64(j)+0.5)/steps*edge - float64(buffer)}
				want := planar.PolygonContains(units, p)
				polygon, _ := got.(orb.Polygon)
				have := polygon != nil && planar.PolygonContains(polygon, p)
				if want {
					held++
				}
				if want != have {
					wrong++
				}
				seen++
			}
		}
		if wrong > 4+seen/200 {
			t.Errorf("%d of %d places are in one and not in the other", wrong, seen)
		}
		var area float64
		if got != nil {
			area = planar.Area(got)
		}
		if sampled := float64(held) / float64(seen); math.Abs(area/(edge*edge)-sampled) > 0.02 {
			t.Errorf("%v of the tile is covered, of the samples %v", area/(edge*edge), sampled)
		}
	})
}

// Neighbours draw what both hold alike, simplified or not.
func TestNeighboursAgree(t *testing.T) {
	west, east := mvt.Tile{9, 408, 232}, mvt.Tile{9, 409, 232}
	rnd := rand.New(rand.NewPCG(1, 3))
	for range 20 {
		ring := star(rnd, orb.Point{4096, 2000}, 2000, 2000)
		polygon := orb.Polygon{ringAt(west, ring[:len(ring)-1]...)}
		cells := func(tile mvt.Tile, shift float64) map[orb.Point]bool {
			set := map[orb.Point]bool{}
			for _, p := range encoded(t, tile, polygon, mvt.Options{Tolerance: 3}).(orb.Polygon)[0] {
				if p[0] += shift; p[0] > 4096-64 && p[0] < 4096+64 {
					set[p] = true
				}
			}
			return set
		}
		if diff := cmp.Diff(cells(west, 0), cells(east, 4096)); diff != "" {
			t.Fatal(diff)
		}
	}
}

// A simplified line strays from the true one by no more than the tolerance.
func TestTolerance(t *testing.T) {
	tile := mvt.Tile{10, 818, 464}
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		tolerance := rapid.Float64Range(0.1, 50).Draw(t, "tolerance")
		var line, units orb.LineString
		p := orb.Point{2000, 2000}
		for range rapid.IntRange(2, 2000).Draw(t, "length") {
			p = orb.Point{min(max(p[0]+20*rnd.Float64()-10, 0), 4096), min(max(p[1]+20*rnd.Float64()-10, 0), 4096)}
			units, line = append(units, p), append(line, at(tile, p[0], p[1]))
		}
		got, ok := encoded(t, tile, line, mvt.Options{Tolerance: tolerance}).(orb.LineString)
		if !ok {
			return
		}
		check(t, got, 0)
		for _, p := range units {
			if d := planar.DistanceFrom(got, p); d > tolerance+0.75 {
				t.Fatalf("%v is %v away", p, d)
			}
		}
	})
}

// FuzzGeometry takes coordinates as bytes give them.
func FuzzGeometry(f *testing.F) {
	f.Add([]byte("012345670123456701234567012345670123456701234567"), byte(2), int8(10), 1.0)
	f.Add(make([]byte, 200), byte(1), int8(0), 0.0)
	f.Fuzz(func(t *testing.T, raw []byte, shape byte, z int8, tolerance float64) {
		tile := mvt.CellAt(min(max(int(z), 0), mvt.MaxZoom), 107.6, 16.4)
		var line []orb.Point
		for ; len(raw) >= 4; raw = raw[4:] {
			x, y := float64(int8(raw[0])), float64(int8(raw[1]))
			switch raw[2] % 4 {
			case 0: // about the tile
				line = append(line, at(tile, 40*x, 40*y))
			case 1: // about the edge
				line = append(line, at(tile, -64+x/16, 4160+y/16))
			case 2: // about the world
				line = append(line, orb.Point{2 * x, y})
			case 3: // anywhere
				line = append(line, orb.Point{math.Ldexp(x, 8*int(int8(raw[3]))), math.Ldexp(y, 8*int(int8(raw[3])))})
			}
		}
		half := len(line) / 2
		g := []orb.Geometry{
			orb.MultiPoint(line),
			orb.LineString(line),
			orb.MultiLineString{line[:half], line[half:]},
			orb.Ring(line),
			orb.Polygon{line[:half], line[half:]},
			orb.MultiPolygon{{line[:half]}, {line[half:]}},
			orb.Collection{orb.LineString(line[:half]), orb.Polygon{line[half:]}},
		}[shape%7]
		check(t, encoded(t, tile, g, mvt.Options{Tolerance: tolerance}), 64)
	})
}
