package cef

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"geohub/ingest/formats"
)

const (
	readSize  = 32 << 10
	maxDigits = 10       // of an octet count
	headRoom  = 32       // bytes by which a frame's beginning can be told
	keptRaw   = 64 << 10 // of a frame that is refused unread
)

// frame is one syslog message, or why there is none. Its text is good until
// the next is asked for.
type frame struct {
	text    []byte
	line    int
	counted int // which of the frames that count their octets, from 1; 0 for a line
	err     error
}

// framer takes frames from a stream.
type framer struct {
	r       io.Reader
	buf     []byte // what has been read and not taken
	held    []byte // the memory of buf
	err     error
	line    int
	counted int
	started bool
}

// next is the next frame. Its error is the reader's, or io.EOF.
func (f *framer) next() (frame, error) {
	if !f.started {
		f.started = true
		f.fill(3)
		f.buf = bytes.TrimPrefix(f.buf, []byte("\xef\xbb\xbf"))
	}
	for f.fill(1) {
		if c := f.buf[0]; c != '\n' && c != '\r' && c != 0 && c != ' ' {
			break
		}
		f.take(1)
	}
	if len(f.buf) == 0 {
		return frame{}, f.err
	}
	if head, count, ok := f.count(); ok {
		return f.octets(head, count)
	}
	return f.rest()
}

// fill reads until n bytes are there; not ok when the stream ends before.
func (f *framer) fill(n int) bool {
	for len(f.buf) < n && f.err == nil {
		if cap(f.buf)-len(f.buf) < readSize {
			if cap(f.held) < len(f.buf)+2*readSize {
				f.held = make([]byte, 2*len(f.buf)+2*readSize)
			}
			f.buf = f.held[:copy(f.held[:cap(f.held)], f.buf)]
		}
		var got int
		got, f.err = f.r.Read(f.buf[len(f.buf) : len(f.buf)+readSize])
		f.buf = f.buf[:len(f.buf)+got]
	}
	return len(f.buf) >= n
}

func (f *framer) take(n int) []byte {
	taken := f.buf[:n]
	f.line += bytes.Count(taken, []byte{'\n'})
	f.buf = f.buf[n:]
	return taken
}

// count reads "123 " before "<": the octets of the message behind it. One that
// has too many digits for a message is as large as can be.
func (f *framer) count() (head, count int, ok bool) {
	for i := 0; ; i++ {
		if i > maxDigits || !f.fill(i+1) {
			return 0, 0, false
		}
		c := f.buf[i]
		switch {
		case c >= '0' && c <= '9' && (i > 0 || c != '0'):
		case c == ' ' && i > 0 && f.fill(i+2) && f.buf[i+1] == '<':
			n, err := strconv.Atoi(string(f.buf[:i]))
			return i + 1, n, err == nil
		default:
			return 0, 0, false
		}
	}
}

// begun is where the next frame begins inside one that is too long or whose
// count is wrong: a priority with a version or a month behind it, and before it
// a count or a line's end. It is −1 where there is none.
func begun(text []byte) int {
	for i := 0; ; i++ {
		next := bytes.IndexByte(text[i:], '<')
		if next < 0 {
			return -1
		}
		if i += next; i == 0 || !priority(text[i:]) {
			continue
		}
		if text[i-1] == '\n' {
			return i - 1
		}
		start := i - 1
		for start > 0 && i-start <= maxDigits && text[start-1] >= '0' && text[start-1] <= '9' {
			start--
		}
		for start < i-1 && text[start] == '0' {
			start++
		}
		if text[i-1] == ' ' && start < i-1 {
			return start
		}
	}
}

// priority tells whether text begins as "<134>1 " or "<134>Oct " does.
func priority(text []byte) bool {
	end := bytes.IndexByte(text[:min(len(text), 5)], '>')
	if end < 2 || len(bytes.Trim(text[1:end], "0123456789")) > 0 {
		return false
	}
	switch text = text[end+1:]; {
	case len(text) >= 2 && text[0] == '1' && text[1] == ' ':
		return true
	case len(text) >= 4 && text[3] == ' ':
		return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z' && text[2] >= 'a' && text[2] <= 'z'
	}
	return false
}

