package ogc

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"geohub/layer"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is one for people.
type page struct {
	VI, EN, Text string
	Head         []string
	Rows         [][]string
	Hrefs        []string // of the first cell of each row; nil: none are links
	Links        []link
}

func (q *request) page(p page) error {
	q.w.Header().Set("Content-Type", typeHTML+"; charset=utf-8")
	q.w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_ = pageTemplate.Execute(q.w, p) // that a client left is not for the log
	return nil
}

// itemsPage is a page of features as a table.
func (q *request) itemsPage(s *layer.System, out *layer.Printout, links []link) error {
	info := q.Catalog.Info(s)
	p := page{VI: info.Title.VI, EN: info.Title.EN, Links: links, Text: fmt.Sprintf("%d / %d", len(out.Features), out.Matched)}
	fields := fieldsOf(info)
	for _, name := range fields {
		p.Head = append(p.Head, q.headOf(info, name))
	}
	for _, f := range out.Features {
		var row []string
		for _, name := range fields {
			row = append(row, cell(f, name))
		}
		p.Rows = append(p.Rows, row)
		p.Hrefs = append(p.Hrefs, q.base()+"/collections/"+s.Field+"/items/"+url.PathEscape(f.ID())+"?f=html")
	}
	return q.page(p)
}

// itemPage is a feature, a field a line.
func (q *request) itemPage(s *layer.System, f *layer.Printable, links []link) error {
	info := q.Catalog.Info(s)
	p := page{VI: info.Title.VI, EN: info.Title.EN, Links: links}
	for _, name := range fieldsOf(info) {
		p.Rows = append(p.Rows, []string{q.headOf(info, name), cell(f, name)})
	}
	return q.page(p)
}

// fieldsOf are a feature's fields in the order in which GeoJSON has them, the
// geometry last.
func fieldsOf(info *layer.Info) []string {
	var out []string
	for _, m := range info.GeoJSON() {
		if m.Field != "" && m.Field != "geometry" {
			out = append(out, m.Field)
		}
	}
	return append(out, "geometry")
}

func (q *request) headOf(info *layer.Info, name string) string {
	if m := info.Field(name); m != nil && m.Title.VI != "" {
		return m.Title.VI + " · " + m.Title.EN
	}
	return name
}

// cell is a field's value as people read it; a long one is cut short.
func cell(r interface{ AppendText([]byte, string) []byte }, name string) string {
	text := string(r.AppendText(nil, name))
	if letters := []rune(text); len(letters) > 120 {
		text = strings.TrimSpace(string(letters[:120])) + "…"
	}
	return text
}
