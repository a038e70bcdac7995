package layer

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// This file is what package tiles needs of the engine, beside what package plan
// does: rows to be drawn, which no page holds.

// Some is FROM … for rows of the list, n of them or a few more if there are so
// many: points of a box as they lie together, lines and areas the largest first.
func (l *List) Some(n int) clause.C {
	table := l.r.table(l.s.Table)
	switch {
	case l.box != nil:
		return clause.Of("FROM ?", postgis.AlongCurve(table, *l.box, "", l.others, clause.C{}, n))
	case l.s.Points:
		return clause.Of("FROM ? f WHERE ? LIMIT ?", table, l.where, clause.Enough(n))
	}
	return clause.Of("FROM ? f WHERE ? ORDER BY ? LIMIT ?", table, l.where, postgis.LargestFirst(), clause.Enough(n))
}

// Clusters is FROM … for the list's points in a box, put together by the cells c
// of a grid, see [postgis.Grid.Cells]. The grid takes the place of the box that
// the list was asked for, and the clusters come in its order. Where c.n is 1, f is the row; elsewhere its columns are
// NULL.
func (l *List) Clusters(g postgis.Grid) clause.C {
	table := l.r.table(l.s.Table)
	return clause.Of("FROM ? c LEFT JOIN LATERAL (SELECT f.* FROM ? f WHERE c.n = 1 AND f.id = c.id LIMIT 1) f ON true ORDER BY c.y, c.x",
		g.Cells(table, postgis.Geom(), l.others), table)
}

// QueryAnew is Query for a statement that the server has to plan for its values
// each time. The plan that it keeps for all values takes any box for a small one,
// and walks the index for a million rows, which takes four times as long as to
// read the table.
func (r *Reader) QueryAnew(ctx context.Context, what string, c clause.C, each func(values [][]byte) error) error {
	return r.queryBinary(ctx, what, c, each, pgx.QueryExecModeCacheDescribe)
}

// queryAnew is QueryAnew with rows to be scanned.
func (r *Reader) queryAnew(ctx context.Context, what string, c clause.C, scan func(pgx.Rows) error) error {
	return r.query(ctx, what, c, scan, pgx.QueryExecModeCacheDescribe)
}

// Extents are the boxes round all rows of some layers that the viewer may see; nil where
// there are none, or their places are hidden.
func (r *Reader) Extents(ctx context.Context, systems []*System) ([]*geo.BBox, error) {
	lists := make([]*List, len(systems))
	for i, s := range systems {
		lists[i] = r.All(s)
	}
	return r.extents(ctx, lists)
}
