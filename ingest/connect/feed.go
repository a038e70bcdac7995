package connect

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/feed"
)

// feedFormat reads RSS, Atom and JSON Feed, and asks for a feed only if it has
// changed.
func feedFormat() ingest.Format {
	return define("feed", []string{"headers", "user"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, from json.RawMessage, take taker) error { return readFeed(ctx, w, from, take) }), nil
	}, decodeFeed, nil)
}

func decodeFeed(s *ingest.Source, r io.Reader, sink formats.Sink[feed.Item]) error {
	return feed.Options{Location: s.Location}.Decode(r, sink)
}

func readFeed(ctx context.Context, w *web, from json.RawMessage, take taker) error {
	var had validators
	if err := resume(from, &had); err != nil {
		return err
	}
	a, err := w.get(ctx, w.s.Address, had.header())
	if err != nil {
		return err
	}
	defer a.Close()
	if a.NotModified {
		return nil
	}
	p := &pour{ctx: ctx, take: take}
	if err := decodeFeed(w.s, a, into[feed.Item](p)); err != nil {
		return err
	}
	if b := p.open(); len(b.Records) == 0 && len(b.Refused) == 1 && b.Refused[0].Line == 1 && b.Refused[0].Path == "" {
		return notOurs(w.s.Address, b.Refused[0])
	}
	return p.flush(validatorsOf(a.Header), false)
}

// validators are what a server named a document's version by.
type validators struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

func validatorsOf(h http.Header) validators {
	return validators{h.Get("ETag"), h.Get("Last-Modified")}
}

// header asks for the document only if it is another one now.
func (v validators) header() http.Header {
	h := http.Header{}
	if v.ETag != "" {
		h.Set("If-None-Match", v.ETag)
	}
	if v.Modified != "" {
		h.Set("If-Modified-Since", v.Modified)
	}
	return h
}
