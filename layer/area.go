package layer

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// area is the condition that a row f of s lies in an area; empty for nil.
func (r *Reader) area(ctx context.Context, s *System, a *geo.Area) (clause.C, error) {
	if a == nil {
		return clause.C{}, nil
	}
	if err := a.Check(); err != nil {
		return clause.C{}, err
	}
	if err := r.maySee(s, "geometry"); err != nil {
		return clause.C{}, err
	}
	switch {
	case a.BBox != nil:
		return postgis.InBox(*a.BBox, s.Points), nil
	case a.Around != nil:
		return postgis.Around(*a.Around), nil
	case a.Units != nil:
		return r.inUnits(ctx, s, a.Units)
	case a.Feature != nil:
		row, err := r.feature(ctx, *a.Feature)
		if err != nil {
			return clause.C{}, err
		}
		if row == nil {
			return clause.C{}, fault.NotFound("area: there is no feature %q", *a.Feature)
		}
		to := row.feature().page.s
		return postgis.IntersectsRow(clause.Name(to.Table), row.feature().ID), r.maySee(to, "geometry")
	case a.Projected != nil:
		if err := r.catalog.knowsCRS(ctx, r, a.Projected.CRS); err != nil {
			return clause.C{}, err
		}
		g, err := a.Projected.Shape()
		return postgis.IntersectsProjected(g, a.Projected.CRS), err
	default:
		g, err := a.Within.LonLat()
		return postgis.Intersects(g), err
	}
}

// inUnits is the condition that f lies in one of the units. A point lies in the
// one unit that unit_of gave it; in a unit of another epoch when the crosswalk
// says so or, where its unit was split, when the rule of that day does. Lines
// and polygons lie in each unit that they meet.
func (r *Reader) inUnits(ctx context.Context, s *System, refs []geo.UnitRef) (clause.C, error) {
	keys := make([]unitKey, len(refs))
	for i, ref := range refs {
		keys[i] = unitKey{ref.Code, r.day(ref.At)}
	}
	units, err := r.unitKeys.LoadAll(ctx, keys)
	if err != nil {
		return clause.C{}, err
	}
	if len(units) < len(keys) {
		for _, k := range keys {
			if _, found, _ := r.unitKeys.Load(ctx, k); !found {
				return clause.C{}, fault.NotFound("area: there is no unit %q on %s", k.code, k.day)
			}
		}
	}
	ids := make([]int32, len(units))
	for i, u := range units {
		ids[i] = u.id
	}
	if !s.Points {
		return postgis.IntersectsUnits(ids), nil
	}
	parts, err := r.unitParts(ctx, ids)
	if err != nil {
		return clause.C{}, err
	}
	in := clause.Of("f.unit_id = ANY (?)", parts.whole)
	for _, split := range parts.split {
		in = clause.Or(in, clause.Of("f.unit_id = ? AND ? = ANY (?)", split.unit, postgis.UnitOf(postgis.Geom(), clause.Of("?::date", split.day)), split.within))
	}
	return in, nil
}

// unitParts are the communes of any epoch that make up some units.
type unitParts struct {
	whole []int32
	split []splitUnit
}

// splitUnit is a commune of another epoch, only part of which belongs to the
// units asked for: those of its points whose unit on day is one of within.
type splitUnit struct {
	unit   int32
	day    geo.Date
	within []int32
}

// unitParts follows the units down to their communes and the communes through
// the crosswalk into the other epochs.
func (r *Reader) unitParts(ctx context.Context, ids []int32) (unitParts, error) {
	var out unitParts
	c := clause.Of(`
		WITH RECURSIVE down AS (
			SELECT id, code, kind, valid_from, valid_to FROM units WHERE id = ANY (?)
			UNION
			SELECT c.id, c.code, c.kind, c.valid_from, c.valid_to FROM down d
			JOIN units c ON c.parent_code = d.code AND c.valid_from < coalesce(d.valid_to, 'infinity') AND d.valid_from < coalesce(c.valid_to, 'infinity')
		), communes AS (
			SELECT id, valid_from FROM down WHERE kind = 'COMMUNE'
		), walk (id, whole, day, part) AS (
			SELECT id, true, valid_from, id FROM communes
			UNION
			SELECT x.old_id, w.whole AND x.whole, w.day, w.part FROM walk w JOIN unit_crosswalk x ON x.new_id = w.id
		), ahead (id, whole, day, part) AS (
			SELECT id, true, valid_from, id FROM communes
			UNION
			SELECT x.new_id, false, a.day, a.part FROM ahead a JOIN unit_crosswalk x ON x.old_id = a.id
		), all_parts AS (
			SELECT * FROM walk UNION SELECT * FROM ahead WHERE NOT whole
		), complete AS ( -- a later unit all of whose predecessors are asked for is whole again
			SELECT n.id FROM (SELECT DISTINCT id FROM ahead WHERE NOT whole) n
			WHERE NOT EXISTS (SELECT FROM unit_crosswalk x WHERE x.new_id = n.id AND NOT (x.whole AND x.old_id IN (SELECT id FROM communes)))
		)
		SELECT p.id, bool_or(p.whole OR p.id IN (SELECT id FROM complete)), min(p.day), array_agg(DISTINCT p.part) FROM all_parts p GROUP BY p.id ORDER BY p.id`, ids)
	err := r.query(ctx, "find parts of units", c, func(rows pgx.Rows) error {
		var whole bool
		var s splitUnit
		err := rows.Scan(&s.unit, &whole, &s.day, &s.within)
		if whole {
			out.whole = append(out.whole, s.unit)
		} else {
			out.split = append(out.split, s)
		}
		return err
	})
	return out, err
}
