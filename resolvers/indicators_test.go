package resolvers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// indicator is an answer's.
type indicator struct {
	ID, MeasureUnit, Query string
	Period                 bool
	Least                  *int
	NewestAt               *time.Time
	Freshness              struct {
		DueAt *time.Time
		Stale bool
	}
	Values []indicatorValue
}

type indicatorValue struct {
	Unit                                                 *struct{ Code, ValidFrom string }
	From, To                                             *time.Time
	Status                                               string
	Value, Numerator, Denominator, Former, Trend, Target *float64
	Met                                                  *bool
}

const wholeIndicator = `id measureUnit query period least newestAt freshness { dueAt stale }
	values { unit { code validFrom } from to status value numerator denominator former trend target met }`

// byHand recomputes each indicator from raw rows f: what counts, the rows it is
// about, and the value as SQL of them.
var byHand = map[string]struct{ from, value, size string }{
	"reports.received":         {"reports", "count(*)", "count(*)"},
	"reports.handledShare":     {"reports f WHERE report_status IS DISTINCT FROM 'REJECTED'", "avg((open311_status IS NOT DISTINCT FROM 'CLOSED')::int)", "count(*)"},
	"reports.resolutionMedian": {"reports f WHERE resolved_at IS NOT NULL AND requested_at IS NOT NULL", "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM resolved_at) - extract(epoch FROM requested_at)) / 3600", "count(*)"},
}

// recomputed is a value by hand: of a unit's rows (0: of all) between two times
// (nil: whenever), at or below a class.
func recomputed(t *testing.T, pool *pgxpool.Pool, id string, unit int, from, to *time.Time, class int) (value *float64, size float64) {
	t.Helper()
	hand, ok := byHand[id]
	if !ok {
		t.Fatalf("%s is not recomputed by hand", id)
	}
	table, where, filtered := strings.Cut(hand.from, " f WHERE ")
	if !filtered {
		where = "true"
	}
	in := fmt.Sprintf("f.sharing <= %d AND (%s)", class, strings.ReplaceAll(where, "NOW", "'"+hubtest.Now.Format(time.RFC3339)+"'::timestamptz"))
	args := []any{}
	if from != nil {
		in += " AND f.observed_at >= $1 AND f.observed_at < $2"
		args = append(args, *from, *to)
	}
	if unit != 0 {
		in += fmt.Sprintf(" AND "+inUnit[table == "alerts"], unit)
	}
	var n *float64
	err := pool.QueryRow(context.Background(), fmt.Sprintf("SELECT (%s)::float8, (%s)::float8 FROM %s f WHERE %s", strings.ReplaceAll(hand.value, "NOW", "'"+hubtest.Now.Format(time.RFC3339)+"'::timestamptz"), hand.size, table, in), args...).Scan(&value, &n)
	if err != nil {
		t.Fatalf("%s by hand: %v", id, err)
	}
	if n == nil || *n == 0 {
		return nil, 0
	}
	return value, *n
}

// inUnit holds for rows of a commune of today or what it was made from, and for
// areas that meet it.
var inUnit = map[bool]string{
	false: `(f.unit_id = %[1]d OR EXISTS (SELECT FROM unit_crosswalk x JOIN units u ON u.id = x.new_id WHERE x.new_id = %[1]d AND x.old_id = f.unit_id
		AND (x.whole OR unit_of(f.geom, u.valid_from) = %[1]d)))`,
	true: `ST_Intersects(f.geom, (SELECT geom FROM units WHERE id = %d))`,
}

func near(a, b *float64) bool {
	return a == nil && b == nil || a != nil && b != nil && math.Abs(*a-*b) <= 1e-9*max(1, math.Abs(*a), math.Abs(*b))
}

func said(f *float64) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprint(*f)
}

// TestIndicatorsByHand holds every indicator against SQL of its own over the raw
// rows: for the whole province, and for wards by months.
func TestIndicatorsByHand(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	hub := hubtest.Server(t, pool).As(2)
	wards := units(t, pool, "kind = 'COMMUNE' AND valid_to IS NULL")
	for _, test := range []struct{ name, ask string }{
		{"the province, thirty days", ``},
		{"the province by months", `bucket: MONTH`},
		{"the province, a time of hours", `observed: {from: "2025-10-25T07:13:00Z", to: "2025-12-02T19:00:00.5Z"}`},
		{"the province by weeks, cut", `bucket: WEEK, observed: {from: "2025-10-25T07:13:00Z", to: "2025-12-02T19:00:00.5Z"}`},
		{"wards", `unitKind: COMMUNE`},
		{"wards by quarters", `unitKind: COMMUNE, bucket: QUARTER, observed: {from: "2025-04-01T00:00:00+07:00"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			told := 0
			for ids := range slices.Chunk(ids(), 10) {
				for _, i := range askIndicators(t, hub, ids, test.ask) {
					for n, v := range i.Values {
						unit := 0
						if v.Unit != nil {
							unit = wards[v.Unit.Code]
						}
						want, size := recomputed(t, pool, i.ID, unit, v.From, v.To, 2)
						what := fmt.Sprintf("%s of unit %d from %v to %v", i.ID, unit, v.From, v.To)
						switch v.Status {
						case "OK", "STALE":
							if told++; !near(v.Value, want) || size == 0 {
								t.Errorf("%s is %s, by hand %s of %g", what, said(v.Value), said(want), size)
							}
							if v.Former != nil && n > 0 && i.Values[n-1].To != nil && i.Values[n-1].To.Equal(*v.From) && !near(v.Former, i.Values[n-1].Value) {
								t.Errorf("%s was %s before, not %s", what, said(v.Former), said(i.Values[n-1].Value))
							}
							if (v.Former == nil) != (v.Trend == nil) || v.Former != nil && math.Abs(*v.Value-*v.Former-*v.Trend) > 1e-9 {
								t.Errorf("%s: trend %s, former %s", what, said(v.Trend), said(v.Former))
							}
						case "NO_DATA":
							if size != 0 || v.Value != nil {
								t.Errorf("%s has no data, by hand %s of %g", what, said(want), size)
							}
						case "SUPPRESSED":
							if i.Least == nil || v.Value != nil || v.Numerator != nil || v.Denominator != nil {
								t.Errorf("%s is suppressed: %+v", what, v)
							}
						}
					}
				}
			}
			if told < len(byHand)/2 {
				t.Errorf("only %d values were told", told)
			}
		})
	}
}

func ids() []string {
	var out []string
	for _, i := range systems.Indicators {
		out = append(out, i.ID)
	}
	return out
}

func askIndicators(t *testing.T, h *hubtest.Hub, ids []string, ask string) []indicator {
	t.Helper()
	var got struct{ Indicators []indicator }
	h.Ask(fmt.Sprintf(`query ($ids: [ID!]) { indicators(ids: $ids, %s) { %s } }`, ask, wholeIndicator), map[string]any{"ids": ids}, &got)
	if len(got.Indicators) != len(ids) {
		t.Fatalf("%d indicators of %d", len(got.Indicators), len(ids))
	}
	return got.Indicators
}

// units are the ids of units by code.
func units(t *testing.T, pool *pgxpool.Pool, where string) map[string]int {
	t.Helper()
	rows, err := pool.Query(context.Background(), "SELECT code, id FROM units WHERE "+where)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	var code string
	var id int
	if _, err := pgx.ForEachRow(rows, []any{&code, &id}, func() error { out[code] = id; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}
