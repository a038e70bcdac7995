package limit

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// A column's value as PostgreSQL sends it in binary, appended as JSON; nil is NULL.

func appendString(b, v []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	for _, c := range v {
		if c < ' ' || c == '"' || c == '\\' {
			text, _ := json.Marshal(string(v)) // rare
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, v...)
	return append(b, '"')
}

// epoch is PostgreSQL's: microseconds count from it.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func appendTime(b, v []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	micros := int64(binary.BigEndian.Uint64(v))
	b = append(b, '"')
	b = time.UnixMicro(epoch.UnixMicro()+micros).UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

func float(v []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(v)) }

func appendFloat(b, v []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	return appendNumber(b, float(v))
}

func appendNumber(b []byte, f float64) []byte { return strconv.AppendFloat(b, f, 'f', -1, 64) }

// pointBytes is a point with its SRID in EWKB: byte order, type, SRID, x, y.
const pointBytes = 1 + 4 + 4 + 8 + 8

// point reads a point as PostGIS sends it from a machine of little endian.
func point(v []byte) (lon, lat float64) {
	if len(v) != pointBytes || v[0] != 1 {
		return math.NaN(), math.NaN()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(v[9:])), math.Float64frombits(binary.LittleEndian.Uint64(v[17:]))
}

func appendPoint(b, v []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	lon, lat := point(v)
	b = append(b, `{"type":"Point","coordinates":[`...)
	b = appendNumber(b, lon)
	b = append(b, ',')
	b = appendNumber(b, lat)
	return append(b, ']', '}')
}
