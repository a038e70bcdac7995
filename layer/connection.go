package layer

import (
	"context"
	"maps"
	"slices"
	"sync"

	"geohub/geo"
)

// Connection is a page of a layer's list. Nothing is read before a field that
// needs it is selected.
type Connection[T any] struct {
	list  *List
	once  sync.Once
	found *found
	err   error
}

// Edge is a row in a page.
type Edge[T any] struct {
	Node      *T
	Cursor    string
	DistanceM *float64
}

// PageInfo says where a page stands in its list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// Find asks a layer. The query is checked at once and run when its rows, count,
// extent or groups are selected.
func (l *Layer[T]) Find(ctx context.Context, r *Reader, q Query) (*Connection[T], error) {
	list, err := r.Ask(ctx, l.System, q)
	if err != nil {
		return nil, err
	}
	return &Connection[T]{list: list}, nil
}

// One gives the row with an id or alias; nil when there is none for the viewer.
func (l *Layer[T]) One(ctx context.Context, r *Reader, id string) (*T, error) {
	row, found, err := r.rows(l.System).Load(ctx, id)
	if !found || err != nil {
		return nil, err
	}
	return any(row).(*T), nil
}

// Many gives the rows of ids or aliases in their order, nil where there is none.
func (l *Layer[T]) Many(ctx context.Context, r *Reader, ids []string) ([]*T, error) {
	r.rows(l.System).Want(ids...)
	out := make([]*T, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = l.One(ctx, r, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Key names one row: its id or alias, or the value of a field tagged `key`.
type Key struct{ Field, Value string }

// Entities gives the rows that keys name, in their order, nil where there is
// none. It takes one statement for each kind of key and one for the rows.
func (l *Layer[T]) Entities(ctx context.Context, r *Reader, keys []Key) ([]*T, error) {
	byField := map[string][]string{}
	for _, k := range keys {
		if k.Field != "id" {
			byField[k.Field] = append(byField[k.Field], k.Value)
		}
	}
	ids := map[Key]string{}
	for _, field := range slices.Sorted(maps.Keys(byField)) {
		found, err := r.idsBy(ctx, l.System, field, byField[field])
		if err != nil {
			return nil, err
		}
		for value, id := range found {
			ids[Key{field, value}] = id
		}
	}
	wanted := make([]string, len(keys))
	for i, k := range keys {
		if wanted[i] = ids[k]; k.Field == "id" {
			wanted[i] = k.Value
		}
	}
	return l.Many(ctx, r, wanted)
}

// Follow gives the row that another row refers to by id; nil id, nil row.
func (l *Layer[T]) Follow(ctx context.Context, from *Base, id *string) (*T, error) {
	if id == nil {
		return nil, nil
	}
	return l.One(ctx, from.page.r, *id)
}

func (c *Connection[T]) read(ctx context.Context) (*found, error) {
	c.once.Do(func() { c.found, c.err = c.list.read(ctx) })
	return c.found, c.err
}

// Nodes are the page's rows.
func (c *Connection[T]) Nodes(ctx context.Context) ([]*T, error) {
	f, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make([]*T, len(f.rows))
	for i, row := range f.rows {
		nodes[i] = any(row).(*T)
	}
	return nodes, nil
}

// Edges are the page's rows with their cursors.
func (c *Connection[T]) Edges(ctx context.Context) ([]*Edge[T], error) {
	f, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	edges := make([]*Edge[T], len(f.rows))
	for i, row := range f.rows {
		edges[i] = &Edge[T]{Node: any(row).(*T), Cursor: f.cursor(c.list.order, i), DistanceM: c.list.distanceM(f, i)}
	}
	return edges, nil
}

// PageInfo says where the page stands.
func (c *Connection[T]) PageInfo(ctx context.Context) (*PageInfo, error) {
	f, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	return pageInfo(c.list.after, f.more, len(f.rows), func(i int) string { return f.cursor(c.list.order, i) }), nil
}

func pageInfo(after *cursor, more bool, n int, cursor func(i int) string) *PageInfo {
	info := &PageInfo{HasNextPage: more, HasPreviousPage: after != nil}
	if n > 0 {
		start, end := cursor(0), cursor(n-1)
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}

// TotalCount is how many rows the list has in all.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.list.count(ctx) }

// Extent is the box around all rows of the list.
func (c *Connection[T]) Extent(ctx context.Context) (*geo.BBox, error) { return c.list.extent(ctx) }

// Groups counts and measures the rows of the whole list by keys.
func (c *Connection[T]) Groups(ctx context.Context, by []GroupField, measures []Measuring, level *UnitKind, at *geo.Date) ([]*Group, error) {
	return c.list.groups(ctx, GroupQuery{by, measures, level, at})
}

// Geojson is the page as GeoJSON.
func (c *Connection[T]) Geojson(ctx context.Context) (geo.FeatureCollection, error) {
	f, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	return featureCollection(f.rows)
}
