// Command gen writes what follows from the layers' declarations: the filters,
// orders, groups, connections and root fields of the schema, the aliases that
// gqlgen binds them to, the one-line resolvers, and with gqlgen the server. Run by `make generate`.
//
//	go run ./systems/gen        # in the project's root
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"geohub/layer"
	"geohub/systems"
)

func main() {
	log.SetFlags(0)
	doc := parse()
	write("systems/generated.graphqls", schema(doc))
	write("systems/generated.go", source(aliases()))
	write("resolvers/generated.go", source(resolvers()))
	server()
	write("graph/arguments.generated.go", source(argumentReaders()))
}

// server runs gqlgen. Filters, and keys by layer, are bound to plain maps, which
// needs no Go type for each: the engine reads them as the client wrote them.
func server() {
	cfg, err := config.LoadConfig("gqlgen.yml")
	check(err)
	for _, f := range append(parse().Definitions, parseFile("systems/generated.graphqls").Definitions...) {
		if f.Kind == ast.InputObject && (strings.HasSuffix(f.Name, "Filter") || f.Name == "LayerGroup") {
			cfg.Models.Add(f.Name, "map[string]any")
		}
	}
	log.SetOutput(io.Discard) // gqlgen tells of each entity that it finds no method for
	err = api.Generate(cfg)
	log.SetOutput(os.Stderr)
	check(err)
}

func parse() *ast.SchemaDocument {
	files, err := filepath.Glob("systems/*.graphqls")
	check(err)
	var sources []*ast.Source
	for _, f := range append(files, "schema.graphqls") {
		if strings.HasSuffix(f, "generated.graphqls") {
			continue
		}
		text, err := os.ReadFile(f)
		check(err)
		sources = append(sources, &ast.Source{Name: f, Input: string(text)})
	}
	doc, err := parser.ParseSchemas(sources...)
	check(err)
	return doc
}

func parseFile(name string) *ast.SchemaDocument {
	text, err := os.ReadFile(name)
	check(err)
	doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: string(text)})
	check(err)
	return doc
}

// schema writes what each layer adds to the schema beside its own type.
func schema(doc *ast.SchemaDocument) []byte {
	g := &printer{doc: doc, enums: map[string]bool{}}
	g.line("# Written by systems/gen from the layers' declarations: edit those.")
	g.line("")
	g.desc("", "The layers, in the order of the services they come from.")
	g.line("enum LayerName {")
	for _, s := range systems.All {
		def := doc.Definitions.ForName(s.Type)
		if def == nil {
			log.Fatalf("systems/gen: no type %s in systems/*.graphqls", s.Type)
		}
		g.desc("  ", firstSentence(def.Description))
		title := def.Directives.ForName("title")
		if title == nil {
			log.Fatalf("systems/gen: type %s has no @title", s.Type)
		}
		g.line("  %s @title(vi: %s, en: %s)", s.Name, title.Arguments.ForName("vi").Value, title.Arguments.ForName("en").Value)
	}
	g.line("}")
	g.desc("", "One layer, and which of its features: a filter by the layer's list field. Exactly one member.")
	g.line("input LayerFilter @oneOf {")
	for _, s := range systems.All {
		g.desc("  ", "Of "+words(s.Field)+".")
		g.line("  %s: %sFilter", s.Field, s.Type)
	}
	g.line("}")
	g.desc("", "Keys of one layer to count its features by, by the layer's list field. Exactly one member.")
	g.line("input LayerGroup @oneOf {")
	for _, s := range systems.All {
		g.desc("  ", "Of "+words(s.Field)+".")
		g.line("  %s: [%sGroup!]", s.Field, s.Type)
	}
	g.line("}")
	for _, s := range systems.All {
		g.layer(s)
	}
	return g.Bytes()
}

type printer struct {
	bytes.Buffer
	doc   *ast.SchemaDocument
	enums map[string]bool // filters written already
}

func (g *printer) line(format string, args ...any) { fmt.Fprintf(g, format+"\n", args...) }

func (g *printer) desc(indent, text string) {
	g.line("%s%q", indent, text)
}

