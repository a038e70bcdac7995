package layer

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// MaxLast is the most rows of a series that one feature gives at once.
const MaxLast = 1000

// Series is measurements or positions of features over time: a table with
// feature_id, at and one column for each field of T.
type Series[T any] struct{ SeriesTable }

// SeriesTable is a series without its Go type.
type SeriesTable struct {
	Table   string
	Columns []string
	Fields  []SeriesField // as GraphQL names them
	// Ties are the columns that tell rows of the same moment apart.
	Ties []string
	// Sums are the columns that add up when a row of the same key comes; nil when
	// the first stays.
	Sums []string
}

// SeriesField is a field of a row of a series.
type SeriesField struct {
	Name   string
	Column string
	Kind   Kind
}

// NewSeries declares a series over a table. ties name the columns that, with
// feature and time, make its key.
func NewSeries[T any](table string, ties ...string) *Series[T] {
	s := &Series[T]{SeriesTable{Table: table, Ties: ties}}
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		name := lowerFirst(t.Field(i).Name)
		s.Columns = append(s.Columns, snake(name))
		if name != "geom" { // positions are read by lon and lat
			kind, _ := kindOf(t.Field(i).Type)
			s.Fields = append(s.Fields, SeriesField{name, snake(name), kind})
		}
	}
	return s
}

// NewCounts declares a series of counts: sums name the columns that are counted
// up; all others, with feature and time, make its key.
func NewCounts[T any](table string, sums ...string) *Series[T] {
	s := NewSeries[T](table)
	s.Sums = sums
	for _, c := range s.Columns {
		if c != "at" && !slices.Contains(sums, c) {
			s.Ties = append(s.Ties, c)
		}
	}
	return s
}

// Which is a condition on the rows f of a series; the zero Which is all.
type Which struct{ clause clause.C }

// Everything is all rows.
func Everything() Which { return Which{} }

// In is the rows whose column holds one of the values; nil means all rows.
func In(column string, values []string) Which {
	if values == nil {
		return Which{}
	}
	return Which{clause.Of("? = ANY (?)", clause.Column("f", column), values)}
}

// Newest gives a feature's newest rows first, at most last. All features of its
// page are read in one statement.
func (s *Series[T]) Newest(ctx context.Context, of *Base, which Which, during *DateTimeRange, last *int) ([]*T, error) {
	n, err := pageSize("last", last, 100, MaxLast)
	if err != nil {
		return nil, err
	}
	p := of.page
	where := clause.Join(" AND ", which.clause, during.within(clause.Of("f.at")))
	v, err := p.batch(key(s.Table, where, n), func() (any, error) { return s.newest(ctx, p, where, n) })
	if err != nil {
		return nil, err
	}
	rows := v.(map[string][]*T)[of.ID]
	if rows == nil {
		rows = []*T{}
	}
	return rows, nil
}

func key(what string, where clause.C, n int) string {
	sql, args := where.SQL()
	return fmt.Sprintf("%s %d %s %#v", what, n, sql, args)
}

func (s *Series[T]) newest(ctx context.Context, p *page, where clause.C, n int) (map[string][]*T, error) {
	var selected []clause.C
	for _, c := range s.Columns {
		selected = append(selected, clause.Column("f", c))
	}
	out := map[string][]*T{}
	c := clause.Of("SELECT k.id, s.* FROM unnest(?::text[]) WITH ORDINALITY k(id, i), LATERAL (SELECT ? ?) s ORDER BY k.i, ?",
		p.ids(), clause.Join(", ", selected...), s.newestFirst(p.r, where, n), s.order("s"))
	err := p.r.query(ctx, "read "+s.Table, c, func(rows pgx.Rows) error {
		var id string
		row := new(T)
		dest := []any{&id}
		v := reflect.ValueOf(row).Elem()
		for i := range v.NumField() {
			dest = append(dest, v.Field(i).Addr().Interface())
		}
		err := rows.Scan(dest...)
		out[id] = append(out[id], row)
		return err
	})
	return out, err
}

// Line joins a feature's newest positions, at most last, into a line from the
// oldest to the newest; nil with fewer than two. T has a column geom.
func (s *Series[T]) Line(ctx context.Context, of *Base, during *DateTimeRange, last *int, crs *int, simplifyM *float64, precision *int) (*geo.Geometry, error) {
	n, err := pageSize("last", last, MaxLast, MaxLast)
	if err != nil {
		return nil, err
	}
	p := of.page
	where := during.within(clause.Of("f.at"))
	return shaped(ctx, p.r, crs, simplifyM, precision, func(form postgis.Form) (orb.Geometry, error) {
		v, err := p.batch(key(fmt.Sprint("line of ", s.Table, form), where, n), func() (any, error) { return s.lines(ctx, p, where, n, form) })
		if err != nil {
			return nil, err
		}
		return v.(map[string]orb.Geometry)[of.ID], nil
	})
}

func (s *Series[T]) lines(ctx context.Context, p *page, where clause.C, n int, form postgis.Form) (map[string]orb.Geometry, error) {
	out := map[string]orb.Geometry{}
	c := clause.Of("SELECT k.id, ? FROM unnest(?::text[]) k(id), LATERAL (SELECT ? AS line, count(*) AS n FROM (SELECT f.geom, f.at ?) s) l WHERE l.n > 1",
		form.In(clause.Of("l.line")), p.ids(), postgis.MakeLine(), s.newestFirst(p.r, where, n))
	err := p.r.query(ctx, "read lines of "+s.Table, c, func(rows pgx.Rows) error {
		var id string
		var g orb.Geometry
		err := rows.Scan(&id, &g)
		out[id] = g
		return err
	})
	return out, err
}

// newestFirst is FROM … of one feature k.id.
func (s *SeriesTable) newestFirst(r *Reader, where clause.C, n int) clause.C {
	return clause.Of("FROM ? f WHERE ? ORDER BY ? LIMIT ?", r.table(s.Table),
		clause.And(clause.Of("f.feature_id = k.id"), where), s.order("f"), clause.Exactly(n))
}

func (s *SeriesTable) order(alias string) clause.C {
	by := []clause.C{}
	add := func(column string, desc bool) {
		c := clause.Column("f", column)
		if alias == "s" {
			c = clause.Column("s", column)
		}
		if desc {
			c = clause.Of("? DESC", c)
		}
		by = append(by, c)
	}
	add("at", true)
	for _, t := range s.Ties {
		add(t, false)
	}
	return clause.Join(", ", by...)
}
