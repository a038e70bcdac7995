package ogc

import (
	"encoding/json"
	"strconv"
	"time"

	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

func (q *request) items() error {
	s, err := q.system()
	if err != nil {
		return err
	}
	a, err := q.parameters(s, append(questions, pages...)...)
	if err != nil {
		return err
	}
	reader := q.read(q.DB, s, a.asOf)
	defer reader.Done()
	list, err := reader.Ask(q.ctx, s, a.query)
	if err != nil {
		return err
	}
	page, err := list.Print(q.ctx, a.form())
	if err != nil {
		return err
	}
	links := q.pageLinks(page.Next, s.Field, a.html)
	q.w.Header().Set("Content-Crs", a.crs.header())
	for _, f := range page.Features {
		f.Geom = a.crs.out(f.Geom)
	}
	if a.html {
		return q.itemsPage(s, page, links)
	}
	tail := struct {
		Links          []link    `json:"links"`
		TimeStamp      time.Time `json:"timeStamp"`
		NumberMatched  int       `json:"numberMatched"`
		NumberReturned int       `json:"numberReturned"`
	}{links, q.now.UTC(), page.Matched, len(page.Features)}
	b := []byte(layer.CollectionBegin)
	for i, f := range page.Features {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.AppendGeoJSON(b)
	}
	return q.writeWith(append(b, ']'), tail)
}

// pageLinks are those of a page of a collection's features; next is where the next
// one begins.
func (q *request) pageLinks(next, collection string, html bool) []link {
	links := q.selves(typeGeoJSON, html)
	if next != "" {
		next := link{q.self("after", next), "next", typeGeoJSON, "", false}
		if html {
			next.Type = typeHTML
		}
		links = append(links, next)
	}
	return append(links, link{q.base() + "/collections/" + collection, "collection", typeJSON, "", false})
}

// writeWith writes an object that is still open, and the members of tail in it.
func (q *request) writeWith(open []byte, tail any) error {
	rest, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	open = append(append(open, ','), rest[1:]...)
	q.w.Header().Set("Content-Type", typeGeoJSON)
	q.w.Header().Set("Content-Length", strconv.Itoa(len(open)))
	_, _ = q.w.Write(open) // that a client left is not for the log
	return nil
}

func (q *request) item() error {
	s, err := q.system()
	if err != nil {
		return err
	}
	v, err := q.values("f", "crs", "asOf")
	if err != nil {
		return err
	}
	html, err := q.wantsHTML(v)
	if err != nil {
		return err
	}
	in, err := parseCRS("crs", v.Get("crs"))
	if err != nil {
		return err
	}
	var asOf *time.Time
	if v.Has("asOf") {
		t, err := layer.ParseTime(v.Get("asOf"))
		if err != nil {
			return fault.Invalid("BAD_INPUT", "asOf: %q is not a time by RFC 3339", v.Get("asOf")).With("at", "asOf")
		}
		asOf = &t
	}
	reader := q.read(q.DB, s, asOf)
	reader.Together() // a former id takes a second statement
	defer reader.Done()
	id := q.r.PathValue("feature")
	f, err := reader.PrintOne(q.ctx, s, id, postgis.Form{CRS: in.code})
	if err != nil {
		return err
	}
	if f == nil {
		return fault.NotFound("there is no feature %q in %s", id, s.Field)
	}
	f.Geom = in.out(f.Geom)
	links := q.pageLinks("", s.Field, html)
	q.w.Header().Set("Content-Crs", in.header())
	if html {
		return q.itemPage(s, f, links)
	}
	b := f.AppendGeoJSON(nil)
	return q.writeWith(b[:len(b)-1], struct {
		Links []link `json:"links"`
	}{links})
}
