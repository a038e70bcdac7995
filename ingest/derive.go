package ingest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/layer"
)

// Derivation keeps fields of a row that follow from what else is written: a
// dam's level is its newest reading's (Derive), an event lies where its camera
// does (PlacedBy).
type Derivation struct {
	// before runs before anything of a batch is written; may be nil.
	before func(ctx context.Context, tx pgx.Tx, in *Intake) error
	run    func(ctx context.Context, tx pgx.Tx, in *Intake) error
}

// Derive declares how the fields of a part follow from a series. of gets the
// whole row as it is stored and the window's rows, newest first, and sets the
// part's fields. Whenever rows of the series are written, the fields are made
// anew from all of the window before the newest of them, so that the order in
// which they came doesn't matter.
func Derive[T, R any](part *Part[T], s *layer.Series[R], window time.Duration, of func(row *T, newestFirst []R)) Derivation {
	return Derivation{run: func(ctx context.Context, tx pgx.Tx, in *Intake) error {
		i, written := in.by[s]
		if !written {
			return nil
		}
		ids, err := named(ctx, tx, part.layer.System, in.writes[i].ids())
		if err != nil || len(ids) == 0 {
			return err
		}
		rows, err := layer.Load(ctx, tx, part.layer, ids)
		if err != nil {
			return fmt.Errorf("load %s: %w", part.layer.Field, err)
		}
		points, err := recent(ctx, tx, s, ids, window)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.Table, err)
		}
		var derived []*T
		for _, row := range rows {
			b := layer.BaseOf(any(row).(layer.Row))
			newest := points[b.ID]
			if len(newest) == 0 {
				continue
			}
			t := at(&newest[0])
			b.VersionAt = &t
			of(row, newest)
			derived = append(derived, row)
		}
		_, err = upsertPart(ctx, tx, part, derived, nil)
		return err
	}}
}

// recent reads the rows of a series that lie within a window before the
// newest of each feature, newest first.
func recent[R any](ctx context.Context, tx pgx.Tx, s *layer.Series[R], ids []string, window time.Duration) (map[string][]R, error) {
	var columns []clause.C
	for _, c := range s.Columns {
		columns = append(columns, clause.Column("s", c))
	}
	sql, args := clause.Of(`SELECT s.feature_id, ? FROM unnest(?::text[]) k(id),
		LATERAL (SELECT n.at FROM ? n WHERE n.feature_id = k.id ORDER BY n.at DESC LIMIT 1) newest, ? s
		WHERE s.feature_id = k.id AND s.at > newest.at - ?::interval AND s.at <= newest.at ORDER BY s.feature_id, s.at DESC`,
		clause.Join(", ", columns...), ids, clause.Name(s.Table), clause.Name(s.Table), window).SQL()
	found, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	out := map[string][]R{}
	defer found.Close()
	for found.Next() {
		var id string
		var row R
		dest := []any{&id}
		v := reflect.ValueOf(&row).Elem()
		for i := range v.NumField() {
			dest = append(dest, v.Field(i).Addr().Interface())
		}
		if err := found.Scan(dest...); err != nil {
			return nil, err
		}
		out[id] = append(out[id], row)
	}
	return out, found.Err()
}

// named are those of some ids that are of a layer, as they are called now.
func named(ctx context.Context, tx pgx.Tx, s *layer.System, written []string) ([]string, error) {
	var of []string
	for _, id := range written {
		if strings.HasPrefix(id, s.IDPrefix()) {
			of = append(of, id)
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	var ids []string
	err := tx.QueryRow(ctx, "SELECT array_agg(DISTINCT coalesce(a.id, k.id)) FROM unnest($1::text[]) k(id) LEFT JOIN feature_aliases a ON a.alias = k.id", of).Scan(&ids)
	if err != nil {
		return nil, fmt.Errorf("resolve aliases: %w", err)
	}
	return ids, nil
}
