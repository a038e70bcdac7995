package mvt_test

import (
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb"
)

// star is a ring without crossings, concave nearly everywhere.
func star(rnd *rand.Rand, centre orb.Point, radius float64, corners int) orb.Ring {
	ring := make(orb.Ring, corners+1)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		r := radius * (0.3 + 0.7*rnd.Float64())
		ring[i] = orb.Point{centre[0] + r*cos, centre[1] + r*sin}
	}
	ring[corners] = ring[0]
	return ring
}
