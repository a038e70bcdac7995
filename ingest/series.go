package ingest

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/layer"
)

// Point is one row of a series and the feature it belongs to.
type Point[T any] struct {
	FeatureID string
	Row       T
}

// Append writes rows of a series; a row that is there already stays as it is.
// The months it needs are made.
func Append[T any](ctx context.Context, tx pgx.Tx, s *layer.Series[T], points []Point[T]) (Result, error) {
	if len(points) == 0 {
		return Result{}, nil
	}
	low, high := at(points[0]), at(points[0])
	for _, p := range points {
		if t := at(p); t.Before(low) {
			low = t
		} else if t.After(high) {
			high = t
		}
	}
	if _, err := tx.Exec(ctx, "SELECT ensure_months($1::text::regclass, $2, $3)", s.Table, low, high); err != nil {
		return Result{}, fmt.Errorf("make months of %s: %w", s.Table, err)
	}
	columns := append([]string{"feature_id"}, s.Columns...)
	stage := "stage_" + s.Table
	var names []clause.C
	for _, c := range columns {
		names = append(names, clause.Name(c))
	}
	list := clause.Join(", ", names...)
	sql, _ := clause.Of("CREATE TEMP TABLE ? ON COMMIT DROP AS SELECT ? FROM ? WHERE false", clause.Name(stage), list, clause.Name(s.Table)).SQL()
	if _, err := tx.Exec(ctx, sql); err != nil {
		return Result{}, fmt.Errorf("stage %s: %w", s.Table, err)
	}
	source := pgx.CopyFromSlice(len(points), func(i int) ([]any, error) {
		values := []any{points[i].FeatureID}
		v := reflect.ValueOf(points[i].Row)
		for j := range v.NumField() {
			values = append(values, v.Field(j).Interface())
		}
		return values, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{stage}, columns, source); err != nil {
		return Result{}, fmt.Errorf("copy %s: %w", s.Table, err)
	}
	sql, _ = clause.Of("INSERT INTO ? (?) SELECT ? FROM ? ON CONFLICT DO NOTHING", clause.Name(s.Table), list, list, clause.Name(stage)).SQL()
	tag, err := tx.Exec(ctx, sql)
	if err != nil {
		return Result{}, fmt.Errorf("append %s: %w", s.Table, err)
	}
	sql, _ = clause.Of("DROP TABLE ?", clause.Name(stage)).SQL()
	if _, err := tx.Exec(ctx, sql); err != nil {
		return Result{}, fmt.Errorf("append %s: %w", s.Table, err)
	}
	return Result{In: len(points), Changed: int(tag.RowsAffected())}, nil
}

func at[T any](p Point[T]) time.Time {
	return reflect.ValueOf(p.Row).FieldByName("At").Interface().(time.Time)
}
