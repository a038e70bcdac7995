package layer_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// seen is a feature as the naive figures take it.
type seen struct {
	ID         string
	Position   *struct{ Lon, Lat float64 }
	ObservedAt *time.Time
	Kind       *string
}

// allOf reads all features of a layer that a viewer sees, with one of its fields.
func allOf(t *testing.T, h *hubtest.Hub, field, kind, filter, asOf string) (all []seen) {
	t.Helper()
	for after := ""; ; {
		var got map[string]struct {
			Nodes    []seen
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		ask(t, h, fmt.Sprintf(`{ %s(filter: {%s}, first: 1000%s%s) { nodes { id position { lon lat } observedAt kind: %s } pageInfo { hasNextPage endCursor } } }`, field, filter, asOf, after, kind), nil, &got)
		all = append(all, got[field].Nodes...)
		if !got[field].PageInfo.HasNextPage {
			return all
		}
		after = fmt.Sprintf(`, after: %q`, got[field].PageInfo.EndCursor)
	}
}

// figure is a question: of which layer, by what, and who asks.
type figure struct {
	name, field, kind, key, filter string
	viewer                         int
	asOf                           string
}

// by is the argument; nothing without a key.
func (f figure) by() string {
	if f.key == "" {
		return ""
	}
	return fmt.Sprintf(", by: {%s: %s}", f.field, f.key)
}

// figures are asked as viewers who see more and less.
var figures = []figure{
	{"reports for anybody", "reports", "reportStatus", "REPORT_STATUS", "", -1, ""},
	{"open reports", "reports", "reportStatus", "REPORT_STATUS", "open311Status: {eq: OPEN}", 2, ""},
	{"cameras", "cameras", "cameraKind", "CAMERA_KIND", "", 0, ""},
	{"vessels", "vessels", "gear", "GEAR", "", 2, ""},
	{"vessels for anybody", "vessels", "__typename", "", "", -1, ""},
	{"alerts", "alerts", "severity", "SEVERITY", "", 2, ""},
	{"dams of then", "dams", "damStatus", "DAM_STATUS", "", 2, `, asOf: "2026-03-02T01:00:00Z"`},
}

func viewerOf(h *hubtest.Hub, viewer int) *hubtest.Hub {
	if viewer < 0 {
		return h
	}
	return h.As(viewer)
}

// TestTimeline: each bucket has what was observed in it, none is left out, and the
// keys are the same in all of them.
func TestTimeline(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, province()))
	type bucket struct {
		From, To time.Time
		Count    int
		Groups   []struct {
			Count int
			Keys  []struct{ Value *string }
		}
	}
	for _, test := range figures {
		h := viewerOf(hub, test.viewer)
		all := allOf(t, h, test.field, test.kind, test.filter, test.asOf)
		for _, span := range []struct {
			bucket, during string
			from, to       time.Time
		}{
			{bucket: "MONTH"}, {bucket: "WEEK"},
			{"DAY", `, during: {from: "2025-10-20T05:30:00Z", to: "2025-11-02T00:00:00+07:00"}`, time.Date(2025, 10, 20, 5, 30, 0, 0, time.UTC), time.Date(2025, 11, 1, 17, 0, 0, 0, time.UTC)},
			{"HOUR", `, during: {from: "2026-03-01T00:00:00+07:00", to: "2026-03-02T09:30:00+07:00"}`, time.Date(2026, 2, 28, 17, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 2, 30, 0, 0, time.UTC)},
		} {
			t.Run(test.name+" "+span.bucket, func(t *testing.T) {
				var got struct{ Timeline []bucket }
				ask(t, h, fmt.Sprintf(`{ timeline(filter: {%s: {%s}}, bucket: %s%s%s%s) { from to count groups { count keys { value } } } }`,
					test.field, test.filter, span.bucket, test.by(), span.during, test.asOf), nil, &got)
				within, kinds := 0, map[string]int{}
				for _, f := range all {
					if f.ObservedAt != nil && (span.during == "" || !f.ObservedAt.Before(span.from) && f.ObservedAt.Before(span.to)) {
						within++
						kinds[said(f.Kind)]++
					}
				}
				sum := 0
				for i, b := range got.Timeline {
					if i > 0 && !b.From.Equal(got.Timeline[i-1].To) || !b.From.Before(b.To) {
						t.Errorf("bucket %d: %s to %s", i, b.From, b.To)
					}
					if local := b.From.In(geo.Saigon); (i > 0 || span.during == "") && local.Format(map[string]string{"HOUR": "04:05", "DAY": "15:04:05", "WEEK": "Mon 15:04:05", "MONTH": "02 15:04:05"}[span.bucket]) !=
						map[string]string{"HOUR": "00:00", "DAY": "00:00:00", "WEEK": "Mon 00:00:00", "MONTH": "01 00:00:00"}[span.bucket] {
						t.Errorf("bucket %d of a %s begins at %s", i, span.bucket, local)
					}
					n, by := 0, map[string]int{}
					for _, f := range all {
						if f.ObservedAt != nil && !f.ObservedAt.Before(b.From) && f.ObservedAt.Before(b.To) {
							n++
							by[said(f.Kind)]++
						}
					}
					if b.Count != n {
						t.Errorf("%s: %d, want %d", b.From, b.Count, n)
					}
					for j, g := range b.Groups {
						if key := said(g.Keys[0].Value); g.Count != by[key] || key != said(got.Timeline[0].Groups[j].Keys[0].Value) {
							t.Errorf("%s %s: %d, want %d", b.From, key, g.Count, by[key])
						}
					}
					if test.key != "" && len(b.Groups) != len(kinds) {
						t.Errorf("%s: %d keys, want %d", b.From, len(b.Groups), len(kinds))
					}
					sum += b.Count
				}
				if sum != within {
					t.Errorf("%d in all buckets, want %d", sum, within)
				}
				if span.during != "" {
					if b := got.Timeline; len(b) == 0 || !b[0].From.Equal(span.from) || !b[len(b)-1].To.Equal(span.to) {
						t.Errorf("buckets %+v, want from %s to %s", b, span.from, span.to)
					}
				} else if (len(got.Timeline) == 0) != (within == 0) {
					t.Errorf("%d buckets of %d", len(got.Timeline), within)
				}
			})
		}
	}
}

