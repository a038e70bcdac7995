package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

func TestOrientIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	hair := func(x float64) float64 {
		for range rng.IntN(3) {
			x = math.Nextafter(x, 2*x*float64(rng.IntN(2)))
		}
		return x
	}
	signs := map[int]int{}
	for range 20_000 {
		scale := math.Pow(10, float64(rng.IntN(12)-6))
		a := orb.Point{100 + scale*rng.Float64(), scale * rng.Float64()}
		b := orb.Point{100 + scale*rng.Float64(), scale * rng.Float64()}
		f := float64(rng.IntN(9)) / 4
		p := orb.Point{hair(a[0] + f*(b[0]-a[0])), hair(a[1] + f*(b[1]-a[1]))}
		want := orientRat(a, b, p)
		if got := orient(a, b, p); got != want {
			t.Fatalf("orient(%v, %v, %v) = %d, want %d", a, b, p, got, want)
		}
		if got := orientExactly(a, b, p); got != want {
			t.Fatalf("orientExactly(%v, %v, %v) = %d, want %d", a, b, p, got, want)
		}
		signs[want]++
	}
	if len(signs) < 3 {
		t.Errorf("signs seen: %v", signs)
	}
}

func orientRat(a, b, p orb.Point) int {
	sub := func(x, y float64) *big.Rat {
		return new(big.Rat).Sub(new(big.Rat).SetFloat64(x), new(big.Rat).SetFloat64(y))
	}
	left := new(big.Rat).Mul(sub(a[0], p[0]), sub(b[1], p[1]))
	return left.Cmp(new(big.Rat).Mul(sub(a[1], p[1]), sub(b[0], p[0])))
}
