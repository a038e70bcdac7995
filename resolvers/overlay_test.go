package resolvers_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/paulmach/orb/planar"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// place is a feature as the naive overlay takes it.
type place struct {
	id   string
	geom orb.Geometry
}

// placesOf reads all features of a layer that have a place.
func placesOf(t *testing.T, h *hubtest.Hub, field, filter string) []place {
	t.Helper()
	var out []place
	after := ""
	for {
		var got map[string]struct {
			Nodes []struct {
				ID       string
				Geometry *struct {
					Type        string
					Coordinates any
				}
			}
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		h.Ask(fmt.Sprintf(`{ %s(filter: {%s}, orderBy: {field: ID}, first: 1000%s) { nodes { id geometry } pageInfo { hasNextPage endCursor } } }`, field, filter, after), nil, &got)
		for _, n := range got[field].Nodes {
			if n.Geometry != nil {
				out = append(out, place{n.ID, shapeOf(n.Geometry.Type, n.Geometry.Coordinates)})
			}
		}
		if !got[field].PageInfo.HasNextPage {
			return out
		}
		after = fmt.Sprintf(`, after: %q`, got[field].PageInfo.EndCursor)
	}
}

func shapeOf(kind string, c any) orb.Geometry {
	point := func(c any) orb.Point { p := c.([]any); return orb.Point{p[0].(float64), p[1].(float64)} }
	polygon := func(c any) (p orb.Polygon) {
		for _, ring := range c.([]any) {
			var r orb.Ring
			for _, at := range ring.([]any) {
				r = append(r, point(at))
			}
			p = append(p, r)
		}
		return p
	}
	switch kind {
	case "Point":
		return point(c)
	case "Polygon":
		return polygon(c)
	case "MultiPolygon":
		var m orb.MultiPolygon
		for _, p := range c.([]any) {
			m = append(m, polygon(p))
		}
		return m
	}
	return nil
}

func liesIn(area orb.Geometry, p orb.Point) bool {
	switch a := area.(type) {
	case orb.Polygon:
		return planar.PolygonContains(a, p)
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(a, p)
	}
	return false
}

// TestOverlay holds pairs and counts against loops in Go, for viewers who see more
// and less.
func TestOverlay(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	type pair struct{ left, right string }
	for _, test := range []struct {
		name, left, leftFilter, right, rightFilter, how string
		holds                                           func(l, r place) bool
		nearest                                         bool
	}{
		{"reports by a camera", "reports", `reportStatus: {in: [RECEIVED, VERIFYING, ASSIGNED, IN_PROGRESS]}`, "cameras", "", `relation: WITHIN_M, distanceM: 200`,
			func(l, r place) bool { return geo.DistanceM(l.geom.(orb.Point), r.geom.(orb.Point)) <= 200 }, false},
		{"cameras by a camera", "cameras", "", "cameras", "", `relation: WITHIN_M, distanceM: 250`,
			func(l, r place) bool {
				return l.id != r.id && geo.DistanceM(l.geom.(orb.Point), r.geom.(orb.Point)) <= 250
			}, false},
		{"cameras in a zone", "cameras", "", "zones", "", `relation: INSIDE`, func(l, r place) bool { return liesIn(r.geom, l.geom.(orb.Point)) }, false},
		{"zones with billboards", "zones", "", "billboards", "", `relation: CONTAINS`, func(l, r place) bool { return liesIn(l.geom, r.geom.(orb.Point)) }, false},
		{"zones that meet cameras", "zones", "", "cameras", "", `relation: INTERSECTS`, func(l, r place) bool { return liesIn(l.geom, r.geom.(orb.Point)) }, false},
		{"the station nearest to a dam", "dams", "", "stations", "", `relation: NEAREST`, nil, true},
		{"none as near", "dams", "", "stations", "", `relation: NEAREST, distanceM: 1`, func(place, place) bool { return false }, false},
	} {
		for _, key := range []int{0, 2} {
			t.Run(fmt.Sprint(test.name, " ", key), func(t *testing.T) {
				h := hub.As(key)
				var want []pair
				per := map[string]int{}
				rights := placesOf(t, h, test.right, test.rightFilter)
				for _, l := range placesOf(t, h, test.left, test.leftFilter) {
					best, least := pair{}, math.Inf(1)
					for _, r := range rights {
						if test.nearest {
							if d := geo.DistanceM(l.geom.(orb.Point), r.geom.(orb.Point)); d < least {
								best, least = pair{l.id, r.id}, d
							}
						} else if test.holds(l, r) {
							want = append(want, pair{l.id, r.id})
							per[l.id]++
						}
					}
					if test.nearest && len(rights) > 0 {
						want = append(want, best)
						per[l.id]++
					}
				}
				slices.SortFunc(want, func(a, b pair) int { return strings.Compare(a.left+"\x00"+a.right, b.left+"\x00"+b.right) })
				ask := func(more, selection string, out any) {
					h.Ask(fmt.Sprintf(`{ overlay(left: {filter: {%s: {%s}}}, right: {filter: {%s: {%s}}}, %s%s) { %s } }`,
						test.left, test.leftFilter, test.right, test.rightFilter, test.how, more, selection), nil, out)
				}
				var got []pair
				after := ""
				for {
					var page struct {
						Overlay struct {
							Nodes []struct {
								Left, Right struct{ ID string }
								DistanceM   *float64
							}
							PageInfo struct {
								HasNextPage bool
								EndCursor   *string
							}
						}
					}
					ask(`, first: 97`+after, `nodes { left { id } right { id } distanceM } pageInfo { hasNextPage endCursor }`, &page)
					for _, n := range page.Overlay.Nodes {
						got = append(got, pair{n.Left.ID, n.Right.ID})
						if measured := strings.Contains(test.how, "WITHIN_M") || test.nearest; measured != (n.DistanceM != nil) {
							t.Errorf("%s and %s: distance %v", n.Left.ID, n.Right.ID, n.DistanceM)
						}
					}
					if !page.Overlay.PageInfo.HasNextPage {
						break
					}
					after = fmt.Sprintf(`, after: %q`, *page.Overlay.PageInfo.EndCursor)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%d pairs, want %d:\n%v\n%v", len(got), len(want), got, want)
				}
				var whole struct {
					Overlay struct {
						TotalCount int
						Counts     []struct {
							Left  struct{ ID string }
							Count int
						}
					}
				}
				ask("", `totalCount counts(first: 1000) { left { id } count }`, &whole)
				if whole.Overlay.TotalCount != len(want) {
					t.Errorf("%d in all, want %d", whole.Overlay.TotalCount, len(want))
				}
				for i, c := range whole.Overlay.Counts {
					if per[c.Left.ID] != c.Count || i > 0 && c.Count > whole.Overlay.Counts[i-1].Count {
						t.Errorf("%s has %d, want %d, most first", c.Left.ID, c.Count, per[c.Left.ID])
					}
				}
				if len(whole.Overlay.Counts) != min(1000, len(per)) {
					t.Errorf("%d left features, want %d", len(whole.Overlay.Counts), len(per))
				}
			})
		}
	}
}

// TestOverlayRefuses: what can't be asked, with why.
func TestOverlayRefuses(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	for _, test := range []struct{ name, arguments, code, says string }{
		{"two layers on a side", `left: {filter: {dams: {}, cameras: {}}}, right: {filter: {zones: {}}}, relation: INSIDE`, "BAD_INPUT", ""},
		{"no layer on a side", `left: {filter: {}}, right: {filter: {zones: {}}}, relation: INSIDE`, "BAD_INPUT", "exactly one"},
		{"how far", `left: {filter: {dams: {}}}, right: {filter: {zones: {}}}, relation: WITHIN_M`, "BAD_INPUT", "distanceM"},
		{"too far", `left: {filter: {dams: {}}}, right: {filter: {zones: {}}}, relation: WITHIN_M, distanceM: 1e300`, "BAD_GEOMETRY", "distanceM"},
		{"a distance of nothing", `left: {filter: {dams: {}}}, right: {filter: {zones: {}}}, relation: INSIDE, distanceM: 5`, "BAD_INPUT", "WITHIN_M and NEAREST"},
		{"another cursor", `left: {filter: {dams: {}}}, right: {filter: {zones: {}}}, relation: INSIDE, after: "WyIiLG51bGwsIngiXQ"`, "BAD_CURSOR", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := hub.Post(`{ overlay(`+test.arguments+`) { totalCount } }`, nil)
			if len(a.Errors) == 0 || a.Errors[0].Code() != test.code || !strings.Contains(a.Errors[0].Message, test.says) {
				t.Errorf("%s %+v, want %s with %q", a.Data, a.Errors, test.code, test.says)
			}
		})
	}
	if a := hub.Post(`query ($left: OverlaySide!) { overlay(left: $left, right: {filter: {zones: {}}}, relation: INSIDE) { totalCount } }`,
		map[string]any{"left": map[string]any{"filter": map[string]any{"dams": map[string]any{}, "cameras": map[string]any{}}}}); len(a.Errors) == 0 || a.Errors[0].Code() != "BAD_INPUT" {
		t.Errorf("two layers in a variable: %s %+v", a.Data, a.Errors)
	}
}

