package tiles

import (
	"context"
	"sync"

	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgbinary"
	"geohub/layer"
	"geohub/tiles/mvt"
)

const (
	// buffer is how far beyond its edge a tile is drawn, in tile units: one cell,
	// so that the cells of neighbours are the same.
	buffer = mvt.Extent / cells

	// cells is how many cells of clusters lie along a tile's edge.
	cells = 1 << geo.ClusterZooms
)

// encoders are used again by later tiles.
var encoders = sync.Pool{New: func() any { return new(mvt.Encoder) }}

// largest is how much memory an encoder may hold to be used again, bytes.
const largest = 4 << 20

func release(e *mvt.Encoder) {
	if e.Cap() <= largest {
		encoders.Put(e)
	}
}

// drawing is one layer of a tile in the making.
type drawing struct {
	r       *layer.Reader
	s       *layer.System
	tile    mvt.Tile
	filter  cql2.Expr
	active  bool // only what is in force, where the layer tells
	limit   int
	encoder *mvt.Encoder

	properties []property
	id         mvt.Key
	text       []byte // of a value, for as long as it takes to set it
}

// draw leaves the layer in the encoder. It reports false when the viewer sees
// nothing of it: then it leaves the encoder alone.
func (d *drawing) draw(ctx context.Context) (bool, error) {
	if !d.r.SeesRows(d.s) || !d.r.Sees(d.s, "geometry") {
		return false, nil
	}
	box := geo.BBoxOf(d.tile.Bounds(buffer))
	q := layer.Query{Area: &geo.Area{BBox: &box}, CQL2: d.filter}
	if d.active && tells(d.s) {
		q.Filter = layer.Filter{active: true}
	}
	list, err := d.r.Ask(ctx, d.s, q)
	if err != nil {
		return false, err
	}
	d.properties = propertiesOf(d.r, d.s)
	limit := d.limit
	if d.s.Points {
		limit++ // which tells that there are too many
	}
	d.begin()
	n := 0
	err = d.query(ctx, d.r.Query, clause.C{}, list.Some(limit), func(row [][]byte) error {
		n++
		return d.add(row)
	})
	if err == nil && d.s.Points && n > d.limit {
		d.begin()
		err = d.query(ctx, d.r.QueryAnew, clause.Of("c.n, c.lon, c.lat, c.x, c.y"), list.Clusters(gridOf(d.tile)), func(row [][]byte) error {
			return d.addCell(row[:5], row[5:])
		})
	}
	return err == nil, err
}

func (d *drawing) begin() {
	d.encoder.Begin(d.tile, d.s.Field, mvt.Options{Buffer: buffer, Tolerance: 1})
	d.id = d.encoder.Key("id")
	for i := range d.properties {
		d.properties[i].key = d.encoder.Key(d.properties[i].name)
	}
}

// ask is how a reader is asked: its Query or its QueryAnew.
type ask func(ctx context.Context, what string, c clause.C, each func([][]byte) error) error

// query selects some columns and then, of the row f, its geometry, its id and its
// properties.
func (d *drawing) query(ctx context.Context, ask ask, columns, from clause.C, each func([][]byte) error) error {
	if !columns.Empty() {
		columns = clause.Of("?, ", columns)
	}
	own := []clause.C{postgis.Geom(), clause.Of("f.id")}
	for _, p := range d.properties {
		own = append(own, clause.Column("f", p.column))
	}
	return ask(ctx, "draw "+d.s.Field, clause.Of("SELECT ?? ?", columns, clause.Join(", ", own...), from), each)
}

// add adds a row f.
func (d *drawing) add(row [][]byte) error {
	if p, ok := postgis.PointOf(row[0]); ok {
		d.encoder.PointAt(p[0], p[1])
	} else {
		g, err := postgis.GeometryOf(row[0])
		if err != nil {
			return err
		}
		d.encoder.Geometry(g)
	}
	d.encoder.Unique(d.id, row[1])
	for i := range d.properties {
		if value := row[2+i]; value != nil {
			d.set(&d.properties[i], value)
		}
	}
	return nil
}

// addCell adds what lies in a cell of a grid: one row, or a cluster.
func (d *drawing) addCell(cell, row [][]byte) error {
	x, fromSouth := pgbinary.Int(cell[3]), pgbinary.Int(cell[4])
	west, y := int64(d.tile.X*cells), int64(d.tile.Y*cells+cells+1)-fromSouth
	if x < west-1 || x > west+cells || fromSouth < 1 || fromSouth > cells+2 {
		return nil // the box was read a little too large
	}
	n := pgbinary.Int(cell[0])
	if n == 1 && row[0] != nil {
		return d.add(row)
	}
	e := d.encoder
	if !e.PointAt(pgbinary.Float(cell[1]), pgbinary.Float(cell[2])) {
		return nil
	}
	d.text = append(d.text[:0], geo.ClusterCell{Zoom: d.tile.Z, X: int(x), Y: int(y)}.ID(d.s.Field)...)
	e.Unique(d.id, d.text)
	e.Bool(e.Key("cluster"), true)
	e.Int(e.Key("point_count"), n)
	return nil
}

// gridOf is a tile's grid of cells, one more on each side than lie on it: rows
// are 1 to cells+2 from the south.
func gridOf(t mvt.Tile) postgis.Grid {
	g := postgis.Grid{Columns: geo.ClusterColumns(t.Z), Lats: make([]float64, cells+3), Box: t.Bounds(buffer)}
	for i := range g.Lats {
		g.Lats[i] = geo.ClusterCell{Zoom: t.Z, Y: t.Y*cells + cells + 1 - i}.North()
	}
	return g
}
