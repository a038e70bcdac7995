package ogc

import (
	"context"
	"net/url"

	"geohub/internal/fault"
	"geohub/persisted"
)

// operation finds a stored operation by its hash, and how it is a layer.
func (q *request) operation(hash string) (*persisted.Operation, *persisted.View, error) {
	op, err := q.Operations.Find(q.ctx, hash)
	if err != nil {
		return nil, nil, err
	}
	if op == nil {
		return nil, nil, fault.NotFound("there is no stored operation %.80q", hash)
	}
	view, err := q.Operations.View(op)
	if err != nil {
		return nil, nil, err
	}
	return op, view, q.Operations.Used(q.ctx, op)
}

// exportOperation answers with all features of a stored operation, as the viewer
// may see them.
func (q *request) exportOperation() error {
	hash, format, err := q.file()
	if err != nil {
		return err
	}
	_, view, err := q.operation(hash)
	if err != nil {
		return err
	}
	given, err := url.ParseQuery(q.r.URL.RawQuery)
	if err != nil {
		return errParameters()
	}
	variables, err := view.Variables(given)
	if err != nil {
		return err
	}
	free, err := q.takeTurn()
	if err != nil {
		return err
	}
	defer free()
	session := q.Answers(q.Exports, q.viewer)
	defer session.Done()
	return q.send(format, &table{
		name: view.System.Field + "-" + hash[:8], columns: columnsOfView(view), points: view.System.Points, crs: stored.code,
		each: func(ctx context.Context, take func(row) error) error {
			return view.Each(ctx, session, variables, func(f *persisted.Feature) error { return take(f) })
		},
	})
}

func columnsOfView(v *persisted.View) []column {
	out := make([]column, len(v.Columns))
	for i, c := range v.Columns {
		out[i] = column{c.Name, c.Kind}
	}
	return out
}
