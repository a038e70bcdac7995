package resolvers_test

import (
	"fmt"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestPositionsAt: all vessels where they were at a time, in one call, are those
// that tell it one by one, wherever they are now.
func TestPositionsAt(t *testing.T) {
	servers := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	h := servers.As(2)
	type position struct {
		At       string
		Lon, Lat float64
	}
	var newest struct {
		Vessels struct {
			Nodes []struct{ PositionAt *position }
		}
	}
	h.Ask(`{ vessels(first: 1000) { nodes { positionAt { at } } } }`, nil, &newest)
	times := map[string]int{}
	for _, v := range newest.Vessels.Nodes {
		if v.PositionAt != nil {
			times[v.PositionAt.At]++
		}
	}
	var unit struct {
		Unit struct {
			Geometry struct {
				Type        string
				Coordinates any
			}
		}
	}
	h.Ask(`{ unit(code: "19900") { geometry } }`, nil, &unit)
	commune := shapeOf(unit.Unit.Geometry.Type, unit.Unit.Geometry.Coordinates).(orb.MultiPolygon)
	box := orb.Bound{Min: orb.Point{107.4, 16.3}, Max: orb.Point{107.9, 16.7}}
	areas := map[string]func(orb.Point) bool{
		"": func(orb.Point) bool { return true },
		"area: {bbox: [107.4, 16.3, 107.9, 16.7]}": box.Contains,
		`area: {units: [{code: "19900"}]}`:         func(p orb.Point) bool { return planar.MultiPolygonContains(commune, p) },
	}
	found := map[string]int{}
	for at := range times {
		if len(found) > 0 && times[at] < 2 { // some moments are enough
			continue
		}
		var each struct {
			Vessels struct {
				Nodes []struct {
					ID         string
					PositionAt *position
				}
			}
		}
		h.Ask(`query ($at: DateTime!) { vessels(first: 1000, orderBy: {field: ID}) { nodes { id positionAt(time: $at) { at lon lat } } } }`, map[string]any{"at": at}, &each)
		for area, holds := range areas {
			var got struct {
				PositionsAt struct {
					TotalCount int
					Nodes      []struct {
						Vessel   struct{ ID string }
						Position position
					}
				}
			}
			h.Ask(fmt.Sprintf(`query ($at: DateTime!) { positionsAt(time: $at, first: 1000 %s) { totalCount nodes { vessel { id } position { at lon lat } } } }`, area), map[string]any{"at": at}, &got)
			i := 0
			for _, v := range each.Vessels.Nodes {
				if v.PositionAt == nil || !holds(orb.Point{v.PositionAt.Lon, v.PositionAt.Lat}) {
					continue
				}
				if i >= len(got.PositionsAt.Nodes) || got.PositionsAt.Nodes[i].Vessel.ID != v.ID || got.PositionsAt.Nodes[i].Position != *v.PositionAt {
					t.Fatalf("%s %s: %s at %v is not number %d of %+v", at, area, v.ID, *v.PositionAt, i, got.PositionsAt)
				}
				i++
			}
			if i != len(got.PositionsAt.Nodes) || i != got.PositionsAt.TotalCount {
				t.Errorf("%s %s: %d vessels, %d in all, want %d", at, area, len(got.PositionsAt.Nodes), got.PositionsAt.TotalCount, i)
			}
			found[area] += i
		}
	}
	for area := range areas {
		if found[area] == 0 {
			t.Errorf("%s: no vessel was there: the test shows nothing", area)
		}
	}
	if found[""] == found["area: {bbox: [107.4, 16.3, 107.9, 16.7]}"] {
		t.Error("the box leaves nothing out: the test shows nothing")
	}

	walked := walk(t, h, `positionsAt(time: "2030-01-01T00:00:00Z", first: 7%s) { nodes { vessel { id } } pageInfo { hasNextPage endCursor } }`)
	var all struct{ PositionsAt struct{ TotalCount int } }
	h.Ask(`{ positionsAt(time: "2030-01-01T00:00:00Z") { totalCount } }`, nil, &all)
	if walked != all.PositionsAt.TotalCount || walked == 0 {
		t.Errorf("page by page there are %d, in all %d", walked, all.PositionsAt.TotalCount)
	}
	var recent struct{ PositionsAt struct{ TotalCount int } }
	h.Ask(`{ positionsAt(time: "2030-01-01T00:00:00Z", maxAgeS: 3600) { totalCount } }`, nil, &recent)
	if recent.PositionsAt.TotalCount != 0 {
		t.Errorf("%d positions of the last hour in 2030", recent.PositionsAt.TotalCount)
	}
	for _, bad := range []struct{ name, arguments, code string }{
		{"age", "maxAgeS: -1", "BAD_INPUT"},
		{"cursor", `after: "x"`, "BAD_CURSOR"},
	} {
		if a := h.Post(`{ positionsAt(time: "2026-01-01T00:00:00Z", `+bad.arguments+`) { totalCount } }`, nil); len(a.Errors) != 1 || a.Errors[0].Code() != bad.code {
			t.Errorf("%s: %s %+v", bad.name, a.Data, a.Errors)
		}
	}
	if a := servers.Alone().Post(`{ positionsAt(time: "2026-01-01T00:00:00Z") { totalCount } }`, nil); len(a.Errors) != 1 || a.Errors[0].Code() != "DENIED" {
		t.Errorf("anonymous: %s %+v", a.Data, a.Errors)
	}
}

// walk counts the nodes of all pages.
func walk(t *testing.T, h *hubtest.Hub, field string) (n int) {
	t.Helper()
	after := ""
	for {
		var got map[string]struct {
			Nodes    []any
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		h.Ask("{ page: "+fmt.Sprintf(field, after)+" }", nil, &got)
		n += len(got["page"].Nodes)
		if !got["page"].PageInfo.HasNextPage {
			return n
		}
		after = fmt.Sprintf(`, after: %q`, got["page"].PageInfo.EndCursor)
	}
}
