package plan

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// one compiles a row by its id, or a former id.
func (c *compiler) one(s *layer.System, f graphql.CollectedField) (plan, error) {
	return c.rows(f, func(x *run, a map[string]any) (clause.C, error) {
		return x.byID(s, clause.Of("?::text", a["id"].(string))), nil
	}, func(cols *columns) (printer, error) { return c.feature(s, cols, f) })
}

// connection compiles a page of a layer's list.
func (c *compiler) connection(s *layer.System, f graphql.CollectedField) (plan, error) {
	page := pageOf(c, s.Type, clause.Of("f.id"))
	page.node = func(cols *columns, f graphql.CollectedField) (printer, error) { return c.feature(s, cols, f) }
	page.geojson = func(cols *columns) (printer, error) { return c.geojson(s, cols), nil }
	page.hides = !c.r.Sees(s, "geometry")
	if err := page.members(f); err != nil {
		return plan{}, err
	}
	args := c.arguments("Query", f)
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		a := x.args[args].(map[string]any)
		q := layer.Query{}
		q.Filter, _ = f.ArgumentMap(x.vars)["filter"].(map[string]any)
		q.Area, _ = a["area"].(*geo.Area)
		q.Seeing, _ = a["seeing"].(*geo.LonLat)
		q.Near, _ = a["near"].(*geo.Near)
		q.Order, _ = a["orderBy"].(*layer.Order)
		q.First, _ = a["first"].(*int)
		q.After, _ = a["after"].(*string)
		list, err := x.r.Ask(x.ctx, s, q)
		if err != nil {
			return nil, err
		}
		return page.print(x, list, b)
	}}, nil
}

// asked is a question that has pages: a layer's list, or one across layers.
type asked interface {
	Ways() []postgis.Rows
	First() int
	After() bool
	Near() bool
	Cursor(value *string, id string) string
	CountOf() clause.C
	ExtentOf() clause.C
}

// page is a connection compiled.
type page struct {
	*compiler
	typ string   // of its rows, before Connection and Edge
	key clause.C // the id of a row
	// What compiles a row: a selection of it, and the whole of it.
	node    func(cols *columns, f graphql.CollectedField) (printer, error)
	geojson func(cols *columns) (printer, error)
	hides   bool     // the places of the rows from the viewer
	cols    *columns // of a row
	whole   *columns // of the whole list
	parts   []part
	// Places among a row's columns: -1 when they are not needed.
	id, text int
	rows     bool // whether rows are asked for at all
	bare     bool // the edges only, without a connection round them
}

func pageOf(c *compiler, typ string, key clause.C) *page {
	return &page{compiler: c, typ: typ, key: key, cols: &columns{}, whole: &columns{}, id: -1, text: -1}
}

// part is a member of a connection: rows between two texts (each is set) or the
// whole's.
type part struct {
	key        string
	begin, end string
	each       printer // of a row
	rest       func(x *run, b []byte, p *found) []byte
}

// found is what is known of a page when its rows are through.
type found struct {
	list        asked
	whole       [][]byte
	n           int
	more        bool
	first, last mark // made of the columns of the first and the newest row
}

// mark is what a cursor is made of: a row's id and its value of the order.
type mark struct {
	id, text []byte
	ordered  bool // there is a value
}

// set takes over the columns of a row, which are gone with it.
func (m *mark) set(id, text []byte) {
	m.id, m.text, m.ordered = append(m.id[:0], id...), append(m.text[:0], text...), text != nil
}

func (m *mark) cursor(l asked) string {
	if !m.ordered {
		return l.Cursor(nil, string(m.id))
	}
	value := string(m.text)
	return l.Cursor(&value, string(m.id))
}

