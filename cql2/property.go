package cql2

import (
	"fmt"
	"unicode"
)

// Property is the name of a property, without quotes. Names tell case apart.
type Property string

// nameFault says why s can't be a Property, or nothing. Quotes have no escape in
// cql2-text.
func nameFault(s string) string {
	if s == "" {
		return "found an empty name, wanted the name of a property"
	}
	for _, c := range s {
		if c == '"' || unicode.IsControl(c) {
			return fmt.Sprintf("found %q in a name, which a property can't have", c)
		}
	}
	return ""
}

// appendName quotes a name where it could be taken for something else.
func appendName(b []byte, name string) []byte {
	if isIdentifier(name) && !reserved(name) {
		return append(b, name...)
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"')
}

func isIdentifier(s string) bool {
	for i, c := range s {
		if i == 0 && !startsName(c) || !continuesName(c) {
			return false
		}
	}
	return s != ""
}

// startsName and continuesName are the standard's, which took them from XML.
func startsName(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':':
		return true
	case c < 0xC0 || c == 0xD7 || c == 0xF7 || c == 0x37E || unicode.IsSpace(c):
		return false
	}
	return c <= 0x2FF || c >= 0x370 && c <= 0x1FFE ||
		c >= 0x200C && c <= 0x200D || c >= 0x2070 && c <= 0x218F ||
		c >= 0x2C00 && c <= 0x2FEF || c >= 0x3001 && c <= 0xD7FF ||
		c >= 0xF900 && c <= 0xFDCF || c >= 0xFDF0 && c <= 0xFFFD ||
		c >= 0x10000 && c <= 0xEFFFF
}

func continuesName(c rune) bool {
	return startsName(c) || c >= '0' && c <= '9' || c == '.' ||
		c >= 0x300 && c <= 0x36F || c >= 0x203F && c <= 0x2040
}
