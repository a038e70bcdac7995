package persisted

import (
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/layer"
)

// Column is a property that features may have: a leaf of the selection.
type Column struct {
	Name string // its keys in the answer, with dots
	Kind layer.Kind
}

// branch is an object of an answer, by its members' keys.
type branch struct {
	members map[string]*branch // nil: a leaf, of the column at
	at      int
	// Of the feature itself: the keys of its id and of its place.
	id, shape string
}

// layout lays a selection out as columns.
type layout struct {
	schema *ast.Schema
	view   *View
}

// selection adds what is selected of an object to its branch.
func (l layout) selection(to *branch, path string, set ast.SelectionSet) {
	if to.members == nil {
		to.members = map[string]*branch{}
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			l.field(to, path, s)
		case *ast.InlineFragment:
			l.selection(to, path, s.SelectionSet)
		case *ast.FragmentSpread:
			l.selection(to, path, s.Definition.SelectionSet)
		}
	}
}

// field adds one. What is a list, or a value of no plain kind, is one leaf; the
// feature's own geometry is none.
func (l layout) field(to *branch, path string, f *ast.Field) {
	typ := l.schema.Types[f.Definition.Type.Name()]
	if to == l.view.own && f.Alias == "geometry" && f.Name == "geometry" {
		to.shape = f.Alias
		if a := f.Arguments.ForName("crs"); a != nil {
			l.view.crs = a.Value
		}
		return
	}
	child := to.members[f.Alias]
	switch {
	case f.Definition.Type.Elem == nil && !typ.IsLeafType():
		if child == nil {
			child = &branch{}
			to.members[f.Alias] = child
		}
		l.selection(child, path+f.Alias+".", f.SelectionSet)
	case child == nil:
		to.members[f.Alias] = &branch{at: len(l.view.Columns)}
		l.view.Columns = append(l.view.Columns, Column{path + f.Alias, kindOf(f.Definition.Type, typ)})
	}
}

// kindOf is the kind of a leaf; lists and values without a kind are JSON, which
// is the kind of lists.
func kindOf(t *ast.Type, def *ast.Definition) layer.Kind {
	switch {
	case t.Elem != nil:
		return layer.KindStrings
	case def.Kind == ast.Enum:
		return layer.KindEnum
	}
	switch def.Name {
	case "Float":
		return layer.KindFloat
	case "Int":
		return layer.KindInt
	case "Boolean":
		return layer.KindBool
	case "DateTime":
		return layer.KindDateTime
	case "Date":
		return layer.KindDate
	case "Geometry", "FeatureCollection", "BBox":
		return layer.KindStrings
	}
	return layer.KindString
}
