package layer

import (
	"fmt"
	"strings"

	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/internal/fault"
)

// This file reads a filter in CQL2 through the field list. Its truth has three
// values, as SQL's: NOT leaves unknown what is unknown, and a row is in the list
// where the whole is true.

// Queryable is a property that a filter in CQL2 may name.
type Queryable struct {
	Name string
	// Kind tells what it is compared with; it says nothing of geometry.
	Kind     Kind
	Geometry bool
	Values   []EnumValue // of an enum
	Title    Title
	Measure  string // UCUM

	column clause.C
}

// Queryables are what rows of a layer may be filtered by in CQL2, in the order
// of their declaration, whoever asks; lists are not among them.
func (i *Info) Queryables() []Queryable { return i.queryables }

func (i *Info) queryablesOf(s *System) []Queryable {
	out := []Queryable{
		{Name: "id", column: clause.Of("f.id")},
		{Name: "label", column: clause.Of("nullif(f.label, '')")},
		{Name: "geometry", Geometry: true, column: clause.Of("f.geom")},
		{Name: "observedAt", Kind: KindDateTime, column: clause.Of("f.observed_at")},
		{Name: "updatedAt", Kind: KindDateTime, column: clause.Of("f.updated_at")},
		{Name: "unit", column: clause.Of("u.code")},
	}
	for _, f := range s.Fields {
		if f.Filter && f.Kind != KindStrings && f.Kind != KindEnums {
			out = append(out, Queryable{Name: f.Name, Kind: f.Kind, column: clause.Column("f", f.Column)})
		}
	}
	for n := range out {
		if m := i.byName[out[n].Name]; m != nil {
			out[n].Title, out[n].Values, out[n].Measure = m.Title, m.Values, m.Measure
		}
	}
	return out
}

// cql2 makes a condition on rows f of s of a filter. What it looks at is added
// to reach.
func (r *Reader) cql2(s *System, e cql2.Expr, reach *reach) (clause.C, error) {
	w := cql2Reader{r: r, s: s, reach: reach}
	c, err := w.condition(e)
	if err != nil {
		return clause.C{}, fmt.Errorf("filter: %w", err)
	}
	return c, nil
}

type cql2Reader struct {
	r     *Reader
	s     *System
	reach *reach
}

func (w *cql2Reader) condition(e cql2.Expr) (clause.C, error) {
	switch e := e.(type) {
	case cql2.And:
		all, err := each(e.Args, w.condition)
		return clause.And(all...), err
	case cql2.Or:
		all, err := each(e.Args, w.condition)
		return clause.Or(all...), err
	case cql2.Not:
		c, err := w.condition(e.Arg)
		if err != nil {
			return clause.C{}, err
		}
		return clause.Not(c), nil
	case cql2.Boolean:
		if e {
			return clause.Of("TRUE"), nil
		}
		return clause.Of("FALSE"), nil
	case cql2.Comparison:
		return w.comparison(e)
	case cql2.Between:
		return w.between(e)
	case cql2.In:
		return w.in(e)
	case cql2.Like:
		return w.like(e)
	case cql2.IsNull:
		return w.isNull(e)
	case cql2.Spatial:
		return w.spatial(e)
	case cql2.Temporal:
		return w.temporal(e)
	}
	return clause.C{}, unsupported(e)
}

