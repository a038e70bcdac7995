package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/open311"
)

// open311Format reads the requests of a GeoReport v2 server. Address is the
// API's base; parameters in it (jurisdiction_id, api_key) go with each request,
// and its start_date is how far back the first read goes, instead of three years.
//
// The standard can't be asked for what has changed, so that a read asks for
// more than is new: what was made within Overlap (7 days), what is open, and by
// their ids those that were open at the last read and are no longer. Every 20th
// read asks for all of the last 90 days.
func open311Format() ingest.Format {
	return define("open311", []string{"headers", "user", "overlap", "pageSize", "outbox"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		base, err := open311Base(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, from json.RawMessage, take taker) error {
			r := &open311Reading{web: w, ctx: ctx, take: take, base: base, now: time.Now().UTC().Truncate(time.Second)}
			return r.read(from)
		}), nil
	}, decodeOpen311, func(text []byte) (open311.Record, error) {
		var found open311.Record
		err := open311.Decode(bytes.NewReader(text), formats.Sink[open311.Record]{
			Record: func(r open311.Record) error { found = r; return nil },
			Refuse: func(r formats.Refusal) error { return r },
		})
		return found, err
	})
}

func decodeOpen311(s *ingest.Source, r io.Reader, sink formats.Sink[open311.Record]) error {
	return open311.Options{Location: s.Location}.Decode(r, sink)
}

// open311Base is the address of the requests without a query of a read's own.
func open311Base(s *ingest.Source) (*url.URL, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if isWeb(u) && !strings.HasSuffix(u.Path, "requests.json") && !strings.HasSuffix(u.Path, "requests.xml") {
		u = u.JoinPath("requests.json")
	}
	if from := u.Query().Get("start_date"); from != "" {
		if _, err := open311Date(from); err != nil {
			return nil, fmt.Errorf("address: start_date %q is no date such as 2024-01-01", from)
		}
	}
	return u, nil
}

func open311Date(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}

// The standard's bounds, and ours.
const (
	open311Past    = 3 * 365 * 24 * time.Hour // how far back the first read goes
	open311Longest = 30 * 24 * time.Hour      // of made, read at once
	open311Span    = 90 * 24 * time.Hour      // the longest a server has to allow
	open311Page    = 1000                     // requests, the most a server has to give
	open311Overlap = 7 * 24 * time.Hour
	open311Deep    = 20   // every so many reads go back over open311Span
	open311Tracked = 5000 // open requests that are followed by id
	open311Asked   = 50   // ids in one question
	open311Narrow  = time.Minute
)

// open311Mark is the checkpoint.
type open311Mark struct {
	// From is where the first read goes on: the requests made from then are
	// still to be read, from Page of them on. Nil when it is through.
	From *time.Time `json:"from,omitempty"`
	Page int        `json:"page,omitempty"`
	// Window is how long a window the server can answer whole.
	Window time.Duration `json:"window,omitempty"`
	// Newest is when the newest request that was read was made.
	Newest time.Time `json:"newest,omitzero"`
	Reads  int       `json:"reads,omitempty"`
	// Open are requests that were open and made before the overlap.
	Open []string `json:"open,omitempty"`
}

// open311Reading is one read.
type open311Reading struct {
	*web
	ctx  context.Context
	take taker
	base *url.URL
	now  time.Time

	mark open311Mark
	most int // the most requests on one page of this server
}

func (r *open311Reading) read(from json.RawMessage) error {
	if !isWeb(r.base) {
		return r.file()
	}
	if len(from) == 0 {
		past := r.now.Add(-open311Past)
		if text := r.base.Query().Get("start_date"); text != "" {
			past, _ = open311Date(text)
		}
		r.mark = open311Mark{From: &past, Page: 1}
	} else if err := resume(from, &r.mark); err != nil {
		return err
	}
	if r.mark.Window <= 0 || r.mark.Window > open311Longest {
		r.mark.Window = open311Longest
	}
	if r.mark.From != nil {
		if err := r.backfill(*r.mark.From); err != nil {
			return err
		}
	} else if err := r.backfill(r.again()); err != nil {
		return err
	}
	if err := r.followOpen(); err != nil {
		return err
	}
	r.mark.Reads++
	return r.take(r.ctx, &ingest.Batch{Checkpoint: r.mark})
}

// again is from when a read asks again for all that was made.
func (r *open311Reading) again() time.Time {
	if r.mark.Reads%open311Deep == open311Deep-1 {
		return r.recent().Add(-open311Span)
	}
	return r.recent()
}

// recent is from when each read asks for all that was made.
func (r *open311Reading) recent() time.Time {
	back := time.Duration(r.s.Overlap)
	if back == 0 {
		back = open311Overlap
	}
	newest := r.mark.Newest
	if newest.IsZero() || newest.After(r.now) {
		newest = r.now // a clock that runs ahead must not hide what comes
	}
	return newest.Add(-back)
}

