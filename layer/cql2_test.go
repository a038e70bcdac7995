package layer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/internal/fault"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// truth is true, false or, where something is not known, nil.
type truth any

// known is a condition on a value, unknown without one.
func known[T any](field string, holds func(T) bool) func(row) truth {
	return func(r row) truth {
		v, ok := r[field].(T)
		if !ok {
			return nil
		}
		return holds(v)
	}
}

func at(holds func(time.Time) bool) func(row) truth { return when("observedAt", holds) }

func when(field string, holds func(time.Time) bool) func(row) truth {
	return known(field, func(s string) bool { return holds(parseTime(s)) })
}

func placed(holds func(orb.Point) bool) func(row) truth {
	return func(r row) truth {
		p, ok := r.at()
		if !ok {
			return nil
		}
		return holds(p)
	}
}

func unit(holds func(code string) bool) func(row) truth {
	return func(r row) truth {
		u, ok := r["unit"].(map[string]any)
		if !ok {
			return nil
		}
		return holds(u["code"].(string))
	}
}

func always(v truth) func(row) truth { return func(row) truth { return v } }

func inside(w, s, e, n float64) func(orb.Point) bool {
	return func(p orb.Point) bool { return p[0] >= w && p[0] <= e && p[1] >= s && p[1] <= n }
}

