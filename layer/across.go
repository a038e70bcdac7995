package layer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/fault"
)

// Feature gives any feature by id or alias; nil when there is none for the viewer.
func (r *Reader) Feature(ctx context.Context, id string) (Feature, error) {
	row, err := r.feature(ctx, id)
	if row == nil || err != nil {
		return nil, err
	}
	return row, nil
}

func (r *Reader) feature(ctx context.Context, id string) (Row, error) {
	prefix, _, _ := strings.Cut(id, ":")
	s := r.catalog.byPrefix[prefix]
	if s == nil {
		return nil, nil
	}
	row, _, err := r.rows(s).Load(ctx, id)
	return row, err
}

// idsBy gives the ids of rows by the values of a natural key.
func (r *Reader) idsBy(ctx context.Context, s *System, key string, values []string) (map[string]string, error) {
	f := s.byName[key]
	if f == nil || !f.Key {
		return nil, fmt.Errorf("layer %s has no key %s", s.Field, key)
	}
	ids := map[string]string{}
	if !r.sees(s, key) {
		return ids, nil
	}
	column := clause.Column("f", f.Column)
	c := clause.Of("SELECT ?, f.id FROM ? f WHERE ?", column, r.table(s.Table), clause.And(r.policy(s), clause.Of("? = ANY (?)", column, values)))
	err := r.query(ctx, "find "+s.Field+" by "+key, c, func(rows pgx.Rows) error {
		var value, id string
		err := rows.Scan(&value, &id)
		ids[value] = id
		return err
	})
	return ids, err
}

// FeatureConnection is a page of features of several layers.
type FeatureConnection struct {
	r     *Reader
	lists []*List
	order order
	first int
	after *cursor

	once sync.Once
	page []*FeatureEdge
	more bool
	err  error

	counting sync.Once
	counts   []*LayerCount
	countErr error
}

// FeatureEdge is a feature in a page.
type FeatureEdge struct {
	Node      Feature
	Cursor    string
	DistanceM *float64
}

// Features asks several layers at once; nil layers means all.
func (r *Reader) Features(ctx context.Context, layers []Name, q Query) (*FeatureConnection, error) {
	if q.Filter != nil || q.Order != nil {
		return nil, fault.Invalid("BAD_INPUT", "a filter or an order belongs to one layer")
	}
	q.byID = true
	c := &FeatureConnection{r: r}
	picked := r.catalog.pick(layers)
	for _, s := range picked {
		l, err := r.Ask(ctx, s, q)
		if err != nil {
			return nil, err
		}
		c.lists = append(c.lists, l)
		c.order, c.first, c.after = l.order, l.first, l.after
	}
	if len(picked) == 0 { // of no layer: nothing, but the question must be right
		_, err := r.Ask(ctx, r.catalog.systems[0], q)
		return c, err
	}
	return c, nil
}

// Nearby gives what lies within a distance of a feature or a point, nearest first.
func (r *Reader) Nearby(ctx context.Context, of Origin, layers []Name, withinM float64, first *int) ([]*FeatureEdge, error) {
	c, err := r.Near(ctx, of, layers, withinM, first)
	if err != nil {
		return nil, err
	}
	return c.Edges(ctx)
}

// Near is Nearby before it is read.
func (r *Reader) Near(ctx context.Context, of Origin, layers []Name, withinM float64, first *int) (*FeatureConnection, error) {
	if err := geo.CheckDistanceM("withinM", withinM); err != nil {
		return nil, err
	}
	var from orb.Geometry
	self := ""
	switch {
	case (of.Feature == nil) == (of.Point == nil):
		return nil, fault.Invalid("BAD_INPUT", "of takes exactly one of feature and point")
	case of.Point != nil:
		if err := of.Point.Check(); err != nil {
			return nil, err
		}
		from = of.Point.Point()
	default:
		row, err := r.feature(ctx, *of.Feature)
		if err != nil {
			return nil, err
		}
		if row == nil {
			return nil, fault.NotFound("of: there is no feature %q", *of.Feature)
		}
		self = row.feature().ID
		if err := r.maySee(row.feature().page.s, "geometry"); err != nil {
			return nil, err
		}
		if from, err = r.geometryOf(ctx, row); err != nil {
			return nil, err
		}
		if from == nil {
			return nil, fault.Invalid("BAD_INPUT", "of: %q has no geometry to measure from", self)
		}
	}
	c := &FeatureConnection{r: r}
	origin := originAt(from, &withinM)
	for _, s := range r.catalog.pick(layers) {
		l := &List{r: r, s: s, where: clause.And(r.policy(s), clause.Of("f.id <> ?", self))}
		var err error
		if l.first, err = pageSize("first", first, 20, MaxFirst); err != nil {
			return nil, err
		}
		if err = l.measure(origin); err != nil {
			return nil, err
		}
		c.lists = append(c.lists, l)
		c.order, c.first = l.order, l.first
	}
	return c, nil
}

