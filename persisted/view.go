package persisted

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"geohub/internal/fault"
	"geohub/layer"
)

// View is an operation that is a layer.
type View struct {
	System  *layer.System
	Columns []Column

	schema *ast.Schema
	// given are the operation's own variables, some of which its pages may do without.
	given ast.VariableDefinitionList
	takes map[string]bool
	crs   *ast.Value // of the geometry; nil: as it is

	op        *ast.OperationDefinition // that of its pages
	list      *ast.Field               // the layer's list in it
	document  string                   // op, printed
	added     map[string]any           // the variables that are none of the operation's own
	edges     bool                     // the list's members have the feature under node
	node      string
	own, edge *branch // of the feature, and of the edge around it
}

// The names of what is put into an operation.
const (
	first    = "hubFirst_"
	after    = "hubAfter_"
	box      = "hubBox_"
	during   = "hubDuring_"
	rows     = "hubRows_"
	page     = "hubPage_"
	id       = "hubId_"
	geometry = "hubGeometry_"
)

// Parse reads a document and checks it against a schema.
func Parse(schema *ast.Schema, document string) (*ast.QueryDocument, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		return nil, fault.Invalid("BAD_INPUT", "the document can't be read: %s", err)
	}
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return nil, fault.Invalid("BAD_INPUT", "the document is not of this schema: %s", errs[0].Message)
	}
	return doc, nil
}

// View shows an operation as a layer. It has to be a query of one layer's list, or
// it is refused with the reason.
func (o *Operations) View(op *Operation) (*View, error) {
	doc, err := Parse(o.schema, op.Document)
	if err != nil {
		return nil, err
	}
	asked := doc.Operations.ForName(or(op.OperationName))
	if asked == nil || asked.Operation != ast.Query {
		return nil, noLayer("it is no query")
	}
	root, err := theOne(asked.SelectionSet, "at its root", func(*ast.Field) bool { return true })
	if err != nil {
		return nil, err
	}
	v := &View{schema: o.schema, given: asked.VariableDefinitions, list: root, added: map[string]any{}}
	i := slices.IndexFunc(o.catalog.Systems(), func(s *layer.System) bool { return s.Field == root.Name })
	if i < 0 {
		return nil, noLayer("%s is not the list of a layer, such as reports", root.Name)
	}
	v.System = o.catalog.Systems()[i]
	list, err := theOne(root.SelectionSet, "in "+root.Name, func(f *ast.Field) bool { return f.Name == "nodes" || f.Name == "edges" })
	if err != nil {
		return nil, err
	}
	feature := list
	if v.edges = list.Name == "edges"; v.edges {
		if feature, err = theOne(list.SelectionSet, "in edges", func(f *ast.Field) bool { return f.Name == "node" }); err != nil {
			return nil, err
		}
		v.node = feature.Alias
	}
	if err := v.layOut(list, feature); err != nil {
		return nil, err
	}
	v.rewrite(asked, root, list, feature)
	v.op = asked
	v.print()
	return v, nil
}

func noLayer(format string, args ...any) error {
	return fault.Invalid("BAD_INPUT", "the operation is no layer: %s", fmt.Sprintf(format, args...))
}

// theOne is the one field of a selection of which is holds, plain and without
// conditions.
func theOne(set ast.SelectionSet, where string, is func(*ast.Field) bool) (*ast.Field, error) {
	var found *ast.Field
	for _, s := range set {
		f, plain := s.(*ast.Field)
		switch {
		case !plain:
			return nil, noLayer("there is a fragment %s; fragments may stand within the features only", where)
		case f.Name == "__typename" || !is(f):
		case found != nil:
			return nil, noLayer("it selects both %s and %s %s; it has to be one list", found.Alias, f.Alias, where)
		case len(f.Directives) > 0:
			return nil, noLayer("%s has a directive", f.Alias)
		default:
			found = f
		}
	}
	if found == nil {
		return nil, noLayer("it selects no nodes or edges %s", where)
	}
	return found, nil
}

// layOut finds the columns.
func (v *View) layOut(list, feature *ast.Field) error {
	v.own = &branch{}
	l := layout{schema: v.schema, view: v}
	l.selection(v.own, "", feature.SelectionSet)
	if v.edges {
		v.edge = &branch{}
		rest := slices.DeleteFunc(slices.Clone(list.SelectionSet), func(s ast.Selection) bool { return s == feature })
		l.selection(v.edge, "", rest)
	}
	for i, c := range v.Columns {
		if slices.ContainsFunc(v.Columns[:i], func(o Column) bool { return o.Name == c.Name }) {
			return noLayer("%s is both of the edge and of its node: give one an alias", c.Name)
		}
	}
	return nil
}

