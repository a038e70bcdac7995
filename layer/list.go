package layer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// Query is what a list field is asked: which, where, in what order, how many.
type Query struct {
	Filter   Filter
	Area     *geo.Area
	Near     *geo.Near
	Order    *Order
	Observed *DateTimeRange
	Text     *string
	Seeing   *geo.LonLat // a point that the layer's drawn geometry holds
	CQL2     cql2.Expr   // nil: none; its geometries are in EPSG:4326
	First    *int
	After    *string

	// byID keeps to the order by id in a box too: all layers of a page have one order.
	byID bool
	// but is the id of a row that is left out.
	but string
}

// List is a question about one layer, checked and ready to be put. Every printer
// makes its statement of it.
type List struct {
	r     *Reader
	s     *System
	where clause.C // policy, filter and area; not the page
	reach *reach   // what where looks at; nil: rows and nothing else
	near  *origin
	// Points in a box without another order are read along a curve: box is set
	// then, and others what holds beside it.
	box    *geo.BBox
	others clause.C
	order  order
	first  int
	after  *cursor
}

// origin is where distances are measured from.
type origin struct {
	postgis.Origin
	geom orb.Geometry
	maxM *float64
}

func originAt(g orb.Geometry, maxM *float64) origin { return origin{postgis.From(g), g, maxM} }

// order is the expression that rows are ordered by before their id; empty
// means by id alone.
type order struct {
	name     string // in cursors
	by       clause.C
	cast     func(text string) clause.C // its value from the text in a cursor
	desc     bool
	nullable bool
}

// Ask checks a query on a layer. Nothing is read yet.
func (r *Reader) Ask(ctx context.Context, s *System, q Query) (*List, error) {
	l := &List{r: r, s: s, reach: &reach{}}
	where, err := r.where(s, q.Filter, l.reach)
	if err != nil {
		return nil, err
	}
	area, err := r.area(ctx, s, q.Area, l.reach)
	if err != nil {
		return nil, err
	}
	l.others = clause.And(r.policy(s), where, q.Observed.within(clause.Of("f.observed_at")))
	l.reach.during(q.Observed)
	if q.Text != nil {
		l.reach.rows = true
		text, err := textWhere(*q.Text)
		if err != nil {
			return nil, err
		}
		l.others = clause.And(l.others, text)
	}
	if q.Seeing != nil {
		c, err := r.seeing(s, *q.Seeing)
		if err != nil {
			return nil, err
		}
		l.reach.rows, l.others = true, clause.And(l.others, c)
	}
	if q.but != "" {
		l.reach.rows, l.others = true, clause.And(l.others, clause.Of("f.id <> ?", q.but))
	}
	if q.CQL2 != nil {
		c, err := r.cql2(s, q.CQL2, l.reach)
		if err != nil {
			return nil, err
		}
		l.others = clause.And(l.others, c)
	}
	l.where = clause.And(l.others, area)
	if q.Near != nil {
		if err := q.Near.Check(); err != nil {
			return nil, err
		}
		if q.Order != nil {
			return nil, fault.Invalid("BAD_INPUT", "near orders by distance: give near or orderBy, not both")
		}
		from := originAt(q.Near.Point(), q.Near.MaxM)
		l.near = &from
	}
	if l.first, err = pageSize("first", q.First, DefaultFirst, MaxFirst); err != nil {
		return nil, err
	}
	if l.order, err = r.orderOf(s, q.Order); err != nil {
		return nil, err
	}
	if l.near != nil {
		if err := l.measure(*l.near); err != nil {
			return nil, err
		}
	}
	if s.Points && q.Area != nil && q.Area.BBox != nil && q.Order == nil && q.Near == nil && !q.byID {
		l.box, l.order = q.Area.BBox, order{name: "PLACE", by: clause.Of("f.place"), cast: castOf(KindString)}
	}
	if q.After != nil {
		l.after, err = parseCursor(*q.After, l.order)
	}
	return l, err
}