// Origin is where distances are measured from: exactly one member.
type Origin struct {
	Feature *string
	Point   *geo.LonLat
}

// SearchPlaces finds named things by the words of their name: those that begin so
// first, or nearest first.
func (r *Reader) SearchPlaces(ctx context.Context, text string, near *geo.LonLat, first *int) ([]*FeatureEdge, error) {
	c, err := r.Search(ctx, text, near, first)
	if err != nil {
		return nil, err
	}
	return c.Edges(ctx)
}

// Search is SearchPlaces before it is read.
func (r *Reader) Search(ctx context.Context, text string, near *geo.LonLat, first *int) (*FeatureConnection, error) {
	n, err := pageSize("first", first, 10, 100)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, fault.Invalid("BAD_INPUT", "text is empty: type a part of a name")
	}
	words, err := textWhere(text)
	if err != nil {
		return nil, err
	}
	c := &FeatureConnection{r: r, first: n}
	for _, s := range r.catalog.systems {
		if !s.Named {
			continue
		}
		l := &List{r: r, s: s, where: clause.And(r.policy(s), words), first: n}
		l.order = order{name: "match", cast: castOf(KindFloat), by: clause.Of(
			"((fold(f.label) NOT LIKE fold(?) || '%')::int + similarity(fold(f.label), fold(?)) * -0.5)::float8", likeEscape(text), text)}
		if near != nil {
			if err := near.Check(); err != nil {
				return nil, err
			}
			if err := l.measure(originAt(near.Point(), nil)); err != nil {
				return nil, err
			}
		}
		c.lists = append(c.lists, l)
		c.order = l.order
	}
	return c, nil
}

// Edges are the page's features with their cursors.
func (c *FeatureConnection) Edges(ctx context.Context) ([]*FeatureEdge, error) {
	c.once.Do(func() { c.err = c.read(ctx) })
	return c.page, c.err
}

// Nodes are the page's features.
func (c *FeatureConnection) Nodes(ctx context.Context) ([]Feature, error) {
	edges, err := c.Edges(ctx)
	nodes := make([]Feature, len(edges))
	for i, e := range edges {
		nodes[i] = e.Node
	}
	return nodes, err
}

// PageInfo says where the page stands.
func (c *FeatureConnection) PageInfo(ctx context.Context) (*PageInfo, error) {
	edges, err := c.Edges(ctx)
	if err != nil {
		return nil, err
	}
	return pageInfo(c.after, c.more, len(edges), func(i int) string { return edges[i].Cursor }), nil
}

// Geojson is the page as GeoJSON.
func (c *FeatureConnection) Geojson(ctx context.Context) (geo.FeatureCollection, error) {
	edges, err := c.Edges(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(edges))
	for i, e := range edges {
		rows[i] = e.Node.(Row)
	}
	return featureCollection(rows)
}

// read finds the page's ids in one statement over all layers, then reads each
// layer's rows by id.
func (c *FeatureConnection) read(ctx context.Context) error {
	c.page = []*FeatureEdge{}
	if len(c.lists) == 0 {
		return nil
	}
	var hits []hit
	err := c.r.query(ctx, "find features", clause.Of("SELECT x.id, x.value::text FROM ?", c.hits()), func(rows pgx.Rows) error {
		var h hit
		err := rows.Scan(&h.id, &h.value)
		hits = append(hits, h)
		return err
	})
	if err != nil {
		return err
	}
	if c.more = len(hits) > c.first; c.more {
		hits = hits[:c.first]
	}
	c.page, err = c.r.edges(ctx, hits, c.order, c.lists[0].near != nil)
	return err
}

// hit is a feature that was found, with the value of the order.
type hit struct {
	id    string
	value *string
}

// edges reads the features that were found; measured says that the order's value
// is a distance.
func (r *Reader) edges(ctx context.Context, hits []hit, by order, measured bool) ([]*FeatureEdge, error) {
	r.want(hits)
	edges := []*FeatureEdge{}
	for _, h := range hits {
		row, err := r.feature(ctx, h.id)
		if err != nil {
			return nil, err
		}
		if row == nil {
			continue // gone between the two statements
		}
		e := &FeatureEdge{Node: row, Cursor: by.cursor(h.value, h.id)}
		if measured && h.value != nil {
			if d, err := strconv.ParseFloat(*h.value, 64); err == nil {
				e.DistanceM = &d
			}
		}
		edges = append(edges, e)
	}
	return edges, nil
}

