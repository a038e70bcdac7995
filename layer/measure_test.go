package layer_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
)

// statistic is the naive one of some values; nil of none.
func statistic(of string, values []float64) *float64 {
	slices.Sort(values)
	n := float64(len(values))
	if of == "COUNT" {
		return &n
	}
	if n == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	rank := func(share float64) float64 {
		at := share * (n - 1)
		low, high := values[int(math.Floor(at))], values[int(math.Ceil(at))]
		return low + (high-low)*(at-math.Floor(at))
	}
	out := map[string]float64{"SUM": sum, "AVG": sum / n, "MIN": values[0], "MAX": values[len(values)-1], "P50": rank(0.5), "P90": rank(0.9)}[of]
	return &out
}

// TestMeasures: the figures of each cell are those of its rows.
func TestMeasures(t *testing.T) {
	for _, s := range naiveLayers {
		t.Run(s.Field, func(t *testing.T) {
			h, tb := load(t, s)
			by := []string{"UNIT", "AGENCY", "MONTH"}
			for _, f := range tb.Fields {
				if f.Group {
					by = append(by, f.Member())
				}
			}
			query := fmt.Sprintf(`query($filter: %[1]sFilter, $by: [%[1]sGroup!]!, $measures: [%[1]sMeasure!]) {
				%[2]s(filter: $filter) { groups(by: $by, measures: $measures) { count keys { field value from to } measures { name unit value } } } }`, s.Type, s.Field)
			known := 0
			rapid.Check(t, func(t *rapid.T) {
				by := rapid.SliceOfN(rapid.SampledFrom(by), 1, 2).Draw(t, "by")
				var measures []map[string]any
				var fields []*layer.Field
				for range rapid.IntRange(1, 5).Draw(t, "measures") {
					f := rapid.SampledFrom(s.Numbers()).Draw(t, "field")
					of := rapid.SampledFrom([]string{"COUNT", "SUM", "AVG", "MIN", "MAX", "P50", "P90"}).Draw(t, "of")
					measures, fields = append(measures, map[string]any{"field": f.Member(), "of": of}), append(fields, f)
				}
				filter := map[string]any{}
				if rapid.Bool().Draw(t, "filtered") {
					filter = tb.filter(t, 1)
				}
				want := map[string][]row{}
				for _, r := range tb.rows {
					if tb.holds(r, filter) {
						keys := make([]string, len(by))
						for i, field := range by {
							keys[i] = tb.groupKey(r, field)
						}
						key := strings.Join(keys, " | ")
						want[key] = append(want[key], r)
					}
				}
				type measured struct {
					cell
					Measures []struct {
						Name  string
						Unit  *string
						Value *float64
					}
				}
				var answer map[string]struct{ Groups []measured }
				ask(t, h, query, map[string]any{"filter": filter, "by": by, "measures": measures}, &answer)
				got := answer[s.Field].Groups
				if len(got) != len(want) {
					t.Fatalf("%d cells, want %d", len(got), len(want))
				}
				for _, c := range got {
					for i, m := range c.Measures {
						var values []float64
						for _, r := range want[c.key()] {
							if v, ok := r[fields[i].Name].(float64); ok {
								values = append(values, v)
							}
						}
						of := measures[i]["of"].(string)
						if m.Name != fields[i].Name+"."+of {
							t.Errorf("measure %q of %s %s", m.Name, fields[i].Name, of)
						}
						if unit := tb.info.Field(fields[i].Name).Measure; (unit != "" && of != "COUNT") != (m.Unit != nil) || m.Unit != nil && *m.Unit != unit {
							t.Errorf("%s in %v, want %q", m.Name, m.Unit, unit)
						}
						w := statistic(of, values)
						if (w == nil) != (m.Value == nil) || w != nil && math.Abs(*w-*m.Value) > 1e-9*(1+math.Abs(*w)) {
							t.Fatalf("%s of cell %s: %v, want %v", m.Name, c.key(), show(m.Value), show(w))
						}
						if w != nil && *w != 0 {
							known++
						}
					}
				}
			})
			if known == 0 {
				t.Error("nothing was measured: the test shows nothing")
			}
		})
	}
}

