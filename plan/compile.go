package plan

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/clause"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// run is one answer of a plan.
type run struct {
	ctx  context.Context
	r    *layer.Reader
	vars map[string]any
	args []any      // the arguments of fields, by place
	at   [][][]byte // the columns of the record at hand, by depth
	err  error      // the first that a value made
	list asked
}

// printer appends what stands for a row's columns.
type printer func(x *run, b []byte, columns [][]byte) []byte

// expression is a column of a statement.
type expression func(x *run) (clause.C, error)

// columns are the expressions of one SELECT, each once.
type columns struct {
	all    []expression
	places map[string]int
}

// add gives the place of an expression, by a name of it.
func (c *columns) add(name string, e expression) int {
	if i, known := c.places[name]; known {
		return i
	}
	if c.places == nil {
		c.places = map[string]int{}
	}
	c.places[name] = len(c.all)
	c.all = append(c.all, e)
	return len(c.all) - 1
}

// own gives the place of an expression that nobody shares.
func (c *columns) own(e expression) int {
	c.all = append(c.all, e)
	return len(c.all) - 1
}

func (c *columns) sql(x *run) (clause.C, error) {
	parts := make([]clause.C, len(c.all))
	for i, e := range c.all {
		var err error
		if parts[i], err = e(x); err != nil {
			return clause.C{}, err
		}
	}
	return clause.Join(", ", parts...), nil
}

// row is ROW(…) of the columns.
func (c *columns) row(x *run) (clause.C, error) {
	list, err := c.sql(x)
	return clause.Of("ROW(?)", list), err
}

// arrays is ROW(…) of an array of each column: rows all of one kind cost a third
// of what an array of records does.
func (c *columns) arrays(x *run) (clause.C, error) {
	parts := make([]clause.C, len(c.all))
	for i, e := range c.all {
		column, err := e(x)
		if err != nil {
			return clause.C{}, err
		}
		parts[i] = clause.Of("array_agg(?)", column)
	}
	return clause.Of("ROW(?)", clause.Join(", ", parts...)), nil
}

func always(c clause.C) expression { return func(*run) (clause.C, error) { return c, nil } }

// source is FROM … WHERE of rows f, without FROM; of a moment, if one is asked for.
type source func(x *run) clause.C

func now(c clause.C) source { return func(*run) clause.C { return c } }

// compiler makes the printers of one root field.
type compiler struct {
	ctx   context.Context
	p     *Printer
	op    *graphql.OperationContext
	r     *layer.Reader // whose viewer the plan is for
	args  []argument
	of    map[asking]int // the places of fields' arguments
	depth int
}

// asking is a field of the document, asked of a type.
type asking struct {
	typ   string
	field *ast.Field
}

// argument reads the arguments of a field, once a run.
type argument func(x *run) (any, error)

// reads gives the place of an argument.
func (c *compiler) reads(a argument) int {
	c.args = append(c.args, a)
	return len(c.args) - 1
}

// arguments gives the place of a field's arguments, typed as the resolver gets
// them: a map[string]any.
func (c *compiler) arguments(typ string, f graphql.CollectedField) int {
	asked := asking{typ, f.Field}
	if i, known := c.of[asked]; known {
		return i
	}
	if c.of == nil {
		c.of = map[asking]int{}
	}
	c.of[asked] = c.reads(c.once(f, func(x *run) (any, error) {
		return c.p.options.Arguments(x.ctx, typ, f.Name, f.ArgumentMap(x.vars))
	}))
	return c.of[asked]
}

// once reads an argument now and for all, if no variable stands in the field.
func (c *compiler) once(f graphql.CollectedField, a argument) argument {
	for _, arg := range f.Arguments {
		if varies(arg.Value) {
			return a
		}
	}
	value, err := a(&run{ctx: c.ctx, r: c.r})
	if err != nil {
		return a
	}
	return func(*run) (any, error) { return value, nil }
}

// varies says whether a variable stands in a value.
func varies(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(child *ast.ChildValue) bool { return varies(child.Value) })
}

// unfit is why a field is left to the typed printer.
type unfit string

func (u unfit) Error() string { return string(u) }

