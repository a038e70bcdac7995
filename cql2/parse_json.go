package cql2

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"geohub/internal/fault"
)

// ParseJSON reads a filter in cql2-json. Operators may be in any case; what the
// standard gives no meaning, unknown members among it, is refused.
func ParseJSON(data []byte) (Expr, error) {
	if len(data) > MaxBytes {
		return nil, overLimit("bytes", MaxBytes, len(data))
	}
	r := &reader{}
	e := r.filter(data)
	if r.err != nil {
		return nil, r.err
	}
	if err := withinLimits(e); err != nil {
		return nil, err
	}
	return e, nil
}

// reader goes down a decoded document. After a fault it returns nil nodes; the
// first fault stays.
type reader struct {
	depth    int
	vertices int
	err      error
}

func (r *reader) filter(data []byte) Expr {
	if !utf8.Valid(data) {
		r.fail(nil, "found bytes that are not UTF-8")
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		r.fail(nil, "found no JSON at byte "+strconv.FormatInt(offset(err, data), 10)+": "+err.Error())
		return nil
	}
	if _, err := d.Token(); err != io.EOF {
		r.fail(nil, "found more than one JSON value")
		return nil
	}
	return r.operand(v, nil, boolean)
}

// operand reads a node that has to have a role.
func (r *reader) operand(v any, at *place, want role) Expr {
	e := r.expression(v, at)
	if problem := misplaced(e, want); problem != "" {
		r.fail(at, problem)
		return nil
	}
	return e
}

func (r *reader) expression(v any, at *place) Expr {
	if r.depth++; r.depth > MaxDepth {
		r.fail(at, "found more than "+strconv.Itoa(MaxDepth)+" nodes, one in the other", "limit", MaxDepth)
		return nil
	}
	defer func() { r.depth-- }()
	switch v := v.(type) {
	case bool:
		return Boolean(v)
	case string:
		return r.parsed(v, at, func(s string) (Expr, string) { return String(s), stringFault(s) })
	case json.Number:
		return r.parsed(string(v), at, func(s string) (Expr, string) { return result(parseNumber(s)) })
	case []any:
		return Array{r.list(v, at, anything)}
	case map[string]any:
		return r.object(v, at)
	}
	r.fail(at, "found null, wanted an expression")
	return nil
}

// parsed reads a literal that has a form of its own.
func (r *reader) parsed(s string, at *place, parse func(string) (Expr, string)) Expr {
	e, problem := parse(s)
	if problem != "" {
		r.fail(at, problem)
		return nil
	}
	return e
}

func (r *reader) list(values []any, at *place, want role) []Expr {
	if len(values) > MaxItems {
		r.fail(at.element(MaxItems), "found more than "+strconv.Itoa(MaxItems)+" items in a list", "limit", MaxItems)
		return nil
	}
	var items []Expr
	for i, v := range values {
		items = append(items, r.operand(v, at.element(i), want))
	}
	return items
}

// object reads what its telling member says it is.
func (r *reader) object(o map[string]any, at *place) Expr {
	_, isOperation := o["op"]
	switch {
	case isOperation:
		r.only(o, at, "op", "args")
		return r.operation(o, at)
	case o["type"] != nil:
		return r.geometry(o, at)
	}
	for _, name := range []string{"property", "date", "timestamp", "interval", "bbox"} {
		if v, ok := o[name]; ok {
			r.only(o, at, name)
			return r.literal(name, v, at.member(name))
		}
	}
	r.fail(at, `found an object without "op", "property", "date", "timestamp", "interval", "bbox" or "type"`)
	return nil
}

// only refuses other members, the first by name.
func (r *reader) only(o map[string]any, at *place, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(names, name) {
			shown := clip(name)
			if !isIdentifier(name) {
				shown = strconv.Quote(shown) // "" would be read as an element
			}
			r.fail(at.member(shown), `found a member that does not belong beside "`+names[0]+`"`)
		}
	}
}

func (r *reader) literal(name string, v any, at *place) Expr {
	switch name {
	case "interval":
		return r.interval(v, at)
	case "bbox":
		return r.bbox(v, at)
	}
	s, ok := v.(string)
	if !ok {
		r.fail(at, "found "+describeJSON(v)+", wanted a string")
		return nil
	}
	switch name {
	case "date":
		return r.parsed(s, at, func(s string) (Expr, string) { return result(parseDate(s)) })
	case "timestamp":
		return r.parsed(s, at, func(s string) (Expr, string) { return result(parseTimestamp(s)) })
	}
	return r.parsed(s, at, func(s string) (Expr, string) { return Property(s), nameFault(s) })
}

