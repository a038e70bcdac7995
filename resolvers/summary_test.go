package resolvers_test

import (
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestUnitSummary: what a unit holds is what its layers' own lists tell.
func TestUnitSummary(t *testing.T) {
	servers := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	h := servers.As(2)
	type summary struct {
		Layer     string
		Count     int
		NewestAt  *string
		Freshness *struct{ Stale bool }
	}
	const observed = `observed: {from: "2026-01-15T00:00:00Z", to: "2026-02-20T00:00:00Z"}`
	total := 0
	for _, code := range []string{"19753", "19900", "46"} {
		var got struct{ Unit struct{ Summary []summary } }
		h.Ask(`query ($code: String!) { unit(code: $code) { summary(layers: [REPORT, DAM, VESSEL], `+observed+`) { layer count newestAt freshness { stale } } } }`, map[string]any{"code": code}, &got)
		type list struct {
			TotalCount int
			Nodes      []struct {
				ObservedAt string
				Freshness  struct{ Stale bool }
			}
		}
		var want struct{ Reports, Dams, Vessels list }
		const of = `(filter: {` + observed + `}, area: {units: [{code: $code}]}, orderBy: {field: OBSERVED_AT, direction: DESC}, first: 1) { totalCount nodes { observedAt freshness { stale } } }`
		h.Ask(`query ($code: String!) { reports`+of+` dams`+of+` vessels`+of+` }`, map[string]any{"code": code}, &want)
		if len(got.Unit.Summary) != 3 {
			t.Fatalf("%s: %+v", code, got.Unit.Summary)
		}
		for i, w := range []list{want.Reports, want.Dams, want.Vessels} {
			g := got.Unit.Summary[i]
			if g.Count != w.TotalCount || (g.NewestAt == nil) != (len(w.Nodes) == 0) || g.NewestAt != nil && (*g.NewestAt != w.Nodes[0].ObservedAt || g.Freshness.Stale != w.Nodes[0].Freshness.Stale) {
				t.Errorf("%s: %+v, want %+v", code, g, w)
			}
			total += g.Count
		}
	}
	if total == 0 {
		t.Error("the units hold nothing: the test shows nothing")
	}
	var all struct{ Unit struct{ Summary []summary } }
	servers.Alone().Ask(`{ unit(code: "19753") { summary { layer count } } }`, nil, &all)
	if len(all.Unit.Summary) != 15 {
		t.Errorf("of all layers: %+v", all.Unit.Summary)
	}
}
