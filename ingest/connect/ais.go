package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/ais"
)

const (
	aisBatch  = 16_000
	aisWait   = time.Second
	aisSilent = 2 * time.Minute // a connection that says nothing for so long is dead
	aisRead   = 64 << 10        // a datagram is no longer, nor is a line
)

// aisFormat is AIS in NMEA 0183: tcp://host:port is dialled, at udp://:port
// datagrams are awaited, and a path is a file that is read once.
func aisFormat() ingest.Format {
	f := define("ais", nil, aisConnect, aisDecode, nil)
	f.Stream = true
	return f
}

func aisConnect(s *ingest.Source) (ingest.Reader, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	var open func(context.Context) (io.ReadCloser, error)
	switch {
	case u.Scheme == "tcp" && u.Hostname() != "" && u.Port() != "":
		open = func(ctx context.Context) (io.ReadCloser, error) {
			c, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", u.Host)
			return heard{c}, err
		}
	case u.Scheme == "udp" && u.Port() != "":
		open = func(ctx context.Context) (io.ReadCloser, error) {
			c, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", u.Host)
			if err != nil {
				return nil, err
			}
			// Room for a burst while a batch is handed over.
			c.(*net.UDPConn).SetReadBuffer(4 << 20)
			return datagrams{c}, nil
		}
	case u.Scheme == "" || u.Scheme == "file":
		open = func(context.Context) (io.ReadCloser, error) { return os.Open(u.Path) }
	default:
		return nil, fmt.Errorf("address %q: AIS comes by tcp://host:port, at udp://:port or from a file", s.Address)
	}
	return reading(func(ctx context.Context, _ json.RawMessage, take taker) error {
		return streamed(ctx, take, aisBatch, aisWait, func(ctx context.Context, g *gather) error {
			in, err := open(ctx)
			if err != nil {
				return err
			}
			defer in.Close()
			defer context.AfterFunc(ctx, func() { in.Close() })()
			return aisLines(s, in, g)
		})
	}), nil
}

// aisLines decodes what comes, all whole lines of a read at once.
func aisLines(s *ingest.Source, in io.Reader, g *gather) error {
	var b *ingest.Batch // that which is being filled
	d := ais.NewDecoder(aisSink(s, formats.Sink[ais.Message]{
		Record: func(m ais.Message) error { b.Records = append(b.Records, m); return nil },
		Refuse: func(r formats.Refusal) error { b.Refused = append(b.Refused, r); return nil },
	}))
	buf, n := make([]byte, aisRead), 0
	for {
		got, err := in.Read(buf[n:])
		n += got
		whole := bytes.LastIndexByte(buf[:n], '\n') + 1
		_, packets := in.(datagrams)
		if packets || errors.Is(err, io.EOF) || whole == 0 && n == len(buf) {
			whole = n // ended without an end of line, or longer than any line
		}
		if whole > 0 {
			put := g.put(func(into *ingest.Batch) error {
				b = into
				now := time.Now()
				for line := range bytes.Lines(buf[:whole]) {
					if err := d.Line(line); err != nil {
						return err
					}
					b.Lines = stamped(b.Lines, line, now)
				}
				return nil
			}, nil)
			if put != nil {
				return put
			}
			n = copy(buf, buf[whole:n])
		}
		if err == nil {
			continue
		}
		put := g.put(func(into *ingest.Batch) error { b = into; return d.Flush() }, nil)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, put)
	}
}

// stamped appends a sentence to lines, with the time at which it came when it
// says none: it may be read again when that is long past.
func stamped(lines, line []byte, now time.Time) []byte {
	if line[0] == '!' {
		const digits = "0123456789ABCDEF"
		start := len(lines) + 1
		lines = append(lines, `\c:`...)
		lines = fmt.Append(lines, now.Unix())
		sum := byte(0)
		for _, c := range lines[start:] {
			sum ^= c
		}
		lines = append(lines, '*', digits[sum>>4], digits[sum&15], '\\')
	}
	if lines = append(lines, line...); line[len(line)-1] != '\n' {
		lines = append(lines, '\n')
	}
	return lines
}

// heard is a connection that ends when it falls silent.
type heard struct{ net.Conn }

func (h heard) Read(b []byte) (int, error) {
	if err := h.SetReadDeadline(time.Now().Add(aisSilent)); err != nil {
		return 0, err
	}
	n, err := h.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("nothing came for %s", aisSilent)
	}
	return n, err
}

// datagrams reads one at a time.
type datagrams struct{ net.PacketConn }

func (d datagrams) Read(b []byte) (int, error) {
	n, _, err := d.ReadFrom(b)
	return n, err
}

func aisDecode(s *ingest.Source, r io.Reader, sink formats.Sink[ais.Message]) error {
	return ais.Decode(r, aisSink(s, sink))
}

// aisSink sets right the times of a station whose clock runs ahead.
func aisSink(s *ingest.Source, sink formats.Sink[ais.Message]) formats.Sink[ais.Message] {
	if s.ClockAhead == 0 {
		return sink
	}
	record := sink.Record
	sink.Record = func(m ais.Message) error {
		if !m.Tag.Time.IsZero() {
			m.Tag.Time = m.Tag.Time.Add(-time.Duration(s.ClockAhead))
		}
		return record(m)
	}
	return sink
}
