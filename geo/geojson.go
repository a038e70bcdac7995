package geo

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// AppendGeoJSON appends g as an RFC 7946 geometry object and returns the
// extended buffer; beyond the buffer's growth it allocates nothing. Decimals are
// the digits kept behind the point, rounded, without trailing zeros; below 0 it
// writes the shortest text that reads back as the same number. A nil g is null,
// and so is a number that is not finite, which JSON can't say.
func AppendGeoJSON(b []byte, g orb.Geometry, decimals int) []byte {
	// Past 17 digits a float64 has nothing more to tell.
	decimals = min(decimals, 17)
	switch g := g.(type) {
	case orb.Point:
		b = append(b, `{"type":"Point","coordinates":`...)
		b = appendPosition(b, g, decimals)
	case orb.MultiPoint:
		b = append(b, `{"type":"MultiPoint","coordinates":`...)
		b = appendPositions(b, g, decimals)
	case orb.LineString:
		b = append(b, `{"type":"LineString","coordinates":`...)
		b = appendPositions(b, g, decimals)
	case orb.MultiLineString:
		b = append(b, `{"type":"MultiLineString","coordinates":[`...)
		for i, line := range g {
			b = appendPositions(comma(b, i), line, decimals)
		}
		b = append(b, ']')
	case orb.Ring:
		b = append(b, `{"type":"Polygon","coordinates":[`...)
		b = append(appendPositions(b, g, decimals), ']')
	case orb.Polygon:
		b = append(b, `{"type":"Polygon","coordinates":`...)
		b = appendPolygon(b, g, decimals)
	case orb.MultiPolygon:
		b = append(b, `{"type":"MultiPolygon","coordinates":[`...)
		for i, polygon := range g {
			b = appendPolygon(comma(b, i), polygon, decimals)
		}
		b = append(b, ']')
	case orb.Collection:
		b = append(b, `{"type":"GeometryCollection","geometries":[`...)
		for i, member := range g {
			b = AppendGeoJSON(comma(b, i), member, decimals)
		}
		b = append(b, ']')
	case orb.Bound:
		return AppendGeoJSON(b, g.ToPolygon(), decimals)
	default:
		return append(b, "null"...)
	}
	return append(b, '}')
}

func appendPolygon(b []byte, rings orb.Polygon, decimals int) []byte {
	b = append(b, '[')
	for i, ring := range rings {
		b = appendPositions(comma(b, i), ring, decimals)
	}
	return append(b, ']')
}

func appendPositions[S ~[]orb.Point](b []byte, points S, decimals int) []byte {
	b = append(b, '[')
	for i, p := range points {
		b = appendPosition(comma(b, i), p, decimals)
	}
	return append(b, ']')
}

func appendPosition(b []byte, p orb.Point, decimals int) []byte {
	b = append(b, '[')
	b = AppendNumber(b, p[0], decimals)
	b = append(b, ',')
	b = AppendNumber(b, p[1], decimals)
	return append(b, ']')
}

// AppendNumber appends a number without an exponent; decimals are as in
// [AppendGeoJSON].
func AppendNumber(b []byte, x float64, decimals int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(b, "null"...)
	}
	from := len(b)
	b = strconv.AppendFloat(b, x, 'f', decimals, 64)
	if decimals > 0 {
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] == '.' {
			b = b[:len(b)-1]
		}
	}
	if len(b) == from+2 && b[from] == '-' && b[from+1] == '0' {
		b = append(b[:from], '0')
	}
	return b
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}
