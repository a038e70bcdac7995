package layer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/access"
	"geohub/geo"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// counted is one report's place in the tests.
func counted(n int) string { return fmt.Sprintf("report:C-%d", n) }

var (
	statuses   = []systems.ReportStatus{"RECEIVED", "ASSIGNED", "CLOSED"}
	categories = []systems.ReportCategory{"TRAFFIC", "ENVIRONMENT"}
)

// moment draws a time on or beside the start of a month or a day in Huế, within
// five months on both sides of the reform of the units.
func moment(t *rapid.T) time.Time {
	at := time.Date(2025, time.Month(rapid.IntRange(5, 9).Draw(t, "month")), 1, 0, 0, 0, 0, geo.Saigon)
	if rapid.Bool().Draw(t, "within the month") {
		at = at.AddDate(0, 0, rapid.IntRange(0, 4).Draw(t, "day"))
	}
	return at.Add(rapid.SampledFrom([]time.Duration{0, 0, 0, time.Microsecond, -time.Microsecond, 13 * time.Hour}).Draw(t, "beside"))
}

// maybe draws a value, or none.
func maybe[T any](t *rapid.T, of []T) *T {
	if i := rapid.IntRange(0, len(of)).Draw(t, "value"); i > 0 {
		return &of[i-1]
	}
	return nil
}

func report(t *rapid.T) *systems.Report {
	id := counted(rapid.IntRange(0, 40).Draw(t, "report"))
	version := hubtest.Now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "version")) * time.Second)
	r := &systems.Report{Base: layer.Base{ID: id, Source: "test", VersionAt: &version, Sharing: access.Sharing(rapid.IntRange(0, 2).Draw(t, "sharing"))},
		ReportStatus: maybe(t, statuses), ReportCategory: maybe(t, categories), ServiceCode: maybe(t, []string{"TREE", "WATER"})}
	if rapid.IntRange(0, 5).Draw(t, "observed") > 0 {
		at := moment(t)
		r.ObservedAt = &at
	}
	if rapid.IntRange(0, 5).Draw(t, "placed") > 0 {
		r.Geom = orb.Point{107.4 + rapid.Float64Range(0, 0.4).Draw(t, "lon"), 16.2 + rapid.Float64Range(0, 0.4).Draw(t, "lat")}
	}
	return r
}

// change writes to the reports in one of the ways in which they are written.
func change(t *rapid.T, tx pgx.Tx) error {
	ctx := context.Background()
	some := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return counted(rapid.IntRange(0, 40).Draw(t, "report")) }), 1, 10)
	switch rapid.SampledFrom([]string{"upsert", "upsert", "upsert", "rows from an archive", "handled", "deleted", "moved", "emptied"}).Draw(t, "change") {
	case "upsert":
		_, err := ingest.Upsert(ctx, tx, systems.Reports, rapid.SliceOfN(rapid.Custom(report), 1, 12).Draw(t, "reports"))
		return err
	case "rows from an archive": // by COPY
		var rows []*systems.Report
		from := rapid.IntRange(0, 1_000_000).Draw(t, "first number") * 150
		for i := range 120 {
			r := report(t)
			r.ID = counted(100 + from + i)
			rows = append(rows, r)
		}
		_, err := ingest.Upsert(ctx, tx, systems.Reports, rows)
		return err
	case "handled":
		_, err := tx.Exec(ctx, "UPDATE reports SET report_status = $1, observed_at = coalesce($2, observed_at) WHERE id = ANY ($3)",
			maybe(t, statuses), maybe(t, []time.Time{moment(t)}), some.Draw(t, "some"))
		return err
	case "deleted":
		_, err := tx.Exec(ctx, "DELETE FROM reports WHERE id = ANY ($1)", some.Draw(t, "some"))
		return err
	case "moved":
		if _, err := tx.Exec(ctx, "UPDATE reports SET unit_id = (SELECT min(id) FROM units) WHERE id = ANY ($1)", some.Draw(t, "some")); err != nil {
			return err
		}
		_, err := ingest.AssignUnits(ctx, tx, []*layer.System{systems.Reports.System})
		return err
	}
	if rapid.IntRange(0, 9).Draw(t, "all") > 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "TRUNCATE reports")
	return err
}

// during draws a range of times as a filter has it.
func during(t *rapid.T) map[string]any {
	ends := map[string]any{}
	for _, end := range []string{"from", "to"} {
		if rapid.IntRange(0, 3).Draw(t, end) > 0 {
			ends[end] = moment(t).Format(time.RFC3339Nano)
		}
	}
	return ends
}

