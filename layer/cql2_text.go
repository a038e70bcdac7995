package layer

import (
	"geohub/clause"
	"geohub/cql2"
	"geohub/internal/fault"
)

// This file reads what a filter in CQL2 says of texts.

// style is without regard to what texts are compared.
type style int

const (
	plainly     style = 0
	withoutCase style = 1 << iota
	withoutAccents
)

// styleOf takes CASEI and ACCENTI off.
func styleOf(e cql2.Expr) (cql2.Expr, style) {
	as := plainly
	for {
		switch outer := e.(type) {
		case cql2.CaseI:
			e, as = outer.Value, as|withoutCase
		case cql2.AccentI:
			e, as = outer.Value, as|withoutAccents
		default:
			return e, as
		}
	}
}

func hasStyle(list []cql2.Expr) bool {
	for _, e := range list {
		if _, as := styleOf(e); as != plainly {
			return true
		}
	}
	return false
}

// of is a text in that style. Without regard to either it is what text fields are
// folded by everywhere; the two parts of that by themselves know accents or case.
func (as style) of(text clause.C) clause.C {
	switch as {
	case withoutCase | withoutAccents:
		return clause.Of("fold(?)", text)
	case withoutCase:
		return clause.Of(`lower((?) COLLATE "vi-x-icu")`, text)
	case withoutAccents:
		return clause.Of(`translate(regexp_replace(normalize(?, NFD), '[\u0300-\u036f]', '', 'g'), 'Đđ', 'Dd')`, text)
	}
	return text
}

// byCode is a text that is ordered by its letters' codes.
func byCode(text clause.C) clause.C { return clause.Of(`(?) COLLATE "C"`, text) }

// isText says whether a property is compared as text, by its letters.
func (q Queryable) isText() bool { return q.Kind == KindString && !q.Geometry }

// textOf is a literal that q, a text, is compared with.
func textOf(q Queryable, e cql2.Expr) (clause.C, error) {
	inner, as := styleOf(e)
	text, ok := inner.(cql2.String)
	switch {
	case !ok && isMade(inner):
		return clause.C{}, unsupported(inner)
	case !ok:
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is compared with a text such as 'abc', not with `%s`", q.Name, cql2.Text(e))
	}
	return as.of(clause.Of("?::text", string(text))), nil
}

func (w *cql2Reader) like(e cql2.Like) (clause.C, error) {
	value, as := styleOf(e.Value)
	q, err := w.scalar(value)
	switch {
	case err != nil:
		return clause.C{}, err
	case !q.isText():
		return clause.C{}, fault.Invalid("BAD_INPUT", "%s is no text: LIKE is for texts", q.Name)
	}
	pattern, err := textOf(q, e.Pattern)
	// The backslash is PostgreSQL's own escape, too.
	return q.with(clause.Of("? LIKE ?", as.of(q.column), pattern)), err
}