func said(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// TestGrid: each cell holds what lies in its polygon, the cells are of one area and
// size, and together they hold all that has a place.
func TestGrid(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, province()))
	type cell struct {
		ID       string
		Count    int
		Geometry struct{ Coordinates [][][2]float64 }
		Position struct{ Lon, Lat float64 }
	}
	type grid struct {
		Grid struct {
			Cells                      []cell
			CellCount, Count, Unplaced int
		}
	}
	box := orb.Bound{Min: orb.Point{107.5, 16.4}, Max: orb.Point{107.7, 16.6}}
	for _, test := range figures {
		h := viewerOf(hub, test.viewer)
		all := allOf(t, h, test.field, test.kind, test.filter, test.asOf)
		for _, cells := range []struct {
			form  string
			sizeM float64
		}{{"HEX", 1000}, {"SQUARE", 1000}, {"HEX", 12345.5}, {"SQUARE", 40_000}} {
			t.Run(fmt.Sprint(test.name, " ", cells.form, " ", cells.sizeM), func(t *testing.T) {
				question := `{ grid(filter: {%s: {%s}}, cell: %s, sizeM: %v, first: 4000%s%s) { cells { id count geometry position { lon lat } } cellCount count unplaced } }`
				var got, near grid
				ask(t, h, fmt.Sprintf(question, test.field, test.filter, cells.form, cells.sizeM, test.asOf, ""), nil, &got)
				var placed []orb.Point
				for _, f := range all {
					if f.Position != nil {
						placed = append(placed, orb.Point{f.Position.Lon, f.Position.Lat})
					}
				}
				g := got.Grid
				if g.Count != len(placed) || g.Unplaced != len(all)-len(placed) || g.CellCount != len(g.Cells) {
					t.Errorf("%d placed in %d cells, %d unplaced; want %d and %d", g.Count, g.CellCount, g.Unplaced, len(placed), len(all)-len(placed))
				}
				area := cells.sizeM * cells.sizeM
				if cells.form == "HEX" {
					area *= math.Sqrt(3) / 2
				}
				// Polygons are drawn with straight edges from corner to corner, in degrees.
				bend := max(1e-9, cells.sizeM*cells.sizeM*1e-13)
				counts, sum := map[string]int{}, 0
				for i, c := range g.Cells {
					ring := orb.Ring{}
					for _, p := range c.Geometry.Coordinates[0] {
						ring = append(ring, orb.Point(p))
					}
					n, edge := 0, 0
					for _, p := range placed {
						if planar.RingContains(ring, p) {
							n++
						}
						if planar.DistanceFrom(orb.LineString(ring), p) < bend {
							edge++
						}
					}
					if c.Count > n+edge || c.Count < n-edge || !planar.RingContains(ring, orb.Point{c.Position.Lon, c.Position.Lat}) {
						t.Errorf("%s holds %d, want %d", c.ID, c.Count, n)
					}
					if counts[c.ID] > 0 || i > 0 && c.Count > g.Cells[i-1].Count || c.Count == 0 {
						t.Errorf("%s comes twice, empty, or after one with less", c.ID)
					}
					if m2 := onGround(ring); math.Abs(m2/area-1) > 0.003 {
						t.Errorf("%s has %v m², want %v", c.ID, m2, area)
					}
					// In the province neighbours are as far apart as they say.
					if south, width := ring[0], geo.DistanceM(ring[1], ring[len(ring)-2]); south[1] > 16 && south[1] < 16.8 && cells.sizeM < 20_000 && cells.form == "HEX" && math.Abs(width/cells.sizeM-1) > 0.004 {
						t.Errorf("%s is %v m wide", c.ID, width)
					}
					counts[c.ID] = c.Count
					sum += c.Count
				}
				if sum != g.Count {
					t.Errorf("cells hold %d, want %d", sum, g.Count)
				}
				// The same cells in a box, with what of them lies in it.
				ask(t, h, fmt.Sprintf(question, test.field, test.filter, cells.form, cells.sizeM, test.asOf,
					fmt.Sprintf(`, area: {bbox: [%v, %v, %v, %v]}`, box.Min[0], box.Min[1], box.Max[0], box.Max[1])), nil, &near)
				for _, c := range near.Grid.Cells {
					if c.Count > counts[c.ID] {
						t.Errorf("%s holds %d in a box, %d without", c.ID, c.Count, counts[c.ID])
					}
				}
				if test.field == "reports" && len(near.Grid.Cells) == 0 {
					t.Error("nothing in the box: the test shows little")
				}
			})
		}
	}
}