// octets takes a frame that counts its octets.
func (f *framer) octets(head, count int) (frame, error) {
	f.counted++
	out := frame{line: f.line, counted: f.counted}
	if count > formats.MaxRecord {
		out.err = refusef("", "message of %d octets is larger than %d", count, formats.MaxRecord)
		return f.lost(out, head+1)
	}
	whole := f.fill(head + count)
	if at := begun(f.buf[head:min(len(f.buf), head+count)]); at >= 0 {
		out.text = bytes.TrimRight(f.take(f.resume(head + at))[head:], "\r\n\x00")
		out.err = refusef("", "octet count is %d, the message has %d: another begins in it", count, len(out.text))
		return out, nil
	}
	if !whole {
		if !errors.Is(f.err, io.EOF) {
			return out, f.err
		}
		out.text = f.take(len(f.buf))[head:]
		out.err = refusef("", "octet count is %d, the input ends after %d", count, len(out.text))
		return out, nil
	}
	// What stands behind is looked at only if it is there already: a message
	// does not wait for the next.
	if len(f.buf) > head+count && !follows(f.buf[head+count:]) {
		out.err = refusef("", "octet count is %d, the message goes on behind it", count)
		return f.lost(out, head+count)
	}
	out.text = bytes.TrimRight(f.take(head + count)[head:], "\r\n\x00")
	return out, nil
}

// follows tells whether text, as far as it is there, can be what follows a
// frame.
func follows(text []byte) bool {
	switch c := text[0]; {
	case c == '<' || c == '\n' || c == '\r' || c == 0:
		return true
	case c >= '1' && c <= '9':
		rest := bytes.TrimLeft(text[:min(len(text), maxDigits+2)], "0123456789")
		return bytes.HasPrefix([]byte(" <"), rest[:min(len(rest), 2)])
	}
	return bytes.HasPrefix([]byte("CEF:"), text[:min(len(text), 4)])
}

// rest takes a line.
func (f *framer) rest() (frame, error) {
	out := frame{line: f.line}
	for seen := 0; ; {
		i := bytes.IndexByte(f.buf[seen:], '\n')
		switch {
		case i >= 0:
			out.text = bytes.TrimRight(f.take(seen+i+1), "\r\n\x00")
			if len(out.text) > formats.MaxRecord {
				out.err = refusef("", "line of %d bytes is larger than %d", len(out.text), formats.MaxRecord)
			}
			return out, nil
		case len(f.buf) > formats.MaxRecord:
			return f.overlong(out)
		}
		seen = len(f.buf)
		if f.fill(seen + 1) {
			continue
		}
		if !errors.Is(f.err, io.EOF) {
			return out, f.err
		}
		out.text = bytes.TrimRight(f.take(len(f.buf)), "\r\n\x00")
		return out, nil
	}
}

// overlong refuses a line that is too long and passes over the rest of it.
func (f *framer) overlong(out frame) (frame, error) {
	size := 0
	out.text = bytes.Clone(f.buf[:keptRaw])
	for {
		if i := bytes.IndexByte(f.buf, '\n'); i >= 0 {
			size += i
			f.take(i + 1)
			break
		}
		size += len(f.take(len(f.buf)))
		if !f.fill(1) {
			if !errors.Is(f.err, io.EOF) {
				return out, f.err
			}
			break
		}
	}
	out.err = refusef("", "line of %d bytes is larger than %d", size, formats.MaxRecord)
	return out, nil
}

// lost passes from at on to where a frame seems to begin: behind a line's end,
// or at an octet count and a priority.
func (f *framer) lost(out frame, at int) (frame, error) {
	skip := func(n int) {
		taken := f.take(n)
		out.text = append(out.text, taken[:min(n, keptRaw-len(out.text))]...)
	}
	for skip(at); ; {
		if next := begun(f.buf); next >= 0 {
			skip(f.resume(next))
			return out, nil
		}
		skip(max(0, len(f.buf)-headRoom))
		if f.fill(len(f.buf) + 1) {
			continue
		}
		skip(len(f.buf))
		if !errors.Is(f.err, io.EOF) {
			return out, f.err
		}
		return out, nil
	}
}

// resume is where the next frame begins, found at at: the digits of its count
// may stand right behind digits that are the end of what was before it.
func (f *framer) resume(at int) int {
	end := at + bytes.IndexByte(f.buf[at:], '<')
	for i := at; i < end-1; i++ {
		n, err := strconv.Atoi(string(f.buf[i : end-1]))
		if err != nil || f.buf[i] == '0' || end+n > len(f.buf) {
			continue
		}
		if end+n == len(f.buf) || follows(f.buf[end+n:]) {
			return i
		}
	}
	return at
}
