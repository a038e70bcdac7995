// Package clause composes SQL text and its arguments together, so that a
// condition carries its values with it and nothing from a request can become
// text: the text has an unexported string type, which only constants of the
// program convert to.
//
//	w := clause.And(clause.Of("f.level_m >= ?", 12.5), clause.Of("f.river = ?", river))
//	sql, args := clause.Of("SELECT f.id FROM dams f WHERE ?", w).SQL()
//	// SELECT f.id FROM dams f WHERE (f.level_m >= $1) AND (f.river = $2)
package clause

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// text converts implicitly from untyped constants only.
type text string

// C is a piece of SQL with its arguments. The zero C is empty: And, Or and
// Join leave it out.
type C struct {
	parts []text // parts[i] precedes args[i]; one more part than args
	args  []any
}

// Of makes a piece: each ? stands for the next argument, which is a value for
// the statement or another C put in place.
func Of(sql text, args ...any) C {
	var c C
	pieces := strings.Split(string(sql), "?")
	if len(pieces) != len(args)+1 {
		panic(fmt.Sprintf("clause: %d arguments for %q", len(args), sql))
	}
	c.parts = []text{text(pieces[0])}
	for i, a := range args {
		if inner, ok := a.(C); ok {
			c.splice(inner)
		} else {
			c.args = append(c.args, a)
			c.parts = append(c.parts, "")
		}
		c.parts[len(c.parts)-1] += text(pieces[i+1])
	}
	return c
}

// Name is a quoted identifier, each dot-separated part quoted by itself. Names
// come from declarations and the schema, never from a request.
func Name(parts ...string) C {
	return C{parts: []text{text(pgx.Identifier(parts).Sanitize())}}
}

// Column is the column name of the row that alias stands for: f."level_m".
func Column(alias text, name string) C {
	return C{parts: []text{alias + "." + text(pgx.Identifier{name}.Sanitize())}}
}

// Empty says whether c holds nothing.
func (c C) Empty() bool { return len(c.parts) == 0 }

// SQL gives the statement with $1, $2 … and its arguments.
func (c C) SQL() (string, []any) {
	if c.Empty() {
		return "", nil
	}
	var b strings.Builder
	for i, p := range c.parts {
		b.WriteString(string(p))
		if i < len(c.args) {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i + 1))
		}
	}
	return b.String(), c.args
}

// And holds when all hold; of none it is TRUE.
func And(cs ...C) C { return logic(") AND (", "TRUE", cs) }

// Or holds when one holds; of none it is FALSE.
func Or(cs ...C) C { return logic(") OR (", "FALSE", cs) }

// Not turns c round.
func Not(c C) C { return Of("NOT (?)", c) }

// Join puts sep between the pieces that are not empty.
func Join(sep text, cs ...C) C {
	var out C
	for _, c := range cs {
		if c.Empty() {
			continue
		}
		if out.Empty() {
			out.parts = []text{""}
		} else {
			out.parts[len(out.parts)-1] += sep
		}
		out.splice(c)
	}
	return out
}

func logic(op, none text, cs []C) C {
	joined := Join(op, cs...)
	if joined.Empty() {
		return Of(none)
	}
	return Of("(?)", joined)
}

func (c *C) splice(inner C) {
	if inner.Empty() {
		return
	}
	last := len(c.parts) - 1
	c.parts[last] += inner.parts[0]
	c.parts = append(c.parts, inner.parts[1:]...)
	c.args = append(c.args, inner.args...)
}
