package resolvers_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// recorder keeps the statements of a pool with their arguments.
type recorder struct {
	mu         sync.Mutex
	statements []pgx.TraceQueryStartData
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Args == nil && !strings.HasPrefix(d.SQL, "SELECT") { // begins and ends a snapshot
		return ctx
	}
	r.statements = append(r.statements, d)
	return ctx
}
func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestIndexes: each way of asking can be answered by an index. Sequential scans
// are forbidden to the planner, and walks along the primary key where they would
// do too, so that a small table doesn't hide a condition that no index serves.
func TestIndexes(t *testing.T) {
	var rec recorder
	pool := pgtest.Shared(t, hubtest.Province(), func(p *pgxpool.Config) {
		p.ConnConfig.Tracer = &rec
		p.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	})
	h := hubtest.Server(t, pool).Alone()
	forbid := func(walks string) {
		for _, conn := range pool.AcquireAllIdle(context.Background()) {
			conn.Exec(context.Background(), "SELECT set_config('enable_indexscan', $1, false)", walks)
			conn.Release()
		}
	}
	const box = `[107.57, 16.46, 107.59, 16.47]`
	for _, test := range []struct{ name, arguments, index string }{
		{"bbox", `area: {bbox: ` + box + `}`, "reports_place_id_idx"},
		{"bbox, ordered", `area: {bbox: ` + box + `}, orderBy: {field: ID}`, "reports_geom_idx"},
		{"within", `area: {within: {type: "Polygon", coordinates: [[[107.57, 16.46], [107.59, 16.46], [107.59, 16.47], [107.57, 16.46]]]}}`, "reports_geom_idx"},
		{"around", `area: {around: {lon: 107.58, lat: 16.46, radiusM: 500}}`, "reports_geom_idx"},
		{"feature", `area: {feature: "zone:DT_DAI_NOI_KV1"}`, "reports_geom_idx"},
		{"projected", `area: {projected: {crs: 9214, geometry: {type: "Polygon", coordinates: [[[562000, 1820000], [563000, 1820000], [563000, 1821000], [562000, 1820000]]]}}}`, "reports_geom_idx"},
		{"unit", `area: {units: [{code: "19753"}]}`, "reports_unit_id_idx"},
		{"near", `near: {lon: 107.58, lat: 16.46}`, "reports_geom_idx"},
		{"near within", `near: {lon: 107.58, lat: 16.46, maxM: 500}`, "reports_geom_idx"},
		{"observed", `filter: {observed: {from: "2026-02-28T00:00:00Z"}}, orderBy: {field: OBSERVED_AT, direction: DESC}`, "reports_observed_at_idx"},
		{"updated", `filter: {updated: {from: "2026-02-28T00:00:00Z"}}, orderBy: {field: UPDATED_AT}`, "reports_updated_at_idx"},
		{"text", `filter: {text: "ngap ung"}, orderBy: {field: REQUESTED_AT}`, "reports_search_idx"},
		{"id", ``, "reports_pkey"},
	} {
		t.Run(test.name, func(t *testing.T) {
			forbid("on")
			if strings.HasPrefix(test.arguments, "area") && test.name != "bbox" {
				forbid("off")
			}
			rec.statements = nil
			arguments := "first: 5"
			if test.arguments != "" {
				arguments += ", " + test.arguments
			}
			var out any
			h.Ask("{ reports("+arguments+") { nodes { id } } }", nil, &out)
			last := rec.statements[len(rec.statements)-1]
			rows, err := pool.Query(context.Background(), "EXPLAIN "+last.SQL, last.Args...)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(plan, "\n"); !strings.Contains(text, test.index) {
				t.Errorf("the plan has no %s:\n%s\n%s", test.index, last.SQL, text)
			}
		})
	}
}
