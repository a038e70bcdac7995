package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
	"geohub/web"
)

func province(t *testing.T) *hubtest.Hub {
	t.Helper()
	return hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
}

// TestExamples: each query of the console answers, with something in it.
func TestExamples(t *testing.T) {
	h := province(t).As(2)
	examples, err := web.Examples()
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 12 {
		t.Errorf("%d examples; a dozen are promised", len(examples))
	}
	for _, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			var variables map[string]any
			if e.Variables != nil {
				if err := json.Unmarshal(e.Variables, &variables); err != nil {
					t.Fatal(err)
				}
			}
			a := h.Post(e.Query, variables)
			if len(a.Errors) > 0 {
				t.Fatalf("%s", a.Errors[0].Message)
			}
			if empty := strings.Contains(string(a.Data), `"nodes":[]`) || strings.Contains(string(a.Data), `"edges":[]`); empty {
				t.Errorf("a list is empty: %.600s", a.Data)
			}
		})
	}
}

// TestOneWard is the newcomer's question: five systems inside one ward, in one
// request.
func TestOneWard(t *testing.T) {
	h := province(t).As(2)
	var got map[string]struct {
		TotalCount int
		Nodes      []struct{ Unit struct{ Code string } }
	}
	h.Ask(`query($in: Area) {
		vessels(area: $in) { totalCount nodes { unit { code } } } dams(area: {units: [{code: "46"}]}) { totalCount nodes { unit { code } } }
		cameras(area: $in) { totalCount nodes { unit { code } } } billboards(area: {units: [{code: "19789"}]}) { totalCount nodes { unit { code } } }
		reports(area: $in, filter: {observed: {from: "2025-07-01T00:00:00+07:00"}}) { totalCount nodes { unit { code } } } }`,
		map[string]any{"in": map[string]any{"units": []any{map[string]any{"code": "19900"}}}}, &got)
	for name, list := range got {
		if list.TotalCount == 0 {
			t.Errorf("no %s there", name)
		}
		for _, n := range list.Nodes {
			if name != "dams" && name != "billboards" && n.Unit.Code != "19900" {
				t.Errorf("%s in unit %s", name, n.Unit.Code)
			}
		}
	}
}

// counter counts the statements of a pool.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	// A new connection asks for its types and a key is looked up again, whenever it is time for that.
	if !strings.Contains(d.SQL, "pg_extension") && !strings.Contains(d.SQL, "api_keys") {
		c.n.Add(1)
	}
	return ctx
}
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestStatements: the number of statements does not grow with the page.
func TestStatements(t *testing.T) {
	var c counter
	pool := pgtest.Shared(t, hubtest.Province(), func(p *pgxpool.Config) { p.ConnConfig.Tracer = &c })
	h := hubtest.Server(t, pool).As(2).Alone()
	ask := func(first int) int64 {
		page := fmt.Sprintf("first: %d", first)
		before := c.n.Load()
		var out map[string]any
		h.Ask(`{ vessels(`+page+`) { nodes { label unit { name parent { name } } homePort { label unit { name } } positions(last: 3) { lon } track(last: 5) provenance { agency { name } } } }
			dams { nodes { label unit { name } readings(last: 2) { value } geometry(crs: 9214) } }
			cameras(`+page+`) { nodes { label unit { name predecessors { name } } aliases } }
			billboards { nodes { label unit { name } } }
			reports(`+page+`) { nodes { label unit { name } agencyResponsible { name parent { name } } } } }`, nil, &out)
		return c.n.Load() - before
	}
	ask(2) // the key and the CRS are remembered from here on
	small, large := ask(5), ask(100)
	t.Logf("%d statements for pages of 5, %d for pages of 100", small, large)
	if large > 35 {
		t.Errorf("%d statements for one operation", large)
	}
	if large > small+8 {
		t.Errorf("statements grow with the page: %d at 5, %d at 100", small, large)
	}
}

