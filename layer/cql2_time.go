package layer

import (
	"time"

	"geohub/clause"
	"geohub/cql2"
	"geohub/geo"
	"geohub/internal/fault"
)

// This file reads what a filter in CQL2 says of times. A day is the whole of it
// in Asia/Ho_Chi_Minh: equal to a day is what lies in it, after it is what lies
// behind its end.

// span is a time that a property is compared with: from <= t < to, or of a
// moment t = from. nil ends are open. They are time.Time or, beside a property
// that is a day, geo.Date; to is the first that is no longer in it.
type span struct {
	from, to any
	// strict says that the end was a moment, which lies in the span itself:
	// then to is that moment and t <= to.
	strict  bool
	moment  bool // the span is one moment
	fromDay bool // from is the beginning of a day, which lies in the span
}

// comparedTime is a time compared with a literal.
func (q Queryable) comparedTime(op cql2.Compare, literal cql2.Expr) (clause.C, error) {
	s, err := q.instant(literal)
	if err != nil {
		return clause.C{}, err
	}
	switch op {
	case cql2.Equal:
		return q.meets(s), nil
	case cql2.NotEqual:
		return clause.Not(q.meets(s)), nil
	case cql2.Less:
		return q.before(s), nil
	case cql2.Greater:
		return q.after(s), nil
	case cql2.LessOrEqual:
		return clause.Not(q.after(s)), nil
	}
	return clause.Not(q.before(s)), nil
}

// instant reads a moment or a day. A string that says one of them is taken for
// it, since many clients know no other way.
func (q Queryable) instant(e cql2.Expr) (span, error) {
	switch v := e.(type) {
	case cql2.String:
		if t, err := ParseTime(string(v)); err == nil {
			e = cql2.Timestamp{Time: t}
		} else if d, err := geo.ParseDate(string(v)); err == nil {
			e = cql2.Date(d)
		}
	case cql2.Function, cql2.Array, cql2.Arithmetic, cql2.Property:
		return span{}, unsupported(e)
	}
	switch v := e.(type) {
	case cql2.Timestamp:
		if q.Kind == KindDate {
			return span{}, fault.Invalid("BAD_INPUT", "%s is a day; compare it with one such as DATE('2025-10-27')", q.Name)
		}
		t := v.Time.UTC()
		return span{from: t, to: t, strict: true, moment: true}, nil
	case cql2.Date:
		if q.Kind == KindDate {
			return span{from: geo.Date(v), to: geo.Date(v), strict: true, fromDay: true}, nil
		}
		return span{from: geo.Date(v).Start().UTC(), to: geo.Date(v).AddDays(1).Start().UTC(), fromDay: true}, nil
	}
	return span{}, fault.Invalid("BAD_INPUT", "%s is compared with a time such as TIMESTAMP('2025-10-27T13:00:00Z') or DATE('2025-10-27'), not with `%s`", q.Name, cql2.Text(e))
}

// interval reads an interval, or a moment or day.
func (q Queryable) interval(e cql2.Expr) (span, error) {
	i, ok := e.(cql2.Interval)
	if !ok {
		return q.instant(e)
	}
	out := span{}
	if i.Start != nil {
		start, err := q.instant(i.Start)
		if err != nil {
			return span{}, err
		}
		out.from, out.fromDay = start.from, start.fromDay
	}
	if i.End != nil {
		end, err := q.instant(i.End)
		if err != nil {
			return span{}, err
		}
		out.to, out.strict = end.to, end.strict
	}
	if i.Start != nil && i.End != nil && !ordered(out) {
		return span{}, fault.Invalid("BAD_INPUT", "the interval `%s` ends before it starts", cql2.Text(e))
	}
	return out, nil
}

func ordered(s span) bool {
	if d, ok := s.from.(geo.Date); ok {
		return !s.to.(geo.Date).Before(d)
	}
	from, to := s.from.(time.Time), s.to.(time.Time)
	return from.Before(to) || s.strict && from.Equal(to)
}

