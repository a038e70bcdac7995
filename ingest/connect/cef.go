package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/cef"
)

const (
	cefBatch   = 1000
	cefWait    = time.Second
	cefSenders = 64 // connections at once; further ones are closed
)

// cefFormat is security events in CEF by syslog over TCP. The hub listens at
// the address, tcp://host:port, and the senders connect.
func cefFormat() ingest.Format {
	f := define("cef", nil, cefConnect, func(s *ingest.Source, r io.Reader, sink formats.Sink[cef.Event]) error {
		return cef.Options{Location: s.Location}.Decode(r, sink)
	}, nil)
	f.Stream = true
	return f
}

func cefConnect(s *ingest.Source) (ingest.Reader, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if u.Scheme != "tcp" || u.Port() == "" {
		return nil, fmt.Errorf("address %q: tcp://host:port is due, at which the hub listens", s.Address)
	}
	return reading(func(ctx context.Context, _ json.RawMessage, take taker) error {
		return streamed(ctx, take, cefBatch, cefWait, func(ctx context.Context, g *gather) error {
			l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", u.Host)
			if err != nil {
				return err
			}
			c := collector{s: s, g: g, room: make(chan struct{}, cefSenders)}
			return c.accept(ctx, l)
		})
	}), nil
}

// collector hears several senders at once.
type collector struct {
	s    *ingest.Source
	g    *gather
	room chan struct{} // a place for each sender
}

// accept hears whoever connects, until ctx ends.
func (c *collector) accept(ctx context.Context, l net.Listener) error {
	var hearing sync.WaitGroup
	defer hearing.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		select {
		case c.room <- struct{}{}:
			hearing.Go(func() {
				defer func() { <-c.room }()
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				c.hear(conn)
			})
		default:
			conn.Close()
		}
	}
}

// hear takes in what one sender says. That a sender breaks off is no fault of
// the others': it connects again.
func (c *collector) hear(conn io.Reader) {
	var text []byte // the frame that is being read
	o := cef.Options{Location: c.s.Location, Frame: func(frame []byte) { text = frame }}
	o.Decode(conn, formats.Sink[cef.Event]{
		Record: func(e cef.Event) error {
			return c.g.put(func(b *ingest.Batch) error {
				b.Records = append(b.Records, e)
				b.Lines = framed(b.Lines, text)
				return nil
			}, nil)
		},
		Refuse: func(r formats.Refusal) error {
			return c.g.put(func(b *ingest.Batch) error {
				b.Refused = append(b.Refused, r)
				b.Lines = framed(b.Lines, text)
				return nil
			}, nil)
		},
	})
}

// framed appends a message to lines. Line breaks inside of it are written as
// CEF escapes them, for the spool counts in lines.
func framed(lines, text []byte) []byte {
	return append(append(lines, bytes.ReplaceAll(text, []byte("\n"), []byte(`\n`))...), '\n')
}