// countedFilter draws a filter, mostly of what counts know.
func countedFilter(t *rapid.T, depth int) map[string]any {
	names := []any{"RECEIVED", "ASSIGNED", "CLOSED", "NO_SUCH"}
	f := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "members") {
		kind := rapid.IntRange(0, 9).Draw(t, "member")
		if depth == 0 {
			kind = max(kind, 3)
		}
		switch kind {
		case 0, 1:
			f[[]string{"and", "or"}[kind]] = []any{countedFilter(t, depth-1), countedFilter(t, depth-1)}
		case 2:
			f["not"] = countedFilter(t, depth-1)
		case 3, 4, 5:
			f["observed"] = during(t)
		case 6:
			f["reportCategory"] = map[string]any{"isNull": rapid.Bool().Draw(t, "null")}
		case 7, 8:
			op := rapid.SampledFrom([]string{"in", "notIn"}).Draw(t, "op")
			f["reportStatus"] = map[string]any{op: rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(t, "statuses")}
		case 9:
			f[rapid.SampledFrom([]string{"serviceCode", "channel"}).Draw(t, "other field")] = map[string]any{"isNull": false}
		}
	}
	return f
}

// units are some of each epoch, as loadUnits found them.
var units []geo.UnitRef

// countedArea draws a box or units, or none.
func countedArea(t *rapid.T) *geo.Area {
	switch rapid.IntRange(0, 5).Draw(t, "area") {
	case 0:
		return &geo.Area{BBox: &geo.BBox{107.4, 16.2, 107.6, 16.4}}
	case 1:
		at := geo.DateOf(moment(t))
		return &geo.Area{Units: []geo.UnitRef{{Code: "46", At: &at}}}
	case 2:
		return &geo.Area{Units: rapid.SliceOfN(rapid.SampledFrom(units), 1, 3).Draw(t, "units")}
	}
	return nil
}

// TestCountsAreOfRows: whatever was written, in whatever way, whether or not it
// was summed up since, each question gets the answer that the rows give.
func TestCountsAreOfRows(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Prepared())
	catalog := hubtest.Catalog(t)
	loadUnits(t, pool)
	viewers := []access.Viewer{hubtest.Anonymous, hubtest.Citizens, hubtest.Fisheries, hubtest.Operations}
	keys := []layer.GroupField{"UNIT", "UNIT", "AGENCY", "DAY", "WEEK", "MONTH", "HOUR", "REPORT_STATUS", "REPORT_STATUS", "REPORT_CATEGORY", "OPEN311_STATUS", "SERVICE_CODE"}
	byCounts, byRows := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			tx, err := pool.Begin(ctx)
			if err != nil {
				rt.Fatal(err)
			}
			defer tx.Rollback(ctx)
			if err := change(rt, tx); err != nil {
				rt.Fatal(err)
			}
			if rapid.IntRange(0, 4).Draw(rt, "kept") > 0 {
				err = tx.Commit(ctx)
			} else {
				err = tx.Rollback(ctx)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		if rapid.IntRange(0, 3).Draw(rt, "folded") == 0 {
			if err := ingest.FoldCounts(ctx, pool, systems.All, 1); err != nil {
				rt.Fatal(err)
			}
		}
		for range 5 {
			r := catalog.Read(pool, rapid.SampledFrom(viewers).Draw(rt, "viewer"), hubtest.Now, nil)
			q := layer.Query{Filter: countedFilter(rt, 2), Area: countedArea(rt)}
			if rapid.IntRange(0, 5).Draw(rt, "observed") == 0 {
				from := moment(rt)
				q.Observed = &layer.DateTimeRange{From: &from}
			}
			by := rapid.SliceOfN(rapid.SampledFrom(keys), 1, 3).Draw(rt, "by")
			list, err := r.Ask(ctx, systems.Reports.System, q)
			if err != nil {
				rt.Fatal(err)
			}
			if usesCounts(rt, list, by) {
				byCounts++
			} else {
				byRows++
			}
			var total [2]int
			var groups [2]map[string]int
			for i, l := range []*layer.List{list, list.OfRows()} {
				if total[i], err = l.Count(ctx); err != nil {
					rt.Fatal(err)
				}
				cells, err := l.Groups(ctx, by)
				if err != nil {
					rt.Fatal(err)
				}
				groups[i] = map[string]int{}
				for _, c := range cells {
					var key strings.Builder
					for _, k := range c.Keys {
						var value any
						if k.Value != nil {
							value = *k.Value
						}
						key.WriteString(cellKey(k.Field, value, k.From, k.To))
					}
					if _, twice := groups[i][key.String()]; twice {
						rt.Errorf("cell %s comes twice", key.String())
					}
					groups[i][key.String()] = c.Count
				}
			}
			if diff := gocmp.Diff(groups[1], groups[0]); diff != "" || total[0] != total[1] {
				rt.Fatalf("asked %v by %v: %d rows, %d by the counts\n(-rows +counts):\n%s", q, by, total[1], total[0], diff)
			}
		}
	})
	t.Logf("%d questions went to the counts, %d to the rows", byCounts, byRows)
	if byCounts == 0 || byRows == 0 {
		t.Error("one of the two ways was never gone")
	}
}

