package connect_test

import (
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

// report gives the rows/s of each part, and which share of the slowest limit
// the whole reaches.
func (p *pace) report(whole string, limits ...string) {
	slowest := 0.0
	for _, part := range append([]string{whole}, limits...) {
		perSecond := float64(p.n) / p.median(part).Seconds()
		p.b.ReportMetric(perSecond, part+"/s")
		if part != whole && (slowest == 0 || perSecond < slowest) {
			slowest = perSecond
		}
	}
	p.b.ReportMetric(100*float64(p.n)/p.median(whole).Seconds()/slowest, "%limit")
	p.b.ReportMetric(0, "ns/op") // says nothing: all parts are in it
}

func (p *pace) median(part string) time.Duration {
	took := slices.Sorted(slices.Values(p.took[part]))
	return took[len(took)/2]
}
