package cql2

import (
	"strconv"

	"geohub/geo"
	"github.com/paulmach/orb"
)

// SpatialOp is the function of a [Spatial], as cql2-json writes it.
type SpatialOp string

// The spatial functions, in the sense of OGC's Simple Features.
const (
	SIntersects SpatialOp = "s_intersects"
	SEquals     SpatialOp = "s_equals"
	SDisjoint   SpatialOp = "s_disjoint"
	STouches    SpatialOp = "s_touches"
	SWithin     SpatialOp = "s_within"
	SOverlaps   SpatialOp = "s_overlaps"
	SCrosses    SpatialOp = "s_crosses"
	SContains   SpatialOp = "s_contains"
)

// Spatial compares two geometries.
type Spatial struct {
	Op          SpatialOp
	Left, Right Expr
}

// Geometry is a geometry literal: one of orb's Point, LineString, Polygon, their
// Multi… kinds or a flat Collection, in two dimensions. Its coordinates are
// finite, its lines have two positions and more, its rings four, closed. No more
// was looked at: give it to [geo.Check] before a database sees it.
type Geometry struct{ Shape orb.Geometry }

// BBox is a box: west, south, east, north. South is not past north; west may be
// past east, where it crosses the antimeridian.
type BBox geo.BBox

// lineFault says why points are no line, or nothing.
func lineFault(points []orb.Point) string {
	if len(points) < 2 {
		return "found a line of one position, wanted two or more"
	}
	return ""
}

// ringFault says why points are no ring, or nothing.
func ringFault(points []orb.Point) string {
	switch {
	case points[0] != points[len(points)-1]:
		return "found a ring that is not closed, wanted its first position again at its end"
	case len(points) < 4:
		return "found a ring of too few positions, wanted four or more"
	}
	return ""
}

// boxOf makes a box of 4 numbers, or of 6 with elevations, which it drops. The
// index is that of the number at fault.
func boxOf(x []float64) (b BBox, index int, problem string) {
	switch len(x) {
	case 4:
		b = BBox(x)
	case 6:
		b = BBox{x[0], x[1], x[3], x[4]}
	default:
		return b, 0, "found " + strconv.Itoa(len(x)) + " bounds, wanted 4 or 6: west, south, east, north"
	}
	if b[1] > b[3] {
		return b, len(x)/2 + 1, "found a north that is south of the south"
	}
	return b, 0, ""
}
