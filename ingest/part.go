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
	sparse  bool
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
	p := &Part[T]{layer: l, name: name, except: map[string]bool{}}
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

func (p *Part[T]) owns(column string) bool {
	if p.columns != nil {
		return p.columns[column]
	}
	return !p.except[column]
}
