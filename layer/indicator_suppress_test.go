package layer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sized are cells of so many; the first bucket only, unless there are more.
func sized(units ...[]float64) [][]*cell {
	out := make([][]*cell, len(units))
	for u, sizes := range units {
		for _, n := range sizes {
			out[u] = append(out[u], &cell{numerator: n, denominator: n})
		}
	}
	return out
}

func hiddenOf(cells [][]*cell) [][]bool {
	out := make([][]bool, len(cells))
	for u, line := range cells {
		for _, c := range line {
			out[u] = append(out[u], c.hidden)
		}
	}
	return out
}

func TestSuppress(t *testing.T) {
	share := &indicator{IndicatorSpec: IndicatorSpec{Statistic: IndicatorShare, Least: 5}}
	const o, x = false, true
	for _, test := range []struct {
		name  string
		cells [][]*cell
		want  [][]bool
	}{
		{"none is small", sized([]float64{5}, []float64{9}, []float64{0}), [][]bool{{o}, {o}, {o}}},
		{"one small takes the next smallest with it", sized([]float64{4}, []float64{9}, []float64{7}), [][]bool{{x}, {o}, {x}}},
		{"nothing is as it is: it hides nobody", sized([]float64{4}, []float64{0}, []float64{7}), [][]bool{{x}, {o}, {x}}},
		{"two that are too small together", sized([]float64{1}, []float64{2}, []float64{7}, []float64{8}), [][]bool{{x}, {x}, {x}, {o}}},
		{"two that are enough together", sized([]float64{4}, []float64{3}, []float64{7}), [][]bool{{x}, {x}, {o}}},
		{"the only one", sized([]float64{4}, []float64{0}), [][]bool{{x}, {o}}},
		{"over units and times", sized([]float64{4, 10, 11}, []float64{20, 21, 22}, []float64{30, 31, 32}), [][]bool{{x, x, o}, {x, x, o}, {o, o, o}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			family := make([]int, len(test.cells))
			for u := range family {
				family[u] = u
			}
			share.suppress(test.cells, [][]int{family})
			if d := cmp.Diff(test.want, hiddenOf(test.cells)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSuppressedIsNotHadFromTotals: whatever the cells, what a total less the told
// cells leaves is of two cells and the least, or it is told by no total.
func TestSuppressedIsNotHadFromTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.IntRange(2, 10).Draw(t, "least")
		i := &indicator{IndicatorSpec: IndicatorSpec{Statistic: rapid.SampledFrom([]IndicatorStatistic{IndicatorShare, IndicatorCount, IndicatorSum}).Draw(t, "statistic"), Least: least}}
		spans := rapid.IntRange(1, 5).Draw(t, "spans")
		var cells [][]*cell
		var family []int
		for u := range rapid.IntRange(1, 6).Draw(t, "units") {
			var line []*cell
			for range spans {
				n := rapid.IntRange(0, 15).Draw(t, "rows")
				line = append(line, &cell{numerator: float64(rapid.IntRange(0, n).Draw(t, "part")), denominator: float64(n)})
			}
			cells, family = append(cells, line), append(family, u)
		}
		i.suppress(cells, [][]int{family})
		check := func(line []*cell) {
			var hidden, together, total float64
			for _, c := range line {
				total += i.size(c)
				if c.hidden {
					hidden, together = hidden+1, together+i.size(c)
				} else if i.tooSmall(c, float64(least)) {
					t.Fatalf("%v is told, of %d at least", *c, least)
				}
			}
			if hidden > 0 && total != together && (hidden < 2 || together < float64(least)) {
				t.Fatalf("%g hidden cells of %g together can be had from %g", hidden, together, total)
			}
		}
		for n := range spans {
			var line []*cell
			for _, u := range family {
				line = append(line, cells[u][n])
			}
			check(line)
		}
		for _, line := range cells {
			check(line)
		}
	})
}
