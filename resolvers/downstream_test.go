package resolvers_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/resolvers"
	"geohub/systems"
)

// stand is a feature on a river, as the naive walk takes it.
type stand struct {
	id, river string
	at        orb.Point
}

// stretch is a river, as the naive walk takes it.
type stretch struct {
	into string
	line orb.LineString
}

// networkOf reads the rivers by their bare names.
func networkOf(t *testing.T, pool *pgxpool.Pool) map[string]stretch {
	t.Helper()
	out := map[string]stretch{}
	rows, err := pool.Query(t.Context(), "SELECT name, coalesce(flows_into, ''), geom FROM rivers")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, into string
		var line orb.Geometry
		if err := rows.Scan(&name, &into, &line); err != nil {
			t.Fatal(err)
		}
		s := stretch{into: strings.TrimPrefix(into, "Sông ")}
		s.line, _ = line.(orb.LineString)
		out[strings.TrimPrefix(name, "Sông ")] = s
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// along is how many metres from its beginning the place of a line is that is
// nearest to a point in degrees.
func (s stretch) along(p orb.Point) float64 {
	best, at, passed := math.Inf(1), 0.0, 0.0
	for i, a := range s.line[:len(s.line)-1] {
		b := s.line[i+1]
		dx, dy := b[0]-a[0], b[1]-a[1]
		k := min(1, max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/(dx*dx+dy*dy)))
		q := orb.Point{a[0] + k*dx, a[1] + k*dy}
		if d := math.Hypot(p[0]-q[0], p[1]-q[1]); d < best {
			best, at = d, passed+geo.DistanceM(a, q)
		}
		passed += geo.DistanceM(a, b)
	}
	return at
}

// below walks down from one feature, river by river.
func below(rivers map[string]stretch, from stand, all []stand) map[string]float64 {
	out := map[string]float64{}
	enters, passed := from.at, 0.0
	for name, first := from.river, true; name != ""; first = false {
		r, known := rivers[name]
		if !known {
			break
		}
		if r.line != nil {
			begins := r.along(enters)
			for _, s := range all {
				if at := r.along(s.at); s.river == name && s.id != from.id && (at > begins || at == begins && !first) {
					out[s.id] = passed + at - begins
				}
			}
			mouth := r.line[len(r.line)-1]
			passed += r.along(mouth) - begins
			enters = mouth
		}
		name = r.into
	}
	return out
}

type edge struct {
	Cursor    string
	DistanceM float64
	Node      struct{ ID string }
}

type standing struct {
	ID, River  string
	Position   *struct{ Lon, Lat float64 }
	Downstream []edge
}

// standings asks for all dams and stations, some of them with what lies below.
func standings(h *hubtest.Hub, arguments string) []standing {
	var got struct{ Dams, Stations struct{ Nodes []standing } }
	h.Ask(`{ dams(first: 60) { nodes { id river position { lon lat } downstream`+arguments+` { cursor distanceM node { id } } } }
		stations(first: 100, filter: {river: {isNull: false}}) { nodes { id river position { lon lat } downstream`+arguments+` { cursor distanceM node { id } } } } }`, nil, &got)
	return append(got.Dams.Nodes, got.Stations.Nodes...)
}

