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
	c := cover{boxes: make([][2]grid, len(boxes))}
	for i, b := range boxes {
		c.boxes[i] = [2]grid{gridOf(b.Min), gridOf(b.Max)}
	}
	for c.bits = likely(boxes, n); ; c.bits-- {
		c.runs = make([][2]uint64, 0, n)
		c.add(grid{}, 0, 0)
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

// grid is the column and the row of a point's geohash.
type grid [2]uint32

// cover gathers the cells that meet some boxes: whole ones that lie within a
// box, and else cut in halves until they have so many bits.
type cover struct {
	boxes [][2]grid
	bits  int
	runs  [][2]uint64 // the first and the last geohash of cells that follow each other
}

// add takes a cell of so many bits, whose first geohash is first and stands at
// low. Longitude has the first bit, and each other one from there.
func (c *cover) add(low grid, first uint64, bits int) {
	size := grid{1 << (geohashBits/2 - (bits+1)/2), 1 << (geohashBits/2 - bits/2)}
	meets, within := false, false
	for _, b := range c.boxes {
		if low[0] <= b[1][0] && low[1] <= b[1][1] && low[0]+size[0] > b[0][0] && low[1]+size[1] > b[0][1] {
			meets = true
			within = within || low[0] >= b[0][0] && low[1] >= b[0][1] && low[0]+size[0]-1 <= b[1][0] && low[1]+size[1]-1 <= b[1][1]
		}
	}
	all := uint64(1) << (geohashBits - bits)
	switch n := len(c.runs); {
	case !meets:
	case bits < c.bits && !within:
		high := low
		high[bits%2] += size[bits%2] / 2
		c.add(low, first, bits+1)
		c.add(high, first+all/2, bits+1)
	case n > 0 && c.runs[n-1][1]+1 == first:
		c.runs[n-1][1] += all
	default:
		c.runs = append(c.runs, [2]uint64{first, first + all - 1})
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
	at := gridOf(p)
	var bits uint64
	for i := range geohashBits {
		axis := at[i%2]
		bits = bits<<1 | uint64(axis>>(geohashBits/2-1-i/2)&1)
	}
	return string(appendGeohash(nil, bits))
}

// gridOf halves the world until a point's cell is left.
func gridOf(p orb.Point) (at grid) {
	for axis, whole := range [2]float64{180, 90} {
		from, to := -whole, whole
		for range geohashBits / 2 {
			middle := (from + to) / 2
			at[axis] <<= 1
			if p[axis] >= middle {
				at[axis] |= 1
				from = middle
			} else {
				to = middle
			}
		}
	}
	return at
}

func appendGeohash(b []byte, bits uint64) []byte {
	for i := range GeohashLength {
		b = append(b, geohashDigits[bits>>(geohashBits-5*(i+1))&31])
	}
	return b
}
