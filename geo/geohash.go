package geo

import (
	"github.com/paulmach/orb"
)

// GeohashLength is how long the geohashes are that rows are ordered by: their
// cells are about a metre wide.
const GeohashLength = 10

const (
	geohashBits   = 5 * GeohashLength
	geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"
)

// Range is geohashes from the first to the last, both of them too.
type Range struct{ First, Last string }

// Geohashes are ranges, in order, of the geohashes of all points in some boxes,
// and of not many others: at most n ranges.
func Geohashes(boxes []orb.Bound, n int) []Range {
	for bits := likely(boxes, n); ; bits-- {
		c := cover{boxes: boxes, bits: bits}
		c.add(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, 0, 0)
		if len(c.runs) <= n {
			return c.ranges()
		}
	}
}

// likely is how many bits the cells along the borders of boxes may have so that
// about n ranges come of them: a run of cells meets the border twice.
func likely(boxes []orb.Bound, n int) int {
	for bits := range geohashBits {
		cells := 0.0
		for _, b := range boxes {
			cells += (b.Max[0]-b.Min[0])/360*float64(uint64(1)<<((bits+1)/2)) + (b.Max[1]-b.Min[1])/180*float64(uint64(1)<<(bits/2))
		}
		if cells > float64(n) {
			return max(0, bits-1)
		}
	}
	return geohashBits
}

// cover gathers the cells that meet some boxes: whole ones that lie within a
// box, and else cut in halves until they have so many bits.
type cover struct {
	boxes []orb.Bound
	bits  int
	runs  [][2]uint64 // the first and the last geohash of cells that follow each other
}

// add takes a cell of so many bits whose first geohash is first. Longitude has
// the first bit, and each other one from there.
func (c *cover) add(cell orb.Bound, first uint64, bits int) {
	meets, within := false, false
	for _, b := range c.boxes {
		meets = meets || cell.Intersects(b)
		within = within || b.Contains(cell.Min) && b.Contains(cell.Max)
	}
	size := uint64(1) << (geohashBits - bits)
	switch n := len(c.runs); {
	case !meets:
	case bits < c.bits && !within:
		low, high := cell, cell
		axis := bits % 2
		middle := (cell.Min[axis] + cell.Max[axis]) / 2
		low.Max[axis], high.Min[axis] = middle, middle
		c.add(low, first, bits+1)
		c.add(high, first+size/2, bits+1)
	case n > 0 && c.runs[n-1][1]+1 == first:
		c.runs[n-1][1] += size
	default:
		c.runs = append(c.runs, [2]uint64{first, first + size - 1})
	}
}

func (c *cover) ranges() []Range {
	text := make([]byte, 0, 2*GeohashLength*len(c.runs))
	for _, r := range c.runs {
		text = appendGeohash(appendGeohash(text, r[0]), r[1])
	}
	all := string(text)
	out := make([]Range, len(c.runs))
	for i := range out {
		out[i] = Range{all[:GeohashLength], all[GeohashLength : 2*GeohashLength]}
		all = all[2*GeohashLength:]
	}
	return out
}

// Geohash is that of a point, as long as GeohashLength: PostGIS gives the same.
func Geohash(p orb.Point) string {
	var bits uint64
	west, east, south, north := -180.0, 180.0, -90.0, 90.0
	for i := range geohashBits {
		x, from, to := p[0], &west, &east
		if i%2 == 1 {
			x, from, to = p[1], &south, &north
		}
		bits <<= 1
		if middle := (*from + *to) / 2; x >= middle {
			bits |= 1
			*from = middle
		} else {
			*to = middle
		}
	}
	return string(appendGeohash(nil, bits))
}

func appendGeohash(b []byte, bits uint64) []byte {
	for i := range GeohashLength {
		b = append(b, geohashDigits[bits>>(geohashBits-5*(i+1))&31])
	}
	return b
}
