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
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// text converts implicitly from untyped constants only.
type text string

// C is a piece of SQL with its arguments. The zero C is empty: And, Or and
// Join leave it out. A piece is text only once it is part of a statement: until
// then pieces hold each other.
type C struct{ *piece }

type piece struct {
	sql  text
	args []any // values, and pieces as C
	kind kind
}

// kind is what a piece's text does with its arguments.
type kind byte

const (
	filled kind = iota // each ? of the text stands for one
	joined             // the text stands between them
	bare               // there are none, and a ? is a ?
	shared             // there is one, without text: a value with one number
	table              // as bare; there is one, the table's name
	reads              // there are two, without text: a piece, and the name of the table that it reads
)

// Of makes a piece: each ? stands for the next argument, which is a value for
// the statement or another C put in place.
func Of(sql text, args ...any) C {
	if strings.Count(string(sql), "?") != len(args) {
		panic(fmt.Sprintf("clause: %d arguments for %q", len(args), sql))
	}
	return C{&piece{sql: sql, args: args}}
}

// Value is a value that stands in several places of a statement: it has one
// number there, so that the database sees that it is the same.
func Value(v any) C { return C{&piece{args: []any{v}, kind: shared}} }

// Name is a quoted identifier, each dot-separated part quoted by itself. Names
// come from declarations and the schema, never from a request.
func Name(parts ...string) C {
	return C{&piece{sql: text(pgx.Identifier(parts).Sanitize()), kind: bare}}
}

// Table is the quoted name of a table that a statement reads, see [C.Tables].
func Table(name string) C {
	return C{&piece{sql: text(pgx.Identifier{name}.Sanitize()), args: []any{name}, kind: table}}
}

// Reads is c, which reads a table by another name than the table's own.
func Reads(c C, table string) C { return C{&piece{args: []any{c, table}, kind: reads}} }

// Enough is a number of at least n for a LIMIT, as text: n itself for usual
// sizes of pages, whose LIMIT is one more, else hardly more. The server sees how
// few rows are wanted and keeps one plan for all questions of a form, where for a
// value it makes a plan each time.
func Enough(n int) C {
	if i, _ := slices.BinarySearch(sizes, n); i < len(sizes) {
		return digits(sizes[i])
	}
	return Of("?", n)
}

// Exactly is n for a LIMIT, as text where n is usual; see [Enough].
func Exactly(n int) C {
	if _, usual := slices.BinarySearch(sizes, n); usual {
		return digits(n)
	}
	return Of("?", n)
}

// sizes are usual, in order: nothing else of a request becomes text.
var sizes = []int{1, 2, 3, 4, 5, 6, 8, 10, 11, 13, 16, 20, 21, 24, 26, 31, 41, 50, 51, 61, 81, 100, 101, 126, 151, 201, 251, 301, 401, 501, 601, 801,
	1000, 1001, 1201, 2001, 5001, 10001}

func digits(n int) C { return C{&piece{sql: text(strconv.Itoa(n)), kind: bare}} }

// Column is the column name of the row that alias stands for: f."level_m".
func Column(alias text, name string) C {
	return C{&piece{sql: alias + "." + text(pgx.Identifier{name}.Sanitize()), kind: bare}}
}

// Empty says whether c holds nothing.
func (c C) Empty() bool { return c.piece == nil || c.sql == "" && len(c.args) == 0 }

// SQL gives the statement with $1, $2 … and its arguments.
func (c C) SQL() (string, []any) {
	if c.Empty() {
		return "", nil
	}
	var s statement
	s.text.Grow(1024)
	s.add(c)
	return s.text.String(), s.args
}

// Tables calls f with the name of each [Table] and of what c [Reads], as often as it stands there.
func (c C) Tables(f func(name string)) {
	if c.piece == nil {
		return
	}
	for _, a := range c.args {
		if inner, ok := a.(C); ok {
			inner.Tables(f)
		} else if c.kind == table || c.kind == reads {
			f(a.(string))
		}
	}
}

// statement is one being written.
type statement struct {
	text   strings.Builder
	args   []any
	shared []numbered
}

type numbered struct {
	*piece
	number int
}

func (s *statement) add(c C) {
	if c.piece == nil {
		return
	}
	sql := string(c.sql)
	switch c.kind {
	case bare, table:
		s.text.WriteString(sql)
	case reads:
		s.add(c.args[0].(C))
	case shared:
		s.number(s.numberOf(c.piece))
	case joined:
		for i, a := range c.args {
			if i > 0 {
				s.text.WriteString(sql)
			}
			s.add(a.(C))
		}
	default:
		for _, a := range c.args {
			i := strings.IndexByte(sql, '?')
			s.text.WriteString(sql[:i])
			sql = sql[i+1:]
			if inner, ok := a.(C); ok {
				s.add(inner)
			} else {
				s.args = append(s.args, a)
				s.number(len(s.args))
			}
		}
		s.text.WriteString(sql)
	}
}

func (s *statement) number(n int) {
	var digits [8]byte
	s.text.WriteByte('$')
	s.text.Write(strconv.AppendInt(digits[:0], int64(n), 10))
}

func (s *statement) numberOf(p *piece) int {
	for _, known := range s.shared {
		if known.piece == p {
			return known.number
		}
	}
	s.args = append(s.args, p.args[0])
	s.shared = append(s.shared, numbered{p, len(s.args)})
	return len(s.args)
}

// And holds when all hold; of none it is TRUE.
func And(cs ...C) C { return logic(") AND (", "TRUE", cs) }

// Or holds when one holds; of none it is FALSE.
func Or(cs ...C) C { return logic(") OR (", "FALSE", cs) }

// Not turns c round.
func Not(c C) C { return Of("NOT (?)", c) }

// Join puts sep between the pieces that are not empty.
func Join(sep text, cs ...C) C {
	pieces := make([]any, 0, len(cs))
	for _, c := range cs {
		if !c.Empty() {
			pieces = append(pieces, c)
		}
	}
	if len(pieces) == 0 {
		return C{}
	}
	return C{&piece{sql: sep, args: pieces, kind: joined}}
}

func logic(op, none text, cs []C) C {
	all := Join(op, cs...)
	if all.Empty() {
		return Of(none)
	}
	return Of("(?)", all)
}
