package layer

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"geohub/clause"
)

// Spec is what a layer's declaration says beside its fields.
type Spec struct {
	// Agency answers for the layer: a code by QĐ 20/2020.
	Agency string
	// Due is how long after an observation the next one is expected; 0 when
	// the layer has no rhythm.
	Due time.Duration
	// Points says that every geometry is a point.
	Points bool
	// Named says that people look for its features by their names.
	Named bool
	// Drawn are the geometry fields that are drawn about the rows' points.
	Drawn []Drawn
	// Conditions are filter members that are no column: "active".
	Conditions []Condition
	// Nested are the lists of a row's own rows.
	Nested []Nested
}

// Condition is a yes-or-no filter member with a meaning of its own.
type Condition struct {
	Name        string
	Description string // for the schema
	// Of are the fields that it looks at, where a viewer may not see them all.
	Of []string
	// Where holds for the rows f that fulfil it now.
	Where func(now time.Time) clause.C
	// Turns selects the next moment at which time alone makes other rows fulfil it;
	// NULL for never. nil: time changes nothing.
	Turns func(now time.Time) clause.C
}

// Feature is a row of any layer, as GraphQL's interface sees it.
type Feature interface{ IsFeature() }

// Row is a pointer to a row type, which embeds Base.
type Row interface {
	Feature
	feature() *Base
}

// System is one layer as declared: the list of its fields and how to make one
// of its rows. It is never changed after New.
type System struct {
	Type   string // GraphQL type: "CameraEvent"
	Name   string // enum LayerName: "CAMERA_EVENT"
	Field  string // list field, also in tiles and OGC: "cameraEvents"
	One    string // field of one, and prefix of ids: "cameraEvent"
	Table  string // "camera_events"
	Fields []*Field
	Spec

	byName map[string]*Field
	newRow func() Row
}

// Layer is a System whose rows are of type T.
type Layer[T any] struct{ *System }

// New declares a layer from its row type and the name of its list field. It
// panics on a declaration that can't be right: the program is wrong then.
func New[T any](field string, spec Spec) *Layer[T] {
	t := reflect.TypeFor[T]()
	s := &System{
		Type: t.Name(), Name: upperSnake(t.Name()), Field: field, One: lowerFirst(t.Name()), Table: snake(field),
		Spec: spec, byName: map[string]*Field{},
		newRow: func() Row { return any(new(T)).(Row) },
	}
	for i := range t.NumField() {
		if f := t.Field(i); !f.Anonymous {
			s.add(newField(f, i))
		}
	}
	for _, c := range spec.Conditions {
		if s.byName[c.Name] != nil {
			panic(fmt.Sprintf("layer %s: condition %s is a field", field, c.Name))
		}
	}
	return &Layer[T]{s}
}

// Lookup finds a declared field by its GraphQL name.
func (s *System) Lookup(name string) (*Field, bool) {
	f, ok := s.byName[name]
	return f, ok
}

// IDPrefix is what the ids of the layer begin with: "dam:".
func (s *System) IDPrefix() string { return s.One + ":" }

// MadeOf are the fields that another one is made of.
func (s *System) MadeOf(name string) []*Field {
	var of []*Field
	for _, f := range s.Fields {
		if slices.Contains(f.For, name) {
			of = append(of, f)
		}
	}
	return of
}

func (s *System) add(f *Field) {
	if _, base := baseByName[f.Name]; base || s.byName[f.Name] != nil {
		panic(fmt.Sprintf("layer %s: field %s is declared twice", s.Field, f.Name))
	}
	s.Fields = append(s.Fields, f)
	s.byName[f.Name] = f
}

// Counted says whether counts of the layer are kept.
func (s *System) Counted() bool {
	return slices.ContainsFunc(s.Fields, func(f *Field) bool { return f.Count })
}

// countsBy says whether the counts of the layer are by a field.
func (s *System) countsBy(name string) bool {
	f, ok := s.byName[name]
	return ok && f.Count
}

// groupField finds the field that a key of a grouping is.
func (s *System) groupField(key GroupField) (*Field, bool) {
	for _, f := range s.Fields {
		if f.Group && f.Member() == string(key) {
			return f, true
		}
	}
	return nil, false
}

func (s *System) condition(name string) (Condition, bool) {
	for _, c := range s.Conditions {
		if c.Name == name {
			return c, true
		}
	}
	return Condition{}, false
}

// Kind is the kind of value a field holds.
type Kind int

// The kinds, each with its filter input.
const (
	KindString Kind = iota
	KindEnum
	KindFloat
	KindInt
	KindBool
	KindDateTime
	KindDate
	KindStrings
	KindEnums
)

// Field is one column of a layer.
type Field struct {
	Name   string // GraphQL: "levelM"
	GoName string
	Column string // "level_m"
	Kind   Kind
	Enum   string // name of the enum type, for KindEnum and KindEnums

	Filter, Order, Group, Tile, Text, Key bool
	// Count says that the layer's counts are by this field, too.
	Count bool
	// Hidden fields are no GraphQL fields themselves: other fields, named in
	// For, are computed from them.
	Hidden bool
	For    []string

	index []int
	typ   reflect.Type
}

func newField(sf reflect.StructField, i int) *Field {
	f := &Field{Name: lowerFirst(sf.Name), GoName: sf.Name, index: []int{i}, typ: sf.Type}
	f.Column = snake(f.Name)
	for _, word := range strings.Split(sf.Tag.Get("layer"), ",") {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "":
		case "filter":
			f.Filter = true
		case "order":
			f.Order = true
		case "group":
			f.Group = true
		case "tile":
			f.Tile = true
		case "text":
			f.Text = true
		case "key":
			f.Key = true
		case "count":
			f.Count = true
		case "hidden":
			f.Hidden = true
		case "for":
			f.For = append(f.For, value)
		default:
			panic(fmt.Sprintf("layer: %s: unknown word %q in tag", sf.Name, word))
		}
	}
	f.Kind, f.Enum = kindOf(sf.Type)
	return f
}

var kinds = map[string]Kind{
	"string": KindString, "float64": KindFloat, "int": KindInt, "int64": KindInt, "bool": KindBool, "time.Time": KindDateTime, "geo.Date": KindDate,
}

func kindOf(t reflect.Type) (Kind, string) {
	list := t.Kind() == reflect.Slice
	if list || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	k, known := kinds[t.String()]
	switch {
	case known && !list:
		return k, ""
	case known && k == KindString:
		return KindStrings, ""
	case t.Kind() == reflect.String && list:
		return KindEnums, t.Name()
	case t.Kind() == reflect.String:
		return KindEnum, t.Name()
	}
	panic(fmt.Sprintf("layer: no kind for Go type %s", t))
}

// snake makes a column name: "rain24hMm" → "rain24h_mm".
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func upperSnake(typeName string) string { return strings.ToUpper(snake(lowerFirst(typeName))) }

// lowerFirst lowers the leading capitals: "LevelM" → "levelM", "MMSI" → "mmsi".
func lowerFirst(name string) string {
	r := []rune(name)
	for i := range r {
		if i > 0 && i+1 < len(r) && unicode.IsLower(r[i+1]) || !unicode.IsUpper(r[i]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}
