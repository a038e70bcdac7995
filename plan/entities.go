package plan

import (
	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/layer"
)

// entity is a type whose rows a federation's gateway may ask for by key.
type entity struct {
	typ   string
	keys  []key
	cols  *columns
	print printer
}

// key is a way to name a row: the fields of its representation, and FROM … WHERE
// of the row f that their values k.a and k.b name.
type key struct {
	fields []string
	from   clause.C
}

// entities compiles what a gateway asks for by keys: one statement for all of
// them. A representation that is not right is left to the typed printer.
func (c *compiler) entities(f graphql.CollectedField) (plan, error) {
	depth := c.depth
	types, err := c.entityTypes(f)
	if err != nil {
		return plan{}, err
	}
	args := c.arguments("Query", f)
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		reps := x.args[args].(map[string]any)["representations"].([]map[string]any)
		if len(reps) == 0 {
			return append(b, "[]"...), nil
		}
		statement, err := named(x, types, reps)
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
			b = types[intOf(values[0])].print(x, b, x.open(depth, values[1]))
			return nil
		})
		return append(b, ']'), err
	}}, nil
}

// entityTypes compiles a selection of each type that has keys.
func (c *compiler) entityTypes(f graphql.CollectedField) ([]entity, error) {
	var types []entity
	add := func(typ string, row func(*columns) (printer, error), keys ...key) error {
		e := entity{typ: typ, keys: keys, cols: &columns{}}
		var err error
		e.print, err = c.inside(func() (printer, error) { return row(e.cols) })
		types = append(types, e)
		return err
	}
	for _, s := range c.r.Catalog().Systems() {
		row := func(cols *columns) (printer, error) {
			return c.feature(s, cols, c.collect(f, s.Type, "Feature", "_Entity"))
		}
		if err := add(s.Type, row, c.keysOf(s)...); err != nil {
			return nil, err
		}
	}
	unit := func(cols *columns) (printer, error) { return c.unitRow(cols, f) }
	if err := add("Unit", unit, key{[]string{"code", "validFrom"}, clause.Of("units f WHERE f.code = k.a AND f.valid_from = k.b::date")}); err != nil {
		return nil, err
	}
	agency := func(cols *columns) (printer, error) { return c.agencyRow(cols, f) }
	err := add("Agency", agency, key{[]string{"code"}, layer.AgenciesWhere(clause.Of("f.code = k.a"))})
	return types, err
}

// keysOf are the keys of a layer's rows: the id, or a former one, and the natural
// keys that the viewer may see.
func (c *compiler) keysOf(s *layer.System) []key {
	keys := []key{{[]string{"id"}, c.byID(s, clause.Of("k.a"))}}
	for _, f := range s.Fields {
		if !f.Key {
			continue
		}
		where := clause.Of("FALSE")
		if c.r.Sees(s, f.Name) {
			where = clause.And(c.r.Policy(s), clause.Of("? = k.a", clause.Column("f", f.Column)))
		}
		keys = append(keys, key{[]string{f.Name}, clause.Of("? f WHERE ?", clause.Name(s.Table), where)})
	}
	return keys
}

// named selects what representations name, in their order: the place of its type
// and its record, NULL where there is none.
func named(x *run, types []entity, reps []map[string]any) (clause.C, error) {
	type asked struct {
		a, b []string
		i    []int
	}
	by := map[*key]*asked{}
	for i, rep := range reps {
		k, values, err := keyOfEntity(types, rep)
		if err != nil {
			return clause.C{}, err
		}
		if by[k] == nil {
			by[k] = &asked{}
		}
		by[k].a, by[k].b, by[k].i = append(by[k].a, values[0]), append(by[k].b, values[len(values)-1]), append(by[k].i, i)
	}
	var parts []clause.C
	for n := range types {
		row, err := types[n].cols.row(x)
		if err != nil {
			return clause.C{}, err
		}
		for j := range types[n].keys {
			k := &types[n].keys[j]
			if asked := by[k]; asked != nil {
				parts = append(parts, clause.Of("SELECT k.i, ?::int AS n, (SELECT ? FROM ?) AS record FROM unnest(?::text[], ?::text[], ?::int[]) k(a, b, i)",
					n, row, k.from, asked.a, asked.b, asked.i))
			}
		}
	}
	return clause.Of("SELECT x.n, x.record FROM (?) x ORDER BY x.i", clause.Join(" UNION ALL ", parts...)), nil
}

// keyOfEntity is the key that a representation names its row by, the first that it has,
// and the values of its fields.
func keyOfEntity(types []entity, rep map[string]any) (*key, []string, error) {
	for n := range types {
		if types[n].typ != rep["__typename"] {
			continue
		}
		var found *key
		var values []string
		for j := range types[n].keys {
			k := &types[n].keys[j]
			texts, ok := k.texts(rep)
			switch {
			case !ok:
				return nil, nil, unfit("representation")
			case found == nil && texts != nil:
				found, values = k, texts
			}
		}
		if found != nil {
			return found, values, nil
		}
	}
	return nil, nil, unfit("representation")
}

// texts are the values of the key's fields; none when the representation has no
// such key, and not ok when one of them is not right.
func (k *key) texts(rep map[string]any) (texts []string, ok bool) {
	for _, field := range k.fields {
		text, is := rep[field].(string)
		if field == "validFrom" { // the only one that is not any text
			_, err := geo.ParseDate(text)
			is = err == nil
		}
		switch {
		case is:
			texts = append(texts, text)
		case rep[field] != nil || len(k.fields) > 1:
			return nil, false
		}
	}
	return texts, true
}
