package layer

import (
	"context"

	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// This file gives rows out as features of GeoJSON one by one: what packages need
// that serve layers by another standard than GraphQL. The members are those of
// the connections' field `geojson`.

// Printable is a row on its way out. Geom is in the form that was asked for,
// which GeoJSON doesn't say; nil when it has none or the viewer may not see it.
type Printable struct {
	Geom orb.Geometry

	row Row
}

// ID is the feature's.
func (p *Printable) ID() string { return p.row.feature().ID }

// AppendGeoJSON appends the feature.
func (p *Printable) AppendGeoJSON(b []byte) []byte {
	of := p.row.feature().page
	for _, m := range of.r.catalog.info[of.s].geojson {
		b = append(b, m.Text...)
		b = p.AppendField(b, m.Field)
	}
	return b
}

// AppendField appends what the feature has of a field of a [Member], as JSON.
func (p *Printable) AppendField(b []byte, field string) []byte {
	if field == "geometry" {
		return geo.AppendGeoJSON(b, p.Geom, -1)
	}
	return appendField(b, p.row, field)
}

// PrintableSelection is what an operation selects that gives rows of a layer out
// by this file.
func (c *Catalog) PrintableSelection(s *System) Selection {
	fields := map[string]bool{}
	for _, m := range c.info[s].geojson {
		fields[m.Field] = m.Field != "geometry" // which is read in the form asked for
	}
	return Selection{s.Type: fields}
}

// Printout is a page of a list.
type Printout struct {
	Features []*Printable
	Matched  int    // rows of the whole list
	Next     string // the cursor of the next page; "" when this is the last
}

// Print reads the list's page in one statement, but for an empty page behind a
// cursor.
func (l *List) Print(ctx context.Context, form postgis.Form) (*Printout, error) {
	out := &Printout{}
	extras := []extra{
		l.r.geometryIn(l.s, form, func(int) any {
			out.Features = append(out.Features, &Printable{})
			return &out.Features[len(out.Features)-1].Geom
		}),
		{l.CountOf(), func(int) any { return &out.Matched }},
	}
	var values []*string
	if by := l.by(); !by.Empty() {
		extras = append(extras, extra{clause.Of("(?)::text", by), func(int) any {
			values = append(values, nil)
			return &values[len(values)-1]
		}})
	}
	page, err := l.r.page(ctx, l.s, l.tail(), extras)
	if err != nil {
		return nil, err
	}
	for i, row := range page.rows {
		out.Features[i].row = row
	}
	if len(out.Features) > l.first {
		out.Features = out.Features[:l.first]
		out.Next = (&found{page: page, values: values}).cursor(l.order, l.first-1)
	}
	if len(out.Features) == 0 && l.after != nil {
		out.Matched, err = l.count(ctx)
	}
	return out, err
}

// Each reads all rows of the list by id and hands each on as it comes; it keeps
// none.
func (l *List) Each(ctx context.Context, form postgis.Form, take func(*Printable) error) error {
	p := &page{r: l.r, s: l.s}
	var geom orb.Geometry
	from := clause.Of("FROM ? f WHERE ? ORDER BY f.id", l.r.table(l.s.Table), l.where)
	return l.r.each(ctx, p, postgis.Rows{From: from}, []extra{l.r.geometryIn(l.s, form, func(int) any {
		geom = nil
		return &geom
	})}, func(row Row) error { return take(&Printable{geom, row}) })
}

// PrintOne reads the row with an id or alias; nil when there is none for the
// viewer.
func (r *Reader) PrintOne(ctx context.Context, s *System, id string, form postgis.Form) (*Printable, error) {
	byID := func(id clause.C) (*Printable, error) {
		var out Printable
		from := clause.Of("FROM ? f WHERE ?", r.table(s.Table), clause.And(r.policy(s), clause.Of("f.id = ?", id)))
		page, err := r.page(ctx, s, postgis.Rows{From: from}, []extra{r.geometryIn(s, form, func(int) any { return &out.Geom })})
		if err != nil || len(page.rows) == 0 {
			return nil, err
		}
		out.row = page.rows[0]
		return &out, nil
	}
	found, err := byID(clause.Of("?::text", id))
	if found != nil || err != nil {
		return found, err
	}
	return byID(clause.Of("(SELECT a.id FROM ? a WHERE a.alias = ?)", r.Aliases(), id))
}

// geometryIn is a row's geometry in a form, NULL where the viewer may not see it.
func (r *Reader) geometryIn(s *System, form postgis.Form, dest func(int) any) extra {
	if !r.sees(s, "geometry") {
		return extra{clause.Of("NULL::geometry"), dest}
	}
	return extra{form.In(postgis.Geom()), dest}
}

// Extent is the box around all rows of the list; nil when there are none or the
// viewer may not see where they are.
func (l *List) Extent(ctx context.Context) (*geo.BBox, error) { return l.extent(ctx) }