// loadUnits finds some communes of today and of before the reform, and districts.
func loadUnits(t *testing.T, pool *pgxpool.Pool) {
	rows, err := pool.Query(t.Context(), `(SELECT code, valid_from FROM units WHERE kind = 'COMMUNE' AND valid_to IS NULL ORDER BY code LIMIT 8)
		UNION ALL (SELECT code, valid_from FROM units WHERE kind = 'COMMUNE' AND valid_to IS NOT NULL ORDER BY code LIMIT 8)
		UNION ALL (SELECT code, valid_from FROM units WHERE kind = 'DISTRICT' ORDER BY code)`)
	if err != nil {
		t.Fatal(err)
	}
	units, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (u geo.UnitRef, err error) {
		u.At = &geo.Date{}
		return u, row.Scan(&u.Code, u.At)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// usesCounts says whether a grouping of a list reads the layer's counts.
func usesCounts(t interface{ Fatal(...any) }, l *layer.List, by []layer.GroupField) bool {
	cells, _, _, err := l.Cells(context.Background(), layer.GroupQuery{By: by})
	if err != nil {
		t.Fatal(err)
	}
	sql, _ := cells.SQL()
	return strings.Contains(sql, `_counts"`)
}

// TestWhatIsCounted: the questions of dashboards are answered from counts, and
// of the rows no more is read than of days cut in two; what counts don't know is
// asked of the rows.
func TestWhatIsCounted(t *testing.T) {
	catalog := hubtest.Catalog(t)
	pool := pgtest.Shared(t, province())
	between := func(from, to string) map[string]any { return map[string]any{"from": from, "to": to} }
	month := map[string]any{"observed": between("2026-01-01T00:00:00+07:00", "2026-02-01T00:00:00+07:00")}
	commune := &geo.Area{Units: []geo.UnitRef{{Code: "46"}}}
	text := "cây"
	near := &geo.Near{Lon: 107.6, Lat: 16.4}
	const counts, rows = `"reports_counts" c WHERE`, `"reports" `
	for _, test := range []struct {
		name         string
		q            layer.Query
		by           []layer.GroupField
		counts, rows bool // what is read
		grains       string
	}{
		{"all there are", layer.Query{}, nil, true, false, "0 3"},
		{"a month by unit and status", layer.Query{Filter: month}, []layer.GroupField{"UNIT", "REPORT_STATUS"}, true, false, "0 2"},
		{"a month by category, within a unit", layer.Query{Filter: month, Area: commune}, []layer.GroupField{"REPORT_CATEGORY"}, true, false, "0 2"},
		{"all by month", layer.Query{}, []layer.GroupField{"MONTH"}, true, false, "0 2"},
		{"a month by day", layer.Query{Filter: month}, []layer.GroupField{"DAY"}, true, false, "0 1"},
		{"open ones by agency", layer.Query{Filter: map[string]any{"open311Status": map[string]any{"eq": "OPEN"}}}, []layer.GroupField{"AGENCY"}, true, false, "0 3"},
		{"some weeks", layer.Query{Filter: map[string]any{"observed": between("2026-01-05T00:00:00+07:00", "2026-02-09T00:00:00+07:00")}}, nil, true, false, "0 2 1"},
		{"the last 24 hours", layer.Query{Filter: map[string]any{"observed": between("2026-03-01T09:00:00+07:00", "2026-03-02T09:00:00+07:00")}}, nil, true, true, "0 2 1"},
		{"before clocks stood still", layer.Query{Filter: map[string]any{"observed": between("1970-01-01T00:00:00Z", "2026-02-01T00:00:00+07:00")}}, nil, false, true, ""},
		{"by hour", layer.Query{Filter: month}, []layer.GroupField{"HOUR"}, false, true, ""},
		{"by a field that is not counted", layer.Query{}, []layer.GroupField{"SERVICE_CODE"}, false, true, ""},
		{"of a field that is not counted", layer.Query{Filter: map[string]any{"not": map[string]any{"serviceCode": map[string]any{"eq": "TREE"}}}}, nil, false, true, ""},
		{"updated since", layer.Query{Filter: map[string]any{"updated": between("2026-01-01T00:00:00+07:00", "2026-02-01T00:00:00+07:00")}}, nil, false, true, ""},
		{"with a word", layer.Query{Text: &text}, nil, false, true, ""},
		{"with a word in the filter", layer.Query{Filter: map[string]any{"or": []any{map[string]any{"text": text}}}}, nil, false, true, ""},
		{"in a box", layer.Query{Area: &geo.Area{BBox: &geo.BBox{107, 16, 108, 17}}}, nil, false, true, ""},
		{"near a place", layer.Query{Near: near}, nil, false, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := catalog.Read(pool, hubtest.Citizens, hubtest.Now, nil)
			list, err := r.Ask(t.Context(), systems.Reports.System, test.q)
			if err != nil {
				t.Fatal(err)
			}
			c := list.CountOf()
			if test.by != nil {
				if c, _, _, err = list.Cells(t.Context(), layer.GroupQuery{By: test.by}); err != nil {
					t.Fatal(err)
				}
			}
			sql, _ := c.SQL()
			var grains []string
			for _, part := range strings.Split(sql, "c.grain = ")[1:] {
				grains = append(grains, part[:1])
			}
			if strings.Contains(sql, counts) != test.counts || strings.Contains(sql, rows) != test.rows || strings.Join(grains, " ") != test.grains {
				t.Errorf("it reads %s", sql)
			}
			if tables, _, _ := r.Grounds(t.Context()); test.counts && !slices.Contains(tables, "reports") {
				t.Errorf("it rests on %v, not on the layer", tables)
			}
		})
	}
}

// TestWritersOfCounts: two that write the same cells, and one who sums them up,
// don't wait for each other.
func TestWritersOfCounts(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty(), func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["lock_timeout"] = "10" })
	ctx := t.Context()
	exec := func(tx pgx.Tx, sql string) {
		t.Helper()
		if _, err := tx.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var txs [2]pgx.Tx
	for i := range txs {
		var err error
		if txs[i], err = pool.Begin(ctx); err != nil {
			t.Fatal(err)
		}
		defer txs[i].Rollback(ctx)
	}
	const insert = "INSERT INTO reports (id, source, updated_at, observed_at, report_status) VALUES ('report:%d', 'test', now(), '2026-01-01T12:00:00Z', 'RECEIVED')"
	for step := range 3 {
		for i, tx := range txs {
			exec(tx, fmt.Sprintf(insert, 10*step+i))
			exec(tx, fmt.Sprintf("UPDATE reports SET report_status = 'CLOSED' WHERE id = 'report:%d'", 10*step+i))
		}
		if err := ingest.FoldCounts(ctx, pool, systems.All, 1); err != nil {
			t.Fatal(err)
		}
	}
	exec(txs[0], "DELETE FROM reports WHERE id = 'report:0'")
	for i := range txs {
		if err := txs[1-i].Commit(ctx); err != nil {
			t.Fatal(err)
		}
		if err := ingest.FoldCounts(ctx, pool, systems.All, 1); err != nil {
			t.Fatal(err)
		}
	}
	var n, cells int
	if err := pool.QueryRow(ctx, "SELECT sum(n), count(*) FROM reports_counts WHERE grain = 3 AND report_status = 'CLOSED'").Scan(&n, &cells); err != nil || n != 5 || cells != 1 {
		t.Errorf("%d reports in %d cells, want 5 in one (%v)", n, cells, err)
	}
}

// TestCountsOfAFilledLayer: a layer that is to be counted from now on is counted
// with all that it holds.
func TestCountsOfAFilledLayer(t *testing.T) {
	pool := pgtest.DB(t, province())
	var fields []string
	for _, f := range systems.Reports.Fields {
		if f.Count {
			fields = append(fields, f.Column)
		}
	}
	read := func() []string {
		t.Helper()
		rows, err := pool.Query(t.Context(), "SELECT (to_jsonb(c) - 'recorded_at')::text FROM reports_counts c ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		out, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err := ingest.FoldCounts(t.Context(), pool, systems.All, 1); err != nil {
		t.Fatal(err)
	}
	want := read()
	for _, sql := range []string{
		"DROP FUNCTION reports_counts_inserted, reports_counts_updated, reports_counts_deleted, reports_counts_truncated CASCADE",
		"DROP TABLE reports_counts",
		"SELECT count_layer('reports', '{" + strings.Join(fields, ",") + "}')",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got := read()
	if diff := gocmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("%d rows (-by their changes +as they stand):\n%s", len(got), diff)
	}
}
