package cql2

import (
	"math"
	"strconv"
	"strings"
)

// Number is a finite number, never -0.
type Number float64

// maxInteger is the first of the integers that a Number can't tell from a
// neighbour. Such a key would silently find another row.
const maxInteger = 1 << 53

// parseNumber reads what both encodings write, or says what is wrong with it.
func parseNumber(text string) (x Number, problem string) {
	v, problem := parseFinite(text)
	if problem == "" && math.Abs(v) >= maxInteger && !strings.ContainsAny(text, ".eE") {
		problem = "found the integer " + clip(text) + ", which from 2^53 on would lose digits; wanted a string, or a number with E"
	}
	return Number(v), problem
}

// parseFinite is parseNumber for coordinates, which are not keys.
func parseFinite(text string) (x float64, problem string) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, "found the number " + clip(text) + ", wanted a finite one"
	}
	return x + 0, "" // -0 + 0 is 0
}

// appendNumber writes the shortest text that reads back as x.
func appendNumber(b []byte, x float64) []byte {
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= maxInteger) {
		format = 'E'
	}
	return strconv.AppendFloat(b, x+0, format, -1, 64)
}
