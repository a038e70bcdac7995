package cut

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// JSON cuts the elements of an array, or objects standing one after another,
// out of a text of JSON.
//
// An object at the top is one record, unless one of its members is an array
// under one of the keys: then the records are that array's elements, and the
// object is a wrapper. Where an element breaks the grammar, the next one is
// looked for by the key that begins it.
type JSON struct {
	window
	keys   []string // of arrays that hold records
	into   []string // of objects in a wrapper that are looked into
	levels []level
	lead   string // what the records begin with: `"key"`
	line0  int    // of the object at the top
	broken bool   // a fault was found outside of records
}

type level struct {
	array bool
	key   string
}

const maxJSONDepth = 256

// NewJSON cuts the elements of arrays under keys. Objects under the keys in
// into, lying in a wrapper, are looked into as well.
func NewJSON(r io.Reader, keys, into []string) *JSON {
	return &JSON{window: newWindow(r), keys: keys, into: into}
}

// Rest has f given the wrapper's text without the records and their commas:
// JSON again, the arrays empty. The slice is f's for the time of the call only.
func (j *JSON) Rest(f func([]byte)) { j.rest = f }

// Next is the next record, io.EOF after the last, or the reader's error. A
// piece may be any value: whether it is an object is for the caller to say.
func (j *JSON) Next() (Piece, error) {
	for {
		c, ok := j.peek()
		if !ok {
			return j.last()
		}
		if len(j.levels) == 0 {
			switch c {
			case '[':
				j.pos++
				j.out = j.pos
				j.levels = append(j.levels, level{array: true})
			case '{':
				if p, ok := j.topObject(); ok {
					return p, nil
				}
			case ']', '}', ',':
				return j.stray(), nil
			default:
				return j.element(""), nil
			}
			continue
		}
		top := j.levels[len(j.levels)-1]
		if !top.array {
			if p, ok := j.members(); ok {
				return p, nil
			}
			continue
		}
		switch c {
		case ',':
			j.flush(j.pos)
			j.pos++
			j.out = j.pos
		case ']':
			j.pos++
			j.levels = j.levels[:len(j.levels)-1]
		case '}':
			return j.stray(), nil
		default:
			return j.element(top.key), nil
		}
	}
}

func (j *JSON) last() (Piece, error) {
	if j.err != nil && j.err != io.EOF {
		return Piece{}, j.err
	}
	j.flush(j.pos)
	if len(j.levels) > 0 && !j.broken {
		j.levels, j.broken = nil, true
		return Piece{Line: j.lineOf(j.pos), Fault: "the input ends before the array does"}, nil
	}
	return Piece{}, io.EOF
}

// peek is the next byte that is no white space.
func (j *JSON) peek() (byte, bool) {
	for {
		c, ok := j.at(j.pos)
		switch {
		case !ok:
			return 0, false
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		case c == 0xEF && j.pos == 0 && j.has(0, "\uFEFF"):
			j.pos += 2
		default:
			return c, true
		}
		j.pos++
	}
}

// stray passes over what can't begin a record, up to what can.
func (j *JSON) stray() Piece {
	j.flush(j.pos)
	p := Piece{Line: j.lineOf(j.pos)}
	for {
		c, ok := j.at(j.pos)
		if !ok || c == '{' || c == '[' && len(j.levels) == 0 || c == ']' && len(j.levels) > 0 {
			break
		}
		if len(p.Raw) < 200 {
			p.Raw = append(p.Raw, c)
		}
		j.pos++
	}
	p.Fault = fmt.Sprintf("a %q that nothing opened", p.Raw[:min(1, len(p.Raw))])
	j.out = j.pos
	return p
}

// element cuts the value at pos.
func (j *JSON) element(key string) Piece {
	j.flush(j.pos)
	p := Piece{Line: j.lineOf(j.pos), Name: key}
	begin := j.pos
	j.start, j.over = begin, nil
	if p.Fault = j.value(); p.Fault != "" {
		j.resync(begin)
	}
	if j.over != nil {
		p.Raw, p.Fault = j.over, tooLarge
	} else {
		p.Raw = j.from(begin, j.pos)
		if p.Fault == "" {
			j.lead = leadOf(p.Raw)
		}
	}
	j.start, j.over, j.out = -1, nil, j.pos
	return p
}

// leadOf is the first key of an object, in its quotes.
func leadOf(raw []byte) string {
	_, after, ok := bytes.Cut(raw[:min(len(raw), 200)], []byte{'"'})
	if !ok || len(raw) == 0 || raw[0] != '{' {
		return ""
	}
	key, _, ok := bytes.Cut(after, []byte{'"'})
	if !ok || len(key) == 0 || bytes.ContainsFunc(key, func(r rune) bool { return r == '\\' || r < 0x20 }) {
		return ""
	}
	return `"` + string(key) + `"`
}

// resync moves to where the next record begins after a broken one that began
// at begin, or past the end of what can be seen.
func (j *JSON) resync(begin int64) {
	failed, leads := j.pos, []string{j.lead}
	if j.over != nil {
		begin = j.pos
	} else if lead := leadOf(j.from(begin, failed)); lead != j.lead {
		leads = append(leads, lead)
	}
	j.pos = begin
	best, searched := int64(-1), false
	for _, lead := range leads {
		if lead == "" {
			continue
		}
		searched = true
		for from := begin + 1; ; {
			i := j.find(lead, from)
			if i < 0 || best >= 0 && i > best {
				break
			}
			k := i - 1
			for k > begin && bytes.IndexByte([]byte(" \t\r\n"), j.buf[k-j.base]) >= 0 {
				k--
			}
			if k > begin && j.buf[k-j.base] == '{' {
				best = k
				break
			}
			from = i + int64(len(lead))
		}
	}
	switch {
	case best >= 0:
		j.pos = best
	case searched:
		j.pos, j.broken = j.end(), true
	default:
		j.pos = max(failed, begin+1)
	}
}

