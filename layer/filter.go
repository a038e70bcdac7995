package layer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"geohub/clause"
	"geohub/internal/fault"
)

// Bounds of a filter: values in a list, comparisons in all, words of a text.
const (
	maxList        = 1000
	maxComparisons = 200
	maxTextRunes   = 200
)

// where reads a filter through the field list. Members are taken in the order
// of their names, so that equal shapes give equal statements. What the filter
// looks at is added to reach.
func (r *Reader) where(s *System, f Filter, reach *reach) (clause.C, error) {
	w := whereReader{r: r, s: s, reach: reach}
	return w.object(f)
}

type whereReader struct {
	r     *Reader
	s     *System
	reach *reach
	count int
}

func (w *whereReader) object(f map[string]any) (clause.C, error) {
	var all []clause.C
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] == nil {
			continue // null says nothing
		}
		if w.count++; w.count > maxComparisons {
			return clause.C{}, fault.Invalid("BAD_INPUT", "the filter has over %d comparisons", maxComparisons).With("limit", maxComparisons)
		}
		c, err := w.member(name, f[name])
		if err != nil {
			return clause.C{}, fmt.Errorf("filter %s: %w", name, err)
		}
		all = append(all, c)
	}
	return clause.And(all...), nil
}

func (w *whereReader) member(name string, v any) (clause.C, error) {
	switch name {
	case "and", "or":
		items, err := asList(v, asObject)
		if err != nil {
			return clause.C{}, err
		}
		if w.count += len(items); w.count > maxComparisons {
			return clause.C{}, fault.Invalid("BAD_INPUT", "the filter has over %d comparisons", maxComparisons).With("limit", maxComparisons)
		}
		parts := make([]clause.C, len(items))
		for i, item := range items {
			if parts[i], err = w.object(item); err != nil {
				return clause.C{}, err
			}
		}
		if name == "or" {
			return clause.Or(parts...), nil
		}
		return clause.And(parts...), nil
	case "not":
		o, err := asObject(v)
		if err != nil {
			return clause.C{}, err
		}
		c, err := w.object(o)
		return clause.Of("(?) IS NOT TRUE", c), err
	case "observed":
		return compareRange(clause.Of("f.observed_at"), v, w.observed)
	}
	w.reach.rows = w.reach.rows || !w.s.countsBy(name)
	switch name {
	case "updated":
		return compareRange(clause.Of("f.updated_at"), v, asTime)
	case "text":
		text, err := asString(v)
		if err != nil {
			return clause.C{}, err
		}
		return textWhere(text)
	}
	if c, ok := w.s.condition(name); ok {
		for _, field := range c.Of {
			if err := w.r.maySee(w.s, field); err != nil {
				return clause.C{}, err
			}
		}
		yes, err := asBool(v)
		if err != nil {
			return clause.C{}, err
		}
		if yes {
			return w.r.holdsNow(c), nil
		}
		return clause.Of("(?) IS NOT TRUE", w.r.holdsNow(c)), nil
	}
	f, ok := w.s.byName[name]
	if !ok || !f.Filter {
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s can't be filtered", name)
	}
	if err := w.r.maySee(w.s, f.Name); err != nil {
		return clause.C{}, err
	}
	o, err := asObject(v)
	if err != nil {
		return clause.C{}, err
	}
	return f.compare(o)
}

// observed reads an end of an observed time.
func (w *whereReader) observed(v any) (time.Time, error) {
	t, err := asTime(v)
	w.reach.times = append(w.reach.times, t)
	return t, err
}

func asObject(v any) (map[string]any, error) {
	switch o := v.(type) {
	case map[string]any:
		return o, nil
	case Filter:
		return o, nil
	}
	return nil, fault.Invalid("BAD_INPUT", "%v is not an object", v)
}