// cql2Filters are filters with the properties that they name and what plain Go
// thinks of a row.
var cql2Filters = []struct {
	on     *layer.System
	filter string
	names  string
	holds  func(row) truth
}{
	{systems.Dams.System, "levelM > 50", "levelM", known("levelM", func(x float64) bool { return x > 50 })},
	{systems.Dams.System, "50 > levelM", "levelM", known("levelM", func(x float64) bool { return x < 50 })},
	{systems.Dams.System, "levelM <= 31", "levelM", known("levelM", func(x float64) bool { return x <= 31 })},
	{systems.Dams.System, "powerMw IS NULL", "powerMw", func(r row) truth { return r["powerMw"] == nil }},
	{systems.Dams.System, "powerMw IS NOT NULL", "powerMw", func(r row) truth { return r["powerMw"] != nil }},
	{systems.Dams.System, "powerMw BETWEEN 10 AND 60.5", "powerMw", known("powerMw", func(x float64) bool { return x >= 10 && x <= 60.5 })},
	{systems.Dams.System, "NOT powerMw > 20", "powerMw", known("powerMw", func(x float64) bool { return x <= 20 })},
	{systems.Dams.System, "powerMw > 20 OR gated = TRUE", "powerMw gated", func(r row) truth {
		if x, ok := r["powerMw"].(float64); ok && x > 20 || r["gated"] == true {
			return true
		} else if !ok || r["gated"] == nil {
			return nil
		}
		return false
	}},
	{systems.Dams.System, "powerMw > 20 AND gated <> TRUE", "powerMw gated", func(r row) truth {
		x, ok := r["powerMw"].(float64)
		switch {
		case ok && x <= 20 || r["gated"] == true:
			return false
		case !ok || r["gated"] == nil:
			return nil
		}
		return true
	}},
	{systems.Dams.System, "levelM IN (1, 2.5, 27.94)", "levelM", known("levelM", func(x float64) bool { return x == 1 || x == 2.5 || x == 27.94 })},
	{systems.Dams.System, "damStatus = 'NORMAL'", "damStatus", known("damStatus", func(s string) bool { return s == "NORMAL" })},
	{systems.Dams.System, "damStatus NOT IN ('NORMAL', 'RELEASING')", "damStatus", known("damStatus", func(s string) bool { return s != "NORMAL" && s != "RELEASING" })},
	{systems.Dams.System, "basin = 'Hương'", "basin", known("basin", func(s string) bool { return s == "Hương" })},
	{systems.Dams.System, "basin < 'H'", "basin", known("basin", func(s string) bool { return s < "H" })},
	{systems.Dams.System, "basin IN ('Hương', 'Bồ')", "basin", known("basin", func(s string) bool { return s == "Hương" || s == "Bồ" })},
	{systems.Dams.System, "CASEI(basin) = CASEI('BỒ')", "basin", known("basin", func(s string) bool { return strings.ToLower(s) == "bồ" })},
	{systems.Dams.System, "CASEI(basin) IN (CASEI('BỒ'), 'hương')", "basin", known("basin", func(s string) bool {
		return slices.Contains([]string{"bồ", "hương"}, strings.ToLower(s))
	})},
	{systems.Dams.System, "label LIKE 'Hồ%'", "label", known("label", func(s string) bool { return strings.HasPrefix(s, "Hồ") })},
	{systems.Dams.System, "label LIKE 'ho%'", "label", known("label", func(s string) bool { return strings.HasPrefix(s, "ho") })},
	{systems.Dams.System, "CASEI(label) LIKE CASEI('hồ%')", "label", known("label", func(s string) bool { return strings.HasPrefix(strings.ToLower(s), "hồ") })},
	{systems.Dams.System, "ACCENTI(label) LIKE ACCENTI('Hồ T%')", "label", known("label", func(s string) bool { return strings.HasPrefix(s, "Hồ T") })},
	{systems.Dams.System, "ACCENTI(label) LIKE 'ho%'", "label", known("label", func(s string) bool { return false })},
	{systems.Dams.System, "CASEI(ACCENTI(label)) LIKE 'ho t%'", "label", known("label", func(s string) bool { return strings.HasPrefix(fold(s), "ho t") })},
	{systems.Dams.System, `code LIKE '%\_%'`, "code", known("code", func(s string) bool { return strings.Contains(s, "_") })},
	{systems.Dams.System, "code LIKE 'TA_TR__H'", "code", known("code", func(s string) bool { return s == "TA_TRACH" })},
	{systems.Dams.System, "id = 'dam:TA_TRACH'", "id", known("id", func(s string) bool { return s == "dam:TA_TRACH" })},
	{systems.Dams.System, "unit = '19900' OR unit LIKE '20%'", "unit", unit(func(s string) bool { return s == "19900" || strings.HasPrefix(s, "20") })},
	{systems.Dams.System, "unit <> '19900'", "unit", unit(func(s string) bool { return s != "19900" })},
	{systems.Vessels.System, "unit IS NULL", "unit", func(r row) truth { return r["unit"] == nil }},
	{systems.Vessels.System, "unit = '0'", "unit", unit(func(string) bool { return false })},
	{systems.Vessels.System, "shipType = 30", "shipType", known("shipType", func(x float64) bool { return x == 30 })},
	{systems.Vessels.System, "shipType < 30.5", "shipType", known("shipType", func(x float64) bool { return x < 30.5 })},
	{systems.Vessels.System, "shipType IN (30, 31.5, 1e12)", "shipType", known("shipType", func(x float64) bool { return x == 30 })},
	{systems.Vessels.System, "unregistered = FALSE", "unregistered", known("unregistered", func(b bool) bool { return !b })},
	{systems.Vessels.System, "licenceTo >= DATE('2026-06-01')", "licenceTo", known("licenceTo", func(s string) bool { return s >= "2026-06-01" })},
	{systems.Vessels.System, "licenceTo <> '2026-06-01'", "licenceTo", known("licenceTo", func(s string) bool { return s != "2026-06-01" })},
	{systems.Vessels.System, "T_DURING(licenceTo, INTERVAL('2026-03-01', '2026-12-31'))", "licenceTo", known("licenceTo", func(s string) bool { return s >= "2026-03-01" && s <= "2026-12-31" })},
	{systems.Vessels.System, "T_BEFORE(licenceTo, INTERVAL('..', '2026-12-31'))", "licenceTo", known("licenceTo", func(s string) bool { return false })},
	{systems.Vessels.System, "observedAt < TIMESTAMP('2026-03-02T01:30:00Z')", "observedAt", at(func(t time.Time) bool { return t.Before(parseTime("2026-03-02T01:30:00Z")) })},
	{systems.Vessels.System, "observedAt = DATE('2026-03-01')", "observedAt", at(func(t time.Time) bool { return geo.DateOf(t) == geo.Date{Year: 2026, Month: 3, Day: 1} })},
	{systems.Vessels.System, "observedAt > DATE('2026-03-01')", "observedAt", at(func(t time.Time) bool { return !t.Before(parseTime("2026-03-01T17:00:00Z")) })},
	{systems.Vessels.System, "T_AFTER(observedAt, TIMESTAMP('2026-03-02T01:30:00Z'))", "observedAt", at(func(t time.Time) bool { return t.After(parseTime("2026-03-02T01:30:00Z")) })},
	{systems.Vessels.System, "T_BEFORE(TIMESTAMP('2026-03-02T01:30:00Z'), observedAt)", "observedAt", at(func(t time.Time) bool { return t.After(parseTime("2026-03-02T01:30:00Z")) })},
	{systems.Vessels.System, "T_DURING(observedAt, INTERVAL('2026-03-01T00:00:00Z', '2026-03-02T01:30:00Z'))", "observedAt", at(func(t time.Time) bool {
		return t.After(parseTime("2026-03-01T00:00:00Z")) && t.Before(parseTime("2026-03-02T01:30:00Z"))
	})},
	{systems.Vessels.System, "T_INTERSECTS(observedAt, INTERVAL('..', '2026-03-02T01:30:00Z'))", "observedAt", at(func(t time.Time) bool { return !t.After(parseTime("2026-03-02T01:30:00Z")) })},
	{systems.Vessels.System, "T_INTERSECTS(observedAt, INTERVAL('..', '..'))", "observedAt", at(func(time.Time) bool { return true })},
	{systems.Vessels.System, "T_DISJOINT(observedAt, DATE('2026-03-02'))", "observedAt", at(func(t time.Time) bool { return geo.DateOf(t) != geo.Date{Year: 2026, Month: 3, Day: 2} })},
	{systems.Vessels.System, "T_EQUALS(lastSignalAt, DATE('2026-03-02'))", "lastSignalAt", when("lastSignalAt", func(t time.Time) bool { return geo.DateOf(t) == geo.Date{Year: 2026, Month: 3, Day: 2} })},
	{systems.Vessels.System, "S_INTERSECTS(geometry, BBOX(107.5, 16.4, 107.7, 16.6))", "geometry", placed(inside(107.5, 16.4, 107.7, 16.6))},
	{systems.Vessels.System, "S_DISJOINT(geometry, BBOX(107.5, 16.4, 107.7, 16.6))", "geometry", placed(func(p orb.Point) bool { return !inside(107.5, 16.4, 107.7, 16.6)(p) })},
	{systems.Vessels.System, "S_INTERSECTS(geometry, BBOX(108, -90, -170, 90))", "geometry", placed(func(p orb.Point) bool { return p[0] >= 108 || p[0] <= -170 })},
	{systems.Vessels.System, "S_WITHIN(geometry, POLYGON((107.5 16.4, 107.7 16.4, 107.7 16.6, 107.5 16.6, 107.5 16.4)))", "geometry", placed(inside(107.5, 16.4, 107.7, 16.6))},
	{systems.Vessels.System, "S_CONTAINS(POLYGON((107.5 16.4, 107.7 16.4, 107.7 16.6, 107.5 16.6, 107.5 16.4)), geometry)", "geometry", placed(inside(107.5, 16.4, 107.7, 16.6))},
	{systems.Vessels.System, "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POLYGON((107.5 16.4, 107.7 16.4, 107.7 16.6, 107.5 16.6, 107.5 16.4)), POINT(0 0)))", "geometry", placed(inside(107.5, 16.4, 107.7, 16.6))},
	{systems.Vessels.System, "S_TOUCHES(geometry, BBOX(107.5, 16.4, 107.7, 16.6))", "geometry", placed(func(orb.Point) bool { return false })},
	{systems.Vessels.System, "S_CROSSES(geometry, LINESTRING(107 16, 108 17))", "geometry", placed(func(orb.Point) bool { return false })},
	{systems.Vessels.System, "S_OVERLAPS(geometry, POINT(107 16))", "geometry", placed(func(orb.Point) bool { return false })},
	{systems.Vessels.System, "S_EQUALS(geometry, POINT(107 16))", "geometry", placed(func(p orb.Point) bool { return p == orb.Point{107, 16} })},
	{systems.Vessels.System, "geometry IS NULL", "geometry", func(r row) truth { _, ok := r.at(); return !ok }},
	{systems.Vessels.System, "TRUE", "", always(true)},
	{systems.SecurityIncidents.System, "FALSE OR incidentSeverity IS NOT NULL", "incidentSeverity", func(r row) truth { return r["incidentSeverity"] != nil }},
	{systems.Cameras.System, "label IS NULL", "label", func(r row) truth { return r["label"] == nil }},
}

