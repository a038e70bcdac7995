package resolvers_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/access"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/resolvers"
	"geohub/systems"
)

// asked are questions whose answers are held against what they were: % stands
// for the moment, an argument more or none.
var asked = []string{
	`{ vessels(first: 100%) { totalCount extent groups(by: [GEAR]) { keys { value } count } nodes { id aliases label gear speedKn observedAt updatedAt freshness { stale dueAt } unit { name }
		positions(last: 5) { at lon lat speedKn } track } } }`,
	`{ vessels(first: 3, near: {lon: 107.55, lat: 16.5}%) { edges { distanceM cursor node { id speedKn } } pageInfo { hasNextPage endCursor } } }`,
	`{ vessels(first: 20, area: {bbox: [107.52, 16.4, 107.6, 16.6]}, filter: {speedKn: {gt: 2}}%) { totalCount nodes { id geometry } } }`,
	`{ vessels(orderBy: {field: SPEED_KN, direction: DESC}, first: 4%) { nodes { id speedKn } } }`,
	`{ a: vessel(id: "vessel:A"%) { id label } b: vessel(id: "vessel:B"%) { id label positions(last: 3) { at } } c: feature(id: "vessel:C"%) { id observedAt } }`,
	`{ features(layers: [VESSEL, REPORT, DAM], first: 100%) { totalCount nodes { id label } } nearby(of: {point: {lon: 107.55, lat: 16.5}}, withinM: 20000, layers: [VESSEL, DAM]%) { distanceM node { id } } }`,
	`{ reports(first: 100%) { totalCount groups(by: [REPORT_STATUS, DAY]) { keys { value } count } nodes { id reportStatus resolvedAt } } }`,
	`{ dams(first: 10%) { nodes { id levelM readings(parameters: ["level"], last: 3) { at value } } } layers(%) { name count extent } }`,
	`{ unit(code: "19753"%) { name counts { layer count } } units(kind: COMMUNE%) { code counts { layer count } } }`,
}

// TestAsOf: whatever happens to features, their series and their names, a question
// about a moment gone by is answered as it was then.
func TestAsOf(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Prepared())
	var clock atomic.Pointer[time.Time]
	h := hubtest.Server(t, pool, func(c *resolvers.Config) { c.Clock = func() time.Time { return *clock.Load() } }).As(2)
	now := func() time.Time {
		var at time.Time
		if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&at); err != nil {
			t.Fatal(err)
		}
		clock.Store(&at)
		return at
	}
	ask := func(question, more string) string {
		if strings.Contains(question, "(%)") && more == "" {
			question = strings.ReplaceAll(question, "(%)", "")
		}
		question = strings.ReplaceAll(question, "(%)", "("+strings.TrimPrefix(more, ", ")+")")
		a := h.Post(strings.ReplaceAll(question, "%", more), nil)
		if len(a.Errors) > 0 {
			t.Errorf("%s%s: %+v", question, more, a.Errors)
		}
		return string(a.Data)
	}
	begun := now()
	type was struct {
		at      time.Time
		answers []string
	}
	var then []was
	rapid.Check(t, func(r *rapid.T) {
		id := func(label string) string {
			return "vessel:" + rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, label)
		}
		hour := func(n int) *time.Time {
			at := begun.Truncate(time.Hour).Add(time.Duration(n-40) * time.Hour)
			return &at
		}
		for range rapid.IntRange(1, 4).Draw(r, "writes") {
			n := rapid.IntRange(0, 40).Draw(r, "version")
			err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
				switch rapid.IntRange(0, 6).Draw(r, "write") {
				case 0, 1:
					v := &systems.Vessel{Base: layer.Base{ID: id("id"), Source: "test", VersionAt: hour(n), ObservedAt: hour(n), Sharing: access.Shared,
						Geom: orb.Point{107.5 + float64(n)/200, 16.5}, LabelVI: fmt.Sprint("Tàu ", n)}, SpeedKn: new(float64)}
					*v.SpeedKn = float64(n % 7)
					if other := id("claims"); other != v.ID && rapid.IntRange(0, 3).Draw(r, "whether") == 0 {
						v.AliasIDs = []string{other}
					}
					_, err = ingest.Upsert(t.Context(), tx, systems.Vessels, []*systems.Vessel{v})
				case 2, 3:
					row := systems.Position{At: *hour(n), Geom: orb.Point{107.5, 16.5 + float64(n)/200}}
					_, err = ingest.Append(t.Context(), tx, systems.PositionSeries, []ingest.Point[systems.Position]{{FeatureID: id("of"), Row: row}})
				case 4:
					_, err = tx.Exec(t.Context(), "DELETE FROM vessels WHERE id = $1", id("gone"))
				case 5:
					status := rapid.SampledFrom([]systems.ReportStatus{"RECEIVED", "RESOLVED", "CLOSED"}).Draw(r, "status")
					v := &systems.Report{Base: layer.Base{ID: "report:1", Source: "test", VersionAt: hour(n), ObservedAt: hour(3), Geom: orb.Point{107.58, 16.46}}, ReportStatus: &status, ResolvedAt: hour(n)}
					_, err = ingest.Upsert(t.Context(), tx, systems.Reports, []*systems.Report{v})
				default:
					level := float64(n)
					d := &systems.Dam{Base: layer.Base{ID: "dam:X", Source: "test", VersionAt: hour(n), ObservedAt: hour(n), Geom: orb.Point{107.5, 16.3}}, LevelM: &level}
					if _, err = ingest.Upsert(t.Context(), tx, systems.Dams, []*systems.Dam{d}); err != nil {
						return err
					}
					_, err = ingest.Append(t.Context(), tx, systems.ReadingSeries, []ingest.Point[systems.Reading]{{FeatureID: "dam:X", Row: systems.Reading{Parameter: "level", At: *hour(n), Value: &level}}})
				}
				return err
			})
			if err != nil {
				r.Fatal(err)
			}
		}
		w := was{at: now()}
		for _, q := range asked {
			w.answers = append(w.answers, ask(q, ""))
		}
		then = append(then, w)
	})
	for _, i := range []int{0, 1, 2, len(then) / 3, len(then) / 2, len(then) - 2, len(then) - 1} {
		w := then[i]
		for n, q := range asked {
			if got := ask(q, `, asOf: "`+w.at.UTC().Format(time.RFC3339Nano)+`"`); got != w.answers[n] {
				t.Errorf("step %d of %d, %s\nas of %s: %s\nthen: %s", i, len(then), q, w.at, got, w.answers[n])
			}
		}
	}
	var versions int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM vessels_history").Scan(&versions); err != nil || versions < 20 {
		t.Errorf("%d former versions of vessels, %v: the test shows nothing", versions, err)
	}
}

