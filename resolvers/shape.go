package resolvers

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"geohub/layer"
)

// shape is the size of an operation, as far as its text says it, and how to
// reckon from it what depends on variables.
type shape struct {
	measure
	steps []step // each needs only those before it
	// tells: it may tell of the schema; joins: it may ask for entities.
	tells, joins bool
}

func shapeOf(op *ast.OperationDefinition) *shape {
	m := meter{fragments: map[string]measure{}, introspected: map[string]int{}}
	s := &shape{measure: m.set(op.SelectionSet)}
	s.directives = plus(s.directives, len(op.Directives))
	s.steps = m.steps
	for name := range rootFields(op.SelectionSet) {
		switch name {
		case "__schema", "__type", "_service":
			s.tells = true
		case "_entities":
			s.joins = true
		}
	}
	return s
}

// rootFields names the fields at the root, those too that directives may leave
// out.
func rootFields(set ast.SelectionSet) map[string]bool {
	names, seen := map[string]bool{}, map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				names[sel.Name] = true
			case *ast.InlineFragment:
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				if !seen[sel.Name] {
					seen[sel.Name] = true
					walk(sel.Definition.SelectionSet)
				}
			}
		}
	}
	walk(set)
	return names
}

// cost is what the operation costs with these variables.
func (s *shape) cost(variables map[string]any) int {
	if len(s.steps) == 0 {
		return s.price.each
	}
	paid := make([]price, 0, len(s.steps))
	for _, st := range s.steps {
		paid = append(paid, st.pay(paid, variables))
	}
	return s.price.sum(paid).each
}

// measure is the size of a selection set.
type measure struct {
	depth, introspection, aliases, roots, directives, directivesOfField int
	price                                                               price
}

// add puts two sets beside each other. Sums stop at the largest int: fragments
// that spread each other twice grow without bound.
func (m measure) add(o measure) measure {
	return measure{
		depth: max(m.depth, o.depth), introspection: max(m.introspection, o.introspection),
		aliases: plus(m.aliases, o.aliases), roots: plus(m.roots, o.roots), directives: plus(m.directives, o.directives),
		directivesOfField: max(m.directivesOfField, o.directivesOfField), price: m.price.add(o.price),
	}
}

// price is what a selection set costs: each row of the page around it, once the
// page as a whole, and on top the prices of the steps that stand in open, which
// depend on variables.
type price struct {
	each, once int
	open       []int
}

func (p price) add(o price) price {
	return price{plus(p.each, o.each), plus(p.once, o.once), slices.Concat(p.open, o.open)}
}

// sum adds the steps that were open.
func (p price) sum(paid []price) price {
	total := price{each: p.each, once: p.once}
	for _, i := range p.open {
		total = total.add(paid[i])
	}
	return total
}

// step is a field whose price depends on variables, or a fragment with such
// fields: reckoned once, however often it is spread.
type step struct {
	field  bool
	own    int   // of the field by itself
	within price // of what it selects
	rows   rows
	leaf   bool
	whole  bool // a figure over the whole page around
}

// pay reckons a step after those before it.
func (s step) pay(paid []price, variables map[string]any) price {
	within := s.within.sum(paid)
	if !s.field {
		return within
	}
	n := s.rows.with(variables)
	cost := plus(s.own, plus(within.once, times(within.each, n)))
	if s.leaf {
		cost = plus(s.own, n/50) // a line of so many points
	}
	if s.whole {
		return price{once: cost}
	}
	return price{each: cost}
}

func plus(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// meter measures an operation. What stands in a fragment counts where it is
// spread, but is looked at once.
type meter struct {
	steps     []step
	fragments map[string]measure
	// introspected holds the fields of fragments, as far as they were counted.
	introspected map[string]int
}

// settle gives a step's price, or leaves it open if a variable decides it.
func (m *meter) settle(s step) price {
	if s.rows.of == nil && len(s.within.open) == 0 {
		return s.pay(nil, nil)
	}
	m.steps = append(m.steps, s)
	return price{open: []int{len(m.steps) - 1}}
}

func (m *meter) set(set ast.SelectionSet) measure {
	var all measure
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			all = all.add(m.field(sel))
		case *ast.InlineFragment:
			inner := m.set(sel.SelectionSet)
			inner.directives = plus(inner.directives, len(sel.Directives))
			all = all.add(inner)
		case *ast.FragmentSpread:
			inner, known := m.fragments[sel.Name]
			if !known {
				inner = m.set(sel.Definition.SelectionSet)
				inner.price = m.settle(step{within: inner.price})
				m.fragments[sel.Name] = inner
			}
			inner.directives = plus(inner.directives, len(sel.Directives))
			all = all.add(inner)
		}
	}
	return all
}

// Weights of a field in cost.
const (
	spatialCost = 10   // an area, a distance, a shape to be computed
	wholeCost   = 50   // a figure over the whole list
	handInCost  = 1000 // something that is kept and sent on
)

