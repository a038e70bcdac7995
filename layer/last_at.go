package layer

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// Moment asks for the last row of a series that features had at a time.
type Moment struct {
	Time    time.Time // rows after it don't count
	MaxAgeS *float64  // nor do those that were older then, seconds
	Area    *geo.Area // where the row was
	Filter  Filter    // which features
	First   *int
	After   *string
}

// longest is the greatest age that can be asked for: a hundred years, seconds.
const longest = 100 * 365.25 * 86400

// LastAt is a page of features, by id, each with the last row of a series that it
// had at a time. Features without one are left out.
type LastAt[T any] struct {
	r      *Reader
	series *Series[T]
	rows   func(where clause.C) clause.C // FROM … WHERE of the rows f; where is of features
	of     *List

	once sync.Once
	page []*Dated[T]
	more bool
	err  error
}

// Dated is a feature's id with a row of a series of its.
type Dated[T any] struct {
	ID  string
	Row *T
}

// LastAt asks for rows of a series with places, which a field of a layer gives.
func (s *Series[T]) LastAt(ctx context.Context, r *Reader, of *System, field string, m Moment) (*LastAt[T], error) {
	if err := r.maySee(of, field); err != nil {
		return nil, err
	}
	list, err := r.Ask(ctx, of, Query{Filter: m.Filter, First: m.First, After: m.After, byID: true})
	if err != nil {
		return nil, err
	}
	area, err := r.area(ctx, of, m.Area, &reach{})
	if err != nil {
		return nil, err
	}
	during := UpTo(&m.Time)
	if m.MaxAgeS != nil {
		if !(*m.MaxAgeS >= 0 && *m.MaxAgeS <= longest) {
			return nil, fault.Invalid("BAD_INPUT", "maxAgeS takes seconds from 0 to %.0f, not %v", float64(longest), *m.MaxAgeS).With("limit", longest)
		}
		from := m.Time.Add(-time.Duration(*m.MaxAgeS * float64(time.Second)))
		during.From = &from
	}
	last := clause.Of("SELECT f.* ?", s.newestFirst(r, during.within(clause.Of("f.at")), 1))
	day := postgis.DayOf(clause.Of("s.at"))
	return &LastAt[T]{r: r, series: s, of: list, rows: func(where clause.C) clause.C {
		// What holds of a feature's place holds here of the row's.
		return clause.Of("FROM (SELECT k.id, s.*, ? AS unit_id FROM (SELECT f.id FROM ? f WHERE ?) k, LATERAL (?) s) f WHERE ?",
			postgis.UnitOf(clause.Of("s.geom"), day), r.Table(of), where, last, clause.And(area))
	}}, nil
}

// Page are the page's features.
func (l *LastAt[T]) Page(ctx context.Context) ([]*Dated[T], error) {
	l.once.Do(func() { l.err = l.read(ctx) })
	return l.page, l.err
}

func (l *LastAt[T]) read(ctx context.Context) error {
	columns := []clause.C{clause.Of("f.id")}
	for _, c := range l.series.Columns {
		columns = append(columns, clause.Column("f", c))
	}
	c := clause.Of("SELECT ? ? ORDER BY f.id LIMIT ?", clause.Join(", ", columns...), l.rows(l.of.behind()), l.of.first+1)
	err := l.r.query(ctx, "read last of "+l.series.Table, c, func(rows pgx.Rows) error {
		d := &Dated[T]{Row: new(T)}
		dest := []any{&d.ID}
		v := reflect.ValueOf(d.Row).Elem()
		for i := range v.NumField() {
			dest = append(dest, v.Field(i).Addr().Interface())
		}
		err := rows.Scan(dest...)
		l.page = append(l.page, d)
		return err
	})
	if l.more = len(l.page) > l.of.first; l.more {
		l.page = l.page[:l.of.first]
	}
	return err
}

// PageInfo says where the page stands.
func (l *LastAt[T]) PageInfo(ctx context.Context) (*PageInfo, error) {
	page, err := l.Page(ctx)
	if err != nil {
		return nil, err
	}
	return pageInfo(l.of.after, l.more, len(page), func(i int) string { return l.of.order.cursor(nil, page[i].ID) }), nil
}

// TotalCount is how many there are in all.
func (l *LastAt[T]) TotalCount(ctx context.Context) (n int, err error) {
	err = l.r.query(ctx, "count last of "+l.series.Table, clause.Of("SELECT count(*) ?", l.rows(l.of.where)), func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}
