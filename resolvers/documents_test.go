package resolvers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// asked is an operation as the executor hands it on.
func asked(t testing.TB, text, name string) *graphql.OperationContext {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(Executable().Schema(), text, rules.NewDefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	return &graphql.OperationContext{RawQuery: text, Doc: doc, Operation: doc.Operations.ForName(name)}
}

// TestDocuments: an operation is measured the same whether its document is
// remembered, was never taken in, or was taken in for another copy.
func TestDocuments(t *testing.T) {
	const text = `query A($n: Int) { dams(first: $n) { nodes { id ...d } } } query B { stations(first: 5) { totalCount } } fragment d on Dam { label }`
	a := asked(t, text, "A")
	b := &graphql.OperationContext{RawQuery: text, Doc: a.Doc, Operation: a.Doc.Operations.ForName("B")}
	copied := asked(t, text, "A")
	d := newDocuments()
	check := func(when string, known bool) {
		t.Helper()
		if doc, found := d.Get(t.Context(), text); found != known || found && doc != a.Doc {
			t.Errorf("%s: found %v", when, found)
		}
		for _, test := range []struct {
			op           *graphql.OperationContext
			cost         int
			layer, other string
		}{{a, 1 + 7*(1+2), "Dam", "StationConnection"}, {copied, 1 + 7*(1+2), "Dam", "StationConnection"}, {b, 1 + 51, "StationConnection", "Dam"}} {
			o := d.operation(test.op)
			if cost := o.shape().cost(map[string]any{"n": int64(7)}); cost != test.cost {
				t.Errorf("%s: cost %d, want %d", when, cost, test.cost)
			}
			if s := o.selection(); s[test.layer] == nil || s[test.other] != nil {
				t.Errorf("%s: selects %v", when, s)
			}
		}
		if o, again := d.operation(a).shape(), d.operation(a).shape(); (o == again) != known {
			t.Errorf("%s: measured once %v", when, o == again)
		}
	}
	check("before", false)
	d.Add(t.Context(), text, a.Doc)
	d.cache.Wait()
	check("remembered", true)
	d.cache.Del(text)
	check("forgotten", false)
	d.cache.Close()
	d.Add(t.Context(), text, a.Doc)
	check("not taken in", false)
}

// TestDocumentsAreBounded fills the memory thrice.
func TestDocumentsAreBounded(t *testing.T) {
	d := newDocuments()
	defer d.cache.Close()
	doc := &ast.QueryDocument{}
	for i := range 3 * documentsBytes / (500 * tokenBytes) {
		d.Add(t.Context(), fmt.Sprintf("{ a%d %s}", i, strings.Repeat("b ", 500)), doc)
		if i%100 == 0 {
			d.cache.Wait()
		}
	}
	d.cache.Wait()
	if left := d.cache.RemainingCost(); left < 0 || left > documentsBytes/2 {
		t.Errorf("%d of %d bytes left", left, documentsBytes)
	}
}

// TestCost: a variable costs what the same value costs when it is written out,
// and fragments that spread each other are not walked again for each way.
func TestCost(t *testing.T) {
	doubling := "query($n: Int) { dams { nodes { ...f0 } } }"
	for i := range 60 {
		doubling += fmt.Sprintf(" fragment f%d on Dam { ...f%d ...f%d }", i, i+1, i+1)
	}
	doubling += " fragment f60 on Dam { readings(last: $n) { value } }"
	for _, test := range []struct {
		name, query string
		literal     string
		value       any
	}{
		{"a page", "query($n: Int) { dams(first: $n) { totalCount nodes { id unit { name } } } }", "17", int64(17)},
		{"a page left to the default", "query($n: Int = 17) { dams(first: $n) { nodes { id } } }", "17", nil},
		{"a page of a page", "query($n: Int) { dams(first: $n) { totalCount nodes { id readings(last: $n) { at value } } groups(by: [UNIT]) { count } } }", "30", int64(30)},
		{"a negative page", "query($n: Int) { dams(first: $n) { nodes { id } } }", "-5", int64(-5)},
		{"a line", "query($n: Int) { vessels(first: 10) { nodes { track(last: $n) } } }", "500", int64(500)},
		{"in fragments", "query($n: Int) { dams { ...a } stations { nodes { id } } } fragment a on DamConnection { nodes { ...b ...b } } fragment b on Dam { x: readings(last: $n) { at } id }", "9", int64(9)},
		{"in an inline fragment", "query($n: Int) { features { nodes { ... on Dam { readings(last: $n) { at } } } } }", "9", int64(9)},
		{"in fragments that double sixty times", doubling, "3", int64(3)},
		{"keys of a group", "query($n: [DamGroup!]!) { dams { groups(by: $n) { count keys { title } } } }", "[UNIT, DAM_STATUS]", []any{"UNIT", "DAM_STATUS"}},
		{"a key of a group", "query($n: DamGroup!) { dams { groups(by: [UNIT, $n]) { count } } }", "DAM_STATUS", "DAM_STATUS"},
		{"entities", "query($n: [_Any!]!) { _entities(representations: $n) { ... on Dam { id label } } }", `[{__typename: "Dam"}, {__typename: "Dam"}]`, []any{map[string]any{}, map[string]any{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			variables := map[string]any{}
			if test.value != nil {
				variables["n"] = test.value
			}
			head, _, _ := strings.Cut(test.query, " {")
			plain := shapeOf(asked(t, strings.ReplaceAll(strings.Replace(test.query, head, "query", 1), "$n", test.literal), "").Operation)
			if len(plain.steps) != 0 {
				t.Errorf("%d steps depend on no variable", len(plain.steps))
			}
			s := shapeOf(asked(t, test.query, "").Operation)
			if len(s.steps) == 0 || len(s.steps) > 70 {
				t.Errorf("%d steps", len(s.steps))
			}
			if got, want := s.cost(variables), plain.cost(nil); got != want || got <= 0 {
				t.Errorf("cost %d, written out %d", got, want)
			}
			if more := map[string]any{"n": int64(1000)}; test.value == int64(17) && s.cost(more) <= s.cost(variables) {
				t.Errorf("a thousand cost %d", s.cost(more))
			}
		})
	}
}
