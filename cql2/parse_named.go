package cql2

import (
	"slices"
	"strings"
)

// named reads what starts with a word: a literal, a call or a property.
func (p *parser) named() Expr {
	t := p.token()
	name := lower(t.text)
	if name == "true" || name == "false" {
		p.i++
		return Boolean(name == "true")
	}
	if slices.Contains(keywords, name) {
		p.want("a value, a property or (; a property of that name needs quotes, \"" + t.text + "\"")
		return nil
	}
	if slices.Contains(geometries, name) && p.isTagged() {
		return p.geometry()
	}
	p.i++
	if !p.isSymbol("(") {
		return Property(t.text)
	}
	switch name {
	case "date":
		return p.instant(func(s string) (Expr, string) { return result(parseDate(s)) })
	case "timestamp":
		return p.instant(func(s string) (Expr, string) { return result(parseTimestamp(s)) })
	case "interval":
		return p.interval()
	case "bbox":
		return p.bbox()
	}
	if call, ok := calls[name]; ok {
		return p.call(call)
	}
	return p.function(t.text)
}

// instant reads ('…').
func (p *parser) instant(parse func(string) (Expr, string)) Expr {
	p.needSymbol("(")
	t := p.token()
	if t.kind != literal {
		p.want("a string")
		return nil
	}
	e := p.parsed(parse)
	p.needSymbol(")")
	return e
}

// parsed reads a string that has a form of its own.
func (p *parser) parsed(parse func(string) (Expr, string)) Expr {
	t := p.token()
	e, problem := parse(t.text)
	if problem != "" {
		p.fail(t, problem)
		return nil
	}
	p.i++
	return e
}

func (p *parser) interval() Expr {
	p.open()
	start := p.end()
	p.needSymbol(",")
	end := p.end()
	p.close()
	return Interval{start, end}
}

// end reads an end of an interval; an open one is nil.
func (p *parser) end() Expr {
	const wanted = "'2025-07-01', '2025-07-01T00:00:00Z', '..', a property or a function"
	t := p.token()
	switch {
	case t.kind == literal:
		return p.parsed(parseEnd)
	case t.kind != word && t.kind != quotedName:
		p.want(wanted)
		return nil
	}
	e := p.value()
	if problem := badEnd(e); problem != "" && p.err == nil {
		p.fail(t, problem+", wanted "+wanted)
	}
	return e
}

// badEnd says why what was read, not written as a string, is no end.
func badEnd(e Expr) string {
	switch e.(type) {
	case nil, Property, Function:
		return ""
	}
	return "found " + describe(e)
}

func (p *parser) bbox() Expr {
	p.needSymbol("(")
	var bounds []float64
	var at []token
	for first := true; first || len(bounds) < 6 && p.symbol(","); first = false {
		at = append(at, p.token())
		bounds = append(bounds, p.coordinate())
	}
	p.needSymbol(")")
	if p.err != nil {
		return nil
	}
	b, i, problem := boxOf(bounds)
	if problem != "" {
		p.failGeometry(at[i], problem)
	}
	return b
}

// call reads the arguments of what the standard knows.
func (p *parser) call(op operation) Expr {
	p.open()
	args := make([]Expr, len(op.args))
	for i, want := range op.args {
		if i > 0 {
			p.needSymbol(",")
		}
		args[i] = p.argument(want)
	}
	p.close()
	if p.err != nil {
		return nil
	}
	return op.node(args)
}

func (p *parser) function(name string) Expr {
	p.open()
	return Function{name, p.arguments()}
}

// arguments reads any, none too, and the bracket after them.
func (p *parser) arguments() []Expr {
	if p.isSymbol(")") {
		p.close()
		return nil
	}
	return p.list(func() Expr { return p.argument(anything) })
}

// argument is the only place of arrays. A bracket around one whole argument is
// an array of one, where one is allowed, and not just a bracket.
func (p *parser) argument(want role) Expr {
	if want&array != 0 && p.isBracketed() {
		p.open()
		return Array{p.arguments()}
	}
	return p.operand(p.expression, want)
}

// isBracketed looks ahead: whether an argument is one bracket and no more.
func (p *parser) isBracketed() bool {
	if !p.isSymbol("(") {
		return false
	}
	depth := 0
	for i, t := range p.tokens[p.i:] {
		switch {
		case t.kind != symbol:
		case t.text == "(":
			depth++
		case t.text == ")":
			if depth--; depth == 0 {
				after := p.tokens[p.i+i+1]
				return after.kind == symbol && strings.Contains(",)", after.text)
			}
		}
	}
	return false
}
