package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/geo"
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

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestStatements: the number of statements does not grow with the page.
func TestStatements(t *testing.T) {
	var c counter
	pool := pgtest.Shared(t, hubtest.Province(), func(p *pgxpool.Config) { p.ConnConfig.Tracer = &c })
	h := hubtest.Server(t, pool).As(2)
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

// TestMasks: what an anonymous viewer may not see is null, named in `masked`,
// and can't be asked by.
func TestMasks(t *testing.T) {
	h := province(t)
	type report struct {
		FirstName, Phone *string
		Masked           []string
	}
	var got struct{ Reports struct{ Nodes []report } }
	const query = `{ reports(first: 200, filter: {observed: {from: "2025-12-01T00:00:00Z"}}) { nodes { firstName phone masked } } }`
	h.Ask(query, nil, &got)
	for _, r := range got.Reports.Nodes {
		if r.FirstName != nil || r.Phone != nil || !slices.Contains(r.Masked, "firstName") || !slices.Contains(r.Masked, "phone") {
			t.Fatalf("anonymous sees %+v", r)
		}
	}
	h.As(2).Ask(query, nil, &got)
	seen := slices.ContainsFunc(got.Reports.Nodes, func(r report) bool { return r.FirstName != nil && r.Phone != nil })
	if masked := slices.ContainsFunc(got.Reports.Nodes, func(r report) bool { return slices.Contains(r.Masked, "phone") }); !seen || masked {
		t.Errorf("operations: sees a reporter %v, phone masked %v", seen, masked)
	}
	for _, test := range []struct{ name, query, code string }{
		{"order by a hidden field", `{ cardReaders(orderBy: {field: DENIED24H}) { nodes { id } } }`, "DENIED"},
		{"filter by a hidden field", `{ articles(filter: {handlingStatus: {isNull: false}}) { nodes { id } } }`, "DENIED"},
		{"group by a hidden field", `{ articles { groups(by: [HANDLING_STATUS]) { count } } }`, "DENIED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(test.query, nil)
			if len(a.Errors) == 0 || a.Errors[0].Code() != test.code {
				t.Errorf("%+v %.200s", a.Errors, a.Data)
			}
			if b := h.As(2).Post(test.query, nil); len(b.Errors) > 0 {
				t.Errorf("operations: %s", b.Errors[0].Message)
			}
		})
	}
}

// TestHiddenRows: a layer above the viewer leaves no trace in lists, counts,
// extents, the catalogue, or by id and key.
func TestHiddenRows(t *testing.T) {
	h := province(t)
	var ops struct {
		Vessels struct {
			TotalCount int
			Nodes      []struct{ ID, Registration string }
		}
	}
	h.As(2).Ask(`{ vessels(first: 1, filter: {registration: {prefix: "tth"}}) { totalCount nodes { id registration } } }`, nil, &ops)
	if ops.Vessels.TotalCount == 0 {
		t.Fatal("no vessels at all")
	}
	v := ops.Vessels.Nodes[0]
	for _, who := range []*hubtest.Hub{h, h.As(0)} {
		var got struct {
			Vessels struct {
				TotalCount int
				Extent     []float64
				Nodes      []any
			}
			Vessel   any
			Feature  any
			Entities []any `json:"_entities"`
			Features struct{ TotalCount int }
			Layers   []struct {
				Name  string
				Count int
			}
		}
		who.Ask(`query($id: ID!, $r: [_Any!]!) { vessels { totalCount extent nodes { id } } vessel(id: $id) { id } feature(id: $id) { id }
			_entities(representations: $r) { __typename } features(layers: [VESSEL]) { totalCount } layers { name count } }`,
			map[string]any{"id": v.ID, "r": []any{map[string]any{"__typename": "Vessel", "registration": v.Registration}, map[string]any{"__typename": "Vessel", "id": v.ID}}}, &got)
		if got.Vessels.TotalCount != 0 || got.Vessels.Extent != nil || len(got.Vessels.Nodes) != 0 || got.Vessel != nil || got.Feature != nil ||
			got.Features.TotalCount != 0 || !slices.Equal(got.Entities, []any{nil, nil}) {
			t.Errorf("a hidden vessel shows: %+v", got)
		}
		for _, l := range got.Layers {
			if l.Name == "VESSEL" && l.Count != 0 {
				t.Errorf("the catalogue counts %d vessels", l.Count)
			}
		}
	}
}