func (r *reader) interval(v any, at *place) Expr {
	ends := r.array(v, at)
	if len(ends) != 2 {
		r.fail(at, "found "+strconv.Itoa(len(ends))+", wanted 2 in the list, a start and an end")
		return nil
	}
	return Interval{r.end(ends[0], at.element(0)), r.end(ends[1], at.element(1))}
}

func (r *reader) end(v any, at *place) Expr {
	if s, ok := v.(string); ok {
		return r.parsed(s, at, parseEnd)
	}
	e := r.expression(v, at)
	switch e.(type) {
	case nil, Property, Function:
		return e
	}
	r.fail(at, "found "+describe(e)+`, wanted "2025-07-01", "2025-07-01T00:00:00Z", "..", a property or a function`)
	return nil
}

func (r *reader) operation(o map[string]any, at *place) Expr {
	name, ok := o["op"].(string)
	if !ok {
		r.fail(at.member("op"), "found "+describeJSON(o["op"])+", wanted the name of an operator or a function")
		return nil
	}
	args := r.array(o["args"], at.member("args"))
	if r.err != nil {
		return nil
	}
	key := lower(name)
	if op, ok := calls[key]; ok {
		return r.known(op, args, at)
	}
	if op, ok := infixes[key]; ok {
		return r.known(op, args, at)
	}
	switch key {
	case "and":
		return And{r.conditions(args, at.member("args"))}
	case "or":
		return Or{r.conditions(args, at.member("args"))}
	case "in":
		return r.in(args, at.member("args"))
	}
	if !isIdentifier(name) || reserved(name) {
		r.fail(at.member("op"), `found "`+clip(name)+`", which is no operator and can't be a function`)
		return nil
	}
	return Function{name, r.list(args, at.member("args"), anything)}
}

func (r *reader) known(op operation, args []any, at *place) Expr {
	at = at.member("args")
	if len(args) != len(op.args) {
		r.fail(at, "found "+strconv.Itoa(len(args))+", wanted "+strconv.Itoa(len(op.args))+" in the list")
		return nil
	}
	nodes := make([]Expr, len(args))
	for i, want := range op.args {
		nodes[i] = r.operand(args[i], at.element(i), want)
	}
	return op.node(nodes)
}

func (r *reader) conditions(args []any, at *place) []Expr {
	if len(args) < 2 {
		r.fail(at, "found "+strconv.Itoa(len(args))+", wanted 2 or more in the list")
		return nil
	}
	var all []Expr
	for i, v := range args {
		all = append(all, r.operand(v, at.element(i), boolean))
	}
	return all
}

func (r *reader) in(args []any, at *place) Expr {
	if len(args) != 2 {
		r.fail(at, "found "+strconv.Itoa(len(args))+", wanted 2 in the list, a value and a list")
		return nil
	}
	list := r.array(args[1], at.element(1))
	if len(list) == 0 {
		r.fail(at.element(1), "found an empty list, wanted one value or more")
		return nil
	}
	return In{r.operand(args[0], at.element(0), scalar), r.list(list, at.element(1), scalar)}
}

func (r *reader) array(v any, at *place) []any {
	list, ok := v.([]any)
	if !ok {
		r.fail(at, "found "+describeJSON(v)+", wanted a list")
	}
	return list
}

func (r *reader) fail(at *place, problem string, details ...any) {
	r.fault("BAD_INPUT", at, problem, details...)
}

func (r *reader) failGeometry(at *place, problem string, details ...any) {
	r.fault("BAD_GEOMETRY", at, problem, details...)
}

// fault keeps the first fault.
func (r *reader) fault(code string, at *place, problem string, details ...any) {
	if r.err != nil {
		return
	}
	where := "filter"
	if at != nil {
		where += ", " + at.String()
	}
	err := fault.Invalid(code, "%s: %s", where, problem).With("at", at.String())
	for i := 0; i+1 < len(details); i += 2 {
		err.With(details[i].(string), details[i+1])
	}
	r.err = err
}

// offset is the byte, counted from 1, where JSON broke off.
func offset(err error, data []byte) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	return int64(len(data)) + 1
}

// describeJSON names a decoded value.
func describeJSON(v any) string {
	switch v := v.(type) {
	case nil:
		return "null or nothing"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return `the string "` + clip(v) + `"`
	case json.Number:
		return "the number " + clip(string(v))
	case []any:
		return "a list"
	}
	return "an object"
}
