package resolvers_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// damsAsked counts the statements that read dams.
type damsAsked struct{ n atomic.Int64 }

func (d *damsAsked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.Contains(data.SQL, `"dams" f`) {
		d.n.Add(1)
	}
	return ctx
}
func (*damsAsked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestTooSlowIsAskedOnce: what the database was too slow for is not asked again
// by the typed printer, which says what it would have said by itself.
func TestTooSlowIsAskedOnce(t *testing.T) {
	var asked damsAsked
	pool := pgtest.DB(t, hubtest.Province(), func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["statement_timeout"] = "200ms"
		c.ConnConfig.Tracer = &asked
	})
	h := hubtest.Server(t, pool).As(2)
	slow, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Rollback(context.Background())
	if _, err := slow.Exec(t.Context(), "LOCK TABLE dams"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, query string }{
		{"a list", `{ dams { nodes { id label unit { name } } } }`},
		{"its parts", `{ dams { nodes { id } edges { cursor } totalCount extent groups(by: [UNIT]) { count } geojson } }`},
		{"one", `{ dam(id: "dam:TA_TRACH") { id label } }`},
		{"any", `{ feature(id: "dam:TA_TRACH") { id label } }`},
		{"across", `{ features(layers: [DAM, STATION]) { nodes { id } totalCount extent } }`},
		{"by key", `{ _entities(representations: [{__typename: "Dam", code: "TA_TRACH"}]) { ... on Dam { id } } }`},
		{"within a reference", `{ stations(area: {feature: "dam:TA_TRACH"}) { nodes { id } } }`},
		{"beside another", `{ dam(id: "dam:TA_TRACH") { id } stations(first: 1) { nodes { id } } }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := asked.n.Load()
			a := h.Alone().Post(test.query, nil)
			if n := asked.n.Load() - before; n != 1 {
				t.Errorf("%d statements on what is too slow", n)
			}
			if len(a.Errors) == 0 || a.Errors[0].Code() != "TIMEOUT" {
				t.Fatalf("%s %v", a.Data, a.Errors)
			}
			h.Post(test.query, nil) // both printers say the same
		})
	}
}
