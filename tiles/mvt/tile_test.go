package mvt_test

import (
	"math"
	"testing"

	"geohub/tiles/mvt"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

func TestValid(t *testing.T) {
	tests := []struct {
		name string
		tile mvt.Tile
		want bool
	}{
		{"world", mvt.Tile{0, 0, 0}, true},
		{"last of the deepest", mvt.Tile{22, 1<<22 - 1, 1<<22 - 1}, true},
		{"too deep", mvt.Tile{23, 0, 0}, false},
		{"above the world", mvt.Tile{-1, 0, 0}, false},
		{"column beyond", mvt.Tile{3, 8, 0}, false},
		{"row beyond", mvt.Tile{3, 0, 8}, false},
		{"column below 0", mvt.Tile{3, -1, 0}, false},
		{"row below 0", mvt.Tile{3, 0, -1}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.tile.Valid(); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCellAt(t *testing.T) {
	tests := []struct {
		name     string
		z        int
		lon, lat float64
		want     mvt.Tile
	}{
		{"Huế", 14, 107.59546, 16.46190, mvt.Tile{14, 13088, 7432}},
		{"null island", 1, 0, 0, mvt.Tile{1, 1, 1}},
		{"west end", 4, -180, 0, mvt.Tile{4, 0, 8}},
		{"east end", 4, 180, 0, mvt.Tile{4, 15, 8}},
		{"north pole", 4, 0, 90, mvt.Tile{4, 8, 0}},
		{"south pole", 22, 0, -90, mvt.Tile{22, 1 << 21, 1<<22 - 1}},
		{"far beyond", 22, 1e300, -1e300, mvt.Tile{22, 1<<22 - 1, 1<<22 - 1}},
		{"not a number", 3, math.NaN(), math.NaN(), mvt.Tile{3, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mvt.CellAt(tt.z, tt.lon, tt.lat); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	world := mvt.Tile{}.Bounds(64)
	if want := (orb.Bound{Min: orb.Point{-180, -mvt.MaxLat}, Max: orb.Point{180, mvt.MaxLat}}); world != want {
		t.Errorf("the world is %v, want %v", world, want)
	}
	east := mvt.Tile{1, 1, 0}.Bounds(mvt.Extent / 2)
	if near(east.Min[0], -90) && near(east.Min[1], -66.51326044311186) && near(east.Max[0], 180) {
		return
	}
	t.Errorf("half a tile more than the north-east is %v", east)
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// someTile draws a tile, as often at the ends of the world as within.
func someTile() *rapid.Generator[mvt.Tile] {
	return rapid.Custom(func(t *rapid.T) mvt.Tile {
		z := rapid.IntRange(0, mvt.MaxZoom).Draw(t, "z")
		last := 1<<z - 1
		return mvt.Tile{z, rapid.IntRange(0, last).Draw(t, "x"), rapid.IntRange(0, last).Draw(t, "y")}
	})
}

func TestTileHoldsItsCentre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tile := someTile().Draw(t, "tile")
		bound := tile.Bounds(0)
		lon, lat := (bound.Min[0]+bound.Max[0])/2, (bound.Min[1]+bound.Max[1])/2
		if got := mvt.CellAt(tile.Z, lon, lat); got != tile {
			t.Errorf("the centre of %v lies in %v", tile, got)
		}
		x, y := tile.Units(bound.Min[0], bound.Max[1])
		if math.Abs(x) > 1e-4 || math.Abs(y) > 1e-4 {
			t.Errorf("the north-west corner lies at %v, %v", x, y)
		}
	})
}
