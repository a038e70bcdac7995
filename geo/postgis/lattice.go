package postgis

import (
	"geohub/clause"
	"geohub/geo"
)

// OnLattice selects the cells of a lattice in which rows f lie for which where
// holds: x and y as [geo.Lattice.Cell] counts them, n the rows. Rows without a
// place come with NULL for x and y. at is where a row lies: a point.
//
// A hexagon holds what lies nearest to its middle. Middles stand on two rectangular
// grids, shifted against each other by half of a cell in both directions: the
// nearer of one of each is the nearest of all.
func OnLattice(l geo.Lattice, table, at, where clause.C) clause.C {
	lon0, sin0, perDegree, perSine := l.Plane()
	rowM, x, y := l.SizeM, clause.Of("floor(p.u)"), clause.Of("floor(p.v)")
	if l.Hexagons {
		rowM *= 1.7320508075688772 // two rows
		even := clause.Of("(p.u - floor(p.u + 0.5)) * (p.u - floor(p.u + 0.5)) + 3 * (p.v - floor(p.v + 0.5)) * (p.v - floor(p.v + 0.5)) <= (p.u - floor(p.u) - 0.5) * (p.u - floor(p.u) - 0.5) + 3 * (p.v - floor(p.v) - 0.5) * (p.v - floor(p.v) - 0.5)")
		x = clause.Of("CASE WHEN ? THEN 2 * floor(p.u + 0.5) ELSE 2 * floor(p.u) + 1 END", even)
		y = clause.Of("CASE WHEN ? THEN 2 * floor(p.v + 0.5) ELSE 2 * floor(p.v) + 1 END", even)
	}
	return clause.Of(`(SELECT (?)::int AS x, (?)::int AS y, count(*) AS n FROM
		(SELECT (ST_X(g.at) - ?::float8) * ?::float8 AS u, (sin(radians(ST_Y(g.at))) - ?::float8) * ?::float8 AS v FROM (SELECT ? AS at FROM ? f WHERE ? OFFSET 0) g OFFSET 0) p GROUP BY 1, 2)`,
		x, y, lon0, perDegree/l.SizeM, sin0, perSine/rowM, at, table, where)
}
