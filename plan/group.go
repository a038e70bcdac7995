package plan

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// groups compiles the cells of a grouping of the whole list: arrays of them among
// what is asked of it.
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
		columns := x.open(0, found.whole[i])
		all := cells{counts: elements(columns[0])}
		if len(all.counts) > layer.MaxGroups {
			x.fail(unfit("groups"))
			return b
		}
		for i, key := range *x.args[made].(*[]layer.Grouping) {
			all.keys = append(all.keys, x.cellKey(key, columns[1+2*i], columns[2+2*i]))
		}
		b = append(b, '[')
		for n := range all.counts {
			if n > 0 {
				b = append(b, ',')
			}
			b = cell(x, b, &all, n)
		}
		return append(b, ']')
	}, nil
}

// cells are those of a grouping: how many rows each has, and its keys.
type cells struct {
	counts [][]byte
	keys   []cellKey
}

// cellKey is a key of a grouping: its text in each cell, and what texts stand for.
type cellKey struct {
	layer.Grouping
	texts [][]byte
	known map[string]*layer.GroupKey
}

// cellKey reads a key's texts and the records of what they stand for.
func (x *run) cellKey(g layer.Grouping, texts, records []byte) cellKey {
	k := cellKey{g, elements(texts), map[string]*layer.GroupKey{}}
	for _, raw := range elements(records) {
		c := x.open(1, raw)
		k.known[string(c[0])] = g.KeyOf(string(c[1]), layer.Title{VI: string(c[2]), EN: string(c[3])}, dateOf(c[4]), dateOf(c[5]))
	}
	return k
}

// of is what the key stands for in a cell.
func (k cellKey) of(x *run, n int) *layer.GroupKey {
	var value *string
	if text := k.texts[n]; text != nil {
		if known := k.known[string(text)]; known != nil {
			return known
		}
		s := string(text)
		value = &s
	}
	key, err := k.Key(x.ctx, value)
	if err != nil {
		x.fail(err)
		return &layer.GroupKey{}
	}
	if value != nil {
		k.known[*value] = key
	}
	return key
}

// cellPrinter prints the n-th cell.
type cellPrinter func(x *run, b []byte, all *cells, n int) []byte

func (p *page) cell(f graphql.CollectedField) (cellPrinter, error) {
	var members []cellPrinter
	for i, field := range p.collect(f, "Group") {
		key := keyOf(i, field)
		var print cellPrinter
		switch field.Name {
		case "__typename":
			print = func(_ *run, b []byte, _ *cells, _ int) []byte { return append(b, `"Group"`...) }
		case "count":
			print = func(_ *run, b []byte, all *cells, n int) []byte {
				return strconv.AppendInt(b, pgbinary.Int(all.counts[n]), 10)
			}
		case "keys":
			one, err := p.groupKey(field)
			if err != nil {
				return nil, err
			}
			print = func(x *run, b []byte, all *cells, n int) []byte {
				b = append(b, '[')
				for i, k := range all.keys {
					if i > 0 {
						b = append(b, ',')
					}
					b = one(x, b, k.of(x, n))
				}
				return append(b, ']')
			}
		case "measures":
			print = func(_ *run, b []byte, _ *cells, _ int) []byte { return append(b, "[]"...) }
		default:
			return nil, unfit("field Group." + field.Name)
		}
		members = append(members, func(x *run, b []byte, all *cells, n int) []byte {
			return print(x, append(b, key...), all, n)
		})
	}
	return func(x *run, b []byte, all *cells, n int) []byte {
		b = append(b, '{')
		for _, m := range members {
			b = m(x, b, all, n)
		}
		return append(b, '}')
	}, nil
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
