package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"geohub/changes"
	"geohub/clause"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/resolvers"
	"geohub/systems"
)

// keeping is a hub that keeps answers, with a database of its own to write to.
// The typed printer beside it keeps none, and judges each answer.
type keeping struct {
	*hubtest.Hub
	pool       *pgxpool.Pool
	feed       *changes.Feed
	statements *counter
	now        atomic.Pointer[time.Time]
}

func newKeeping(t *testing.T) *keeping {
	k := &keeping{feed: changes.NewFeed(), statements: &counter{}}
	k.pool = pgtest.DB(t, hubtest.Province(), func(p *pgxpool.Config) { p.ConnConfig.Tracer = k.statements })
	k.now.Store(&hubtest.Now)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.feed.Run(ctx, k.pool.Config().ConnConfig, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() { stop(); <-done })
	for deadline := time.Now().Add(time.Minute); !k.feed.Unchanged(k.feed.Now()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the feed doesn't listen")
		}
	}
	results, err := resolvers.NewResults(64<<20, k.feed)
	if err != nil {
		t.Fatal(err)
	}
	k.Hub = hubtest.Server(t, k.pool, func(c *resolvers.Config) {
		c.Results, c.Clock = results, func() time.Time { return *k.now.Load() }
	}).As(2)
	return k
}

// asked is how many statements an answer takes. The cache takes in what it is
// given a little later.
func (k *keeping) asked(query string) int {
	time.Sleep(20 * time.Millisecond)
	before := k.statements.n.Load()
	k.Alone().Post(query, nil)
	return int(k.statements.n.Load() - before)
}

// write changes something and waits until the hub has heard of it.
func (k *keeping) write(sql string) error {
	before := k.feed.Now()
	if _, err := k.pool.Exec(context.Background(), sql); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); k.feed.Now() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("nobody heard of %s", sql)
		}
	}
	return nil
}

// TestKept: what was answered is given again without a statement, until one of
// its tables changes.
func TestKept(t *testing.T) {
	k := newKeeping(t)
	if err := k.write(`SELECT ensure_months('card_counts', '2026-03-01', '2026-03-01'), pg_notify('geohub_changes', '')`); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, query, change, other string }{
		{"a list", `{ dams { nodes { label } totalCount } }`, `UPDATE dams SET label = label || '!'`, `UPDATE reports SET label = label`},
		{"another layer inside", `{ cameras(first: 5) { nodes { label provenance { agency { name } } } } }`, `UPDATE agencies SET name = name || '!'`, `UPDATE dams SET label = label`},
		{"a series inside", `{ stations { nodes { label readings(last: 1) { value } } } }`, `UPDATE readings SET value = value + 1 WHERE feature_id IN (SELECT id FROM stations)`, `UPDATE vessel_positions SET speed_kn = speed_kn`},
		{"a view", `{ cardReaders { nodes { counts(last: 1) { count } } } }`, `INSERT INTO card_counts SELECT id, '2026-03-01 10:00+07', '', 'ENTRY', 1, 0 FROM card_readers`, `UPDATE zones SET label = label`},
		{"all layers", `{ features(first: 5) { nodes { label } totalCount } }`, `DELETE FROM zones WHERE id = (SELECT id FROM zones LIMIT 1)`, `UPDATE readings SET value = value WHERE false`},
		{"groups", `{ reports { groups(by: [REPORT_STATUS, UNIT]) { count keys { title } } } }`, `UPDATE reports SET report_status = 'RESOLVED' WHERE id = (SELECT id FROM reports WHERE report_status = 'CLOSED' LIMIT 1)`, `UPDATE cameras SET label = label`},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := k.Post(test.query, nil)
			if len(first.Errors) > 0 {
				t.Fatal(first.Errors)
			}
			if n := k.asked(test.query); n != 0 {
				t.Errorf("%d statements when nothing had changed", n)
			}
			if err := k.write(test.other); err != nil {
				t.Fatal(err)
			}
			if n := k.asked(test.query); n != 0 {
				t.Errorf("%d statements when another table had changed", n)
			}
			if err := k.write(test.change); err != nil {
				t.Fatal(err)
			}
			if after := k.Post(test.query, nil); string(after.Data) == string(first.Data) {
				t.Error("the answer is the same as before the change")
			}
		})
	}
}

