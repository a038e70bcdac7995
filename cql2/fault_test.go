package cql2_test

import (
	"fmt"
	"strings"
	"testing"

	"geohub/cql2"
	"geohub/internal/fault"
)

// TestTextFaults: each says what was found, what was wanted, and at which
// character.
func TestTextFaults(t *testing.T) {
	for _, test := range []struct {
		name, text, code string
		at               int
		message          string // a part of it
	}{
		{"nothing", " ", "BAD_INPUT", 2, "the filter is empty, wanted a condition"},
		{"a property is no condition", "cao AND b = 1", "BAD_INPUT", 1, "near `cao AND b = 1`: found the property cao, wanted a condition"},
		{"no value", "a = ", "BAD_INPUT", 5, "found the end, wanted a value, a property or ("},
		{"two operators", "số_tầng > = 5", "BAD_INPUT", 11, "near `số_tầng > = 5`: found \"=\", wanted a value"},
		{"two comparisons", "1 < a < 5", "BAD_INPUT", 7, `found "<", wanted AND, OR or the end of the filter`},
		{"no operator", "a phường", "BAD_INPUT", 3, `found "phường", wanted an operator, such as = or LIKE, after the property a`},
		{"not twice", "NOT NOT a = 1", "BAD_INPUT", 5, `found "NOT", wanted a value`},
		{"a keyword as a name", "a = 1 OR div = 2", "BAD_INPUT", 10, `a property of that name needs quotes, "div"`},
		{"power of a power", "2 ^ 3 ^ 2 = a", "BAD_INPUT", 7, `found "^", wanted brackets around one of the two powers`},
		{"a string without an end", "tên = 'Huế", "BAD_INPUT", 7, "found a string without an end"},
		{"a string that an escape keeps open", `tên = 'C:\'`, "BAD_INPUT", 7, "found a string without an end"},
		{"a name without an end", `"tên = 1`, "BAD_INPUT", 1, "found a name without an end"},
		{"an empty name", `"" = 1`, "BAD_INPUT", 1, "found an empty name"},
		{"NUL", "a = 'x\x00'", "BAD_INPUT", 5, "found the control character U+0000"},
		{"not UTF-8", "Huế = '\xff'", "BAD_INPUT", 8, "found bytes that are not UTF-8"},
		{"no CQL2", "a = 1; DROP", "BAD_INPUT", 6, `found ";", which is no part of CQL2`},
		{"an unprintable one", "a = \u200B1", "BAD_INPUT", 5, "found the character U+200B"},
		{"a name that starts with a digit", "a = 5x.y", "BAD_INPUT", 5, `found "5x.y", wanted a number`},
		{"past the integers", "id = 9007199254740993", "BAD_INPUT", 6, "would lose digits"},
		{"not finite", "a = -1e999", "BAD_INPUT", 5, "found the number -1e999, wanted a finite one"},
		{"two signs", "a = --5", "BAD_INPUT", 6, `found "-", wanted a number after its sign`},
		{"between without its AND", "a BETWEEN 1 OR 2", "BAD_INPUT", 13, `found "OR", wanted AND`},
		{"between strings", "a BETWEEN 'x' AND 'y'", "BAD_INPUT", 11, "found a string, wanted a number"},
		{"an empty list", "a IN ()", "BAD_INPUT", 7, `found ")", wanted a value`},
		{"not what", "a NOT = 1", "BAD_INPUT", 7, "wanted LIKE, BETWEEN or IN after NOT"},
		{"is what", "a IS 1", "BAD_INPUT", 6, `found "1", wanted NULL`},
		{"a pattern that is a property", "a LIKE b", "BAD_INPUT", 8, "found the property b, wanted a string as the pattern"},
		{"a geometry to compare", "a = POINT(1 2)", "BAD_INPUT", 5, "found a geometry, wanted a scalar"},
		{"a string as a geometry", "S_WITHIN(geom, 'x')", "BAD_INPUT", 16, "found a string, wanted a geometry"},
		{"too few arguments", "S_WITHIN(geom)", "BAD_INPUT", 14, `found ")", wanted ","`},
		{"no array", "A_CONTAINS(tags, 'a')", "BAD_INPUT", 18, "found a string, wanted an array"},
		{"an array where none is", "S_WITHIN(a, (b, c))", "BAD_INPUT", 15, `found ",", wanted ")"`},
		{"no such day", "a = DATE('2025-02-30')", "BAD_INPUT", 10, "found '2025-02-30', wanted a day"},
		{"a date that is no string", "a = DATE(2025)", "BAD_INPUT", 10, `found "2025", wanted a string`},
		{"local time", "a = TIMESTAMP('2025-07-01T00:00:00+07:00')", "BAD_INPUT", 15, "wanted an instant in UTC, ending in Z"},
		{"a comma in the seconds", "a = TIMESTAMP('2025-07-01T00:00:00,5Z')", "BAD_INPUT", 15, "wanted an instant"},
		{"the year 0", "a = TIMESTAMP('0000-07-01T00:00:00Z')", "BAD_INPUT", 15, "wanted an instant"},
		{"an end that is a literal of its own", "T_AFTER(a, INTERVAL(DATE('2025-07-01'), '..'))", "BAD_INPUT", 21, "found a date, wanted '2025-07-01', "},
		{"an end that is a number", "T_AFTER(a, INTERVAL('..', 5))", "BAD_INPUT", 27, `found "5", wanted '2025-07-01', `},
		{"an open ring", "S_WITHIN(g, POLYGON((1 1, 2 1, 2 2, 1 2)))", "BAD_GEOMETRY", 37, "found a ring that is not closed"},
		{"a ring of three", "S_WITHIN(g, POLYGON((1 1, 2 1, 1 1)))", "BAD_GEOMETRY", 32, "found a ring of too few positions"},
		{"a line of one", "S_WITHIN(g, LINESTRING(1 2))", "BAD_GEOMETRY", 24, "found a line of one position"},
		{"a far coordinate", "S_WITHIN(g, POINT(1 1e999))", "BAD_GEOMETRY", 21, "wanted a finite one"},
		{"half a position", "S_WITHIN(g, POINT(1))", "BAD_INPUT", 20, `found ")", wanted a number`},
		{"four dimensions", "S_WITHIN(g, POINT(1 2 3 4))", "BAD_INPUT", 25, `found "4", wanted ")"`},
		{"an empty geometry", "S_WITHIN(g, POINT EMPTY)", "BAD_INPUT", 19, `found "EMPTY", wanted ")"`},
		{"a collection in a collection", "S_WITHIN(g, GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2))))", "BAD_INPUT", 32, "wanted a POINT, "},
		{"three bounds", "S_WITHIN(g, BBOX(1, 2, 3))", "BAD_GEOMETRY", 18, "found 3 bounds, wanted 4 or 6"},
		{"a box upside down", "S_WITHIN(g, BBOX(1, 2, 3, 1))", "BAD_GEOMETRY", 27, "found a north that is south of the south"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := cql2.Parse(test.text)
			checkFault(t, err, test.code, test.at, fmt.Sprintf("filter, character %d", test.at), test.message)
		})
	}
}

