package mvt_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"geohub/tiles/mvt"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	judge "github.com/paulmach/orb/encoding/mvt"
	"pgregory.net/rapid"
)

// decode reads a tile with another's decoder.
func decode(t rapid.TB, body []byte) judge.Layers {
	t.Helper()
	layers, err := judge.Unmarshal(body)
	if err != nil {
		t.Fatalf("decode tile: %v", err)
	}
	return layers
}

func TestLayers(t *testing.T) {
	var e mvt.Encoder
	e.Begin(mvt.Tile{}, "dams", mvt.Options{})
	id, name, height, gates, open := e.Key("id"), e.Key("name"), e.Key("heightM"), e.Key("gates"), e.Key("open")
	if again := e.Key("name"); again != name {
		t.Errorf("a key asked for again is %v, not %v", again, name)
	}
	if !e.Point(10, 20) {
		t.Error("a point on the tile is dropped")
	}
	e.Unique(id, []byte("dam:1"))
	e.String(name, []byte("Tả Trạch"))
	e.Float(height, 60.5)
	e.Int(gates, -5)
	e.Bool(open, true)
	if e.Point(5000, 0) {
		t.Error("a point beyond the buffer is kept")
	}
	e.String(name, []byte("goes nowhere"))
	e.Point(-64, 4160)
	e.ID(1 << 40)
	e.Unique(id, []byte("dam:2"))
	e.String(name, []byte("Tả Trạch"))
	e.Float(height, 60.5)
	e.Int(gates, -5)
	e.Bool(open, false)
	e.Point(0, 0)
	if e.Len() != 3 {
		t.Errorf("%d features", e.Len())
	}
	body := e.Append([]byte{})
	one := len(body)
	e.Begin(mvt.Tile{}, "empty", mvt.Options{})
	e.Key("id")
	e.Point(-65, 0)
	if body = e.Append(body); len(body) != one {
		t.Error("a layer without features is written")
	}
	e.Begin(mvt.Tile{}, "lights", mvt.Options{Buffer: -1})
	e.Point(1, 2)
	e.Bool(e.Key("lit"), true)
	e.Point(-1, 2)
	body = e.Append(body)

	type feature struct {
		ID         any
		At         orb.Geometry
		Properties map[string]any
	}
	got := map[string][]feature{}
	for _, layer := range decode(t, body) {
		if layer.Version != 2 || layer.Extent != mvt.Extent {
			t.Errorf("layer %s: version %d, extent %d", layer.Name, layer.Version, layer.Extent)
		}
		for _, f := range layer.Features {
			got[layer.Name] = append(got[layer.Name], feature{f.ID, f.Geometry, f.Properties})
		}
	}
	want := map[string][]feature{
		"dams": {
			{nil, orb.Point{10, 20}, map[string]any{"id": "dam:1", "name": "Tả Trạch", "heightM": 60.5, "gates": -5.0, "open": true}},
			{float64(1 << 40), orb.Point{-64, 4160}, map[string]any{"id": "dam:2", "name": "Tả Trạch", "heightM": 60.5, "gates": -5.0, "open": false}},
			{nil, orb.Point{0, 0}, nil},
		},
		"lights": {{nil, orb.Point{1, 2}, map[string]any{"lit": true}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, once := range []string{"Tả Trạch", "heightM"} {
		if n := bytes.Count(body, []byte(once)); n != 1 {
			t.Errorf("%q is written %d times", once, n)
		}
	}
}

// Lengths of one byte and of more take different ways.
func TestLengths(t *testing.T) {
	var e mvt.Encoder
	for _, n := range []int{0, 1, 10, 39, 40, 41, 62, 63, 64, 65, 127, 128, 129, 300, 20_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			e.Begin(mvt.Tile{}, strings.Repeat("n", n), mvt.Options{})
			want := map[string]any{}
			line := make(orb.LineString, n+2)
			for i := range line {
				line[i] = orb.Point{float64(i%2)*10 - 5, float64(i%3)*10 - 5}
			}
			for range 2 {
				if !e.Geometry(line) {
					t.Fatal("a line is dropped")
				}
				for i := range min(n, 300) {
					key, value := fmt.Sprint("k", i), strings.Repeat("é", i)
					e.String(e.Key(key), []byte(value))
					want[key] = value
				}
			}
			text := strings.Repeat("x", n)
			e.Point(1, 1)
			e.Unique(e.Key("long"), []byte(text))
			e.Unique(e.Key("again"), []byte(text))
			layer := decode(t, e.Append(nil))[0]
			if len(layer.Name) != n || len(layer.Features) != 3 {
				t.Fatalf("a name of %d bytes, %d features", len(layer.Name), len(layer.Features))
			}
			for _, f := range layer.Features[:2] {
				if got := f.Geometry.(orb.LineString); len(got) != n+2 {
					t.Errorf("a line of %d", len(got))
				}
				if len(f.Properties)+len(want) > 0 && !cmp.Equal(map[string]any(f.Properties), want) {
					t.Errorf("properties differ: %d, want %d", len(f.Properties), len(want))
				}
			}
			if p := layer.Features[2].Properties; p["long"] != text || p["again"] != text {
				t.Error("the long text differs")
			}
		})
	}
}

// Whatever is set comes back, in layers large and small one after another.
func TestValuesComeBack(t *testing.T) {
	var e mvt.Encoder
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.String().AsAny(),
			rapid.SampledFrom([]string{"", "a", "b", "abcdefgh", "abcdefghi", "0123456789abcdef", "0123456789abcdeg", "0123456789abcdefg"}).AsAny(),
			rapid.Float64().Filter(func(f float64) bool { return f == f }).AsAny(),
			rapid.Int64Range(-1<<53, 1<<53).AsAny(), rapid.Bool().AsAny())
		all := rapid.SliceOfN(value, 0, 1000).Draw(t, "values")
		e.Begin(mvt.Tile{}, "values", mvt.Options{})
		key := e.Key("value")
		for _, v := range all {
			e.Point(0, 0)
			switch v := v.(type) {
			case string:
				e.String(key, []byte(v))
			case float64:
				e.Float(key, v)
			case int64:
				e.Int(key, v)
			case bool:
				e.Bool(key, v)
			}
		}
		body := e.Append(nil)
		if len(all) == 0 {
			return
		}
		for i, f := range decode(t, body)[0].Features {
			want := all[i]
			if n, ok := want.(int64); ok {
				want = float64(n)
			}
			if got := f.Properties["value"]; got != want {
				t.Fatalf("value %d is %v, want %v", i, got, want)
			}
		}
	})
}