// TestKeptApart: what one viewer was told, another who may see less is not.
func TestKeptApart(t *testing.T) {
	k := newKeeping(t)
	hubs := map[string]*hubtest.Hub{"operations": k.As(2), "fisheries": k.As(1), "citizens": k.As(0), "anonymous": {URL: ""}}
	anonymous := *k.Hub
	anonymous.Key = ""
	hubs["anonymous"] = &anonymous
	const query = `{ vessels(first: 3) { totalCount nodes { label mmsi } } securityIncidents { totalCount } }`
	answers := map[string]string{}
	for range 3 {
		for name, h := range hubs { // the typed printer judges each
			answers[name] = string(h.Post(query, nil).Data)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if answers["operations"] == answers["anonymous"] || answers["operations"] == answers["fisheries"] || answers["fisheries"] == answers["citizens"] {
		t.Errorf("the viewers don't differ, so this shows nothing: %v", answers)
	}
}

// TestKeptOverTime: with time alone things turn stale, alerts begin and end and
// days change; the answers follow though nothing is written.
func TestKeptOverTime(t *testing.T) {
	k := newKeeping(t)
	queries := []string{
		`{ dams { nodes { label freshness { dueAt stale } } } }`,
		`{ alerts(filter: {active: true}) { totalCount nodes { headline } } }`,
		`{ alerts(filter: {active: false}) { totalCount } }`,
		`{ agencies { code unit { name } } }`,
		`{ layers { name freshness { stale } } }`,
	}
	differ := make([]map[string]bool, len(queries))
	kept := make([]int, len(queries))
	for step := range 200 {
		now := hubtest.Now.Add(time.Duration(step) * 11 * time.Minute)
		k.now.Store(&now)
		for i, query := range queries {
			if differ[i] == nil {
				differ[i] = map[string]bool{}
			}
			before := k.statements.n.Load()
			answer := string(k.Alone().Post(query, nil).Data)
			if k.statements.n.Load() == before {
				kept[i]++
			}
			differ[i][answer] = true
			if d := k.Differ(body(t, query)); d != "" {
				t.Fatalf("at %s: %s", now, d)
			}
		}
	}
	for i, query := range queries {
		if i != 3 && len(differ[i]) < 2 {
			t.Errorf("%s never changes, so this shows nothing", query)
		}
		if kept[i] < 100 {
			t.Errorf("%s was kept %d times of 200 only", query, kept[i])
		}
	}
}

func body(t testing.TB, query string) []byte {
	b, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKeptAtRandom asks random questions of a hub that keeps answers while its
// tables change at random; the typed printer, which reads anew, judges each.
func TestKeptAtRandom(t *testing.T) {
	k := newKeeping(t)
	q := newQuestions(t, k.pool)
	writes := []string{}
	for _, s := range systems.All {
		for _, sql := range []clause.C{
			clause.Of("UPDATE ? f SET label = f.label || '~' WHERE f.id IN (SELECT o.id FROM ? o ORDER BY md5(o.id || clock_timestamp()) LIMIT 50)", clause.Name(s.Table), clause.Name(s.Table)),
			clause.Of("DELETE FROM ? f WHERE f.id IN (SELECT o.id FROM ? o ORDER BY md5(o.id || clock_timestamp()) LIMIT 2)", clause.Name(s.Table), clause.Name(s.Table)),
			clause.Of("UPDATE ? f SET sharing = 2 - f.sharing WHERE f.id IN (SELECT o.id FROM ? o ORDER BY md5(o.id || clock_timestamp()) LIMIT 5)", clause.Name(s.Table), clause.Name(s.Table)),
		} {
			text, _ := sql.SQL()
			writes = append(writes, text)
		}
	}
	writes = append(writes, `UPDATE readings SET value = value + 1`, `UPDATE vessel_positions SET speed_kn = speed_kn + 1`, `UPDATE units SET population = population + 1`)
	sameEachTime()
	rapid.Check(t, func(t *rapid.T) {
		var bodies [][]byte
		for range 3 {
			bodies = append(bodies, q.operation(t).body(t))
		}
		for range 3 {
			for _, b := range bodies {
				h := k.As(rapid.IntRange(0, 2).Draw(t, "viewer"))
				if d := h.Differ(b); d != "" {
					t.Fatal(d)
				}
			}
			if err := k.write(writes[rapid.IntRange(0, len(writes)-1).Draw(t, "write")]); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestAnnounced: every table that an answer may rest on says when it changes.
func TestAnnounced(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	tables := map[string]bool{"units": true, "unit_crosswalk": true, "agencies": true, "feature_aliases": true, "rivers": true}
	for _, s := range systems.All {
		tables[s.Table] = true
		for _, n := range s.Nested {
			tables[n.Series.Table] = true
		}
	}
	for table := range tables {
		var announced bool
		err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
			WHERE p.proname = 'announce_change' AND (g.tgrelid = to_regclass($1) OR g.tgargs = convert_to($1, 'UTF8') || '\x00'::bytea))`, table).Scan(&announced)
		if err != nil {
			t.Fatal(err)
		}
		if !announced {
			t.Errorf("%s says nothing when it changes: its migration wants announce_changes('%s')", table, table)
		}
	}
}
