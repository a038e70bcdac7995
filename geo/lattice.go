package geo

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// Lattice is a division of the ground into squares or hexagons of one size. Where
// its cells lie depends on nothing but their form and size, so that a cell is the
// same in every answer.
//
// It is laid out on a cylindrical equal-area plane: x = X·(lon - 107°),
// y = Y·(sin lat - sin 16.4°), the middle of the province, where its metres are
// true in both directions. All cells are of one area to 0.3 %, wherever they lie;
// within the province their sides are true to 0.4 %. A plane of this kind needs
// no more than a sine, where VN-2000 has to be transformed point by point.
type Lattice struct {
	Hexagons bool
	// SizeM is how far the middles of neighbours are apart: the side of a square,
	// the width of a hexagon between two opposite sides. Hexagons stand on a corner.
	SizeM float64
}

// The middle of the plane, degrees.
const (
	planeLon = 107.0
	planeLat = 16.4
)

// Plane gives the numbers of x = X·(lon - lon0), y = Y·(sin lat - sin0), metres.
func (Lattice) Plane() (lon0, sin0, perDegree, perSine float64) {
	sin, cos := math.Sincos(radians(planeLat))
	e2 := flattening * (2 - flattening)
	w := 1 - e2*sin*sin
	across := semiMajorM / math.Sqrt(w)               // radius of curvature from east to west
	along := semiMajorM * (1 - e2) / math.Pow(w, 1.5) // from south to north
	return planeLon, sin, across * cos * math.Pi / 180, along / cos
}

// Cell is the cell x, y: a square counted eastward and northward from the middle
// of the plane; a hexagon by half widths and by rows, both even or both odd.
func (l Lattice) Cell(x, y int) orb.Polygon {
	var ring orb.Ring
	for _, c := range l.corners() {
		ring = append(ring, l.at(l.middle(x, y, c)))
	}
	return orb.Polygon{ring}
}

// Middle is the middle of a cell.
func (l Lattice) Middle(x, y int) orb.Point { return l.at(l.middle(x, y, [2]int{})) }

// ID names a cell.
func (l Lattice) ID(x, y int) string {
	form := "square"
	if l.Hexagons {
		form = "hex"
	}
	return "cell:" + form + ":" + strconv.FormatFloat(l.SizeM, 'f', -1, 64) + ":" + strconv.Itoa(x) + "_" + strconv.Itoa(y)
}

// corners are those of a cell against the sun, the first once more, in the units
// of middle.
func (l Lattice) corners() [][2]int {
	if l.Hexagons {
		return [][2]int{{0, -2}, {1, -1}, {1, 1}, {0, 2}, {-1, 1}, {-1, -1}, {0, -2}}
	}
	return [][2]int{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}
}

// middle is the middle of a cell, or a place so many units off: half sides of a
// square; half widths and quarter heights of a hexagon. Neighbours count to their
// common corners in whole numbers, so that these are the same to the last digit.
func (l Lattice) middle(x, y int, off [2]int) (eastM, northM float64) {
	if l.Hexagons {
		return float64(x+off[0]) * (l.SizeM / 2), float64(3*y+off[1]) * (l.SizeM / (2 * math.Sqrt(3)))
	}
	return float64(2*x+1+off[0]) * (l.SizeM / 2), float64(2*y+1+off[1]) * (l.SizeM / 2)
}

func (l Lattice) at(eastM, northM float64) orb.Point {
	lon0, sin0, perDegree, perSine := l.Plane()
	return orb.Point{lon0 + eastM/perDegree, degrees(math.Asin(max(-1, min(1, sin0+northM/perSine))))}
}