// TestOneStatement: what is printed fast takes one statement, whatever it leads to.
func TestOneStatement(t *testing.T) {
	var c counter
	pool := pgtest.Shared(t, hubtest.Province(), func(p *pgxpool.Config) { p.ConnConfig.Tracer = &c })
	h := hubtest.Server(t, pool).As(2)
	for _, test := range []struct{ name, query string }{
		{"a list", `{ dams { nodes { label unit { parent { name } } readings { value } } totalCount extent groups(by: [UNIT, AGENCY]) { count keys { value title } } geojson } }`},
		{"layers", `{ features(first: 40) { nodes { label unit { name } } totalCount extent geojson } }`},
		{"entities", `{ _entities(representations: [{__typename: "Dam", code: "TA_TRACH"}, {__typename: "Unit", code: "46", validFrom: "2025-01-01"}, {__typename: "Agency", code: "H57"},
			{__typename: "Dam", id: "dam:NOPE"}, {__typename: "Vessel", registration: "NOPE"}, {__typename: "Dam", id: "dam:TA_TRACH"}]) {
			__typename ... on Dam { __typename label provenance { agency { name } } } ... on Unit { name children { name } } ... on Agency { name children { code } } ... on Feature { id } } }`},
		{"units", `{ units { name parent { name } children { name } predecessors { name } successors { name } } }`},
		{"a unit", `{ unit(code: "46") { name children { name predecessors { name } } } }`},
		{"agencies", `{ agencies { code name parent { name } children { name unit { name } } } }`},
		{"the catalogue", `{ layers { name title(lang: EN) agency { name } count extent freshness { stale } fields { name title values { value title } } } }`},
		{"a search", `{ searchPlaces(text: "hue", near: {lon: 107.6, lat: 16.4}) { distanceM cursor node { label } } }`},
		{"coverage", `{ cameras(first: 100) { nodes { coverage azimuthDeg } } }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.Ask(test.query, nil, new(any)) // both printers; the key is remembered from here on
			before := c.n.Load()
			h.Alone().Ask(test.query, nil, new(any))
			if n := c.n.Load() - before; n != 1 {
				t.Errorf("%d statements", n)
			}
		})
	}
}

// TestFolding: words are found without accents and in both spellings.
func TestFolding(t *testing.T) {
	h := province(t)
	for _, text := range []string{"thuy xuan", "Thủy Xuân", "Thuỷ Xuân", "THỦY  xuân"} {
		var got struct {
			Units        []struct{ Name string }
			SearchPlaces []struct{ Node struct{ Label string } }
		}
		h.Ask(`query($t: String!) { units(kind: COMMUNE, text: $t) { name } searchPlaces(text: $t) { node { label } } }`, map[string]any{"t": text}, &got)
		if len(got.SearchPlaces) == 0 {
			t.Errorf("%q finds no place", text)
		}
		if text != "THỦY  xuân" && (len(got.Units) != 1 || got.Units[0].Name != "Phường Thủy Xuân") {
			t.Errorf("%q finds units %v", text, got.Units)
		}
	}
}

// TestEpochs: a code means another unit at another time, and what was observed
// in an old unit is found in the new one.
func TestEpochs(t *testing.T) {
	h := province(t)
	var got struct {
		Old, Mid, New *struct {
			Name         string
			Successors   []struct{ Code, ValidFrom string }
			Predecessors []struct{ Name string }
		}
		In, Before struct{ TotalCount int }
		Reports    struct {
			Nodes []struct {
				Unit struct {
					Code, ValidFrom string
					Successors      []struct{ Code string }
				}
			}
		}
	}
	h.Ask(`{ old: unit(code: "19753", at: "2024-06-01") { name successors { code validFrom } }
		mid: unit(code: "19753", at: "2025-03-01") { name successors { code validFrom } }
		new: unit(code: "19753") { name predecessors { name } }
		in: reports(area: {units: [{code: "19753"}]}) { totalCount }
		before: reports(area: {units: [{code: "19753"}]}, filter: {observed: {to: "2025-06-30T17:00:00Z"}}) { totalCount }
		reports(area: {units: [{code: "19753"}]}, filter: {observed: {to: "2025-06-30T17:00:00Z", from: "2025-01-01T00:00:00+07:00"}}, first: 100) { nodes { unit { code validFrom successors { code } } } } }`, nil, &got)
	if got.Old == nil || !strings.Contains(got.Old.Name, "Thuận Lộc") || got.New == nil || !strings.Contains(got.New.Name, "Phú Xuân") {
		t.Errorf("19753 was %+v and is %+v", got.Old, got.New)
	}
	if got.Mid == nil || len(got.Mid.Successors) != 1 || got.Mid.Successors[0].ValidFrom != "2025-07-01" || len(got.New.Predecessors) != 6 {
		t.Errorf("successors of the old %+v, predecessors of the new %+v", got.Mid, got.New)
	}
	if got.Before.TotalCount == 0 || got.In.TotalCount <= got.Before.TotalCount {
		t.Errorf("%d reports in Phú Xuân, %d of them before it was", got.In.TotalCount, got.Before.TotalCount)
	}
	for _, r := range got.Reports.Nodes {
		if r.Unit.ValidFrom != "2025-01-01" || len(r.Unit.Successors) != 1 || r.Unit.Successors[0].Code != "19753" {
			t.Errorf("a report of then lies in %+v", r.Unit)
		}
	}
}

// TestVN2000 holds coordinates in and out to the control point.
func TestVN2000(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	ctx := context.Background()
	tx, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, err := ingest.Upsert(ctx, tx, systems.Places, []*systems.Place{{Base: layer.Base{ID: "place:control", Geom: orb.Point{107.585, 16.463}, Source: "test", ObservedAt: &now}}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	h := hubtest.Server(t, pool)
	var got struct {
		Place struct {
			Geometry struct{ Coordinates [2]float64 }
		}
		In, Out struct{ TotalCount int }
	}
	square := func(x, y float64) string {
		return fmt.Sprintf(`{projected: {crs: 9214, geometry: {type: "Polygon", coordinates: [[[%[1]f, %[3]f], [%[2]f, %[3]f], [%[2]f, %[4]f], [%[1]f, %[4]f], [%[1]f, %[3]f]]]}}}`, x-1, x+1, y-1, y+1)
	}
	h.Ask(`{ place(id: "place:control") { geometry(crs: 9214) } in: places(area: `+square(562268.12, 1820899.64)+`) { totalCount } out: places(area: `+square(562463.56, 1820787.60)+`) { totalCount } }`, nil, &got)
	if c := got.Place.Geometry.Coordinates; math.Abs(c[0]-562268.12) > 0.02 || math.Abs(c[1]-1820899.64) > 0.02 {
		t.Errorf("control point at %.3f %.3f, want 562268.12 1820899.64 ± 0.02", c[0], c[1])
	}
	if got.In.TotalCount != 1 || got.Out.TotalCount != 0 {
		t.Errorf("%d in the square round it, %d in the one without the datum shift", got.In.TotalCount, got.Out.TotalCount)
	}
}

// TestUnitCounts: the counts of a unit are those of its lists, for a unit that
// stands, one that was merged and the whole province; and counting 40 units
// takes no more statements than counting one.
func TestUnitCounts(t *testing.T) {
	var c counter
	pool := pgtest.Shared(t, hubtest.Province(), func(p *pgxpool.Config) { p.ConnConfig.Tracer = &c })
	h := hubtest.Server(t, pool).As(2).Alone()
	for _, ref := range []struct{ code, at string }{{"19900", "2026-01-01"}, {"19750", "2025-03-01"}, {"19822", "2024-03-01"}, {"46", "2026-01-01"}} {
		var got struct {
			Unit struct {
				Counts []struct {
					Layer string
					Count int
				}
			}
			Reports, Zones, Vessels, Dossiers struct{ TotalCount int }
		}
		h.Ask(`query($c: String!, $d: Date, $in: Area) { unit(code: $c, at: $d) { counts { layer count } }
			reports(area: $in) { totalCount } zones(area: $in) { totalCount } vessels(area: $in) { totalCount } dossiers(area: $in) { totalCount } }`,
			map[string]any{"c": ref.code, "d": ref.at, "in": map[string]any{"units": []any{map[string]any{"code": ref.code, "at": ref.at}}}}, &got)
		want := map[string]int{"REPORT": got.Reports.TotalCount, "ZONE": got.Zones.TotalCount, "VESSEL": got.Vessels.TotalCount, "DOSSIER": got.Dossiers.TotalCount}
		if want["REPORT"] == 0 {
			t.Errorf("no reports in %v", ref)
		}
		for _, k := range got.Unit.Counts {
			if n, asked := want[k.Layer]; asked && n != k.Count {
				t.Errorf("%v: counts say %d of %s, its list %d", ref, k.Count, k.Layer, n)
			}
		}
	}
	before := c.n.Load()
	var units struct{ Units []struct{ Counts []any } }
	h.Ask(`{ units(kind: COMMUNE) { code counts { layer count } parent { name } predecessors { name } geometry(simplifyM: 200) } }`, nil, &units)
	if n := c.n.Load() - before; n > 8 || len(units.Units) != 40 {
		t.Errorf("%d statements for %d units", n, len(units.Units))
	}
}

// TestReadme asks the README's queries.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	h := province(t).As(2)
	queries := regexp.MustCompile(`(?s)\n    hub '(.*?)'\n`).FindAllStringSubmatch(string(text), -1)
	if len(queries) < 5 {
		t.Errorf("%d queries; five are promised", len(queries))
	}
	for _, q := range queries {
		if a := h.Post(q[1], nil); len(a.Errors) > 0 {
			t.Errorf("%s\n%s", a.Errors[0].Message, q[1])
		}
	}
}
