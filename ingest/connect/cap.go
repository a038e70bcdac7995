package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/cap"
)

// capFormat reads an Atom or RSS feed of CAP messages, which the feed holds or
// links, or an address that is one message. Each linked message is fetched once
// for each time of its entry; one that can't be fetched is asked for again at
// the next read.
func capFormat() ingest.Format {
	return define("cap", []string{"headers", "user"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, from json.RawMessage, take taker) error {
			r := capReading{web: w, ctx: ctx, take: take}
			return r.read(from)
		}), nil
	}, func(_ *ingest.Source, r io.Reader, sink formats.Sink[cap.Alert]) error { return cap.Decode(r, sink) }, nil)
}

// Bounds of what one read of a feed takes.
const (
	maxCAPFeed     = 32 << 20 // bytes of a page
	maxCAPPages    = 50
	maxCAPDocument = 8 << 20 // bytes
	capAtOnce      = 4       // documents fetched at the same time
	capBatch       = 64      // documents stored at once
)

// capMark is the checkpoint: the feed's version, and the time of its entry by
// the address of each document that was read; 0 without a time. It holds no
// more than the feed names.
type capMark struct {
	validators
	Fetched map[string]int64 `json:"fetched,omitempty"`
}

// capReading is one read of a feed.
type capReading struct {
	*web
	ctx  context.Context
	take taker

	mark capMark // what the next read goes on from
	done capMark // of the read before

	incomplete bool // a document that the feed names isn't there
}

func (r *capReading) read(from json.RawMessage) error {
	if err := resume(from, &r.done); err != nil {
		return err
	}
	r.mark.Fetched = map[string]int64{}
	address, header := r.s.Address, r.done.header()
	var links []capLink
	var first validators
	for page := 0; address != "" && page < maxCAPPages; page++ {
		a, err := r.get(r.ctx, address, header)
		if err != nil {
			return err
		}
		if a.NotModified {
			a.Close()
			return nil
		}
		doc, err := io.ReadAll(io.LimitReader(a, maxCAPFeed+1))
		a.Close()
		if err != nil {
			return fmt.Errorf("read %s: %w", address, err)
		}
		if len(doc) > maxCAPFeed {
			return fmt.Errorf("%s is larger than %d MiB", address, maxCAPFeed>>20)
		}
		if page == 0 {
			first = validatorsOf(a.Header)
		}
		named, err := r.page(doc, a.URL)
		if err != nil {
			return err
		}
		links = append(links, named...)
		address, header = nextPage(doc, a.URL), nil
	}
	failed := r.follow(links)
	if failed != nil && r.ctx.Err() != nil {
		return failed
	}
	if failed == nil && !r.incomplete {
		r.mark.validators = first // with a document missing the feed is wanted again
	}
	if err := r.take(r.ctx, &ingest.Batch{Checkpoint: r.mark}); err != nil {
		return err
	}
	return failed
}

// capLink is a document that a feed names.
type capLink struct {
	url     *url.URL
	updated int64
}

// page stores the messages that a page holds, and gives the documents it names.
func (r *capReading) page(doc []byte, at *url.URL) ([]capLink, error) {
	p := &pour{ctx: r.ctx, take: r.take}
	if err := cap.Decode(bytes.NewReader(doc), into[cap.Alert](p)); err != nil {
		return nil, err
	}
	if b := p.open(); len(b.Records) == 0 && len(b.Refused) == 1 && len(b.Refused[0].Raw) == 0 {
		return nil, notOurs(at.Redacted(), b.Refused[0])
	}
	named, refused, err := cap.Links(bytes.NewReader(doc))
	if err != nil {
		return nil, err
	}
	b := p.open()
	b.Refused = append(b.Refused, refused...)
	var links []capLink
	for _, l := range named {
		u, err := at.Parse(strings.TrimSpace(l.URL))
		if err != nil || u.Scheme != at.Scheme && !(isWeb(u) && isWeb(at)) {
			// A feed from the web must not have us read our own disk.
			b.Refused = append(b.Refused, formats.Reject(0, "link", []byte(l.URL), "%q is no address on the web", l.URL))
			continue
		}
		link := capLink{url: u}
		if !l.Updated.IsZero() {
			link.updated = l.Updated.Unix()
		}
		links = append(links, link)
	}
	return links, p.flush(nil, false)
}