func (p *page) members(f graphql.CollectedField) error {
	for _, field := range p.collect(f, p.typ+"Connection") {
		if len(field.Deferrables) > 0 {
			return unfit("@defer")
		}
		m := part{key: string(layer.AppendString(nil, field.Alias)) + ":", begin: "[", end: "]"}
		var err error
		switch field.Name {
		case "__typename":
			name := constant(string(layer.AppendString(nil, p.typ+"Connection")))
			m.rest = func(x *run, b []byte, _ *found) []byte { return name(x, b, nil) }
		case "nodes":
			p.rows = true
			m.each, err = p.node(p.cols, field)
		case "edges":
			p.rows = true
			m.each, err = p.edge(field)
		case "geojson":
			p.rows = true
			m.begin, m.end = layer.CollectionBegin, layer.CollectionEnd
			m.each, err = p.geojson(p.cols)
		case "pageInfo":
			p.rows = true
			m.rest, err = p.pageInfo(field)
		case "totalCount":
			i := p.whole.add("count", func(x *run) (clause.C, error) { return x.list.CountOf(), nil })
			m.rest = func(_ *run, b []byte, p *found) []byte { return strconv.AppendInt(b, pgbinary.Int(p.whole[i]), 10) }
		case "extent":
			m.rest = p.extent()
		case "groups":
			m.rest, err = p.groups(field)
		default:
			err = unfit("field " + p.typ + "Connection." + field.Name)
		}
		if err != nil {
			return err
		}
		p.parts = append(p.parts, m)
	}
	return nil
}

// marks has the columns that cursors are made of among a row's.
func (p *page) marks() {
	if p.id < 0 {
		p.id = p.cols.add("id", always(p.key))
		p.text = p.cols.own(func(x *run) (clause.C, error) { return x.by(), nil })
	}
}

func (p *page) edge(f graphql.CollectedField) (printer, error) {
	typ := p.typ + "Edge"
	return p.object(typ, p.collect(f, typ), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "node":
			return p.node(p.cols, f)
		case "cursor":
			p.marks()
			return func(x *run, b []byte, columns [][]byte) []byte {
				m := mark{columns[p.id], columns[p.text], columns[p.text] != nil}
				return layer.AppendString(b, m.cursor(x.list))
			}, nil
		case "distanceM":
			return value(p.cols.add("metres", func(x *run) (clause.C, error) { return x.metres(), nil }), layer.KindFloat), nil
		}
		return nil, unfit("field " + typ + "." + f.Name)
	})
}

func (p *page) pageInfo(f graphql.CollectedField) (func(*run, []byte, *found) []byte, error) {
	p.marks()
	type at func(x *run, b []byte, f *found) []byte
	var members []at
	for i, field := range p.collect(f, "PageInfo") {
		key := keyOf(i, field)
		var say at
		switch field.Name {
		case "__typename":
			say = func(_ *run, b []byte, _ *found) []byte { return append(b, `"PageInfo"`...) }
		case "hasNextPage":
			say = func(_ *run, b []byte, f *found) []byte { return strconv.AppendBool(b, f.more) }
		case "hasPreviousPage":
			say = func(_ *run, b []byte, f *found) []byte { return strconv.AppendBool(b, f.list.After()) }
		case "startCursor":
			say = func(_ *run, b []byte, f *found) []byte { return f.mark(b, &f.first) }
		case "endCursor":
			say = func(_ *run, b []byte, f *found) []byte { return f.mark(b, &f.last) }
		default:
			return nil, unfit("field PageInfo." + field.Name)
		}
		members = append(members, func(x *run, b []byte, f *found) []byte { return say(x, append(b, key...), f) })
	}
	return func(x *run, b []byte, f *found) []byte {
		b = append(b, '{')
		for _, m := range members {
			b = m(x, b, f)
		}
		return append(b, '}')
	}, nil
}

func (f *found) mark(b []byte, m *mark) []byte {
	if f.n == 0 {
		return append(b, "null"...)
	}
	return layer.AppendString(b, m.cursor(f.list))
}

// by is the value that rows are ordered by, as text; NULL by id alone.
func (x *run) by() clause.C {
	switch list := x.list.(type) {
	case *layer.List:
		if by := list.OrderBy(); !by.Empty() {
			return clause.Of("(?)::text", by)
		}
		return clause.Of("NULL::text")
	}
	return clause.Of("x.value::text")
}

// metres is the distance from what the list is near to.
func (x *run) metres() clause.C {
	switch list := x.list.(type) {
	case *layer.List:
		if list.Near() {
			return list.OrderBy()
		}
	default:
		if list.Near() {
			return clause.Of("x.value")
		}
	}
	return clause.Of("NULL::float8")
}

