package layer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// Bounds of clusters.
const (
	maxClusters     = 10_000
	maxClusterCells = 250_000 // in the box, with features or without
)

// Cluster is what lies in one cell of the map.
type Cluster struct {
	ID            string
	Count         int
	Counts        []*LayerCount // of the layers that it has features of
	Position      *LonLatPoint  // the mean of theirs
	Extent        geo.BBox
	ExpansionZoom *int

	alone string // the id of its only feature
	r     *Reader
}

// Feature is the cluster's only feature; nil of several.
func (c *Cluster) Feature(ctx context.Context) (Feature, error) {
	if c.alone == "" {
		return nil, nil
	}
	return c.r.Feature(ctx, c.alone)
}

// ClustersQuery is what clusters are asked.
type ClustersQuery struct {
	Layers  []Name // nil: all
	Filters any    // a list, each a LayerFilter of one of the layers; as the client wrote it
	Area    *geo.Area
	BBox    geo.BBox
	Zoom    int
}

// Clusters puts together what lies in each cell that a box meets, of the cells that
// tiles of the same zoom have. Cells are whole ones: what lies beyond the box in a
// cell on its edge counts, so that a cluster is the same whatever is in view. A
// line or an area lies where a point on it does.
//
// The cluster of a single layer has the id that tiles give it, and a feature alone
// its own. Those with the most features come first.
func (r *Reader) Clusters(ctx context.Context, q ClustersQuery) ([]*Cluster, error) {
	if q.Zoom < 0 || q.Zoom > geo.MaxClusterZoom {
		return nil, fault.Invalid("BAD_INPUT", "zoom is %d; it can be 0 to %d", q.Zoom, geo.MaxClusterZoom)
	}
	if err := q.BBox.Check(); err != nil {
		return nil, err
	}
	systems := r.catalog.pick(q.Layers)
	filters, err := r.filtersOf(systems, q.Filters)
	if err != nil {
		return nil, err
	}
	views, err := viewsOf(q.BBox, q.Zoom)
	if err != nil {
		return nil, err
	}
	var parts []clause.C
	for i, s := range systems {
		if !r.SeesRows(s) || !r.sees(s, "geometry") {
			continue
		}
		l, err := r.Ask(ctx, s, Query{Filter: filters[s], Area: q.Area, byID: true})
		if err != nil {
			return nil, err
		}
		for j, v := range views {
			parts = append(parts, clause.Of("SELECT ?::int AS layer, ?::int AS view, c.* FROM ? c", i, j,
				v.grid().Cells(r.table(s.Table), placeOf(s), l.where, postgis.Span())))
		}
	}
	if len(parts) == 0 {
		return []*Cluster{}, nil
	}
	found := map[geo.ClusterCell]map[*System]part{}
	err = r.queryAnew(ctx, "clusters", clause.Join(" UNION ALL ", parts...), func(rows pgx.Rows) error {
		var layer, view, x, fromSouth int
		var p part
		if err := rows.Scan(&layer, &view, &x, &fromSouth, &p.n, &p.lon, &p.lat, &p.id, &p.extent[0], &p.extent[1], &p.extent[2], &p.extent[3]); err != nil {
			return err
		}
		v := views[view]
		cell := geo.ClusterCell{Zoom: q.Zoom, X: x, Y: v.last.Y + 1 - fromSouth}
		if x < v.first.X || x > v.last.X || cell.Y < v.first.Y || cell.Y > v.last.Y {
			return nil // the box was read a little too large
		}
		g := found[cell]
		if g == nil {
			g = map[*System]part{}
			found[cell] = g
		}
		g[systems[layer]] = p // both views of a box round the world may have it
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) > maxClusters {
		return nil, fault.Invalid("COST_LIMIT", "there are %d clusters; at most %d: ask for a smaller box or a lower zoom", len(found), maxClusters).With("limit", maxClusters)
	}
	out := make([]*Cluster, 0, len(found))
	for cell, g := range found {
		out = append(out, r.cluster(cell, systems, g))
	}
	slices.SortFunc(out, func(a, b *Cluster) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// filtersOf are filters by their layers, each of which is asked.
func (r *Reader) filtersOf(systems []*System, asked any) (map[*System]Filter, error) {
	out := map[*System]Filter{}
	if asked == nil {
		return out, nil
	}
	filters, err := asList(asked, func(v any) (LayerFilter, error) {
		filter, _ := v.(LayerFilter)
		return filter, nil
	})
	if err != nil {
		return nil, err
	}
	for i, filter := range filters {
		at := fmt.Sprintf("filters[%d]", i)
		s, f, err := r.layerOf(at, filter)
		if err != nil {
			return nil, err
		}
		if _, twice := out[s]; twice || !slices.Contains(systems, s) {
			return nil, fault.Invalid("BAD_INPUT", "%s: %s is filtered twice, or not asked for", at, s.Field)
		}
		out[s] = f
	}
	return out, nil
}

// view is the cells that a box without the antimeridian in it meets, the
// north-western and the south-eastern one.
type view struct{ first, last geo.ClusterCell }

func viewsOf(box geo.BBox, zoom int) ([]view, error) {
	var out []view
	cells := 0
	for _, b := range box.Bounds() {
		v := view{geo.ClusterAt(zoom, orb.Point{b.Min[0], b.Max[1]}), geo.ClusterAt(zoom, orb.Point{b.Max[0], b.Min[1]})}
		out = append(out, v)
		cells += (v.last.X - v.first.X + 1) * (v.last.Y - v.first.Y + 1)
	}
	if cells > maxClusterCells {
		return nil, fault.Invalid("COST_LIMIT", "the box has %d cells at zoom %d; at most %d: ask for a smaller box or a lower zoom", cells, zoom, maxClusterCells).With("limit", maxClusterCells)
	}
	return out, nil
}

func (v view) grid() postgis.Grid {
	g := postgis.Grid{Columns: geo.ClusterColumns(v.first.Zoom)}
	for y := v.last.Y + 1; y >= v.first.Y; y-- {
		g.Lats = append(g.Lats, geo.ClusterCell{Zoom: v.first.Zoom, Y: y}.North())
	}
	east := geo.ClusterCell{Zoom: v.last.Zoom, X: v.last.X + 1}.West()
	g.Box = orb.Bound{Min: orb.Point{v.first.West(), g.Lats[0]}, Max: orb.Point{east, g.Lats[len(g.Lats)-1]}}
	return g
}

// part is what one layer has in a cell.
type part struct {
	n        int
	lon, lat float64
	id       string // of the first feature
	extent   geo.BBox
}

func (r *Reader) cluster(cell geo.ClusterCell, systems []*System, parts map[*System]part) *Cluster {
	c := &Cluster{r: r, Position: &LonLatPoint{}}
	var extent *geo.BBox
	var only *System
	for _, s := range systems {
		p, some := parts[s]
		if !some {
			continue
		}
		c.Counts = append(c.Counts, &LayerCount{Layer: Name(s.Name), Count: p.n})
		c.Count += p.n
		c.Position.Lon += p.lon * float64(p.n)
		c.Position.Lat += p.lat * float64(p.n)
		c.alone, only, extent = p.id, s, extent.Union(&p.extent)
	}
	c.Position.Lon, c.Position.Lat = toCentimetre(c.Position.Lon/float64(c.Count)), toCentimetre(c.Position.Lat/float64(c.Count))
	c.Extent = *extent
	if c.Count == 1 {
		c.ID = c.alone
		if r.wants.Wants("Cluster", "feature") {
			r.rows(only).Want(c.ID)
		}
		return c
	}
	c.alone, c.ExpansionZoom = "", expansion(cell.Zoom, c.Extent)
	name := ""
	if len(systems) == 1 {
		name = systems[0].Field
	}
	c.ID = cell.ID(name)
	return c
}

// toCentimetre rounds degrees: the last digits of a mean depend on the order in
// which rows were read.
func toCentimetre(degrees float64) float64 { return math.Round(degrees*1e7) / 1e7 }

// expansion is the first zoom at which what spans a box lies in several cells; nil:
// none that there is.
func expansion(zoom int, b geo.BBox) *int {
	for zoom++; zoom <= geo.MaxClusterZoom; zoom++ {
		if geo.ClusterAt(zoom, orb.Point{b[0], b[3]}) != geo.ClusterAt(zoom, orb.Point{b[2], b[1]}) {
			return &zoom
		}
	}
	return nil
}
