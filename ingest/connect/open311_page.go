package connect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/open311"
)

// errCutOff says that a server gives no second page of an answer that is as
// long as its answers get: what it left out has to be asked for otherwise.
var errCutOff = errors.New("the server gives no second page, and the first is full")

// open311Window is when requests were made that are read at once.
type open311Window struct {
	from   time.Time
	window time.Duration
}

// open311Answer is a page, or a part of one that is longer than a batch.
type open311Answer struct {
	open311Window
	page    int
	records []any
	refused []formats.Refusal
	ends    bool // the page ends here
	err     error
}

// pages gives the pages of an answer, from the page first on, until one is
// empty or is the one before again. A page shorter than the server's others is
// the last: only the server knows how long it makes them.
func (r *open311Reading) pages(query url.Values, first int, each func(*open311Answer) error) error {
	return r.fetched(func(ctx context.Context, to chan<- *open311Answer) error {
		return r.ahead(ctx, query, first, open311Window{}, to)
	}, each)
}

// fetched gives what fetch brings. While a page is stored the next one is on
// its way.
func (r *open311Reading) fetched(fetch func(context.Context, chan<- *open311Answer) error, each func(*open311Answer) error) error {
	ctx, stop := context.WithCancel(r.ctx)
	answers := make(chan *open311Answer, 1)
	defer func() {
		stop()
		for range answers { // until the other end has closed it
		}
	}()
	go func() {
		defer close(answers)
		if err := fetch(ctx, answers); err != nil {
			select {
			case answers <- &open311Answer{err: err}:
			case <-ctx.Done():
			}
		}
	}()
	for a := range answers {
		if a.err != nil {
			return a.err
		}
		if err := each(a); err != nil {
			return err
		}
	}
	return r.ctx.Err()
}

// ahead fetches page after page.
func (r *open311Reading) ahead(ctx context.Context, query url.Values, first int, of open311Window, to chan<- *open311Answer) error {
	var before uint64
	for page := first; ; page++ {
		p := open311Puller{ctx: ctx, to: to, of: of, page: page, before: before}
		if err := r.pull(&p, r.ask(query, page)); err != nil {
			if page > first && isGone(err) {
				return nil // some say so that there is no such page
			}
			return err
		}
		switch n := p.n; {
		case n == 0:
			return nil
		case p.repeats:
			if page == first+1 && n >= min(r.size(), open311Page) {
				return errCutOff
			}
			return nil
		case n < r.most:
			return nil
		default:
			r.most = max(r.most, n)
		}
		before = p.sum
	}
}

// open311Puller takes a page as it is decoded. It holds a page back until it is
// known to be none that was there before, up to two batches.
type open311Puller struct {
	ctx     context.Context
	to      chan<- *open311Answer
	of      open311Window
	page    int
	before  uint64
	sum     uint64
	n       int
	repeats bool
	held    open311Answer
	sent    bool
}

func (r *open311Reading) pull(p *open311Puller, address string) error {
	a, err := r.get(p.ctx, address, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	body := bufio.NewReaderSize(a, 64<<10)
	if head, _ := body.Peek(512); isPage(head) {
		return fmt.Errorf("%s answers with a page for people, not with requests", a.URL.Redacted())
	}
	ids := fnv.New64a()
	err = decodeOpen311(r.s, body, formats.Sink[open311.Record]{
		Record: func(v open311.Record) error {
			if v.Request != nil {
				ids.Write([]byte(v.Request.ServiceRequestID))
				ids.Write([]byte{0})
			}
			p.n++
			p.held.records = append(p.held.records, v)
			return p.full()
		},
		Refuse: func(refusal formats.Refusal) error {
			if p.n == 0 && (len(refusal.Raw) == 0 || strings.HasPrefix(refusal.Reason, open311.ServerError)) {
				return notOurs(a.URL.Redacted(), refusal)
			}
			ids.Write(refusal.Raw)
			p.n++
			p.held.refused = append(p.held.refused, refusal)
			return p.full()
		},
	})
	if err != nil {
		return err
	}
	p.sum = ids.Sum64()
	if p.repeats = p.n > 0 && p.sum == p.before; p.repeats && !p.sent || p.n == 0 {
		return nil
	}
	return p.send(true)
}

func (p *open311Puller) full() error {
	if len(p.held.records)+len(p.held.refused) < 2*maxBatch {
		return nil
	}
	return p.send(false)
}

func (p *open311Puller) send(ends bool) error {
	a := p.held
	a.open311Window, a.page, a.ends = p.of, p.page, ends
	p.held, p.sent = open311Answer{}, true
	select {
	case p.to <- &a:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// isPage says that an answer is HTML: a page to log in, or an error of some
// gateway that calls itself a success.
func isPage(head []byte) bool {
	head = bytes.ToLower(bytes.TrimSpace(head))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
