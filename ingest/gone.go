package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
)

// gone notes which features a batch of a complete read names, and behind the
// read's last batch removes those that the last DeleteAfter complete reads have
// left out. A read that fails half-way is none. One without a single feature is
// taken for a fault of the source, and in one with records in quarantine some
// feature may stand that nobody can read: these neither count nor remove.
func (r *Runner) gone(ctx context.Context, tx pgx.Tx, in *Intake, read int64, flawed, last bool) (n int, counts bool, err error) {
	var ids []string
	for _, w := range in.writes {
		if w.features() {
			ids = append(ids, w.ids()...)
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO source_features (source, feature_id, read) SELECT DISTINCT $1, coalesce(a.id, k.id), $3::bigint
		FROM unnest($2::text[]) k(id) LEFT JOIN feature_aliases a ON a.alias = k.id ON CONFLICT (source, feature_id) DO UPDATE SET read = excluded.read`,
		in.Source.Name, ids, read)
	if err != nil {
		return 0, false, fmt.Errorf("note features seen: %w", err)
	}
	if !last {
		return 0, false, nil
	}
	if flawed { // what it named was there, as of the last read that counts
		_, err := tx.Exec(ctx, "UPDATE source_features SET read = read - 1 WHERE source = $1 AND read = $2", in.Source.Name, read)
		return 0, false, err
	}
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM source_features WHERE source = $1 AND read = $2)", in.Source.Name, read).Scan(&counts)
	if err != nil || !counts {
		return 0, false, err
	}
	rows, err := tx.Query(ctx, `DELETE FROM source_features WHERE source = $1 AND read <= $2::bigint - $3 RETURNING feature_id`, in.Source.Name, read, in.Source.DeleteAfter)
	if err != nil {
		return 0, false, fmt.Errorf("find features gone: %w", err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, false, fmt.Errorf("find features gone: %w", err)
	}
	n, err = r.remove(ctx, tx, in.Source.Name, missing, fmt.Sprintf("left out of %d complete reads", in.Source.DeleteAfter))
	return n, true, err
}

// remove deletes features that this source brought, and leaves tombstones.
func (r *Runner) remove(ctx context.Context, tx pgx.Tx, source string, ids []string, reason string) (int, error) {
	n := 0
	for _, s := range r.Layers {
		var own []string
		for _, id := range ids {
			if strings.HasPrefix(id, s.IDPrefix()) {
				own = append(own, id)
			}
		}
		if len(own) == 0 {
			continue
		}
		sql, args := clause.Of("WITH gone AS (DELETE FROM ? WHERE id = ANY (?) AND source = ? RETURNING id) INSERT INTO tombstones (feature_id, source, reason) SELECT id, ?, ? FROM gone",
			clause.Name(s.Table), own, source, source, reason).SQL()
		tag, err := tx.Exec(ctx, sql, args...)
		if err != nil {
			return n, fmt.Errorf("remove from %s: %w", s.Field, err)
		}
		n += int(tag.RowsAffected())
	}
	return n, nil
}