func (g *printer) layer(s *layer.System) {
	def := g.doc.Definitions.ForName(s.Type)
	base := g.doc.Definitions.ForName("Feature")
	g.line("")
	g.line("extend type %s implements Feature @key(fields: \"id\")%s {", s.Type, keys(s))
	for _, f := range base.Fields {
		g.desc("  ", f.Description)
		g.line("  %s%s: %s", f.Name, arguments(f.Arguments), f.Type)
	}
	g.line("}")

	g.desc("", "Which "+words(s.Field)+": every member given must hold; null says nothing.")
	g.line("input %sFilter {", s.Type)
	for _, f := range s.Fields {
		if f.Filter {
			g.desc("  ", "By `"+f.Name+"`: "+firstSentence(g.describe(def, f)))
			g.line("  %s: %s", f.Name, filterType(f))
		}
	}
	for _, c := range s.Conditions {
		g.desc("  ", c.Description)
		g.line("  %s: Boolean", c.Name)
	}
	g.desc("  ", "When observed.")
	g.line("  observed: DateTimeRange")
	g.desc("  ", "When the hub last wrote it.")
	g.line("  updated: DateTimeRange")
	g.desc("  ", "Words of labels and texts; accents, case and spelling differences don't matter.")
	g.line("  text: String")
	g.desc("  ", "All of these hold.")
	g.line("  and: [%sFilter!]", s.Type)
	g.desc("  ", "One of these holds.")
	g.line("  or: [%sFilter!]", s.Type)
	g.desc("  ", "This does not hold.")
	g.line("  not: %sFilter", s.Type)
	g.line("}")
	for _, f := range s.Fields {
		g.enumFilter(f)
	}

	g.desc("", "What "+words(s.Field)+" can be ordered by. Null comes last; the id breaks ties.")
	g.line("enum %sOrderField {", s.Type)
	g.desc("  ", "By id. It never changes: pages neither repeat nor skip while data comes in.")
	g.line("  ID")
	g.desc("  ", "By the source's time. A feature observed anew between two pages moves.")
	g.line("  OBSERVED_AT")
	g.desc("  ", "By the hub's time. A feature written anew between two pages moves.")
	g.line("  UPDATED_AT")
	g.desc("  ", "By label, in Vietnamese order. A feature renamed between two pages moves.")
	g.line("  LABEL")
	for _, f := range s.Fields {
		if f.Order {
			g.desc("  ", "By `"+f.Name+"`. A feature whose value changes between two pages moves.")
			g.line("  %s", upper(f.Name))
		}
	}
	g.line("}")
	g.desc("", "An order of "+words(s.Field)+".")
	g.line("input %sOrder {", s.Type)
	g.desc("  ", "By what.")
	g.line("  field: %sOrderField!", s.Type)
	g.desc("  ", "Which way.")
	g.line("  direction: Direction! = ASC")
	g.line("}")

	g.desc("", "What "+words(s.Field)+" can be grouped by.")
	g.line("enum %sGroup {", s.Type)
	for i, d := range []string{"The unit at the feature's own time.", "The agency that answers for it.", "The hour observed, in Asia/Ho_Chi_Minh.",
		"The day observed, in Asia/Ho_Chi_Minh.", "The week observed, from Monday, in Asia/Ho_Chi_Minh.", "The month observed, in Asia/Ho_Chi_Minh."} {
		g.desc("  ", d)
		g.line("  %s", layer.BaseGroups[i])
	}
	for _, f := range s.Fields {
		if f.Group {
			g.desc("  ", firstSentence(g.describe(def, f)))
			g.line("  %s", upper(f.Name))
		}
	}
	g.line("}")
	g.numbers(s, def)

	g.desc("", "A page of "+words(s.Field)+".")
	g.line("type %sConnection {", s.Type)
	for _, f := range g.doc.Definitions.ForName("FeatureConnection").Fields {
		if f.Name == "counts" { // of several layers
			continue
		}
		g.desc("  ", f.Description)
		g.line("  %s: %s", f.Name, renamed(f.Type.String(), s.Type))
		if f.Name == "extent" {
			g.desc("  ", "How many there are by keys, over the whole list; at most 4 keys and 10,000 cells.")
			g.line("  groups(")
			g.desc("    ", "The keys, outermost first.")
			g.line("    by: [%sGroup!]!", s.Type)
			g.desc("    ", "What is to be measured in each cell; at most 10.")
			g.line("    measures: [%sMeasure!]", s.Type)
			g.desc("    ", "Of the key UNIT: the kind of units; COMMUNE when null.")
			g.line("    level: UnitKind")
			g.desc("    ", "Of the key UNIT: the day whose units they are, whenever the features were observed; each feature's own when null. What was in a unit that has been split since goes by its place.")
			g.line("    at: Date")
			g.line("  ): [Group!]!")
		}
	}
	g.line("}")
	g.desc("", "One of a page of "+words(s.Field)+".")
	g.line("type %sEdge {", s.Type)
	g.desc("  ", "The feature.")
	g.line("  node: %s!", s.Type)
	g.desc("  ", "Its cursor.")
	g.line("  cursor: String!")
	g.desc("  ", "Distance from `near`, metres; null without it.")
	g.line("  distanceM: Float")
	g.line("}")

	g.line("extend type Query {")
	g.desc("  ", "One of "+words(s.Field)+" by id or alias; null when unknown or not for this viewer.")
	g.line("  %s(", s.One)
	g.desc("    ", "Its id or an alias: `"+s.IDPrefix()+"…`.")
	g.line("    id: ID!")
	g.asOf()
	g.line("  ): %s", s.Type)
	g.desc("  ", firstSentence(def.Description)+" Unless ordered, by id; "+inBox(s))
	g.line("  %s(", s.Field)
	g.desc("    ", "Which.")
	g.line("    filter: %sFilter", s.Type)
	g.desc("    ", "Where.")
	g.line("    area: Area")
	if d, ok := s.Seeing(); ok {
		g.desc("    ", "Only those whose `"+d.Field+"` holds this point.")
		g.line("    seeing: LonLat")
	}
	g.desc("    ", "Orders by distance, nearest first; not together with orderBy.")
	g.line("    near: Near")
	g.desc("    ", "In what order; when null by id, "+inBox(s))
	g.line("    orderBy: %sOrder", s.Type)
	g.desc("    ", "Page size, 1 to 1,000.")
	g.line("    first: Int = 50")
	g.desc("    ", "Cursor to go on after.")
	g.line("    after: String")
	g.asOf()
	g.line("  ): %sConnection!", s.Type)
	g.line("}")
}

