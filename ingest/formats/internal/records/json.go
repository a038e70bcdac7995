package records

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"geohub/ingest/formats"
)

// maxDepth is how deep a record may be nested: far more than any standard
// needs, and little enough that a heap of opening brackets is soon given up.
const maxDepth = 64

// Value is one JSON value as it came.
type Value struct {
	Line    int    // the line it begins on, from 1
	Path    string // its place in the input: "value[3]"; empty for a value of its own
	Raw     []byte // good until the callback returns
	Problem string // why it is no JSON value; empty when it is one
	List    *List  // the list it stands in; nil outside of one
}

// List is an array of records inside an object, and the object's other fields.
type List struct {
	Line   int
	Name   string                     // its dotted place in the object: "value", "data.items"
	Path   string                     // its place in the input: "value[3].dataArray"
	Fields map[string]json.RawMessage // of the objects round it, the outer one's first; those that come after the list only at Close
	Parent *List
}

// Walker says what to do with what an input holds.
type Walker struct {
	// Lists are the dotted names of the arrays that hold the records, as seen
	// from an object that stands by itself; Nested, from a record of a list or
	// of an array.
	Lists, Nested []string
	Item          func(Value) error // each record: well-formed JSON in UTF-8
	Bad           func(Value) error // each piece that is not
	Open, Close   func(*List) error // may be nil
}

// Walk reads JSON lines, values one after another however they are laid out,
// arrays of records, and objects that hold the records in a list. whole is
// false when something was broken in a way that may have hidden records. The
// error is the reader's or a callback's.
func Walk(r io.Reader, w Walker) (whole bool, err error) {
	s := &scanner{source: newSource(r), w: w, whole: true}
	err = s.all()
	return s.whole, err
}

type scanner struct {
	*source
	w     Walker
	whole bool
}

// all reads the values of the outermost level.
func (s *scanner) all() error {
	if s.more(1) && s.pos == 0 && (string(s.buf[:2]) == "\xff\xfe" || string(s.buf[:2]) == "\xfe\xff") {
		return s.unreadable("text in UTF-16: UTF-8 is needed")
	}
	if c, ok := s.peek(); ok && c == '<' {
		return s.unreadable("an XML or HTML document, not JSON")
	}
	inArray, n := false, 0
	for {
		c, ok := s.peek()
		if !ok {
			if err := s.failure(); err != nil {
				return err
			}
			if inArray {
				s.whole = false
				return s.w.Bad(Value{Line: s.line, Problem: "the input ends before its array is closed"})
			}
			return nil
		}
		switch {
		case c == '[' && !inArray:
			inArray, n = true, 0
			s.use(1)
		case c == ']' && inArray:
			inArray = false
			s.use(1)
		case c == ',' || c == 0x1e || c == 0: // 0x1e: RFC 7464; 0: a file that was cut off by a crash
			s.use(1)
		case c == '}' || c == ']':
			if s.whole {
				s.whole = false
				if err := s.w.Bad(Value{Line: s.line, Raw: []byte{c}, Problem: fmt.Sprintf("a %q that closes nothing", c)}); err != nil {
					return err
				}
			}
			s.use(1)
		default:
			path, lists := "", s.w.Lists
			if inArray {
				path, lists = fmt.Sprintf("[%d]", n), s.w.Nested
			}
			n++
			if err := s.record(path, lists, nil, !inArray); err != nil {
				return err
			}
		}
	}
}

func (s *scanner) unreadable(problem string) error {
	s.whole = false
	return s.w.Bad(Value{Line: 1, Raw: s.buf[s.pos:min(len(s.buf), headBytes)], Problem: problem})
}

// record reads one value and hands it on, or walks the lists inside it.
func (s *scanner) record(path string, lists []string, in *List, alone bool) error {
	v, level, stop := s.value(lists, level{}, alone)
	v.Path, v.List = path, in
	if stop == "" {
		return s.hand(v)
	}
	list := &List{Line: v.Line, Name: stop, Path: join(path, stop), Parent: in, Fields: map[string]json.RawMessage{}}
	for {
		depth := len(level.open)
		if !list.merge(append(bytes.Clone(v.Raw), "]"+strings.Repeat("}", depth)...)) {
			s.whole = false
			v.Path, v.Problem = path, "what comes before "+list.Name+" is not JSON"
			if err := s.w.Bad(v); err != nil {
				return err
			}
		}
		if s.w.Open != nil {
			if err := s.w.Open(list); err != nil {
				return err
			}
		}
		if err := s.elements(list); err != nil {
			return err
		}
		tail, next, stop := s.value(lists, level, alone)
		if err := s.failure(); err != nil {
			return err
		}
		if stop != "" { // another list in the same object
			v, level = tail, next
			v.Raw = append([]byte(strings.Repeat(`{"":`, depth-1)+`{"":0`), tail.Raw...)
			list.Name, list.Path = stop, join(path, stop)
			continue
		}
		if tail.Problem == "" && !list.merge(append([]byte(strings.Repeat(`{"":`, depth-1)+`{"":0`), tail.Raw...)) {
			tail.Problem = "what comes after " + list.Name + " is not JSON"
		}
		if tail.Problem != "" {
			s.whole = false
			tail.Path = path
			if err := s.w.Bad(tail); err != nil {
				return err
			}
		}
		if s.w.Close != nil {
			return s.w.Close(list)
		}
		return nil
	}
}