// onGround is the area of a small ring on the ellipsoid, m²: of a plane that is
// true at the ring's own latitude.
func onGround(ring orb.Ring) float64 {
	c := ring.Bound().Center()
	const d = 0.001
	perLon := geo.DistanceM(orb.Point{c[0] - d, c[1]}, orb.Point{c[0] + d, c[1]}) / (2 * d)
	perLat := geo.DistanceM(orb.Point{c[0], c[1] - d}, orb.Point{c[0], c[1] + d}) / (2 * d)
	return math.Abs(planar.Area(ring)) * perLon * perLat
}

// TestClusters: clusters are the features of their cells, layer by layer, the same
// in whatever box, and come apart at the zoom that they say.
func TestClusters(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, province()))
	type cluster struct {
		ID            string
		Count         int
		Counts        []struct{ Count int }
		Position      struct{ Lon, Lat float64 }
		ExpansionZoom *int
		Feature       *struct{ ID string }
	}
	clustersOf := func(t *testing.T, h *hubtest.Hub, arguments string, zoom int) map[string]cluster {
		var got struct{ Clusters []cluster }
		ask(t, h, fmt.Sprintf(`{ clusters(%s, zoom: %d) { id count counts { layer count } position { lon lat } expansionZoom feature { id } } }`, arguments, zoom), nil, &got)
		out := map[string]cluster{}
		for i, c := range got.Clusters {
			if i > 0 && c.Count > got.Clusters[i-1].Count || out[c.ID].Count > 0 {
				t.Errorf("%s comes twice, or after one with less", c.ID)
			}
			out[c.ID] = c
		}
		return out
	}
	for _, test := range []struct {
		name, layers, filters string
		fields                []string
		viewer                int
		asOf                  string
	}{
		{"reports for anybody", "[REPORT]", "", []string{"reports"}, -1, ""},
		{"three layers", "[REPORT, CAMERA, ALERT]", "filters: [{reports: {open311Status: {eq: OPEN}}}]", []string{"reports", "cameras", "alerts"}, 2, ""},
		{"vessels and dams of then", "[VESSEL, DAM]", "", []string{"vessels", "dams"}, 2, `, asOf: "2026-03-02T01:00:00Z"`},
		{"what anybody sees of them", "[VESSEL, DAM]", "", []string{"vessels", "dams"}, -1, ""},
	} {
		h := viewerOf(hub, test.viewer)
		for _, zoom := range []int{0, 5, 9, 14} {
			t.Run(fmt.Sprint(test.name, " ", zoom), func(t *testing.T) {
				type member struct {
					id string
					at orb.Point
				}
				cells := map[geo.ClusterCell][]member{}
				for _, field := range test.fields {
					filter := ""
					if field == "reports" && test.filters != "" {
						filter = "open311Status: {eq: OPEN}"
					}
					for _, f := range allOf(t, h, field, "id", filter, test.asOf) {
						if f.Position != nil {
							p := orb.Point{f.Position.Lon, f.Position.Lat}
							cell := geo.ClusterAt(zoom, p)
							cells[cell] = append(cells[cell], member{f.ID, p})
						}
					}
				}
				bbox := "[-180, -90, 180, 90]"
				if zoom > 1 {
					bbox = "[107, 16, 108.3, 16.8]"
				}
				if zoom > 9 {
					bbox = "[107.55, 16.44, 107.62, 16.49]"
				}
				var west, south, east, north float64
				fmt.Sscanf(bbox, "[%f, %f, %f, %f]", &west, &south, &east, &north)
				nw, se := geo.ClusterAt(zoom, orb.Point{west, north}), geo.ClusterAt(zoom, orb.Point{east, south})
				got := clustersOf(t, h, fmt.Sprintf("layers: %s, %s bbox: %s%s", test.layers, test.filters, bbox, test.asOf), zoom)
				expected := 0
				for cell, members := range cells {
					if cell.X < nw.X || cell.X > se.X || cell.Y < nw.Y || cell.Y > se.Y {
						continue
					}
					expected++
					id := members[0].id
					if len(members) > 1 {
						name := ""
						if len(test.fields) == 1 {
							name = test.fields[0]
						}
						id = cell.ID(name)
					}
					c := got[id]
					var mean orb.Point
					for _, m := range members {
						mean[0] += m.at[0] / float64(len(members))
						mean[1] += m.at[1] / float64(len(members))
					}
					parts := 0
					for _, n := range c.Counts {
						parts += n.Count
					}
					if c.Count != len(members) || parts != c.Count || math.Hypot(c.Position.Lon-mean[0], c.Position.Lat-mean[1]) > 1e-6 {
						t.Errorf("%s: %+v, want %d at %v", id, c, len(members), mean)
						continue
					}
					if (c.Feature != nil) != (c.Count == 1) || c.Feature != nil && c.Feature.ID != id {
						t.Errorf("%s is the feature %+v", id, c.Feature)
					}
					var apart *int
					for z := zoom + 1; z <= geo.MaxClusterZoom && apart == nil; z++ {
						for _, m := range members {
							if geo.ClusterAt(z, m.at) != geo.ClusterAt(z, members[0].at) {
								apart = &z
							}
						}
					}
					if (apart == nil) != (c.ExpansionZoom == nil) || apart != nil && *apart != *c.ExpansionZoom {
						t.Errorf("%s comes apart at %v, want %v", id, c.ExpansionZoom, apart)
					}
				}
				if len(got) != expected {
					t.Errorf("%d clusters, want %d", len(got), expected)
				}
				if zoom == 9 {
					for id, c := range clustersOf(t, h, fmt.Sprintf("layers: %s, %s bbox: [107.57, 16.45, 107.6, 16.48]%s", test.layers, test.filters, test.asOf), zoom) {
						if got[id].Count != c.Count {
							t.Errorf("%s has %d in a smaller box, %d in a larger one", id, c.Count, got[id].Count)
						}
					}
				}
			})
		}
	}
}

