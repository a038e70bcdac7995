package plan

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/layer"
)

// groups compiles the cells of a grouping of the whole list: an array of records
// among what is asked of it.
func (p *page) groups(f graphql.CollectedField) (func(*run, []byte, *found) []byte, error) {
	args := p.arguments(p.typ+"Connection", f)
	cell, err := p.cell(f)
	if err != nil {
		return nil, err
	}
	// The keys are known when the statement is made.
	made := p.reads(func(*run) (any, error) { return &[]layer.Grouping{}, nil })
	i := p.whole.own(func(x *run) (clause.C, error) {
		by, _ := x.args[args].(map[string]any)["by"].([]layer.GroupField)
		cells, keys, err := x.list.(*layer.List).Cells(by)
		*x.args[made].(*[]layer.Grouping) = keys
		return cells, err
	})
	return func(x *run, b []byte, found *found) []byte {
		keys := *x.args[made].(*[]layer.Grouping)
		b = append(b, '[')
		n := 0
		eachElement(found.whole[i], func(raw []byte) {
			if n++; n > layer.MaxGroups {
				x.fail(unfit("groups"))
				return
			}
			if n > 1 {
				b = append(b, ',')
			}
			b = cell(x, b, keys, x.open(0, raw))
		})
		return append(b, ']')
	}, nil
}

// cellPrinter prints a cell: its count in the first column, its keys behind.
type cellPrinter func(x *run, b []byte, keys []layer.Grouping, columns [][]byte) []byte

func (p *page) cell(f graphql.CollectedField) (cellPrinter, error) {
	var members []cellPrinter
	for i, field := range p.collect(f, "Group") {
		key := keyOf(i, field)
		var print cellPrinter
		switch field.Name {
		case "__typename":
			print = func(_ *run, b []byte, _ []layer.Grouping, _ [][]byte) []byte { return append(b, `"Group"`...) }
		case "count":
			print = func(_ *run, b []byte, _ []layer.Grouping, columns [][]byte) []byte {
				return strconv.AppendInt(b, intOf(columns[0]), 10)
			}
		case "keys":
			one, err := p.groupKey(field)
			if err != nil {
				return nil, err
			}
			print = func(x *run, b []byte, keys []layer.Grouping, columns [][]byte) []byte {
				b = append(b, '[')
				for i, k := range keys {
					if i > 0 {
						b = append(b, ',')
					}
					b = one(x, b, x.groupKey(k, columns[i+1]))
				}
				return append(b, ']')
			}
		case "measures":
			print = func(_ *run, b []byte, _ []layer.Grouping, _ [][]byte) []byte { return append(b, "[]"...) }
		default:
			return nil, unfit("field Group." + field.Name)
		}
		members = append(members, func(x *run, b []byte, keys []layer.Grouping, columns [][]byte) []byte {
			return print(x, append(b, key...), keys, columns)
		})
	}
	return func(x *run, b []byte, keys []layer.Grouping, columns [][]byte) []byte {
		b = append(b, '{')
		for _, m := range members {
			b = m(x, b, keys, columns)
		}
		return append(b, '}')
	}, nil
}

// groupKey is what a column of a cell stands for.
func (x *run) groupKey(g layer.Grouping, raw []byte) *layer.GroupKey {
	switch {
	case raw == nil:
		return &layer.GroupKey{Field: string(g.Field)}
	case !g.Record():
		k, err := g.Key(x.ctx, string(raw))
		if err != nil {
			x.fail(err)
			return &layer.GroupKey{}
		}
		return k
	}
	columns := x.open(1, raw)
	title := layer.Title{VI: string(columns[1]), EN: string(columns[2])}
	if g.Field != "UNIT" {
		return g.KeyOf(string(columns[0]), title, nil, nil)
	}
	from := dateOf(columns[3])
	var to *geo.Date
	if columns[4] != nil {
		day := dateOf(columns[4])
		to = &day
	}
	return g.KeyOf(string(columns[0]), title, &from, to)
}

// groupKey compiles a selection of a key.
func (p *page) groupKey(f graphql.CollectedField) (func(x *run, b []byte, k *layer.GroupKey) []byte, error) {
	type keyPrinter = func(x *run, b []byte, k *layer.GroupKey) []byte
	var members []keyPrinter
	for i, field := range p.collect(f, "GroupKey") {
		key := keyOf(i, field)
		var print keyPrinter
		switch field.Name {
		case "__typename":
			print = func(_ *run, b []byte, _ *layer.GroupKey) []byte { return append(b, `"GroupKey"`...) }
		case "field":
			print = func(_ *run, b []byte, k *layer.GroupKey) []byte { return layer.AppendString(b, k.Field) }
		case "value":
			print = func(_ *run, b []byte, k *layer.GroupKey) []byte { return orNull(b, k.Value, layer.AppendString) }
		case "from":
			print = func(_ *run, b []byte, k *layer.GroupKey) []byte { return orNull(b, k.From, layer.AppendTime) }
		case "to":
			print = func(_ *run, b []byte, k *layer.GroupKey) []byte { return orNull(b, k.To, layer.AppendTime) }
		case "title":
			args := p.arguments("GroupKey", field)
			print = func(x *run, b []byte, k *layer.GroupKey) []byte {
				lang, _ := x.args[args].(map[string]any)["lang"].(*layer.Lang)
				return orNull(b, k.Title(lang), layer.AppendString)
			}
		default:
			return nil, unfit("field GroupKey." + field.Name)
		}
		members = append(members, func(x *run, b []byte, k *layer.GroupKey) []byte { return print(x, append(b, key...), k) })
	}
	return func(x *run, b []byte, k *layer.GroupKey) []byte {
		b = append(b, '{')
		for _, m := range members {
			b = m(x, b, k)
		}
		return append(b, '}')
	}, nil
}

func orNull[T any](b []byte, v *T, with func([]byte, T) []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	return with(b, *v)
}

// keyOf is the key of a field's i-th member, with what stands before it.
func keyOf(i int, f graphql.CollectedField) string {
	key := string(layer.AppendString(nil, f.Alias)) + ":"
	if i > 0 {
		return "," + key
	}
	return key
}
