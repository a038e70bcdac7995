package plan

import (
	"encoding/binary"

	"geohub/geo"
	"geohub/internal/pgbinary"
)

// This file reads what PostgreSQL puts together of binary values: records and arrays.

// dateOf reads a date, nil for NULL.
func dateOf(raw []byte) *geo.Date {
	if raw == nil {
		return nil
	}
	day := pgbinary.Date(raw)
	return &geo.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
}

// appendRecord splits a record into the values of its columns, nil for NULL.
func appendRecord(to [][]byte, raw []byte) [][]byte {
	n := int(binary.BigEndian.Uint32(raw))
	raw = raw[4:]
	for range n {
		size := int(int32(binary.BigEndian.Uint32(raw[4:])))
		raw = raw[8:]
		if size < 0 {
			to = append(to, nil)
			continue
		}
		to, raw = append(to, raw[:size]), raw[size:]
	}
	return to
}

// elements are those of an array of one dimension, none of NULL.
func elements(raw []byte) (all [][]byte) {
	if raw != nil {
		pgbinary.Elements(raw, func(element []byte) { all = append(all, element) })
	}
	return all
}

// array is one of a single dimension, being read.
type array struct {
	n    int // elements in all
	rest []byte
}

// arraysOf reads arrays that begin together; NULL is one without elements.
func arraysOf(raw [][]byte) []array {
	out := make([]array, len(raw))
	for i, raw := range raw {
		if raw != nil && binary.BigEndian.Uint32(raw) > 0 {
			out[i] = array{int(binary.BigEndian.Uint32(raw[12:])), raw[20:]}
		}
	}
	return out
}

// next is the next element, nil for NULL.
func (a *array) next() []byte {
	size := int(int32(binary.BigEndian.Uint32(a.rest)))
	a.rest = a.rest[4:]
	if size < 0 {
		return nil
	}
	element := a.rest[:size]
	a.rest = a.rest[size:]
	return element
}
