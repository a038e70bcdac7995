package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
			return fmt.Errorf("the hub's answer to %s: %w", a.body, err)
		}
		if body, err = s.limit.do(ctx, a); err != nil {
			return err
		}
		var limit []any
		if err := json.Unmarshal(body, &limit); err != nil {
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

// rowsOf gives the list in a hub's answer.
func (q question) rowsOf(body []byte) ([]any, error) {
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
		if !reflect.DeepEqual(limit[i], hub[i]) {
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
