package resolvers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
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

// recomputed is a value by hand: of a unit's rows (0: of all) between two times
// (nil: whenever), at or below a class.
func recomputed(t *testing.T, pool *pgxpool.Pool, id string, unit int, from, to *time.Time, class int) (value *float64, size float64) {
	t.Helper()
	hand, ok := byHand[id]
	if !ok {
		t.Fatalf("%s is not recomputed by hand", id)
	}
	now := strings.NewReplacer("@now", "'"+hubtest.Now.Format(time.RFC3339)+"'::timestamptz")
	in := fmt.Sprintf("f.sharing <= %d AND (%s)", class, now.Replace(hand.where))
	args := []any{}
	if from != nil {
		in += " AND f.observed_at >= $1 AND f.observed_at < $2"
		args = append(args, *from, *to)
	}
	if unit != 0 {
		in += " AND " + inWard(t, pool, hand.table, unit)
	}
	var n *float64
	err := pool.QueryRow(context.Background(), fmt.Sprintf("SELECT (%s)::float8, (%s)::float8 FROM %s f WHERE %s", now.Replace(hand.value), hand.size, hand.table, in), args...).Scan(&value, &n)
	if err != nil {
		t.Fatalf("%s by hand: %v", id, err)
	}
	if n == nil || *n == 0 {
		return nil, 0
	}
	return value, *n
}

