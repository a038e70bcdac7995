package postgis

import (
	"math"

	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
)

// Origin is a geometry in EPSG:4326 that distances are measured from.
type Origin struct {
	geom orb.Geometry
	sql  clause.C // the same wherever it stands in a statement
}

// From is the origin at a geometry.
func From(g orb.Geometry) Origin {
	return Origin{g, clause.Of("?::geometry", clause.Value(Shape{g, 4326}))}
}

// DistanceM is the geodesic distance of f in metres; NULL without a geometry.
func (o Origin) DistanceM() clause.C {
	return clause.Of("ST_Distance(f.geom::geography, ?::geography)", o.sql)
}

// WithinM holds for rows within a geodesic distance.
func (o Origin) WithinM(m float64) clause.C {
	box := InBox(geo.BBoxOf(geo.Expand(o.geom.Bound(), m)), false)
	if p, ok := o.geom.(orb.Point); ok {
		box = inBoundsOf(geo.Around{Lon: p[0], Lat: p[1], RadiusM: m})
	}
	return clause.Of("? AND ? <= ?", box, o.DistanceM(), m)
}

// Rows is where a statement has its rows f from, FROM to LIMIT, and what has to
// stand before its SELECT.
type Rows struct{ With, From clause.C }

// Nearest are the n rows, or a few more, of a table that are nearest by metres,
// and then by their id, each with its distance as f.away.
//
// The index knows degrees only. Those that are nearest by degrees, rather more
// than are wanted, make a circle of metres; the answer lies in the box round it.
func (o Origin) Nearest(table, where clause.C, n int) Rows {
	lat, free := o.reach()
	// A box that would cross the antimeridian reaches round the world.
	box := clause.Of(`(SELECT ST_Expand(ST_Envelope(?), CASE WHEN w.lon < ? THEN w.lon ELSE 360 END, w.lat)
		FROM (?) n, LATERAL (SELECT (n.m * 1.01 + 1) / 110500 AS lat,
			(n.m * 1.01 + 1) / (111320 * greatest(0.001, cos(radians(least(90, ?::float8 + n.m / 110500))))) AS lon) w)`, o.sql, free, farthest(n), lat)
	return Rows{o.given(table, where, n), clause.Of("FROM (SELECT f.*, ? AS away FROM ? f WHERE f.geom && ? AND ? ORDER BY away, f.id LIMIT ?) f",
		o.DistanceM(), table, box, where, clause.Enough(n))}
}

// Likely are the rows of Nearest for less, as a rule; or none, when it takes more
// to know them.
//
// What the index has not given is r degrees away or more, which is so many metres
// at least, as a degree is short where the circle of r degrees comes nearest to a
// pole. If the n nearest of what it gave are nearer than that, they are the answer.
// Rows go from step to step whole: to take them apart costs more than to find them.
func (o Origin) Likely(table, where clause.C, n int) Rows {
	lat, free := o.reach()
	sure := clause.Of(`(SELECT r.n < ? OR r.degrees < ? AND r.degrees + ? < 89 AND n.m < r.degrees * 0.99 * least(110500, 111320 * cos(radians(?::float8 + r.degrees)))
		FROM (?) n, (SELECT max(g.degrees) AS degrees, count(*) AS n FROM given g) r)`, o.more(n), free, lat, lat, farthest(n))
	return Rows{o.given(table, where, n), clause.Of("FROM (SELECT g.whole, g.away FROM given g WHERE ? ORDER BY g.away, g.id LIMIT ?) g, LATERAL (SELECT (g.whole).*, g.away) f",
		sure, clause.Enough(n))}
}

// given are the rows that are nearest by degrees, more of them than n.
func (o Origin) given(table, where clause.C, n int) clause.C {
	return clause.Of("WITH given AS MATERIALIZED (SELECT f AS whole, f.id, f.geom <-> ? AS degrees, ? AS away FROM ? f WHERE ? ORDER BY f.geom <-> ? LIMIT ?) ",
		o.sql, o.DistanceM(), table, where, o.sql, o.more(n))
}

// farthest is m, the distance of the last of the n nearest rows given.
func farthest(n int) clause.C {
	return clause.Of("SELECT max(g.away) AS m FROM (SELECT g.away FROM given g ORDER BY g.away, g.id LIMIT ?) g", clause.Enough(n))
}

// more is how many rows the index is asked for when n are wanted: a circle of
// degrees is so much larger than the one of metres in it; and a few.
func (o Origin) more(n int) clause.C {
	lat, _ := o.reach()
	return clause.Enough(int(1.05*float64(n)/math.Max(0.1, math.Cos(lat*math.Pi/180)) + math.Sqrt(float64(n))))
}

// reach says how far the origin lies from the equator at most and from the
// antimeridian at least, degrees.
func (o Origin) reach() (lat, free float64) {
	b := o.geom.Bound()
	return math.Max(math.Abs(b.Min[1]), math.Abs(b.Max[1])), math.Min(180+b.Min[0], 180-b.Max[0])
}
