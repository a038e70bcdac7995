package geo

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

func ExampleGeohashes() {
	fmt.Println(Geohash(orb.Point{107.58, 16.46}))
	fmt.Println(Geohashes([]orb.Bound{{Min: orb.Point{107.58, 16.45}, Max: orb.Point{107.6, 16.47}}}, 2))
	// Output:
	// w6ut8h3q7w
	// [{w6ut800000 w6ut87zzzz} {w6ut8h0000 w6ut8rzzzz}]
}

// All points of a box have a geohash in one of its ranges, which lie in order,
// apart from each other, and are not far larger than the box.
func TestGeohashes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	far, all := 0, 0
	for range 500 {
		at := orb.Point{-180 + 360*r.Float64(), -90 + 180*r.Float64()}
		size := orb.Point{10 * r.Float64() * r.Float64(), 10 * r.Float64() * r.Float64()}
		b := orb.Bound{Min: at, Max: orb.Point{min(180, at[0]+size[0]), min(90, at[1]+size[1])}}
		ranges := Geohashes([]orb.Bound{b}, 24)
		if len(ranges) == 0 || len(ranges) > 24 {
			t.Fatalf("%v: %d ranges", b, len(ranges))
		}
		for i, x := range ranges {
			if x.First > x.Last || i > 0 && x.First <= ranges[i-1].Last {
				t.Fatalf("%v: %v", b, ranges)
			}
		}
		in := func(p orb.Point) bool {
			h := Geohash(p)
			for _, x := range ranges {
				if x.First <= h && h <= x.Last {
					return true
				}
			}
			return false
		}
		for range 100 {
			p := orb.Point{b.Min[0] + r.Float64()*(b.Max[0]-b.Min[0]), b.Min[1] + r.Float64()*(b.Max[1]-b.Min[1])}
			if !in(p) {
				t.Fatalf("%v lies in %v and in none of %v", p, b, ranges)
			}
			outside := orb.Point{b.Min[0] + (3*r.Float64()-1)*(b.Max[0]-b.Min[0]), b.Min[1] + (3*r.Float64()-1)*(b.Max[1]-b.Min[1])}
			if !b.Contains(outside) {
				all++
				if in(outside) {
					far++
				}
			}
		}
		for _, p := range []orb.Point{b.Min, b.Max, b.LeftTop(), b.RightBottom()} {
			if !in(p) {
				t.Fatalf("the corner %v of %v is in none of %v", p, b, ranges)
			}
		}
	}
	if far > all/4 {
		t.Errorf("%d of %d points round the boxes are in their ranges", far, all)
	}
}