// TestAffected: what an alert touches is what lies in its area, layer by layer.
func TestAffected(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	var got struct {
		Alerts struct {
			Nodes []struct {
				ID       string
				Affected struct {
					TotalCount int
					Counts     []struct {
						Layer string
						Count int
					}
					Nodes []struct{ ID string }
				}
			}
		}
	}
	h.Ask(`{ alerts(first: 20) { nodes { id affected(layers: [CAMERA, DAM], first: 3) { totalCount counts { layer count } nodes { id } } } } }`, nil, &got)
	touched := 0
	for _, a := range got.Alerts.Nodes {
		var want struct {
			Cameras, Dams struct{ TotalCount int }
		}
		if p := placesOf(t, h, "alerts", fmt.Sprintf(`identifier: {eq: %q}`, strings.TrimPrefix(a.ID, "alert:"))); len(p) == 0 {
			continue
		}
		h.Ask(`query ($id: ID!) { cameras(area: {feature: $id}) { totalCount } dams(area: {feature: $id}) { totalCount } }`, map[string]any{"id": a.ID}, &want)
		by := map[string]int{}
		for _, c := range a.Affected.Counts {
			by[c.Layer] = c.Count
		}
		if by["CAMERA"] != want.Cameras.TotalCount || by["DAM"] != want.Dams.TotalCount || a.Affected.TotalCount != by["CAMERA"]+by["DAM"] || len(a.Affected.Nodes) != min(3, a.Affected.TotalCount) {
			t.Errorf("%s: %+v, want %+v", a.ID, a.Affected, want)
		}
		touched += a.Affected.TotalCount
	}
	if touched == 0 {
		t.Error("no alert touches anything: the test shows nothing")
	}
}

// TestPositionAt: the last known position at a time, and none before the first.
func TestPositionAt(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	var got struct {
		Vessels struct {
			Nodes []struct {
				ID        string
				Positions []struct{ At string }
			}
		}
	}
	h.Ask(`{ vessels(first: 5) { nodes { id positions(last: 4) { at } } } }`, nil, &got)
	for _, v := range got.Vessels.Nodes {
		for i, p := range v.Positions {
			var then struct {
				Vessel map[string]*struct{ At string }
			}
			h.Ask(`query ($id: ID!, $t: DateTime!) { vessel(id: $id) { at: positionAt(time: $t) { at } never: positionAt(time: "1999-01-01T00:00:00Z") { at } } }`, map[string]any{"id": v.ID, "t": p.At}, &then)
			if then.Vessel["at"] == nil || then.Vessel["at"].At != p.At || then.Vessel["never"] != nil {
				t.Errorf("%s, position %d at %s: %+v", v.ID, i, p.At, then.Vessel)
			}
		}
	}
}