// TestDownstream holds what lies below each dam and station against a walk in Go.
func TestDownstream(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	servers := hubtest.Server(t, pool)
	rivers := networkOf(t, pool)
	for _, test := range []struct {
		name, arguments string
		takes           func(id string, m float64) bool
		first           int
	}{
		{"all", "", func(string, float64) bool { return true }, 50},
		{"stations", "(layers: [STATION])", func(id string, _ float64) bool { return strings.HasPrefix(id, "station:") }, 50},
		{"of no layer", "(layers: [])", func(string, float64) bool { return false }, 50},
		{"within", "(withinM: 20000, first: 40)", func(_ string, m float64) bool { return m <= 20000 }, 40},
		{"the nearest two", "(first: 2)", func(string, float64) bool { return true }, 2},
	} {
		for _, key := range []int{0, 2} {
			t.Run(fmt.Sprint(test.name, " ", key), func(t *testing.T) {
				got := standings(servers.As(key), test.arguments)
				var all []stand
				for _, s := range got {
					all = append(all, stand{s.ID, s.River, orb.Point{s.Position.Lon, s.Position.Lat}})
				}
				found := 0
				for i, from := range all {
					want := below(rivers, from, all)
					for id, m := range want {
						if !test.takes(id, m) {
							delete(want, id)
						}
					}
					g := got[i].Downstream
					if len(g) != min(len(want), test.first) {
						t.Errorf("%s: %d, want %d: %+v, want %v", from.id, len(g), len(want), g, want)
						continue
					}
					least := make([]float64, 0, len(want))
					for _, m := range want {
						least = append(least, m)
					}
					slices.Sort(least)
					for j, e := range g {
						m, there := want[e.Node.ID]
						if !there || math.Abs(e.DistanceM-m) > 0.01 || math.Abs(least[j]-m) > 0.01 || e.Cursor == "" {
							t.Errorf("%s: %s %v m, want %v at place %d of %v", from.id, e.Node.ID, e.DistanceM, m, j, want)
						}
					}
					if !slices.IsSortedFunc(g, func(a, b edge) int {
						return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), strings.Compare(a.Node.ID, b.Node.ID))
					}) {
						t.Errorf("%s: not the nearest first: %+v", from.id, g)
					}
					found += len(g)
				}
				if found == 0 && test.name != "of no layer" {
					t.Error("nothing lies downstream of anything: the test shows nothing")
				}
			})
		}
	}
	t.Run("known places", func(t *testing.T) {
		of := map[string][]string{}
		for _, s := range standings(servers, "") {
			for _, e := range s.Downstream {
				of[s.ID] = append(of[s.ID], e.Node.ID)
			}
		}
		for _, test := range []struct {
			of, holds string
			not       bool
		}{
			{"dam:TA_TRACH", "station:KIM_LONG", false},       // over Ngã ba Tuần
			{"dam:TA_TRACH", "dam:THUONG_NHAT", true},         // above
			{"dam:TA_TRACH", "station:BINH_DIEN_TV", true},    // on the other branch
			{"dam:A_LIN_B2", "dam:HUONG_DIEN", false},         // two rivers without a line, then Bồ
			{"dam:A_LIN_B2", "dam:RAO_TRANG_4", true},         // there is no line on which to see it
			{"dam:HUONG_DIEN", "dam:THAO_LONG", false},        // Bồ, then Hương
			{"dam:HUONG_DIEN", "station:KIM_LONG", true},      // above the confluence
			{"station:KIM_LONG", "dam:THAO_LONG", false},      // of a station, too
			{"dam:THAO_LONG", "", true},                       // the last
			{"dam:A_ROANG", "", true},                         // on a river that the hub doesn't know
			{"station:PHONG_BINH", "", true},                  // the last on Ô Lâu
			{"dam:TRUOI", "station:CAU_TRUOI", false},         // into the lagoon
			{"station:THUONG_NHAT_TV", "dam:TA_TRACH", false}, // from the gauge into the lake
			{"dam:THUONG_NHAT", "station:PHU_OC", true},       // another river
		} {
			switch holds := slices.Contains(of[test.of], test.holds); {
			case test.holds == "" && len(of[test.of]) > 0:
				t.Errorf("below %s: %v, want nothing", test.of, of[test.of])
			case test.holds != "" && holds == test.not:
				t.Errorf("below %s: %v; %s: %v", test.of, of[test.of], test.holds, holds)
			}
		}
	})
}

// TestDownstreamRefuses: what can't be asked is refused by name.
func TestDownstreamRefuses(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(0)
	for _, test := range []struct{ arguments, code, says string }{
		{"(layers: [VESSEL])", "BAD_INPUT", "no VESSEL stands on a river; there are DAM, STATION"},
		{"(withinM: -1)", "BAD_GEOMETRY", "withinM"},
		{"(first: 0)", "PAGE_LIMIT", "first is 0"},
		{"(first: 1001)", "PAGE_LIMIT", "1000"},
	} {
		a := h.Post(`{ dam(id: "dam:TA_TRACH") { downstream`+test.arguments+` { node { id } } } }`, nil)
		if len(a.Errors) != 1 || a.Errors[0].Code() != test.code || !strings.Contains(a.Errors[0].Message, test.says) {
			t.Errorf("%s: %+v", test.arguments, a.Errors)
		}
	}
}

