package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/ngsild"
)

// ngsiFormat lists the entities of an NGSI-LD broker, or of one of NGSI v2. The
// address is the broker's API, "…/ngsi-ld/v1", or a query of its own,
// "…/entities?type=Camera"; without one cameras and devices are asked for.
func ngsiFormat() ingest.Format {
	return define("ngsi-ld", []string{"headers", "user", "pageSize", "deleteAfter"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		first, err := ngsiQuery(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, _ json.RawMessage, take taker) error {
			return ngsiPages(ctx, w, first, &pour{ctx: ctx, take: take, snapshot: true})
		}), nil
	}, ngsiDecode, nil)
}

const (
	// ngsiPage is how many entities are asked for at once: some brokers give no more.
	ngsiPage = 100
	// ngsiPages at most are read of one list.
	ngsiMost = 100_000
)

// ngsiQuery is the address of the first page.
func ngsiQuery(s *ingest.Source) (*url.URL, error) {
	u, err := url.Parse(s.Address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("address %q: the broker's API is due, such as https://broker.example.vn/ngsi-ld/v1", s.Address)
	}
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/entities") {
		u = u.JoinPath("entities")
	}
	q := u.Query()
	set := func(name, value string) {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	if !q.Has("q") && !q.Has("attrs") && !q.Has("id") && !q.Has("idPattern") {
		set("type", "Camera,Device")
	}
	page := ngsiPage
	if s.PageSize > 0 {
		page = s.PageSize
	}
	set("limit", strconv.Itoa(page))
	if strings.Contains(u.Path, "/v2/") {
		set("options", "count")
	} else {
		set("options", "sysAttrs")
		set("count", "true")
	}
	u.RawQuery = q.Encode()
	return u, nil
}

// ngsiPages reads the list, page after page: Link names the next one, or the
// offset of what was read does.
func ngsiPages(ctx context.Context, w *web, at *url.URL, p *pour) error {
	header := http.Header{"Accept": {"application/ld+json, application/json"}}
	seen, count, links := map[string]bool{}, 0, false
	for {
		if seen[at.String()] || len(seen) > ngsiMost {
			return fmt.Errorf("the pages go round in a circle at %s", at.Redacted())
		}
		seen[at.String()] = true
		a, err := w.get(ctx, at.String(), header)
		if err != nil {
			return err
		}
		page, err := ngsiEntities(w.s, a, p)
		a.Close()
		if err != nil {
			return fmt.Errorf("GET %s: %w", a.URL.Redacted(), err)
		}
		count += page.Entities
		next, err := ngsiNext(a, at, page.Entities, count, links)
		if err != nil {
			return err
		}
		links = links || linked(a.Header, "next") != ""
		if next == nil {
			return p.flush(nil, true)
		}
		at = next
	}
}

// ngsiEntities reads one answer; one that is broken ends the list, since what
// it leaves out may be there.
func ngsiEntities(s *ingest.Source, a *answer, p *pour) (ngsild.Page, error) {
	page, err := ngsild.Decode(a, ngsiClock(s, into[ngsild.Entity](p)))
	if err == nil && !page.Complete {
		err = errors.New("the answer is no list of entities, or is cut off")
	}
	return page, err
}

// ngsiNext is the address of the next page; nil when this was the last: of a
// broker that links its pages, the one without a link.
func ngsiNext(a *answer, at *url.URL, got, count int, links bool) (*url.URL, error) {
	if link := linked(a.Header, "next"); link != "" {
		u, err := a.URL.Parse(link)
		if err != nil {
			return nil, fmt.Errorf("the next page's address %q: %w", link, err)
		}
		return u, nil
	}
	q := at.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		return nil, fmt.Errorf("limit in the address: %w", err)
	}
	total, counted := firstNumber(a.Header, "NGSILD-Results-Count", "Fiware-Total-Count")
	if got == 0 || counted && count >= total || !counted && (links || got < limit) {
		if counted && count < total {
			return nil, fmt.Errorf("GET %s: it names %d entities and gives %d", at.Redacted(), total, count)
		}
		return nil, nil
	}
	u := *at
	q.Set("offset", strconv.Itoa(count))
	u.RawQuery = q.Encode()
	return &u, nil
}

func firstNumber(h http.Header, names ...string) (int, bool) {
	for _, name := range names {
		if n, err := strconv.Atoi(h.Get(name)); err == nil {
			return n, true
		}
	}
	return 0, false
}

func ngsiDecode(s *ingest.Source, r io.Reader, sink formats.Sink[ngsild.Entity]) error {
	_, err := ngsild.Decode(r, ngsiClock(s, sink))
	return err
}

// ngsiClock sets right when an entity changed, by a broker whose clock runs
// ahead; times inside it are set right by the mapping.
func ngsiClock(s *ingest.Source, sink formats.Sink[ngsild.Entity]) formats.Sink[ngsild.Entity] {
	record := sink.Record
	sink.Record = func(e ngsild.Entity) error {
		if e.ModifiedAt != nil {
			at := e.ModifiedAt.Add(-time.Duration(s.ClockAhead))
			e.ModifiedAt = &at
		}
		return record(e)
	}
	return sink
}
