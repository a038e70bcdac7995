package plan

import (
	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
)

// rows compiles a root field that gives rows f without pages: a list of them, or
// the one that there is. from is FROM … by the field's arguments.
func (c *compiler) rows(f graphql.CollectedField, from func(x *run, a map[string]any) (clause.C, error), compile func(*columns) (printer, error)) (plan, error) {
	cols := &columns{}
	row, err := compile(cols)
	if err != nil {
		return plan{}, err
	}
	args := c.arguments("Query", f)
	list := f.Definition.Type.Elem != nil
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		selected, err := cols.sql(x)
		if err != nil {
			return nil, err
		}
		tail, err := from(x, x.args[args].(map[string]any))
		if err != nil {
			return nil, err
		}
		if list {
			b = append(b, '[')
		}
		n := 0
		err = x.r.Query(x.ctx, "read "+f.Name, clause.Of("SELECT ? FROM ?", selected, tail), func(values [][]byte) error {
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = row(x, b, values)
			return nil
		})
		switch {
		case list:
			b = append(b, ']')
		case n == 0:
			b = append(b, "null"...)
		}
		return b, err
	}}, nil
}