// value is an end of a span as SQL.
func (q Queryable) value(v any) clause.C {
	if q.Kind == KindDate {
		return clause.Of("?::date", v)
	}
	return clause.Of("?::timestamptz", v)
}

// never is false where the property has a value, else unknown.
func (q Queryable) never() clause.C { return clause.Of("(? IS NULL AND NULL)", q.column) }

func (q Queryable) before(s span) clause.C {
	if s.from == nil {
		return q.never()
	}
	return clause.Of("? < ?", q.column, q.value(s.from))
}

func (q Queryable) after(s span) clause.C {
	switch {
	case s.to == nil:
		return q.never()
	case s.strict:
		return clause.Of("? > ?", q.column, q.value(s.to))
	}
	return clause.Of("? >= ?", q.column, q.value(s.to))
}

// meets holds for what lies in the span, its ends included.
func (q Queryable) meets(s span) clause.C {
	if s.moment {
		return clause.Of("? = ?", q.column, q.value(s.from))
	}
	return clause.Of("(NOT ? AND NOT ?)", q.before(s), q.after(s))
}

// during holds for what lies in the span, ends that are moments excluded.
func (q Queryable) during(s span) clause.C {
	var all []clause.C
	switch {
	case s.from == nil:
	case s.fromDay:
		all = append(all, clause.Of("? >= ?", q.column, q.value(s.from)))
	default:
		all = append(all, clause.Of("? > ?", q.column, q.value(s.from)))
	}
	switch {
	case s.to == nil:
	case s.strict && q.Kind == KindDate:
		all = append(all, clause.Of("? <= ?", q.column, q.value(s.to)))
	default:
		all = append(all, clause.Of("? < ?", q.column, q.value(s.to)))
	}
	if len(all) == 0 {
		return clause.Not(q.never())
	}
	return clause.And(all...)
}

// turned is what a function is with its sides exchanged.
var turned = map[cql2.TemporalOp]cql2.TemporalOp{
	cql2.TAfter: cql2.TBefore, cql2.TBefore: cql2.TAfter, cql2.TContains: cql2.TDuring, cql2.TDuring: cql2.TContains,
	cql2.TEquals: cql2.TEquals, cql2.TIntersects: cql2.TIntersects, cql2.TDisjoint: cql2.TDisjoint,
}

func (w *cql2Reader) temporal(e cql2.Temporal) (clause.C, error) {
	if !names(e.Left) && names(e.Right) {
		other, known := turned[e.Op]
		if !known {
			return clause.C{}, fault.Invalid("BAD_INPUT", "%s is not supported", e.Op)
		}
		e = cql2.Temporal{Op: other, Left: e.Right, Right: e.Left}
	}
	q, err := w.scalar(e.Left)
	switch {
	case err != nil:
		return clause.C{}, err
	case q.Kind != KindDateTime && q.Kind != KindDate:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no time", q.Name)
	case names(e.Right):
		return clause.C{}, fault.Invalid("BAD_INPUT", "a property can't be compared with a property, only with a literal")
	}
	_, isInterval := e.Right.(cql2.Interval)
	s, err := q.interval(e.Right)
	if err != nil {
		return clause.C{}, err
	}
	switch e.Op {
	case cql2.TAfter:
		return q.after(s), nil
	case cql2.TBefore:
		return q.before(s), nil
	case cql2.TIntersects:
		return q.meets(s), nil
	case cql2.TDisjoint:
		return clause.Not(q.meets(s)), nil
	case cql2.TEquals:
		if isInterval {
			return clause.C{}, fault.Invalid("BAD_INPUT", "T_EQUALS takes a moment or a day here: %s is no interval", q.Name)
		}
		return q.meets(s), nil
	case cql2.TDuring:
		if !isInterval {
			return clause.C{}, fault.Invalid("BAD_INPUT", "T_DURING takes an interval such as INTERVAL('2025-10-27', '..')")
		}
		return q.during(s), nil
	}
	return clause.C{}, fault.Invalid("BAD_INPUT", "%s is not supported; T_AFTER, T_BEFORE, T_DURING, T_INTERSECTS, T_DISJOINT and T_EQUALS are", e.Op)
}