// rewrite puts into the operation what its pages need, and takes out what is no
// feature.
func (v *View) rewrite(op *ast.OperationDefinition, root, list, feature *ast.Field) {
	list.Alias = rows
	feature.SelectionSet = append(feature.SelectionSet, &ast.Field{Alias: id, Name: "id"})
	if v.own.shape == "" {
		v.own.shape = geometry
		feature.SelectionSet = append(feature.SelectionSet, &ast.Field{Alias: geometry, Name: "geometry"})
	}
	v.own.id = id
	root.SelectionSet = ast.SelectionSet{list, &ast.Field{Alias: page, Name: "pageInfo", SelectionSet: ast.SelectionSet{
		&ast.Field{Alias: "hasNextPage", Name: "hasNextPage"}, &ast.Field{Alias: "endCursor", Name: "endCursor"}}}}
	op.SelectionSet = ast.SelectionSet{root}
	root.Arguments = slices.DeleteFunc(slices.Clone(root.Arguments), func(a *ast.Argument) bool { return a.Name == "first" || a.Name == "after" })
	root.Arguments = append(root.Arguments, &ast.Argument{Name: "first", Value: variable(first)}, &ast.Argument{Name: "after", Value: variable(after)})
	op.VariableDefinitions = append(slices.Clone(op.VariableDefinitions), define(first, "Int"), define(after, "String"))
}

func variable(name string) *ast.Value { return &ast.Value{Kind: ast.Variable, Raw: name} }

func define(name, typ string) *ast.VariableDefinition {
	named, nonNull := strings.CutSuffix(typ, "!")
	return &ast.VariableDefinition{Variable: name, Type: &ast.Type{NamedType: named, NonNull: nonNull}}
}

// print writes the operation as a document of its own, with the fragments and the
// variables that it still needs.
func (v *View) print() {
	used := uses{variables: map[string]bool{}, fragments: map[string]*ast.FragmentDefinition{}}
	used.directives(v.op.Directives)
	used.selection(v.op.SelectionSet)
	own := *v.op
	own.VariableDefinitions = slices.DeleteFunc(slices.Clone(v.op.VariableDefinitions), func(d *ast.VariableDefinition) bool { return !used.variables[d.Variable] })
	v.takes = map[string]bool{}
	for _, d := range own.VariableDefinitions {
		v.takes[d.Variable] = true
	}
	doc := &ast.QueryDocument{Operations: ast.OperationList{&own}}
	for _, f := range used.fragments {
		doc.Fragments = append(doc.Fragments, f)
	}
	slices.SortFunc(doc.Fragments, func(a, b *ast.FragmentDefinition) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithCompacted()).FormatQueryDocument(doc)
	v.document = b.String()
}

// uses are the variables and fragments that a selection needs.
type uses struct {
	variables map[string]bool
	fragments map[string]*ast.FragmentDefinition
}

func (u *uses) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			for _, a := range s.Arguments {
				u.value(a.Value)
			}
			u.directives(s.Directives)
			u.selection(s.SelectionSet)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(s.Directives)
			if u.fragments[s.Name] == nil {
				u.fragments[s.Name] = s.Definition
				u.directives(s.Definition.Directives)
				u.selection(s.Definition.SelectionSet)
			}
		}
	}
}

func (u *uses) directives(all ast.DirectiveList) {
	for _, d := range all {
		for _, a := range d.Arguments {
			u.value(a.Value)
		}
	}
}

func (u *uses) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, c := range v.Children {
		u.value(c.Value)
	}
}

// faultOf is what a client is told of an answer that failed.
func faultOf(e *gqlerror.Error) error {
	if f := fault.Of(e); f != nil {
		return f
	}
	switch code, _ := e.Extensions["code"].(string); code {
	case "TIMEOUT", "UNAVAILABLE":
		return fault.Unavailable(code, "%s", e.Message)
	case "", "INTERNAL":
		return e
	}
	if len(e.Path) > 0 { // of a variable
		return fault.Invalid("BAD_INPUT", "%s: %s", e.Path, e.Message).With("at", e.Path.String())
	}
	return fault.Invalid("BAD_INPUT", "%s", e.Message)
}
