package connect_test

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// pace times parts of a benchmark in turn, so that what else the machine does
// falls on all of them alike, and reports their medians.
type pace struct {
	b    *testing.B
	n    int // rows that each part handles
	took map[string][]time.Duration
}

func newPace(b *testing.B, n int) *pace {
	return &pace{b, n, map[string][]time.Duration{}}
}

func (p *pace) time(part string, run func()) {
	p.b.Helper()
	began := time.Now()
	run()
	p.took[part] = append(p.took[part], time.Since(began))
}

// report gives the rows/s of each part, and which share of what the slowest
// limit allows the whole reaches, measured in the same round.
func (p *pace) report(whole string, limits ...string) {
	for _, part := range append([]string{whole}, limits...) {
		p.b.ReportMetric(float64(p.n)/median(p.took[part]).Seconds(), part+"/s")
	}
	var shares []float64
	for i, took := range p.took[whole] {
		var slowest time.Duration
		for _, part := range limits {
			slowest = max(slowest, p.took[part][i])
		}
		shares = append(shares, 100*slowest.Seconds()/took.Seconds())
	}
	p.b.ReportMetric(median(shares), "%limit")
	p.b.ReportMetric(0, "ns/op") // says nothing: all parts are in it
}

func median[T cmp.Ordered](all []T) T {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}
