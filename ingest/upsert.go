package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/layer"
)

// Result counts what became of a batch.
type Result struct {
	In      int // records of the batch
	Changed int // rows inserted or changed
}

// Upsert writes rows of a layer in one transaction: newer versions over older
// ones, each row's unit by the one rule of unit_of. Rows that name AliasIDs
// take over what the rows under those ids knew and they did not, with their
// series; the older ids then resolve to them.
func Upsert[T any](ctx context.Context, tx pgx.Tx, l *layer.Layer[T], rows []*T) (Result, error) {
	if len(rows) == 0 {
		return Result{}, nil
	}
	w := writer{tx: tx, s: l.System}
	all := make([]layer.Row, len(rows))
	for i, row := range rows {
		all[i] = any(row).(layer.Row)
	}
	changed, err := w.upsert(ctx, all)
	if err != nil {
		return Result{}, fmt.Errorf("write %s: %w", l.Field, err)
	}
	return Result{In: len(rows), Changed: changed}, nil
}

type writer struct {
	tx pgx.Tx
	s  *layer.System
}

func (w writer) upsert(ctx context.Context, rows []layer.Row) (int, error) {
	columns := w.s.WriteColumns()
	stage := "stage_" + w.s.Table
	if err := w.exec(ctx, clause.Of("CREATE TEMP TABLE IF NOT EXISTS ? (LIKE ? INCLUDING DEFAULTS) ON COMMIT DROP", clause.Name(stage), clause.Name(w.s.Table))); err != nil {
		return 0, err
	}
	if err := w.exec(ctx, clause.Of("ALTER TABLE ? ALTER updated_at SET DEFAULT now()", clause.Name(stage))); err != nil {
		return 0, err
	}
	if err := w.exec(ctx, clause.Of("TRUNCATE ?", clause.Name(stage))); err != nil {
		return 0, err
	}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return w.s.WriteValues(rows[i]), nil })
	if _, err := w.tx.CopyFrom(ctx, pgx.Identifier{stage}, columns, source); err != nil {
		return 0, fmt.Errorf("copy: %w", err)
	}
	if err := w.merge(ctx, stage, rows); err != nil {
		return 0, fmt.Errorf("merge aliases: %w", err)
	}
	return w.insert(ctx, stage, columns)
}

// insert moves the newest version of each staged row into the layer.
func (w writer) insert(ctx context.Context, stage string, columns []string) (int, error) {
	var names, values, sets, old, fresh []clause.C
	for _, c := range append(columns, "unit_id") {
		names = append(names, clause.Name(c))
		switch c {
		case "search":
			values = append(values, clause.Of("fold(f.search)"))
		case "unit_id":
			values = append(values, postgis.UnitOfFeature())
		default:
			values = append(values, clause.Column("f", c))
		}
		if c != "id" {
			sets = append(sets, clause.Of("? = ?", clause.Name(c), clause.Column("excluded", c)))
			old = append(old, clause.Column("t", c))
			fresh = append(fresh, clause.Column("excluded", c))
		}
	}
	statement := clause.Of(`INSERT INTO ? AS t (?, updated_at)
		SELECT ?, now() FROM (SELECT DISTINCT ON (id) * FROM ? ORDER BY id, version_at DESC NULLS LAST) f
		ON CONFLICT (id) DO UPDATE SET ?, updated_at = excluded.updated_at
		WHERE (t.version_at IS NULL OR t.version_at <= excluded.version_at) AND (?) IS DISTINCT FROM (?)`,
		clause.Name(w.s.Table), clause.Join(", ", names...), clause.Join(", ", values...), clause.Name(stage),
		clause.Join(", ", sets...), clause.Join(", ", old...), clause.Join(", ", fresh...))
	sql, args := statement.SQL()
	tag, err := w.tx.Exec(ctx, sql, args...)
	return int(tag.RowsAffected()), err
}

// merge folds the rows under former ids into the staged rows that claim them:
// what a staged row doesn't know is taken from the older row.
func (w writer) merge(ctx context.Context, stage string, rows []layer.Row) error {
	var aliases, ids []string
	for _, row := range rows {
		b := layer.BaseOf(row)
		for _, alias := range b.AliasIDs {
			aliases, ids = append(aliases, alias), append(ids, b.ID)
		}
	}
	if len(aliases) == 0 {
		return nil
	}
	var sets []clause.C
	for _, c := range w.s.WriteColumns() {
		if c != "id" && c != "source" && c != "record_key" && c != "sharing" && c != "search" {
			sets = append(sets, clause.Of("? = coalesce(?, ?)", clause.Name(c), clause.Column("f", c), clause.Column("o", c)))
		}
	}
	pairs := clause.Of("unnest(?::text[], ?::text[]) k(alias, id)", aliases, ids)
	for _, statement := range []clause.C{
		clause.Of("UPDATE ? f SET ? FROM ?, ? o WHERE f.id = k.id AND o.id = k.alias", clause.Name(stage), clause.Join(", ", sets...), pairs, clause.Name(w.s.Table)),
		clause.Of("DELETE FROM ? o USING ? WHERE o.id = k.alias AND o.id <> k.id", clause.Name(w.s.Table), pairs),
		clause.Of("INSERT INTO feature_aliases (alias, id) SELECT k.alias, k.id FROM ? WHERE k.alias <> k.id ON CONFLICT (alias) DO UPDATE SET id = excluded.id", pairs),
		clause.Of("UPDATE feature_aliases a SET id = k.id FROM ? WHERE a.id = k.alias", pairs),
	} {
		if err := w.exec(ctx, statement); err != nil {
			return err
		}
	}
	for _, table := range []string{"readings", "vessel_positions"} {
		if err := w.exec(ctx, clause.Of("UPDATE ? s SET feature_id = k.id FROM ? WHERE s.feature_id = k.alias", clause.Name(table), pairs)); err != nil {
			return err
		}
	}
	return nil
}

func (w writer) exec(ctx context.Context, c clause.C) error {
	sql, args := c.SQL()
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}