func show(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

// TestRegroup: units of another level or day are those that the database's one
// rule gives each place then, and each agrees with the list of its unit.
func TestRegroup(t *testing.T) {
	pool := pgtest.Shared(t, province())
	hub := hubtest.Server(t, pool)
	district := func(unit string) string {
		return `(SELECT d.id FROM units c JOIN units d ON d.kind = 'DISTRICT' AND d.code = c.parent_code AND d.valid_from <= c.valid_from AND coalesce(d.valid_to, 'infinity') > c.valid_from WHERE c.id = ` + unit + `)`
	}
	province := func(unit string) string {
		return `(SELECT p.id FROM units c JOIN units p ON p.kind = 'PROVINCE' AND p.valid_from <= c.valid_from AND coalesce(p.valid_to, 'infinity') > c.valid_from WHERE c.id = ` + unit + `)`
	}
	for _, test := range []struct{ name, arguments, unit string }{
		{"communes of a former day", `at: "2024-12-31"`, `unit_of(f.geom, '2024-12-31')`},
		{"communes of between", `at: "2025-06-30", level: COMMUNE`, `unit_of(f.geom, '2025-06-30')`},
		{"communes of today", `at: "2026-03-02"`, `unit_of(f.geom, '2026-03-02')`},
		{"districts of a former day", `at: "2025-06-30", level: DISTRICT`, district(`unit_of(f.geom, '2025-06-30')`)},
		{"districts of a day before", `at: "2024-12-31", level: DISTRICT`, district(`unit_of(f.geom, '2024-12-31')`)},
		{"the province", `at: "2026-03-02", level: PROVINCE`, province(`unit_of(f.geom, '2026-03-02')`)},
		{"districts of each time", `level: DISTRICT`, district(`f.unit_id`)},
		{"the province at each time", `level: PROVINCE`, province(`f.unit_id`)},
		{"communes of each time", `level: COMMUNE`, `f.unit_id`},
	} {
		for _, in := range []struct {
			field, table string
			viewer       int
			where        string
		}{
			{"reports", "reports", 0, "f.sharing = 0"}, {"reports", "reports", 2, "true"}, {"vessels", "vessels", 2, "true"}, {"alerts", "alerts", 2, "true"},
		} {
			t.Run(fmt.Sprint(test.name, " ", in.field, " ", in.viewer), func(t *testing.T) {
				expression := test.unit
				if in.table == "alerts" {
					expression = strings.ReplaceAll(expression, "f.geom", "ST_PointOnSurface(f.geom)")
				}
				want := map[string]int{}
				rows, err := pool.Query(t.Context(), `SELECT coalesce(u.code || ' ' || u.valid_from, 'none'), count(*) FROM `+in.table+` f
					LEFT JOIN LATERAL (SELECT * FROM units u WHERE u.id = `+expression+`) u ON f.unit_id IS NOT NULL
					WHERE `+in.where+` GROUP BY 1`)
				if err != nil {
					t.Fatal(err)
				}
				for rows.Next() {
					var key string
					var n int
					if err := rows.Scan(&key, &n); err != nil {
						t.Fatal(err)
					}
					want[key] = n
				}
				if rows.Err() != nil {
					t.Fatal(rows.Err())
				}
				h := hub.As(in.viewer)
				var answer map[string]struct {
					Groups []struct {
						Count int
						Keys  []struct {
							Value *string
							From  *string
						}
					}
				}
				ask(t, h, `{ `+in.field+` { groups(by: [UNIT], `+test.arguments+`) { count keys { value from } } } }`, nil, &answer)
				got := map[string]int{}
				for _, g := range answer[in.field].Groups {
					key := "none"
					if k := g.Keys[0]; k.Value != nil {
						key = *k.Value + " " + dayOf(*k.From)
					}
					got[key] += g.Count
				}
				for key, n := range want {
					if got[key] != n {
						t.Errorf("unit %s: %d, want %d", key, got[key], n)
					}
				}
				if len(got) != len(want) || len(want) == 0 {
					t.Errorf("%d units, want %d", len(got), len(want))
				}
				at, on, _ := strings.Cut(test.arguments, ",")
				if _, level, _ := strings.Cut(at, "at: "); level != "" && in.field != "alerts" { // areas lie in each unit they meet
					for i, key := range slices.Sorted(maps.Keys(got)) {
						if key == "none" || i%11 > 0 {
							continue
						}
						n := got[key]
						code, _, _ := strings.Cut(key, " ")
						var list map[string]struct{ TotalCount int }
						ask(t, h, fmt.Sprintf(`{ %s(area: {units: [{code: %q, %s}]}) { totalCount } }`, in.field, code, at), nil, &list)
						if list[in.field].TotalCount != n {
							t.Errorf("unit %s%s: %d in its group, %d in its list", key, on, n, list[in.field].TotalCount)
						}
					}
				}
			})
		}
	}
}

// dayOf is the day in Huế of a moment.
func dayOf(moment string) string {
	return parseTime(moment).Add(7 * 60 * 60 * 1e9).Format("2006-01-02")
}

// TestMeasureBounds: what can't be measured or regrouped, with why.
func TestMeasureBounds(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, province())).As(2)
	for _, test := range []struct{ name, arguments, says string }{
		{"too many", `by: [UNIT], measures: [` + strings.Repeat(`{field: LEVEL_M, of: MAX} `, 11) + `]`, "at most 10"},
		{"a day without the key", `by: [RIVER], at: "2025-06-30"`, "go with the key UNIT"},
		{"a level without the key", `by: [DAM_STATUS], level: DISTRICT`, "go with the key UNIT"},
		{"districts of today", `by: [UNIT], level: DISTRICT, at: "2026-03-02"`, "no DISTRICT on 2026-03-02"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(`{ dams { groups(`+test.arguments+`) { count } } }`, nil)
			if len(a.Errors) == 0 || a.Errors[0].Code() != "BAD_INPUT" || !strings.Contains(a.Errors[0].Message, test.says) {
				t.Errorf("%s %+v, want BAD_INPUT with %q", a.Data, a.Errors, test.says)
			}
		})
	}
}

// ask posts a question that must be answered.
func ask(t interface{ Fatalf(string, ...any) }, h *hubtest.Hub, query string, variables map[string]any, out any) {
	a := h.Post(query, variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s\n%s %v", a.Errors[0].Message, query, variables)
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		t.Fatalf("%v", err)
	}
}
