package mvt

import (
	"math"

	"github.com/paulmach/orb"
)

const (
	// Extent is the length of a tile's edge in tile units.
	Extent = 4096

	// MaxZoom is the deepest zoom at which a tile is valid.
	MaxZoom = 22

	// MaxLat is the latitude in degrees at which the square world of web
	// mercator ends. What lies beyond is taken to be at it.
	MaxLat = 85.0511287798066
)

// Tile is a square of the web-mercator world: of 2^Z by 2^Z, the one at column
// X counted from the antimeridian eastward and row Y from the north.
type Tile struct{ Z, X, Y int }

// CellAt is the tile of zoom z, 0..MaxZoom, that holds a position in degrees. A
// position beyond the world gives the nearest tile at its edge.
func CellAt(z int, lon, lat float64) Tile {
	x, y := Project(lon, lat)
	cells := math.Ldexp(1, z)
	return Tile{z, cellOf(x, cells), cellOf(y, cells)}
}

func cellOf(share, cells float64) int {
	switch at := math.Floor(share * cells); {
	case at >= cells:
		return int(cells) - 1
	case at > 0:
		return int(at)
	}
	return 0
}

// Valid reports whether there is such a tile.
func (t Tile) Valid() bool {
	return t.Z >= 0 && t.Z <= MaxZoom && t.X >= 0 && t.X < 1<<t.Z && t.Y >= 0 && t.Y < 1<<t.Z
}

// Bounds is what a valid tile covers, in degrees, made larger by a margin in
// tile units on each side, but never larger than the world: ±180, ±MaxLat.
func (t Tile) Bounds(margin float64) orb.Bound {
	margin /= Extent
	tiles := math.Ldexp(1, t.Z)
	west, north := unproject((float64(t.X)-margin)/tiles, (float64(t.Y)-margin)/tiles)
	east, south := unproject((float64(t.X+1)+margin)/tiles, (float64(t.Y+1)+margin)/tiles)
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

// Units is where a position in degrees lies on a valid tile, in tile units from
// its north-west corner, not rounded.
func (t Tile) Units(lon, lat float64) (x, y float64) {
	x, y = Project(lon, lat)
	scale := math.Ldexp(Extent, t.Z)
	return x*scale - float64(t.X)*Extent, y*scale - float64(t.Y)*Extent
}

// Project is where a position in degrees lies on the web-mercator world: 0, 0 is
// its north-west corner and 1, 1 its south-east one. Longitudes beyond ±180 run
// on beyond 0..1.
func Project(lon, lat float64) (x, y float64) {
	sin := math.Sin(max(-MaxLat, min(lat, MaxLat)) * (math.Pi / 180))
	return lon/360 + 0.5, 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)
}

// unproject turns Project round, within the world.
func unproject(x, y float64) (lon, lat float64) {
	lon = (x - 0.5) * 360
	lat = math.Atan(math.Sinh((1-2*y)*math.Pi)) * (180 / math.Pi)
	return max(-180, min(lon, 180)), max(-MaxLat, min(lat, MaxLat))
}