func (p *page) extent() func(*run, []byte, *found) []byte {
	if p.hides {
		return func(_ *run, b []byte, _ *found) []byte { return append(b, "null"...) }
	}
	boxes := func(raw []byte) [][]byte { return [][]byte{raw} }
	if p.typ == "Feature" { // one of each layer
		boxes = func(raw []byte) [][]byte { return appendRecord(nil, raw) }
	}
	i := p.whole.add("extent", func(x *run) (clause.C, error) { return x.list.ExtentOf(), nil })
	return func(_ *run, b []byte, p *found) []byte {
		var all *geo.BBox
		for _, raw := range boxes(p.whole[i]) {
			if raw != nil {
				all = all.Union(boxOf(raw))
			}
		}
		if all == nil {
			return append(b, "null"...)
		}
		return all.Append(b)
	}
}

// boxOf reads an array of four numbers.
func boxOf(raw []byte) *geo.BBox {
	var box geo.BBox
	at := 0
	pgbinary.Elements(raw, func(raw []byte) { box[at] = pgbinary.Float(raw); at++ })
	return &box
}

// print reads the page and appends the connection.
func (p *page) print(x *run, list asked, b []byte) ([]byte, error) {
	x.list = list
	f := &found{list: list}
	lists := make([]buffer, len(p.parts))
	defer func() {
		for i := range lists {
			lists[i].free()
		}
	}()
	if err := p.read(x, f, lists); err != nil {
		return nil, err
	}
	if p.bare {
		b = append(b, '[')
		b = append(b, lists[0].bytes()...)
		return append(b, ']'), nil
	}
	b = append(b, '{')
	for i := range p.parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.parts[i].key...)
		if p.parts[i].each != nil {
			b = append(b, p.parts[i].begin...)
			b = append(b, lists[i].bytes()...)
			b = append(b, p.parts[i].end...)
			continue
		}
		b = p.parts[i].rest(x, b, f)
	}
	return append(b, '}'), nil
}

// read prints the page's rows into lists, by one statement if the first way gives
// the page.
func (p *page) read(x *run, f *found, lists []buffer) error {
	ways := f.list.Ways()
	if !p.rows {
		ways = ways[:1]
	}
	for _, from := range ways {
		statement, err := p.statement(x, from)
		if err != nil || statement.Empty() {
			return err
		}
		if err := x.r.Query(x.ctx, "read "+p.typ, statement, func(values [][]byte) error { p.take(x, f, values, lists); return nil }); err != nil {
			return err
		}
		if f.n > 0 {
			break
		}
	}
	return nil
}

// take prints one row of the answer.
func (p *page) take(x *run, f *found, values [][]byte, lists []buffer) {
	whole := len(p.whole.all)
	if whole > 0 && f.whole == nil {
		f.whole = pgbinary.Keep(values[:whole])
	}
	if !p.rows {
		return
	}
	row := values[whole:]
	if whole > 0 { // a page without rows has one row without a number
		if row[len(row)-1] == nil {
			return
		}
		row = row[:len(row)-1]
	}
	if f.n == f.list.First() {
		f.more = true
		return
	}
	if p.id >= 0 {
		f.last.set(row[p.id], row[p.text])
		if f.n == 0 {
			f.first.set(row[p.id], row[p.text])
		}
	}
	for i := range p.parts {
		if each := p.parts[i].each; each != nil {
			l := lists[i].get()
			if f.n > 0 {
				*l = append(*l, ',')
			}
			*l = each(x, *l, row)
		}
	}
	f.n++
}

// statement is the page's rows, with what is asked of the whole list in each of
// them; empty when neither is asked for.
func (p *page) statement(x *run, rows postgis.Rows) (clause.C, error) {
	var statement clause.C
	if p.rows {
		cols, err := p.cols.sql(x)
		if err != nil {
			return cols, err
		}
		switch {
		case len(p.whole.all) > 0 && len(p.cols.all) > 0:
			statement = clause.Of("?SELECT ?, true AS here ?", rows.With, cols, rows.From)
		case len(p.whole.all) > 0, len(p.cols.all) == 0:
			statement = clause.Of("?SELECT true AS here ?", rows.With, rows.From)
		default:
			statement = clause.Of("?SELECT ? ?", rows.With, cols, rows.From)
		}
	}
	if len(p.whole.all) == 0 {
		return statement, nil
	}
	whole, err := p.whole.sql(x)
	if err != nil || !p.rows {
		return clause.Of("SELECT ?", whole), err
	}
	// One row on the left: the right one's order is the answer's.
	return clause.Of("SELECT * FROM (SELECT ?) w LEFT JOIN LATERAL (?) p ON true", whole, statement), nil
}
