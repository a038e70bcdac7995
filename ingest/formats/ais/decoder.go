package ais

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"geohub/ingest/formats"
)

const (
	maxLine    = 64 << 10 // a longer line is no sentence
	maxPending = 64       // messages being put together
	maxGroups  = 64       // TAG groups remembered
	maxSources = 1 << 10  // stations whose names are kept rather than copied anew

	// What a message may take from its first sentence to its last.
	maxGapLines = 512
	maxGap      = 10 * time.Second // by the TAG blocks of one station
)

// Decode reads sentences, one a line, until r ends. Lines longer than any
// sentence are passed over; messages still incomplete at the end are refused.
func Decode(r io.Reader, sink formats.Sink[Message]) error {
	d := NewDecoder(sink)
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if err = d.overlong(lines, line); err == nil {
				continue
			}
		} else if len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if err := d.Line(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return d.Flush()
		}
		if err != nil {
			return errors.Join(err, d.Flush())
		}
	}
}

// Decoder reads sentences that come one by one, as the datagrams of a UDP
// feed do. It is not safe for concurrent use.
type Decoder struct {
	sink    formats.Sink[Message]
	line    int
	bits    bits
	pending []*assembly // by the line they began on
	groups  []group     // a ring
	group   int         // where the next goes
	sources map[string]string
}

// group is what the TAG block of a group's first sentence said.
type group struct {
	id, of int
	tag    Tag
}

func NewDecoder(sink formats.Sink[Message]) *Decoder {
	return &Decoder{sink: sink, sources: map[string]string{}}
}

// overlong refuses a line that filled the buffer and skips to its end.
func (d *Decoder) overlong(lines *bufio.Reader, head []byte) error {
	d.line++
	f := formats.Reject(d.line, "", head, "line of more than %d bytes", maxLine)
	for {
		_, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return errors.Join(d.sink.Refuse(f), err)
	}
}

// Line reads one line, whose end may still be on it. Several sentences that
// have run together on it are told apart. The error is the sink's.
func (d *Decoder) Line(line []byte) error {
	d.line++
	if d.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if err := d.expire(); err != nil {
		return err
	}
	for rest := trim(line); len(rest) > 0; {
		piece := rest[:next(rest)]
		rest = trim(rest[len(piece):])
		if err := d.piece(trim(piece)); err != nil {
			return err
		}
	}
	return nil
}

// Flush refuses the messages whose sentences have not all come.
func (d *Decoder) Flush() error {
	for len(d.pending) > 0 {
		if err := d.abandon(0); err != nil {
			return err
		}
	}
	return nil
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] <= ' ') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] <= ' ') {
		b = b[:len(b)-1]
	}
	return b
}

// next is where in text the second sentence begins, TAG block included: the
// first may be cut off, its end lost.
func next(text []byte) int {
	first := 0
	for first < len(text) && text[first] == '\\' {
		end := bytes.IndexByte(text[first+1:], '\\')
		if end < 0 {
			break
		}
		first += end + 2
	}
	for first < len(text) && text[first] != '!' && text[first] != '$' {
		first++
	}
	for from := first + 1; from < len(text); from++ {
		i := bytes.IndexByte(text[from:], '!')
		if j := bytes.IndexByte(text[from:], '$'); i < 0 || j >= 0 && j < i {
			i = j
		}
		if i < 0 {
			break
		}
		if from += i; begins(text[from:]) {
			return tagged(text, first, from)
		}
	}
	return len(text)
}

// tagged is where the TAG blocks that end right before at begin.
func tagged(text []byte, after, at int) int {
	for at-1 > after && text[at-1] == '\\' {
		open := bytes.LastIndexByte(text[after:at-1], '\\')
		if open < 0 {
			break
		}
		at = after + open
	}
	return at
}

