package layer

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// CellForm is the form of a grid's cells.
type CellForm string

// The forms.
const (
	Square CellForm = "SQUARE"
	Hex    CellForm = "HEX"
)

// Bounds of a grid.
const (
	minCellM, maxCellM = 10, 100_000
	maxCells           = 10_000
	defaultCells       = 1000
)

// Grid is how the features of a layer are spread over cells of one size.
type Grid struct {
	Cells     []*GridCell // the fullest first
	CellCount int         // of all cells with features
	Count     int         // of the features in all cells
	Unplaced  int         // features without a place, in no cell
}

// GridCell is a cell with features in it.
type GridCell struct {
	ID    string
	Count int

	lattice geo.Lattice
	x, y    int
}

// Geometry is the cell's polygon.
func (c *GridCell) Geometry() *geo.Geometry {
	return &geo.Geometry{Shape: c.lattice.Cell(c.x, c.y)}
}

// Position is the middle of the cell.
func (c *GridCell) Position() *LonLatPoint {
	p := c.lattice.Middle(c.x, c.y)
	return &LonLatPoint{p[0], p[1]}
}

// GridQuery is what a grid is asked.
type GridQuery struct {
	Filter LayerFilter
	Area   *geo.Area
	Cell   CellForm
	SizeM  float64
	First  *int
}

// Grid counts the features of a layer by the cells of a lattice. A line or an area
// lies where a point on it does.
func (r *Reader) Grid(ctx context.Context, q GridQuery) (*Grid, error) {
	s, filter, err := r.layerOf("filter", q.Filter)
	if err != nil {
		return nil, err
	}
	if !(q.SizeM >= minCellM && q.SizeM <= maxCellM) {
		return nil, fault.Invalid("BAD_INPUT", "sizeM is %v; it can be %d to %d metres", q.SizeM, minCellM, maxCellM)
	}
	first, err := pageSize("first", q.First, defaultCells, maxCells)
	if err != nil {
		return nil, err
	}
	if err := r.maySee(s, "geometry"); err != nil {
		return nil, err
	}
	l, err := r.Ask(ctx, s, Query{Filter: filter, Area: q.Area, byID: true})
	if err != nil {
		return nil, err
	}
	lattice := geo.Lattice{Hexagons: q.Cell == Hex, SizeM: q.SizeM}
	out := &Grid{Cells: []*GridCell{}}
	cells := postgis.OnLattice(lattice, r.table(s.Table), placeOf(s), l.where)
	c := clause.Of(`SELECT c.x, c.y, c.n, count(c.x) OVER (), coalesce(sum(c.n) FILTER (WHERE c.x IS NOT NULL) OVER (), 0)::bigint FROM ? c
		ORDER BY c.x IS NULL DESC, c.n DESC, c.x, c.y LIMIT ?`, cells, first+1)
	err = r.queryAnew(ctx, "grid of "+s.Field, c, func(rows pgx.Rows) error {
		cell := &GridCell{lattice: lattice}
		var x, y *int
		if err := rows.Scan(&x, &y, &cell.Count, &out.CellCount, &out.Count); err != nil {
			return err
		}
		if x == nil {
			out.Unplaced = cell.Count
			return nil
		}
		cell.x, cell.y, cell.ID = *x, *y, lattice.ID(*x, *y)
		out.Cells = append(out.Cells, cell)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if out.CellCount > maxCells {
		return nil, fault.Invalid("COST_LIMIT", "the grid has %d cells with features; at most %d: ask for larger cells or a smaller area", out.CellCount, maxCells).With("limit", maxCells)
	}
	out.Cells = out.Cells[:min(first, len(out.Cells))]
	return out, nil
}

// placeOf is the point at which rows f of a layer lie.
func placeOf(s *System) clause.C {
	if s.Points {
		return postgis.Geom()
	}
	return postgis.OnSurface()
}
