package clause_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"geohub/clause"
)

func Example() {
	w := clause.And(clause.Of("f.level_m >= ?", 12.5), clause.Of("f.river = ?", "Sông Hương"))
	sql, args := clause.Of("SELECT f.id FROM ? f WHERE ?", clause.Name("dams"), w).SQL()
	fmt.Println(sql)
	fmt.Println(args)
	// Output:
	// SELECT f.id FROM "dams" f WHERE (f.level_m >= $1) AND (f.river = $2)
	// [12.5 Sông Hương]
}

func TestSQL(t *testing.T) {
	var none clause.C
	a, b := clause.Of("a = ?", 1), clause.Of("b BETWEEN ? AND ?", 2, 3)
	shared := clause.Value(5)
	for _, test := range []struct {
		name string
		c    clause.C
		sql  string
		args []any
	}{
		{"nothing", none, "", nil},
		{"no text", clause.Of(""), "", nil},
		{"text alone", clause.Of("f.geom IS NULL"), "f.geom IS NULL", nil},
		{"value alone", clause.Of("?", 7), "$1", []any{7}},
		{"values side by side", clause.Of("??", 7, 8), "$1$2", []any{7, 8}},
		{"nil is a value", clause.Of("a = ?", nil), "a = $1", []any{nil}},
		{"a list is one value", clause.Of("a = ANY (?)", []int{1, 2}), "a = ANY ($1)", []any{[]int{1, 2}}},
		{"a piece alone", clause.Of("?", b), "b BETWEEN $1 AND $2", []any{2, 3}},
		{"an empty piece", clause.Of("x ? y ?", none, 7), "x  y $1", []any{7}},
		{"empty pieces alone", clause.Of("??", none, none), "", nil},
		{"piece before value", clause.Of("? AND c = ?", a, 9), "a = $1 AND c = $2", []any{1, 9}},
		{"value before piece", clause.Of("c = ? AND ?", 9, b), "c = $1 AND b BETWEEN $2 AND $3", []any{9, 2, 3}},
		{"piece between values", clause.Of("? < ? < ?", 0, b, 9), "$1 < b BETWEEN $2 AND $3 < $4", []any{0, 2, 3, 9}},
		{"pieces in pieces", clause.Of("[?|?]", clause.Of("<?,?>", b, 4), clause.Of("<?,?>", 5, a)),
			"[<b BETWEEN $1 AND $2,$3>|<$4,a = $5>]", []any{2, 3, 4, 5, 1}},
		{"one piece twice", clause.Of("? OR ?", b, b), "b BETWEEN $1 AND $2 OR b BETWEEN $3 AND $4", []any{2, 3, 2, 3}},
		{"over nine", clause.Of("?,?,?,?,?", b, b, b, b, b),
			"b BETWEEN $1 AND $2,b BETWEEN $3 AND $4,b BETWEEN $5 AND $6,b BETWEEN $7 AND $8,b BETWEEN $9 AND $10", []any{2, 3, 2, 3, 2, 3, 2, 3, 2, 3}},
		{"text that looks like SQL stays a value", clause.Of("a = ?", "? $1'; --"), "a = $1", []any{"? $1'; --"}},

		{"a shared value has one number", clause.Of("? < a AND b < ? AND ?", shared, shared, b), "$1 < a AND b < $1 AND b BETWEEN $2 AND $3", []any{5, 2, 3}},
		{"a table", clause.Of("SELECT FROM ?", clause.Table("dams")), `SELECT FROM "dams"`, nil},
		{"a usual size is text", clause.Of("LIMIT ? LIMIT ?", clause.Enough(51), clause.Exactly(10)), "LIMIT 51 LIMIT 10", nil},
		{"another takes the next", clause.Enough(52), "61", nil},
		{"or stays a value", clause.Of("LIMIT ? LIMIT ?", clause.Exactly(52), clause.Enough(20_000)), "LIMIT $1 LIMIT $2", []any{52, 20_000}},

		{"and of none", clause.And(), "TRUE", nil},
		{"and of empty ones", clause.And(none, none), "TRUE", nil},
		{"and of one", clause.And(none, a), "(a = $1)", []any{1}},
		{"and of two", clause.And(a, none, b), "(a = $1) AND (b BETWEEN $2 AND $3)", []any{1, 2, 3}},
		{"or of none", clause.Or(), "FALSE", nil},
		{"or of empty ones", clause.Or(none), "FALSE", nil},
		{"or of two", clause.Or(b, a), "(b BETWEEN $1 AND $2) OR (a = $3)", []any{2, 3, 1}},
		{"or in and", clause.And(a, clause.Or(a, b)), "(a = $1) AND ((a = $2) OR (b BETWEEN $3 AND $4))", []any{1, 1, 2, 3}},
		{"or of none in and", clause.And(a, clause.Or()), "(a = $1) AND (FALSE)", []any{1}},
		{"not", clause.Not(clause.Or(a, b)), "NOT ((a = $1) OR (b BETWEEN $2 AND $3))", []any{1, 2, 3}},

		{"join of none", clause.Join(", "), "", nil},
		{"join of one", clause.Join(", ", none, a, none), "a = $1", []any{1}},
		{"join", clause.Join(", ", a, none, b, a), "a = $1, b BETWEEN $2 AND $3, a = $4", []any{1, 2, 3, 1}},

		{"name", clause.Name("dams"), `"dams"`, nil},
		{"name in parts", clause.Name("public", "dams"), `"public"."dams"`, nil},
		{"name with a quote", clause.Name(`a"; DROP TABLE dams; --`), `"a""; DROP TABLE dams; --"`, nil},
		{"name with a dot is one part", clause.Name("a.b"), `"a.b"`, nil},
		{"name with a question mark takes no argument", clause.Of("? = ?", clause.Name("a?b"), 1), `"a?b" = $1`, []any{1}},
		{"name that is a word of SQL", clause.Name("references"), `"references"`, nil},
		{"column", clause.Column("f", "level_m"), `f."level_m"`, nil},
		{"column with a quote", clause.Column("f", `x" OR "y`), `f."x"" OR ""y"`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			sql, args := test.c.SQL()
			if sql != test.sql {
				t.Errorf("got  %s\nwant %s", sql, test.sql)
			}
			if len(args)+len(test.args) > 0 && !cmp.Equal(args, test.args) {
				t.Errorf("args %v, want %v", args, test.args)
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	var none clause.C
	for _, test := range []struct {
		name string
		c    clause.C
		want bool
	}{
		{"zero", none, true},
		{"join of none", clause.Join(", ", none, none), true},
		{"and of none says TRUE", clause.And(), false},
		{"or of none says FALSE", clause.Or(), false},
		{"text", clause.Of("x"), false},
		{"value", clause.Of("?", 1), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.c.Empty(); got != test.want {
				t.Errorf("Empty is %v", got)
			}
		})
	}
}

// TestArgumentsCounted: a program that forgets an argument stops at once.
func TestArgumentsCounted(t *testing.T) {
	for _, test := range []struct {
		name string
		make func() clause.C
	}{
		{"too few", func() clause.C { return clause.Of("a = ? AND b = ?", 1) }},
		{"too many", func() clause.C { return clause.Of("a = ?", 1, 2) }},
		{"none wanted", func() clause.C { return clause.Of("a IS NULL", 1) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			test.make()
		})
	}
}

// TestNothingShared: clauses built from one prefix don't write into each other,
// whatever room its slices have left.
func TestNothingShared(t *testing.T) {
	for n := range 10 {
		// Growing a piece step by step leaves spare room at some n.
		prefix := clause.Of("p")
		for i := range n {
			prefix = clause.Of("? AND x = ?", prefix, i)
		}
		sql, args := prefix.SQL()
		before := slices.Clone(args)

		one := clause.Of("? AND a = ? AND b = ?", prefix, "one", 1)
		two := clause.Of("? AND a = ? AND b = ?", prefix, "two", 2)
		both := clause.And(prefix, one, prefix, two)
		joined := clause.Join(" ", prefix, two)
		for _, test := range []struct {
			name string
			c    clause.C
			want []any
		}{
			{"prefix", prefix, before},
			{"one", one, append(slices.Clone(before), "one", 1)},
			{"two", two, append(slices.Clone(before), "two", 2)},
			{"joined", joined, slices.Concat(before, before, []any{"two", 2})},
			{"both", both, slices.Concat(before, before, []any{"one", 1}, before, before, []any{"two", 2})},
		} {
			if _, got := test.c.SQL(); !slices.Equal(got, test.want) {
				t.Errorf("%d pieces, %s: args %v, want %v", n, test.name, got, test.want)
			}
		}
		if again, _ := prefix.SQL(); again != sql {
			t.Errorf("%d pieces: the prefix was %q and is %q", n, sql, again)
		}
	}
}

// TestTables: a statement tells the tables in it, however deep they stand.
func TestTables(t *testing.T) {
	inner := clause.Of("EXISTS (SELECT FROM ? z)", clause.Table("zones"))
	c := clause.Of("SELECT FROM ? f WHERE ? AND f.label = ?", clause.Table("dams"), clause.And(clause.C{}, inner), "reports")
	var got []string
	c.Tables(func(name string) { got = append(got, name) })
	if want := []string{"dams", "zones"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
