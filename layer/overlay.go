package layer

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// SpatialRelation is what the left feature of a pair has to do with the right one.
type SpatialRelation string

// The relations.
const (
	WithinM    SpatialRelation = "WITHIN_M"
	Inside     SpatialRelation = "INSIDE"
	Contains   SpatialRelation = "CONTAINS"
	Intersects SpatialRelation = "INTERSECTS"
	Nearest    SpatialRelation = "NEAREST"
)

// OverlaySide are the features of one layer that one side of an overlay takes.
type OverlaySide struct {
	Filter LayerFilter
	Area   *geo.Area
}

// OverlayConnection is a page of pairs of features that lie so to each other.
type OverlayConnection struct {
	r           *Reader
	left, right *List
	pair        []clause.C // the condition on the rows l and f, in ways that say the same; none: f is the nearest
	maxM        *float64   // of the nearest
	distances   bool
	first       int
	after       *cursor

	once sync.Once
	page []*OverlayPair
	more bool
	err  error
}

// OverlayPair is a left feature, and a right one that it is paired with.
type OverlayPair struct {
	Left, Right Feature
	DistanceM   *float64

	leftID, rightID string
}

// OverlayCount is a left feature, and with how many right ones it is paired.
type OverlayCount struct {
	Left  Feature
	Count int
}

// overlayOrder is the one order of pairs: by both ids.
var overlayOrder = order{name: "PAIR"}

// Overlay asks which features of two layers lie so to each other.
func (r *Reader) Overlay(ctx context.Context, left, right OverlaySide, relation SpatialRelation, distanceM *float64, first *int, after *string) (*OverlayConnection, error) {
	o := &OverlayConnection{r: r, distances: relation == WithinM || relation == Nearest}
	var err error
	if o.left, err = r.side(ctx, "left", left); err != nil {
		return nil, err
	}
	if o.right, err = r.side(ctx, "right", right); err != nil {
		return nil, err
	}
	if distanceM != nil {
		if !o.distances {
			return nil, fault.Invalid("BAD_INPUT", "distanceM goes with WITHIN_M and NEAREST, not with %s", relation)
		}
		if err := geo.CheckDistanceM("distanceM", *distanceM); err != nil {
			return nil, err
		}
	}
	var between postgis.Pair
	switch relation {
	case WithinM:
		if distanceM == nil {
			return nil, fault.Invalid("BAD_INPUT", "WITHIN_M takes distanceM, metres")
		}
		o.pair = between.WithinM(*distanceM)
	case Inside:
		o.pair = []clause.C{between.Inside()}
	case Contains:
		o.pair = []clause.C{between.Contains()}
	case Intersects:
		o.pair = []clause.C{between.Intersects()}
	case Nearest:
		o.maxM = distanceM
	}
	if o.left.s == o.right.s { // nothing is paired with itself
		o.right.where = clause.And(o.right.where, clause.Of("f.id <> l.id"))
	}
	if o.first, err = pageSize("first", first, DefaultFirst, MaxFirst); err != nil {
		return nil, err
	}
	if after != nil {
		if o.after, err = parseCursor(*after, overlayOrder); err == nil && o.after.value == nil {
			err = fault.Invalid("BAD_CURSOR", "`after` is not a cursor of pairs; start again without it")
		}
	}
	return o, err
}

// side asks the layer of one side.
func (r *Reader) side(ctx context.Context, name string, side OverlaySide) (*List, error) {
	s, filter, err := r.layerOf(name+".filter", side.Filter)
	if err != nil {
		return nil, err
	}
	if err := r.maySee(s, "geometry"); err != nil {
		return nil, err
	}
	return r.Ask(ctx, s, Query{Filter: filter, Area: side.Area, byID: true})
}

// pairs is FROM … WHERE of the pairs: the rows l and f, which has id and away.
func (o *OverlayConnection) pairs(pair clause.C, also ...clause.C) clause.C {
	lefts := clause.Of("(SELECT f.id, f.geom FROM ? f WHERE ?) l", o.r.table(o.left.s.Table), clause.And(append(also, o.left.where, clause.Of("f.geom IS NOT NULL"))...))
	if pair.Empty() {
		from := clause.Of("FROM ?, LATERAL ? f", lefts, postgis.Pair{}.Nearest(o.r.table(o.right.s.Table), o.right.where))
		if o.maxM != nil {
			return clause.Of("? WHERE f.away <= ?", from, *o.maxM)
		}
		return clause.Of("? WHERE TRUE", from)
	}
	away := clause.Of("NULL::float8")
	if o.distances {
		away = postgis.Pair{}.DistanceM()
	}
	return clause.Of("FROM ?, LATERAL (SELECT f.id, ? AS away FROM ? f WHERE ?) f WHERE TRUE", lefts, away, o.r.table(o.right.s.Table), clause.And(o.right.where, pair))
}

