package mvt

import "math"

// frame turns degrees into units of one tile.
//
// The sine and logarithm that a latitude takes would cost about as much as the
// rest of a point. Within a tile of zoom 6 and deeper, a polynomial of degree 6
// around its middle is as good: it is off by less than 1e-5 units at zoom 6, and
// from zoom 8 on by less than the formula's own rounding.
type frame struct {
	tile          Tile
	xScale, x     float64 // units a degree, and at 0°
	middle, reach float64 // latitudes for which the polynomial is made, degrees
	y             [7]float64
}

func (f *frame) place(t Tile) {
	if f.tile == t && f.xScale != 0 {
		return
	}
	scale := math.Ldexp(Extent, t.Z)
	*f = frame{tile: t, xScale: scale / 360, x: scale/2 - float64(t.X)*Extent, reach: -1}
	if t.Z < 6 {
		return
	}
	bound := t.Bounds(64)
	f.middle = (bound.Min[1] + bound.Max[1]) / 2
	f.reach = (bound.Max[1] - bound.Min[1]) / 2

	// The integral of the secant, by its Taylor series, from those of
	// secant and tangent: sec' = sec·tan and tan' = sec².
	const radian = math.Pi / 180
	var sec, tan [len(f.y)]float64
	sin, cos := math.Sincos(f.middle * radian)
	sec[0], tan[0] = 1/cos, sin/cos
	_, f.y[0] = t.Units(0, f.middle)
	power := 1.0
	for n := 1; n < len(f.y); n++ {
		power *= radian
		f.y[n] = -scale / (2 * math.Pi) * power * sec[n-1] / float64(n)
		for i := range n {
			sec[n] += sec[i] * tan[n-1-i] / float64(n)
			tan[n] += sec[i] * sec[n-1-i] / float64(n)
		}
	}
}

// cell is the nearest whole unit.
func (f *frame) cell(lon, lat float64) (x, y float64) {
	x = lon*f.xScale + f.x
	if d := lat - f.middle; d <= f.reach && -d <= f.reach {
		y = f.row(d)
	} else {
		_, y = f.tile.Units(0, lat)
	}
	return math.Floor(x + 0.5), math.Floor(y + 0.5)
}

// row is the y of a latitude d degrees north of the middle.
func (f *frame) row(d float64) float64 {
	c, d2 := &f.y, d*d
	return (c[0] + c[1]*d) + (c[2]+c[3]*d)*d2 + ((c[4]+c[5]*d)+c[6]*d2)*(d2*d2)
}
