package persisted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/internal/fault"
	"geohub/layer"
)

// Session answers documents to one viewer, all of one snapshot of the database.
type Session interface {
	// Answer gives the data of an answer, or what is wrong.
	Answer(ctx context.Context, document string, variables map[string]any) ([]byte, gqlerror.List)
	// Done ends the snapshot.
	Done()
}

// Page is a part of the features, in their order.
type Page struct {
	Features []*Feature
	Next     string // the cursor to go on after; "": this is the last
}

// Ask gives a page of at most so many features: fewer, if so many would cost more
// than the viewer may ask for at once. A cursor is where to go on; "": at the first.
func (v *View) Ask(ctx context.Context, s Session, variables map[string]any, cursor string, size int) (*Page, error) {
	asked := maps.Clone(v.added)
	for name, value := range variables {
		if v.takes[name] {
			asked[name] = value
		}
	}
	if cursor != "" {
		asked[after] = cursor
	}
	for ; ; size = max(size/4, 1) {
		asked[first] = size
		data, errs := s.Answer(ctx, v.document, asked)
		if len(errs) > 0 {
			err := faultOf(errs[0])
			if f := fault.Of(err); f != nil && f.Code == "COST_LIMIT" && size > 1 {
				continue
			}
			return nil, err
		}
		return v.page(data)
	}
}

// Each hands on all features, page by page.
func (v *View) Each(ctx context.Context, s Session, variables map[string]any, take func(*Feature) error) error {
	for cursor := ""; ; {
		page, err := v.Ask(ctx, s, variables, cursor, layer.MaxFirst)
		if err != nil {
			return err
		}
		for _, f := range page.Features {
			if err := take(f); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// Find gives the feature of an id, as text; nil: it is none of these.
func (v *View) Find(ctx context.Context, s Session, variables map[string]any, id string) (*Feature, error) {
	wanted := layer.AppendString(nil, id)
	for cursor := ""; ; {
		page, err := v.Ask(ctx, s, variables, cursor, layer.MaxFirst)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(page.Features, func(f *Feature) bool { return bytes.Equal(f.id, wanted) }); i >= 0 {
			return page.Features[i], nil
		}
		if cursor = page.Next; cursor == "" {
			return nil, nil
		}
	}
}

// page takes an answer apart.
func (v *View) page(data []byte) (*Page, error) {
	var answer map[string]map[string]json.RawMessage
	var info struct {
		HasNextPage bool
		EndCursor   string
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	list := answer[v.list.Alias]
	if err := json.Unmarshal(list[page], &info); err != nil {
		return nil, fmt.Errorf("read the answer's pageInfo: %w", err)
	}
	out := &Page{}
	if info.HasNextPage {
		out.Next = info.EndCursor
	}
	elements(list[rows], func(one []byte) {
		f := &Feature{view: v, values: make([][]byte, len(v.Columns))}
		if v.edges {
			f.fill(v.edge, one)
			members(one, func(key, value []byte) {
				if string(key) == v.node {
					one = value
				}
			})
		}
		f.fill(v.own, one)
		out.Features = append(out.Features, f)
	})
	return out, nil
}