// TestAsOfSettled: of a moment at which something is still being written, nothing
// is said, and of one that nobody remembers, or is still to come, why.
func TestAsOfSettled(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	h := hubtest.Server(t, pool)
	ask := func(at time.Time) hubtest.Answer {
		return h.Post(`query ($at: DateTime!) { dams(asOf: $at) { totalCount } }`, map[string]any{"at": at.UTC().Format(time.RFC3339Nano)})
	}
	code := func(a hubtest.Answer) string {
		if len(a.Errors) == 0 {
			return ""
		}
		return a.Errors[0].Code()
	}
	writer, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close(context.Background())
	if _, err := writer.Exec(t.Context(), "SET application_name = '"+layer.Writing+"'"); err != nil {
		t.Fatal(err)
	}
	tx, err := writer.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var began time.Time
	if err := tx.QueryRow(t.Context(), "SELECT now()").Scan(&began); err != nil {
		t.Fatal(err)
	}
	if a := ask(began.Add(time.Microsecond)); code(a) != "UNAVAILABLE" {
		t.Errorf("while a writer has begun: %s %+v", a.Data, a.Errors)
	}
	if a := ask(began.Add(-time.Microsecond)); code(a) != "" {
		t.Errorf("before it began: %+v", a.Errors)
	}
	if _, err := tx.Exec(t.Context(), "DELETE FROM dams"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := ask(began.Add(-time.Microsecond)); string(a.Data) != `{"dams":{"totalCount":22}}` {
		t.Errorf("before they went: %s %+v", a.Data, a.Errors)
	}
	if a := ask(began.Add(time.Microsecond)); string(a.Data) != `{"dams":{"totalCount":0}}` {
		t.Errorf("when they went: %s %+v", a.Data, a.Errors)
	}
	if a := ask(time.Now().Add(time.Hour)); code(a) != "BAD_INPUT" || !strings.Contains(a.Errors[0].Message, "still to come") {
		t.Errorf("to come: %+v", a.Errors)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE history SET keep = interval '1 hour'; SELECT prune_history()"); err != nil {
		t.Fatal(err)
	}
	if a := ask(time.Now().Add(-2 * time.Hour)); code(a) != "BAD_INPUT" || !strings.Contains(a.Errors[0].Message, "dams are remembered since") {
		t.Errorf("forgotten: %+v", a.Errors)
	}
}
