package ingest

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/internal/fault"
	"geohub/layer"
)

// Point is one row of a series and the feature it belongs to.
type Point[T any] struct {
	FeatureID string
	Row       T
}

// Years outside of which a value of a series is a fault of some clock.
const firstYear, lastYear = 1990, 2100

// Append writes rows of a series; a row that is there already stays as it is,
// and one under a former id goes to the feature it is now. The months it needs
// are made.
func Append[T any](ctx context.Context, tx pgx.Tx, s *layer.Series[T], points []Point[T]) (Result, error) {
	if len(points) == 0 {
		return Result{}, nil
	}
	months := map[time.Time]bool{}
	for _, p := range points {
		t := at(p).UTC()
		if t.Year() < firstYear || t.Year() > lastYear {
			return Result{}, fault.Invalid("BAD_INPUT", "%s of %s: a value of %s can't be right", s.Table, p.FeatureID, t.Format(time.RFC3339))
		}
		months[time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)] = true
	}
	for month := range months {
		if _, err := tx.Exec(ctx, "SELECT ensure_months($1::text::regclass, $2, $2)", s.Table, month); err != nil {
			return Result{}, fmt.Errorf("make months of %s: %w", s.Table, err)
		}
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
	sql, _ = clause.Of("UPDATE ? s SET feature_id = a.id FROM feature_aliases a WHERE s.feature_id = a.alias", clause.Name(stage)).SQL()
	if _, err := tx.Exec(ctx, sql); err != nil {
		return Result{}, fmt.Errorf("resolve aliases of %s: %w", s.Table, err)
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
