package layer

import (
	"slices"

	"geohub/internal/fault"
)

// LayerFilter is one layer and which of its features: a filter by the name of its
// list field, as the client wrote it.
type LayerFilter = map[string]any

// layerOf finds the layer of a filter and the layer's own; at is its place in the
// question.
func (r *Reader) layerOf(at string, filter LayerFilter) (*System, Filter, error) {
	field, value, err := oneOf(at, filter)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(r.catalog.systems, func(s *System) bool { return s.Field == field })
	if i < 0 {
		return nil, nil, fault.Invalid("BAD_INPUT", "%s: there is no layer %q", at, field)
	}
	f, _ := value.(map[string]any)
	return r.catalog.systems[i], f, nil
}

// oneOf is the one member of an input that is by layer.
func oneOf(at string, input map[string]any) (field string, value any, err error) {
	n := 0
	for name, v := range input {
		if v != nil {
			field, value, n = name, v, n+1
		}
	}
	if n != 1 {
		return "", nil, fault.Invalid("BAD_INPUT", "%s takes exactly one layer, such as {dams: {}}, not %d", at, n)
	}
	return field, value, nil
}