// measure orders the list by distance from an origin.
func (l *List) measure(from origin) error {
	if err := l.r.maySee(l.s, "geometry"); err != nil {
		return err
	}
	l.near, l.reach = &from, nil
	l.order = order{name: "near " + string(geo.AppendGeoJSON(nil, from.geom, -1)), by: from.DistanceM(), cast: castOf(KindFloat)}
	l.where = clause.And(l.where, clause.Of("f.geom IS NOT NULL"))
	if from.maxM != nil {
		l.where = clause.And(l.where, from.WithinM(*from.maxM))
	}
	return nil
}

func (r *Reader) orderOf(s *System, o *Order) (order, error) {
	if o == nil || o.Field == "ID" {
		return order{name: "ID", desc: o != nil && o.Direction == Desc}, nil
	}
	out := order{name: string(o.Field), desc: o.Direction == Desc, nullable: true}
	switch o.Field {
	case "LABEL":
		out.by, out.cast = clause.Of(`f.label COLLATE "vi-x-icu"`), castOf(KindString)
		return out, r.maySee(s, "label")
	case "OBSERVED_AT":
		out.by, out.cast = clause.Of("f.observed_at"), castOf(KindDateTime)
		return out, nil
	case "UPDATED_AT":
		out.by, out.cast, out.nullable = clause.Of("f.updated_at"), castOf(KindDateTime), false
		return out, nil
	}
	for _, f := range s.Fields {
		if f.Order && f.Member() == string(o.Field) {
			out.by, out.cast = clause.Column("f", f.Column), castOf(f.Kind)
			return out, r.maySee(s, f.Name)
		}
	}
	return out, fault.Invalid("BAD_INPUT", "%s can't be ordered by %s", s.Field, o.Field)
}

// castOf makes a value of a kind from the text that a cursor holds.
func castOf(k Kind) func(string) clause.C {
	return func(text string) clause.C {
		switch k {
		case KindFloat:
			return clause.Of("?::text::float8", text)
		case KindInt:
			return clause.Of("?::text::integer", text)
		case KindBool:
			return clause.Of("?::text::boolean", text)
		case KindDateTime:
			return clause.Of("?::text::timestamptz", text)
		case KindDate:
			return clause.Of("?::text::date", text)
		}
		return clause.Of("?::text", text)
	}
}

// cursor is the place after one row: its value of the order and its id.
type cursor struct {
	value *string
	id    string
}

func (o order) signature() string {
	if o.desc {
		return "-" + o.name
	}
	return o.name
}

func (o order) cursor(value *string, id string) string {
	b, _ := json.Marshal([]any{o.signature(), value, id})
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text string, o order) (*cursor, error) {
	var signature string
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &[]any{&signature, &c.value, &c.id})
	}
	switch {
	case err != nil || c.id == "" || strings.ContainsRune(string(b), 0):
		return nil, fault.Invalid("BAD_CURSOR", "`after` is not a cursor of this hub; start again without it")
	case signature != o.signature():
		return nil, fault.Invalid("BAD_CURSOR", "`after` is a cursor of another order; start again without it")
	}
	return &c, nil
}

// Rows gives the first rows of a query on any layer.
func (r *Reader) Rows(ctx context.Context, s *System, q Query) ([]Feature, error) {
	l, err := r.Ask(ctx, s, q)
	if err != nil {
		return nil, err
	}
	f, err := l.read(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Feature, len(f.rows))
	for i, row := range f.rows {
		out[i] = row
	}
	return out, nil
}

// PageOf gives the ids of one page of any layer and the cursor of the next, nil
// when it is the last.
func (r *Reader) PageOf(ctx context.Context, s *System, q Query) (ids []string, next *string, err error) {
	l, err := r.Ask(ctx, s, q)
	if err != nil {
		return nil, nil, err
	}
	f, err := l.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.more {
		cursor := f.cursor(l.order, len(f.rows)-1)
		next = &cursor
	}
	return f.ids(), next, nil
}

