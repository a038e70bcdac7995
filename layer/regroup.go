package layer

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// regrouping says which unit of a level, or of a day, stands for the unit that a
// feature had at its own time. It agrees with [geo.Area.Units]: a group counts what
// the list of its unit holds.
//
// Where all of a unit belongs to one such unit, by the crosswalk, so do its
// features, with no look at their places. Where it was split, a feature belongs to
// the unit in which its place lies that day. It has none without a unit of its own,
// without a place where one is asked for, or where there was none then.
type regrouping struct {
	of, into []int32  // units of features, and the one that each belongs to
	split    []int32  // units of features of which the place decides
	day      geo.Date // on which
}

// regroup finds the units of a level (nil: communes) that stood on a day; nil: those
// over each feature's own unit at its own time. Both nil: nothing is regrouped.
func (r *Reader) regroup(ctx context.Context, s *System, level *UnitKind, at *geo.Date) (*regrouping, error) {
	kind := UnitKind("COMMUNE")
	if level != nil {
		kind = *level
	}
	switch {
	case at != nil:
		return r.regroupOn(ctx, s, kind, *at)
	case level != nil:
		return r.regroupUp(ctx, kind)
	}
	return nil, nil
}

// regroupUp finds the units of a kind over each unit in its own epoch.
func (r *Reader) regroupUp(ctx context.Context, kind UnitKind) (*regrouping, error) {
	g := &regrouping{}
	c := clause.Of(`WITH RECURSIVE up (of, id, kind, parent_code, day) AS (
			SELECT f.id, f.id, f.kind, f.parent_code, f.valid_from FROM units f
			UNION
			SELECT u.of, f.id, f.kind, f.parent_code, u.day FROM up u JOIN units f ON f.code = u.parent_code AND ?
		) SELECT of, id FROM up WHERE kind = ?`, StandsOn(clause.Of("u.day")), string(kind))
	err := r.query(ctx, "find units over units", c, func(rows pgx.Rows) error {
		var of, into int32
		err := rows.Scan(&of, &into)
		g.of, g.into = append(g.of, of), append(g.into, into)
		return err
	})
	return g, err
}

// regroupOn finds the units of a kind that stood on a day, and what of other
// epochs belongs to each.
func (r *Reader) regroupOn(ctx context.Context, s *System, kind UnitKind, day geo.Date) (*regrouping, error) {
	var ids []int32
	c := clause.Of(`SELECT f.id FROM units f WHERE f.kind = ? AND ? ORDER BY f.id`, string(kind), StandsOn(clause.Of("?::date", day)))
	err := r.query(ctx, "find units of a day", c, func(rows pgx.Rows) error {
		var id int32
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fault.Invalid("BAD_INPUT", "at: there was no %s on %s", kind, day)
	}
	parts := loaderOf(r, "unit parts", r.fetchUnitParts)
	parts.Want(ids...)
	g := &regrouping{day: day}
	for _, id := range ids {
		of, _, err := parts.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, p := range of {
			for _, commune := range p.communes {
				if p.whole {
					g.of, g.into = append(g.of, commune), append(g.into, id)
				} else {
					g.split = append(g.split, commune)
				}
			}
		}
	}
	slices.Sort(g.split)
	g.split = slices.Compact(g.split)
	if len(g.split) > 0 { // which part of a unit a feature lies in, its place tells
		return g, r.maySee(s, "geometry")
	}
	return g, nil
}

// key says what a grouping takes for the unit of a row f of the list, and what is
// to be joined for it.
func (g *regrouping) key(l *List) (unit, join clause.C) {
	units := clause.Of("unnest(?::int[], ?::int[])", clause.Value(g.of), clause.Value(g.into))
	join = clause.Of("LEFT JOIN ? w(id, unit) ON w.id = f.unit_id", units)
	if len(g.split) == 0 {
		return clause.Of("w.unit"), join
	}
	rows := clause.Of("? f WHERE f.unit_id = ANY (?) AND ?", l.r.table(l.s.Table), g.split, l.where)
	join = clause.Of("? LEFT JOIN (?) p ON p.id = f.id LEFT JOIN ? v(id, unit) ON v.id = p.part", join,
		postgis.CommunesOn([]geo.Date{g.day}, l.s.Points, rows), units)
	return clause.Of("coalesce(w.unit, v.unit)"), join
}
