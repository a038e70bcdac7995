// Package pgbinary reads PostgreSQL's values from the form in which they travel
// in binary. What it is given is of the type asked for, and not NULL.
//
//	level := pgbinary.Float(values[3]) // of a float8
package pgbinary

import (
	"encoding/binary"
	"math"
	"time"
)

// epoch is the moment that PostgreSQL counts from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Time reads a timestamptz, in UTC.
func Time(raw []byte) time.Time {
	return epoch.Add(time.Duration(int64(binary.BigEndian.Uint64(raw))) * time.Microsecond)
}

// Date reads a date, as its midnight in UTC.
func Date(raw []byte) time.Time {
	return epoch.AddDate(0, 0, int(int32(binary.BigEndian.Uint32(raw))))
}

// Float reads a float8.
func Float(raw []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(raw)) }

// Int reads an int4 or an int8.
func Int(raw []byte) int64 {
	if len(raw) == 4 {
		return int64(int32(binary.BigEndian.Uint32(raw)))
	}
	return int64(binary.BigEndian.Uint64(raw))
}

// Bool reads a boolean.
func Bool(raw []byte) bool { return raw[0] != 0 }