// TestCQL2 asks each filter and its opposite, as each viewer: rows for which it
// is not known are in neither. Who may not see what it names is refused.
func TestCQL2(t *testing.T) {
	catalog := hubtest.Catalog(t)
	db := pgtest.Shared(t, province())
	viewers := []access.Viewer{hubtest.Anonymous, hubtest.Citizens, hubtest.Fisheries, hubtest.Operations}
	seen := map[string]map[string]bool{}
	denied := 0
	for _, test := range cql2Filters {
		t.Run(test.on.Field+" "+test.filter, func(t *testing.T) {
			_, tb := load(t, test.on)
			for _, viewer := range viewers {
				r := catalog.Read(db, viewer, hubtest.Now, nil)
				hidden := slices.ContainsFunc(strings.Fields(test.names), func(name string) bool { return !r.Sees(test.on, name) })
				key := viewer.Name + " " + test.on.Field
				if seen[key] == nil {
					seen[key] = idsOf(t, r, test.on)
				}
				for _, asked := range []struct {
					filter string
					want   truth
				}{{test.filter, true}, {"NOT (" + test.filter + ")", false}} {
					n, err := countBy(t.Context(), r, test.on, asked.filter)
					if hidden {
						denied++
						if f := fault.Of(err); f == nil || f.Code != "DENIED" {
							t.Errorf("%q: %v, want DENIED", viewer.Name, err)
						}
						continue
					}
					want := 0
					for _, row := range tb.rows {
						if seen[key][row.id()] && test.holds(row) == asked.want {
							want++
						}
					}
					if err != nil || n != want {
						t.Errorf("%q: %s: %d rows, %v; want %d", viewer.Name, asked.filter, n, err, want)
					}
				}
			}
		})
	}
	if denied == 0 {
		t.Error("no viewer was refused anything")
	}
}

