package cql2

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"geohub/internal/fault"
)

// parser goes down the grammar. After a fault it stands at the end, where
// nothing more is accepted, and returns nil nodes; the first fault stays.
type parser struct {
	source   string
	tokens   []token // an end is the last
	i        int
	depth    int // of brackets
	vertices int
	err      error
}

// token is the next one, which is not yet taken.
func (p *parser) token() token { return p.tokens[p.i] }

func (p *parser) isSymbol(s string) bool {
	t := p.token()
	return t.kind == symbol && t.text == s
}

// symbol takes a symbol if it is next.
func (p *parser) symbol(s string) bool {
	if !p.isSymbol(s) {
		return false
	}
	p.i++
	return true
}

func (p *parser) isWord(keyword string) bool {
	t := p.token()
	return t.kind == word && lower(t.text) == keyword
}

// word takes a keyword if it is next.
func (p *parser) word(keyword string) bool {
	if !p.isWord(keyword) {
		return false
	}
	p.i++
	return true
}

func (p *parser) need(keyword string) {
	if !p.word(keyword) {
		p.want(strings.ToUpper(keyword))
	}
}

func (p *parser) needSymbol(s string) {
	if !p.symbol(s) {
		p.want(`"` + s + `"`)
	}
}

// digits takes a number and its sign, as they are written.
func (p *parser) digits() string {
	sign := ""
	if p.symbol("-") {
		sign = "-"
	} else {
		p.symbol("+")
	}
	t := p.token()
	if t.kind != number {
		p.want("a number")
		return "0"
	}
	p.i++
	return sign + t.text
}

// open takes a bracket in which nodes stand.
func (p *parser) open() {
	if p.depth++; p.depth > MaxDepth {
		p.fail(p.token(), "found more than "+strconv.Itoa(MaxDepth)+" brackets, one in the other", "limit", MaxDepth)
	}
	p.needSymbol("(")
}

func (p *parser) close() {
	p.depth--
	p.needSymbol(")")
}

// want fails at the next token, which is none of what is wanted.
func (p *parser) want(what string) {
	t := p.token()
	found := "the end"
	if t.kind != end {
		found = `"` + clip(p.source[t.from:t.to]) + `"`
	}
	p.fail(t, "found "+found+", wanted "+what)
}

func (p *parser) fail(at token, problem string, details ...any) {
	p.fault(at.from, "BAD_INPUT", problem, details...)
}

func (p *parser) failGeometry(at token, problem string, details ...any) {
	p.fault(at.from, "BAD_GEOMETRY", problem, details...)
}

// fault keeps the first fault, at a byte of the source, and goes to the end.
func (p *parser) fault(at int, code, problem string, details ...any) {
	if p.err == nil {
		character := utf8.RuneCountInString(p.source[:at]) + 1
		err := fault.Invalid(code, "filter, character %d%s: %s", character, near(p.source, at), problem).With("at", character)
		for i := 0; i+1 < len(details); i += 2 {
			err.With(details[i].(string), details[i+1])
		}
		p.err = err
	}
	p.i = max(0, len(p.tokens)-1)
}

// near quotes the source around a byte.
func near(source string, at int) string {
	const before, after = 12, 20
	left, right := []rune(source[:at]), []rune(source[at:])
	first, last := "", ""
	if len(left) > before {
		left, first = left[len(left)-before:], "…"
	}
	if len(right) > after {
		right, last = right[:after], "…"
	}
	text := string(left) + string(right)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return ", near `" + first + printable(text) + last + "`"
}
