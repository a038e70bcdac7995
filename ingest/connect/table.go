package connect

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/table"
)

// tableFormat is what has no standard of its own: GeoJSON, JSON and CSV, read
// here as they stream by, page after page where they name the next one (OGC API
// Features), and whatever else GDAL opens. Behind a "#" stands the layer of a
// file with several.
func tableFormat() ingest.Format {
	keys := []string{"layer", "map", "crs", "headers", "user", "decimalComma", "deleteAfter", "pageSize"}
	connect := func(s *ingest.Source) (ingest.Reader, error) {
		switch {
		case s.Layer == "":
			return nil, errors.New("layer is missing: which layer does it fill?")
		case s.Map != "":
			if _, err := ingest.CompileMap(s.Map); err != nil {
				return nil, err
			}
		}
		if _, err := geo.PlaneOf(s.CRS); err != nil {
			return nil, fmt.Errorf("crs: %w", err)
		}
		t := &tableReader{s: s}
		t.address, t.layer, _ = strings.Cut(s.Address, "#")
		if scheme, _, ok := strings.Cut(t.address, "://"); ok && scheme != "file" && !t.gdal() {
			var err error
			if t.web, err = newWeb(s); err != nil {
				return nil, err
			}
		}
		return reading(t.read), nil
	}
	decode := func(_ *ingest.Source, r io.Reader, sink formats.Sink[table.Record]) error {
		_, err := table.Decode(r, sink)
		return err
	}
	return define("table", keys, connect, decode, table.Parse)
}

type tableReader struct {
	s       *ingest.Source
	address string // without the layer
	layer   string // of a file that has several; may be empty
	web     *web
}

// tableMark is how the table looked when it was read last.
type tableMark struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	Map      string `json:"map,omitempty"` // what was made of it then
}

// gdal says that GDAL itself speaks to the server: "WFS:https://…".
func (t *tableReader) gdal() bool {
	scheme, _, _ := strings.Cut(t.address, ":")
	return scheme == "WFS" || scheme == "OAPIF"
}

func (t *tableReader) read(ctx context.Context, from json.RawMessage, take taker) error {
	var mark tableMark
	if err := resume(from, &mark); err != nil {
		return err
	}
	if made := fmt.Sprint(t.s.Layer, t.s.CRS, t.s.DecimalComma, t.s.Map); mark.Map != made || t.s.DeleteAfter > 0 {
		mark = tableMark{Map: made} // another map makes other rows of it; and absence is counted by reads
	}
	p := &pour{ctx: ctx, take: take, snapshot: true}
	switch {
	case t.gdal():
		if err := t.convert(ctx, t.address, p); err != nil {
			return err
		}
		return p.flush(nil, true)
	case t.web != nil:
		return t.pages(ctx, mark, p)
	}
	return t.file(ctx, mark, p)
}

// file reads a file of this machine, unless it is as it was.
func (t *tableReader) file(ctx context.Context, mark tableMark, p *pour) error {
	path := strings.TrimPrefix(t.address, "file://")
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	modified := fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size())
	if mark.Modified == modified {
		return nil
	}
	mark.Modified = modified
	if info.IsDir() || foreign(path) {
		err = t.convert(ctx, path, p)
	} else {
		err = t.open(ctx, path, p)
	}
	if err != nil {
		return errors.Join(err, p.flush(nil, false))
	}
	return p.flush(mark, true)
}

func (t *tableReader) open(ctx context.Context, path string, p *pour) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 64<<10)
	head, err := b.Peek(512)
	if err != nil && err != io.EOF {
		return err
	}
	if table.Unreadable(head) != "" && !text16(head) {
		return t.convert(ctx, path, p)
	}
	return t.whole(table.Decode(b, t.into(p, "", nil)))
}

// whole refuses a table that ends in the middle; what was understood of it is
// stored.
func (t *tableReader) whole(page table.Page, err error) error {
	if err == nil && !page.Complete {
		err = errors.New("it is cut off or broken: see the quarantine")
	}
	return err
}

