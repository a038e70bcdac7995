package persisted

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"geohub/internal/fault"
)

// Variables reads the operation's variables from the parameters of an address:
// each is a parameter of its name. A text, an enum's value, a time stand there as
// they are, numbers and everything else as JSON; a member of an input object may
// be a parameter of its own, by the names with dots (`during.from=2025-10-27T…`);
// a parameter given several times is a list. A parameter that is no variable is
// refused, but those that are the caller's own.
func (v *View) Variables(parameters url.Values, others ...string) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if slices.Contains(others, name) {
			continue
		}
		path := strings.Split(name, ".")
		definition := v.given.ForName(path[0])
		if definition == nil {
			return nil, fault.Invalid("BAD_INPUT", "there is no parameter %q here; there are %s", name, strings.Join(v.names(others), ", ")).With("at", name)
		}
		if err := v.read(out, path, name, definition.Type, parameters[name]); err != nil {
			return nil, err
		}
	}
	return out, v.checkCRS(out)
}

// Parameters tells the operation's variables with their types: "low: Float".
func (v *View) Parameters() []string {
	var out []string
	for _, d := range v.given {
		if v.takes[d.Variable] {
			out = append(out, d.Variable+": "+d.Type.String())
		}
	}
	return out
}

// names are those of the parameters.
func (v *View) names(others []string) []string {
	names := slices.Clone(others)
	for _, d := range v.given {
		names = append(names, d.Variable)
	}
	if len(names) == 0 {
		return []string{"none"}
	}
	return names
}

// read sets the value at a path, which begins in into.
func (v *View) read(into map[string]any, path []string, name string, typ *ast.Type, texts []string) error {
	if len(path) > 1 {
		def := v.schema.Types[typ.Name()]
		field := def.Fields.ForName(path[1])
		if def.Kind != ast.InputObject || typ.Elem != nil || field == nil {
			return fault.Invalid("BAD_INPUT", "%s: a %s has no member %s", name, typ.Name(), path[1]).With("at", name)
		}
		if into[path[0]] == nil {
			into[path[0]] = map[string]any{}
		}
		inner, ok := into[path[0]].(map[string]any)
		if !ok {
			return twice(path[0])
		}
		return v.read(inner, path[1:], name, field.Type, texts)
	}
	if into[path[0]] != nil {
		return twice(path[0])
	}
	values := make([]any, len(texts))
	for i, text := range texts {
		var err error
		if values[i], err = v.value(name, typ, text); err != nil {
			return err
		}
	}
	switch {
	case len(values) == 1:
		into[path[0]] = values[0]
	case typ.Elem == nil:
		return fault.Invalid("BAD_INPUT", "the parameter %s is given %d times, and is no list", name, len(texts)).With("at", name)
	default:
		into[path[0]] = values
	}
	return nil
}

func twice(name string) error {
	return fault.Invalid("BAD_INPUT", "the variable %s is given as a whole and by its members: give one or the other", name).With("at", name)
}

// value reads a text as a value of a type.
func (v *View) value(name string, typ *ast.Type, text string) (any, error) {
	def := v.schema.Types[typ.Name()]
	open := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
	plain := def.Kind == ast.Enum || def.Kind == ast.Scalar && !slices.Contains([]string{"Int", "Float", "Boolean"}, def.Name)
	if typ.Elem != nil {
		plain = plain && !strings.HasPrefix(text, "[")
	} else if def.Name != "String" && def.Name != "ID" {
		plain = plain && !open // a geometry, a box
	}
	if plain {
		return text, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil || d.More() {
		return nil, fault.Invalid("BAD_INPUT", "%s: %q is not a %s as JSON", name, text, typ).With("at", name)
	}
	return out, nil
}

// checkCRS refuses features in another system than files and tiles of them say.
func (v *View) checkCRS(variables map[string]any) error {
	if v.crs == nil {
		return nil
	}
	value, err := v.crs.Value(variables)
	if n, ok := value.(json.Number); ok {
		value = n.String()
	}
	switch value {
	case nil, int64(4326), "4326":
		if err == nil {
			return nil
		}
	}
	return fault.Invalid("BAD_INPUT", "the operation asks for geometries in EPSG:%v; a layer's are in 4326: leave crs out, or give that geometry an alias", value)
}
