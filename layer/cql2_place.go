package layer

import (
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// This file reads what a filter in CQL2 says of places.

// related is the row's geometry as it lies to g, which was checked.
func related(op cql2.SpatialOp, g orb.Geometry) (clause.C, error) {
	members, several := g.(orb.Collection)
	switch op {
	case cql2.SDisjoint:
		c, err := related(cql2.SIntersects, g)
		if err != nil {
			return clause.C{}, err
		}
		return clause.Not(c), nil
	case cql2.SIntersects:
		if !several {
			return postgis.Related(postgis.Meets, g), nil
		}
		any, err := each(members, func(g orb.Geometry) (clause.C, error) { return related(op, g) })
		return clause.Or(any...), err
	}
	as, known := relations[op]
	switch {
	case !known:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is not supported", op)
	case several:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s takes one geometry and no collection; S_INTERSECTS and S_DISJOINT take those", op)
	}
	return postgis.Related(as, g), nil
}

var relations = map[cql2.SpatialOp]postgis.Relation{
	cql2.SWithin: postgis.Within, cql2.SContains: postgis.Contains, cql2.SEquals: postgis.Equals,
	cql2.STouches: postgis.Touches, cql2.SCrosses: postgis.Crosses, cql2.SOverlaps: postgis.Overlaps,
}

// box is related for a box, which may cross the antimeridian and may be flat.
func (w *cql2Reader) box(op cql2.SpatialOp, b geo.BBox) (clause.C, error) {
	if err := b.Check(); err != nil {
		return clause.C{}, err
	}
	switch op {
	case cql2.SIntersects:
		return postgis.InBox(b, w.s.Points), nil
	case cql2.SDisjoint:
		return clause.Not(postgis.InBox(b, w.s.Points)), nil
	}
	var sides orb.MultiPolygon
	var flat []orb.Geometry
	for _, o := range b.Bounds() {
		switch {
		case o.Min == o.Max:
			flat = append(flat, o.Min)
		case o.Min[0] == o.Max[0] || o.Min[1] == o.Max[1]:
			flat = append(flat, orb.LineString{o.Min, o.Max})
		default:
			sides = append(sides, o.ToPolygon())
		}
	}
	switch {
	case len(sides) == 1:
		return related(op, sides[0])
	case len(sides) > 1:
		return related(op, sides)
	case len(flat) == 1:
		return related(op, flat[0])
	}
	return clause.C{}, fault.Invalid("BAD_GEOMETRY", "a flat box across the antimeridian is for S_INTERSECTS and S_DISJOINT only")
}