func TestManyValuesAreWrittenOnce(t *testing.T) {
	var e mvt.Encoder
	for _, n := range []int{10, 5000, 10, 10, 70_000, 3} {
		e.Begin(mvt.Tile{}, "values", mvt.Options{})
		text, number, whole := e.Key("text"), e.Key("number"), e.Key("whole")
		for round := range 2 {
			for i := range n {
				e.Point(int32(i%4096), int32(round))
				e.String(text, fmt.Appendf(nil, "value number %d", i))
				e.Float(number, float64(i)/7)
				e.Int(whole, int64(-i))
			}
		}
		body := e.Append(nil)
		if got := bytes.Count(body, []byte("value number")); got != n {
			t.Errorf("%d texts are written %d times", n, got)
		}
		features := decode(t, body)[0].Features
		for i, f := range features {
			i %= n
			want := map[string]any{"text": fmt.Sprintf("value number %d", i), "number": float64(i) / 7, "whole": float64(-i)}
			if f.Properties["text"] != want["text"] || f.Properties["number"] != want["number"] || f.Properties["whole"] != want["whole"] {
				t.Fatalf("of %d: got %v, want %v", n, f.Properties, want)
			}
		}
		if e.Cap() < len(body) {
			t.Errorf("holds %d bytes for a layer of %d", e.Cap(), len(body))
		}
	}
}

// A point is within half a unit of its place, unless it is beyond the buffer.
func TestPointAt(t *testing.T) {
	var e mvt.Encoder
	rapid.Check(t, func(t *rapid.T) {
		tile := someTile().Draw(t, "tile")
		bound := tile.Bounds(rapid.SampledFrom([]float64{0, 64, 100, 1e6}).Draw(t, "margin"))
		along := func(axis int) float64 {
			return bound.Min[axis] + rapid.Float64Range(0, 1).Draw(t, "share")*(bound.Max[axis]-bound.Min[axis])
		}
		lon, lat := along(0), along(1)
		x, y := tile.Units(lon, lat)
		within := func(x float64) bool { return x >= -64.5 && x <= mvt.Extent+64.5 }
		edge := func(x float64) bool { return min(math.Abs(x+64.5), math.Abs(x-mvt.Extent-64.5)) < 1e-4 }
		e.Begin(tile, "points", mvt.Options{})
		kept := e.PointAt(lon, lat)
		if want := within(x) && within(y); kept != want && !edge(x) && !edge(y) {
			t.Fatalf("%v, %v lies at %v, %v: kept is %v", lon, lat, x, y, kept)
		}
		if !kept {
			return
		}
		got := decode(t, e.Append(nil))[0].Features[0].Geometry.(orb.Point)
		if math.Abs(got[0]-x) > 0.5+1e-4 || math.Abs(got[1]-y) > 0.5+1e-4 {
			t.Fatalf("%v, %v lies at %v, %v, not %v", lon, lat, x, y, got)
		}
	})
}

func TestPointAtNowhere(t *testing.T) {
	var e mvt.Encoder
	e.Begin(mvt.Tile{}, "points", mvt.Options{})
	for _, p := range [][2]float64{{math.NaN(), 0}, {0, math.NaN()}, {math.Inf(1), 0}, {1e308, 0}, {190, 0}} {
		if e.PointAt(p[0], p[1]) {
			t.Errorf("%v is on the tile", p)
		}
	}
	if !e.PointAt(0, 90) {
		t.Error("the pole is not at the edge")
	}
}

func TestFeaturesCostNoAllocation(t *testing.T) {
	var e mvt.Encoder
	var body []byte
	polygon := orb.Geometry(orb.Polygon{{{0, 0}, {90, 10}, {200, 80}, {0, 60}, {0, 0}}})
	line := orb.Geometry(orb.LineString{{0, 0}, {90, 10}, {200, 80}})
	text := []byte("some text")
	layer := func() {
		e.Begin(mvt.Tile{}, "things", mvt.Options{Tolerance: 1})
		id, number := e.Key("id"), e.Key("number")
		for i := range 1000 {
			e.PointAt(1, 2)
			e.Unique(id, text)
			e.Geometry(polygon)
			e.String(id, text)
			e.Geometry(line)
			e.Float(number, float64(i))
		}
		body = e.Append(body[:0])
	}
	for range 5 {
		layer()
	}
	if n := testing.AllocsPerRun(10, layer); n > 0 {
		t.Errorf("%v allocations a layer of 3,000 features", n)
	}
}