// want tells the loaders of features that were found.
func (r *Reader) want(hits []hit) {
	for _, h := range hits {
		prefix, _, _ := strings.Cut(h.id, ":")
		r.rows(r.catalog.byPrefix[prefix]).Want(h.id)
	}
}

// hits are the page's features and at least one more, in order: x.id, x.value of the
// order and x.n, the layer's place in the catalogue.
func (c *FeatureConnection) hits() clause.C {
	branches := make([]clause.C, len(c.lists))
	for i, l := range c.lists {
		rows := l.tail()
		value := clause.Of("NULL::float8")
		if by := l.by(); !by.Empty() {
			value = by
		}
		branches[i] = clause.Of("(?SELECT f.id, ? AS value, ?::int AS n ?)", rows.With, value, slices.Index(c.r.catalog.systems, l.s), rows.From)
	}
	by := clause.Of("y.id")
	if !c.order.by.Empty() {
		by = clause.Of("y.value, y.id")
	}
	return clause.Of("(SELECT y.* FROM (?) y ORDER BY ? LIMIT ?) x", clause.Join(" UNION ALL ", branches...), by, clause.Enough(c.first+1))
}

// TotalCount is how many features there are in all.
func (c *FeatureConnection) TotalCount(ctx context.Context) (total int, err error) {
	counts, err := c.Counts(ctx)
	for _, n := range counts {
		total += n.Count
	}
	return total, err
}

// Counts are how many features of each layer there are.
func (c *FeatureConnection) Counts(ctx context.Context) ([]*LayerCount, error) {
	c.counting.Do(func() {
		c.counts = make([]*LayerCount, len(c.lists))
		var counts []int
		if counts, c.countErr = c.r.counts(ctx, c.lists); c.countErr == nil {
			for i, l := range c.lists {
				c.counts[i] = &LayerCount{Layer: Name(l.s.Name), Count: counts[i]}
			}
		}
	})
	if c.countErr != nil {
		return nil, c.countErr
	}
	return c.counts, nil
}

// Extent is the box around all features.
func (c *FeatureConnection) Extent(ctx context.Context) (*geo.BBox, error) {
	boxes, err := c.r.extents(ctx, c.lists)
	var all *geo.BBox
	for _, b := range boxes {
		all = all.Union(b)
	}
	return all, err
}

// counts counts several lists in one statement.
func (r *Reader) counts(ctx context.Context, lists []*List) ([]int, error) {
	if len(lists) == 0 {
		return nil, nil
	}
	parts := make([]clause.C, len(lists))
	for i, l := range lists {
		parts[i] = l.CountOf()
	}
	var counts []int
	err := r.query(ctx, "count features", clause.Of("SELECT ARRAY[?]", clause.Join(", ", parts...)),
		func(rows pgx.Rows) error { return rows.Scan(&counts) })
	return counts, err
}

// extents gives the box of each list in one statement, nil where it is empty or
// hidden.
func (r *Reader) extents(ctx context.Context, lists []*List) ([]*geo.BBox, error) {
	var parts []clause.C
	var at []int
	for i, l := range lists {
		if r.sees(l.s, "geometry") {
			parts = append(parts, l.ExtentOf())
			at = append(at, i)
		}
	}
	out := make([]*geo.BBox, len(lists))
	if len(parts) == 0 {
		return out, nil
	}
	err := r.query(ctx, "extent of features", clause.Of("SELECT ?", clause.Join(", ", parts...)), func(rows pgx.Rows) error {
		boxes := make([][]float64, len(parts))
		dest := make([]any, len(parts))
		for i := range boxes {
			dest[i] = &boxes[i]
		}
		err := rows.Scan(dest...)
		for i, b := range boxes {
			if b != nil {
				out[at[i]] = &geo.BBox{b[0], b[1], b[2], b[3]}
			}
		}
		return err
	})
	return out, err
}

// geometryOf reads the geometry of a row that may have been read without it.
func (r *Reader) geometryOf(ctx context.Context, row Row) (g orb.Geometry, err error) {
	b := row.feature()
	if b.Geom != nil {
		return b.Geom, nil
	}
	c := clause.Of("SELECT f.geom FROM ? f WHERE f.id = ?", r.table(b.page.s.Table), b.ID)
	err = r.query(ctx, "find geometry", c, func(rows pgx.Rows) error { return rows.Scan(&g) })
	return g, err
}
