package layer

import (
	"context"
	"slices"

	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgbinary"
)

// This file gives rows out as features of GeoJSON one by one: what packages need
// that serve layers by another standard than GraphQL. The members are those of
// the connections' field `geojson`.

// Printable is a row on its way out. Geom is in the form that was asked for,
// which GeoJSON doesn't say; nil when it has none or the viewer may not see it.
type Printable struct {
	Geom orb.Geometry

	of     *printout
	values [][]byte // binary, of the members that are columns
}

// printout is how rows of a layer are printed.
type printout struct {
	members []Member
	columns []clause.C // the geometry first, then one a value
	kinds   []Kind     // of values
	at      map[string]int
}

// printout is the one of the viewer: what is masked is NULL.
func (r *Reader) printout(s *System, form postgis.Form) *printout {
	p := &printout{members: r.catalog.info[s].geojson, columns: []clause.C{clause.Of("NULL::geometry")}, at: map[string]int{}}
	if r.sees(s, "geometry") {
		p.columns[0] = form.In(postgis.Geom())
	}
	for _, m := range p.members {
		var column clause.C
		kind := KindString
		switch m.Field {
		case "", "geometry":
			continue
		case "label":
			column = clause.Of("nullif(f.label, '')")
		case "id":
			column = clause.Of("f.id")
		case "observedAt", "updatedAt":
			column, kind = clause.Column("f", snake(m.Field)), KindDateTime
		default:
			f := s.byName[m.Field]
			column, kind = clause.Column("f", f.Column), f.Kind
		}
		if !r.sees(s, m.Field) {
			column = clause.Of("NULL")
		}
		p.at[m.Field] = len(p.kinds)
		p.columns, p.kinds = append(p.columns, column), append(p.kinds, kind)
	}
	return p
}

// take makes a row of an answer's columns, which it borrows.
func (p *printout) take(row *Printable, columns [][]byte) (err error) {
	row.Geom = nil
	if columns[0] != nil {
		row.Geom, err = postgis.GeometryOf(columns[0])
	}
	row.of, row.values = p, columns[1:len(p.columns)]
	return err
}

// ID is the feature's.
func (p *Printable) ID() string { return string(p.values[p.of.at["id"]]) }

// AppendGeoJSON appends the feature.
func (p *Printable) AppendGeoJSON(b []byte) []byte {
	i := 0
	for _, m := range p.of.members {
		b = append(b, m.Text...)
		switch m.Field {
		case "":
		case "geometry":
			b = geo.AppendGeoJSON(b, p.Geom, -1)
		default:
			b = p.append(b, i)
			i++
		}
	}
	return b
}

func (p *Printable) append(b []byte, i int) []byte {
	switch kind, raw := p.of.kinds[i], p.values[i]; {
	case raw == nil && (kind == KindStrings || kind == KindEnums):
		return append(b, "[]"...)
	case raw == nil:
		return append(b, "null"...)
	case kind == KindFloat:
		return geo.AppendNumber(b, pgbinary.Float(raw), -1)
	default:
		return AppendBinary(b, kind, raw)
	}
}

// AppendText appends what the feature has of a field of a [Member] as plain text:
// nothing for null, a list as JSON.
func (p *Printable) AppendText(b []byte, field string) []byte {
	i := p.of.at[field]
	switch kind, raw := p.of.kinds[i], p.values[i]; kind {
	case KindString, KindEnum:
		return append(b, raw...)
	case KindDateTime, KindDate:
		if raw == nil {
			return b
		}
		start := len(b)
		b = append(b[:start], AppendBinary(b, kind, raw)[start+1:]...) // without its quotes
		return b[:len(b)-1]
	default:
		if raw == nil && kind != KindStrings && kind != KindEnums {
			return b
		}
		return p.append(b, i)
	}
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
	p := l.r.printout(l.s, form)
	by := l.by()
	if by.Empty() {
		by = clause.Of("NULL")
	}
	var last *string // the order's value of the page's last row
	err := l.r.prints(ctx, l.s, p, l.tail(), []clause.C{l.CountOf(), clause.Of("(?)::text", by)}, func(values [][]byte) error {
		out.Matched = int(pgbinary.Int(values[len(values)-2]))
		if len(out.Features) == l.first {
			id := out.Features[l.first-1].ID()
			out.Next = l.order.cursor(last, id)
			return nil
		}
		row := &Printable{}
		if last = nil; values[len(values)-1] != nil {
			last = new(string(values[len(values)-1]))
		}
		out.Features = append(out.Features, row)
		return p.take(row, pgbinary.Keep(values))
	})
	if err == nil && len(out.Features) == 0 && l.after != nil {
		out.Matched, err = l.count(ctx)
	}
	return out, err
}

// prints runs the statement of rows to be printed, with more columns behind theirs.
func (r *Reader) prints(ctx context.Context, s *System, p *printout, from postgis.Rows, more []clause.C, each func(values [][]byte) error) error {
	columns := append(slices.Clone(p.columns), more...)
	return r.queryBinary(ctx, "read "+s.Field, clause.Of("?SELECT ? ?", from.With, clause.Join(", ", columns...), from.From), each)
}

// Each reads all rows of the list by id and hands each on as it comes, until the
// next; it keeps none.
func (l *List) Each(ctx context.Context, form postgis.Form, take func(*Printable) error) error {
	var row Printable
	p := l.r.printout(l.s, form)
	from := clause.Of("FROM ? f WHERE ? ORDER BY f.id", l.r.table(l.s.Table), l.where)
	return l.r.prints(ctx, l.s, p, postgis.Rows{From: from}, nil, func(values [][]byte) error {
		if err := p.take(&row, values); err != nil {
			return err
		}
		return take(&row)
	})
}

// PrintOne reads the row with an id or alias; nil when there is none for the
// viewer.
func (r *Reader) PrintOne(ctx context.Context, s *System, id string, form postgis.Form) (found *Printable, err error) {
	p := r.printout(s, form)
	byID := func(id clause.C) error {
		from := clause.Of("FROM ? f WHERE ?", r.table(s.Table), clause.And(r.policy(s), clause.Of("f.id = ?", id)))
		return r.prints(ctx, s, p, postgis.Rows{From: from}, nil, func(values [][]byte) error {
			found = &Printable{}
			return p.take(found, pgbinary.Keep(values))
		})
	}
	err = byID(clause.Of("?::text", id))
	if found != nil || err != nil {
		return found, err
	}
	err = byID(clause.Of("(SELECT a.id FROM ? a WHERE a.alias = ?)", r.Aliases(), id))
	return found, err
}

// Extent is the box around all rows of the list; nil when there are none or the
// viewer may not see where they are.
func (l *List) Extent(ctx context.Context) (*geo.BBox, error) { return l.extent(ctx) }
