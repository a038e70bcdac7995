package cef

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"geohub/ingest/formats"
)

// Options say what the times of RFC 3164 leave out.
type Options struct {
	Location *time.Location   // of times without an offset; nil is Vietnam's, +07
	Now      func() time.Time // what year it is; nil is time.Now
	// Frame, when not nil, is shown the text of each frame before what it makes
	// is handed on; it is the decoder's own afterwards.
	Frame func(text []byte)
}

// Decode reads messages as they come when nothing is said of them.
func Decode(r io.Reader, sink formats.Sink[Event]) error {
	return Options{}.Decode(r, sink)
}

// Decode reads messages until r ends, one frame in memory at a time.
func (o Options) Decode(r io.Reader, sink formats.Sink[Event]) error {
	if o.Location == nil {
		o.Location = time.FixedZone("+07", 7*60*60)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := decoder{
		options: o,
		sink:    sink,
		ietf:    rfc5424.NewMachine(),
		bsd:     rfc3164.NewMachine(rfc3164.WithLocaleTimezone(o.Location), rfc3164.WithRFC3339(), rfc3164.WithLenientDay(), rfc3164.WithSecondFractions()),
	}
	frames := framer{r: r, line: 1}
	for {
		f, err := frames.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if o.Frame != nil {
			o.Frame(f.text)
		}
		if err := d.frame(f); err != nil {
			return err
		}
	}
}

type decoder struct {
	options Options
	sink    formats.Sink[Event]
	ietf    syslog.Machine
	bsd     syslog.Machine
}

func (d *decoder) frame(f frame) error {
	err := f.err
	var e Event
	if err == nil {
		e, err = d.event(f.text)
	}
	if err == nil {
		return d.sink.Record(e)
	}
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	path := r.path
	if f.counted > 0 {
		path = strings.TrimSuffix(fmt.Sprintf("frame %d.%s", f.counted, path), ".")
	}
	return d.sink.Refuse(formats.Reject(f.line, path, f.text, "%s", r.reason))
}

func (d *decoder) event(text []byte) (e Event, err error) {
	if !utf8.Valid(text) {
		return e, refusef("", "text is not UTF-8")
	}
	body := ""
	switch {
	case bytes.HasPrefix(text, []byte("CEF:")):
		body = string(text)
	case ietf(text):
		e.Syslog, body, err = d.rfc5424(text)
	default:
		e.Syslog, body, err = d.rfc3164(text)
	}
	if err != nil {
		return e, err
	}
	return e, e.parse(body)
}

// ietf tells whether a message has a version behind its priority.
func ietf(text []byte) bool {
	end := bytes.IndexByte(text[:min(len(text), 6)], '>')
	return end > 0 && text[0] == '<' && len(text) > end+2 && text[end+1] >= '0' && text[end+1] <= '9' &&
		bytes.IndexByte(text[end+1:min(len(text), end+5)], ' ') > 0
}

func (d *decoder) rfc5424(text []byte) (*Syslog, string, error) {
	parsed, err := d.ietf.Parse(text)
	if err != nil {
		return nil, "", refusef("syslog", "%v", err)
	}
	m, ok := parsed.(*rfc5424.SyslogMessage)
	if !ok {
		return nil, "", refusef("syslog", "not of RFC 5424")
	}
	s := header(&m.Base)
	s.Version = int(m.Version)
	if m.StructuredData != nil {
		s.StructuredData = *m.StructuredData
	}
	body := ""
	if m.Message != nil {
		body = strings.TrimLeft(strings.TrimPrefix(*m.Message, "\ufeff"), " ")
	}
	if !strings.HasPrefix(body, "CEF:") {
		return nil, "", refusef("", "the message is not CEF: it begins with %s", short(body))
	}
	return s, body, nil
}

// rfc3164 reads a header by itself, for there "CEF:" would be a tag. Without
// the priority that files often lack, its place is kept by one that is thrown
// away.
func (d *decoder) rfc3164(text []byte) (*Syslog, string, error) {
	at := bytes.Index(text, []byte("CEF:"))
	if at < 0 {
		return nil, "", refusef("", "no CEF in the message")
	}
	head := string(text[:at])
	bare := !strings.HasPrefix(head, "<")
	if bare {
		head = "<13>" + head
	}
	parsed, err := d.bsd.Parse([]byte(head + "-"))
	if err != nil {
		return nil, "", refusef("syslog", "%v", err)
	}
	m, ok := parsed.(*rfc3164.SyslogMessage)
	if !ok {
		return nil, "", refusef("syslog", "not of RFC 3164")
	}
	s := header(&m.Base)
	if bare {
		s.Facility, s.Severity = nil, nil
	}
	if s.Timestamp != nil && s.Timestamp.Year() == 0 {
		t := d.year(*s.Timestamp)
		s.Timestamp = &t
	}
	return s, string(text[at:]), nil
}

// year puts a time without a year where it is not more than a day ahead.
func (d *decoder) year(t time.Time) time.Time {
	now := d.options.Now().In(d.options.Location)
	in := func(year int) time.Time {
		return time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), d.options.Location)
	}
	if this := in(now.Year() + 1); !this.After(now.AddDate(0, 0, 1)) {
		return this
	}
	if this := in(now.Year()); !this.After(now.AddDate(0, 0, 1)) {
		return this
	}
	return in(now.Year() - 1)
}

func header(b *syslog.Base) *Syslog {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	number := func(n *uint8) *int {
		if n == nil {
			return nil
		}
		i := int(*n)
		return &i
	}
	return &Syslog{
		Facility:  number(b.Facility),
		Severity:  number(b.Severity),
		Timestamp: b.Timestamp,
		Hostname:  text(b.Hostname),
		AppName:   text(b.Appname),
		ProcID:    text(b.ProcID),
		MsgID:     text(b.MsgID),
	}
}