func isWeb(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// follow fetches the documents that were not read yet, and gives the first
// reason for which one could not be.
func (r *capReading) follow(links []capLink) error {
	var wanted []capLink
	seen := map[string]bool{}
	for _, l := range links {
		key := l.url.String()
		if at, known := r.done.Fetched[key]; known && at == l.updated {
			r.mark.Fetched[key] = at
		} else if !seen[key] {
			wanted = append(wanted, l)
		}
		seen[key] = true
	}
	var failed error
	for len(wanted) > 0 {
		some := wanted[:min(capBatch, len(wanted))]
		wanted = wanted[len(some):]
		if err := r.documents(some); errors.As(err, new(*missedError)) {
			if failed == nil {
				failed = err
			}
		} else if err != nil {
			return err
		}
	}
	return failed
}

// missedError says that documents could not be fetched, while others were stored.
type missedError struct {
	n     int
	cause error
}

func (e *missedError) Error() string {
	return fmt.Sprintf("%d documents of the feed could not be fetched and are tried again: %v", e.n, e.cause)
}

func (e *missedError) Unwrap() error { return e.cause }

// documents fetches some documents, a few at a time, and stores them in order.
func (r *capReading) documents(links []capLink) error {
	batches, errs := make([]ingest.Batch, len(links)), make([]error, len(links))
	var fetching sync.WaitGroup
	slots := make(chan struct{}, capAtOnce)
	for i, l := range links {
		slots <- struct{}{}
		fetching.Go(func() {
			defer func() { <-slots }()
			errs[i] = r.document(l, &batches[i])
		})
	}
	fetching.Wait()
	var all ingest.Batch
	var missed missedError
	for i, l := range links {
		if isGone(errs[i]) { // the feed is wrong about it; others may still be right
			all.Refused = append(all.Refused, formats.Reject(0, l.url.Redacted(), []byte(l.url.Redacted()), "the feed names it, but it can't be fetched: %v", errs[i]))
			r.incomplete = true
			continue
		}
		if errs[i] != nil {
			if missed.n++; missed.cause == nil {
				missed.cause = errs[i]
			}
			continue
		}
		all.Records = append(all.Records, batches[i].Records...)
		all.Refused = append(all.Refused, batches[i].Refused...)
		r.mark.Fetched[l.url.String()] = l.updated
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	// What the read before had fetched stays known, if this one ends here.
	all.Checkpoint = capMark{Fetched: merged(r.done.Fetched, r.mark.Fetched)}
	if err := r.take(r.ctx, &all); err != nil {
		return err
	}
	if missed.n > 0 {
		return &missed
	}
	return nil
}

func merged(a, b map[string]int64) map[string]int64 {
	all := make(map[string]int64, len(a)+len(b))
	for _, m := range []map[string]int64{a, b} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func (r *capReading) document(l capLink, b *ingest.Batch) error {
	a, err := r.get(r.ctx, l.url.String(), nil)
	if err != nil {
		return err
	}
	defer a.Close()
	doc, err := io.ReadAll(io.LimitReader(a, maxCAPDocument+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", l.url.Redacted(), err)
	}
	if len(doc) > maxCAPDocument {
		b.Refused = append(b.Refused, formats.Reject(0, l.url.Redacted(), doc, "the document is larger than %d MiB", maxCAPDocument>>20))
		return nil
	}
	if err := cap.Decode(bytes.NewReader(doc), ingest.Into[cap.Alert](b)); err != nil {
		return err
	}
	for i := range b.Refused {
		if len(b.Refused[i].Raw) == 0 { // it was no message at all
			b.Refused[i] = formats.Reject(b.Refused[i].Line, l.url.Redacted(), doc, "%s", b.Refused[i].Reason)
		}
	}
	return nil
}

// nextPage is the address of a feed's next page (RFC 5005); "" on the last.
func nextPage(doc []byte, at *url.URL) string {
	x := xml.NewDecoder(bytes.NewReader(doc))
	x.Strict = false
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for depth := 0; ; {
		t, err := x.RawToken()
		if err != nil {
			return ""
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			if t.Name.Local != "link" || depth > 3 {
				continue
			}
			var rel, href string
			for _, a := range t.Attr {
				switch a.Name.Local {
				case "rel":
					rel = a.Value
				case "href":
					href = a.Value
				}
			}
			u, err := at.Parse(href)
			if rel == "next" && err == nil && u.Host == at.Host && u.Scheme == at.Scheme && u.String() != at.String() {
				return u.String()
			}
		case xml.EndElement:
			depth--
		}
	}
}