func each[T any](items []T, make func(T) (clause.C, error)) ([]clause.C, error) {
	out := []clause.C{}
	for _, item := range items {
		c, err := make(item)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// unsupported says of what stands in a wrong place that it may not.
func unsupported(e cql2.Expr) error {
	switch e := e.(type) {
	case cql2.Function:
		return fault.Invalid("BAD_INPUT", "the function %s is not supported; there are CASEI, ACCENTI, the S_… and some T_… ones", e.Name)
	case cql2.Array:
		return fault.Invalid("BAD_INPUT", "arrays are not supported")
	case cql2.Arithmetic:
		return fault.Invalid("BAD_INPUT", "arithmetic is not supported; write the number that it gives")
	case cql2.Property:
		return fault.Invalid("BAD_INPUT", "the property %s can't stand there: a property is compared with a literal only", e)
	}
	return fault.Invalid("BAD_INPUT", "what stands in place of a property, `%s`, is not supported: a property is compared with literals", cql2.Text(e))
}

// property finds what a filter names, if the viewer may see it.
func (w *cql2Reader) property(e cql2.Expr) (Queryable, error) {
	name, ok := e.(cql2.Property)
	if !ok {
		return Queryable{}, unsupported(e)
	}
	for _, q := range w.r.catalog.info[w.s].queryables {
		if q.Name == string(name) {
			w.reach.rows = w.reach.rows || !w.s.countsBy(q.Name)
			return q, w.r.maySee(w.s, q.Name)
		}
	}
	if f, ok := w.s.byName[string(name)]; ok && f.Filter {
		if err := w.r.maySee(w.s, f.Name); err != nil {
			return Queryable{}, err
		}
		return Queryable{}, fault.Invalid("BAD_INPUT", "%s is a list: arrays are not supported", name)
	}
	return Queryable{}, fault.Invalid("BAD_INPUT", "%s can't be filtered", name)
}

// scalar is property for what is compared with scalars.
func (w *cql2Reader) scalar(e cql2.Expr) (Queryable, error) {
	q, err := w.property(e)
	if err == nil && q.Geometry {
		err = fault.Invalid("BAD_INPUT", "geometry is asked for by S_INTERSECTS and its fellows, and by IS NULL")
	}
	return q, err
}

// with is a condition on q's column. A unit is found by its code first: then the
// index on units of rows is used. No row has the unit -1; with it the set is
// never empty, and a row without a unit is unknown in it, not outside.
func (q Queryable) with(c clause.C) clause.C {
	if q.Name != "unit" {
		return c
	}
	return clause.Of("f.unit_id = ANY (ARRAY(SELECT u.id FROM units u WHERE ? UNION ALL SELECT -1))", c)
}

func (w *cql2Reader) isNull(e cql2.IsNull) (clause.C, error) {
	q, err := w.property(e.Value)
	if err != nil {
		return clause.C{}, err
	}
	if q.Name == "unit" {
		return clause.Of("f.unit_id IS NULL"), nil
	}
	return clause.Of("? IS NULL", q.column), nil
}

// flipped is the comparison with its sides exchanged.
var flipped = map[cql2.Compare]cql2.Compare{
	cql2.Equal: cql2.Equal, cql2.NotEqual: cql2.NotEqual, cql2.Less: cql2.Greater, cql2.Greater: cql2.Less,
	cql2.LessOrEqual: cql2.GreaterOrEqual, cql2.GreaterOrEqual: cql2.LessOrEqual,
}

func (w *cql2Reader) comparison(e cql2.Comparison) (clause.C, error) {
	if !names(e.Left) && names(e.Right) {
		e = cql2.Comparison{Op: flipped[e.Op], Left: e.Right, Right: e.Left}
	}
	if names(e.Right) {
		return clause.C{}, fault.Invalid("BAD_INPUT", "a property can't be compared with a property, only with a literal")
	}
	value, as := styleOf(e.Left)
	q, err := w.scalar(value)
	if err != nil {
		return clause.C{}, err
	}
	if as != plainly && !q.isText() {
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no text: CASEI and ACCENTI are for texts", q.Name)
	}
	return w.compare(q, as, e.Op, e.Right)
}

// names says whether a property stands in e.
func names(e cql2.Expr) bool {
	e, _ = styleOf(e)
	_, ok := e.(cql2.Property)
	return ok
}

// compare is a property, a text in a style, compared with a literal.
func (w *cql2Reader) compare(q Queryable, as style, op cql2.Compare, literal cql2.Expr) (clause.C, error) {
	switch q.Kind {
	case KindString:
		text, err := textOf(q, literal)
		if err != nil {
			return clause.C{}, err
		}
		column := as.of(q.column)
		if op != cql2.Equal && op != cql2.NotEqual {
			column, text = byCode(column), byCode(text)
		}
		return q.with(compared(column, op, text)), nil
	case KindEnum:
		text, err := q.member(literal)
		if err == nil && op != cql2.Equal && op != cql2.NotEqual {
			err = fault.Invalid("BAD_INPUT", "%s has values without an order: it is compared by = and <>", q.Name)
		}
		return compared(q.column, op, clause.Of("?::text", text)), err
	case KindFloat, KindInt:
		n, err := numberOf(q, literal)
		return compared(q.column, op, n), err
	case KindBool:
		yes, ok := literal.(cql2.Boolean)
		if !ok || op != cql2.Equal && op != cql2.NotEqual {
			return clause.C{}, fault.Invalid("BAD_INPUT", "%s is true or false: it is compared by = and <> with TRUE or FALSE", q.Name)
		}
		return compared(q.column, op, clause.Of("?::boolean", bool(yes))), nil
	}
	return q.comparedTime(op, literal)
}

func compared(left clause.C, op cql2.Compare, right clause.C) clause.C {
	switch op {
	case cql2.Equal:
		return clause.Of("? = ?", left, right)
	case cql2.NotEqual:
		return clause.Of("? <> ?", left, right)
	case cql2.Less:
		return clause.Of("? < ?", left, right)
	case cql2.Greater:
		return clause.Of("? > ?", left, right)
	case cql2.LessOrEqual:
		return clause.Of("? <= ?", left, right)
	}
	return clause.Of("? >= ?", left, right)
}

// numberOf is a number as SQL, whole ones so that an index on whole numbers is
// used.
func numberOf(q Queryable, e cql2.Expr) (clause.C, error) {
	n, ok := e.(cql2.Number)
	switch {
	case !ok && (names(e) || isMade(e)):
		return clause.C{}, unsupported(e)
	case !ok:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is compared with a number, not with `%s`", q.Name, cql2.Text(e))
	case q.Kind == KindInt && float64(n) == float64(int32(n)):
		return clause.Of("?::integer", int32(n)), nil
	}
	return clause.Of("?::float8", float64(n)), nil
}

// isMade tells what would have to be computed.
func isMade(e cql2.Expr) bool {
	switch e.(type) {
	case cql2.Function, cql2.Array, cql2.Arithmetic:
		return true
	}
	return false
}

// member reads a literal as a value of an enum.
func (q Queryable) member(e cql2.Expr) (string, error) {
	text, ok := e.(cql2.String)
	if !ok && isMade(e) {
		return "", unsupported(e)
	}
	var all []string
	for _, v := range q.Values {
		if ok && v.Value == string(text) {
			return v.Value, nil
		}
		all = append(all, v.Value)
	}
	return "", fault.Invalid("BAD_INPUT", "`%s` is no value of %s; it has %s", cql2.Text(e), q.Name, strings.Join(all, ", "))
}

func (w *cql2Reader) between(e cql2.Between) (clause.C, error) {
	q, err := w.scalar(e.Value)
	if err != nil {
		return clause.C{}, err
	}
	if q.Kind != KindFloat && q.Kind != KindInt {
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no number: BETWEEN is for numbers", q.Name)
	}
	low, err := numberOf(q, e.Low)
	if err != nil {
		return clause.C{}, err
	}
	high, err := numberOf(q, e.High)
	return clause.Of("? BETWEEN ? AND ?", q.column, low, high), err
}

func (w *cql2Reader) in(e cql2.In) (clause.C, error) {
	value, as := styleOf(e.Value)
	q, err := w.scalar(value)
	if err != nil {
		return clause.C{}, err
	}
	switch {
	case q.Kind == KindEnum && as == plainly:
		members := make([]string, len(e.List))
		for i, item := range e.List {
			if members[i], err = q.member(item); err != nil {
				return clause.C{}, err
			}
		}
		return clause.Of("? = ANY (?::text[])", q.column, members), nil
	case q.isText() && as == plainly && !hasStyle(e.List):
		texts := make([]string, len(e.List))
		for i, item := range e.List {
			text, ok := item.(cql2.String)
			if !ok {
				_, err := textOf(q, item)
				return clause.C{}, err
			}
			texts[i] = string(text)
		}
		return q.with(clause.Of("? = ANY (?::text[])", q.column, texts)), nil
	case as != plainly && !q.isText():
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no text: CASEI and ACCENTI are for texts", q.Name)
	}
	all, err := each(e.List, func(item cql2.Expr) (clause.C, error) { return w.compare(q, as, cql2.Equal, item) })
	return clause.Or(all...), err
}

// spatialOps are how the row's geometry lies to a literal; and with the sides
// exchanged, where that is something else.
var spatialOps = map[cql2.SpatialOp]cql2.SpatialOp{cql2.SWithin: cql2.SContains, cql2.SContains: cql2.SWithin}

func (w *cql2Reader) spatial(e cql2.Spatial) (clause.C, error) {
	if !names(e.Left) && names(e.Right) {
		if other, differs := spatialOps[e.Op]; differs {
			e.Op = other
		}
		e.Left, e.Right = e.Right, e.Left
	}
	q, err := w.property(e.Left)
	switch {
	case err != nil:
		return clause.C{}, err
	case !q.Geometry:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no geometry; the property of that is called geometry", q.Name)
	}
	switch literal := e.Right.(type) {
	case cql2.Geometry:
		shape := geo.Geometry{Shape: literal.Shape}
		g, err := shape.LonLat()
		if err != nil {
			return clause.C{}, err
		}
		return related(e.Op, g)
	case cql2.BBox:
		return w.box(e.Op, geo.BBox(literal))
	}
	return clause.C{}, unsupported(e.Right)
}
