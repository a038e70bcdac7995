package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"geohub/geo"
)

// mapText is a map as YAML writes it: a program of jq, or a mapping of fields
// to columns, which becomes such a program.
type mapText string

// UnmarshalYAML reads either.
func (m *mapText) UnmarshalYAML(b []byte) error {
	var text string
	if yaml.Unmarshal(b, &text) == nil {
		*m = mapText(text)
		return nil
	}
	r, err := ParseRecipe(b)
	if err != nil {
		return err
	}
	if r.CRS != 0 || r.DecimalComma || r.TimeZone != "" {
		return fmt.Errorf("crs, decimalComma and timeZone stand beside the map, not in it")
	}
	*m = mapText(r.Map)
	return nil
}

// Recipe is how a table is read, as `hub import --map` takes it from a file.
type Recipe struct {
	Map          string // a program of jq; empty: columns called like fields are taken
	CRS          int
	DecimalComma bool
	TimeZone     string
}

// recipe is the file: columns by name, for people who know no jq. A column
// that may be missing has a question mark behind it: "MNDBT?".
type recipe struct {
	JQ           string            `yaml:"jq"`
	ID           string            `yaml:"id"`
	Key          string            `yaml:"key"`
	Label        string            `yaml:"label"`
	LabelEn      string            `yaml:"labelEn"`
	Lon          string            `yaml:"lon"`
	Lat          string            `yaml:"lat"`
	ObservedAt   string            `yaml:"observedAt"`
	VersionAt    string            `yaml:"versionAt"`
	Agency       string            `yaml:"agency"`
	Sharing      string            `yaml:"sharing"`
	AccuracyM    string            `yaml:"positionAccuracyM"`
	Geometry     *bool             `yaml:"geometry"`
	CRS          any               `yaml:"crs"`
	DecimalComma bool              `yaml:"decimalComma"`
	TimeZone     string            `yaml:"timeZone"`
	Fields       map[string]string `yaml:"fields"`
	Constant     map[string]any    `yaml:"constant"`
}

// ParseRecipe reads a recipe:
//
//	key: MA_SO
//	label: TEN
//	crs: 9214
//	fields: {normalLevelM: MNDBT, address: "DIA_CHI?"}
//	constant: {sharing: OPEN}
//
// or `jq:` with a program in the place of the columns. geometry: false leaves
// the geometry as it is on the map. Errors name the line.
func ParseRecipe(text []byte) (Recipe, error) {
	var r recipe
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&r); err != nil {
		return Recipe{}, fmt.Errorf("%s", yamlFault(err))
	}
	out := Recipe{Map: r.JQ, DecimalComma: r.DecimalComma, TimeZone: r.TimeZone}
	if r.CRS != nil {
		plane, err := geo.ParsePlane(fmt.Sprint(r.CRS))
		if err != nil {
			return Recipe{}, err
		}
		out.CRS = plane.Code
	}
	columns := r.columns()
	if r.JQ != "" {
		if len(columns) > 0 || r.Geometry != nil {
			return Recipe{}, fmt.Errorf("jq stands alone: put key, label, fields and constant into the program")
		}
		return out, nil
	}
	if len(columns) == 0 {
		return out, nil
	}
	if r.Geometry != nil && !*r.Geometry {
		columns = append(columns, "geometry: false")
	}
	out.Map = "{" + strings.Join(columns, ", ") + "}"
	return out, nil
}

// columns are the members of the object that the program makes, in one order.
func (r *recipe) columns() []string {
	var out []string
	add := func(field, column string) {
		if column == "" {
			return
		}
		name, optional := strings.CutSuffix(column, "?")
		quoted, _ := json.Marshal(name)
		if optional {
			out = append(out, fmt.Sprintf("%s: col(%s; null)", jqName(field), quoted))
		} else {
			out = append(out, fmt.Sprintf("%s: col(%s)", jqName(field), quoted))
		}
	}
	for _, f := range []struct{ name, column string }{
		{"id", r.ID}, {"key", r.Key}, {"label", r.Label}, {"labelEn", r.LabelEn}, {"lon", r.Lon}, {"lat", r.Lat}, {"observedAt", r.ObservedAt},
		{"versionAt", r.VersionAt}, {"agency", r.Agency}, {"sharing", r.Sharing}, {"positionAccuracyM", r.AccuracyM},
	} {
		add(f.name, f.column)
	}
	for _, field := range sortedKeys(r.Fields) {
		add(field, r.Fields[field])
	}
	for _, field := range sortedKeys(r.Constant) {
		value, _ := json.Marshal(r.Constant[field])
		out = append(out, jqName(field)+": "+string(value))
	}
	return out
}

func jqName(field string) string {
	quoted, _ := json.Marshal(field)
	return string(quoted)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
