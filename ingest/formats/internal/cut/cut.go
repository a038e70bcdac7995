// Package cut finds the records in a long XML or JSON text without parsing it:
// it looks at the outer shape only, so that a record that is broken, or larger
// than a limit, costs itself and not its neighbours, and no more than one
// record is held at a time.
//
//	x := cut.NewXML(r, "alert")
//	for {
//		p, err := x.Next()
//		if err == io.EOF { … }
//		node, err := cut.Tree(p)
//	}
package cut

import (
	"bytes"
	"io"
	"slices"

	"geohub/ingest/formats"
)

// Piece is one record as it stood in the input.
type Piece struct {
	Line  int    // the line it begins on, from 1
	Name  string // XML: the local name of its element; JSON: the key of the array it lies in, "" at the top
	Raw   []byte // valid until the next call of Next; the beginning only, if the record is too large
	Fault string // why it can't be read as a whole; empty when it was cut cleanly
}

const (
	chunk = 64 << 10
	head  = 64 << 10 // kept of a record that is too large
)

const tooLarge = "the record is larger than 8 MiB"

// window is the part of the input that is held. Positions are offsets from the
// input's beginning; what lies before the position that keep names may go.
type window struct {
	r     io.Reader
	max   int64 // of a record, bytes
	buf   []byte
	base  int64 // of buf[0]
	pos   int64 // of what is looked at
	start int64 // of the record being kept, -1 when none is
	over  []byte
	out   int64 // end of what rest was given
	rest  func([]byte)

	line   int   // at lineAt
	lineAt int64 //
	err    error // of r; io.EOF at the end
}

func newWindow(r io.Reader) window {
	return window{r: r, max: formats.MaxRecord, start: -1, line: 1}
}

func (w *window) end() int64 { return w.base + int64(len(w.buf)) }

func (w *window) from(a, b int64) []byte { return w.buf[a-w.base : b-w.base] }

// fill reads more. It reports false at the end of the input and when the
// window can't grow because all of it is needed.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	keep := w.pos
	if w.start >= 0 {
		keep = w.start
		if w.end()-keep >= w.max {
			w.over = append([]byte(nil), w.from(w.start, w.start+head)...)
			w.start, w.out = -1, w.pos
			keep = w.pos
		}
	}
	if w.end()-keep >= w.max {
		return false
	}
	if cap(w.buf)-len(w.buf) < chunk {
		w.drop(keep)
	}
	if cap(w.buf)-len(w.buf) < chunk {
		w.buf = slices.Grow(w.buf, max(chunk, len(w.buf)/2))
	}
	for range 100 {
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if err != nil {
			w.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// drop forgets what lies before a position.
func (w *window) drop(keep int64) {
	w.countTo(keep)
	if w.start < 0 {
		w.flush(keep)
	}
	n := copy(w.buf, w.buf[keep-w.base:])
	w.buf, w.base = w.buf[:n], keep
}

// flush hands what lies outside of records on.
func (w *window) flush(to int64) {
	if w.rest != nil && w.over == nil && to > w.out {
		w.rest(w.from(w.out, to))
	}
	w.out = max(w.out, to)
}

func (w *window) countTo(to int64) {
	if to > w.lineAt {
		w.line += bytes.Count(w.from(w.lineAt, to), []byte{'\n'})
		w.lineAt = to
	}
}

// lineOf is the line of a position; positions must not go back.
func (w *window) lineOf(pos int64) int {
	w.countTo(pos)
	return w.line
}

// at is the byte at a position; false past the end.
func (w *window) at(pos int64) (byte, bool) {
	for pos >= w.end() {
		if !w.fill() {
			return 0, false
		}
	}
	return w.buf[pos-w.base], true
}

// has reports whether a text stands at a position.
func (w *window) has(pos int64, text string) bool {
	for i := range len(text) {
		if c, ok := w.at(pos + int64(i)); !ok || c != text[i] {
			return false
		}
	}
	return true
}

// find is where a text next stands at or after a position, -1 when it does not
// within what the window may hold.
func (w *window) find(text string, from int64) int64 {
	for {
		if from < w.end() {
			if i := bytes.Index(w.buf[from-w.base:], []byte(text)); i >= 0 {
				return from + int64(i)
			}
		}
		from = max(from, w.end()-int64(len(text))+1)
		if !w.fill() {
			return -1
		}
	}
}
