package resolvers_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"geohub/clause"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/resolvers"
	"geohub/systems"
	"geohub/web"
)

// TestExamplesAreFast: no example is left to the typed printer.
func TestExamplesAreFast(t *testing.T) {
	h := province(t).As(2)
	examples, err := web.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		var variables map[string]any
		if e.Variables != nil {
			if err := json.Unmarshal(e.Variables, &variables); err != nil {
				t.Fatal(err)
			}
		}
		h.Post(e.Query, variables)
	}
	taken, left := h.Printer.Counts()
	if taken < 12 || len(left) > 0 {
		t.Errorf("%d root fields were printed by plan, these were not: %v", taken, left)
	}
}

// TestPrinters asks both printers random operations made from the schema, as
// each viewer, and wants the same bytes. One with variables is asked twice, with
// other values, so that the second goes by a plan that is kept.
//
//	make check-printers CHECKS=5000
func TestPrinters(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	h := hubtest.Server(t, pool)
	q := newQuestions(t, pool)
	sameEachTime()
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			h := h
			if viewer := rapid.IntRange(-1, 2).Draw(t, "viewer"); viewer >= 0 {
				h = h.As(viewer)
			}
			o := q.operation(t)
			for range 1 + min(1, len(o.variables)) {
				if d := h.Differ(o.body(t)); d != "" {
					t.Fatal(d)
				}
			}
		}
	})
	taken, left := h.Printer.Counts()
	t.Logf("%d root fields printed by plan, left to the typed printer: %v", taken, left)
	if taken == 0 {
		t.Error("plan printed nothing")
	}
}

// sameEachTime has rapid draw the same questions in each run, but where a number
// of checks is given: make check-printers.
func sameEachTime() {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		flag.Set("rapid.seed", "1")
	}
}

