package mvt

import (
	"math"
	"testing"
)

// The polynomial is as good as the formula, to the poles.
func TestPolynomial(t *testing.T) {
	const steps = 16
	for z := 6; z <= MaxZoom; z++ {
		var f frame
		worst := 0.0
		for i := range 65 {
			tile := Tile{z, 0, i * (1<<z - 1) / 64}
			f.place(tile)
			for j := range steps + 1 {
				lat := f.middle + f.reach*(2*float64(j)/steps-1)
				_, want := tile.Units(0, lat)
				worst = max(worst, math.Abs(f.row(lat-f.middle)-want))
			}
		}
		// Each zoom doubles what the rounding of a share of the world amounts to.
		if worst > 1e-5+math.Ldexp(1e-4, z-MaxZoom) {
			t.Errorf("zoom %d: off by up to %g units", z, worst)
		}
	}
}
