package postgis

import "geohub/clause"

// Pair is a row f beside a row l, both with their geometries. Each condition but
// WithinM can use the index of either's table, whichever the planner would rather
// look into.
type Pair struct{}

var left, right = clause.Of("l.geom"), clause.Of("f.geom")

// DistanceM is the geodesic distance between the two in metres.
func (Pair) DistanceM() clause.C {
	return clause.Of("ST_Distance(f.geom::geography, l.geom::geography)")
}

// WithinM holds for pairs within a geodesic distance: in two ways that say the
// same, one to look each l up in the index of f's table and one the other way round.
func (p Pair) WithinM(m float64) []clause.C {
	metres := clause.Value(m)
	near := clause.Of("? <= ?::float8", p.DistanceM(), metres)
	return []clause.C{
		clause.Of("f.geom && ? AND ?", grown(left, metres), near),
		clause.Of("l.geom && ? AND ?", grown(right, metres), near),
	}
}

// Inside holds when the row l lies inside of f; its border may touch f's.
func (Pair) Inside() clause.C { return clause.Of("ST_CoveredBy(l.geom, f.geom)") }

// Contains holds when f lies inside of the row l.
func (Pair) Contains() clause.C { return clause.Of("ST_Covers(l.geom, f.geom)") }

// Intersects holds when the two have a point in common.
func (Pair) Intersects() clause.C { return clause.Of("ST_Intersects(l.geom, f.geom)") }

// Nearest selects the row f of a table that is nearest to the row l by metres, the
// first by id of those equally near: its id and its distance as away. The index
// knows degrees only: what is nearest by degrees bounds how far the nearest by
// metres can be.
func (p Pair) Nearest(table, where clause.C) clause.C {
	return clause.Of(`(SELECT f.id, ? AS away FROM (SELECT ? AS m FROM ? f WHERE f.geom IS NOT NULL AND ? ORDER BY f.geom <-> l.geom LIMIT 1) b, ? f
		WHERE f.geom && ? AND ? ORDER BY away, f.id LIMIT 1)`, p.DistanceM(), p.DistanceM(), table, where, table, grown(left, clause.Of("b.m")), where)
}

// grown is the box of a geometry grown by some metres in each direction, and a
// little more: a degree is at least 110,500 m of latitude, and of longitude as much
// less as the box comes near to a pole. A box that would cross the antimeridian, or
// reach a pole, goes round the world.
func grown(g, metres clause.C) clause.C {
	lat := clause.Of("((? * 1.01 + 1) / 110500)", metres)
	far := clause.Of("(greatest(abs(ST_YMin(?)), abs(ST_YMax(?))) + ?)", g, g, lat)
	lon := clause.Of("(? / greatest(0.001, cos(radians(least(90, ?)))))", lat, far)
	return clause.Of("ST_Expand(?, CASE WHEN ST_XMin(?) - ? < -180 OR ST_XMax(?) + ? > 180 OR ? >= 89 THEN 360 ELSE ? END, ?)", g, g, lon, g, lon, far, lon, lat)
}