// newQuestions takes ids of every layer to ask for.
func newQuestions(t *testing.T, pool *pgxpool.Pool) questions {
	q := questions{schema: resolvers.Executable().Schema()}
	for _, s := range systems.All {
		sql, args := clause.Of("SELECT f.id FROM ? f ORDER BY md5(f.id) LIMIT 5", clause.Name(s.Table)).SQL()
		rows, err := pool.Query(t.Context(), sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		q.ids = append(q.ids, ids...)
	}
	return q
}

// questions makes operations from the schema.
type questions struct {
	schema *ast.Schema
	ids    []string
}

// operation is one being made.
type operation struct {
	questions
	t         *rapid.T
	text      string
	variables []variable
	fragments []string
}

// variable is one of an operation; its value is drawn each time it is asked.
type variable struct {
	name, typ string
	draw      func(*rapid.T) any
}

func (q questions) operation(t *rapid.T) *operation {
	o := &operation{questions: q, t: t}
	var roots []*ast.FieldDefinition
	for _, f := range q.schema.Query.Fields {
		switch f.Name {
		case "__schema", "__type", "_service", "reportReceipt", "reportServices", "sources", "quarantine":
		case "indicators": // are printed in one way, and all of them at once take seconds
		default:
			roots = append(roots, f)
		}
	}
	body := " {"
	for range rapid.IntRange(1, 2).Draw(t, "roots") {
		body += " " + o.field(roots[rapid.IntRange(0, len(roots)-1).Draw(t, "root")], 5)
	}
	body += " }"
	o.text = "query"
	for i, v := range o.variables {
		if i == 0 {
			o.text += "("
		}
		o.text += "$" + v.name + ": " + v.typ + " "
		if i == len(o.variables)-1 {
			o.text += ")"
		}
	}
	o.text += body + strings.Join(o.fragments, "")
	return o
}

func (o *operation) body(t *rapid.T) []byte {
	values := map[string]any{}
	for _, v := range o.variables {
		values[v.name] = v.draw(t)
	}
	b, err := json.Marshal(map[string]any{"query": o.text, "variables": values})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (o *operation) draw(n int, what string) int { return rapid.IntRange(0, n-1).Draw(o.t, what) }

// oneIn is true once in n times.
func (o *operation) oneIn(n int) bool { return o.draw(n, "chance") == 0 }

func (o *operation) variable(typ string, draw func(*rapid.T) any) string {
	name := fmt.Sprint("v", len(o.variables))
	o.variables = append(o.variables, variable{name, typ, draw})
	return "$" + name
}

func (o *operation) field(f *ast.FieldDefinition, depth int) string {
	text := f.Name
	if o.oneIn(5) {
		text = fmt.Sprintf("a%d: %s", o.draw(1000, "alias"), f.Name)
	}
	var args []string
	for _, a := range f.Arguments {
		if a.Type.NonNull || o.oneIn(3) {
			args = append(args, a.Name+": "+o.argument(a.Name, a.Type))
		}
	}
	if args != nil {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	text += o.condition()
	def := o.schema.Types[f.Type.Name()]
	if def.IsLeafType() {
		return text
	}
	return text + " " + o.selection(def, depth-1)
}

func (o *operation) condition() string {
	if !o.oneIn(12) {
		return ""
	}
	name := []string{"skip", "include"}[o.draw(2, "directive")]
	return " @" + name + "(if: " + o.variable("Boolean!", func(t *rapid.T) any { return rapid.Bool().Draw(t, "condition") }) + ")"
}

// heavy are fields that ask for much; they come seldom.
var heavy = []string{"counts", "features", "children", "geojson"}

func (o *operation) selection(def *ast.Definition, depth int) string {
	var fields []*ast.FieldDefinition
	for _, f := range def.Fields {
		leaf := o.schema.Types[f.Type.Name()].IsLeafType()
		if f.Name == "summary" { // printed in one way, and of many units it takes seconds
			continue
		}
		if strings.HasPrefix(f.Name, "__") || !leaf && depth <= 0 || slices.Contains(heavy, f.Name) && !o.oneIn(6) {
			continue
		}
		fields = append(fields, f)
	}
	text := "{"
	n := 0
	for range rapid.IntRange(1, 5).Draw(o.t, "fields") {
		switch {
		case o.oneIn(10):
			text += " __typename"
		case len(fields) > 0:
			text += " " + o.field(fields[o.draw(len(fields), "field")], depth)
		default:
			text += " __typename"
		}
		n++
	}
	if def.IsAbstractType() || o.oneIn(8) {
		types := []*ast.Definition{def}
		if def.IsAbstractType() {
			types = o.schema.GetPossibleTypes(def)
		}
		typ := types[o.draw(len(types), "type")]
		if o.oneIn(2) {
			text += " ... on " + typ.Name + o.condition() + " " + o.selection(typ, depth-1)
		} else {
			name := fmt.Sprint("F", len(o.fragments))
			o.fragments = append(o.fragments, "")
			place := len(o.fragments) - 1
			o.fragments[place] = " fragment " + name + " on " + typ.Name + " " + o.selection(typ, depth-1)
			text += " ..." + name + o.condition()
		}
	}
	return text + " }"
}

// argument is a literal or a variable.
func (o *operation) argument(name string, typ *ast.Type) string {
	if typ.Elem == nil && o.oneIn(3) {
		return o.variable(typ.String(), func(t *rapid.T) any {
			var v any
			if err := json.Unmarshal([]byte((&operation{questions: o.questions, t: t}).value(name, typ, true)), &v); err != nil {
				t.Fatal(err)
			}
			return v
		})
	}
	return o.value(name, typ, false)
}

// value is one as a literal, or as JSON.
func (o *operation) value(name string, typ *ast.Type, asJSON bool) string {
	if !typ.NonNull && o.oneIn(15) {
		return "null"
	}
	if typ.Elem != nil {
		var items []string
		for range rapid.IntRange(0, 3).Draw(o.t, "items") {
			items = append(items, o.value(name, typ.Elem, asJSON))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	def := o.schema.Types[typ.Name()]
	key := func(k string) string {
		if asJSON {
			return `"` + k + `": `
		}
		return k + ": "
	}
	switch def.Kind {
	case ast.Enum:
		v := def.EnumValues[o.draw(len(def.EnumValues), "enum")].Name
		if asJSON {
			v = `"` + v + `"`
		}
		return v
	case ast.InputObject:
		if def.Name == "ProjectedGeometry" {
			// Metres that are right: after a transformation that PROJ refuses, the
			// next one of the same connection may fail for no reason of its own.
			x, y := 540_000+o.draw(60_000, "x"), 1_790_000+o.draw(60_000, "y")
			return fmt.Sprintf(`{%s9214, %s{%s"Polygon", %s[[[%d, %d], [%d, %d], [%d, %d], [%d, %d]]]}}`, key("crs"), key("geometry"), key("type"), key("coordinates"),
				x, y, x+9000, y, x, y+9000, x, y)
		}
		var members []string
		most := 2
		if def.Directives.ForName("oneOf") != nil {
			most = 1
		}
		for _, f := range def.Fields {
			if f.Type.NonNull {
				members = append(members, key(f.Name)+o.value(f.Name, f.Type, asJSON))
			}
		}
		optional := slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool { return f.Type.NonNull })
		for range rapid.IntRange(min(1, len(optional)), min(most, len(optional))).Draw(o.t, "members") {
			i := o.draw(len(optional), "member")
			f := optional[i]
			optional = slices.Delete(optional, i, i+1)
			typ := *f.Type
			typ.NonNull = typ.NonNull || most == 1 || o.draw(10, "null") > 0
			if f.Name == "and" || f.Name == "or" || f.Name == "not" {
				typ.NonNull = true
			}
			members = append(members, key(f.Name)+o.value(f.Name, &typ, asJSON))
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	pick := func(of ...string) string { return of[o.draw(len(of), name)] }
	point := func() (x, y float64) {
		return 107.3 + float64(o.draw(700, "lon"))/1000, 16.1 + float64(o.draw(500, "lat"))/1000
	}
	switch typ.Name() {
	case "Int":
		switch name {
		case "crs":
			return pick("4326", "9214", "3857", "99999")
		case "precision":
			return pick("-1", "0", "3", "6", "15")
		case "first", "last":
			return pick("0", "1", "2", "5", "20", "50")
		}
		return pick("-1", "0", "1", "3", "20")
	case "Float":
		x, y := point()
		switch name {
		case "lon":
			return fmt.Sprint(x)
		case "lat":
			return fmt.Sprint(y)
		}
		return pick("0", "1.5", "40", "500", "5000")
	case "Boolean":
		return pick("true", "false")
	case "DateTime":
		return `"` + pick("2025-07-01T00:00:00Z", "2025-10-27T20:00:00+07:00", "2026-03-01T00:00:00Z", "2026-03-02T01:59:00Z") + `"`
	case "Date":
		return `"` + pick("2024-12-31", "2025-06-30", "2025-07-01", "2026-03-02") + `"`
	case "BBox":
		x, y := point()
		return fmt.Sprintf("[%g, %g, %g, %g]", x, y, x+0.05, y+0.1)
	case "Geometry":
		x, y := point()
		return fmt.Sprintf(`{%s"Polygon", %s[[[%g, %g], [%g, %g], [%g, %g], [%g, %g]]]}`, key("type"), key("coordinates"), x, y, x+0.1, y, x, y+0.1, x, y)
	case "ID":
		return `"` + pick(o.ids...) + `"`
	case "_Any":
		if o.oneIn(8) {
			return fmt.Sprintf(`{%s"Unit", %s"%s", %s"2025-07-01"}`, key("__typename"), key("code"), pick("19789", "46", "nowhere"), key("validFrom"))
		}
		id := pick(o.ids...)
		one, natural, _ := strings.Cut(id, ":")
		for _, s := range systems.All {
			if s.One == one && o.oneIn(2) {
				return fmt.Sprintf(`{%s"%s", %s"%s"}`, key("__typename"), s.Type, key("id"), id)
			}
			for _, f := range s.Fields {
				if s.One == one && f.Key {
					return fmt.Sprintf(`{%s"%s", %s"%s"}`, key("__typename"), s.Type, key(f.Name), natural)
				}
			}
		}
		return fmt.Sprintf(`{%s"Agency", %s"%s"}`, key("__typename"), key("code"), pick("H57", "H57.12", "nobody"))
	}
	return `"` + pick("level", "a", "Phú", "46", "19789", "hue", "") + `"`
}
