package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// orient tells on which side of the line from a to b the point p lies: +1 left,
// -1 right, 0 exactly on it. It is exact for coordinates within ±maxAbs that are 0
// or no smaller than minAbs, since nothing underflows then.
//
// First in floating point with the error bound of J. R. Shewchuk, "Adaptive
// Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates"
// (1997); where that can't tell, in exact arithmetic.
func orient(a, b, p orb.Point) int {
	if p == a || p == b {
		return 0
	}
	ax, ay := a[0]-p[0], a[1]-p[1]
	bx, by := b[0]-p[0], b[1]-p[1]
	// The conversions keep compilers from fusing a product into the difference.
	left, right := float64(ax*by), float64(ay*bx)
	det := left - right
	const epsilon = 0x1p-53
	bound := (3 + 16*epsilon) * epsilon * (math.Abs(left) + math.Abs(right))
	switch {
	case det > bound:
		return 1
	case -det > bound:
		return -1
	case bound == 0: // both products are exactly zero, as they often are on grids
		return 0
	}
	return orientExactly(a, b, p)
}

// orientExactly adds the determinant's six products without rounding.
func orientExactly(a, b, p orb.Point) int {
	terms := [6][2]float64{
		{a[0], b[1]}, {-a[0], p[1]}, {-p[0], b[1]},
		{-a[1], b[0]}, {a[1], p[0]}, {p[1], b[0]},
	}
	var sum expansion
	for _, t := range terms {
		if t[0] == 0 || t[1] == 0 {
			continue
		}
		product := float64(t[0] * t[1])
		sum.add(math.FMA(t[0], t[1], -product))
		sum.add(product)
	}
	return sum.sign()
}

// expansion is an exact sum of floats that don't overlap, smallest first.
type expansion struct {
	parts [12]float64
	n     int
}

func (e *expansion) add(x float64) {
	n := 0
	for _, part := range e.parts[:e.n] {
		sum := x + part
		virtual := sum - x
		if rest := (x - (sum - virtual)) + (part - virtual); rest != 0 {
			e.parts[n] = rest
			n++
		}
		x = sum
	}
	if x != 0 {
		e.parts[n] = x
		n++
	}
	e.n = n
}

func (e *expansion) sign() int {
	if e.n == 0 {
		return 0
	}
	return sign(e.parts[e.n-1])
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
