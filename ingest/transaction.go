package ingest

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
)

// transaction is one that clauses are run in.
type transaction struct{ pgx.Tx }

// exec gives how many rows were written.
func (t transaction) exec(ctx context.Context, c clause.C) (int, error) {
	sql, args := c.SQL()
	tag, err := t.Exec(ctx, sql, args...)
	return int(tag.RowsAffected()), err
}

// row reads one row.
func (t transaction) row(ctx context.Context, c clause.C, dest ...any) error {
	sql, args := c.SQL()
	return t.QueryRow(ctx, sql, args...).Scan(dest...)
}