// following holds for the rows after the cursor. NULL comes last either way.
func (l *List) following() clause.C {
	if l.after == nil {
		return clause.C{}
	}
	o, after := l.order, l.after
	if o.by.Empty() {
		if o.desc {
			return clause.Of("f.id < ?", after.id)
		}
		return clause.Of("f.id > ?", after.id)
	}
	if after.value == nil {
		return clause.Of("? IS NULL AND f.id > ?", o.by, after.id)
	}
	value := o.cast(*after.value)
	var c clause.C
	if o.desc {
		c = clause.Of("(? < ? OR ? = ? AND f.id > ?)", o.by, value, o.by, value, after.id)
	} else {
		c = clause.Of("(? > ? OR ? = ? AND f.id > ?)", o.by, value, o.by, value, after.id)
	}
	if o.nullable {
		c = clause.Or(c, clause.Of("? IS NULL", o.by))
	}
	return c
}

// tail is at least one row more than the page.
func (l *List) tail() postgis.Rows {
	table := l.r.table(l.s.Table)
	limit := l.first + 1
	if l.box != nil {
		begin := ""
		if l.after != nil && l.after.value != nil {
			begin = *l.after.value
		}
		return postgis.Rows{From: clause.Of("FROM ?", postgis.AlongCurve(table, *l.box, begin, l.others, l.following(), limit))}
	}
	if l.near != nil {
		return l.near.Nearest(table, l.behind(), limit)
	}
	return postgis.Rows{From: clause.Of("FROM ? f WHERE ? ORDER BY ? LIMIT ?", table, l.behind(), l.order.sql(), clause.Enough(limit))}
}

// behind holds for the rows of the list that come after the cursor.
func (l *List) behind() clause.C { return clause.And(l.where, l.following()) }

// by is the value that the rows of the tail are ordered by; empty: by id alone.
func (l *List) by() clause.C {
	if l.near != nil {
		return clause.Of("f.away")
	}
	return l.order.by
}

func (o order) sql() clause.C {
	switch {
	case o.by.Empty() && o.desc:
		return clause.Of("f.id DESC")
	case o.by.Empty():
		return clause.Of("f.id")
	case o.desc && o.nullable:
		return clause.Of("? DESC NULLS LAST, f.id", o.by)
	case o.desc:
		return clause.Of("? DESC, f.id", o.by)
	}
	return clause.Of("?, f.id", o.by)
}

// found is a page of a list with what its edges need.
type found struct {
	*page
	values []*string // the order's value of each row, as text; empty when ordered by id
	more   bool
}

// read runs the list's statement.
func (l *List) read(ctx context.Context) (*found, error) {
	out := &found{}
	var extras []extra
	if by := l.by(); !by.Empty() {
		extras = append(extras, extra{clause.Of("(?)::text", by), func(int) any {
			out.values = append(out.values, nil)
			return &out.values[len(out.values)-1]
		}})
	}
	var err error
	if out.page, err = l.r.page(ctx, l.s, l.tail(), extras); err != nil {
		return nil, err
	}
	if out.more = len(out.rows) > l.first; out.more {
		out.rows = out.rows[:l.first]
	}
	return out, nil
}

func (f *found) cursor(o order, i int) string {
	var value *string
	if f.values != nil {
		value = f.values[i]
	}
	return o.cursor(value, f.rows[i].feature().ID)
}

// distanceM is the distance of row i from the origin; nil without one.
func (l *List) distanceM(f *found, i int) *float64 {
	if l.near == nil || f.values[i] == nil {
		return nil
	}
	d, err := strconv.ParseFloat(*f.values[i], 64)
	if err != nil {
		return nil
	}
	return &d
}

// count is how many rows the list has in all.
func (l *List) count(ctx context.Context) (n int, err error) {
	err = l.r.query(ctx, "count "+l.s.Field, clause.Of("SELECT ?", l.CountOf()),
		func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}

// extent is the box around all rows of the list; nil when there are none.
func (l *List) extent(ctx context.Context) (*geo.BBox, error) {
	if !l.r.sees(l.s, "geometry") {
		return nil, nil
	}
	var box []float64
	err := l.r.query(ctx, "extent of "+l.s.Field, clause.Of("SELECT ?", l.ExtentOf()),
		func(rows pgx.Rows) error { return rows.Scan(&box) })
	if err != nil || box == nil {
		return nil, err
	}
	return &geo.BBox{box[0], box[1], box[2], box[3]}, nil
}
