package vms

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"geohub/ingest/formats"
)

// maxDepth is how deep a record may be nested.
const maxDepth = 32

// scanner goes over JSON byte by byte by its grammar, so that an error is
// found where it stands, and keeps no more of a value than a record may have.
type scanner struct {
	r     io.Reader
	err   error  // r's, when it has come
	chunk []byte // what r has given last
	mem   []byte // that, or what was given back
	prior int    // what of mem has been taken
	win   []byte // what of it has not
	line  int
	start int    // the line the value begins on
	buf   []byte // the value, up to formats.MaxRecord
	size  int    // its whole size

	fresh  bool // nothing but space has been taken of this line
	quoted int  // where in buf the last text begins
	record bool // the error stands at what may begin a record
}

// begin starts a new value.
func (s *scanner) begin() {
	s.buf, s.size, s.start, s.quoted, s.record = s.buf[:0], 0, s.line, 0, false
}

// mark passes over a byte order mark.
func (s *scanner) mark() {
	head := make([]byte, 3)
	n, err := io.ReadFull(s.r, head)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	s.mem, s.err = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), err
	s.win = s.mem
}

// fill makes win hold something.
func (s *scanner) fill() error {
	if len(s.win) > 0 {
		return nil
	}
	if s.chunk == nil {
		s.chunk = make([]byte, 64<<10)
	}
	s.prior = 0
	for range 100 {
		if s.err != nil {
			return s.err
		}
		var n int
		n, s.err = s.r.Read(s.chunk)
		if s.mem, s.win = s.chunk[:n], s.chunk[:n]; n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

func (s *scanner) peek() (byte, error) {
	if len(s.win) == 0 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.win[0], nil
}

// next takes the byte that peek has shown.
func (s *scanner) next() {
	switch s.win[0] {
	case '\n':
		s.line++
		s.fresh = true
	case ' ', '\t', '\r':
	default:
		s.fresh = false
	}
	s.take(1)
}

// take takes n bytes of win, none of which ends a line.
func (s *scanner) take(n int) {
	if room := formats.MaxRecord - len(s.buf); room > 0 {
		s.buf = append(s.buf, s.win[:min(n, room)]...)
	}
	s.size += n
	s.prior += n
	s.win = s.win[n:]
}

// giveBack makes the value end at n; what was taken behind it is taken again.
func (s *scanner) giveBack(n int) {
	rest := s.buf[n:]
	if len(rest) <= s.prior {
		s.win = s.mem[s.prior-len(rest):][:len(rest)+len(s.win)]
		s.prior -= len(rest)
	} else {
		s.mem = append(bytes.Clone(rest), s.win...)
		s.win, s.prior = s.mem, 0
	}
	s.line -= bytes.Count(rest, []byte{'\n'})
	s.buf, s.size = s.buf[:n], n
}

// space passes over white space and shows what stands behind it.
func (s *scanner) space() (byte, error) {
	for {
		c, err := s.peek()
		if err != nil || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, err
		}
		s.next()
	}
}

// value goes over one value. What breaks JSON's grammar is a refusal, and the
// byte that does is not taken.
func (s *scanner) value(depth int) error {
	c, err := s.space()
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return refusef("", "nested more than %d deep", maxDepth)
	case c == '{':
		return s.object(depth, nil)
	case c == '[':
		return s.list(depth)
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.broken(c, "a value")
}

func (s *scanner) broken(c byte, want string) error {
	s.record = c == '{'
	return refusef("", "broken JSON at line %d: %q where %s should be", s.line, rune(c), want)
}

// object goes over an object. each is shown the keys and the first byte of
// their values, and says whether it has taken the value itself.
func (s *scanner) object(depth int, each func(key string, c byte) (bool, error)) error {
	s.next()
	for first := true; ; first = false {
		c, err := s.space()
		switch {
		case err != nil:
			return err
		case c == '}':
			s.next()
			return nil
		case !first && c != ',':
			return s.broken(c, `"," or "}"`)
		case !first:
			s.next()
			if c, err = s.space(); err != nil {
				return err
			}
		}
		if c != '"' {
			return s.broken(c, "a name in quotes")
		}
		key, err := s.text()
		if err != nil {
			return err
		}
		if c, err = s.space(); err != nil {
			return err
		}
		if c != ':' {
			return s.broken(c, `":"`)
		}
		s.next()
		if c, err = s.space(); err != nil {
			return err
		}
		if each != nil {
			if taken, err := each(key, c); err != nil {
				return err
			} else if taken {
				continue
			}
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
}

func (s *scanner) list(depth int) error {
	s.next()
	for first := true; ; first = false {
		c, err := s.space()
		switch {
		case err != nil:
			return err
		case c == ']':
			s.next()
			return nil
		case !first && c != ',':
			return s.broken(c, `"," or "]"`)
		case !first:
			s.next()
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
}

// text goes over a string and returns it when it is as short as a name.
func (s *scanner) text() (string, error) {
	var name [32]byte
	n, long := 0, false
	s.quoted = len(s.buf)
	s.next()
	for {
		plain := 0
		for plain < len(s.win) && s.win[plain] >= ' ' && s.win[plain] != '"' && s.win[plain] != '\\' {
			plain++
		}
		n += copy(name[min(n, len(name)):], s.win[:plain])
		if long = long || n == len(name); plain > 0 {
			s.fresh = false
			s.take(plain)
		}
		c, err := s.peek()
		switch {
		case err != nil:
			return "", err
		case c < ' ':
			return "", refusef("", "broken JSON at line %d: a text without its closing quote", s.line)
		case c == '"':
			s.next()
			if long {
				return "", nil
			}
			return string(name[:n]), nil
		case c == '\\':
			s.next()
			if c, err = s.peek(); err != nil {
				return "", err
			}
			if long = true; c >= ' ' { // no name of ours has an escape
				s.next()
			}
		}
	}
}

func (s *scanner) number() error {
	begin := len(s.buf)
	for {
		c, err := s.peek()
		if err != nil && err != io.EOF {
			return err
		}
		if err == nil && (c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E') {
			s.next()
			continue
		}
		if s.size <= formats.MaxRecord && !json.Valid(s.buf[begin:]) {
			return refusef("", "broken JSON at line %d: %s is not a number", s.line, short(s.buf[begin:]))
		}
		return nil
	}
}

func (s *scanner) word(word string) error {
	for i := range word {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != word[i] {
			return s.broken(c, word)
		}
		s.next()
	}
	return nil
}

// resync goes on to where the next record seems to begin: an object behind
// one that ends, or at the beginning of a line, or where the error stands; or
// an array's end behind an object's. A text that was not closed has swallowed
// that place, so it is looked through first.
func (s *scanner) resync() error {
	if s.size <= formats.MaxRecord && s.quoted < len(s.buf) {
		if m := boundary.FindIndex(s.buf[s.quoted:]); m != nil {
			s.giveBack(s.quoted + m[1] - 1)
			return nil
		}
	}
	if s.record {
		return nil
	}
	closed, newline := false, s.fresh // an object has ended; a line has begun
	for {
		if !closed && !newline {
			dull := bytes.IndexAny(s.win, "}\n")
			if dull < 0 {
				dull = len(s.win)
			}
			if dull > 0 {
				s.fresh = false
				s.take(dull)
			}
		}
		c, err := s.peek()
		switch {
		case err != nil:
			return err
		case (c == '{' || c == '[') && newline, c == '{' && closed, c == ']' && closed:
			return nil
		case c == '}':
			closed = true
		case c == '\n':
			newline = true
		case c != ' ' && c != '\t' && c != '\r' && (c != ',' || !closed):
			closed, newline = false, false
		}
		s.next()
	}
}

// boundary is the end of one object and the beginning of the next.
var boundary = regexp.MustCompile(`\}\s*,?\s*\{`)
