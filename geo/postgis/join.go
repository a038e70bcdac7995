package postgis

import (
	"github.com/paulmach/orb"

	"geohub/clause"
)

// Joined is the union of valid polygons, which may overlap.
func Joined(g orb.MultiPolygon) clause.C {
	return clause.Of("ST_UnaryUnion(?::geometry)", Shape{g, 4326})
}

// JoinedRows is the union of the geometries of all rows f of a group.
func JoinedRows() clause.C { return clause.Of("ST_Union(f.geom)") }

// PointOn is a point of f's geometry, in it if it is an area.
func PointOn() clause.C { return clause.Of("ST_PointOnSurface(f.geom)") }

// ReachM is how far round PointOn an area lies, in metres: the radius of a
// circle of its size; 0 for a point.
func ReachM() clause.C { return clause.Of("round(sqrt(ST_Area(f.geom::geography) / pi()))") }
