package persisted

import (
	"maps"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"geohub/geo"
	"geohub/layer"
)

// Within is of the same operation what lies in a box, beside its own area.
func (v *View) Within(in geo.BBox) *View {
	return v.narrow("area", define(box, "BBox!"), []any{in[0], in[1], in[2], in[3]}, func(own, box *ast.Value) *ast.Value {
		inBox := object("bbox", box)
		switch {
		case own == nil:
			return inBox
		case own.Kind == ast.ObjectValue && own.Children.ForName("allOf") != nil && own.Children.ForName("allOf").Kind == ast.ListValue:
			return object("allOf", list(append(valuesOf(own.Children.ForName("allOf")), inBox)...))
		}
		return object("allOf", list(own, inBox))
	})
}

// During is of the same operation what was observed in a range of time, beside its
// own filter.
func (v *View) During(t layer.DateTimeRange) *View {
	value := map[string]any{}
	for name, end := range map[string]*time.Time{"from": t.From, "to": t.To} {
		if end != nil {
			value[name] = end.Format(time.RFC3339Nano)
		}
	}
	out := v.narrow("filter", define(during, "DateTimeRange!"), value, func(own, during *ast.Value) *ast.Value {
		if own == nil {
			return object("observed", during)
		}
		return object("and", list(own, object("observed", during)))
	})
	if own := v.argument("filter"); own != nil && own.Kind == ast.Variable {
		out.insist(own.Raw)
	}
	return out
}

// narrow sets an argument of the list to what its own value and a new variable say
// together.
func (v *View) narrow(argument string, d *ast.VariableDefinition, value any, both func(own, added *ast.Value) *ast.Value) *View {
	out, op, asked := *v, *v.op, *v.list
	op.VariableDefinitions = append(slices.Clone(op.VariableDefinitions), d)
	asked.Arguments = slices.DeleteFunc(slices.Clone(asked.Arguments), func(a *ast.Argument) bool { return a.Name == argument })
	asked.Arguments = append(asked.Arguments, &ast.Argument{Name: argument, Value: both(v.argument(argument), variable(d.Variable))})
	op.SelectionSet = ast.SelectionSet{&asked}
	out.op, out.list, out.added = &op, &asked, maps.Clone(v.added)
	out.added[d.Variable] = value
	out.print()
	return &out
}

// argument is one of the list; nil: it is not given.
func (v *View) argument(name string) *ast.Value {
	if a := v.list.Arguments.ForName(name); a != nil && a.Value.Kind != ast.NullValue {
		return a.Value
	}
	return nil
}

// insist has a variable given: what `and` lists can't be null.
func (v *View) insist(name string) {
	i := slices.IndexFunc(v.op.VariableDefinitions, func(d *ast.VariableDefinition) bool { return d.Variable == name })
	d := *v.op.VariableDefinitions[i]
	t := *d.Type
	t.NonNull, d.Type, v.op.VariableDefinitions[i] = true, &t, &d
	v.print()
}

func object(name string, value *ast.Value) *ast.Value {
	return &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{{Name: name, Value: value}}}
}

func list(values ...*ast.Value) *ast.Value {
	out := &ast.Value{Kind: ast.ListValue}
	for _, v := range values {
		out.Children = append(out.Children, &ast.ChildValue{Value: v})
	}
	return out
}

func valuesOf(list *ast.Value) []*ast.Value {
	var out []*ast.Value
	for _, c := range list.Children {
		out = append(out, c.Value)
	}
	return out
}
