package connect

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/dossier"
	"geohub/ingest/formats/table"
)

// dossierFormat is the REST service of a one-stop system, most often behind a
// gateway of X-Road: pages of dossiers, the next one named or counted.
//
// {since} in the address, or {tuNgay} as a day dd/MM/yyyy, is when the last
// complete read began by the server's clock; without one all pages are read
// each time. A dossier that only time makes overdue comes by no {since}.
func dossierFormat() ingest.Format {
	keys := []string{"map", "headers", "user", "overlap", "pageSize", "deleteAfter"}
	connect := func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		d := &dossiers{s: s, web: w}
		if s.Map != "" {
			if d.program, err = ingest.CompileMap(s.Map); err != nil {
				return nil, err
			}
		}
		return reading(d.read), nil
	}
	decode := func(s *ingest.Source, r io.Reader, sink formats.Sink[dossier.Record]) error {
		_, err := dossier.Decode(r, sink)
		return err
	}
	return define("dossier", keys, connect, decode, nil)
}

type dossiers struct {
	s       *ingest.Source
	web     *web
	program *ingest.Program // from an item of the source to a dossier's own names; may be nil
}

// dossierMark is when the last complete read began, by the server's clock.
type dossierMark struct {
	Since time.Time `json:"since"`
}

func (d *dossiers) read(ctx context.Context, from json.RawMessage, take taker) error {
	var mark dossierMark
	if err := resume(from, &mark); err != nil {
		return err
	}
	address, part := d.first(mark.Since)
	p := &pour{ctx: ctx, take: take, snapshot: !part}
	at := counting{size: d.s.PageSize}
	var began time.Time
	for n := 0; address != ""; n++ {
		page, met, err := d.page(ctx, address, p)
		if err != nil {
			return err
		}
		if n == 0 {
			began = met.at
		}
		if address, err = at.next(met, page); err != nil {
			return err
		}
	}
	return p.flush(dossierMark{began}, !part)
}

// first is the address of the first page; part says that it asks for a part of
// what there is.
func (d *dossiers) first(since time.Time) (address string, part bool) {
	address = d.s.Address
	if strings.Contains(address, "{since}") || strings.Contains(address, "{tuNgay}") {
		part = !since.IsZero()
		zone := d.s.Location
		if zone == nil {
			zone = time.UTC
		}
		if since.IsZero() {
			since = time.Date(2000, 1, 1, 0, 0, 0, 0, zone)
		}
		since = since.Add(-time.Duration(d.s.Overlap)).In(zone)
		address = strings.NewReplacer("{since}", url.QueryEscape(since.Format(time.RFC3339)), "{tuNgay}", url.QueryEscape(since.Format("02/01/2006"))).Replace(address)
	}
	if u, err := url.Parse(address); err == nil && d.s.PageSize > 0 && !u.Query().Has("size") {
		q := u.Query()
		q.Set("size", strconv.Itoa(d.s.PageSize))
		u.RawQuery = q.Encode()
		address = u.String()
	}
	return address, part
}

// met is what a page was met with: where, when, how many dossiers.
type met struct {
	url   *url.URL
	at    time.Time
	count int
	first string // the first dossier's code: a server that counts no pages gives it again
}

// page reads one answer.
func (d *dossiers) page(ctx context.Context, address string, p *pour) (dossier.Page, met, error) {
	body, err := d.web.get(ctx, address, http.Header{"Accept": {"application/json"}, "X-Road-Id": {newID()}})
	if err != nil {
		return dossier.Page{}, met{}, err
	}
	defer body.Close()
	if reason := body.Header.Get("X-Road-Error"); reason != "" {
		return dossier.Page{}, met{}, fmt.Errorf("GET %s: the gateway says %s", body.URL.Redacted(), reason)
	}
	m := met{url: body.URL}
	if m.at, err = http.ParseTime(body.Header.Get("Date")); err != nil {
		m.at = time.Now()
	}
	b := bufio.NewReaderSize(body, 64<<10)
	if reason := gatewayFault(b); reason != "" {
		return dossier.Page{}, m, fmt.Errorf("GET %s: the gateway says %s", body.URL.Redacted(), reason)
	}
	p.exchange = exchangeOf(body.Header)
	sink := into[dossier.Record](p)
	page, err := d.decode(ctx, b, formats.Sink[dossier.Record]{
		Record: func(r dossier.Record) error {
			if m.count++; m.count == 1 {
				m.first = r.MaHoSo
			}
			return sink.Record(clocked(r, time.Duration(d.s.ClockAhead)))
		},
		Refuse: func(r formats.Refusal) error {
			m.count++
			return sink.Refuse(r)
		},
	})
	if err == nil && !page.Complete {
		// What was understood of it stays; the next read asks for it again.
		if err = p.flush(nil, false); err == nil {
			err = errors.New("the answer is cut off or broken: see the quarantine")
		}
	}
	if err != nil {
		return page, m, fmt.Errorf("GET %s: %w", body.URL.Redacted(), err)
	}
	return page, m, nil
}

// decode reads a page, through the map if there is one.
func (d *dossiers) decode(ctx context.Context, r io.Reader, sink formats.Sink[dossier.Record]) (dossier.Page, error) {
	if d.program == nil {
		return dossier.Decode(r, sink)
	}
	reader, writer := io.Pipe()
	done := make(chan struct{})
	var mu sync.Mutex // both ends refuse records
	both := sink
	sink = formats.Sink[dossier.Record]{
		Record: func(r dossier.Record) error { mu.Lock(); defer mu.Unlock(); return both.Record(r) },
		Refuse: func(r formats.Refusal) error { mu.Lock(); defer mu.Unlock(); return both.Refuse(r) },
	}
	go func() {
		defer close(done)
		writer.CloseWithError(d.translate(ctx, r, writer, sink))
	}()
	page, err := dossier.Decode(reader, sink)
	reader.CloseWithError(io.ErrClosedPipe)
	<-done
	return page, err
}