// compare reads the comparisons of one field: {gte: 1, lt: 2}.
func (f *Field) compare(o map[string]any) (clause.C, error) {
	column := clause.Column("f", f.Column)
	if f.Kind == KindDateTime {
		return compareRange(column, o, asTime)
	}
	if f.Kind == KindDate {
		return compareRange(column, o, asDate)
	}
	var all []clause.C
	for _, op := range slices.Sorted(maps.Keys(o)) {
		if o[op] == nil {
			continue
		}
		c, err := f.comparison(column, op, o[op])
		if err != nil {
			return clause.C{}, fmt.Errorf("%s: %w", op, err)
		}
		all = append(all, c)
	}
	return clause.And(all...), nil
}

func (f *Field) comparison(column clause.C, op string, v any) (clause.C, error) {
	switch op {
	case "isNull":
		yes, err := asBool(v)
		return clause.Of("(? IS NULL) = ?", column, yes), err
	case "in", "notIn":
		list, err := f.list(v)
		if err != nil {
			return clause.C{}, err
		}
		if op == "in" {
			return clause.Of("? = ANY (?)", column, list), nil
		}
		return clause.Of("(? = ANY (?)) IS NOT TRUE", column, list), nil
	case "has":
		s, err := asString(v)
		return clause.Of("? @> ?", column, []string{s}), err
	case "hasAny":
		list, err := asList(v, asString)
		return clause.Of("? && ?", column, list), err
	case "prefix", "contains":
		s, err := asString(v)
		if err != nil {
			return clause.C{}, err
		}
		if op == "prefix" {
			return clause.Of("fold(?) LIKE fold(?) || '%'", column, likeEscape(s)), nil
		}
		return clause.Of("fold(?) LIKE '%' || fold(?) || '%'", column, likeEscape(s)), nil
	}
	value, err := f.value(v)
	if err != nil {
		return clause.C{}, err
	}
	switch op {
	case "eq":
		return clause.Of("? = ?", column, value), nil
	case "lt":
		return clause.Of("? < ?", column, value), nil
	case "lte":
		return clause.Of("? <= ?", column, value), nil
	case "gt":
		return clause.Of("? > ?", column, value), nil
	case "gte":
		return clause.Of("? >= ?", column, value), nil
	}
	return clause.C{}, fault.Invalid("BAD_INPUT", "unknown comparison %q", op)
}

// value reads one value of the field's kind.
func (f *Field) value(v any) (any, error) {
	switch f.Kind {
	case KindFloat:
		return asFloat(v)
	case KindInt:
		return asInt(v)
	case KindBool:
		return asBool(v)
	default:
		return asString(v)
	}
}

func (f *Field) list(v any) (any, error) {
	if f.Kind == KindInt {
		return asList(v, asInt)
	}
	return asList(v, asString)
}

func compareRange[T any](column clause.C, v any, one func(any) (T, error)) (clause.C, error) {
	o, err := asObject(v)
	if err != nil {
		return clause.C{}, err
	}
	var all []clause.C
	for _, end := range []string{"from", "to"} {
		if o[end] == nil {
			continue
		}
		t, err := one(o[end])
		if err != nil {
			return clause.C{}, fmt.Errorf("%s: %w", end, err)
		}
		if end == "from" {
			all = append(all, clause.Of("? >= ?", column, t))
		} else {
			all = append(all, clause.Of("? < ?", column, t))
		}
	}
	return clause.And(all...), nil
}

// within is a half-open time on a column.
func (d *DateTimeRange) within(column clause.C) clause.C {
	var all []clause.C
	if d != nil && d.From != nil {
		all = append(all, clause.Of("? >= ?", column, *d.From))
	}
	if d != nil && d.To != nil {
		all = append(all, clause.Of("? < ?", column, *d.To))
	}
	return clause.Join(" AND ", all...)
}

// textWhere holds for rows whose search words hold every word typed.
func textWhere(text string) (clause.C, error) {
	words := strings.Fields(text)
	if len([]rune(text)) > maxTextRunes {
		return clause.C{}, fault.Invalid("BAD_INPUT", "text has over %d characters", maxTextRunes).With("limit", maxTextRunes)
	}
	all := make([]clause.C, len(words))
	for i, word := range words {
		all[i] = clause.Of("f.search LIKE '%' || fold(?) || '%'", likeEscape(word))
	}
	return clause.And(all...), nil
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace
