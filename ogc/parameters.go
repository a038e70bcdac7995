package ogc

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/cql2"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

// asked is what the parameters of a request for features say.
type asked struct {
	query layer.Query
	crs   crs
	asOf  *time.Time
	html  bool
}

// Parameters of items; exports take those of them that are no page's.
var (
	questions = []string{"bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs", "crs", "asOf"}
	pages     = []string{"limit", "after", "f"}
)

// form is how geometries are asked for.
func (a *asked) form() postgis.Form { return postgis.Form{CRS: a.crs.code} }

// values are the parameters of a request, each given once and none but those.
func (q *request) values(known ...string) (url.Values, error) {
	v, err := url.ParseQuery(q.r.URL.RawQuery)
	if err != nil {
		return nil, errParameters()
	}
	for name := range v {
		if !slices.Contains(known, name) {
			return nil, fault.Invalid("BAD_INPUT", "there is no parameter %q here; there are %s", name, strings.Join(known, ", ")).With("at", name)
		}
	}
	return v, once(v)
}

func errParameters() error {
	return fault.Invalid("BAD_INPUT", "the parameters can't be read: write %% as %%25 and so on")
}

// once checks that each parameter is given once.
func once(v url.Values) error {
	for name, all := range v {
		if len(all) > 1 {
			return fault.Invalid("BAD_INPUT", "the parameter %s is given %d times", name, len(all)).With("at", name)
		}
	}
	return nil
}

// plain checks the parameters of what has f only.
func (q *request) plain() (html bool, err error) {
	v, err := q.values("f")
	if err != nil {
		return false, err
	}
	return q.wantsHTML(v)
}

// wantsHTML negotiates: f decides, else Accept, else it is JSON.
func (q *request) wantsHTML(v url.Values) (bool, error) {
	switch f := v.Get("f"); {
	case f == "json", f == "html":
		return f == "html", nil
	case v.Has("f"):
		return false, fault.Invalid("BAD_INPUT", "f is %q; it can be json or html", f).With("at", "f")
	}
	var html, json float64
	for _, entry := range strings.Split(q.r.Header.Get("Accept"), ",") {
		media, rest, _ := strings.Cut(entry, ";")
		weight := 1.0
		for _, p := range strings.Split(rest, ";") {
			if text, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				weight, _ = strconv.ParseFloat(text, 64)
			}
		}
		switch media = strings.TrimSpace(media); {
		case media == typeHTML || media == "application/xhtml+xml":
			html = max(html, weight)
		case media == typeJSON || strings.HasSuffix(media, "+json") || media == "*/*" || media == "application/*":
			json = max(json, weight)
		}
	}
	return html > json, nil
}

// parameters reads those of a question on a layer.
func (q *request) parameters(s *layer.System, known ...string) (*asked, error) {
	queryables := q.Catalog.Info(s).Queryables()
	for _, p := range queryables {
		if !p.Geometry && !slices.Contains(known, p.Name) {
			known = append(known, p.Name)
		}
	}
	v, err := q.values(known...)
	if err != nil {
		return nil, err
	}
	a := &asked{}
	if a.html, err = q.wantsHTML(v); err != nil {
		return nil, err
	}
	if a.crs, err = parseCRS("crs", v.Get("crs")); err != nil {
		return nil, err
	}
	if a.query.Area, err = area(v); err != nil {
		return nil, err
	}
	if a.query.Observed, err = observed(v.Get("datetime"), v.Has("datetime")); err != nil {
		return nil, err
	}
	if a.query.First, err = limit(v); err != nil {
		return nil, err
	}
	if v.Has("after") {
		after := v.Get("after")
		a.query.After = &after
	}
	if v.Has("asOf") {
		t, err := layer.ParseTime(v.Get("asOf"))
		if err != nil {
			return nil, fault.Invalid("BAD_INPUT", "asOf: %q is not a time by RFC 3339 such as 2025-10-27T20:00:00+07:00", v.Get("asOf")).With("at", "asOf")
		}
		a.asOf = &t
	}
	a.query.CQL2, err = conditions(v, queryables)
	return a, err
}

// limit is the size of a page. One that is too large is taken for the largest, as
// the standard has it.
func limit(v url.Values) (*int, error) {
	if !v.Has("limit") {
		return nil, nil
	}
	text := v.Get("limit")
	n, err := strconv.Atoi(text)
	if digits := strings.Trim(text, "0123456789") == ""; err != nil && digits && text != "" {
		n, err = layer.MaxFirst, nil // more than an int holds
	}
	if err != nil || n < 1 {
		return nil, fault.Invalid("BAD_INPUT", "limit is %q; it can be 1 to %d", text, layer.MaxFirst).With("at", "limit").With("limit", layer.MaxFirst)
	}
	n = min(n, layer.MaxFirst)
	return &n, nil
}

// area reads bbox and bbox-crs.
func area(v url.Values) (*geo.Area, error) {
	in, err := parseCRS("bbox-crs", v.Get("bbox-crs"))
	if err != nil {
		return nil, err
	}
	if !v.Has("bbox") {
		return nil, nil
	}
	var x []float64
	for _, part := range strings.Split(v.Get("bbox"), ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, fault.Invalid("BAD_GEOMETRY", "bbox: %q is not a number", part).With("at", "bbox")
		}
		x = append(x, n)
	}
	switch len(x) {
	case 4:
		return in.area("bbox", [4]float64(x))
	case 6: // with heights, which places here don't have
		return in.area("bbox", [4]float64{x[0], x[1], x[3], x[4]})
	}
	return nil, fault.Invalid("BAD_GEOMETRY", "bbox has %d numbers; it can have 4 or 6: west, south, east, north", len(x)).With("at", "bbox")
}

// observed reads datetime: a moment, a day or an interval with both ends in it,
// of which one may be open.
func observed(text string, given bool) (*layer.DateTimeRange, error) {
	if !given {
		return nil, nil
	}
	bad := func() (*layer.DateTimeRange, error) {
		return nil, fault.Invalid("BAD_INPUT", "datetime: %q is no time; write 2025-10-27T20:00:00+07:00, 2025-10-27 or an interval of these such as 2025-10-27/..", text).With("at", "datetime")
	}
	start, end, isInterval := strings.Cut(text, "/")
	if !isInterval {
		end = start
	}
	var out layer.DateTimeRange
	for i, side := range []string{start, end} {
		if isInterval && (side == "" || side == "..") {
			continue
		}
		from, to, ok := moment(side)
		switch {
		case !ok:
			return bad()
		case i == 0:
			out.From = &from
		default:
			out.To = &to
		}
	}
	if out.From == nil && out.To == nil {
		return bad()
	}
	if out.From != nil && out.To != nil && !out.From.Before(*out.To) {
		return nil, fault.Invalid("BAD_INPUT", "datetime: the interval %q ends before it starts", text).With("at", "datetime")
	}
	return &out, nil
}

// moment reads a moment or a day: from when on it is, and when it is over. The
// database knows no time between two microseconds.
func moment(text string) (from, to time.Time, ok bool) {
	if t, err := layer.ParseTime(text); err == nil {
		t = t.Truncate(time.Microsecond)
		return t, t.Add(time.Microsecond), true
	}
	d, err := geo.ParseDate(text)
	if err != nil {
		return from, to, false
	}
	return d.Start(), d.AddDays(1).Start(), true
}

// conditions are filter and what properties are asked to be; nil: none.
func conditions(v url.Values, queryables []layer.Queryable) (cql2.Expr, error) {
	var all []cql2.Expr
	in, err := parseCRS("filter-crs", v.Get("filter-crs"))
	if err != nil {
		return nil, err
	}
	parse := cql2.Parse
	switch lang := v.Get("filter-lang"); {
	case lang == "cql2-json":
		parse = func(text string) (cql2.Expr, error) { return cql2.ParseJSON([]byte(text)) }
	case lang != "cql2-text" && v.Has("filter-lang"):
		return nil, fault.Invalid("BAD_INPUT", "filter-lang is %q; it can be cql2-text or cql2-json", lang).With("at", "filter-lang")
	}
	if v.Has("filter") {
		e, err := parse(v.Get("filter"))
		if err != nil {
			return nil, err
		}
		if e, err = in.filter(e); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		all = append(all, e)
	}
	for _, p := range queryables {
		if p.Geometry || !v.Has(p.Name) {
			continue
		}
		value, err := literal(p, v.Get(p.Name))
		if err != nil {
			return nil, err
		}
		all = append(all, cql2.Comparison{Op: cql2.Equal, Left: cql2.Property(p.Name), Right: value})
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	}
	return cql2.And{Args: all}, nil
}

// literal is what a property is asked to be.
func literal(p layer.Queryable, text string) (cql2.Expr, error) {
	switch p.Kind {
	case layer.KindFloat, layer.KindInt:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n-n != 0 {
			return nil, fault.Invalid("BAD_INPUT", "%s: %q is not a number", p.Name, text).With("at", p.Name)
		}
		return cql2.Number(n), nil
	case layer.KindBool:
		if text != "true" && text != "false" {
			return nil, fault.Invalid("BAD_INPUT", "%s: %q is not true or false", p.Name, text).With("at", p.Name)
		}
		return cql2.Boolean(text == "true"), nil
	}
	return cql2.String(text), nil
}
