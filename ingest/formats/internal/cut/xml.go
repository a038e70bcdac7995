package cut

import (
	"bytes"
	"io"
	"strings"
)

// XML cuts the elements of certain names out of a text of XML.
//
// It knows tags, comments, CDATA sections, processing instructions and
// document types, and believes only the names of the records' own tags. A
// record whose end tag is missing ends where the next begins. What a CDATA
// section outside of a record holds is looked at like the rest: feeds put whole
// messages into one.
type XML struct {
	Root string // local name of the first element, "" before it was seen

	window
	wanted []string
	name   string // qualified, of the record being kept or passed over
	inside bool
	noEnd  map[string]int64 // by what would close it: no such thing up to there
	line0  int
}

// NewXML cuts elements by their local names.
func NewXML(r io.Reader, names ...string) *XML {
	return &XML{window: newWindow(r), wanted: names, noEnd: map[string]int64{}}
}

// Rest has f given all that lies outside of records, in order. The slice is
// f's for the time of the call only.
func (x *XML) Rest(f func([]byte)) { x.rest = f }

// Next is the next record, io.EOF after the last, or the reader's error.
func (x *XML) Next() (Piece, error) {
	for {
		if !x.toMark() {
			return x.last()
		}
		switch c, _ := x.at(x.pos + 1); {
		case c == '/':
			if p, ok := x.endTag(); ok {
				return p, nil
			}
		case c == '?':
			x.skip(2, "?>")
		case c != '!':
			if p, ok := x.startTag(); ok {
				return p, nil
			}
		case x.has(x.pos, "<!--"):
			x.skip(4, "-->")
		case !x.has(x.pos, "<![CDATA["):
			x.skipDoctype()
		case x.inside:
			x.skip(9, "]]>")
		default:
			x.pos += 9
		}
	}
}

// toMark moves to the next "<".
func (x *XML) toMark() bool {
	for {
		if x.pos < x.end() {
			if i := bytes.IndexByte(x.buf[x.pos-x.base:], '<'); i >= 0 {
				x.pos += int64(i)
				return true
			}
			x.pos = x.end()
		}
		if !x.fill() {
			return false
		}
	}
}

func (x *XML) last() (Piece, error) {
	if x.err != nil && x.err != io.EOF {
		return Piece{}, x.err
	}
	if x.inside {
		return x.emit(x.pos, "the input ends inside it: its end tag is missing"), nil
	}
	x.flush(x.pos)
	return Piece{}, io.EOF
}

// skip passes over a construct by what closes it. One that nothing closes is
// text: its insides may hold good records.
func (x *XML) skip(open int64, close string) {
	if x.pos < x.noEnd[close] {
		x.pos++
		return
	}
	if end := x.find(close, x.pos+open); end >= 0 {
		x.pos = end + int64(len(close))
		return
	}
	x.noEnd[close] = x.end()
	x.pos++
}

func (x *XML) skipDoctype() {
	if x.pos < x.noEnd["]>"] {
		x.pos++
		return
	}
	var quote byte
	depth := 0
	for i := x.pos + 2; ; i++ {
		c, ok := x.at(i)
		if ok && quote == 0 && c == '<' && x.has(i, "<!--") {
			end := int64(-1)
			if i >= x.noEnd["-->"] {
				end = x.find("-->", i+4)
			}
			i, ok = end+2, end >= 0
		}
		switch {
		case !ok:
			x.noEnd["]>"] = x.end()
			x.pos++
			return
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth <= 0:
			x.pos = i + 1
			return
		}
	}
}

func (x *XML) endTag() (Piece, bool) {
	name, after := x.tagName(x.pos + 2)
	if len(name) == 0 {
		x.pos += 2
		return Piece{}, false
	}
	isOurs := x.inside && string(name) == x.name
	for {
		c, ok := x.at(after)
		if !ok || c == '<' {
			break
		}
		after++
		if c == '>' {
			break
		}
	}
	x.pos = after
	if isOurs {
		return x.emit(after, ""), true
	}
	return Piece{}, false
}

func (x *XML) startTag() (Piece, bool) {
	name, after := x.tagName(x.pos + 1)
	if len(name) == 0 {
		x.pos++
		return Piece{}, false
	}
	local := name[bytes.IndexByte(name, ':')+1:]
	if x.Root == "" {
		x.Root = string(local)
	}
	if x.inside && string(name) == x.name {
		return x.emit(x.pos, "its end tag is missing: the next <"+x.name+"> begins"), true
	}
	begun := !x.inside && x.wants(local)
	if begun {
		x.line0 = x.lineOf(x.pos)
		x.flush(x.pos)
		x.inside, x.name, x.start, x.over = true, string(name), x.pos, nil
	}
	end, empty := x.tagEnd(after)
	x.pos = end
	if begun && empty {
		return x.emit(end, ""), true
	}
	return Piece{}, false
}

func (x *XML) wants(local []byte) bool {
	for _, w := range x.wanted {
		if string(local) == w {
			return true
		}
	}
	return false
}

// tagName is the name at a position, valid until more is read, and what comes
// after it; empty when no name can stand there. Names longer than 256 bytes are
// cut.
func (x *XML) tagName(pos int64) ([]byte, int64) {
	end := pos
	for end-pos < 256 {
		c, ok := x.at(end)
		if !ok || !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= 0x80 ||
			end > pos && (c >= '0' && c <= '9' || c == '-' || c == '.')) {
			break
		}
		end++
	}
	return x.from(pos, end), end
}

// tagEnd is what comes after a start tag, and whether the tag is an empty
// element's. A "<" ends a tag that was never closed.
func (x *XML) tagEnd(pos int64) (int64, bool) {
	var quote, last byte
	for {
		c, ok := x.at(pos)
		if !ok || c == '<' {
			return pos, false
		}
		pos++
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return pos, last == '/'
		case c == '"' || c == '\'':
			quote = c
		}
		last = c
	}
}

func (x *XML) emit(end int64, fault string) Piece {
	p := Piece{Line: x.line0, Name: x.name[strings.IndexByte(x.name, ':')+1:], Fault: fault}
	if x.over != nil {
		p.Raw, p.Fault = x.over, tooLarge
	} else {
		p.Raw = x.from(x.start, end)
	}
	x.inside, x.start, x.over, x.out = false, -1, nil, end
	return p
}
