package cql2

import (
	"strings"

	"github.com/paulmach/orb"
)

// Text prints e in cql2-text: keywords in capitals, names without quotes where
// they can do without, no bracket that is not needed but after NOT. e is such a
// tree as Parse gives, or a part of one.
func Text(e Expr) string { return string(appendText(nil, e, anyRank)) }

// rank is how close a node holds together; one that does so less than its place
// asks for stands in brackets.
type rank int

const (
	anyRank rank = iota
	conjunctionRank
	negationRank
	predicateRank
	sumRank
	productRank
	powerRank
	valueRank
)

func rankOf(e Expr) rank {
	switch e := e.(type) {
	case Or:
		return anyRank
	case And:
		return conjunctionRank
	case Not:
		return negationRank
	case Comparison, Like, Between, In, IsNull:
		return predicateRank
	case Arithmetic:
		switch e.Op {
		case Add, Subtract:
			return sumRank
		case Power:
			return powerRank
		}
		return productRank
	}
	return valueRank
}

func appendText(b []byte, e Expr, least rank) []byte {
	if rankOf(e) < least {
		return append(appendText(append(b, '('), e, anyRank), ')')
	}
	switch e := e.(type) {
	case And:
		return appendBetween(b, e.Args, " AND ", negationRank)
	case Or:
		return appendBetween(b, e.Args, " OR ", conjunctionRank)
	case Not:
		return appendNot(b, e)
	case Boolean:
		if e {
			return append(b, "TRUE"...)
		}
		return append(b, "FALSE"...)
	case Comparison:
		b = appendText(b, e.Left, sumRank)
		b = append(append(append(b, ' '), e.Op...), ' ')
		return appendText(b, e.Right, sumRank)
	case Like, Between, In, IsNull:
		return appendPredicate(b, e, "")
	case Spatial:
		return appendCall(b, strings.ToUpper(string(e.Op)), []Expr{e.Left, e.Right})
	case Temporal:
		return appendCall(b, strings.ToUpper(string(e.Op)), []Expr{e.Left, e.Right})
	case Arithmetic:
		return appendArithmetic(b, e)
	case Property:
		return appendName(b, string(e))
	case String:
		return appendString(b, string(e))
	case CaseI:
		return appendCall(b, "CASEI", []Expr{e.Value})
	case AccentI:
		return appendCall(b, "ACCENTI", []Expr{e.Value})
	case Number:
		return appendNumber(b, float64(e))
	case Date:
		return appendCall(b, "DATE", []Expr{String(e.String())})
	case Timestamp:
		return appendCall(b, "TIMESTAMP", []Expr{String(e.String())})
	case Interval:
		return appendCall(b, "INTERVAL", []Expr{endText(e.Start), endText(e.End)})
	case Geometry:
		return appendWKT(b, e.Shape)
	case BBox:
		return appendCall(b, "BBOX", []Expr{Number(e[0]), Number(e[1]), Number(e[2]), Number(e[3])})
	case Function:
		if _, known := calls[lower(e.Name)]; known {
			return appendCall(b, strings.ToUpper(e.Name), e.Args)
		}
		return appendCall(b, e.Name, e.Args)
	case Array:
		return appendCall(b, "", e.Items)
	}
	return b
}

func appendBetween(b []byte, parts []Expr, between string, least rank) []byte {
	for i, e := range parts {
		if i > 0 {
			b = append(b, between...)
		}
		b = appendText(b, e, least)
	}
	return b
}

func appendNot(b []byte, e Not) []byte {
	switch arg := e.Arg.(type) {
	case Like, Between, In, IsNull:
		return appendPredicate(b, arg, "NOT ")
	}
	return appendText(append(b, "NOT "...), e.Arg, valueRank)
}

// appendPredicate prints those that take NOT in their midst.
func appendPredicate(b []byte, e Expr, not string) []byte {
	switch e := e.(type) {
	case Like:
		b = append(appendText(b, e.Value, sumRank), " "+not+"LIKE "...)
		return appendText(b, e.Pattern, sumRank)
	case Between:
		b = append(appendText(b, e.Value, sumRank), " "+not+"BETWEEN "...)
		b = append(appendText(b, e.Low, sumRank), " AND "...)
		return appendText(b, e.High, sumRank)
	case In:
		b = append(appendText(b, e.Value, sumRank), " "+not+"IN "...)
		return appendCall(b, "", e.List)
	case IsNull:
		return append(appendText(b, e.Value, sumRank), " IS "+not+"NULL"...)
	}
	return b
}

func appendArithmetic(b []byte, e Arithmetic) []byte {
	left, right := rankOf(e), rankOf(e)+1
	if e.Op == Power {
		left = valueRank
	}
	b = appendText(b, e.Left, left)
	b = append(append(append(b, ' '), e.Op...), ' ')
	return appendText(b, e.Right, right)
}

func appendCall(b []byte, name string, args []Expr) []byte {
	b = append(append(b, name...), '(')
	return append(appendBetween(b, args, ", ", anyRank), ')')
}

// endText is an end of an interval as it stands in brackets.
func endText(e Expr) Expr {
	switch e := e.(type) {
	case nil:
		return String(openEnd)
	case Date:
		return String(e.String())
	case Timestamp:
		return String(e.String())
	}
	return e
}

func appendWKT(b []byte, g orb.Geometry) []byte {
	switch g := g.(type) {
	case orb.Point:
		return append(appendPosition(append(b, "POINT("...), g), ')')
	case orb.LineString:
		return appendPositions(append(b, "LINESTRING"...), g)
	case orb.Polygon:
		return appendParts(append(b, "POLYGON"...), g, appendPositions[orb.Ring])
	case orb.MultiPoint:
		return appendParts(append(b, "MULTIPOINT"...), g, func(b []byte, p orb.Point) []byte {
			return append(appendPosition(append(b, '('), p), ')')
		})
	case orb.MultiLineString:
		return appendParts(append(b, "MULTILINESTRING"...), g, appendPositions[orb.LineString])
	case orb.MultiPolygon:
		return appendParts(append(b, "MULTIPOLYGON"...), g, func(b []byte, p orb.Polygon) []byte {
			return appendParts(b, p, appendPositions[orb.Ring])
		})
	case orb.Collection:
		return appendParts(append(b, "GEOMETRYCOLLECTION"...), g, appendWKT)
	}
	return b
}

func appendParts[T any](b []byte, parts []T, part func([]byte, T) []byte) []byte {
	b = append(b, '(')
	for i, p := range parts {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = part(b, p)
	}
	return append(b, ')')
}

func appendPositions[S ~[]orb.Point](b []byte, points S) []byte {
	return appendParts(b, points, appendPosition)
}

func appendPosition(b []byte, p orb.Point) []byte {
	b = append(appendNumber(b, p[0]), ' ')
	return appendNumber(b, p[1])
}