// field measures one field. Those of a page cost as often as the page is long;
// figures over the whole list cost once.
func (m *meter) field(f *ast.Field) measure {
	own := 1
	for _, a := range f.Arguments {
		switch a.Name {
		case "area", "near", "simplifyM", "withinM", "of", "text":
			own += spatialCost
		}
	}
	switch f.Name {
	case "totalCount", "extent", "groups", "counts", "timeline", "grid", "clusters":
		own += wholeCost
	case "features":
		own += 2 * wholeCost // over all layers
	case "summary":
		own += 40 * wholeCost // over all layers, of each unit by itself
	case "indicators":
		own += 10 * wholeCost // a figure over the whole list each
	case "submitReport", "rateReport":
		own += handInCost
	case "geojson":
		own += 2 * wholeCost
	}
	children := m.set(f.SelectionSet)
	out := measure{depth: 1, directives: len(f.Directives), directivesOfField: len(f.Directives)}.add(children)
	out.roots = 1
	if f.Alias != f.Name {
		out.aliases = plus(out.aliases, 1)
	}
	if f.Name == "__schema" || f.Name == "__type" {
		out.introspection, out.depth = children.depth+1, 0
		out.price = price{each: 100*wholeCost + wholeCost*m.fields(f.SelectionSet)}
		return out
	}
	out.depth = children.depth + 1
	out.price = m.settle(step{field: true, own: own, within: children.price, rows: rowsOf(f), leaf: len(f.SelectionSet) == 0,
		whole: slices.Contains([]string{"totalCount", "extent", "groups", "pageInfo"}, f.Name)})
	return out
}

// fields is how many fields an introspection asks for.
func (m *meter) fields(set ast.SelectionSet) int {
	n := 0
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			n = plus(n, plus(1, m.fields(sel.SelectionSet)))
		case *ast.InlineFragment:
			n = plus(n, m.fields(sel.SelectionSet))
		case *ast.FragmentSpread:
			n = plus(n, m.spread(sel))
		}
	}
	return n
}

// spread is fields of a fragment, reckoned once for each.
func (m *meter) spread(sel *ast.FragmentSpread) int {
	n, known := m.introspected[sel.Name]
	if !known {
		n = m.fields(sel.Definition.SelectionSet)
		m.introspected[sel.Name] = n
	}
	return n
}

// rows is how many rows a field gives at most: n, or what of makes of a value
// that holds variables.
type rows struct {
	n     int
	value *ast.Value
	of    func(value *ast.Value, variables map[string]any) int
}

func (r rows) with(variables map[string]any) int {
	if r.of == nil {
		return r.n
	}
	return r.of(r.value, variables)
}

func rowsBy(v *ast.Value, of func(*ast.Value, map[string]any) int) rows {
	if varies(v) {
		return rows{value: v, of: of}
	}
	return rows{n: of(v, nil)}
}

func varies(v *ast.Value) bool {
	return v != nil && (v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return varies(c.Value) }))
}

func rowsOf(f *ast.Field) rows {
	for _, name := range []string{"first", "last"} {
		if def := f.Definition.Arguments.ForName(name); def != nil {
			if a := f.Arguments.ForName(name); a != nil {
				return rowsBy(a.Value, lengthOf)
			}
			return rowsBy(def.DefaultValue, lengthOf)
		}
	}
	switch {
	case f.Name == "_entities":
		return rowsBy(f.Arguments.ForName("representations").Value, entitiesOf)
	case f.Name == "units", f.Name == "values" && f.ObjectDefinition != nil && f.ObjectDefinition.Name == "Indicator":
		return rows{n: 50}
	case f.Name == "groups":
		if by := f.Arguments.ForName("by"); by != nil {
			return rowsBy(by.Value, cellsOf)
		}
		return rows{n: 1}
	case f.Name == "timeline", f.Name == "clusters":
		return rows{n: 200}
	case f.Name == "cells": // of a grid, which says how many
		return rows{n: 1}
	case f.Name == "keys":
		return rows{n: 2}
	case f.Name == "counts":
		return rows{n: 5}
	case f.Definition.Type.Elem != nil && f.Name != "nodes" && f.Name != "edges":
		return rows{n: 10} // a list without a page: children, keys, values
	}
	return rows{n: 1}
}

// lengthOf is the length of the page that `first` or `last` asks for.
func lengthOf(v *ast.Value, variables map[string]any) int {
	value, err := v.Value(variables)
	if err != nil || value == nil {
		return layer.DefaultFirst
	}
	switch n := value.(type) {
	case int64:
		return int(max(1, min(n, math.MaxInt32)))
	case interface{ Int64() (int64, error) }:
		i, _ := n.Int64()
		return int(max(1, min(i, math.MaxInt32)))
	case string:
		i, _ := strconv.Atoi(n)
		return max(1, min(i, math.MaxInt32))
	}
	return layer.MaxFirst
}

// entitiesOf is how many entities are asked for.
func entitiesOf(v *ast.Value, variables map[string]any) int {
	value, err := v.Value(variables)
	if list, ok := value.([]any); ok && err == nil {
		return max(1, len(list))
	}
	return layer.MaxFirst
}

// cellsOf is how many cells a grouping may have: its keys' usual numbers of
// values, multiplied.
func cellsOf(by *ast.Value, variables map[string]any) int {
	value, err := by.Value(variables)
	keys := reflect.ValueOf(value)
	if err != nil || keys.Kind() != reflect.Slice {
		return layer.MaxFirst
	}
	n := 1
	for i := range keys.Len() {
		switch fmt.Sprint(keys.Index(i).Interface()) {
		case "HOUR":
			n = times(n, 1000)
		case "DAY":
			n = times(n, 300)
		case "UNIT", "AGENCY", "WEEK":
			n = times(n, 50)
		default:
			n = times(n, 10)
		}
	}
	return min(n, 10_000)
}
