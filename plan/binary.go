package plan

import (
	"encoding/binary"
	"strconv"

	"geohub/geo"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// This file reads PostgreSQL's binary values and appends them as JSON, in the
// form that the typed printer gives them.

// dateOf reads a date, nil for NULL.
func dateOf(raw []byte) *geo.Date {
	if raw == nil {
		return nil
	}
	day := pgbinary.Date(raw)
	return &geo.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
}

// appendKind appends a value of a kind that is not NULL.
func appendKind(b []byte, kind layer.Kind, raw []byte) []byte {
	switch kind {
	case layer.KindFloat:
		return appendFloat(b, pgbinary.Float(raw))
	case layer.KindInt:
		return strconv.AppendInt(b, pgbinary.Int(raw), 10)
	case layer.KindBool:
		return strconv.AppendBool(b, pgbinary.Bool(raw))
	case layer.KindDateTime:
		return layer.AppendTime(b, pgbinary.Time(raw))
	case layer.KindDate:
		return pgbinary.Date(raw).AppendFormat(b, `"2006-01-02"`)
	case layer.KindStrings, layer.KindEnums:
		b = append(b, '[')
		n := 0
		eachElement(raw, func(element []byte) {
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = layer.AppendString(b, element)
		})
		return append(b, ']')
	}
	return layer.AppendString(b, raw)
}

// appendFloat appends a number as gqlgen does. There are no others: ingest
// refuses what is not finite.
func appendFloat(b []byte, f float64) []byte { return strconv.AppendFloat(b, f, 'g', -1, 64) }

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
		eachElement(raw, func(element []byte) { all = append(all, element) })
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

// eachElement walks an array of one dimension, nil for NULL.
func eachElement(raw []byte, each func([]byte)) {
	if binary.BigEndian.Uint32(raw) == 0 {
		return
	}
	n := int(binary.BigEndian.Uint32(raw[12:]))
	raw = raw[20:]
	for range n {
		size := int(int32(binary.BigEndian.Uint32(raw)))
		raw = raw[4:]
		if size < 0 {
			each(nil)
			continue
		}
		each(raw[:size])
		raw = raw[size:]
	}
}
