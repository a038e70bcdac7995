package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/vms"
)

// vmsOverlap is how late a position by satellite may come, when the source's
// declaration says nothing else.
const vmsOverlap = 2 * time.Hour

// vmsPages bounds how many pages one read follows.
const vmsPages = 10_000

// vmsFormat is positions of a vessel monitoring system as JSON over HTTP. Each
// read asks for those since the newest it had, less the overlap: {since} in
// the address is where that time goes, else it is added as since=…
func vmsFormat() ingest.Format {
	return define("vms", []string{"headers", "user", "decimalComma", "overlap"}, vmsConnect, func(s *ingest.Source, r io.Reader, sink formats.Sink[vms.Position]) error {
		return vmsOptions(s, nil).Decode(r, vmsSink(s, sink))
	}, nil)
}

// vmsMark is how far a source was read.
type vmsMark struct {
	Newest time.Time `json:"newest"` // time of the newest position
}

func vmsConnect(s *ingest.Source) (ingest.Reader, error) {
	w, err := newWeb(s)
	if err != nil {
		return nil, err
	}
	return reading(func(ctx context.Context, from json.RawMessage, take taker) error {
		var mark vmsMark
		if from != nil {
			if err := json.Unmarshal(from, &mark); err != nil {
				return fmt.Errorf("checkpoint: %w", err)
			}
		}
		p := &pour{ctx: ctx, take: take}
		address := since(s, mark.Newest)
		// A clock that is years ahead must not hide what comes from the others.
		latest := time.Now().Add(24 * time.Hour)
		sink := into[vms.Position](p)
		store := sink.Record
		sink.Record = func(v vms.Position) error {
			if v.Time.After(mark.Newest) && v.Time.Before(latest) {
				mark.Newest = v.Time
			}
			return store(v)
		}
		sink = vmsSink(s, sink)
		err := paged(ctx, w, address, func(body io.Reader, next *string) error {
			return vmsOptions(s, next).Decode(body, sink)
		})
		if err != nil {
			return err
		}
		return p.flush(mark, false)
	}), nil
}

// since is the address at which positions since a time are asked for; the
// source's clock may run ahead.
func since(s *ingest.Source, newest time.Time) string {
	overlap := time.Duration(s.Overlap)
	if overlap == 0 {
		overlap = vmsOverlap
	}
	text := "1970-01-01T00:00:00Z"
	if !newest.IsZero() {
		text = newest.Add(time.Duration(s.ClockAhead) - overlap).UTC().Format(time.RFC3339)
	}
	if strings.Contains(s.Address, "{since}") {
		return strings.ReplaceAll(s.Address, "{since}", url.QueryEscape(text))
	}
	u, err := url.Parse(s.Address)
	if err != nil || u.Scheme == "" || u.Scheme == "file" || newest.IsZero() {
		return s.Address
	}
	q := u.Query()
	q.Set("since", text)
	u.RawQuery = q.Encode()
	return u.String()
}

// paged reads a page after the other: Link rel=next names the next one, or the
// "next" that read finds in the body.
func paged(ctx context.Context, w *web, address string, read func(body io.Reader, next *string) error) error {
	seen := map[string]bool{}
	for address != "" {
		if seen[address] {
			return fmt.Errorf("%s names itself as a further page", address)
		}
		if seen[address] = true; len(seen) > vmsPages {
			return fmt.Errorf("more than %d pages", vmsPages)
		}
		a, err := w.get(ctx, address, nil)
		if err != nil {
			return err
		}
		next := ""
		err = read(a, &next)
		a.Close()
		if err != nil {
			return fmt.Errorf("GET %s: %w", a.URL.Redacted(), err)
		}
		if link := linked(a.Header, "next"); link != "" {
			next = link
		}
		if next == "" {
			return nil
		}
		u, err := a.URL.Parse(next)
		if err != nil {
			return fmt.Errorf("the next page's address %q: %w", next, err)
		}
		address = u.String()
	}
	return nil
}

// linked is the address of a relation in the Link headers (RFC 8288).
func linked(h http.Header, rel string) string {
	for _, line := range h.Values("Link") {
		for rest := line; ; {
			open := strings.IndexByte(rest, '<')
			if open < 0 {
				break
			}
			end := strings.IndexByte(rest[open:], '>')
			if end < 0 {
				break
			}
			address := rest[open+1 : open+end]
			rest = rest[open+end+1:]
			params, _, _ := strings.Cut(rest, "<")
			for param := range strings.SplitSeq(params, ";") {
				name, value, _ := strings.Cut(strings.Trim(param, " ,"), "=")
				if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(value, `" ,`), rel) {
					return address
				}
			}
		}
	}
	return ""
}

func vmsOptions(s *ingest.Source, next *string) vms.Options {
	return vms.Options{Location: s.Location, DecimalComma: s.DecimalComma, Next: next}
}

// vmsSink sets right the times of a source whose clock runs ahead.
func vmsSink(s *ingest.Source, sink formats.Sink[vms.Position]) formats.Sink[vms.Position] {
	record := sink.Record
	sink.Record = func(p vms.Position) error {
		p.Time = p.Time.Add(-time.Duration(s.ClockAhead))
		return record(p)
	}
	return sink
}