// member is one of an object: its key with the colon, and its value.
type member struct {
	key   string
	print printer
}

func object(members []member) printer {
	return func(x *run, b []byte, columns [][]byte) []byte {
		b = append(b, '{')
		for i := range members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, members[i].key...)
			b = members[i].print(x, b, columns)
		}
		return append(b, '}')
	}
}

// object compiles a selection of a type; of gives the printer of each field but
// __typename.
func (c *compiler) object(typ string, f []graphql.CollectedField, of func(graphql.CollectedField) (printer, error)) (printer, error) {
	var members []member
	for _, field := range f {
		m := member{key: string(layer.AppendString(nil, field.Alias)) + ":"}
		switch {
		case field.Name == "__typename":
			m.print = constant(string(layer.AppendString(nil, typ)))
		case len(field.Deferrables) > 0:
			return nil, unfit("@defer")
		default:
			var err error
			if m.print, err = of(field); err != nil {
				return nil, err
			}
		}
		members = append(members, m)
	}
	return object(members), nil
}

func constant(json string) printer {
	return func(_ *run, b []byte, _ [][]byte) []byte { return append(b, json...) }
}

var null = constant("null")

// value prints a column, or null.
func value(i int, kind layer.Kind) printer {
	return func(_ *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		return layer.AppendBinary(b, kind, columns[i])
	}
}

// orEmpty prints a column that is a list, [] for NULL.
func orEmpty(i int, kind layer.Kind) printer {
	return func(_ *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "[]"...)
		}
		return layer.AppendBinary(b, kind, columns[i])
	}
}

// record prints a column that is a record, or null.
func (c *compiler) record(i int, inner printer) printer {
	depth := c.depth
	return func(x *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		return inner(x, b, x.open(depth, columns[i]))
	}
}

// records prints a column that is an array of records.
func (c *compiler) records(i int, inner printer) printer {
	depth := c.depth
	return func(x *run, b []byte, columns [][]byte) []byte {
		b = append(b, '[')
		if columns[i] != nil {
			n := 0
			pgbinary.Elements(columns[i], func(raw []byte) {
				if n++; n > 1 {
					b = append(b, ',')
				}
				b = inner(x, b, x.open(depth, raw))
			})
		}
		return append(b, ']')
	}
}

// columnar prints a column that is a record of arrays, the columns of some rows.
func (c *compiler) columnar(i int, inner printer) printer {
	depth := c.depth
	return func(x *run, b []byte, columns [][]byte) []byte {
		b = append(b, '[')
		if columns[i] != nil {
			arrays := arraysOf(x.open(depth, columns[i]))
			row := x.at[depth]
			for n := range arrays[0].n {
				if n > 0 {
					b = append(b, ',')
				}
				for j := range arrays {
					row[j] = arrays[j].next()
				}
				b = inner(x, b, row)
			}
		}
		return append(b, ']')
	}
}

// fail remembers the first fault of a value: the answer is not given then.
func (x *run) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// open splits a record of a depth; those of one depth are open one at a time.
func (x *run) open(depth int, raw []byte) [][]byte {
	for len(x.at) <= depth {
		x.at = append(x.at, nil)
	}
	x.at[depth] = appendRecord(x.at[depth][:0], raw)
	return x.at[depth]
}

// inside compiles what stands in records.
func (c *compiler) inside(compile func() (printer, error)) (printer, error) {
	c.depth++
	defer func() { c.depth-- }()
	return compile()
}

// nullable says whether a field may be null by the schema.
func nullable(f graphql.CollectedField) bool { return !f.Definition.Type.NonNull }

// collect gives the fields of a selection that count for a type. Of a union and of
// a type, gqlgen collects one twice; it is printed once.
func (c *compiler) collect(f graphql.CollectedField, satisfies ...string) []graphql.CollectedField {
	fields := slices.Clone(graphql.CollectFields(c.op, f.Selections, satisfies)) // it keeps them for others
	seen := map[string]bool{}
	return slices.DeleteFunc(fields, func(f graphql.CollectedField) bool {
		twice := seen[f.Alias]
		seen[f.Alias] = true
		return twice
	})
}
