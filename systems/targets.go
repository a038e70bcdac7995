package systems

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/geo"
	"geohub/layer"
)

//go:embed targets.yaml
var targets []byte

// ReadIndicators reads the declared indicators with the targets of a file's text,
// those of this package where it is nil.
func ReadIndicators(schema *ast.Schema, text []byte) (*layer.Indicators, error) {
	if text == nil {
		text = targets
	}
	var listed []struct {
		Indicator string
		Value     *float64
		From, To  string
		Source    string
	}
	if err := yaml.UnmarshalWithOptions(text, &listed, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	all := make([]layer.IndicatorTarget, len(listed))
	for i, t := range listed {
		if t.Value == nil || t.Source == "" {
			return nil, fmt.Errorf("read targets: that of %q has no value or no source", t.Indicator)
		}
		all[i] = layer.IndicatorTarget{Indicator: t.Indicator, Value: *t.Value, Source: t.Source}
		var err error
		if all[i].From, err = geo.ParseDate(t.From); err != nil {
			return nil, fmt.Errorf("read targets: from of %s: %w", t.Indicator, err)
		}
		if t.To == "" {
			continue
		}
		to, err := geo.ParseDate(t.To)
		if err != nil {
			return nil, fmt.Errorf("read targets: to of %s: %w", t.Indicator, err)
		}
		all[i].To = &to
	}
	return layer.NewIndicators(schema, Indicators, all)
}