// TestDownstreamKeepsRights: a row, a river or a place that is not for the viewer
// is found by nobody's walk.
func TestDownstreamKeepsRights(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	if _, err := pool.Exec(t.Context(), "UPDATE stations SET sharing = 2 WHERE id = 'station:KIM_LONG'"); err != nil {
		t.Fatal(err)
	}
	ids := func(edges []edge) (out []string) {
		for _, e := range edges {
			out = append(out, e.Node.ID)
		}
		return out
	}
	ask := func(h *hubtest.Hub) (dam, station []string) {
		var got struct{ Dam, Station standing }
		h.Ask(`{ dam(id: "dam:TA_TRACH") { downstream { node { id } } } station(id: "station:THUONG_NHAT_TV") { downstream { node { id } } } }`, nil, &got)
		return ids(got.Dam.Downstream), ids(got.Station.Downstream)
	}
	servers := hubtest.Server(t, pool)
	open, _ := ask(servers.As(0))
	all, _ := ask(servers.As(2))
	if slices.Contains(open, "station:KIM_LONG") || !slices.Contains(all, "station:KIM_LONG") || len(open)+1 != len(all) {
		t.Errorf("a hidden row: %v for the public, %v for operations", open, all)
	}
	for _, hidden := range []string{"river", "geometry"} {
		t.Run(hidden, func(t *testing.T) {
			catalog := without(t, "Station", hidden)
			servers := hubtest.Server(t, pool, func(c *resolvers.Config) { c.Catalog, c.Printer = catalog, nil })
			dam, station := ask(servers.As(0))
			dams := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !strings.HasPrefix(id, "dam:") })
			if len(dams) == 0 || !slices.Equal(dam, dams) {
				t.Errorf("below the dam, where stations' places are hidden: %v, want %v", dam, dams)
			}
			if len(station) > 0 {
				t.Errorf("below a station whose place is hidden: %v", station)
			}
			if dam, _ := ask(servers.As(2)); !slices.Equal(dam, all) {
				t.Errorf("for operations: %v, want %v", dam, all)
			}
		})
	}
}

// without is the catalogue of a schema in which a field is private.
func without(t *testing.T, typ, field string) *layer.Catalog {
	t.Helper()
	schema := *resolvers.Executable().Schema()
	def := *schema.Types[typ]
	schema.Types = maps.Clone(schema.Types)
	schema.Types[typ] = &def
	def.Fields = slices.Clone(def.Fields)
	for i, f := range def.Fields {
		if f.Name == field {
			private := *f
			private.Directives = append(slices.DeleteFunc(slices.Clone(f.Directives), func(d *ast.Directive) bool { return d.Name == "data" }),
				&ast.Directive{Name: "data", Arguments: ast.ArgumentList{{Name: "sharing", Value: &ast.Value{Raw: "PRIVATE", Kind: ast.EnumValue}}}})
			def.Fields[i] = &private
		}
	}
	c, err := layer.NewCatalog(systems.All, &schema)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDownstreamThen: a moment gone by has its own dams and its own rivers, and each
// answer is of its moment.
func TestDownstreamThen(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	h := hubtest.Server(t, pool, func(c *resolvers.Config) { c.Clock = time.Now }).Alone().As(2)
	moment := func() (at time.Time) {
		if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	ask := func(more string) string {
		a := h.Post(`{ dam(id: "dam:TA_TRACH"`+more+`) { downstream { distanceM node { id } } } }`, nil)
		if len(a.Errors) > 0 {
			t.Fatal(a.Errors)
		}
		return string(a.Data)
	}
	then, was := moment(), ask("")
	for _, change := range []struct{ sql, gone string }{
		{"UPDATE stations SET river = 'sông  A Sáp', updated_at = stamped(updated_at) WHERE id = 'station:KIM_LONG'", "station:KIM_LONG"},
		{"UPDATE rivers SET flows_into = NULL, updated_at = stamped(updated_at) WHERE key = 'ta trach'", "dam:THAO_LONG"},
	} {
		if is := ask(""); !strings.Contains(is, change.gone) {
			t.Errorf("before %s: %s", change.sql, is)
		}
		if _, err := pool.Exec(t.Context(), change.sql); err != nil {
			t.Fatal(err)
		}
		if is := ask(""); strings.Contains(is, change.gone) {
			t.Errorf("after %s: %s", change.sql, is)
		}
		if is := ask(fmt.Sprintf(", asOf: %q", then.UTC().Format(time.RFC3339Nano))); is != was {
			t.Errorf("as it was before %s: %s, want %s", change.sql, is, was)
		}
	}
}