// elements reads a list's records up to and with its closing bracket.
func (s *scanner) elements(list *List) error {
	for n := 0; ; {
		c, ok := s.peek()
		switch {
		case !ok || c == '}': // the list is never closed: what follows says so
			return s.failure()
		case c == ']':
			s.use(1)
			return nil
		case c == ',':
			s.use(1)
		default:
			if err := s.record(fmt.Sprintf("%s[%d]", list.Path, n), s.w.Nested, list, false); err != nil {
				return err
			}
			n++
		}
	}
}

// hand passes a value on as a record or as a broken one.
func (s *scanner) hand(v Value) error {
	if err := s.failure(); err != nil && v.Problem != "" {
		return err // cut off by the reader, not by who wrote it
	}
	if v.Problem == "" && !utf8.Valid(v.Raw) {
		v.Problem = NotUTF8(v.Raw)
	}
	if v.Problem == "" {
		if err := json.Unmarshal(v.Raw, new(json.RawMessage)); err != nil {
			v.Problem = "not JSON: " + strings.TrimPrefix(err.Error(), "json: ")
		}
	}
	if v.Problem != "" {
		return s.w.Bad(v)
	}
	return s.w.Item(v)
}

// NotUTF8 says where a text leaves UTF-8 and what it may be instead.
func NotUTF8(b []byte) string {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError || n != 1 {
			i += n
			continue
		}
		hint := "TCVN3, VNI, Windows-1258 or Latin-1"
		switch b[i] {
		case 0xb0:
			hint = "0xB0 is ° in Windows-1252 and Windows-1258"
		case 0xb5:
			hint = "0xB5 is µ in Windows-1252 and Windows-1258"
		}
		return fmt.Sprintf("byte %d is 0x%02X, not UTF-8 (%s?): the text must be converted to UTF-8", i+1, b[i], hint)
	}
	return "not UTF-8"
}

// merge adds an object's fields, and those of the objects on the way to the
// list; false when it is not JSON.
func (l *List) merge(raw []byte) bool {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &fields) != nil {
		return false
	}
	steps := strings.Split(l.Name, ".")
	for i, step := range steps {
		inner, ok := fields[step]
		if !ok {
			step = "" // a tail's stand-in for what has gone before
			inner = fields[step]
		}
		delete(fields, step)
		delete(fields, "")
		for k, v := range fields {
			if _, known := l.Fields[k]; !known {
				l.Fields[k] = v
			}
		}
		fields = map[string]json.RawMessage{}
		if i < len(steps)-1 {
			json.Unmarshal(inner, &fields) // an inner object, or the 0 that stands in for one
		}
	}
	return true
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// peek is the next byte that is no white space.
func (s *scanner) peek() (byte, bool) {
	for s.more(0) {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.use(1)
		default:
			return c, true
		}
	}
	return 0, false
}

// level is where a scan stands: the brackets that are open, what came last
// (an opening bracket, ',' or ':', 'k' for a key, 'v' for a value), and the
// keys that led here.
type level struct {
	open []byte
	last byte
	keys []string
}