// piece reads one sentence with its TAG blocks and suffix.
func (d *Decoder) piece(text []byte) error {
	var l label
	rest := text
	for rest[0] == '\\' {
		end := bytes.IndexByte(rest[1:], '\\')
		if end < 0 {
			return d.refuse(text, refusef("tag", "TAG block is not closed"))
		}
		if err := l.parse(rest[1 : 1+end]); err != nil {
			return d.refuse(text, err)
		}
		if rest = trim(rest[end+2:]); len(rest) == 0 {
			return d.refuse(text, refusef("tag", "TAG block has no sentence"))
		}
	}
	if rest[0] != '!' {
		start := bytes.IndexAny(rest, "!$")
		if start < 0 {
			return d.refuse(text, refusef("", "no NMEA sentence"))
		}
		rest = rest[start:] // a receiver disregards what comes before a sentence
	}
	star := bytes.IndexByte(rest, '*')
	if star < 0 || len(rest) < star+3 {
		return d.refuse(text, refusef("", "sentence has no checksum"))
	}
	body, sum, after := rest[1:star], rest[star+1:star+3], rest[star+3:]
	if want, ok := checked(body, sum); !ok {
		return d.refuse(text, refusef("", "checksum is %s, the sentence gives %02X", sum, want))
	}
	if !vessel(rest) {
		return nil // another of NMEA's sentences
	}
	if len(after) > 0 {
		if after[0] != ',' && after[0] > ' ' {
			return d.refuse(text, refusef("", "%q stands behind the checksum", after[:min(len(after), 20)]))
		}
		l.suffix(after)
	}
	t := d.tag(&l)
	if len(d.pending) > 0 {
		if err := d.stale(t); err != nil {
			return err
		}
	}
	var s sentence
	if err := s.parse(body); err != nil {
		return d.refuse(text, err)
	}
	if s.total > 1 {
		return d.part(&s, t, text)
	}
	d.bits.reset()
	if err := d.bits.add(s.payload, s.fill); err != nil {
		return d.refuse(text, err)
	}
	m := Message{Tag: t, Channel: d.intern(s.channel), Own: s.own(), Line: d.line}
	if err := d.bits.message(&m); err != nil {
		return d.refuse(text, err)
	}
	return d.sink.Record(m)
}

// tag is what the label says; what it leaves out, its group's first sentence
// has said.
func (d *Decoder) tag(l *label) Tag {
	t := Tag{Source: d.intern(l.source), Time: l.time}
	if len(l.destination) > 0 || len(l.text) > 0 {
		t.Destination, t.Text = clean(l.destination), clean(l.text)
	}
	if l.group == 0 {
		return t
	}
	i := slices.IndexFunc(d.groups, func(g group) bool { return g.id == l.group && g.of == l.groupOf })
	if l.groupAt > 1 {
		if i >= 0 {
			t = d.groups[i].tag.under(t)
		}
		return t
	}
	if i < 0 && len(d.groups) < maxGroups {
		d.groups = append(d.groups, group{})
		i = len(d.groups) - 1
	} else if i < 0 {
		i, d.group = d.group, (d.group+1)%maxGroups
	}
	d.groups[i] = group{l.group, l.groupOf, t}
	return t
}

// under is over with what it lacks from t.
func (t Tag) under(over Tag) Tag {
	over.Source = cmp.Or(over.Source, t.Source)
	over.Time = cmp.Or(over.Time, t.Time)
	over.Destination = cmp.Or(over.Destination, t.Destination)
	over.Text = cmp.Or(over.Text, t.Text)
	return over
}

func (d *Decoder) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := d.sources[string(b)]; ok {
		return s
	}
	s := clean(b)
	if len(d.sources) < maxSources && len(b) <= 64 {
		d.sources[string(b)] = s
	}
	return s
}

// clean keeps text that is not UTF-8 fit for JSON.
func clean(b []byte) string { return string(bytes.ToValidUTF8(b, []byte("\uFFFD"))) }

func (d *Decoder) refuse(raw []byte, err error) error {
	return d.refuseAt(d.line, raw, err)
}

func (d *Decoder) refuseAt(line int, raw []byte, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return fmt.Errorf("refuse line %d: %w", line, err)
	}
	return d.sink.Refuse(formats.Reject(line, r.path, raw, "%s", r.reason))
}