// pages reads a table over HTTP, and the pages that follow it.
func (t *tableReader) pages(ctx context.Context, mark tableMark, p *pour) error {
	address, err := t.first()
	if err != nil {
		return err
	}
	header := http.Header{"Accept": {"application/geo+json, application/json;q=0.9, text/csv;q=0.8, */*;q=0.1"}}
	if mark.ETag != "" {
		header.Set("If-None-Match", mark.ETag)
	} else if mark.Modified != "" {
		header.Set("If-Modified-Since", mark.Modified)
	}
	seen := map[string]bool{}
	count := 0
	for n := 0; address != ""; n++ {
		if seen[address] || n == maxTablePages {
			return fmt.Errorf("the pages go round in a circle at %s", address)
		}
		seen[address] = true
		body, err := t.web.get(ctx, address, header)
		if err != nil {
			return err
		}
		if body.NotModified {
			body.Close()
			return nil
		}
		header.Del("If-None-Match")
		header.Del("If-Modified-Since")
		p.exchange = exchangeOf(body.Header)
		page, err := t.page(ctx, body, p, &count)
		body.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", body.URL.Redacted(), err)
		}
		if n == 0 && page.Next == "" {
			mark.ETag, mark.Modified = body.Header.Get("ETag"), body.Header.Get("Last-Modified")
		} else {
			mark.ETag, mark.Modified = "", "" // of one page they say nothing of the others
		}
		if address, err = t.next(body.URL, page, count); err != nil {
			return err
		}
	}
	return p.flush(mark, true)
}

// maxTablePages is how many pages a table may have.
const maxTablePages = 1_000_000

// first is the address of the first page.
func (t *tableReader) first() (string, error) {
	u, err := url.Parse(t.address)
	if err != nil || t.s.PageSize == 0 {
		return t.address, err
	}
	q := u.Query()
	name := "limit"
	if isWFS(u) {
		name = "count"
	}
	if !q.Has(name) {
		q.Set(name, strconv.Itoa(t.s.PageSize))
		u.RawQuery = q.Encode()
	}
	return u.String(), nil
}

func isWFS(u *url.URL) bool {
	for name, values := range u.Query() {
		if strings.EqualFold(name, "service") && strings.EqualFold(values[0], "WFS") {
			return true
		}
	}
	return false
}

// next is the address of the page behind this one; "" when this was the last.
func (t *tableReader) next(at *url.URL, page table.Page, count int) (string, error) {
	if page.Next != "" {
		u, err := at.Parse(page.Next)
		if err != nil {
			return "", fmt.Errorf("next page: %w", err)
		}
		return u.String(), nil
	}
	if page.Matched == nil || count >= *page.Matched {
		return "", nil
	}
	if isWFS(at) && !strings.Contains(at.RawQuery, "startIndex="+strconv.Itoa(count)+"&") {
		u := *at
		q := u.Query()
		q.Set("startIndex", strconv.Itoa(count))
		u.RawQuery = q.Encode() + "&" // marks our own
		return u.String(), nil
	}
	return "", fmt.Errorf("%s: it gave %d of %d records and names no next page: ask for more at once (pageSize, or limit in the address)", at.Redacted(), count, *page.Matched)
}

// page reads one answer.
func (t *tableReader) page(ctx context.Context, body *answer, p *pour, count *int) (table.Page, error) {
	b := bufio.NewReaderSize(body, 64<<10)
	head, err := b.Peek(512)
	if err != nil && err != io.EOF {
		return table.Page{}, err
	}
	if table.Unreadable(head) != "" && !text16(head) {
		return table.Page{Complete: true}, t.convertCopy(ctx, b, filepath.Ext(body.URL.Path), p)
	}
	page, err := table.Decode(b, t.into(p, strings.Trim(body.Header.Get("Content-Crs"), "<>"), count))
	if err = t.whole(page, err); err != nil {
		err = errors.Join(err, p.flush(nil, false))
	}
	return page, err
}

// into is the pour's sink, which tells the records a CRS that only the answer
// names, and counts them.
func (t *tableReader) into(p *pour, crs string, count *int) formats.Sink[table.Record] {
	sink := into[table.Record](p)
	tell := func() {
		if count != nil {
			*count++
		}
	}
	return formats.Sink[table.Record]{
		Record: func(r table.Record) error {
			if r.CRS == "" {
				r.CRS = crs
			}
			tell()
			return sink.Record(r)
		},
		Refuse: func(r formats.Refusal) error {
			tell()
			return sink.Refuse(r)
		},
	}
}

func text16(head []byte) bool {
	return len(head) > 1 && (string(head[:2]) == "\xff\xfe" || string(head[:2]) == "\xfe\xff")
}