// inWard holds for rows of a commune of today, or of what it was made from, and
// for areas that meet it.
func inWard(t *testing.T, pool *pgxpool.Pool, table string, ward int) string {
	t.Helper()
	if table == "alerts" {
		return fmt.Sprintf("ST_Intersects(f.geom, (SELECT geom FROM units WHERE id = %d))", ward)
	}
	var whole, split string
	err := pool.QueryRow(context.Background(), `WITH RECURSIVE was AS (SELECT $1::int AS id, true AS whole UNION ALL
		SELECT x.old_id, was.whole AND x.whole FROM was JOIN unit_crosswalk x ON x.new_id = was.id)
		SELECT array_agg(id) FILTER (WHERE whole)::text, coalesce(array_agg(id) FILTER (WHERE NOT whole), '{}')::text FROM was`, ward).Scan(&whole, &split)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("CASE WHEN f.unit_id = ANY ('%s') THEN true WHEN f.unit_id = ANY ('%s') THEN unit_of(f.geom, '2026-03-02') = %d ELSE false END", whole, split, ward)
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
							if unit = wards[v.Unit.Code]; unit%5 != 0 { // by hand it takes long
								continue
							}
						}
						want, size := recomputed(t, pool, i.ID, unit, v.From, v.To, 2)
						what := fmt.Sprintf("%s of unit %d from %v to %v", i.ID, unit, v.From, v.To)
						switch v.Status {
						case "OK", "STALE":
							if told++; !near(v.Value, want) || size == 0 {
								t.Errorf("%s is %s, by hand %s of %g", what, said(v.Value), said(want), size)
							}
							if v.Former != nil && test.name == "the province, thirty days" {
								before := v.From.Add(v.From.Sub(*v.To))
								if want, _ := recomputed(t, pool, i.ID, unit, &before, v.From, 2); !near(v.Former, want) {
									t.Errorf("%s was %s before, by hand %s", what, said(v.Former), said(want))
								}
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

// TestIndicatorsKnowNoMoreThanTheViewer: a viewer's values are made of the rows it
// sees, and what rests on fields or layers that it doesn't is not told.
func TestIndicatorsKnowNoMoreThanTheViewer(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	hub := hubtest.Server(t, pool)
	for _, viewer := range []struct {
		name   string
		ask    *hubtest.Hub
		hidden []string // indicators, or their beginnings
		class  func(table string) int
	}{
		{"anonymous", hub, []string{"articles.answeredShare", "articles.unanswered", "articles.overdue", "cameraEvents.", "dossiers.", "vessels.",
			"cardReaders.granted24h", "cardReaders.payments24h", "cardReaders.deniedShare", "securityIncidents."}, func(string) int { return 0 }},
		{"fisheries", hub.As(1), []string{"securityIncidents."}, func(table string) int {
			if table == "vessels" {
				return 2
			}
			return 1
		}},
	} {
		t.Run(viewer.name, func(t *testing.T) {
			for _, i := range askIndicators(t, viewer.ask, ids(), `observed: {from: "2025-10-01T00:00:00Z"}`) {
				v := i.Values[0]
				if slices.ContainsFunc(viewer.hidden, func(p string) bool { return strings.HasPrefix(i.ID, p) }) {
					if v.Status != "SUPPRESSED" || v.Value != nil || v.Numerator != nil || v.Denominator != nil || v.Former != nil || v.Met != nil {
						t.Errorf("%s tells %+v", i.ID, v)
					}
					continue
				}
				want, size := recomputed(t, pool, i.ID, 0, v.From, v.To, viewer.class(byHand[i.ID].table))
				if !near(v.Value, want) || (v.Status == "NO_DATA") != (size == 0) {
					t.Errorf("%s is %s %s, by hand %s of %g", i.ID, said(v.Value), v.Status, said(want), size)
				}
			}
		})
	}
}

// TestIndicatorsAskTheRowsOnce: forty wards by twelve months are one statement on
// the rows, and those of the units and the freshness are as many for any number.
func TestIndicatorsAskTheRowsOnce(t *testing.T) {
	log := &statements{}
	pool := pgtest.Shared(t, hubtest.Province(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = log })
	hub := hubtest.Server(t, pool).As(2).Alone()
	log.take()
	i := askIndicators(t, hub, []string{"reports.onTimeShare"}, `unitKind: COMMUNE, bucket: MONTH`)[0]
	rows := 0
	all := log.take()
	for _, sql := range all {
		if strings.Contains(sql, "resolved_at") {
			rows++
		}
	}
	if len(i.Values) != 40*12 || rows != 1 || len(all) > 8 {
		t.Errorf("%d values in %d statements on reports, %d in all:\n%s", len(i.Values), rows, len(all), strings.Join(all, "\n"))
	}
}

// statements notes what a pool is asked.
type statements struct {
	mu  sync.Mutex
	sql []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql = append(s.sql, d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take gives what was asked since it was last taken.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.sql
	s.sql = nil
	return all
}

// TestIndicatorQueries asks the query behind each indicator, of a ward and of all,
// which gives what the indicator is made of.
func TestIndicatorQueries(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	observed := map[string]any{"from": "2025-10-01T00:00:00Z", "to": "2026-01-15T00:00:00Z"}
	for _, test := range []struct {
		name, ask string
		area      any
	}{
		{"the province", "", nil},
		{"a ward", `units: ["19753"]`, map[string]any{"units": []any{map[string]any{"code": "19753"}}}},
		{"a district of old", `units: ["474"], at: "2025-03-01"`, map[string]any{"units": []any{map[string]any{"code": "474", "at": "2025-03-01"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			told := 0
			for _, i := range askIndicators(t, hub, ids(), test.ask+` observed: {from: "2025-10-01T00:00:00Z", to: "2026-01-15T00:00:00Z"}`) {
				variables := map[string]any{"area": test.area}
				if i.Period {
					variables["observed"] = observed
				}
				var got map[string]struct {
					TotalCount int
					Nodes      []map[string]any
				}
				hub.Ask(i.Query, variables, &got)
				v := i.Values[0]
				if part, counts := got["part"]; counts && v.Numerator != nil {
					told++
					if float64(part.TotalCount) != *v.Numerator || float64(got["of"].TotalCount) != *v.Denominator {
						t.Errorf("%s: %d of %d by its query, %s of %s", i.ID, part.TotalCount, got["of"].TotalCount, said(v.Numerator), said(v.Denominator))
					}
				}
				if !strings.Contains(i.Query, "part:") && v.Value != nil && len(got["of"].Nodes) == 0 {
					t.Errorf("%s: no features by its query", i.ID)
				}
			}
			if told < 5 {
				t.Errorf("only %d were told", told)
			}
		})
	}
}

// TestIndicatorLimits: what can't be answered says what is wrong.
func TestIndicatorLimits(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	for _, test := range []struct{ ask, code, says string }{
		{`ids: ["reports.nothing"]`, "BAD_INPUT", "reports.nothing"},
		{`units: ["99999"]`, "NOT_FOUND", "99999"},
		{`units: ["19753"], unitKind: COMMUNE`, "BAD_INPUT", "unitKind"},
		{`ids: ["reports.received"], unitKind: COMMUNE, bucket: DAY, observed: {from: "2025-03-01T00:00:00Z", to: "2026-03-01T00:00:00Z"}`, "COST_LIMIT", "10000"},
		{`ids: ["reports.received"], bucket: DAY, observed: {from: "0001-01-01T00:00:00Z", to: "9999-03-01T00:00:00Z"}`, "COST_LIMIT", "10000"},
		{`ids: ["reports.received"], observed: {from: "2026-03-01T00:00:00Z", to: "2026-03-01T00:00:00Z"}`, "BAD_INPUT", "observed"},
	} {
		a := hub.Post(`{ indicators(`+test.ask+`) { id values { value } } }`, nil)
		if len(a.Errors) != 1 || a.Errors[0].Code() != test.code || !strings.Contains(a.Errors[0].Message, test.says) {
			t.Errorf("%s: %+v", test.ask, a.Errors)
		}
	}
}

// TestIndicatorTargets: each value is held against the target of its own day.
func TestIndicatorTargets(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	i := askIndicators(t, hub, []string{"dossiers.onlineShare"}, `bucket: MONTH, observed: {from: "2025-06-01T00:00:00+07:00", to: "2026-02-01T00:00:00+07:00"}`)[0]
	for n, want := range []*float64{nil, new(0.7), new(0.7), new(0.7), new(0.7), new(0.7), new(0.7), new(0.8)} {
		v := i.Values[n]
		if !near(v.Target, want) || (v.Met == nil) != (want == nil) || want != nil && *v.Met != (*v.Value >= *want) {
			t.Errorf("%v: target %s, met %v, by %s", v.From, said(v.Target), v.Met, said(v.Value))
		}
	}
}

// TestIndicatorOfYesterday: of the present state the former one is that of a day
// ago, as the hub knew it.
func TestIndicatorOfYesterday(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	for _, sql := range []string{
		`ALTER TABLE cameras DISABLE TRIGGER USER`,
		`UPDATE cameras SET updated_at = '2026-01-01'`,
		`INSERT INTO cameras_history SELECT c.*, '2026-03-02T00:00:00Z' FROM cameras c WHERE camera_status = 'OFFLINE'`,
		`UPDATE cameras_history SET camera_status = 'ONLINE'`,
		`UPDATE cameras SET updated_at = '2026-03-02T00:00:00Z' WHERE camera_status = 'OFFLINE'`,
	} {
		if _, err := pool.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var now, then float64
	if err := pool.QueryRow(context.Background(), `SELECT avg((camera_status = 'ONLINE')::int)::float8, avg((camera_status IN ('ONLINE', 'OFFLINE'))::int)::float8
		FROM cameras WHERE camera_status <> 'MAINTENANCE'`).Scan(&now, &then); err != nil {
		t.Fatal(err)
	}
	hub := hubtest.Server(t, pool).As(2)
	v := askIndicators(t, hub, []string{"cameras.onlineShare"}, "")[0].Values[0]
	if now == then || !near(v.Value, &now) || !near(v.Former, &then) || !near(v.Trend, new(now-then)) {
		t.Errorf("%s, %s a day ago (%s), by hand %g and %g", said(v.Value), said(v.Former), said(v.Trend), now, then)
	}
	before := askIndicators(t, hub, []string{"cameras.onlineShare"}, `asOf: "2026-03-01T12:00:00Z"`)[0].Values[0]
	if !near(before.Value, &then) {
		t.Errorf("%s as of the day before, by hand %g", said(before.Value), then)
	}
}

// TestConditionOnMaskedFields: a condition is as closed as what it looks at.
func TestConditionOnMaskedFields(t *testing.T) {
	hub := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	const query = `{ articles(filter: {not: {overdue: true}}, first: 1) { totalCount } }`
	if a := hub.Post(query, nil); len(a.Errors) != 1 || a.Errors[0].Code() != "DENIED" {
		t.Errorf("anonymous gets %s %+v", a.Data, a.Errors)
	}
	if a := hub.As(2).Post(query, nil); len(a.Errors) > 0 {
		t.Error(a.Errors)
	}
}
