package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
)

// check asks both sides the same and compares rows, fields and order.
func (s *stage) check(ctx context.Context, q question, asked []ask, m *measured) error {
	rows := 0
	for _, a := range asked {
		body, err := s.hub.do(ctx, a)
		if err != nil {
			return err
		}
		hub, err := q.rowsOf(body)
		if err != nil {
			return fmt.Errorf("the hub's answer to %s%s: %w", a.get, a.body, err)
		}
		if body, err = s.limit.do(ctx, a); err != nil {
			return err
		}
		limit, err := q.limitRows(body)
		if err != nil {
			return fmt.Errorf("the limit's answer to %s: %w", a.path, err)
		}
		if err := same(limit, hub); err != nil {
			return fmt.Errorf("the two sides differ on %s: %w", a.path, err)
		}
		rows += len(hub)
	}
	if rows == 0 {
		return errors.New("no row in any answer: there is nothing to measure")
	}
	m.Rows = float64(rows) / float64(len(asked))
	return nil
}

// limitRows gives the list that is the limit's answer.
func (q question) limitRows(body []byte) (list []any, err error) {
	if q.read != nil {
		return q.read(body)
	}
	return list, json.Unmarshal(body, &list)
}

// rowsOf gives the list in a hub's answer.
func (q question) rowsOf(body []byte) ([]any, error) {
	if q.read != nil {
		return q.read(body)
	}
	var answer struct {
		Data   any
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Errors) > 0 {
		return nil, errors.New(answer.Errors[0].Message)
	}
	at := answer.Data
	for _, name := range q.list {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	list, ok := at.([]any)
	if !ok {
		return nil, fmt.Errorf("there is no list at %v", q.list)
	}
	return list, nil
}

// same says where two lists differ first.
func same(limit, hub []any) error {
	for i := range min(len(limit), len(hub)) {
		if !reflect.DeepEqual(limit[i], hub[i]) && !near(limit[i], hub[i]) {
			l, _ := json.Marshal(limit[i])
			h, _ := json.Marshal(hub[i])
			return fmt.Errorf("row %d is\n  %s\nat the limit, and\n  %s\nat the hub", i, l, h)
		}
	}
	if len(limit) != len(hub) {
		return fmt.Errorf("%d rows at the limit, %d at the hub", len(limit), len(hub))
	}
	return nil
}

// near holds for counts that differ by one of a thousand at most: each side rounds
// places on a tile's edge in its own way.
func near(limit, hub any) bool {
	l, ok := limit.(float64)
	h, also := hub.(float64)
	return ok && also && math.Abs(l-h) <= 1+l/1000
}

// tileRows is how many reports a tile shows within its edges; where the hub draws
// clusters, each is as many as it says.
func tileRows(body []byte) ([]any, error) {
	layers, err := mvt.Unmarshal(body)
	n := 0.0
	for _, l := range layers {
		for _, f := range l.Features {
			if p, ok := f.Geometry.(orb.Point); ok && p[0] >= 0 && p[0] < mvt.DefaultExtent && p[1] >= 0 && p[1] < mvt.DefaultExtent {
				if count, ok := f.Properties["point_count"].(float64); ok {
					n += count
				} else {
					n++
				}
			}
		}
	}
	return []any{n}, err
}

// csvRows is how many lines a table has.
func csvRows(body []byte) ([]any, error) {
	records := csv.NewReader(bytes.NewReader(body))
	records.ReuseRecord = true
	n := 0.0
	for {
		if _, err := records.Read(); err == io.EOF {
			return []any{n}, nil
		} else if err != nil {
			return nil, err
		}
		n++
	}
}
