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
	var whole []int32
	var in []clause.C
	for _, p := range parts {
		if p.whole {
			whole = append(whole, p.commune)
		} else {
			in = append(in, clause.Of("f.unit_id = ? AND ? = ANY (?)", p.commune, postgis.UnitOf(postgis.Geom(), clause.Of("?::date", p.day)), p.within))
		}
	}
	return clause.Or(append(in, clause.Of("f.unit_id = ANY (?)", whole))...), nil
}

// unitPart is a commune of any epoch that makes up a unit of, or a part of it:
// then those of its points belong to it whose unit on day is one of within.
type unitPart struct {
	of, commune int32
	whole       bool
	day         geo.Date
	within      []int32
}

// unitParts follows units down to their communes, and the communes through the
// crosswalk into the other epochs.
func (r *Reader) unitParts(ctx context.Context, ids []int32) ([]unitPart, error) {
	c := clause.Of(`
		WITH RECURSIVE down (root, id, code, kind, valid_from, valid_to) AS (
			SELECT id, id, code, kind, valid_from, valid_to FROM units WHERE id = ANY (?)
			UNION
			SELECT d.root, c.id, c.code, c.kind, c.valid_from, c.valid_to FROM down d
			JOIN units c ON c.parent_code = d.code AND c.valid_from < coalesce(d.valid_to, 'infinity') AND d.valid_from < coalesce(c.valid_to, 'infinity')
		), communes AS (
			SELECT root, id, valid_from FROM down WHERE kind = 'COMMUNE'
		), back (root, id, whole, day, part) AS (
			SELECT root, id, true, valid_from, id FROM communes
			UNION
			SELECT b.root, x.old_id, b.whole AND x.whole, b.day, b.part FROM back b JOIN unit_crosswalk x ON x.new_id = b.id
		), ahead (root, id, day, part) AS (
			SELECT c.root, x.new_id, c.valid_from, c.id FROM communes c JOIN unit_crosswalk x ON x.old_id = c.id
			UNION
			SELECT a.root, x.new_id, a.day, a.part FROM ahead a JOIN unit_crosswalk x ON x.old_id = a.id
		), complete AS ( -- a later commune all of whose predecessors belong to the unit belongs to it too
			SELECT DISTINCT a.root, a.id FROM ahead a
			WHERE NOT EXISTS (SELECT FROM unit_crosswalk x WHERE x.new_id = a.id
				AND NOT (x.whole AND EXISTS (SELECT FROM communes c WHERE c.root = a.root AND c.id = x.old_id)))
		), parts AS (
			SELECT * FROM back UNION
			SELECT a.root, a.id, EXISTS (SELECT FROM complete k WHERE k.root = a.root AND k.id = a.id), a.day, a.part FROM ahead a
		)
		SELECT root, id, bool_or(whole), min(day), array_agg(DISTINCT part) FROM parts GROUP BY root, id ORDER BY root, id`, ids)
	var out []unitPart
	err := r.query(ctx, "find parts of units", c, func(rows pgx.Rows) error {
		var p unitPart
		err := rows.Scan(&p.of, &p.commune, &p.whole, &p.day, &p.within)
		out = append(out, p)
		return err
	})
	return out, err
}
