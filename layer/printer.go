package layer

import (
	"context"
	"slices"
	"time"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// This file is what package plan, the other printer, needs of the engine: the
// same clauses that the typed rows are read by.

// Catalog is the catalogue of the operation.
func (r *Reader) Catalog() *Catalog { return r.catalog }

// Policy is the condition on rows f of a layer that the viewer may see.
func (r *Reader) Policy(s *System) clause.C { return r.policy(s) }

// Sees says whether the viewer may see a field of a layer.
func (r *Reader) Sees(s *System, field string) bool { return r.sees(s, field) }

// SeesRows says whether there are rows of a layer that the viewer may see.
func (r *Reader) SeesRows(s *System) bool { return r.viewer.Sees(s.Field, r.catalog.info[s].Class) }

// MaskedOf names the fields of a layer withheld from the viewer.
func (r *Reader) MaskedOf(s *System) []string { return r.masked(s) }

// Grants are what the viewer may see, as text: two viewers of equal text see
// the same.
func (r *Reader) Grants() string { return r.viewer.Signature() }

// Query runs a statement, all results in binary, and hands each row's values to
// each. They are gone when it returns.
func (r *Reader) Query(ctx context.Context, what string, c clause.C, each func(values [][]byte) error) error {
	return r.queryBinary(ctx, what, c, each)
}

// System is the layer that is asked.
func (l *List) System() *System { return l.s }

// Where holds for all rows f of the list, on whatever page.
func (l *List) Where() clause.C { return l.where }

// Ways are what the page's rows, and at least one more, can be read from: the first
// that gives a row gives the page, and the last does always.
func (l *List) Ways() []postgis.Rows {
	if l.near != nil {
		return []postgis.Rows{l.near.Likely(l.r.table(l.s.Table), l.behind(), l.first+1), l.tail()}
	}
	return []postgis.Rows{l.tail()}
}

// OrderBy is what rows are ordered by before their id; empty: by id alone.
func (l *List) OrderBy() clause.C { return l.by() }

// Near says whether the order is the distance from a point.
func (l *List) Near() bool { return l.near != nil }

// CountOf is how many rows the list has in all.
func (l *List) CountOf() clause.C {
	n, from := l.tally()
	return clause.Of("(SELECT ? FROM ? f WHERE ?)", n, from, l.where)
}

// ExtentOf is the box around all rows of the list, as four numbers, or NULL.
func (l *List) ExtentOf() clause.C {
	return clause.Of("(SELECT ? FROM ? f WHERE ?)", postgis.Extent(), l.r.table(l.s.Table), l.where)
}

// NewestOf is when a row of the list was last observed, or NULL.
func (l *List) NewestOf() clause.C {
	return clause.Of("(SELECT max(f.observed_at) FROM ? f WHERE ?)", l.r.table(l.s.Table), l.where)
}

// First is the size of a page.
func (l *List) First() int { return l.first }

// After says whether there is a page before.
func (l *List) After() bool { return l.after != nil }

// Cursor is that of a row by its value of OrderBy, as text, and its id.
func (l *List) Cursor(value *string, id string) string { return l.order.cursor(value, id) }

// Shape checks the arguments of a geometry field.
func (r *Reader) Shape(ctx context.Context, crs *int, simplifyM *float64, precision *int) (postgis.Form, error) {
	return r.form(ctx, crs, simplifyM, precision)
}

// FreshnessOf says when the next observation of a layer is due.
func (r *Reader) FreshnessOf(s *System, observed *time.Time) *Freshness {
	return r.freshness(s, observed)
}

// Refers tells what a field of a layer refers to: the column that holds the
// id of a row of another layer, or an agency's code when to is nil.
func (i *Info) Refers(field string) (column string, to *System, ok bool) {
	for _, ref := range i.refs {
		for _, name := range ref.field.For {
			if name == field {
				return ref.field.Column, ref.to, true
			}
		}
	}
	return "", nil, false
}

// UnitColumn is the column of units that holds a field of a unit; ok is false
// for one that is no column.
func UnitColumn(field string) (column string, kind Kind, ok bool) {
	switch field {
	case "code":
		return "code", KindString, true
	case "kind":
		return "kind", KindEnum, true
	case "type":
		return "type", KindString, true
	case "validFrom":
		return "valid_from", KindDate, true
	case "validTo":
		return "valid_to", KindDate, true
	case "areaKm2":
		return "area_km2", KindFloat, true
	case "population":
		return "population", KindInt, true
	case "approximate":
		return "approximate", KindBool, true
	}
	return "", 0, false
}

// Nested is a list of a row's own rows: a field of a layer that gives the
// newest of a series.
type Nested struct {
	Field  string       // "readings"
	Series *SeriesTable // where they stand
	In     string       // the argument that picks some by a column; empty: none
	Column string       // that column
	// Unless names a column without which there are none: it is masked, then so
	// are they. Empty: no such column.
	Unless string
	// Line says that the rows are joined into one line.
	Line bool
}

// Newest selects aggregates of the newest rows of the feature k.id, the newest
// first: s is the row.
func (n *Nested) Newest(r *Reader, columns clause.C, which []string, during *DateTimeRange, last *int) (clause.C, error) {
	count, err := pageSize("last", last, 100, MaxLast)
	if err != nil {
		return clause.C{}, err
	}
	where := during.within(clause.Of("f.at"))
	if n.In != "" {
		where = clause.Join(" AND ", In(n.Column, which).clause, where)
	}
	return clause.Of("SELECT ? FROM (SELECT f.* ?) s", columns, n.Series.newestFirst(r, where, count)), nil
}

// Joined is the line through the newest rows of the feature k.id, oldest first,
// in a form; NULL with fewer than two.
func (n *Nested) Joined(r *Reader, form postgis.Form, during *DateTimeRange, last *int) (clause.C, error) {
	count, err := pageSize("last", last, MaxLast, MaxLast)
	if err != nil {
		return clause.C{}, err
	}
	return clause.Of("SELECT ? FROM (SELECT ? AS line, count(*) AS n FROM (SELECT f.geom, f.at ?) s) l WHERE l.n > 1",
		form.In(clause.Of("l.line")), postgis.MakeLine(), n.Series.newestFirst(r, during.within(clause.Of("f.at")), count)), nil
}

// NestedOf finds a layer's nested list by its field.
func (s *System) NestedOf(field string) (*Nested, bool) {
	for i := range s.Nested {
		if s.Nested[i].Field == field {
			return &s.Nested[i], true
		}
	}
	return nil, false
}

// Cells selects the cells of a grouping as one record of arrays: how many rows
// each has; then of each key the texts that it has in them, and records of what
// these stand for, NULL where that can be told from the text: text, value, name,
// name_en, valid_from and valid_to; then of each measure its values.
func (l *List) Cells(ctx context.Context, q GroupQuery) (clause.C, []Grouping, []Measure, error) {
	cells, err := l.cells(ctx, q)
	if err != nil {
		return clause.C{}, nil, nil, err
	}
	columns := []clause.C{clause.Of("array_agg(g.n)")}
	keys, measures := make([]Grouping, len(cells.keys)), make([]Measure, len(cells.measures))
	for i, k := range cells.keys {
		text, records := clause.Of("g.?", keyColumn(i)), clause.Of("NULL")
		switch k.field {
		case "UNIT":
			records = clause.Of("(SELECT array_agg(ROW(f.id::text, f.code, f.name, f.name_en, f.valid_from, f.valid_to)) FROM units f WHERE f.id = ANY (array_agg(DISTINCT ?::int)))", text)
		case "AGENCY":
			records = clause.Of("(SELECT array_agg(ROW(f.code, f.code, f.name, f.name_en, NULL::date, NULL::date)) FROM agencies f WHERE f.code = ANY (array_agg(DISTINCT ?)))", text)
		}
		columns = append(columns, clause.Of("array_agg(?)", text), records)
		keys[i] = Grouping{k}
	}
	for i, m := range cells.measures {
		columns = append(columns, clause.Of("array_agg(g.?)", measureColumn(i)))
		measures[i] = *m.of(nil)
	}
	return clause.Of("(SELECT ROW(?) FROM (?) g)", clause.Join(", ", columns...), cells.statement), keys, measures, nil
}

// MaxGroups is the most cells of a grouping; Cells may select one more, which
// says that there are too many.
const MaxGroups = maxGroups

// Grouping is a key of a grouping.
type Grouping struct{ of grouping }

// Key is what a text of the key stands for; nil: no value.
func (g Grouping) Key(ctx context.Context, text *string) (*GroupKey, error) {
	return g.of.keyOf(ctx, text)
}

// KeyOf is what the values of a record stand for; dates are nil but of a unit.
func (g Grouping) KeyOf(value string, title Title, from, to *geo.Date) *GroupKey {
	k := &GroupKey{Value: &value, title: title}
	if from != nil {
		k = unitKeyOf(value, title, *from, to)
	}
	k.Field = string(g.of.field)
	return k
}

// Ways are what one feature more than the page can be read from: x.id, x.value of
// the order, and x.n, the layer's place among the catalogue's systems.
func (c *FeatureConnection) Ways() []postgis.Rows {
	if len(c.lists) == 0 {
		return []postgis.Rows{{From: clause.Of("FROM (SELECT ''::text AS id, 0::float8 AS value, 0 AS n WHERE false) x")}}
	}
	return []postgis.Rows{{From: clause.Of("FROM ?", c.hits())}}
}

// Places are those of the asked layers among the catalogue's systems.
func (c *FeatureConnection) Places() []int {
	out := make([]int, len(c.lists))
	for i, l := range c.lists {
		out[i] = slices.Index(c.r.catalog.systems, l.s)
	}
	return out
}

// First is the size of a page.
func (c *FeatureConnection) First() int { return c.first }

// After says whether there is a page before.
func (c *FeatureConnection) After() bool { return c.after != nil }

// Near says whether the order is the distance from something.
func (c *FeatureConnection) Near() bool { return len(c.lists) > 0 && c.lists[0].near != nil }

// Cursor is that of a feature by its value of the order, as text, and its id.
func (c *FeatureConnection) Cursor(value *string, id string) string {
	return c.order.cursor(value, id)
}

// CountOf is how many features there are in all.
func (c *FeatureConnection) CountOf() clause.C {
	sum := clause.Of("0")
	for _, l := range c.lists {
		sum = clause.Of("? + ?", sum, l.CountOf())
	}
	return clause.Of("(?)::bigint", sum)
}

// ExtentOf is the record of the boxes of all layers whose places the viewer may
// see.
func (c *FeatureConnection) ExtentOf() clause.C {
	var boxes []clause.C
	for _, l := range c.lists {
		if c.r.sees(l.s, "geometry") {
			boxes = append(boxes, l.ExtentOf())
		}
	}
	return clause.Of("ROW(?)", clause.Join(", ", boxes...))
}
