package ingest

import (
	"fmt"

	"geohub/layer"
)

// Part is the fields of a layer that one kind of record knows: the registry's
// of a billboard and its heartbeat's, the position's of a vessel. Each part of
// a row has its own version, so that an entry in a register of last year
// overwrites no heartbeat of today, nor the heartbeat the entry. Parts are
// declared beside the layer's mappings.
//
//	var heartbeat = ingest.NewPart(Billboards, "heartbeat", "observedAt", "lastHeartbeatAt", "currentCreative")
//	var registry = ingest.Rest(Billboards, "registry", heartbeat)
type Part[T any] struct {
	layer   *layer.Layer[T]
	name    string
	columns map[string]bool // those it owns; nil: all but except
	except  map[string]bool
	others  []*Part[T] // whose columns except has
	sparse  bool
	yields  bool
	parts   []*Part[T] // that it is of; nil: itself
}

// Whole is all fields of a layer.
func Whole[T any](l *layer.Layer[T]) *Part[T] { return &Part[T]{layer: l, name: "row"} }

// NewPart is the fields named, as GraphQL names them; "geometry" is that with
// its accuracy, "label" both languages with the words that are searched. It
// panics on a field there isn't: the program is wrong then.
func NewPart[T any](l *layer.Layer[T], name string, fields ...string) *Part[T] {
	p := &Part[T]{layer: l, name: name, columns: map[string]bool{}}
	for _, field := range fields {
		if f, ok := l.Lookup(field); ok && f.Text {
			panic(fmt.Sprintf("layer %s: %s is searched, so it belongs to the part that has the label", l.Field, field))
		}
		for _, c := range l.ColumnsOf(field) {
			p.columns[c] = true
		}
	}
	return p
}

// Rest is all fields that no other part has.
func Rest[T any](l *layer.Layer[T], name string, others ...*Part[T]) *Part[T] {
	p := &Part[T]{layer: l, name: name, except: map[string]bool{}, others: others}
	for _, o := range others {
		for c := range o.columns {
			p.except[c] = true
		}
	}
	return p
}

// Sparse is the part for records that say only what they know: a field they
// leave out stays as it is.
func (p *Part[T]) Sparse() *Part[T] {
	q := *p
	q.sparse = true
	return &q
}

// Yielding is the part of a source that knows a feature by a former id, and
// less of it than those that know it by its own: of a merged feature it fills
// in what the row doesn't know.
func (p *Part[T]) Yielding() *Part[T] {
	q := *p
	q.yields = true
	return &q
}

// Together is parts that come in one record, which is cheaper than writing them
// one after the other. Each keeps its own version. It panics when some are
// sparse and others aren't: the program is wrong then.
func Together[T any](parts ...*Part[T]) *Part[T] {
	p := &Part[T]{layer: parts[0].layer, columns: map[string]bool{}, sparse: parts[0].sparse, parts: parts}
	for _, q := range parts {
		if q.sparse != p.sparse {
			panic(fmt.Sprintf("layer %s: %s is sparse and %s isn't, or the other way round", p.layer.Field, parts[0].name, q.name))
		}
		p.name += " " + q.name
		for c := range q.columns {
			p.columns[c] = true
		}
	}
	return p
}

// fields is what the writer of a part has to know of it.
func (p *Part[T]) fields() []fields {
	if p.parts == nil {
		f := fields{name: p.name, owns: p.owns, sparse: p.sparse, yields: p.yields, exact: p.columns != nil && !p.sparse && !p.yields}
		for _, o := range p.others {
			f.others = append(f.others, o.fields()...)
		}
		return []fields{f}
	}
	var all []fields
	for _, q := range p.parts {
		all = append(all, q.fields()...)
	}
	return all
}

// fields is a part without its type.
type fields struct {
	name   string
	owns   func(column string) bool
	sparse bool // what is not known is no reason to forget
	yields bool
	exact  bool // its newest version is all there is to know
	others []fields
}

func (p *Part[T]) owns(column string) bool {
	if p.columns != nil {
		return p.columns[column]
	}
	return !p.except[column]
}
