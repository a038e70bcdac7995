package records

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Object reads the fields of one JSON object, and keeps the first thing that
// is wrong with them, with its place.
type Object struct {
	Fields map[string]json.RawMessage
	path   string
	bad    *Problem
}

// Problem is what is wrong with a record, and where inside it.
type Problem struct {
	Path   string
	Reason string
}

func (p *Problem) Error() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + ": " + p.Reason
}

// NewObject reads raw, well-formed JSON found at path. When it is no object
// its Problem says so, and it has no fields.
func NewObject(raw []byte, path string) *Object {
	o := &Object{path: path, bad: new(Problem)}
	if len(raw) == 0 || raw[0] != '{' {
		o.fail(path, "%s where an object is due", Kind(raw))
		return o
	}
	if err := json.Unmarshal(raw, &o.Fields); err != nil {
		o.fail(path, "not JSON: %v", err)
	}
	return o
}

// Under reads an object inside this one; nil when there is none. What is wrong
// with it is this one's problem too.
func (o *Object) Under(name string) *Object {
	raw := o.Raw(name)
	if raw == nil {
		return nil
	}
	in := NewObject(raw, join(o.path, name))
	return in.adopt(o)
}

// Each reads the objects of an array inside this one.
func (o *Object) Each(name string, do func(*Object)) {
	var list []json.RawMessage
	raw := o.Raw(name)
	if raw == nil {
		return
	}
	if json.Unmarshal(raw, &list) != nil {
		o.Fail(name, "%s where an array is due", Kind(raw))
		return
	}
	for i, raw := range list {
		do(NewObject(raw, fmt.Sprintf("%s[%d]", join(o.path, name), i)).adopt(o))
	}
}

func (o *Object) adopt(parent *Object) *Object {
	if o.bad.Reason != "" && parent.bad.Reason == "" {
		*parent.bad = *o.bad
	}
	o.bad = parent.bad
	return o
}

// Problem is the first thing that was wrong; nil when nothing was.
func (o *Object) Problem() *Problem {
	if o.bad.Reason == "" {
		return nil
	}
	return o.bad
}

// Fail says what is wrong with a field; name may be empty for the object.
func (o *Object) Fail(name, format string, args ...any) {
	path := o.path
	if name != "" {
		path = join(path, name)
	}
	o.fail(path, format, args...)
}

func (o *Object) fail(path, format string, args ...any) {
	if o.bad.Reason == "" {
		*o.bad = Problem{Path: path, Reason: fmt.Sprintf(format, args...)}
	}
}

// Raw is a field as it came; nil when it is absent or null.
func (o *Object) Raw(name string) json.RawMessage {
	raw := o.Fields[name]
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// Text is a string field; "" when it is absent or null.
func (o *Object) Text(name string) string {
	raw := o.Raw(name)
	if raw == nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		o.Fail(name, "%s where a string is due", Kind(raw))
	}
	return s
}

// Word is a field that is a string, a number or a truth value, as text; ""
// when it is absent or null.
func (o *Object) Word(name string) string {
	raw := o.Raw(name)
	switch Kind(raw) {
	case "a number", "a truth value":
		return string(raw)
	}
	return strings.TrimSpace(o.Text(name))
}

// Kind names what a JSON value is: "an object", "a number" …
func Kind(raw []byte) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

// Quote shows a value in a reason, short.
func Quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