// TestFigureBounds: what figures refuse, with the limit or the place.
func TestFigureBounds(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, province()))
	for _, test := range []struct{ name, question, code, says string }{
		{"too many buckets", `timeline(filter: {dams: {}}, bucket: HOUR, during: {from: "2000-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z"}) { count }`, "COST_LIMIT", "10000"},
		{"keys of another layer", `timeline(filter: {dams: {}}, bucket: DAY, by: {reports: REPORT_STATUS}) { count }`, "BAD_INPUT", "of reports, the filter of dams"},
		{"too many keys", `timeline(filter: {dams: {}}, bucket: DAY, by: {dams: [UNIT, AGENCY, RIVER, DAM_STATUS]}) { count }`, "BAD_INPUT", "1 to 4 keys"},
		{"too small", `grid(filter: {dams: {}}, cell: HEX, sizeM: 9) { count }`, "BAD_INPUT", "10 to 100000"},
		{"too many cells asked for", `grid(filter: {dams: {}}, cell: HEX, sizeM: 100, first: 10001) { count }`, "PAGE_LIMIT", "10000"},
		{"too deep", `clusters(bbox: [107, 16, 108, 17], zoom: 23) { id }`, "BAD_INPUT", "0 to 22"},
		{"too large a box", `clusters(bbox: [107, 16, 108, 17], zoom: 14) { id }`, "COST_LIMIT", "250000"},
		{"another layer's filter", `clusters(layers: [DAM], filters: [{reports: {}}], bbox: [107, 16, 108, 17], zoom: 8) { id }`, "BAD_INPUT", "not asked for"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := hub.As(2).Post(`{ `+test.question+` }`, nil)
			if len(a.Errors) == 0 || a.Errors[0].Code() != test.code || !strings.Contains(a.Errors[0].Message, test.says) {
				t.Errorf("%s %+v, want %s with %q", a.Data, a.Errors, test.code, test.says)
			}
		})
	}
	for _, question := range []string{`timeline(filter: {cardReaders: {denied24h: {gt: 0}}}, bucket: DAY) { count }`, `grid(filter: {cardReaders: {denied24h: {gt: 0}}}, cell: HEX, sizeM: 100) { count }`,
		`clusters(filters: [{cardReaders: {denied24h: {gt: 0}}}], bbox: [107, 16, 108, 17], zoom: 8) { id }`, `timeline(filter: {articles: {}}, by: {articles: HANDLING_STATUS}, bucket: DAY) { count }`} {
		if a := hub.Post(`{ `+question+` }`, nil); len(a.Errors) == 0 || a.Errors[0].Code() != "DENIED" {
			t.Errorf("a hidden field in %s: %s %+v", question, a.Data, a.Errors)
		}
		if a := hub.As(2).Post(`{ `+question+` }`, nil); len(a.Errors) > 0 {
			t.Errorf("%s: %+v", question, a.Errors)
		}
	}
}
