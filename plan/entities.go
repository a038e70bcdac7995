package plan

import (
	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// key is a way in which a federation's gateway names a row of a type.
type key struct {
	typ    string
	fields []string // of a representation
	from   source   // FROM … WHERE of the row f that their values k.a and k.b name
	cols   *columns
	print  printer
}

// entities compiles what a gateway asks for by keys: one statement for all of
// them. A representation that is not right is left to the typed printer.
func (c *compiler) entities(f graphql.CollectedField) (plan, error) {
	keys, err := c.keys(f)
	if err != nil {
		return plan{}, err
	}
	args := c.arguments("Query", f)
	depth := c.depth
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		reps := x.args[args].(map[string]any)["representations"].([]map[string]any)
		if len(reps) == 0 {
			return append(b, "[]"...), nil
		}
		statement, err := named(x, keys, reps)
		if err != nil {
			return nil, err
		}
		b = append(b, '[')
		n := 0
		err = x.r.Query(x.ctx, "read entities", statement, func(values [][]byte) error {
			if n++; n > 1 {
				b = append(b, ',')
			}
			if values[1] == nil {
				b = append(b, "null"...)
				return nil
			}
			b = keys[pgbinary.Int(values[0])].print(x, b, x.open(depth, values[1]))
			return nil
		})
		return append(b, ']'), err
	}}, nil
}

// keys compiles a selection of each type that has keys. Those of a layer are the
// id, or a former one, and the natural keys.
func (c *compiler) keys(f graphql.CollectedField) (keys []key, err error) {
	add := func(typ string, compile func(*columns) (printer, error), by ...key) {
		cols := &columns{}
		print, fault := c.inside(func() (printer, error) { return compile(cols) })
		if err == nil {
			err = fault
		}
		for _, k := range by {
			keys = append(keys, key{typ, k.fields, k.from, cols, print})
		}
	}
	for _, s := range c.r.Catalog().Systems() {
		by := []key{{fields: []string{"id"}, from: func(x *run) clause.C { return x.byID(s, clause.Of("k.a")) }}}
		for _, field := range s.Fields {
			if field.Key {
				by = append(by, key{fields: []string{field.Name}, from: func(x *run) clause.C { return x.byKey(s, field) }})
			}
		}
		add(s.Type, func(cols *columns) (printer, error) { return c.feature(s, cols, f) }, by...)
	}
	add("Unit", func(cols *columns) (printer, error) { return c.unitRow(cols, f) },
		key{fields: []string{"code", "validFrom"}, from: now(clause.Of("units f WHERE f.code = k.a AND f.valid_from = k.b::date"))})
	add("Agency", func(cols *columns) (printer, error) { return c.agencyRow(cols, f) },
		key{fields: []string{"code"}, from: now(layer.AgenciesWhere(clause.Of("f.code = k.a")))})
	return keys, err
}

// byKey is FROM … WHERE of the row f whose natural key is k.a; none for who may
// not see the key.
func (x *run) byKey(s *layer.System, field *layer.Field) clause.C {
	where := clause.Of("FALSE")
	if x.r.Sees(s, field.Name) {
		where = clause.And(x.r.Policy(s), clause.Of("? = k.a", clause.Column("f", field.Column)))
	}
	return clause.Of("? f WHERE ?", x.r.Table(s), where)
}

// named selects for each representation, in their order, the place of its key and
// the record that it names, NULL where there is none.
func named(x *run, keys []key, reps []map[string]any) (clause.C, error) {
	asked := make([]struct {
		a, b []string
		i    []int
	}, len(keys))
	for i, rep := range reps {
		n, values, err := keyIn(keys, rep)
		if err != nil {
			return clause.C{}, err
		}
		by := &asked[n]
		by.a, by.b, by.i = append(by.a, values[0]), append(by.b, values[len(values)-1]), append(by.i, i)
	}
	var parts []clause.C
	for n, by := range asked {
		if by.i == nil {
			continue
		}
		row, err := keys[n].cols.row(x)
		if err != nil {
			return clause.C{}, err
		}
		parts = append(parts, clause.Of("SELECT k.i, ?::int AS n, (SELECT ? FROM ?) AS record FROM unnest(?::text[], ?::text[], ?::int[]) k(a, b, i)",
			n, row, keys[n].from(x), by.a, by.b, by.i))
	}
	return clause.Of("SELECT x.n, x.record FROM (?) x ORDER BY x.i", clause.Join(" UNION ALL ", parts...)), nil
}

// keyIn finds the key that a representation names its row by, the first that it
// has, and its values.
func keyIn(keys []key, rep map[string]any) (n int, values []string, err error) {
	for i, k := range keys {
		if k.typ != rep["__typename"] {
			continue
		}
		texts, ok := k.values(rep)
		if !ok {
			return 0, nil, unfit("representation")
		}
		if values == nil {
			n, values = i, texts
		}
	}
	if values == nil {
		return 0, nil, unfit("representation")
	}
	return n, values, nil
}

// values are those of the key's fields; nil when the representation has no such
// key, and not ok when one of them is not right.
func (k key) values(rep map[string]any) (values []string, ok bool) {
	for _, field := range k.fields {
		text, ok := rep[field].(string)
		if field == "validFrom" { // the only one that is not any text
			_, err := geo.ParseDate(text)
			ok = err == nil
		}
		switch {
		case ok:
			values = append(values, text)
		case rep[field] != nil || len(k.fields) > 1:
			return nil, false
		}
	}
	return values, true
}