// idsOf are the rows of a layer that a viewer sees.
func idsOf(t *testing.T, r *layer.Reader, s *layer.System) map[string]bool {
	t.Helper()
	ids, most := map[string]bool{}, layer.MaxFirst
	for q := (layer.Query{First: &most}); ; {
		page, next, err := r.PageOf(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range page {
			ids[id] = true
		}
		if next == nil {
			return ids
		}
		q.After = next
	}
}

func countBy(ctx context.Context, r *layer.Reader, s *layer.System, filter string) (int, error) {
	e, err := cql2.Parse(filter)
	if err != nil {
		return 0, err
	}
	l, err := r.Ask(ctx, s, layer.Query{CQL2: e})
	if err != nil {
		return 0, err
	}
	return l.Count(ctx)
}

// TestCQL2Hidden asks for every field that some viewer may not see.
func TestCQL2Hidden(t *testing.T) {
	catalog := hubtest.Catalog(t)
	db := pgtest.Shared(t, province())
	refused := 0
	for _, s := range catalog.Systems() {
		for _, viewer := range []access.Viewer{hubtest.Anonymous, hubtest.Citizens, hubtest.Fisheries, hubtest.Operations} {
			r := catalog.Read(db, viewer, hubtest.Now, nil)
			for _, q := range catalog.Info(s).Queryables() {
				_, err := countBy(t.Context(), r, s, fmt.Sprintf("TRUE OR %s IS NULL", q.Name))
				if r.Sees(s, q.Name) {
					if err != nil {
						t.Errorf("%s.%s, %q: %v", s.Field, q.Name, viewer.Name, err)
					}
					continue
				}
				refused++
				if f := fault.Of(err); f == nil || f.Code != "DENIED" {
					t.Errorf("%s.%s, %q: %v, want DENIED", s.Field, q.Name, viewer.Name, err)
				}
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d fields were refused", refused)
	}
}

// TestCQL2WithOthers: a filter narrows what the other conditions leave.
func TestCQL2WithOthers(t *testing.T) {
	_, tb := load(t, systems.Vessels.System)
	r := hubtest.Catalog(t).Read(pgtest.Shared(t, province()), hubtest.Operations, hubtest.Now, nil)
	from := parseTime("2026-03-02T00:00:00Z")
	box := geo.BBox{107.4, 16.3, 107.8, 16.7}
	e, err := cql2.Parse("lengthM > 12")
	if err != nil {
		t.Fatal(err)
	}
	two := 2
	q := layer.Query{CQL2: e, Area: &geo.Area{BBox: &box}, Observed: &layer.DateTimeRange{From: &from}, Filter: layer.Filter{"unregistered": map[string]any{"eq": false}}, First: &two}
	want := 0
	for _, row := range tb.rows {
		p, ok := row.at()
		length, _ := row["lengthM"].(float64)
		observed, _ := row["observedAt"].(string)
		if ok && inside(107.4, 16.3, 107.8, 16.7)(p) && length > 12 && row["unregistered"] == false && observed != "" && !parseTime(observed).Before(from) {
			want++
		}
	}
	var got []string
	for {
		page, next, err := r.PageOf(t.Context(), systems.Vessels.System, q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		if next == nil {
			break
		}
		q.After = next
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != want || n != len(got) || n < 3 {
		t.Errorf("%d rows by pages, want %d", len(got), want)
	}
}

func TestCQL2Refuses(t *testing.T) {
	r := hubtest.Catalog(t).Read(pgtest.Shared(t, province()), hubtest.Operations, hubtest.Now, nil)
	for _, test := range []struct {
		on                 *layer.System
		filter, code, says string
	}{
		{systems.Dams.System, "nothing = 1", "BAD_INPUT", "nothing can't be filtered"},
		{systems.Dams.System, "deadLevelM = 1", "BAD_INPUT", "deadLevelM can't be filtered"},
		{systems.Dams.System, "levelM = normalLevelM", "BAD_INPUT", "with a property"},
		{systems.Dams.System, "levelM + 1 = 2", "BAD_INPUT", "arithmetic is not supported"},
		{systems.Dams.System, "levelM = 1 + 1", "BAD_INPUT", "arithmetic is not supported"},
		{systems.Dams.System, "pi() = levelM", "BAD_INPUT", "function pi is not supported"},
		{systems.Dams.System, "now(1) = 2", "BAD_INPUT", "function now is not supported"},
		{systems.Dams.System, "mine(levelM)", "BAD_INPUT", "function mine is not supported"},
		{systems.Stations.System, "A_CONTAINS(parameters, ('level'))", "BAD_INPUT", "not supported"},
		{systems.Stations.System, "parameters = 'level'", "BAD_INPUT", "arrays are not supported"},
		{systems.Dams.System, "1 = 1", "BAD_INPUT", "not supported"},
		{systems.Dams.System, "levelM = 'high'", "BAD_INPUT", "compared with a number"},
		{systems.Dams.System, "basin = 5", "BAD_INPUT", "compared with a text"},
		{systems.Dams.System, "gated = 'yes'", "BAD_INPUT", "TRUE or FALSE"},
		{systems.Dams.System, "gated > FALSE", "BAD_INPUT", "TRUE or FALSE"},
		{systems.Dams.System, "damStatus = 'WET'", "BAD_INPUT", "NORMAL"},
		{systems.Dams.System, "damStatus < 'NORMAL'", "BAD_INPUT", "without an order"},
		{systems.Dams.System, "damStatus LIKE 'N%'", "BAD_INPUT", "LIKE is for texts"},
		{systems.Dams.System, "CASEI(levelM) = 'a'", "BAD_INPUT", "is no text"},
		{systems.Dams.System, "basin BETWEEN 1 AND 2", "BAD_INPUT", "is no number"},
		{systems.Dams.System, "geometry = 'here'", "BAD_INPUT", "S_INTERSECTS"},
		{systems.Dams.System, "S_INTERSECTS(river, POINT(1 1))", "BAD_INPUT", "no geometry"},
		{systems.Dams.System, "S_INTERSECTS(geometry, geometry)", "BAD_INPUT", "literal only"},
		{systems.Dams.System, "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "BAD_GEOMETRY", "[0.5, 0.5]"},
		{systems.Dams.System, "S_INTERSECTS(geometry, POINT(567254 1831205))", "BAD_GEOMETRY", "outside"},
		{systems.Dams.System, "S_INTERSECTS(geometry, BBOX(0, 0, 200, 1))", "BAD_GEOMETRY", "outside"},
		{systems.Dams.System, "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 1)))", "BAD_INPUT", "no collection"},
		{systems.Dams.System, "T_AFTER(river, DATE('2025-01-01'))", "BAD_INPUT", "is no time"},
		{systems.Dams.System, "T_AFTER(observedAt, updatedAt)", "BAD_INPUT", "with a property"},
		{systems.Dams.System, "T_DURING(observedAt, DATE('2025-01-01'))", "BAD_INPUT", "takes an interval"},
		{systems.Dams.System, "T_DURING(observedAt, INTERVAL('2025-01-02', '2025-01-01'))", "BAD_INPUT", "ends before it starts"},
		{systems.Dams.System, "T_MEETS(observedAt, INTERVAL('2025-01-02', '..'))", "BAD_INPUT", "not supported"},
		{systems.Dams.System, "observedAt = 'yesterday'", "BAD_INPUT", "TIMESTAMP"},
		{systems.Vessels.System, "licenceTo = TIMESTAMP('2025-01-01T00:00:00Z')", "BAD_INPUT", "is a day"},
	} {
		t.Run(test.filter, func(t *testing.T) {
			_, err := countBy(t.Context(), r, test.on, test.filter)
			if f := fault.Of(err); f == nil || f.Code != test.code || !strings.Contains(f.Message, test.says) {
				t.Errorf("error %v, want %s: … %s", err, test.code, test.says)
			}
		})
	}
}

// TestCQL2UsesIndex: what a filter says of places is looked up in the index.
func TestCQL2UsesIndex(t *testing.T) {
	tx := pgtest.Tx(t, province())
	if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	r := hubtest.Catalog(t).Read(tx, hubtest.Operations, hubtest.Now, nil)
	for _, op := range []string{"S_INTERSECTS", "S_WITHIN", "S_CONTAINS", "S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS"} {
		for _, literal := range []string{"BBOX(107.5, 16.4, 107.6, 16.5)", "POLYGON((107.5 16.4, 107.6 16.4, 107.6 16.5, 107.5 16.4))"} {
			e, err := cql2.Parse(op + "(geometry, " + literal + ") AND levelM > 1")
			if err != nil {
				t.Fatal(err)
			}
			l, err := r.Ask(t.Context(), systems.Dams.System, layer.Query{CQL2: e})
			if err != nil {
				t.Fatal(err)
			}
			sql, args := clause.Of("EXPLAIN SELECT ?", l.CountOf()).SQL()
			rows, err := tx.Query(t.Context(), sql, args...)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if plan := strings.Join(lines, "\n"); err != nil || !strings.Contains(plan, "dams_geom_idx") {
				t.Errorf("%s %s: %v\n%s", op, literal, err, plan)
			}
		}
	}
}
