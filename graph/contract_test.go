package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/resolvers"
	"geohub/systems"
)

var schema = resolvers.Executable().Schema()

// ours says whether a type is the hub's own, not of GraphQL or of Federation.
func ours(d *ast.Definition) bool {
	return !d.BuiltIn && !strings.HasPrefix(d.Name, "_") && !strings.HasPrefix(d.Name, "federation__") && !strings.HasPrefix(d.Name, "link__")
}

func TestEveryElementIsDescribed(t *testing.T) {
	missing := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	n := 0
	for _, d := range schema.Types {
		if !ours(d) || d.Name == "Entity" || slices.Contains([]string{"String", "Int", "Float", "Boolean", "ID"}, d.Name) {
			continue
		}
		n++
		if d.Name != "Query" {
			missing(d.Name, d.Description)
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "_") {
				continue
			}
			missing(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				missing(d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			missing(d.Name+"."+v.Name, v.Description)
		}
	}
	if n < 100 {
		t.Errorf("only %d types looked at", n)
	}
}

// TestOneOperationOverEveryField validates an operation that selects every
// field of every layer on `features`, unaliased: a name means the same
// everywhere.
func TestOneOperationOverEveryField(t *testing.T) {
	var b strings.Builder
	b.WriteString("{ features { nodes { __typename ")
	for _, s := range systems.All {
		fmt.Fprintf(&b, "... on %s { ", s.Type)
		for _, f := range schema.Types[s.Type].Fields {
			b.WriteString(f.Name)
			if t := schema.Types[f.Type.Name()]; t.IsCompositeType() {
				b.WriteString(" { __typename }")
			}
			b.WriteString(" ")
		}
		b.WriteString("} ")
	}
	b.WriteString("} } }")
	if _, err := gqlparser.LoadQuery(schema, b.String()); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyFourFieldsOfFeatureAreNeverNull(t *testing.T) {
	allowed := []string{"id", "layer", "updatedAt", "masked", "aliases"}
	for _, f := range schema.Types["Feature"].Fields {
		if f.Type.NonNull && !slices.Contains(allowed, f.Name) {
			t.Errorf("Feature.%s is non-null: a masked value could not be null", f.Name)
		}
	}
	for _, s := range systems.All {
		for _, f := range schema.Types[s.Type].Fields {
			if f.Type.NonNull && f.Type.Elem == nil && !slices.Contains(allowed, f.Name) {
				t.Errorf("%s.%s is non-null: a masked value could not be null", s.Type, f.Name)
			}
		}
	}
}

func TestEveryTypeHasKeys(t *testing.T) {
	for _, s := range systems.All {
		var keys []string
		for _, d := range schema.Types[s.Type].Directives.ForNames("key") {
			keys = append(keys, d.Arguments.ForName("fields").Value.Raw)
		}
		if !slices.Contains(keys, "id") {
			t.Errorf("%s has no @key(fields: \"id\"): %v", s.Type, keys)
		}
	}
}