// value reads the value that begins here or, when from has open brackets, the
// rest of it. It stops after the opening bracket of a list, which it names.
// It goes by brackets and strings; what lies between is left to encoding/json.
func (s *scanner) value(lists []string, from level, alone bool) (v Value, at level, stop string) {
	v.Line = s.line
	if len(from.open) == 0 && s.buf[s.pos] != '{' && s.buf[s.pos] != '[' {
		return s.scalar(alone), from, ""
	}
	indent, cut := s.indent, 0 // cut: the index of the first line break
	at = level{open: bytes.Clone(from.open), last: from.last, keys: slices.Clone(from.keys)}
	if len(from.open) > 0 {
		at.last = 'v'
	}
	var head []byte // the beginning of a value too long to hold
	inString, escaped, key, began := false, false, false, 0
	fail := func(i int, format string, args ...any) {
		if v.Problem == "" {
			v.Problem = fmt.Sprintf(format, args...)
		}
		v.Raw = append(head, s.buf[s.pos:s.pos+min(i, headBytes)]...)
	}
	for i := 0; ; i++ {
		if !s.more(i) {
			s.whole = false
			fail(i, "the input ends inside this value")
			s.resync(i, cut, indent, head != nil)
			return v, at, ""
		}
		if i >= formats.MaxRecord || head != nil && i >= headBytes {
			if head == nil {
				v.Problem = fmt.Sprintf("longer than %d MiB", formats.MaxRecord>>20)
				head = bytes.Clone(s.buf[s.pos : s.pos+headBytes])
			}
			s.use(i)
			i, began, lists = 0, 0, nil
		}
		c := s.buf[s.pos+i]
		if c == '\n' && cut == 0 {
			cut = i + 1
		}
		if inString {
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '\n':
				fail(i, "a string is not closed on its line")
				s.whole = s.whole && len(from.open) == 0
				s.resync(i, cut, indent, head != nil)
				return v, at, ""
			case c == '"':
				inString = false
				at.last = 'v'
				if key {
					at.last = 'k'
					if n := len(at.open); lists != nil && n <= 2 {
						var name string
						json.Unmarshal(s.buf[s.pos+began:s.pos+i+1], &name)
						at.keys = append(at.keys[:min(len(at.keys), n-1)], name)
					}
				}
			}
			continue
		}
		inObject := len(at.open) > 0 && at.open[len(at.open)-1] == '{'
		switch c {
		case ' ', '\t', '\r', '\n':
		case '"':
			inString, began = true, i
			key = inObject && (at.last == '{' || at.last == ',')
		case ',', ':':
			at.last = c
		case '{', '[':
			fits := len(at.open) == 0 || at.last == ':' && inObject || !inObject && (at.last == '[' || at.last == ',')
			if !fits && (cut > 0 || c == '{' && at.last == ',') {
				// Most likely the bracket that closes the value was left out.
				fail(i, "a value begins where it can't: is a closing bracket missing?")
				if cut > 0 {
					s.resync(i, cut, indent, head != nil)
				} else {
					s.use(i)
				}
				return v, at, ""
			}
			if !fits && v.Problem == "" {
				v.Problem = "a value begins where it can't"
			}
			if len(at.open) == maxDepth {
				fail(i, "nested deeper than %d", maxDepth)
				s.resync(i, cut, indent, head != nil)
				return v, at, ""
			}
			if c == '[' && inObject && len(at.open) == len(at.keys) && len(lists) > 0 && v.Problem == "" {
				if name := strings.Join(at.keys, "."); slices.Contains(lists, name) && !bytes.Contains(at.open, []byte{'['}) {
					v.Raw = bytes.Clone(s.buf[s.pos : s.pos+i+1])
					s.use(i + 1)
					return v, at, name
				}
			}
			at.open, at.last = append(at.open, c), c
		case '}', ']':
			if c == ']' && inObject {
				fail(i, "a ] where a } is due")
				s.use(i)
				return v, at, ""
			}
			for c == '}' && len(at.open) > 1 && at.open[len(at.open)-1] == '[' {
				if v.Problem == "" {
					v.Problem = "a } where a ] is due"
				}
				at.open = at.open[:len(at.open)-1]
			}
			at.open = at.open[:len(at.open)-1]
			at.last = 'v'
			if len(at.open) == 0 {
				v.Raw = s.buf[s.pos : s.pos+i+1]
				if head != nil {
					v.Raw = head
				}
				s.use(i + 1)
				return v, at, ""
			}
			at.keys = at.keys[:min(len(at.keys), len(at.open))]
		default:
			at.last = 'v'
		}
	}
}

// scalar reads what is neither object nor array: a number, a word, or anything
// that does not belong here. Outside of arrays it takes the rest of the line.
func (s *scanner) scalar(alone bool) (v Value) {
	v.Line = s.line
	inString := false
	var head []byte
	for i := 0; ; i++ {
		if !s.more(i) || s.buf[s.pos+i] == '\n' || !alone && !inString && bytes.IndexByte([]byte(",]}"), s.buf[s.pos+i]) >= 0 {
			v.Raw = bytes.TrimRight(s.buf[s.pos:s.pos+i], " \t\r")
			if head != nil {
				v.Raw = head
			}
			s.use(i)
			return v
		}
		if s.buf[s.pos+i] == '"' && (i == 0 || s.buf[s.pos+i-1] != '\\') {
			inString = !inString
		}
		if i >= formats.MaxRecord || head != nil && i >= headBytes {
			if head == nil {
				v.Problem = fmt.Sprintf("longer than %d MiB", formats.MaxRecord>>20)
				head = bytes.Clone(s.buf[s.pos : s.pos+headBytes])
			}
			s.use(i)
			i = 0
		}
	}
}

// resync passes over a broken value of which i bytes were looked at: to the
// next line on which a record or the end of the list begins, with no more
// white space before it than the broken one had. cut is where the value's
// second line begins; when the value was too long (gone) only what comes is left.
func (s *scanner) resync(i, cut, indent int, gone bool) {
	switch {
	case gone:
		s.use(i)
		s.toLine()
	case cut > 0:
		s.use(cut)
	default:
		s.use(i)
		s.toLine()
	}
	for {
		c, ok := s.peek()
		if !ok || s.fresh && s.indent <= indent && (c == '{' || c == ']' || c == ',' || c == '}' && s.indent < indent) {
			return
		}
		s.toLine()
	}
}

// toLine passes over what is left of a line.
func (s *scanner) toLine() {
	for s.more(0) {
		if end := bytes.IndexByte(s.buf[s.pos:], '\n'); end >= 0 {
			s.use(end + 1)
			return
		}
		s.use(len(s.buf) - s.pos)
	}
}