// translate writes a page again with each item as the map makes it. An item
// that can't be mapped is refused without its text, which may name people.
func (d *dossiers) translate(ctx context.Context, r io.Reader, w io.Writer, sink formats.Sink[dossier.Record]) error {
	n, written := 0, 0
	refuse := func(line int, reason string) error {
		return sink.Refuse(formats.Reject(line, fmt.Sprintf("item %d", n), nil, "%s", reason))
	}
	if _, err := io.WriteString(w, `{"data":[`); err != nil {
		return err
	}
	page, err := table.Decode(r, formats.Sink[table.Record]{
		Record: func(item table.Record) error {
			n++
			mapped, err := d.program.Run(ctx, any(item.Properties))
			if err != nil {
				return refuse(0, err.Error())
			}
			text, err := json.Marshal(mapped)
			if err != nil {
				return refuse(0, err.Error())
			}
			if written++; written > 1 {
				text = append([]byte{','}, text...)
			}
			_, err = w.Write(text)
			return err
		},
		Refuse: func(r formats.Refusal) error {
			n++
			return refuse(r.Line, r.Reason)
		},
	})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, `]`); err != nil {
		return err
	}
	for name, value := range page.Fields {
		key, _ := json.Marshal(name)
		if _, err := fmt.Fprintf(w, ",%s:%s", key, value); err != nil {
			return err
		}
	}
	if !page.Complete {
		return nil // unclosed: dossier.Decode says that it is not complete
	}
	_, err = io.WriteString(w, `}`)
	return err
}

// counting follows pages that are named, or counts those that are not.
type counting struct {
	size  int
	seen  int    // dossiers
	n     int    // pages
	first string // of the page before
	base  int    // the number that the first page has
}

// next is the address of the page behind this one; "" when it was the last.
func (c *counting) next(m met, p dossier.Page) (string, error) {
	c.seen += m.count
	c.n++
	if m.count > 0 && c.n > 1 && m.first != "" && m.first == c.first {
		return "", fmt.Errorf("%s: the page before comes again: the server takes no page number", m.url.Redacted())
	}
	c.first = m.first
	if c.n >= maxTablePages {
		return "", fmt.Errorf("%s: there is no end of pages", m.url.Redacted())
	}
	number := p.Next
	switch {
	case number != "" && strings.Trim(number, "0123456789") != "":
		u, err := m.url.Parse(number)
		if err != nil {
			return "", fmt.Errorf("next page: %w", err)
		}
		if u.String() == m.url.String() {
			return "", fmt.Errorf("%s: the next page is the same one", m.url.Redacted())
		}
		return u.String(), nil
	case number != "":
	case m.count == 0, p.Total != nil && c.seen >= *p.Total, p.Pages != nil && c.n >= *p.Pages, p.Total == nil && p.Pages == nil && (c.size == 0 || m.count < c.size):
		return "", nil
	default:
		if c.n == 1 {
			if c.base = 1; p.Page != nil {
				c.base = *p.Page
			}
		}
		number = strconv.Itoa(c.base + c.n)
	}
	u := *m.url
	q := u.Query()
	q.Set("page", number)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// gatewayFault is what a gateway says in the body of an answer that has no
// dossiers: {"type": "Server.ClientProxy.…", "message": …}.
func gatewayFault(b *bufio.Reader) string {
	head, _ := b.Peek(4096)
	var said struct{ Type, Message, Detail string }
	if json.Unmarshal(head, &said) != nil || !strings.HasPrefix(said.Type, "Server.") && !strings.HasPrefix(said.Type, "Client.") {
		return ""
	}
	return strings.TrimSpace(said.Type + ": " + said.Message + " " + said.Detail)
}

// exchangeOf names the request at the gateway that an answer came by; "" when
// there was no gateway. X-Road's log is searched by these.
func exchangeOf(h http.Header) string {
	var parts []string
	for _, name := range []string{"X-Road-Id", "X-Road-Request-Id", "X-Road-Request-Hash", "X-Road-Service"} {
		if value := strings.TrimSpace(h.Get(name)); value != "" {
			parts = append(parts, name+" "+value[:min(len(value), 200)])
		}
	}
	return strings.Join(parts, ", ")
}

// newID is a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// clocked is a record with its times put back by how far the clock runs ahead.
func clocked(r dossier.Record, ahead time.Duration) dossier.Record {
	if ahead == 0 {
		return r
	}
	back := func(t *time.Time) *time.Time {
		if t == nil {
			return nil
		}
		at := t.Add(-ahead)
		return &at
	}
	r.NgayNop, r.NgayTiepNhan, r.NgayHenTra, r.NgayHoanThanh = back(r.NgayNop), back(r.NgayTiepNhan), back(r.NgayHenTra), back(r.NgayHoanThanh)
	r.NgayTra, r.NgayCapNhat = back(r.NgayTra), back(r.NgayCapNhat)
	for i, step := range r.CacBuoc {
		r.CacBuoc[i].Tu, r.CacBuoc[i].Den = back(step.Tu), back(step.Den)
	}
	return r
}
