package cql2

import (
	"fmt"
	"strings"
)

// String is a character literal. It has no control characters but blanks, bell
// and backspace, and no backslash at its end, which cql2-text can't write.
type String string

// CaseI is a text without regard to case.
type CaseI struct{ Value Expr }

// AccentI is a text without regard to accents.
type AccentI struct{ Value Expr }

// stringFault says why s is no String, or nothing.
func stringFault(s string) string {
	for _, c := range s {
		if c < 0x07 || c > 0x0D && c < 0x20 {
			return fmt.Sprintf("found the control character %U, which a string can't have", c)
		}
	}
	if strings.HasSuffix(s, `\`) {
		return `found a string that ends in \, which cql2-text can't write`
	}
	return ""
}

// appendString quotes s. A quote after a backslash can't be doubled, since the
// first of the two would be taken for \'.
func appendString(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		switch {
		case s[i] != '\'':
		case i > 0 && s[i-1] == '\\':
			b = append(b, '\\')
		default:
			b = append(b, '\'')
		}
		b = append(b, s[i])
	}
	return append(b, '\'')
}
