package ogc

import (
	"net/url"
	"time"

	"geohub/internal/fault"
	"geohub/layer"
	"geohub/persisted"
)

// operationQuestion is what the parameters of a request for a stored operation's
// features say.
type operationQuestion struct {
	view      *persisted.View // kept to the box and the time that are asked for
	variables map[string]any
	own       url.Values // the parameters that are no variables
	html      bool
}

// askOperation reads parameters: of the known ones those of the standard, of the
// others the operation's variables.
func (q *request) askOperation(view *persisted.View, known ...string) (*operationQuestion, error) {
	given, err := url.ParseQuery(q.r.URL.RawQuery)
	if err != nil {
		return nil, errParameters()
	}
	a := &operationQuestion{view: view, own: url.Values{}}
	for _, name := range known {
		if given.Has(name) {
			a.own[name] = given[name]
		}
	}
	if err := once(a.own); err != nil {
		return nil, err
	}
	if a.variables, err = view.Variables(given, known...); err != nil {
		return nil, err
	}
	for _, name := range []string{"crs", "bbox-crs"} {
		if in, err := parseCRS(name, a.own.Get(name)); err != nil || in != stored {
			return nil, fault.Invalid("UNKNOWN_CRS", "%s: features of stored operations are in %s only", name, crs84)
		}
	}
	in, err := area(a.own)
	if err != nil {
		return nil, err
	}
	if in != nil {
		a.view = a.view.Within(*in.BBox)
	}
	during, err := observed(a.own.Get("datetime"), a.own.Has("datetime"))
	if err != nil {
		return nil, err
	}
	if during != nil {
		a.view = a.view.During(*during)
	}
	a.html, err = q.wantsHTML(a.own)
	return a, err
}

// operationItems answers with a page of what a stored operation answers the viewer.
func (q *request) operationItems() error {
	op, view, err := q.operationOfPath()
	if err != nil {
		return err
	}
	a, err := q.askOperation(view, "bbox", "bbox-crs", "datetime", "crs", "limit", "after", "f")
	if err != nil {
		return err
	}
	size, err := limit(a.own)
	if err != nil {
		return err
	}
	if size == nil {
		size = new(layer.DefaultFirst)
	}
	session := q.Answers(q.DB, q.viewer)
	defer session.Done()
	found, err := a.view.Ask(q.ctx, session, a.variables, a.own.Get("after"), *size)
	if err != nil {
		return err
	}
	links := q.pageLinks(found.Next, operationStart+op.Hash, a.html)
	q.w.Header().Set("Content-Crs", stored.header())
	if a.html {
		return q.page(q.operationTable(op, view, found.Features, links))
	}
	b := []byte(layer.CollectionBegin)
	for i, f := range found.Features {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.AppendGeoJSON(b)
	}
	return q.writeWith(append(b, ']'), struct {
		Links          []link    `json:"links"`
		TimeStamp      time.Time `json:"timeStamp"`
		NumberReturned int       `json:"numberReturned"`
	}{links, q.now.UTC(), len(found.Features)})
}

// operationItem answers with one of a stored operation's features, which is looked
// for among all of them.
func (q *request) operationItem() error {
	op, view, err := q.operationOfPath()
	if err != nil {
		return err
	}
	a, err := q.askOperation(view, "crs", "f")
	if err != nil {
		return err
	}
	session := q.Answers(q.DB, q.viewer)
	defer session.Done()
	id := q.r.PathValue("feature")
	f, err := a.view.Find(q.ctx, session, a.variables, id)
	if err != nil {
		return err
	}
	if f == nil {
		return fault.NotFound("there is no feature %q in %s", id, operationStart+op.Hash)
	}
	links := q.pageLinks("", operationStart+op.Hash, a.html)
	q.w.Header().Set("Content-Crs", stored.header())
	if a.html {
		return q.page(q.operationTable(op, view, []*persisted.Feature{f}, links))
	}
	b := f.AppendGeoJSON(nil)
	return q.writeWith(b[:len(b)-1], struct {
		Links []link `json:"links"`
	}{links})
}

// operationTable shows features as a table.
func (q *request) operationTable(op *persisted.Operation, view *persisted.View, features []*persisted.Feature, links []link) page {
	p := page{VI: q.operationTitle(op, view), Links: links}
	for _, c := range view.Columns {
		p.Head = append(p.Head, c.Name)
	}
	for _, f := range features {
		var row []string
		for _, name := range p.Head {
			row = append(row, cell(f, name))
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}
