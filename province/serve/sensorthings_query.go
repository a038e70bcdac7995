package serve

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// staOptions are the query options of a request or of an expanded list.
type staOptions struct {
	raw      []string // as they came, each name=value
	top      int      // -1: not said
	skip     int
	count    bool
	filter   staTest
	order    []staOrder
	expand   map[string]*staOptions
	selected map[string]bool // nil: everything
}

// staOrder is one of the things by which a list is ordered.
type staOrder struct {
	path []string
	desc bool
}

func staOptionsOf(query string) (*staOptions, error) {
	var parts []string
	for _, part := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil {
			return nil, staBad("the query can't be read: %s", part)
		}
		if n != "" {
			parts = append(parts, n+"="+v)
		}
	}
	return staOptionsFrom(parts)
}

func staOptionsFrom(parts []string) (*staOptions, error) {
	o := &staOptions{raw: parts, top: -1, expand: map[string]*staOptions{}}
	for _, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "$top", "$skip":
			n, bad := strconv.Atoi(value)
			if bad != nil || n < 0 {
				return nil, staBad("%s: %q is no number from 0", name, value)
			}
			if name == "$top" {
				o.top = n
			} else {
				o.skip = n
			}
		case "$count":
			o.count = value == "true"
		case "$filter":
			o.filter, err = staFilterOf(value)
		case "$orderby":
			err = o.orderBy(value)
		case "$expand":
			err = o.expandBy(value)
		case "$select":
			o.selected = map[string]bool{}
			for _, field := range strings.Split(value, ",") {
				o.selected[strings.TrimSpace(field)] = true
			}
		case "$resultFormat":
			err = staBad("$resultFormat is not known here")
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *staOptions) orderBy(value string) error {
	for _, part := range strings.Split(value, ",") {
		fields := strings.Fields(part)
		if len(fields) == 0 || len(fields) > 2 || len(fields) == 2 && fields[1] != "asc" && fields[1] != "desc" {
			return staBad("$orderby: %q is no property with asc or desc", part)
		}
		o.order = append(o.order, staOrder{strings.Split(fields[0], "/"), len(fields) == 2 && fields[1] == "desc"})
	}
	return nil
}

// expandBy reads "Locations,Datastreams($expand=Sensor;$top=5)" and the
// shorter "Datastreams/Sensor".
func (o *staOptions) expandBy(value string) error {
	for _, item := range staSplit(value, ',') {
		name, inside, nested := strings.Cut(strings.TrimSpace(item), "(")
		var parts []string
		if nested {
			if !strings.HasSuffix(inside, ")") {
				return staBad("$expand: a bracket is left open in %q", item)
			}
			parts = staSplit(strings.TrimSuffix(inside, ")"), ';')
		}
		first, rest, deep := strings.Cut(name, "/")
		if deep {
			parts = append(parts, "$expand="+rest)
		}
		if first == "" {
			return staBad("$expand: %q names nothing", item)
		}
		in, err := staOptionsFrom(parts)
		if err != nil {
			return err
		}
		if before := o.expand[first]; before != nil {
			for k, v := range before.expand {
				in.expand[k] = v
			}
		}
		o.expand[first] = in
	}
	return nil
}

// staSplit cuts at a separator outside of brackets and quotes.
func staSplit(s string, at byte) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == at && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// next is the query of the page behind this one.
func (o *staOptions) next(top, skip int) string {
	var parts []string
	for _, part := range o.raw {
		name, value, _ := strings.Cut(part, "=")
		if name == "$skip" || name == "$top" {
			continue
		}
		parts = append(parts, name+"="+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
	}
	return strings.Join(append(parts, "$top="+strconv.Itoa(top), "$skip="+strconv.Itoa(skip)), "&")
}

// arrange filters and orders a list.
func (o *staOptions) arrange(list staList) (staList, error) {
	if o.filter == nil && o.order == nil {
		return list, nil
	}
	var nodes []*staNode
	for i := range list.n {
		n := list.at(i)
		if o.filter != nil {
			ok, err := o.filter(n)
			if err != nil {
				return list, err
			}
			if !ok {
				continue
			}
		}
		nodes = append(nodes, n)
	}
	for _, by := range slices.Backward(o.order) {
		slices.SortStableFunc(nodes, func(a, b *staNode) int {
			c := staCompare(a.value(by.path), b.value(by.path))
			if by.desc {
				return -c
			}
			return c
		})
	}
	return staListOf(nodes), nil
}

// value is what a path of properties and links leads to; nil when nothing.
func (n *staNode) value(path []string) any {
	for i, name := range path {
		if n.one[name] != nil && i < len(path)-1 {
			return n.one[name]().value(path[i+1:])
		}
	}
	if path[0] == "id" || path[0] == "@iot.id" {
		return n.id
	}
	v := n.props[path[0]]
	for _, name := range path[1:] {
		in, _ := v.(map[string]any)
		v = in[name]
	}
	return v
}

// staTime is a moment, or an interval when it ends later.
type staTime struct{ from, to time.Time }

// MarshalJSON writes ISO 8601 in UTC.
func (t staTime) MarshalJSON() ([]byte, error) {
	s := t.from.UTC().Format(time.RFC3339)
	if t.to.After(t.from) {
		s += "/" + t.to.UTC().Format(time.RFC3339)
	}
	return []byte(strconv.Quote(s)), nil
}

// staCompare orders two values of one kind; those of different kinds, and
// nothing, are equal.
func staCompare(a, b any) int {
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b)
		}
	case staTime:
		if b, ok := b.(staTime); ok {
			return a.from.Compare(b.from)
		}
	}
	return 0
}
