package records

import (
	"bytes"
	"io"

	"geohub/ingest/formats"
)

// headBytes is how much of a record too long to hold is kept, to show.
const headBytes = 64 << 10

// source is a window on an input: buf[pos:] has been read and not yet used.
type source struct {
	r    io.Reader
	buf  []byte
	pos  int
	line int // the line of buf[pos], from 1
	// indent is how much white space the line of buf[pos] begins with, as far
	// as it has been used; fresh says that nothing else has come on it.
	indent int
	fresh  bool
	err    error
}

func newSource(r io.Reader) *source {
	s := &source{r: r, line: 1, fresh: true}
	if s.more(2) && bytes.HasPrefix(s.buf, []byte("\xef\xbb\xbf")) {
		s.pos = 3
	}
	return s
}

// more makes buf[pos+i] there; false at the end of the input.
func (s *source) more(i int) bool {
	for empty := 0; s.pos+i >= len(s.buf); {
		if s.err != nil {
			return false
		}
		if s.pos > 0 && len(s.buf) == cap(s.buf) {
			s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
			s.pos = 0
		}
		if len(s.buf) == cap(s.buf) {
			s.buf = append(make([]byte, 0, max(headBytes, 2*cap(s.buf))), s.buf...)
		}
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		s.err = err
		if empty++; n > 0 {
			empty = 0
		} else if empty > 100 {
			s.err = io.ErrNoProgress
		}
	}
	return true
}

// use passes over n bytes that are there.
func (s *source) use(n int) {
	for _, c := range s.buf[s.pos : s.pos+n] {
		switch {
		case c == '\n':
			s.line++
			s.indent, s.fresh = 0, true
		case s.fresh && (c == ' ' || c == '\t'):
			s.indent++
		case c != '\r':
			s.fresh = false
		}
	}
	s.pos += n
}

// failure is the reader's own error, nil at a plain end.
func (s *source) failure() error {
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

// Line is one line of a text, without its end.
type Line struct {
	N     int    // from 1
	Bytes []byte // good until the next line is asked for
	Long  bool   // over formats.MaxRecord: Bytes is only its beginning
}

// Lines cuts an input into lines that end in LF, CRLF or with the input. A
// byte order mark is passed over.
type Lines struct {
	s   *source
	cut int
}

// NewLines reads the lines of r.
func NewLines(r io.Reader) *Lines { return &Lines{s: newSource(r)} }

// Next is the next line; io.EOF after the last.
func (l *Lines) Next() (Line, error) {
	s := l.s
	s.use(l.cut)
	l.cut = 0
	line := Line{N: s.line}
	for i := 0; ; {
		if !s.more(i) {
			if err := s.failure(); err != nil {
				return line, err
			}
			if i == 0 && !line.Long {
				return line, io.EOF
			}
			l.cut = i
		} else if end := bytes.IndexByte(s.buf[s.pos+i:], '\n'); end >= 0 {
			i += end
			l.cut = i + 1
		} else {
			i = len(s.buf) - s.pos
			if line.Long || i > formats.MaxRecord {
				line.keep(s.buf[s.pos : s.pos+i])
				s.use(i)
				i = 0
			}
			continue
		}
		if line.Long || i > formats.MaxRecord {
			line.keep(s.buf[s.pos : s.pos+i])
			return line, nil
		}
		line.Bytes = bytes.TrimSuffix(s.buf[s.pos:s.pos+i], []byte{'\r'})
		return line, nil
	}
}

// keep marks a line as too long, with a copy of its beginning.
func (l *Line) keep(b []byte) {
	if !l.Long {
		l.Long, l.Bytes = true, bytes.Clone(b[:min(len(b), headBytes)])
	}
}
