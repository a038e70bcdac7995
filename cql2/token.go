package cql2

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	end kind = iota
	word
	quotedName
	literal // a string
	number  // without a sign
	symbol
)

// token is one word of cql2-text.
type token struct {
	kind     kind
	text     string // of a name or string what is meant, else as written; of a word the name
	from, to int    // bytes of the source
}

// scanner cuts a text into tokens.
type scanner struct {
	source string
	at     int
}

// scan gives all tokens, an end last, or what is wrong and at which byte.
func scan(source string) (tokens []token, at int, problem string) {
	if valid := strings.ToValidUTF8(source, ""); len(valid) < len(source) {
		at = 0
		for at < len(valid) && valid[at] == source[at] {
			at++
		}
		return nil, at, "found bytes that are not UTF-8"
	}
	s := &scanner{source: source}
	for {
		t, problem := s.next()
		if problem != "" {
			return nil, s.at, problem
		}
		tokens = append(tokens, t)
		if t.kind == end {
			return tokens, 0, ""
		}
	}
}

// next gives a token, or a problem at s.at.
func (s *scanner) next() (t token, problem string) {
	for s.at < len(s.source) {
		c, n := utf8.DecodeRuneInString(s.source[s.at:])
		if !unicode.IsSpace(c) {
			break
		}
		s.at += n
	}
	rest := s.source[s.at:]
	if rest == "" {
		return token{end, "", s.at, s.at}, ""
	}
	c, _ := utf8.DecodeRuneInString(rest)
	switch {
	case c == '\'':
		return s.string()
	case c == '"':
		return s.name()
	case c >= '0' && c <= '9', c == '.':
		return s.number()
	case startsName(c):
		return s.take(word, nameLength(rest)), ""
	}
	for _, two := range []string{"<>", "<=", ">="} {
		if strings.HasPrefix(rest, two) {
			return s.take(symbol, 2), ""
		}
	}
	if strings.ContainsRune("(),=<>+-*/%^", c) {
		return s.take(symbol, 1), ""
	}
	return t, "found " + describeRune(c) + ", which is no part of CQL2"
}

// take makes a token of the next n bytes.
func (s *scanner) take(k kind, n int) token {
	t := token{k, s.source[s.at : s.at+n], s.at, s.at + n}
	s.at += n
	return t
}

// string reads 'a string', in which a quote is doubled or \'.
func (s *scanner) string() (token, string) {
	var b strings.Builder
	for i := s.at + 1; i < len(s.source); i++ {
		pair := s.source[i:min(i+2, len(s.source))]
		switch {
		case pair == "''", pair == `\'`:
			b.WriteByte('\'')
			i++
		case pair[0] == '\'':
			t := s.take(literal, i+1-s.at)
			t.text = b.String()
			if problem := stringFault(t.text); problem != "" {
				s.at = t.from
				return t, problem
			}
			return t, ""
		default:
			b.WriteByte(pair[0])
		}
	}
	return token{}, "found a string without an end, wanted ' after it"
}

func (s *scanner) name() (token, string) {
	n := strings.IndexByte(s.source[s.at+1:], '"')
	if n < 0 {
		return token{}, `found a name without an end, wanted " after it`
	}
	if problem := nameFault(s.source[s.at+1 : s.at+1+n]); problem != "" {
		return token{}, problem
	}
	t := s.take(quotedName, n+2)
	t.text = t.text[1 : n+1]
	return t, ""
}

// number reads 12, 12.5, 12., .5 and any of these with an exponent.
func (s *scanner) number() (token, string) {
	rest := s.source[s.at:]
	whole := digits(rest)
	n, fraction := whole, 0
	if strings.HasPrefix(rest[n:], ".") {
		fraction = digits(rest[n+1:])
		n += 1 + fraction
	}
	if whole+fraction == 0 {
		return token{}, `found ".", wanted digits beside it`
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		sign := 0
		if n+1 < len(rest) && (rest[n+1] == '+' || rest[n+1] == '-') {
			sign = 1
		}
		if exponent := digits(rest[n+1+sign:]); exponent > 0 {
			n += 1 + sign + exponent
		}
	}
	if c, size := utf8.DecodeRuneInString(rest[n:]); size > 0 && continuesName(c) {
		return token{}, "found " + `"` + clip(rest[:n+nameLength(rest[n:])]) + `", wanted a number, or a name that does not start with a digit`
	}
	return s.take(number, n), ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// nameLength is how many bytes continue a name.
func nameLength(s string) int {
	for i, c := range s {
		if !continuesName(c) {
			return i
		}
	}
	return len(s)
}

func describeRune(c rune) string {
	if unicode.IsPrint(c) {
		return `"` + string(c) + `"`
	}
	return fmt.Sprintf("the character %U", c)
}