// numbers are what can be measured of a layer.
func (g *printer) numbers(s *layer.System, def *ast.Definition) {
	g.desc("", "What of "+words(s.Field)+" can be measured.")
	g.line("enum %sNumber {", s.Type)
	for _, f := range s.Numbers() {
		of, text := def, "`"+f.Name+"`"
		if of.Fields.ForName(f.Name) == nil { // it will be, of every feature
			of = g.doc.Definitions.ForName("Feature")
		}
		if m := of.Fields.ForName(f.Name).Directives.ForName("measure"); m != nil && m.Arguments.ForName("unit").Value.Raw != "1" {
			text += ", " + m.Arguments.ForName("unit").Value.Raw
		}
		g.desc("  ", text+": "+firstSentence(g.describe(of, f)))
		g.line("  %s", f.Member())
	}
	g.line("}")
	g.desc("", "A figure of the "+words(s.Field)+" of a cell.")
	g.line("input %sMeasure {", s.Type)
	g.desc("  ", "Of which number.")
	g.line("  field: %sNumber!", s.Type)
	g.desc("  ", "What is made of its values.")
	g.line("  of: Statistic!")
	g.line("}")
}

// asOf is the argument of each root field that reads features.
func (g *printer) asOf() {
	g.desc("    ", "As the hub knew it at this moment; null: now. Who may see what is today's.")
	g.line("    asOf: DateTime")
}

// describe is the description of the field, or of the one that it is for.
func (g *printer) describe(def *ast.Definition, f *layer.Field) string {
	for _, name := range append([]string{f.Name}, f.For...) {
		if fd := def.Fields.ForName(name); fd != nil && fd.Description != "" {
			return fd.Description
		}
	}
	return f.Name + "."
}

func (g *printer) enumFilter(f *layer.Field) {
	if !f.Filter || f.Enum == "" || g.enums[filterType(f)] {
		return
	}
	g.enums[filterType(f)] = true
	if f.Kind == layer.KindEnums {
		g.desc("", "Looks into a list of "+f.Enum+".")
		g.line("input %s {", filterType(f))
		g.desc("  ", "Holds this.")
		g.line("  has: %s", f.Enum)
		g.desc("  ", "Holds one of these.")
		g.line("  hasAny: [%s!]", f.Enum)
		g.line("}")
		return
	}
	g.desc("", "Compares a "+f.Enum+". All members given must hold.")
	g.line("input %s {", filterType(f))
	g.desc("  ", "Exactly this.")
	g.line("  eq: %s", f.Enum)
	g.desc("  ", "One of these.")
	g.line("  in: [%s!]", f.Enum)
	g.desc("  ", "None of these; null is none of them.")
	g.line("  notIn: [%s!]", f.Enum)
	g.desc("  ", "Whether it is null.")
	g.line("  isNull: Boolean")
	g.line("}")
}

// inBox is the order that a list without any has in a box.
func inBox(s *layer.System) string {
	if s.Points {
		return "in a box by place, so that what lies together comes together."
	}
	return "in a box too."
}

