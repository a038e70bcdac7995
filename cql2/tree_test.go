package cql2_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/cql2"
)

// TestRoundTrip: whatever tree there is, both encodings can say it, and what they
// say reads back as that tree and prints the same again.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &grower{t}
		checkRoundTrip(t, g.condition(4))
	})
}

// checkRoundTrip compares without cmp, which takes exponential time for lists in
// lists.
func checkRoundTrip(t interface{ Fatalf(string, ...any) }, want cql2.Expr) {
	text := cql2.Text(want)
	if len(text) <= cql2.MaxBytes {
		got, err := cql2.Parse(text)
		if err != nil {
			t.Fatalf("Parse(%s): %v", text, err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%s reads back as another tree:\n%#v, not\n%#v", text, got, want)
		}
		if again := cql2.Text(got); again != text {
			t.Fatalf("%s prints as %s", text, again)
		}
	}
	data := cql2.JSON(want)
	if len(data) <= cql2.MaxBytes {
		got, err := cql2.ParseJSON(data)
		if err != nil {
			t.Fatalf("ParseJSON(%s): %v", data, err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%s reads back as another tree:\n%#v, not\n%#v", data, got, want)
		}
	}
}

// grower draws trees, each node where the grammar lets it stand.
type grower struct{ t *rapid.T }

func (g *grower) pick(of ...func() cql2.Expr) cql2.Expr {
	return rapid.SampledFrom(of).Draw(g.t, "node")()
}

func (g *grower) many(least int, of func() cql2.Expr) []cql2.Expr {
	var all []cql2.Expr
	for range rapid.IntRange(least, 3).Draw(g.t, "many") {
		all = append(all, of())
	}
	return all
}

func (g *grower) condition(depth int) cql2.Expr {
	if depth == 0 {
		return g.pick(g.boolean, func() cql2.Expr { return cql2.Comparison{Op: cql2.Less, Left: g.property(), Right: g.number()} })
	}
	d := depth - 1
	condition := func() cql2.Expr { return g.condition(d) }
	return g.pick(
		g.boolean,
		func() cql2.Expr { return cql2.And{Args: g.many(2, condition)} },
		func() cql2.Expr { return cql2.Or{Args: g.many(2, condition)} },
		func() cql2.Expr { return cql2.Not{Arg: condition()} },
		func() cql2.Expr {
			op := rapid.SampledFrom([]cql2.Compare{cql2.Equal, cql2.NotEqual, cql2.Less, cql2.Greater, cql2.LessOrEqual, cql2.GreaterOrEqual})
			return cql2.Comparison{Op: op.Draw(g.t, "op"), Left: g.scalar(d), Right: g.scalar(d)}
		},
		func() cql2.Expr { return cql2.Like{Value: g.character(d), Pattern: g.pattern(d)} },
		func() cql2.Expr { return cql2.Between{Value: g.numeric(d), Low: g.numeric(d), High: g.numeric(d)} },
		func() cql2.Expr {
			return cql2.In{Value: g.scalar(d), List: g.many(1, func() cql2.Expr { return g.scalar(d) })}
		},
		func() cql2.Expr {
			return cql2.IsNull{Value: g.pick(condition, func() cql2.Expr { return g.scalar(d) }, g.geometry, func() cql2.Expr { return g.interval(d) })}
		},
		func() cql2.Expr { return cql2.Spatial{Op: cql2.STouches, Left: g.property(), Right: g.geometry()} },
		func() cql2.Expr {
			return cql2.Temporal{Op: cql2.TFinishedBy, Left: g.pick(g.property, g.instant), Right: g.interval(d)}
		},
		func() cql2.Expr {
			return cql2.Function{Name: cql2.AContainedBy, Args: []cql2.Expr{g.array(d), g.array(d)}}
		},
		func() cql2.Expr { return g.function(d) },
	)
}

func (g *grower) scalar(depth int) cql2.Expr {
	return g.pick(func() cql2.Expr { return g.character(depth) }, func() cql2.Expr { return g.numeric(depth) }, g.boolean, g.instant)
}

func (g *grower) numeric(depth int) cql2.Expr {
	if depth == 0 {
		return g.pick(g.number, g.property)
	}
	return g.pick(g.number, g.property, func() cql2.Expr { return g.function(depth - 1) }, func() cql2.Expr {
		op := rapid.SampledFrom([]cql2.Operator{cql2.Add, cql2.Subtract, cql2.Multiply, cql2.Divide, cql2.Modulo, cql2.IntegerDivide, cql2.Power})
		return cql2.Arithmetic{Op: op.Draw(g.t, "op"), Left: g.numeric(depth - 1), Right: g.numeric(depth - 1)}
	})
}

func (g *grower) character(depth int) cql2.Expr {
	if depth == 0 {
		return g.pick(g.string, g.property)
	}
	return g.pick(g.string, g.property,
		func() cql2.Expr { return cql2.CaseI{Value: g.character(depth - 1)} },
		func() cql2.Expr { return cql2.AccentI{Value: g.character(depth - 1)} })
}

func (g *grower) pattern(depth int) cql2.Expr {
	if depth == 0 {
		return g.string()
	}
	return g.pick(g.string,
		func() cql2.Expr { return cql2.CaseI{Value: g.pattern(depth - 1)} },
		func() cql2.Expr { return cql2.AccentI{Value: g.pattern(depth - 1)} })
}

func (g *grower) function(depth int) cql2.Expr {
	name := rapid.SampledFrom([]string{"f", "đệm", "Buffer", "z"}).Draw(g.t, "function")
	return cql2.Function{Name: name, Args: g.many(0, func() cql2.Expr { return g.argument(depth) })}
}

func (g *grower) argument(depth int) cql2.Expr {
	if depth == 0 {
		return g.scalar(0)
	}
	return g.pick(func() cql2.Expr { return g.scalar(depth - 1) }, func() cql2.Expr { return g.condition(depth - 1) },
		func() cql2.Expr { return g.array(depth - 1) }, func() cql2.Expr { return g.interval(depth - 1) }, g.geometry)
}

func (g *grower) array(depth int) cql2.Expr {
	return cql2.Array{Items: g.many(0, func() cql2.Expr { return g.argument(depth) })}
}

func (g *grower) interval(depth int) cql2.Expr {
	end := func() cql2.Expr {
		return g.pick(func() cql2.Expr { return nil }, g.instant, g.property, func() cql2.Expr { return g.function(max(0, depth-1)) })
	}
	return cql2.Interval{Start: end(), End: end()}
}

func (g *grower) boolean() cql2.Expr { return cql2.Boolean(rapid.Bool().Draw(g.t, "boolean")) }

func (g *grower) property() cql2.Expr {
	return cql2.Property(rapid.SampledFrom([]string{"tên", "eo:cloud_cover", "and", "Date", "T_AFTER", "độ sâu", "1st", "a.b", "div", "it's", "z"}).Draw(g.t, "property"))
}

func (g *grower) string() cql2.Expr {
	return cql2.String(rapid.StringOf(rapid.SampledFrom([]rune(`ab '"\%_ộế`))).Filter(func(s string) bool {
		return s == "" || s[len(s)-1] != '\\'
	}).Draw(g.t, "string"))
}

func (g *grower) float() float64 {
	return rapid.OneOf(rapid.Float64(), rapid.Map(rapid.IntRange(-99, 99), func(i int) float64 { return float64(i) })).
		Filter(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }).Draw(g.t, "number") + 0
}

func (g *grower) number() cql2.Expr { return cql2.Number(g.float()) }

func (g *grower) instant() cql2.Expr {
	at := time.Unix(rapid.Int64Range(-5e10, 5e10).Draw(g.t, "s"), rapid.Int64Range(0, 999_999_999).Draw(g.t, "ns")).UTC()
	if rapid.Bool().Draw(g.t, "date") {
		y, m, d := at.Date()
		return cql2.Date{Year: y, Month: m, Day: d}
	}
	return cql2.Timestamp{Time: at}
}

func (g *grower) point() orb.Point { return orb.Point{g.float(), g.float()} }

func (g *grower) line() orb.LineString { return orb.LineString{g.point(), g.point()} }

func (g *grower) polygon() orb.Polygon {
	p := g.point()
	return orb.Polygon{{p, g.point(), g.point(), p}}
}

func (g *grower) geometry() cql2.Expr {
	shapes := []func() orb.Geometry{
		func() orb.Geometry { return g.point() },
		func() orb.Geometry { return g.line() },
		func() orb.Geometry { return g.polygon() },
		func() orb.Geometry { return orb.MultiPoint{g.point(), g.point()} },
		func() orb.Geometry { return orb.MultiLineString{g.line(), g.line()} },
		func() orb.Geometry { return orb.MultiPolygon{g.polygon()} },
		func() orb.Geometry { return orb.Collection{g.point(), g.polygon()} },
	}
	if rapid.Bool().Draw(g.t, "bbox") {
		south, north := g.float(), g.float()
		return cql2.BBox{g.float(), min(south, north), g.float(), max(south, north)}
	}
	return cql2.Geometry{Shape: rapid.SampledFrom(shapes).Draw(g.t, "shape")()}
}

// TestDeepRoundTrip: the deepest trees need no more brackets than there may be.
func TestDeepRoundTrip(t *testing.T) {
	for _, test := range []struct {
		name  string
		leaf  cql2.Expr
		level func(cql2.Expr) cql2.Expr
	}{
		{"not", cql2.Boolean(true), func(e cql2.Expr) cql2.Expr { return cql2.Not{Arg: e} }},
		{"or and and", cql2.Boolean(true), func(e cql2.Expr) cql2.Expr {
			if _, ok := e.(cql2.Or); ok {
				return cql2.And{Args: []cql2.Expr{e, cql2.Boolean(true)}}
			}
			return cql2.Or{Args: []cql2.Expr{cql2.Boolean(true), e}}
		}},
		{"is null", cql2.Property("a"), func(e cql2.Expr) cql2.Expr { return cql2.IsNull{Value: e} }},
		{"functions", cql2.Property("a"), func(e cql2.Expr) cql2.Expr { return cql2.Function{Name: "f", Args: []cql2.Expr{e}} }},
		{"functions of intervals", cql2.Function{Name: "f"}, func(e cql2.Expr) cql2.Expr {
			if _, ok := e.(cql2.Interval); ok {
				return cql2.Function{Name: "f", Args: []cql2.Expr{e}}
			}
			return cql2.Interval{End: e}
		}},
		{"arrays", cql2.Number(1), func(e cql2.Expr) cql2.Expr { return cql2.Array{Items: []cql2.Expr{e}} }},
		{"arithmetic", cql2.Property("a"), func(e cql2.Expr) cql2.Expr {
			return cql2.Arithmetic{Op: cql2.Power, Left: cql2.Number(-2), Right: e}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := test.leaf
			for range cql2.MaxDepth - 3 {
				e = test.level(e)
			}
			if _, ok := e.(cql2.Function); !ok {
				e = cql2.Function{Name: "f", Args: []cql2.Expr{e}}
			}
			checkRoundTrip(t, cql2.IsNull{Value: e})
		})
	}
}