// query runs a statement about the pairs. Where there are two ways to find them,
// the planner says which is cheaper for it: a page in the order of the left ones
// soon has enough, and a count begins better with the side that has fewer.
func (o *OverlayConnection) query(ctx context.Context, what string, about func(pair clause.C) clause.C, scan func(pgx.Rows) error) error {
	var ways []clause.C
	for _, pair := range o.pair {
		ways = append(ways, about(pair))
	}
	if len(ways) == 0 {
		ways = []clause.C{about(clause.C{})}
	}
	way, err := o.r.cheapest(ctx, ways)
	if err != nil {
		return err
	}
	return o.r.query(ctx, what, way, scan)
}

// Nodes are the page's pairs.
func (o *OverlayConnection) Nodes(ctx context.Context) ([]*OverlayPair, error) {
	o.once.Do(func() { o.err = o.read(ctx) })
	return o.page, o.err
}

// PageInfo says where the page stands.
func (o *OverlayConnection) PageInfo(ctx context.Context) (*PageInfo, error) {
	pairs, err := o.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	return pageInfo(o.after, o.more, len(pairs), func(i int) string { return overlayOrder.cursor(&pairs[i].leftID, pairs[i].rightID) }), nil
}

// read finds the page's pairs in one statement, then each layer's rows by id.
func (o *OverlayConnection) read(ctx context.Context) error {
	o.page = []*OverlayPair{}
	page := func(pair clause.C) clause.C {
		from := o.pairs(pair)
		if o.after != nil {
			from = clause.Of("? AND (l.id, f.id) > (?::text, ?::text)", o.pairs(pair, clause.Of("f.id >= ?", *o.after.value)), *o.after.value, o.after.id)
		}
		return clause.Of("SELECT l.id, f.id, f.away ? ORDER BY l.id, f.id LIMIT ?", from, clause.Enough(o.first+1))
	}
	err := o.query(ctx, "overlay "+o.left.s.Field+" and "+o.right.s.Field, page, func(rows pgx.Rows) error {
		p := &OverlayPair{}
		err := rows.Scan(&p.leftID, &p.rightID, &p.DistanceM)
		o.page = append(o.page, p)
		return err
	})
	if err != nil {
		return err
	}
	if o.more = len(o.page) > o.first; o.more {
		o.page = o.page[:o.first]
	}
	for _, p := range o.page {
		o.r.rows(o.left.s).Want(p.leftID)
		o.r.rows(o.right.s).Want(p.rightID)
	}
	for _, p := range o.page {
		if p.Left, err = o.r.Feature(ctx, p.leftID); err != nil {
			return err
		}
		if p.Right, err = o.r.Feature(ctx, p.rightID); err != nil {
			return err
		}
	}
	return nil
}

// TotalCount is how many pairs there are in all.
func (o *OverlayConnection) TotalCount(ctx context.Context) (n int, err error) {
	count := func(pair clause.C) clause.C { return clause.Of("SELECT count(*) ?", o.pairs(pair)) }
	err = o.query(ctx, "count pairs", count, func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}

// Counts are the left features with the most right ones, those first, and by id
// where they have as many.
func (o *OverlayConnection) Counts(ctx context.Context, first *int) ([]*OverlayCount, error) {
	n, err := pageSize("first", first, DefaultFirst, MaxFirst)
	if err != nil {
		return nil, err
	}
	out := []*OverlayCount{}
	var ids []string
	counts := func(pair clause.C) clause.C {
		return clause.Of("SELECT l.id, count(*) ? GROUP BY l.id ORDER BY count(*) DESC, l.id LIMIT ?", o.pairs(pair), n)
	}
	err = o.query(ctx, "count pairs by feature", counts, func(rows pgx.Rows) error {
		var id string
		count := &OverlayCount{}
		err := rows.Scan(&id, &count.Count)
		ids, out = append(ids, id), append(out, count)
		return err
	})
	if err != nil {
		return nil, err
	}
	o.r.rows(o.left.s).Want(ids...)
	for i, id := range ids {
		if out[i].Left, err = o.r.Feature(ctx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}
