package layer

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// area is the condition that a row f of s lies in an area; empty for nil. What
// it looks at is added to reach.
func (r *Reader) area(ctx context.Context, s *System, a *geo.Area, reach *reach) (clause.C, error) {
	if a == nil {
		return clause.C{}, nil
	}
	if err := a.Check(); err != nil {
		return clause.C{}, err
	}
	if err := r.maySee(s, "geometry"); err != nil {
		return clause.C{}, err
	}
	if a.Units != nil {
		return r.inUnits(ctx, s, a.Units, reach)
	}
	if a.AllOf != nil {
		var all clause.C
		for _, one := range a.AllOf {
			c, err := r.area(ctx, s, one, reach)
			if err != nil {
				return clause.C{}, err
			}
			all = clause.And(all, c)
		}
		return all, nil
	}
	reach.rows = true
	switch {
	case a.BBox != nil:
		return postgis.InBox(*a.BBox, s.Points), nil
	case a.Around != nil:
		return postgis.Around(*a.Around), nil
	case a.Feature != nil:
		r.Together() // its place is read once more with the list
		row, err := r.feature(ctx, *a.Feature)
		if err != nil {
			return clause.C{}, err
		}
		if row == nil {
			return clause.C{}, fault.NotFound("area: there is no feature %q", *a.Feature)
		}
		to := row.feature().page.s
		return postgis.IntersectsRow(r.table(to.Table), row.feature().ID), r.maySee(to, "geometry")
	case a.Projected != nil:
		if err := r.catalog.knowsCRS(ctx, r, a.Projected.CRS); err != nil {
			return clause.C{}, err
		}
		g, err := r.lonLat(ctx, *a.Projected)
		return postgis.Intersects(g), err
	default:
		g, err := a.Within.LonLat()
		return postgis.Intersects(g), err
	}
}

// lonLat brings a drawn geometry into EPSG:4326. One that lies across the
// antimeridian there is refused: its edges would run the wrong way round.
func (r *Reader) lonLat(ctx context.Context, p geo.ProjectedGeometry) (g orb.Geometry, err error) {
	drawn, err := p.Shape()
	if err != nil {
		return nil, err
	}
	err = r.query(ctx, "transform area", clause.Of("SELECT ?", postgis.ToLonLat(drawn, p.CRS)), func(rows pgx.Rows) error { return rows.Scan(&g) })
	if err != nil {
		return nil, err
	}
	if b := g.Bound(); b.Max[0]-b.Min[0] > 180 {
		return nil, fault.Invalid("BAD_GEOMETRY", "projected: the geometry lies across the antimeridian; ask for its two sides apart").With("at", "projected")
	}
	return g, geo.Check(g)
}

// inUnits is the condition that f lies in one of the units. A point lies in the
// one unit that unit_of gave it; in a unit of another epoch when the crosswalk
// says so or, where its unit was split, when the rule of that day does. Lines
// and polygons lie in each unit that they meet.
func (r *Reader) inUnits(ctx context.Context, s *System, refs []geo.UnitRef, reach *reach) (clause.C, error) {
	keys := make([]unitKey, len(refs))
	for i, ref := range refs {
		keys[i] = unitKey{ref.Code, r.Day(ref.At)}
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
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if !s.Points {
		reach.rows = true
		return postgis.IntersectsUnits(ids), nil
	}
	l := loaderOf(r, "unit parts", r.fetchUnitParts)
	l.Want(ids...)
	var whole []int32
	split := map[geo.Date]*unitPart{} // by day: a point of these communes whose unit of that day is asked for
	var days []geo.Date
	for _, id := range ids {
		parts, _, err := l.Load(ctx, id)
		if err != nil {
			return clause.C{}, err
		}
		for _, p := range parts {
			switch d := split[p.day]; {
			case p.whole:
				whole = append(whole, p.communes...)
			case d == nil:
				split[p.day] = &unitPart{communes: p.communes, day: p.day, within: p.within}
				days = append(days, p.day)
			default:
				d.communes, d.within = append(d.communes, p.communes...), append(d.within, p.within...)
			}
		}
	}
	in := []clause.C{clause.Of("f.unit_id = ANY (?)", whole)}
	reach.rows = reach.rows || len(days) > 0
	for _, day := range days {
		in = append(in, clause.Of("f.unit_id = ANY (?) AND ?", split[day].communes, postgis.UnitIn(clause.Of("?::date", day), split[day].within)))
	}
	return clause.Or(in...), nil
}

// unitPart is communes of any epoch that make up a unit, or a part of them: then
// those of their points belong to it whose unit on day is one of within.
type unitPart struct {
	whole            bool
	communes, within []int32
	day              geo.Date
}

// fetchUnitParts follows units down to their communes, and the communes through
// the crosswalk into the other epochs.
func (r *Reader) fetchUnitParts(ctx context.Context, ids []int32) (map[int32][]unitPart, error) {
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
	out := map[int32][]unitPart{}
	err := r.query(ctx, "find parts of units", c, func(rows pgx.Rows) error {
		var of int32
		p := unitPart{communes: make([]int32, 1)}
		err := rows.Scan(&of, &p.communes[0], &p.whole, &p.day, &p.within)
		out[of] = append(out[of], p)
		return err
	})
	return out, err
}
