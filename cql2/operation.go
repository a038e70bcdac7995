package cql2

import (
	"slices"
	"strings"
)

// operation is what the standard calls by name: how many arguments it takes, of
// which roles, and the node it makes of them.
type operation struct {
	name string // as cql2-json writes it
	args []role
	node func(args []Expr) Expr
}

// calls are the operations that cql2-text writes as functions, by lower name.
var calls = func() map[string]operation {
	all := map[string]operation{}
	add := func(name string, args []role, node func([]Expr) Expr) {
		all[lower(name)] = operation{name, args, node}
	}
	add("casei", []role{character}, func(a []Expr) Expr { return CaseI{a[0]} })
	add("accenti", []role{character}, func(a []Expr) Expr { return AccentI{a[0]} })
	for _, op := range []SpatialOp{SIntersects, SEquals, SDisjoint, STouches, SWithin, SOverlaps, SCrosses, SContains} {
		add(string(op), []role{geometric, geometric}, func(a []Expr) Expr { return Spatial{op, a[0], a[1]} })
	}
	for _, op := range []TemporalOp{TAfter, TBefore, TContains, TDisjoint, TDuring, TEquals, TFinishedBy, TFinishes,
		TIntersects, TMeets, TMetBy, TOverlappedBy, TOverlaps, TStartedBy, TStarts} {
		add(string(op), []role{temporal, temporal}, func(a []Expr) Expr { return Temporal{op, a[0], a[1]} })
	}
	for _, name := range []string{AEquals, AContains, AContainedBy, AOverlaps} {
		add(name, []role{array, array}, func(a []Expr) Expr { return Function{name, a} })
	}
	return all
}()

// infixes are the operations that cql2-text writes between or after their
// arguments and that have a fixed number of them, by lower name.
var infixes = func() map[string]operation {
	all := map[string]operation{
		"not":     {"not", []role{boolean}, func(a []Expr) Expr { return Not{a[0]} }},
		"like":    {"like", []role{character, pattern}, func(a []Expr) Expr { return Like{a[0], a[1]} }},
		"between": {"between", []role{numeric, numeric, numeric}, func(a []Expr) Expr { return Between{a[0], a[1], a[2]} }},
		"isnull":  {"isNull", []role{nullable}, func(a []Expr) Expr { return IsNull{a[0]} }},
	}
	for _, op := range []Compare{Equal, NotEqual, Less, Greater, LessOrEqual, GreaterOrEqual} {
		all[string(op)] = operation{string(op), []role{scalar, scalar}, func(a []Expr) Expr { return Comparison{op, a[0], a[1]} }}
	}
	for _, op := range []Operator{Add, Subtract, Multiply, Divide, Modulo, IntegerDivide, Power} {
		all[string(op)] = operation{string(op), []role{numeric, numeric}, func(a []Expr) Expr { return Arithmetic{op, a[0], a[1]} }}
	}
	return all
}()

var (
	// keywords can't be a property's name without quotes.
	keywords = []string{"and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div"}
	// literals are keywords only before a bracket.
	literals   = []string{"date", "timestamp", "interval", "bbox"}
	geometries = []string{"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"}
)

// reserved says that a name means something else before a bracket, or anywhere.
func reserved(name string) bool {
	name = lower(name)
	_, call := calls[name]
	return call || slices.Contains(keywords, name) || slices.Contains(literals, name) || slices.Contains(geometries, name)
}

// lower is for keywords, which are ASCII: strings.ToLower would take the Kelvin
// sign for a k.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