func filterType(f *layer.Field) string {
	switch f.Kind {
	case layer.KindEnum:
		return f.Enum + "Filter"
	case layer.KindEnums:
		return f.Enum + "ListFilter"
	case layer.KindFloat:
		return "FloatFilter"
	case layer.KindInt:
		return "IntFilter"
	case layer.KindBool:
		return "BooleanFilter"
	case layer.KindDateTime:
		return "DateTimeRange"
	case layer.KindDate:
		return "DateRange"
	case layer.KindStrings:
		return "StringListFilter"
	}
	return "StringFilter"
}

func renamed(typ, to string) string {
	if strings.HasPrefix(typ, "FeatureCollection") {
		return typ
	}
	return strings.NewReplacer("FeatureEdge", to+"Edge", "[Feature!]", "["+to+"!]").Replace(typ)
}

func keys(s *layer.System) string {
	var b strings.Builder
	for _, f := range s.Fields {
		if f.Key {
			fmt.Fprintf(&b, " @key(fields: %q)", f.Name)
		}
	}
	return b.String()
}

func arguments(args ast.ArgumentDefinitionList) string {
	if len(args) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("(\n")
	for _, a := range args {
		fmt.Fprintf(&b, "    %q\n    %s: %s", a.Description, a.Name, a.Type)
		if a.DefaultValue != nil {
			fmt.Fprintf(&b, " = %s", a.DefaultValue)
		}
		b.WriteString("\n")
	}
	return b.String() + "  )"
}

// aliases are the Go names that gqlgen binds the generated types to.
func aliases() string {
	var b strings.Builder
	b.WriteString("// Code generated by systems/gen; DO NOT EDIT.\n\npackage systems\n\nimport \"geohub/layer\"\n\n// The types of the engine under the names of the schema.\ntype (\n")
	for _, s := range systems.All {
		fmt.Fprintf(&b, "%[1]sOrder = layer.Order\n%[1]sOrderField = layer.OrderField\n%[1]sGroup = layer.GroupField\n%[1]sNumber = layer.NumberField\n%[1]sMeasure = layer.Measuring\n%[1]sConnection = layer.Connection[%[1]s]\n%[1]sEdge = layer.Edge[%[1]s]\n", s.Type)
	}
	return b.String() + ")\n"
}

// resolvers are the root fields and entity resolvers of each layer.
func resolvers() string {
	var b strings.Builder
	b.WriteString(`// Code generated by systems/gen; DO NOT EDIT.

package resolvers

import (
	"context"
	"time"

	"geohub/geo"
	"geohub/graph"
	"geohub/layer"
	"geohub/systems"
)
`)
	for _, s := range systems.All {
		taken, given := "", ""
		if _, ok := s.Seeing(); ok {
			taken, given = "seeing *geo.LonLat, ", "Seeing: seeing, "
		}
		one, many := strings.ToUpper(s.One[:1])+s.One[1:], strings.ToUpper(s.Field[:1])+s.Field[1:]
		fmt.Fprintf(&b, `
func (query) %[1]s(ctx context.Context, id string, _ *time.Time) (*systems.%[2]s, error) {
	return systems.%[3]s.One(ctx, reader(ctx), id)
}

func (query) %[3]s(ctx context.Context, _ map[string]any, area *geo.Area, %[5]snear *geo.Near, orderBy *layer.Order, first *int, after *string, _ *time.Time) (*systems.%[2]sConnection, error) {
	return systems.%[3]s.Find(ctx, reader(ctx), layer.Query{Filter: filter(ctx), Area: area, %[6]sNear: near, Order: orderBy, First: first, After: after})
}

func (entity) Find%[2]s(ctx context.Context, reps []*graph.%[2]sRepresentation) ([]*systems.%[2]s, error) {
	return systems.%[3]s.Entities(ctx, reader(ctx), values(reps, func(r *graph.%[2]sRepresentation) layer.Key {
		switch r.MatchedKey {
%[4]s		}
		return layer.Key{Field: "id", Value: *r.ID}
	}))
}
`, one, s.Type, many, cases(s), taken, given)
	}
	return b.String()
}

// cases picks the value of the natural key that a representation matched.
func cases(s *layer.System) string {
	var b strings.Builder
	for _, f := range s.Fields {
		if f.Key {
			name := templates.ToGo(f.Name)
			fmt.Fprintf(&b, "case graph.%sMatchedKey%s:\nreturn layer.Key{Field: %q, Value: *r.%s}\n", s.Type, name, f.Name, name)
		}
	}
	return b.String()
}

func source(text string) []byte {
	out, err := format.Source([]byte(text))
	check(err)
	return out
}

func write(file string, text []byte) {
	check(os.WriteFile(file, text, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatalf("systems/gen: %v", err)
	}
}

func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// words makes prose of a list field: "cameraEvents" → "camera events".
func words(field string) string {
	return strings.ToLower(strings.ReplaceAll(upper(field), "_", " "))
}

func upper(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
