package layer

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"geohub/geo"
	"geohub/internal/fault"
)

// Filter is a filter as the client wrote it: the members of an input object,
// read through the layer's field list. nil filters nothing.
type Filter map[string]any

// OrderField is a member of a layer's enum XOrderField: "LEVEL_M".
type OrderField string

// GroupField is a member of a layer's enum XGroup: "UNIT", "DAM_STATUS".
type GroupField string

// Direction is which way an order runs.
type Direction string

// The directions.
const (
	Asc  Direction = "ASC"
	Desc Direction = "DESC"
)

// Order is an order of a list. The id always breaks ties.
type Order struct {
	Field     OrderField
	Direction Direction
}

// Lang is a language of titles.
type Lang string

// The languages.
const (
	VI Lang = "VI"
	EN Lang = "EN"
)

// Title is a title in both languages.
type Title struct{ VI, EN string }

// In gives the title in a language; nil means Vietnamese, and English falls
// back to Vietnamese.
func (t Title) In(lang *Lang) string {
	if lang != nil && *lang == EN && t.EN != "" {
		return t.EN
	}
	return t.VI
}

// DateTimeRange is half-open: From <= t < To; nil ends are open.
type DateTimeRange struct{ From, To *time.Time }

// UpTo is all time until t, which is in it; nil is all time. Times are kept to the
// microsecond.
func UpTo(t *time.Time) *DateTimeRange {
	if t == nil {
		return nil
	}
	end := t.Truncate(time.Microsecond).Add(time.Microsecond)
	return &DateTimeRange{To: &end}
}

// DateRange is half-open: From <= day < To; nil ends are open.
type DateRange struct{ From, To *geo.Date }

// Page sizes: the default and the largest of `first` and `last`.
const (
	DefaultFirst = 50
	MaxFirst     = 1000
)

func pageSize(argument string, n *int, otherwise, most int) (int, error) {
	switch {
	case n == nil:
		return otherwise, nil
	case *n < 1 || *n > most:
		return 0, fault.Invalid("PAGE_LIMIT", "%s is %d; it can be 1 to %d", argument, *n, most).With("limit", most)
	}
	return *n, nil
}

// Values of filters come from literals (int64, float64, string) or from JSON
// variables (json.Number); these read both.

func asString(v any) (string, error) {
	if s, ok := v.(string); ok {
		if strings.ContainsRune(s, 0) {
			return "", fault.Invalid("BAD_INPUT", "a text holds a NUL, which can't be stored")
		}
		return s, nil
	}
	return "", fault.Invalid("BAD_INPUT", "%v is not a string", v)
}

func asFloat(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case int:
		return float64(v), nil
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f, nil
		}
	}
	return 0, fault.Invalid("BAD_INPUT", "%v is not a finite number", v)
}

func asInt(v any) (int32, error) {
	f, err := asFloat(v)
	if err != nil || f != float64(int32(f)) {
		return 0, fault.Invalid("BAD_INPUT", "%v is not a whole number of 32 bits", v)
	}
	return int32(f), nil
}

func asBool(v any) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return false, fault.Invalid("BAD_INPUT", "%v is not true or false", v)
}

func asTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := ParseTime(s)
	if err != nil {
		return t, fault.Invalid("BAD_INPUT", "%v is not a time by RFC 3339 such as 2025-10-27T20:00:00+07:00", v)
	}
	return t, nil
}

// ParseTime reads a DateTime: RFC 3339 between the years 1 and 9999.
func ParseTime(s string) (time.Time, error) {
	var t time.Time
	err := t.UnmarshalText([]byte(s)) // stricter than time.Parse
	if err == nil && (t.UTC().Year() < 1 || t.UTC().Year() > 9999) {
		err = fmt.Errorf("year %d", t.UTC().Year())
	}
	return t.UTC(), err
}

func asDate(v any) (geo.Date, error) {
	s, _ := v.(string)
	d, err := geo.ParseDate(s)
	if err != nil {
		return d, fault.Invalid("BAD_INPUT", "%v is not a day such as 2025-10-27", v)
	}
	return d, nil
}

func asList[T any](v any, one func(any) (T, error)) ([]T, error) {
	items, ok := v.([]any)
	if list := reflect.ValueOf(v); !ok && list.Kind() == reflect.Slice { // gqlparser's own coercion in variables
		for i := range list.Len() {
			items = append(items, list.Index(i).Interface())
		}
	} else if !ok {
		items = []any{v} // GraphQL: one value stands for a list of it
	}
	if len(items) > maxList {
		return nil, fault.Invalid("BAD_INPUT", "a list of %d values; at most %d", len(items), maxList).With("limit", maxList)
	}
	out := make([]T, len(items))
	for i, item := range items {
		var err error
		if out[i], err = one(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}
