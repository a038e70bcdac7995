package postgis

import (
	"github.com/paulmach/orb"

	"geohub/clause"
)

// Relation is how two geometries lie to each other, in the sense of OGC's Simple
// Features.
type Relation int

// The relations, of the row's geometry to another.
const (
	Meets Relation = iota // has a point in common with
	Within
	Contains
	Equals
	Touches
	Crosses
	Overlaps
)

// Related holds for rows that lie to g, in EPSG:4326, as the relation says; NULL
// for rows without a place. The box comes first, so that the index is used.
func Related(as Relation, g orb.Geometry) clause.C {
	to := clause.Of("?::geometry", clause.Value(Shape{g, 4326}))
	exact := clause.Of("ST_Intersects(f.geom, ?)", to)
	switch as {
	case Within:
		exact = clause.Of("ST_Within(f.geom, ?)", to)
	case Contains:
		exact = clause.Of("ST_Contains(f.geom, ?)", to)
	case Equals:
		exact = clause.Of("ST_Equals(f.geom, ?)", to)
	case Touches:
		exact = clause.Of("ST_Touches(f.geom, ?)", to)
	case Crosses:
		exact = clause.Of("ST_Crosses(f.geom, ?)", to)
	case Overlaps:
		exact = clause.Of("ST_Overlaps(f.geom, ?)", to)
	}
	return clause.Of("(f.geom && ? AND ?)", to, exact)
}
