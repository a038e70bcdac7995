package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/layer"
)

// Mark keeps a field of true or false that follows from other rows of the same
// layer: whether a later message supersedes an alert. ids gives the ids of all
// rows for which it holds, as a subquery of one column. After each write to the
// layer all its rows are looked through, so that the order in which they came
// doesn't matter: it is for layers of some thousand rows.
//
// The mapping's part must not own the field, or each write would take the mark
// away and give it back. It panics on a field there isn't.
func Mark(s *layer.System, field string, ids clause.C) Derivation {
	m := marking{s, s.ColumnsOf(field)[0], ids}
	return Derivation{before: m.lock, run: m.run}
}

type marking struct {
	s      *layer.System
	column string
	ids    clause.C
}

// markSpace keeps the marks' locks apart from all other advisory locks.
const markSpace = 0x6d61726b // "mark"

// lock lets one transaction at a time write the layer: of two at once neither
// would see what the other's rows mean for its own.
func (m marking) lock(ctx context.Context, tx pgx.Tx, in *Intake) error {
	if !in.writesTo(m.s) {
		return nil
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, hashtext($2))", markSpace, m.s.Table+" "+m.column); err != nil {
		return fmt.Errorf("lock %s of %s: %w", m.column, m.s.Field, err)
	}
	return nil
}

func (m marking) run(ctx context.Context, tx pgx.Tx, in *Intake) error {
	if !in.writesTo(m.s) {
		return nil
	}
	table, column := clause.Name(m.s.Table), clause.Name(m.column)
	sql, args := clause.Of(`UPDATE ? t SET ? = n.mark, updated_at = stamped(t.updated_at) FROM (SELECT f.id, f.id IN (?) AS mark FROM ? f) n
		WHERE t.id = n.id AND ? IS DISTINCT FROM n.mark`, table, column, m.ids, table, clause.Column("t", m.column)).SQL()
	if _, err := tx.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("mark %s of %s: %w", m.column, m.s.Field, err)
	}
	return nil
}