// backfill reads all that was made since a time, window by window. While one
// page is stored the next is on its way, be it of another window.
func (r *open311Reading) backfill(from time.Time) error {
	resumable, first, window := r.mark.From != nil, 1, r.mark.Window
	if resumable {
		first = max(1, r.mark.Page)
	}
	err := r.fetched(func(ctx context.Context, to chan<- *open311Answer) error {
		return r.windows(ctx, from, first, &window, to)
	}, func(p *open311Answer) error {
		r.saw(p)
		b := &ingest.Batch{Records: p.records, Refused: p.refused}
		if resumable {
			mark := r.mark
			mark.From, mark.Page, mark.Window = &p.from, p.page, p.window
			if p.ends {
				mark.Page++
			}
			b.Checkpoint = mark
		}
		return r.take(r.ctx, b)
	})
	if err != nil {
		return err
	}
	r.mark.From, r.mark.Page, r.mark.Window = nil, 1, window
	return nil
}

// windows fetches all that was made since a time. The last window has no end,
// since the server's clock may run before ours.
func (r *open311Reading) windows(ctx context.Context, from time.Time, first int, window *time.Duration, to chan<- *open311Answer) error {
	for {
		end := from.Add(*window)
		query := url.Values{"start_date": {open311Time(from)}}
		last := !end.Before(r.now)
		if !last {
			query.Set("end_date", open311Time(end))
		}
		switch err := r.ahead(ctx, query, first, open311Window{from, *window}, to); {
		case errors.Is(err, errCutOff) && last && r.now.Sub(from) > open311Narrow:
			*window, first = r.now.Sub(from)/2, 1
			continue
		case errors.Is(err, errCutOff) && !last && *window > open311Narrow:
			*window, first = *window/2, 1
			continue
		case err != nil || last:
			return err
		}
		from, first, *window = end, 1, min(2**window, open311Longest)
	}
}

func open311Time(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// saw notes when the newest request was made.
func (r *open311Reading) saw(p *open311Answer) {
	for _, v := range p.records {
		q := v.(open311.Record).Request
		if q != nil && q.RequestedDatetime != nil && q.RequestedDatetime.After(r.mark.Newest) {
			r.mark.Newest = q.RequestedDatetime.UTC()
		}
	}
}

// followOpen reads what is open, however old, and what has been until now.
func (r *open311Reading) followOpen() error {
	var open []string
	since := r.recent()
	from := r.now.Add(-open311Past)
	if text := r.base.Query().Get("start_date"); text != "" {
		from, _ = open311Date(text)
	}
	for ; from.Before(since); from = from.Add(open311Span) {
		to := from.Add(open311Span)
		if to.After(since) {
			to = since // what was made later has been read
		}
		query := url.Values{"status": {"open"}, "start_date": {open311Time(from)}, "end_date": {open311Time(to)}}
		err := r.pages(query, 1, func(p *open311Answer) error {
			for _, v := range p.records {
				if q := v.(open311.Record).Request; q != nil && q.Status == "open" && len(open) < open311Tracked {
					open = append(open, q.ServiceRequestID)
				}
			}
			return r.take(r.ctx, &ingest.Batch{Records: p.records, Refused: p.refused})
		})
		if err != nil && !errors.Is(err, errCutOff) {
			return err
		}
	}
	slices.Sort(open)
	open = slices.Compact(open)
	var closed []string
	for _, id := range r.mark.Open {
		if _, still := slices.BinarySearch(open, id); !still && !strings.Contains(id, ",") {
			closed = append(closed, id)
		}
	}
	for ids := range slices.Chunk(closed, open311Asked) {
		err := r.pages(url.Values{"service_request_id": {strings.Join(ids, ",")}}, 1, func(p *open311Answer) error {
			return r.take(r.ctx, &ingest.Batch{Records: p.records, Refused: p.refused})
		})
		if err != nil && !isGone(err) && !errors.Is(err, errCutOff) {
			return err
		}
	}
	r.mark.Open = open
	return nil
}

// file reads a file of requests.
func (r *open311Reading) file() error {
	a, err := r.get(r.ctx, r.s.Address, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	p := &pour{ctx: r.ctx, take: r.take}
	if err := decodeOpen311(r.s, a, into[open311.Record](p)); err != nil {
		return err
	}
	return p.flush(nil, false)
}

// size is how many requests are asked for at once.
func (r *open311Reading) size() int {
	if r.s.PageSize > 0 {
		return r.s.PageSize
	}
	return open311Page
}

// ask is the address of a page.
func (r *open311Reading) ask(query url.Values, page int) string {
	u := *r.base
	all := u.Query()
	all.Del("start_date")
	for name, values := range query {
		all[name] = values
	}
	all.Set("page", strconv.Itoa(page))
	all.Set("page_size", strconv.Itoa(r.size()))
	u.RawQuery = all.Encode()
	return u.String()
}
