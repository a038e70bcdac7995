package resolvers_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/clause"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/resolvers"
)

// meddler removes a camera after each statement that a hub asks.
type meddler struct {
	by      *pgxpool.Pool
	removed atomic.Int32
}

func (m *meddler) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, m, strings.Contains(d.SQL, `"cameras"`))
}

func (m *meddler) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if read, _ := ctx.Value(m).(bool); read && m.by != nil {
		if _, err := m.by.Exec(context.Background(), "DELETE FROM cameras WHERE id = (SELECT min(id) FROM cameras)"); err == nil {
			m.removed.Add(1)
		}
	}
}

// TestSnapshot: whatever is written while an operation is answered, its root
// fields and what they lead to see one moment, by either printer.
func TestSnapshot(t *testing.T) {
	by := pgtest.DB(t, hubtest.Province())
	m := &meddler{}
	config := by.Config().Copy()
	config.ConnConfig.Tracer = m
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, printer := range []struct {
		name      string
		configure func(*resolvers.Config)
	}{
		{"fast", func(*resolvers.Config) {}},
		{"typed", func(c *resolvers.Config) { c.Printer = nil }},
	} {
		t.Run(printer.name, func(t *testing.T) {
			h := hubtest.Server(t, pool, printer.configure).Alone()
			m.removed.Store(0)
			m.by = by
			defer func() { m.by = nil }()
			var got struct {
				A, B struct {
					TotalCount int
					Nodes      []struct{ ID string }
				}
				C struct{ TotalCount int }
			}
			h.Ask(`{ a: cameras(first: 1000) { totalCount nodes { id } } b: cameras(first: 1000) { nodes { id } totalCount } ...more } fragment more on Query { c: cameras { totalCount } }`, nil, &got)
			if m.removed.Load() < 3 {
				t.Fatalf("%d cameras went meanwhile, want one a statement", m.removed.Load())
			}
			n := got.A.TotalCount
			if n == 0 || len(got.A.Nodes) != n || got.B.TotalCount != n || len(got.B.Nodes) != n || got.C.TotalCount != n {
				t.Errorf("counts %d, %d, %d, rows %d, %d, want one number", n, got.B.TotalCount, got.C.TotalCount, len(got.A.Nodes), len(got.B.Nodes))
			}
		})
	}
}

// TestSnapshotOutlivesErrors: a statement that fails takes neither the others with
// it, nor their moment.
func TestSnapshotOutlivesErrors(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	r := hubtest.Catalog(t).Read(pool, hubtest.Operations, hubtest.Now, nil)
	count := func() (n string) {
		t.Helper()
		err := r.Query(t.Context(), "count", clause.Of("SELECT count(*)::text FROM cameras"), func(v [][]byte) error { n = string(v[0]); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.Together()
	before := count()
	if _, err := pool.Exec(t.Context(), "DELETE FROM cameras"); err != nil {
		t.Fatal(err)
	}
	if err := r.Query(t.Context(), "fail", clause.Of("SELECT 1 / 0"), func([][]byte) error { return nil }); err == nil {
		t.Fatal("nothing failed")
	}
	if after := count(); after != before {
		t.Errorf("%s cameras, then %s", before, after)
	}
	r.Done()
	if n := count(); n != "0" {
		t.Errorf("%s cameras when the snapshot is over, want none", n)
	}
}
