package geo

import (
	"slices"

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
	// A cell is the bits that its geohashes begin with; each step cuts those that
	// meet the box in two.
	cells := []uint64{0}
	depth := 0
	for depth < geohashBits {
		var next []uint64
		for _, c := range cells {
			for bit := range uint64(2) {
				if half := c<<1 | bit; slices.ContainsFunc(boxes, func(b orb.Bound) bool { return meets(half, depth+1, b) }) {
					next = append(next, half)
				}
			}
		}
		if merged(next) > n || len(next) > 32*n {
			break
		}
		cells, depth = next, depth+1
	}
	var out []Range
	for i := 0; i < len(cells); {
		j := i
		for j+1 < len(cells) && cells[j+1] == cells[j]+1 {
			j++
		}
		rest := geohashBits - depth
		out = append(out, Range{geohash(cells[i] << rest), geohash((cells[j]+1)<<rest - 1)})
		i = j + 1
	}
	return out
}

// merged counts the runs of cells that follow each other.
func merged(cells []uint64) int {
	runs := 0
	for i, c := range cells {
		if i == 0 || c != cells[i-1]+1 {
			runs++
		}
	}
	return runs
}

// meets says whether a cell of so many bits meets a box; longitude has the first
// bit, and each other one from there.
func meets(cell uint64, bits int, b orb.Bound) bool {
	west, east, south, north := -180.0, 180.0, -90.0, 90.0
	for i := range bits {
		upper := cell>>(bits-1-i)&1 == 1
		from, to := &west, &east
		if i%2 == 1 {
			from, to = &south, &north
		}
		if middle := (*from + *to) / 2; upper {
			*from = middle
		} else {
			*to = middle
		}
	}
	return west <= b.Max[0] && east >= b.Min[0] && south <= b.Max[1] && north >= b.Min[1]
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
	return geohash(bits)
}

func geohash(bits uint64) string {
	var b [GeohashLength]byte
	for i := range b {
		b[i] = geohashDigits[bits>>(geohashBits-5*(i+1))&31]
	}
	return string(b[:])
}