// topObject begins an object at the top: it is kept until an array of records
// shows it to be a wrapper.
func (j *JSON) topObject() (Piece, bool) {
	j.start, j.over, j.out = j.pos, nil, j.pos
	j.line0 = j.lineOf(j.pos)
	j.levels = append(j.levels, level{})
	j.pos++
	return j.members()
}

// members walks an object that may be a wrapper, up to an array of records,
// to its end, or to a fault.
func (j *JSON) members() (Piece, bool) {
	for {
		c, ok := j.peek()
		switch {
		case !ok:
			return j.endObject("the input ends inside it")
		case c == ',':
			j.pos++
			continue
		case c == '}':
			j.pos++
			return j.endObject("")
		case c != '"':
			return j.endObject(fmt.Sprintf("%q where a key should be", c))
		}
		from := j.pos
		if fault := j.text(); fault != "" {
			return j.endObject(fault)
		}
		key := ""
		if j.pos-from < 200 {
			key = string(j.from(from+1, j.pos-1))
		}
		if c, _ := j.peek(); c != ':' {
			return j.endObject("a key without a value")
		}
		j.pos++
		c, _ = j.peek()
		switch {
		case c == '[' && slices.Contains(j.keys, key):
			j.pos++
			j.start, j.over = -1, nil
			j.flush(j.pos)
			j.levels = append(j.levels, level{array: true, key: key})
			return Piece{}, false
		case c == '{' && slices.Contains(j.into, key):
			j.pos++
			j.levels = append(j.levels, level{})
		default:
			if fault := j.value(); fault != "" {
				return j.endObject(fault)
			}
		}
	}
}

// endObject ends the innermost object; the outermost is a record unless it
// turned out to be a wrapper.
func (j *JSON) endObject(fault string) (Piece, bool) {
	j.levels = j.levels[:len(j.levels)-1]
	if fault == "" && len(j.levels) > 0 {
		return Piece{}, false
	}
	j.levels = nil
	p := Piece{Line: j.line0, Fault: fault}
	if j.start < 0 && j.over == nil { // a wrapper
		if fault == "" {
			return Piece{}, false
		}
		p = j.stray()
		p.Fault, j.broken = "the object around the records: "+fault, true
		return p, true
	}
	if fault != "" {
		j.resync(j.start)
	}
	if j.over != nil {
		p.Raw, p.Fault = j.over, tooLarge
	} else {
		p.Raw = j.from(j.start, j.pos)
		if fault == "" {
			j.lead = leadOf(p.Raw)
		}
	}
	j.start, j.over, j.out = -1, nil, j.pos
	return p, true
}

// value moves past the value at pos and says where it breaks the grammar.
func (j *JSON) value() string {
	var stack [maxJSONDepth]byte
	depth := 0
	wantKey := false
	for {
		c, ok := j.peek()
		if !ok {
			return j.short()
		}
		if wantKey && c != '"' && !(c == '}' && depth > 0) {
			return fmt.Sprintf("%q where a key should be", c)
		}
		switch {
		case c == '"':
			if fault := j.text(); fault != "" {
				return fault
			}
			if wantKey {
				if c, ok = j.peek(); !ok {
					return j.short()
				}
				if c != ':' {
					return fmt.Sprintf("%q where a colon should be", c)
				}
				j.pos++
				wantKey = false
				continue
			}
		case c == '{' || c == '[':
			if depth == maxJSONDepth {
				return fmt.Sprintf("deeper than %d", maxJSONDepth)
			}
			stack[depth] = c + 2 // what closes it
			depth++
			j.pos++
			wantKey = c == '{'
			if c == '[' {
				if c, ok := j.peek(); ok && c == ']' {
					j.pos++
					depth--
					break
				}
			}
			continue
		case c == '}' && wantKey && stack[depth-1] == '}':
			j.pos++
			depth--
		case c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			for ok && (c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
				j.pos++
				c, ok = j.at(j.pos)
			}
		default:
			j.pos++
			return fmt.Sprintf("%q where a value should be", c)
		}
		// After a value: what closes, until a comma asks for the next.
		for wantKey = false; depth > 0; {
			if c, ok = j.peek(); !ok {
				return j.short()
			}
			if c == ',' {
				j.pos++
				wantKey = stack[depth-1] == '}'
				break
			}
			if c != stack[depth-1] {
				return fmt.Sprintf("%q where a comma or %q should be", c, stack[depth-1])
			}
			j.pos++
			depth--
		}
		if depth == 0 {
			return ""
		}
	}
}

func (j *JSON) short() string {
	if j.err == nil {
		return tooLarge
	}
	return "the input ends inside it"
}

// text moves past the string at pos.
func (j *JSON) text() string {
	i := j.pos + 1
	for {
		for i >= j.end() {
			if i-j.pos > 4096 { // what was seen need not be kept
				j.pos = j.end()
			}
			if !j.fill() {
				return j.short()
			}
		}
		switch c := j.buf[i-j.base]; {
		case c == '"':
			j.pos = i + 1
			return ""
		case c == '\\':
			i += 2
		case c < 0x20:
			j.pos = i
			return "a line ends inside a string"
		default:
			i++
		}
	}
}
