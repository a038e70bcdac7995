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
	if err := stageSeries(ctx, tx, stage, s.Table, list); err != nil {
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
	sql, _ := clause.Of("UPDATE ? s SET feature_id = a.id FROM feature_aliases a WHERE s.feature_id = a.alias", clause.Name(stage)).SQL()
	if _, err := tx.Exec(ctx, sql); err != nil {
		return Result{}, fmt.Errorf("resolve aliases of %s: %w", s.Table, err)
	}
	sql, _ = moved(s, stage, list).SQL()
	tag, err := tx.Exec(ctx, sql)
	if err != nil {
		return Result{}, fmt.Errorf("append %s: %w", s.Table, err)
	}
	changed := int(tag.RowsAffected())
	return Result{In: len(points), Changed: changed, Same: len(points) - changed}, nil
}

// stageSeries makes the connection's own table for rows on their way, or empties it.
func stageSeries(ctx context.Context, tx pgx.Tx, stage, table string, columns clause.C) error {
	var there bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", "pg_temp."+stage).Scan(&there); err != nil {
		return err
	}
	c := clause.Of("CREATE TEMP TABLE ? ON COMMIT DELETE ROWS AS SELECT ? FROM ? WHERE false", clause.Name(stage), columns, clause.Name(table))
	if there {
		c = clause.Of("DELETE FROM ?", clause.Name(stage))
	}
	sql, _ := c.SQL()
	_, err := tx.Exec(ctx, sql)
	return err
}

// moved takes the staged rows into the series: what is there stays, or is
// counted up.
func moved[T any](s *layer.Series[T], stage string, columns clause.C) clause.C {
	if s.Sum == "" {
		return clause.Of("INSERT INTO ? (?) SELECT ? FROM ? ON CONFLICT DO NOTHING", clause.Name(s.Table), columns, columns, clause.Name(stage))
	}
	keys := []clause.C{clause.Name("feature_id"), clause.Name("at")}
	for _, tie := range s.Ties {
		keys = append(keys, clause.Name(tie))
	}
	key, sum := clause.Join(", ", keys...), clause.Name(s.Sum)
	return clause.Of("INSERT INTO ? AS t (?, ?) SELECT ?, sum(?) FROM ? GROUP BY ? ON CONFLICT (?) DO UPDATE SET ? = t.? + excluded.?",
		clause.Name(s.Table), key, sum, key, sum, clause.Name(stage), key, key, sum, sum, sum)
}

func at[T any](p Point[T]) time.Time {
	return reflect.ValueOf(p.Row).FieldByName("At").Interface().(time.Time)
}
