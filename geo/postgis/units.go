package postgis

import (
	"github.com/paulmach/orb"

	"geohub/clause"
)

// MaxMended is the number of vertices below which Mended is safe: on drawn
// self-crossing rings of some hundreds GEOS takes for ever, of thousands it
// takes the server down.
const MaxMended = 300

// unitGrid is the side in degrees, about 1 cm, of the grid on which the
// polygons of neighbours are joined.
const unitGrid = 1e-7

// Mended is the polygonal part of what an invalid polygon of fewer than
// MaxMended vertices was meant to be; it may be empty.
func Mended(g orb.Geometry) clause.C {
	return clause.Of("ST_Multi(ST_CollectionExtract(ST_MakeValid(?::geometry, 'method=structure'), 3))", Shape{g, 4326})
}

// UnionOfParts is the union of the polygons of the units c in a group, always
// the same one for the same units; what gaps of a centimetre they leave are closed.
func UnionOfParts() clause.C {
	return clause.Of(`ST_Multi(ST_CollectionExtract(ST_Union(c.geom, ?::float8 ORDER BY c.code COLLATE "C"), 3))`, unitGrid)
}

// AreaKm2 is the geodesic area of all rows of a group.
func AreaKm2() clause.C { return clause.Of("sum(ST_Area(f.geom::geography)) / 1e6") }

// ShareOf is which part, 0 to 1, of the polygon o.geom lies in n.geom, as the
// map shows it: both are of one size and place, so degrees will do.
func ShareOf() clause.C {
	return clause.Of("ST_Area(ST_Intersection(o.geom, n.geom)) / ST_Area(o.geom)")
}

// Meet holds for polygons o.geom and n.geom that have a point in common.
func Meet() clause.C { return clause.Of("ST_Intersects(o.geom, n.geom)") }
