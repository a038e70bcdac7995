package mvt

import "github.com/paulmach/orb"

// clip cuts e.ring, which is not closed and lies within box, at the buffered
// tile: I. E. Sutherland, G. W. Hodgman, "Reentrant Polygon Clipping" (1974),
// one edge of the tile after another. The area of the result, with its sign, is
// that of the ring within the tile for concave rings as well.
func (e *Encoder) clip(box orb.Bound) {
	if box.Min[0] < e.low {
		e.cut(0, 1, e.low)
	}
	if box.Max[0] > e.high {
		e.cut(0, -1, e.high)
	}
	if box.Min[1] < e.low {
		e.cut(1, 1, e.low)
	}
	if box.Max[1] > e.high {
		e.cut(1, -1, e.high)
	}
}

// cut keeps what of the ring is at least the limit along an axis, for the side
// 1, or at most, for -1.
func (e *Encoder) cut(axis int, side, limit float64) {
	if len(e.ring) == 0 {
		return
	}
	out := e.spare[:0]
	a := e.ring[len(e.ring)-1]
	within := side*(a[axis]-limit) >= 0
	for _, b := range e.ring {
		was := within
		within = side*(b[axis]-limit) >= 0
		if was != within {
			out = append(out, crossing(a, b, axis, limit))
		}
		if within {
			out = append(out, b)
		}
		a = b
	}
	e.ring, e.spare = out, e.ring
}

// crossing is where the segment reaches the limit along an axis, which lies
// between its ends.
func crossing(a, b orb.Point, axis int, limit float64) orb.Point {
	share := (limit - a[axis]) / (b[axis] - a[axis])
	var p orb.Point
	p[axis] = limit
	p[1-axis] = a[1-axis] + (b[1-axis]-a[1-axis])*share
	return p
}

// writeClipped writes what of the line in e.ring lies on the buffered tile,
// which may be several pieces.
func (e *Encoder) writeClipped() {
	piece := e.spare[:0]
	for i, b := range e.ring[1:] {
		from, to, ok := e.segment(e.ring[i], b)
		if !ok {
			continue
		}
		from, to = round(from), round(to)
		if n := len(piece); n > 0 && piece[n-1] != from {
			e.writePath(piece)
			piece = piece[:0]
		}
		if len(piece) == 0 {
			piece = append(piece, from)
		}
		if to != from {
			piece = append(piece, to)
		}
	}
	e.writePath(piece)
	e.spare = piece
}

// segment is the part of a segment that lies on the buffered tile, if any.
func (e *Encoder) segment(a, b orb.Point) (from, to orb.Point, ok bool) {
	for axis := range 2 {
		switch {
		case a[axis] < e.low && b[axis] < e.low, a[axis] > e.high && b[axis] > e.high:
			return a, b, false
		case a[axis] < e.low:
			a = crossing(a, b, axis, e.low)
		case a[axis] > e.high:
			a = crossing(a, b, axis, e.high)
		}
		switch {
		case b[axis] < e.low:
			b = crossing(a, b, axis, e.low)
		case b[axis] > e.high:
			b = crossing(a, b, axis, e.high)
		}
	}
	return a, b, true
}