// TestJSONFaults: the same with a path.
func TestJSONFaults(t *testing.T) {
	for _, test := range []struct{ name, json, code, at, message string }{
		{"nothing", ``, "BAD_INPUT", "", "filter: found no JSON at byte 1: EOF"},
		{"half of it", `{"op":"=","args":[1`, "BAD_INPUT", "", "found no JSON at byte 20"},
		{"no JSON", `{"op":}`, "BAD_INPUT", "", "found no JSON at byte 7"},
		{"not UTF-8", "\"\xff\"", "BAD_INPUT", "", "found bytes that are not UTF-8"},
		{"two", `true false`, "BAD_INPUT", "", "found more than one JSON value"},
		{"a value is no condition", `5`, "BAD_INPUT", "", "found a number, wanted a condition"},
		{"null", `{"op":"=","args":[1,null]}`, "BAD_INPUT", "args[1]", "found null, wanted an expression"},
		{"nothing known", `{"prop":"a"}`, "BAD_INPUT", "", `found an object without "op"`},
		{"something else", `{"op":"not","args":[true],"arg":1}`, "BAD_INPUT", "arg", "found a member that does not belong"},
		{"a member without a name", `{"op":"not","args":[true],"":1}`, "BAD_INPUT", `""`, "found a member that does not belong"},
		{"no arguments", `{"op":"not"}`, "BAD_INPUT", "args", "found null or nothing, wanted a list"},
		{"too few", `{"op":"=","args":[1]}`, "BAD_INPUT", "args", "found 1, wanted 2 in the list"},
		{"and of one", `{"op":"and","args":[true]}`, "BAD_INPUT", "args", "found 1, wanted 2 or more"},
		{"a literal as a function", `{"op":"date","args":["2025-07-01"]}`, "BAD_INPUT", "op", `found "date", which is no operator`},
		{"an operator that is none", `{"op":"==","args":[1,2]}`, "BAD_INPUT", "op", `found "==", which is no operator`},
		{"an op that is no string", `{"op":1,"args":[]}`, "BAD_INPUT", "op", "found the number 1, wanted the name"},
		{"deep", `{"op":"and","args":[true,{"op":"not","args":[{"property":"a"}]}]}`, "BAD_INPUT", "args[1].args[0]", "found the property a, wanted a condition"},
		{"a name that is a number", `{"op":"isNull","args":[{"property":5}]}`, "BAD_INPUT", "args[0].property", "found the number 5, wanted a string"},
		{"a name with a quote", `{"op":"isNull","args":[{"property":"a\"b"}]}`, "BAD_INPUT", "args[0].property", `found '"' in a name`},
		{"a string that text can't say", `{"op":"=","args":[{"property":"a"},"C:\\"]}`, "BAD_INPUT", "args[1]", `found a string that ends in \`},
		{"in nothing", `{"op":"in","args":[1,[]]}`, "BAD_INPUT", "args[1]", "found an empty list"},
		{"in no list", `{"op":"in","args":[1,2]}`, "BAD_INPUT", "args[1]", "found the number 2, wanted a list"},
		{"no such day", `{"op":"=","args":[1,{"date":"2025-02-30"}]}`, "BAD_INPUT", "args[1].date", "found '2025-02-30', wanted a day"},
		{"one end", `{"op":"t_after","args":[{"property":"a"},{"interval":["2025-07-01"]}]}`, "BAD_INPUT", "args[1].interval", "found 1, wanted 2 in the list"},
		{"an end that is a number", `{"op":"t_after","args":[{"property":"a"},{"interval":["..",5]}]}`, "BAD_INPUT", "args[1].interval[1]", "found a number, wanted"},
		{"an open ring", `{"op":"s_within","args":[{"property":"g"},{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,2]]]}]}`, "BAD_GEOMETRY", "args[1].coordinates[0][3]", "found a ring that is not closed"},
		{"another case", `{"op":"s_within","args":[{"property":"g"},{"type":"point","coordinates":[1,2]}]}`, "BAD_GEOMETRY", "args[1].type", `found the string "point", wanted Point, `},
		{"a crs", `{"op":"s_within","args":[{"property":"g"},{"type":"Point","coordinates":[1,2],"crs":{}}]}`, "BAD_INPUT", "args[1].crs", "found a member that does not belong"},
		{"a string as a coordinate", `{"op":"s_within","args":[{"property":"g"},{"type":"Point","coordinates":[1,"2"]}]}`, "BAD_GEOMETRY", "args[1].coordinates[1]", `found the string "2", wanted a number`},
		{"a far coordinate", `{"op":"s_within","args":[{"property":"g"},{"type":"Point","coordinates":[1,1e999]}]}`, "BAD_GEOMETRY", "args[1].coordinates[1]", "wanted a finite one"},
		{"a box of three", `{"op":"s_within","args":[{"property":"g"},{"bbox":[1,2,3]}]}`, "BAD_GEOMETRY", "args[1].bbox", "found 3 bounds"},
		{"a box upside down", `{"op":"s_within","args":[{"property":"g"},{"bbox":[1,2,0,3,1,0]}]}`, "BAD_GEOMETRY", "args[1].bbox[4]", "found a north that is south of the south"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := cql2.ParseJSON([]byte(test.json))
			checkFault(t, err, test.code, test.at, test.at, test.message)
		})
	}
}

func checkFault(t *testing.T, err error, code string, at any, parts ...string) {
	t.Helper()
	f := fault.Of(err)
	if f == nil {
		t.Fatalf("got %v, which is no fault", err)
	}
	if f.Kind != fault.KindInvalid || f.Code != code || f.Details["at"] != at {
		t.Errorf("kind %d, %s at %v: %v", f.Kind, f.Code, f.Details["at"], f)
	}
	for _, part := range parts {
		if !strings.Contains(f.Message, part) {
			t.Errorf("%q does not say %q", f.Message, part)
		}
	}
}

// TestLimits: what is at a limit passes, one more does not.
func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	jsonNot := func(n int) string { return repeat(`{"op":"not","args":[`, n) + "true" + repeat("]}", n) }
	for _, test := range []struct {
		name    string
		limit   int
		text    func(n int) string
		json    bool
		message string
	}{
		{"bytes", cql2.MaxBytes, func(n int) string { return "a = 1" + repeat(" ", n-5) }, false, "10001 bytes; the limit is 10000"},
		{"bytes of JSON", cql2.MaxBytes, func(n int) string { return "true" + repeat(" ", n-4) }, true, "10001 bytes; the limit is 10000"},
		{"brackets", cql2.MaxDepth, func(n int) string { return repeat("(", n) + "TRUE" + repeat(")", n) }, false, "character 33, near `…(((((((((((((TRUE"},
		{"depth without brackets", cql2.MaxDepth, func(n int) string { return "a = 1" + repeat(" + 1", n-2) }, false, "33 nodes, one in the other; the limit is 32"},
		{"depth of JSON", cql2.MaxDepth, func(n int) string { return jsonNot(n - 1) }, true, "found more than 32 nodes, one in the other"},
		{"nodes", cql2.MaxNodes, func(n int) string { return "f() AND " + repeat("TRUE AND ", n-3) + "TRUE" }, false, "501 nodes; the limit is 500"},
		{"items", cql2.MaxItems, func(n int) string { return "a IN (1" + repeat(",1", n-1) + ")" }, false, "found more than 200 items in a list"},
		{"items of JSON", cql2.MaxItems, func(n int) string { return `{"op":"in","args":[1,[1` + repeat(",1", n-1) + "]]}" }, true, "args[1][200]: found more than 200 items in a list"},
		{"vertices", cql2.MaxVertices, func(n int) string { return "S_WITHIN(g, LINESTRING(1 1" + repeat(",1 1", n-1) + "))" }, false, "found more than 2000 positions"},
	} {
		t.Run(test.name, func(t *testing.T) {
			parse := func(text string) (cql2.Expr, error) {
				if test.json {
					return cql2.ParseJSON([]byte(text))
				}
				return cql2.Parse(text)
			}
			if _, err := parse(test.text(test.limit)); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := parse(test.text(test.limit + 1))
			f := fault.Of(err)
			if f == nil || f.Kind != fault.KindInvalid || !strings.Contains(f.Message, test.message) {
				t.Fatalf("over the limit: %v", err)
			}
			if f.Details["limit"] != test.limit {
				t.Errorf("the limit is said to be %v", f.Details["limit"])
			}
		})
	}
	for _, deep := range []string{repeat("(", cql2.MaxBytes), repeat("[", cql2.MaxBytes), repeat("f(", cql2.MaxBytes/2), repeat("-", cql2.MaxBytes)} {
		if _, err := cql2.Parse(deep); fault.Of(err) == nil {
			t.Errorf("%.10s…: %v", deep, err)
		}
		if _, err := cql2.ParseJSON([]byte(deep)); fault.Of(err) == nil {
			t.Errorf("%.10s… as JSON: %v", deep, err)
		}
	}
}
