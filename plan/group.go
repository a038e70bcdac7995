package plan

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
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
	// The keys and the measures are known when the statement is made.
	type made struct {
		keys     []layer.Grouping
		measures []layer.Measure
	}
	asked := p.reads(func(*run) (any, error) { return &made{}, nil })
	i := p.whole.own(func(x *run) (clause.C, error) {
		a, _ := x.args[args].(map[string]any)
		q := layer.GroupQuery{}
		q.By, _ = a["by"].([]layer.GroupField)
		q.Measures, _ = a["measures"].([]layer.Measuring)
		q.Level, _ = a["level"].(*layer.UnitKind)
		q.At, _ = a["at"].(*geo.Date)
		cells, keys, measures, err := x.list.(*layer.List).Cells(x.ctx, q)
		*x.args[asked].(*made) = made{keys, measures}
		return cells, err
	})
	return func(x *run, b []byte, found *found) []byte {
		columns := x.open(0, found.whole[i])
		all := cells{counts: elements(columns[0])}
		if len(all.counts) > layer.MaxGroups {
			x.fail(unfit("groups"))
			return b
		}
		made := x.args[asked].(*made)
		columns = columns[1:]
		for i, m := range made.measures {
			all.measures = append(all.measures, cellMeasure{m, elements(columns[2*len(made.keys)+i])})
		}
		for i, key := range made.keys {
			all.keys = append(all.keys, x.cellKey(key, columns[2*i], columns[2*i+1]))
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

// cells are those of a grouping: how many rows each has, its keys and its measures.
type cells struct {
	counts   [][]byte
	keys     []cellKey
	measures []cellMeasure
}

// cellMeasure is a measure of a grouping: its value in each cell, nil for NULL.
type cellMeasure struct {
	layer.Measure
	values [][]byte
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
			one, err := p.cellMeasure(field)
			if err != nil {
				return nil, err
			}
			print = func(_ *run, b []byte, all *cells, n int) []byte {
				b = append(b, '[')
				for i := range all.measures {
					if i > 0 {
						b = append(b, ',')
					}
					b = one(b, &all.measures[i], n)
				}
				return append(b, ']')
			}
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

// cellMeasure compiles a selection of a measure.
func (p *page) cellMeasure(f graphql.CollectedField) (func(b []byte, m *cellMeasure, n int) []byte, error) {
	type measurePrinter = func(b []byte, m *cellMeasure, n int) []byte
	var members []measurePrinter
	for i, field := range p.collect(f, "Measure") {
		key := keyOf(i, field)
		var print measurePrinter
		switch field.Name {
		case "__typename":
			print = func(b []byte, _ *cellMeasure, _ int) []byte { return append(b, `"Measure"`...) }
		case "name":
			print = func(b []byte, m *cellMeasure, _ int) []byte { return layer.AppendString(b, m.Name) }
		case "unit":
			print = func(b []byte, m *cellMeasure, _ int) []byte { return orNull(b, m.Unit, layer.AppendString) }
		case "value":
			print = func(b []byte, m *cellMeasure, n int) []byte {
				if m.values[n] == nil {
					return append(b, "null"...)
				}
				return layer.AppendBinary(b, layer.KindFloat, m.values[n])
			}
		default:
			return nil, unfit("field Measure." + field.Name)
		}
		members = append(members, func(b []byte, m *cellMeasure, n int) []byte { return print(append(b, key...), m, n) })
	}
	return func(b []byte, m *cellMeasure, n int) []byte {
		b = append(b, '{')
		for _, member := range members {
			b = member(b, m, n)
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
