package geo

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// ClusterCell is where a map of a zoom puts points together: of the web-mercator
// world 64 by 64 cells for each tile of that zoom, the one at column X counted
// from the antimeridian eastward and row Y from the north.
type ClusterCell struct{ Zoom, X, Y int }

// ClusterZooms is how much deeper the zoom is at which a cell of clusters would be
// a tile: 2^ClusterZooms cells lie along a tile's edge.
const ClusterZooms = 6

// MaxClusterZoom is the deepest zoom of clusters.
const MaxClusterZoom = 22

// ClusterAt is the cell in which a position lies. One beyond the world's
// latitudes, ±85.05°, is taken to be at its edge.
func ClusterAt(zoom int, p orb.Point) ClusterCell {
	sin := math.Sin(radians(p[1]))
	y := 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)
	cells := ClusterColumns(zoom)
	return ClusterCell{zoom, cellOf(p[0]/360+0.5, cells), cellOf(y, cells)}
}

func cellOf(share, cells float64) int {
	return int(max(0, min(cells-1, math.Floor(share*cells))))
}

// ClusterColumns is how many cells reach round the world, and from its top to its
// bottom.
func ClusterColumns(zoom int) float64 { return math.Ldexp(1, zoom+ClusterZooms) }

// North is the latitude at which the cell begins; its own points lie south of it.
func (c ClusterCell) North() float64 {
	lat := degrees(math.Atan(math.Sinh((1 - 2*float64(c.Y)/ClusterColumns(c.Zoom)) * math.Pi)))
	return max(-mercatorLat, min(mercatorLat, lat))
}

// mercatorLat is the latitude at which the square world of web mercator ends.
const mercatorLat = 85.0511287798066

// West is the longitude at which the cell begins.
func (c ClusterCell) West() float64 { return float64(c.X)/ClusterColumns(c.Zoom)*360 - 180 }

// ID names the cluster of a layer in the cell, by its list field; "" is the
// cluster of several layers.
func (c ClusterCell) ID(layer string) string {
	b := append(make([]byte, 0, 40), "cluster:"...)
	if layer != "" {
		b = append(append(b, layer...), ':')
	}
	b = append(strconv.AppendInt(b, int64(c.Zoom), 10), ':')
	b = append(strconv.AppendInt(b, int64(c.X), 10), '_')
	return string(strconv.AppendInt(b, int64(c.Y), 10))
}
