package ingest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"geohub/geo"
	"geohub/ingest/formats/table"
	"geohub/layer"
)

// valueReader turns what a table has in a cell into what a field holds.
type valueReader struct {
	s     *Source
	enums map[string][]layer.EnumValue
}

// value reads v by the field's kind; empty is nil.
func (r valueReader) value(f *layer.Field, v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	switch f.Kind {
	case layer.KindString:
		return orNil(textOf(v)), nil
	case layer.KindEnum:
		return r.enum(f.Enum, textOf(v))
	case layer.KindFloat:
		return deref(r.float(v))
	case layer.KindInt:
		return r.int(v)
	case layer.KindBool:
		return truth(v)
	case layer.KindDateTime:
		return deref(r.time(v))
	case layer.KindDate:
		return r.date(v)
	case layer.KindStrings:
		return listOf(v), nil
	case layer.KindEnums:
		values := listOf(v)
		for i, text := range values {
			value, err := r.enum(f.Enum, text)
			if err != nil {
				return nil, err
			}
			values[i], _ = value.(string)
		}
		return values, nil
	}
	return nil, fmt.Errorf("a field of kind %d can't be read from a table", f.Kind)
}

// enum takes a value of the schema or its title in either language.
func (r valueReader) enum(name, text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	var allowed []string
	for _, v := range r.enums[name] {
		if key := table.Key(text); key == table.Key(v.Value) || key == table.Key(v.Title.VI) || key == table.Key(v.Title.EN) {
			return v.Value, nil
		}
		allowed = append(allowed, v.Value)
	}
	return nil, fmt.Errorf("%q is no %s; allowed are %s", short(text), name, strings.Join(allowed, ", "))
}

func (r valueReader) float(v any) (*float64, error) {
	var f float64
	var err error
	switch n := v.(type) {
	case nil:
		return nil, nil
	case float64:
		f = n
	case int:
		f = float64(n)
	case json.Number:
		f, err = n.Float64()
	case *big.Int:
		f, _ = new(big.Float).SetInt(n).Float64()
	case string:
		if strings.TrimSpace(n) == "" {
			return nil, nil
		}
		f, err = table.Number(n, r.s.DecimalComma)
		if err != nil && !r.s.DecimalComma && strings.Contains(n, ",") {
			err = fmt.Errorf("%w (with a decimal comma? say decimalComma: true)", err)
		}
	default:
		return nil, fmt.Errorf("%v is no number", short(fmt.Sprint(v)))
	}
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		if err == nil {
			err = fmt.Errorf("%v is no number", v)
		}
		return nil, err
	}
	return &f, nil
}

func (r valueReader) int(v any) (any, error) {
	f, err := r.float(v)
	if err != nil || f == nil {
		return nil, err
	}
	if *f != math.Trunc(*f) || math.Abs(*f) > math.MaxInt32 {
		return nil, fmt.Errorf("%v is no whole number up to %d", v, math.MaxInt32)
	}
	return int(*f), nil
}

// truth reads what tables write for yes and no.
func truth(v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch table.Key(textOf(v)) {
	case "true", "t", "1", "co", "yes", "y", "x", "dung":
		return true, nil
	case "false", "f", "0", "khong", "no", "n", "sai":
		return false, nil
	case "":
		return nil, nil
	}
	return nil, fmt.Errorf("%q is neither true nor false, có nor không", short(textOf(v)))
}

// time reads a moment: a text, or seconds or milliseconds since 1970. A clock
// that runs ahead is put back.
func (r valueReader) time(v any) (*time.Time, error) {
	zone := r.s.Location
	if zone == nil {
		zone = geo.Saigon
	}
	text := textOf(v)
	if text == "" {
		return nil, nil
	}
	var at time.Time
	_, isText := v.(string)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && !isText && n >= 1e8 && n < 1e13 && !(n >= 19000101 && n <= 22001231) {
		if n >= 1e11 {
			at = time.UnixMilli(n)
		} else {
			at = time.Unix(n, 0)
		}
	} else if at, _, err = table.Time(text, zone); err != nil {
		return nil, err
	}
	at = at.Add(-time.Duration(r.s.ClockAhead))
	return &at, nil
}

// date reads a day: by itself, or the day of a moment in Vietnam.
func (r valueReader) date(v any) (any, error) {
	text := textOf(v)
	if text == "" {
		return nil, nil
	}
	if d, err := geo.ParseDate(text); err == nil {
		return d, nil
	}
	at, dateOnly, err := table.Time(text, geo.Saigon)
	if err != nil {
		return nil, err
	}
	if !dateOnly {
		at = at.Add(-time.Duration(r.s.ClockAhead))
	}
	return geo.DateOf(at), nil
}

// textOf is a value as text, without space around it; a whole number without
// decimals.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(clean(v))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		if whole, decimals, ok := strings.Cut(v.String(), "."); ok && strings.Trim(decimals, "0") == "" {
			return whole
		}
		return v.String()
	case map[string]any, []any:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

// listOf is a list of texts: JSON's, or one text with semicolons, bars or
// commas between.
func listOf(v any) []string {
	out := []string{}
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	if list, ok := v.([]any); ok {
		for _, item := range list {
			add(textOf(item))
		}
		return out
	}
	text := textOf(v)
	for _, between := range []string{";", "|", ","} {
		if strings.Contains(text, between) {
			for part := range strings.SplitSeq(text, between) {
				add(part)
			}
			return out
		}
	}
	add(text)
	return out
}

func deref[T any](p *T, err error) (any, error) {
	if p == nil || err != nil {
		return nil, err
	}
	return *p, nil
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// short is a text cut to what an error can show.
func short(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return text
}

// lookup finds a property by its name, then by its folded name.
func lookup(properties map[string]any, name string) (any, bool) {
	if v, ok := properties[name]; ok {
		return v, true
	}
	key := table.Key(name)
	for _, column := range sortedKeys(properties) {
		if table.Key(column) == key {
			return properties[column], true
		}
	}
	return nil, false
}
