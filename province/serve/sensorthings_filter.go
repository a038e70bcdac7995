package serve

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// staTest says whether an entity fits a $filter.
type staTest func(*staNode) (bool, error)

// staFilterOf reads the part of OData's filters that clients of SensorThings
// use: comparisons of paths with literals, and, or, not, brackets, startswith,
// endswith, substringof.
func staFilterOf(text string) (staTest, error) {
	p := &staParser{tokens: staToken.FindAllString(text, -1)}
	if strings.ReplaceAll(strings.Join(p.tokens, ""), " ", "") != strings.ReplaceAll(text, " ", "") {
		return nil, staBad("$filter: %q can't be read", text)
	}
	t, err := p.or()
	if err == nil && p.at < len(p.tokens) {
		err = staBad("$filter: %q is one too many", p.tokens[p.at])
	}
	return t, err
}

var (
	staToken  = regexp.MustCompile(`'(?:[^']|'')*'|[(),]|[^\s(),']+`)
	staMoment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
)

type staParser struct {
	tokens []string
	at     int
}

func (p *staParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *staParser) take() string {
	t := p.peek()
	p.at++
	return t
}

func (p *staParser) expect(token string) error {
	if got := p.take(); got != token {
		return staBad("$filter: %q where %q is due", got, token)
	}
	return nil
}

func (p *staParser) or() (staTest, error) {
	left, err := p.and()
	for err == nil && p.peek() == "or" {
		p.take()
		var right staTest
		before := left
		right, err = p.and()
		left = func(n *staNode) (bool, error) {
			if ok, err := before(n); ok || err != nil {
				return ok, err
			}
			return right(n)
		}
	}
	return left, err
}

func (p *staParser) and() (staTest, error) {
	left, err := p.not()
	for err == nil && p.peek() == "and" {
		p.take()
		var right staTest
		before := left
		right, err = p.not()
		left = func(n *staNode) (bool, error) {
			if ok, err := before(n); !ok || err != nil {
				return ok, err
			}
			return right(n)
		}
	}
	return left, err
}

func (p *staParser) not() (staTest, error) {
	if p.peek() != "not" {
		return p.test()
	}
	p.take()
	t, err := p.test()
	return func(n *staNode) (bool, error) {
		ok, err := t(n)
		return !ok, err
	}, err
}

// staOperand gives a value of an entity.
type staOperand func(*staNode) any

var staWords = map[string]func(a, b string) bool{
	"startswith": strings.HasPrefix, "endswith": strings.HasSuffix,
	"substringof": func(a, b string) bool { return strings.Contains(b, a) },
}

func (p *staParser) test() (staTest, error) {
	if p.peek() == "(" {
		p.take()
		t, err := p.or()
		if err != nil {
			return nil, err
		}
		return t, p.expect(")")
	}
	if word := staWords[p.peek()]; word != nil {
		p.take()
		if err := p.expect("("); err != nil {
			return nil, err
		}
		a, err := p.operand()
		if err != nil {
			return nil, err
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
		b, err := p.operand()
		if err != nil {
			return nil, err
		}
		return func(n *staNode) (bool, error) {
			x, isText := a(n).(string)
			y, isToo := b(n).(string)
			return isText && isToo && word(x, y), nil
		}, p.expect(")")
	}
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	op := p.take()
	holds := staOperators[op]
	if holds == nil {
		return nil, staBad("$filter: %q is no comparison", op)
	}
	b, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(n *staNode) (bool, error) { return holds(a(n), b(n)), nil }, nil
}

// staOperators compare. An interval lies after a moment when it begins after
// it, and before when it ends before it.
var staOperators = map[string]func(a, b any) bool{
	"eq": staEqual,
	"ne": func(a, b any) bool { return !staEqual(a, b) },
	"gt": func(a, b any) bool { return staSame(a, b) && staCompare(a, staEnd(b)) > 0 },
	"ge": func(a, b any) bool { return staSame(a, b) && staCompare(a, staEnd(b)) >= 0 },
	"lt": func(a, b any) bool { return staSame(a, b) && staCompare(staEnd(a), b) < 0 },
	"le": func(a, b any) bool { return staSame(a, b) && staCompare(staEnd(a), b) <= 0 },
}

func staEqual(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return staSame(a, b) && staCompare(a, b) == 0 && staCompare(staEnd(a), staEnd(b)) == 0
}

func staEnd(v any) any {
	if t, ok := v.(staTime); ok && t.to.After(t.from) {
		return staTime{t.to, t.to}
	}
	return v
}

func staSame(a, b any) bool {
	switch a.(type) {
	case float64:
		_, ok := b.(float64)
		return ok
	case string:
		_, ok := b.(string)
		return ok
	case staTime:
		_, ok := b.(staTime)
		return ok
	}
	return false
}

func (p *staParser) operand() (staOperand, error) {
	t := p.take()
	literal := func(v any) (staOperand, error) { return func(*staNode) any { return v }, nil }
	switch {
	case t == "" || t == "(" || t == ")" || t == ",":
		return nil, staBad("$filter: %q where a property or a value is due", t)
	case t == "null":
		return literal(nil)
	case t[0] == '\'':
		return literal(strings.ReplaceAll(t[1:len(t)-1], "''", "'"))
	case staMoment.MatchString(t):
		from, to, interval := strings.Cut(t, "/")
		a, err := time.Parse(time.RFC3339, from)
		b := a
		if interval && err == nil {
			b, err = time.Parse(time.RFC3339, to)
		}
		if err != nil {
			return nil, staBad("$filter: %s is no moment", t)
		}
		return literal(staTime{a, b})
	}
	if f, err := strconv.ParseFloat(t, 64); err == nil {
		return literal(f)
	}
	path := strings.Split(t, "/")
	return func(n *staNode) any { return n.value(path) }, nil
}
