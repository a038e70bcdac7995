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

// Nearest selects the n rows f, or a few more, of a table that are nearest by metres, and then by
// their id, each with its distance as f.away. with has to stand before SELECT.
//
// The index knows degrees only. It gives rather more rows than are wanted, by
// degrees: what it has not given is r degrees away or more, which is so many
// metres at least, as a degree is short where the circle of r degrees comes
// nearest to a pole. If the n nearest of what it gave are nearer than that, they
// are the answer. Else the answer lies in the box round the circle that these n
// make, and is read from there; that branch costs nothing when it isn't wanted.
// Rows go from step to step whole: to take them apart costs more than to find them.
func (o Origin) Nearest(table, where clause.C, n int) (with, from clause.C) {
	b := o.geom.Bound()
	lat := math.Max(math.Abs(b.Min[1]), math.Abs(b.Max[1]))
	free := math.Min(180+b.Min[0], 180-b.Max[0]) // degrees between the origin and the antimeridian
	// A circle of degrees is so much larger than the one of metres in it; and a few more.
	given := clause.Enough(int(1.05*float64(n)/math.Max(0.1, math.Cos(lat*math.Pi/180)) + math.Sqrt(float64(n))))
	with = clause.Of(`WITH given AS MATERIALIZED (
			SELECT f AS whole, f.id, f.geom <-> ? AS degrees, ? AS away FROM ? f WHERE ? ORDER BY f.geom <-> ? LIMIT ?
		), bound AS MATERIALIZED (
			SELECT r.all_given OR r.degrees < ? AND r.degrees + ? < 89 AND n.m < r.degrees * 0.99 * least(110500, 111320 * cos(radians(?::float8 + r.degrees))) AS sure, n.m
			FROM (SELECT max(g.away) AS m FROM (SELECT g.away FROM given g ORDER BY g.away, g.id LIMIT ?) g) n,
				(SELECT max(g.degrees) AS degrees, count(*) < ? AS all_given FROM given g) r
		) `,
		o.sql, o.DistanceM(), table, where, o.sql, given, free, lat, lat, clause.Enough(n), given)
	// A box that would cross the antimeridian reaches round the world.
	box := clause.Of(`(SELECT ST_Expand(ST_Envelope(?), CASE WHEN w.lon < ? THEN w.lon ELSE 360 END, w.lat)
		FROM bound, LATERAL (SELECT (bound.m * 1.01 + 1) / 110500 AS lat,
			(bound.m * 1.01 + 1) / (111320 * greatest(0.001, cos(radians(least(90, ?::float8 + bound.m / 110500))))) AS lon) w)`, o.sql, free, lat)
	from = clause.Of(`FROM (
		SELECT g.whole, g.id, g.away FROM given g WHERE (SELECT b.sure FROM bound b)
		UNION ALL
		SELECT f, f.id, ? FROM ? f WHERE NOT (SELECT b.sure FROM bound b) AND f.geom && ? AND ?
		ORDER BY away, id LIMIT ?) g, LATERAL (SELECT (g.whole).*, g.away) f`, o.DistanceM(), table, box, where, clause.Enough(n))
	return with, from
}