// TestNear: the order is by metres, equal to a naive reckoning over all rows,
// page after page.
func TestNear(t *testing.T) {
	h := province(t)
	type edges struct {
		Edges []struct {
			DistanceM float64
			Node      struct {
				ID       string
				Position struct{ Lon, Lat float64 }
			}
		}
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
	}
	from := orb.Point{107.5905, 16.4637}
	var all, got []float64
	for after := any(nil); ; {
		var page struct{ Cameras edges }
		h.Ask(`query($after: String) { cameras(first: 1000, after: $after) { edges { node { id position { lon lat } } } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, e := range page.Cameras.Edges {
			all = append(all, geo.DistanceM(from, orb.Point{e.Node.Position.Lon, e.Node.Position.Lat}))
		}
		if after = page.Cameras.PageInfo.EndCursor; !page.Cameras.PageInfo.HasNextPage {
			break
		}
	}
	slices.Sort(all)
	seen := map[string]bool{}
	for after := any(nil); len(got) < 200; {
		var page struct{ Cameras edges }
		h.Ask(`query($after: String) { cameras(near: {lon: 107.5905, lat: 16.4637}, first: 37, after: $after) { edges { distanceM node { id position { lon lat } } } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, e := range page.Cameras.Edges {
			if seen[e.Node.ID] {
				t.Fatalf("%s comes twice", e.Node.ID)
			}
			seen[e.Node.ID] = true
			got = append(got, e.DistanceM)
		}
		after = page.Cameras.PageInfo.EndCursor
	}
	for i, d := range got {
		if math.Abs(d-all[i]) > 0.01 {
			t.Fatalf("row %d is %.3f m away, want %.3f m", i, d, all[i])
		}
	}
}

// TestPagesWhileDataComesIn: pages by id neither repeat nor skip a row that was
// there from the start, while others are inserted.
func TestPagesWhileDataComesIn(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	ctx := context.Background()
	insert := func(from, to, step int) error {
		var rows []*systems.Place
		for i := from; i < to; i += step {
			now := time.Now()
			rows = append(rows, &systems.Place{Base: layer.Base{ID: fmt.Sprintf("place:%05d", i), LabelVI: "x", Geom: orb.Point{107.5, 16.4}, Source: "test", ObservedAt: &now}})
		}
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		if _, err := ingest.Upsert(ctx, tx, systems.Places, rows); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
	const n = 2000
	if err := insert(0, n, 2); err != nil {
		t.Fatal(err)
	}
	var inserting sync.WaitGroup
	inserting.Go(func() {
		for i := 1; i < n; i += 40 {
			if err := insert(i, i+40, 2); err != nil {
				t.Error(err)
			}
		}
	})
	h := hubtest.Server(t, pool)
	seen := map[string]int{}
	for after := any(nil); ; {
		var page struct {
			Places struct {
				Nodes    []struct{ ID string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		h.Ask(`query($after: String) { places(first: 23, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, p := range page.Places.Nodes {
			seen[p.ID]++
		}
		if after = page.Places.PageInfo.EndCursor; !page.Places.PageInfo.HasNextPage {
			break
		}
	}
	inserting.Wait()
	for i := 0; i < n; i += 2 {
		if c := seen[fmt.Sprintf("place:%05d", i)]; c != 1 {
			t.Errorf("place %05d came %d times", i, c)
		}
	}
	for id, c := range seen {
		if c > 1 {
			t.Errorf("%s came %d times", id, c)
		}
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

// TestEntities: mixed keys and unknown ids are answered in order.
func TestEntities(t *testing.T) {
	h := province(t).As(2)
	var got struct {
		Entities []struct {
			Code, Unit, Agency string
		} `json:"_entities"`
	}
	rep := func(typ string, kv ...string) map[string]any {
		r := map[string]any{"__typename": typ}
		for i := 0; i < len(kv); i += 2 {
			r[kv[i]] = kv[i+1]
		}
		return r
	}
	h.Ask(`query($r: [_Any!]!) { _entities(representations: $r) { ... on Dam { code } ... on Unit { unit: code } ... on Agency { agency: code } ... on Station { code } } }`,
		map[string]any{"r": []any{rep("Dam", "code", "TA_TRACH"), rep("Dam", "id", "dam:NOPE"), rep("Station", "code", "KIM_LONG"), rep("Dam", "id", "dam:BINH_DIEN"),
			rep("Unit", "code", "19774", "validFrom", "2025-07-01"), rep("Unit", "code", "19774", "validFrom", "2025-07-02"), rep("Agency", "code", "H57"), rep("Dam", "code", "NOPE")}}, &got)
	var codes []string
	for _, e := range got.Entities {
		codes = append(codes, e.Code+e.Unit+e.Agency)
	}
	if want := []string{"TA_TRACH", "", "KIM_LONG", "BINH_DIEN", "19774", "", "H57", ""}; !slices.Equal(codes, want) {
		t.Errorf("entities %q, want %q", codes, want)
	}
}

// TestAlias: a vessel first known by AIS only is found under its older id.
func TestAlias(t *testing.T) {
	h := province(t).As(2)
	var got struct {
		Feature, ByKey *struct {
			ID      string
			Aliases []string
			Label   string
		}
	}
	h.Ask(`{ feature(id: "vessel:mmsi-574001234") { id aliases label } byKey: vessel(id: "vessel:mmsi-574001234") { id aliases label } }`, nil, &got)
	if got.Feature == nil || got.Feature.ID == "vessel:mmsi-574001234" || !slices.Contains(got.Feature.Aliases, "vessel:mmsi-574001234") || got.ByKey == nil {
		t.Errorf("the alias gives %+v and %+v", got.Feature, got.ByKey)
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
	h := hubtest.Server(t, pool).As(2)
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

// TestAcrossPages walks `features` over all layers by id and by distance: each
// feature once, as many as the count says, nearest first.
func TestAcrossPages(t *testing.T) {
	h := province(t).As(2)
	for _, near := range []string{"", ", near: {lon: 107.58, lat: 16.46}"} {
		type page struct {
			Features struct {
				TotalCount int
				Edges      []struct {
					DistanceM float64
					Node      struct{ ID string }
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		seen, last, total := map[string]bool{}, -1.0, 0
		for after := any(nil); ; {
			var p page
			h.Ask(`query($after: String) { features(layers: [DAM, STATION, PLACE, ZONE, BILLBOARD, OFFICE], area: {bbox: [107, 16, 108, 16.6]}, first: 61, after: $after`+near+`) { totalCount edges { distanceM node { id } } pageInfo { hasNextPage endCursor } } }`,
				map[string]any{"after": after}, &p)
			for _, e := range p.Features.Edges {
				if seen[e.Node.ID] || e.DistanceM < last && near != "" {
					t.Fatalf("%s at %v m comes twice or after %v m", e.Node.ID, e.DistanceM, last)
				}
				seen[e.Node.ID], last = true, e.DistanceM
			}
			total = p.Features.TotalCount
			if after = p.Features.PageInfo.EndCursor; !p.Features.PageInfo.HasNextPage {
				break
			}
		}
		if len(seen) != total || total < 200 {
			t.Errorf("near %q: %d features by pages, %d counted", near, len(seen), total)
		}
	}
}
