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
	for i := range points {
		t := at(&points[i].Row).UTC()
		if t.Year() < firstYear || t.Year() > lastYear {
			return Result{}, fault.Invalid("BAD_INPUT", "%s of %s: a value of %s can't be right", s.Table, points[i].FeatureID, t.Format(time.RFC3339))
		}
		months[time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)] = true
	}
	for month := range months {
		if _, err := tx.Exec(ctx, "SELECT ensure_months($1::text::regclass, $2, $2)", s.Table, month); err != nil {
			return Result{}, fmt.Errorf("make months of %s: %w", s.Table, err)
		}
	}
	if s.Sums == nil && s.Ties == nil {
		if changed, done, err := straight(ctx, tx, s, points); done || err != nil {
			return Result{In: len(points), Changed: changed, Same: len(points) - changed}, err
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
	source := pgx.CopyFromSlice(len(points), func(i int) ([]any, error) { return valuesOf(nil, points[i].FeatureID, &points[i].Row), nil })
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
	if s.Sums == nil {
		return clause.Of("INSERT INTO ? (?) SELECT ? FROM ? ORDER BY feature_id, at ON CONFLICT DO NOTHING", clause.Name(s.Table), columns, columns, clause.Name(stage))
	}
	keys := []clause.C{clause.Name("feature_id"), clause.Name("at")}
	for _, tie := range s.Ties {
		keys = append(keys, clause.Name(tie))
	}
	var sums, added, sets []clause.C
	for _, c := range s.Sums {
		sum := clause.Name(c)
		sums, added = append(sums, sum), append(added, clause.Of("sum(?)", sum))
		sets = append(sets, clause.Of("? = t.? + excluded.?", sum, sum, sum))
	}
	key := clause.Join(", ", keys...)
	return clause.Of("INSERT INTO ? AS t (?, ?) SELECT ?, ? FROM ? GROUP BY ? ON CONFLICT (?) DO UPDATE SET ?, recorded_at = stamped(t.recorded_at)",
		clause.Name(s.Table), key, clause.Join(", ", sums...), key, clause.Join(", ", added...), clause.Name(stage), key, key, clause.Join(", ", sets...))
}

// valuesOf appends a row's values to those before, in the order of its columns.
func valuesOf[T any](values []any, featureID string, row *T) []any {
	values = append(values, featureID)
	v := reflect.ValueOf(row).Elem()
	for j := range v.NumField() {
		values = append(values, v.Field(j).Interface())
	}
	return values
}

// at is the time of a row.
func at[T any](row *T) time.Time {
	return *reflect.ValueOf(row).Elem().FieldByName("At").Addr().Interface().(*time.Time)
}
