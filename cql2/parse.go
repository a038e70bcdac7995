package cql2

import (
	"slices"
	"strconv"
)

// Parse reads a filter in cql2-text. Keywords may be in any case. Words that are
// keywords only before a bracket, DATE or POINT, may name a property elsewhere;
// the others need quotes for that.
//
// Beyond the standard's grammar, - may stand before a bracket and MULTIPOINT
// does without the inner ones.
func Parse(text string) (Expr, error) {
	if len(text) > MaxBytes {
		return nil, overLimit("bytes", MaxBytes, len(text))
	}
	p := &parser{source: text}
	tokens, at, problem := scan(text)
	if problem != "" {
		p.fault(at, "BAD_INPUT", problem)
		return nil, p.err
	}
	p.tokens = tokens
	e := p.filter()
	if p.err != nil {
		return nil, p.err
	}
	if err := withinLimits(e); err != nil {
		return nil, err
	}
	return e, nil
}

func (p *parser) filter() Expr {
	if p.token().kind == end {
		p.fail(p.token(), "the filter is empty, wanted "+boolean.String())
		return nil
	}
	at := p.token()
	e := p.expression()
	if p.token().kind != end && roles(e)&boolean == 0 {
		p.want("an operator, such as = or LIKE, after " + describe(e))
	}
	if p.token().kind != end {
		p.want("AND, OR or the end of the filter")
	}
	return p.check(e, at, boolean)
}

func (p *parser) expression() Expr {
	return p.chain("or", p.conjunction, func(args []Expr) Expr { return Or{args} })
}

func (p *parser) conjunction() Expr {
	return p.chain("and", p.negation, func(args []Expr) Expr { return And{args} })
}

// chain reads one or more conditions with a word between them.
func (p *parser) chain(between string, part func() Expr, join func([]Expr) Expr) Expr {
	at := p.token()
	first := part()
	if !p.isWord(between) {
		return first
	}
	args := []Expr{p.check(first, at, boolean)}
	for p.word(between) {
		args = append(args, p.operand(part, boolean))
	}
	return join(args)
}

func (p *parser) negation() Expr {
	if p.word("not") {
		return Not{p.operand(p.predicate, boolean)}
	}
	return p.predicate()
}

func (p *parser) predicate() Expr {
	at := p.token()
	left := p.sum()
	if op, ok := infixes[p.token().text]; ok && p.token().kind == symbol {
		p.i++
		return op.node([]Expr{p.check(left, at, op.args[0]), p.operand(p.sum, op.args[1])})
	}
	if p.word("is") {
		return p.isNull(p.check(left, at, nullable))
	}
	negated := p.word("not")
	var e Expr
	switch {
	case p.word("like"):
		e = Like{p.check(left, at, character), p.operand(p.sum, pattern)}
	case p.word("between"):
		value, low := p.check(left, at, numeric), p.operand(p.sum, numeric)
		p.need("and")
		e = Between{value, low, p.operand(p.sum, numeric)}
	case p.word("in"):
		value := p.check(left, at, scalar)
		p.open()
		e = In{value, p.list(func() Expr { return p.operand(p.sum, scalar) })}
	case negated:
		p.want("LIKE, BETWEEN or IN after NOT")
		return nil
	default:
		return left
	}
	if negated {
		return Not{e}
	}
	return e
}

func (p *parser) isNull(value Expr) Expr {
	negated := p.word("not")
	p.need("null")
	if negated {
		return Not{IsNull{value}}
	}
	return IsNull{value}
}

func (p *parser) sum() Expr { return p.arithmetic(p.product, Add, Subtract) }

func (p *parser) product() Expr {
	return p.arithmetic(p.power, Multiply, Divide, Modulo, IntegerDivide)
}

// arithmetic reads numbers with operators of one rank between them.
func (p *parser) arithmetic(part func() Expr, ops ...Operator) Expr {
	at := p.token()
	e := part()
	for {
		op, ok := p.operator(ops)
		if !ok {
			return e
		}
		e = Arithmetic{op, p.check(e, at, numeric), p.operand(part, numeric)}
	}
}

func (p *parser) power() Expr {
	at := p.token()
	base := p.factor()
	if !p.symbol(string(Power)) {
		return base
	}
	e := Arithmetic{Power, p.check(base, at, numeric), p.operand(p.factor, numeric)}
	if p.isSymbol(string(Power)) {
		p.want("brackets around one of the two powers")
	}
	return e
}

func (p *parser) operator(ops []Operator) (Operator, bool) {
	t := p.token()
	op := Operator(lower(t.text))
	if (t.kind == symbol || t.kind == word) && slices.Contains(ops, op) {
		p.i++
		return op, true
	}
	return "", false
}

// factor is a value with its sign.
func (p *parser) factor() Expr {
	t := p.token()
	if t.kind != symbol || t.text != "-" && t.text != "+" {
		return p.value()
	}
	if p.tokens[p.i+1].kind == number {
		return p.signed()
	}
	p.i++
	if t.text == "+" || p.isSymbol("-") || p.isSymbol("+") {
		p.want("a number after its sign")
		return nil
	}
	// cql2-json has no sign, so the standard multiplies.
	return Arithmetic{Multiply, Number(-1), p.operand(p.value, numeric)}
}

// signed reads a number and its sign.
func (p *parser) signed() Expr {
	at := p.token()
	x, problem := parseNumber(p.digits())
	if problem != "" {
		p.fail(at, problem)
	}
	return x
}

func (p *parser) value() Expr {
	t := p.token()
	switch {
	case t.kind == literal:
		p.i++
		return String(t.text)
	case t.kind == number:
		return p.signed()
	case t.kind == quotedName:
		p.i++
		return Property(t.text)
	case t.kind == word:
		return p.named()
	case t.kind == symbol && t.text == "(":
		p.open()
		e := p.expression()
		p.close()
		return e
	}
	p.want("a value, a property or (")
	return nil
}

// operand reads a node that has to have a role.
func (p *parser) operand(read func() Expr, want role) Expr {
	at := p.token()
	return p.check(read(), at, want)
}

// check gives e, which started at a token, if it has a role.
func (p *parser) check(e Expr, at token, want role) Expr {
	if problem := misplaced(e, want); problem != "" && p.err == nil {
		p.fail(at, problem)
	}
	return e
}

// list reads up to the bracket that closes it; it is not empty.
func (p *parser) list(item func() Expr) []Expr {
	var items []Expr
	for first := true; first || p.symbol(","); first = false {
		if len(items) == MaxItems {
			p.fail(p.token(), "found more than "+strconv.Itoa(MaxItems)+" items in a list", "limit", MaxItems)
			return nil
		}
		items = append(items, item())
	}
	p.close()
	return items
}
