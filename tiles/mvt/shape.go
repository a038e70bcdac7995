package mvt

import (
	"math"

	"github.com/paulmach/orb"
)

// Geometry opens a feature of a geometry in degrees and reports whether it did.
// The geometry is rounded to whole units, simplified if the layer has a
// tolerance, and cut at the buffered tile; rings are wound as the format wants
// them, whichever way they came. The geometry is left as it is.
//
// A collection becomes a feature of its main dimension: its polygons if it has
// any, else its lines, else its points. What is too small for the grid, a
// polygon without area or a line within one unit, is dropped and not made a
// point.
//
// Polygons are cut ring by ring after Sutherland and Hodgman: one that leaves
// the tile and returns stays one ring, whose parts are joined along the edge of
// the buffer, out of sight. Simplifying and rounding may let narrow parts of a
// polygon touch or cross. Nothing is carried over the antimeridian; longitudes
// beyond ±540 are taken to be there. Positions with a NaN are left out.
func (e *Encoder) Geometry(g orb.Geometry) bool {
	if p, ok := g.(orb.Point); ok {
		return e.PointAt(p[0], p[1])
	}
	e.start()
	var k kind
	switch dimension(g) {
	case 0:
		k, e.ring = points, e.ring[:0]
		e.gatherPoints(g)
		e.writePoints()
	case 1:
		k = lines
		e.writeLines(g)
	case 2:
		k = polygons
		e.writePolygons(g)
	}
	if len(e.geom) == 0 {
		return false
	}
	e.begin(k)
	return true
}

// dimension is -1 for nothing.
func dimension(g orb.Geometry) int {
	switch g := g.(type) {
	case nil:
		return -1
	case orb.Collection:
		d := -1
		for _, member := range g {
			d = max(d, dimension(member))
		}
		return d
	default:
		return g.Dimensions()
	}
}

func (e *Encoder) gatherPoints(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		e.gatherPoint(g)
	case orb.MultiPoint:
		for _, p := range g {
			e.gatherPoint(p)
		}
	case orb.Collection:
		for _, member := range g {
			e.gatherPoints(member)
		}
	}
}

func (e *Encoder) gatherPoint(p orb.Point) {
	x, y := e.frame.cell(p[0], p[1])
	cell := orb.Point{x, y}
	if e.holds(x, y) && (len(e.ring) == 0 || e.ring[len(e.ring)-1] != cell) {
		e.ring = append(e.ring, cell)
	}
}

func (e *Encoder) writeLines(g orb.Geometry) {
	switch g := g.(type) {
	case orb.LineString:
		e.writeLine(g)
	case orb.MultiLineString:
		for _, line := range g {
			e.writeLine(line)
		}
	case orb.Collection:
		for _, member := range g {
			e.writeLines(member)
		}
	}
}

func (e *Encoder) writeLine(line orb.LineString) {
	box := e.snap(line)
	if len(e.ring) < 2 || e.misses(box) {
		return
	}
	if e.tolerance > 0 {
		e.simplify()
	}
	if !e.covers(box) {
		e.writeClipped()
		return
	}
	e.writePath(e.ring)
}

func (e *Encoder) writePolygons(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Ring:
		e.writePolygon(orb.Polygon{g})
	case orb.Bound:
		e.writePolygon(g.ToPolygon())
	case orb.Polygon:
		e.writePolygon(g)
	case orb.MultiPolygon:
		for _, polygon := range g {
			e.writePolygon(polygon)
		}
	case orb.Collection:
		for _, member := range g {
			e.writePolygons(member)
		}
	}
}

func (e *Encoder) writePolygon(p orb.Polygon) {
	before, pen := len(e.geom), e.pen
	var exterior float64
	for i, ring := range p {
		e.fit(ring)
		area := doubleArea(e.ring)
		switch {
		case i == 0 && area == 0:
			return
		case area == 0:
			continue
		case i == 0:
			exterior = math.Abs(area)
		case math.Abs(area) >= exterior: // the tile lies within a hole
			e.geom, e.pen = e.geom[:before], pen
			return
		}
		e.writeRing(e.ring, (area > 0) != (i == 0))
	}
}

// fit leaves in e.ring what of a ring belongs on the tile, not closed, or
// nothing.
func (e *Encoder) fit(ring orb.Ring) {
	box := e.snap(ring)
	if len(e.ring) < 3 || e.misses(box) {
		e.ring = e.ring[:0]
		return
	}
	if last := len(e.ring) - 1; e.ring[0] != e.ring[last] {
		e.ring = append(e.ring, e.ring[0])
	}
	if e.tolerance > 0 {
		e.simplify()
	}
	e.ring = e.ring[:len(e.ring)-1]
	e.clip(box)
	e.tidy()
}

// snap puts into e.ring the cells that the positions lie in, each once in a row,
// and gives their bounds.
func (e *Encoder) snap(line []orb.Point) orb.Bound {
	box := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	e.ring = e.ring[:0]
	var last orb.Point
	for _, p := range line {
		// Within ±540 the sums that follow neither overflow nor lose a unit.
		x, y := e.frame.cell(max(-540, min(p[0], 540)), p[1])
		if x != x || y != y || len(e.ring) > 0 && x == last[0] && y == last[1] {
			continue
		}
		last = orb.Point{x, y}
		e.ring = append(e.ring, last)
		box.Min = orb.Point{min(box.Min[0], x), min(box.Min[1], y)}
		box.Max = orb.Point{max(box.Max[0], x), max(box.Max[1], y)}
	}
	return box
}

// misses reports that nothing within the bounds lies on the buffered tile.
func (e *Encoder) misses(box orb.Bound) bool {
	return box.Max[0] < e.low || box.Min[0] > e.high || box.Max[1] < e.low || box.Min[1] > e.high
}

// covers reports that all of the bounds lies on the buffered tile.
func (e *Encoder) covers(box orb.Bound) bool {
	return box.Min[0] >= e.low && box.Max[0] <= e.high && box.Min[1] >= e.low && box.Max[1] <= e.high
}

// tidy rounds the ring and takes out what adds nothing to its area: cells that
// repeat or lie on the line between their neighbours, and spikes. The result has
// three cells at least, or none.
func (e *Encoder) tidy() {
	ring, n := e.ring, 0
next:
	for _, p := range ring {
		p = round(p)
		for n > 0 {
			if ring[n-1] == p {
				continue next
			}
			if n == 1 || turn(ring[n-2], ring[n-1], p) != 0 {
				break
			}
			n--
		}
		ring[n] = p
		n++
	}
	first, last := 0, n-1
	for last-first >= 2 {
		switch {
		case turn(ring[last-1], ring[last], ring[first]) == 0:
			last--
		case turn(ring[last], ring[first], ring[first+1]) == 0:
			first++
		default:
			e.ring = append(ring[:0], ring[first:last+1]...)
			return
		}
	}
	e.ring = ring[:0]
}

// turn is exact: cells within three tiles give products far below 2^53.
func turn(a, b, c orb.Point) float64 {
	return (b[0]-a[0])*(c[1]-b[1]) - (b[1]-a[1])*(c[0]-b[0])
}

// doubleArea is positive for a ring that goes clockwise as one sees it, since y
// points down; the ring is not closed.
func doubleArea(ring []orb.Point) float64 {
	var sum float64
	for i, a := range ring {
		b := ring[0]
		if i+1 < len(ring) {
			b = ring[i+1]
		}
		sum += a[0]*b[1] - b[0]*a[1]
	}
	return sum
}

func round(p orb.Point) orb.Point {
	return orb.Point{math.Floor(p[0] + 0.5), math.Floor(p[1] + 0.5)}
}
