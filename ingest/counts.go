package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/layer"
)

// foldFrom is how many changes of a layer's counts are summed up. Fewer are read
// as quickly as their sum, and each sum is a month written anew.
const foldFrom = 10_000

// fold sums up, once a minute, what has gathered in the counts of layers, and
// forgets once an hour what history is no longer to keep. It needs no job of
// river's, which runs only where sources are asked at intervals: two hubs keep out
// of each other's way by locks of the functions themselves.
func (r *Runner) fold(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for minute := 0; ; minute++ {
		if err := FoldCounts(ctx, r.DB, r.Layers, foldFrom); err != nil && ctx.Err() == nil {
			r.Log.Warn("counts could not be summed up", "err", err)
		}
		if minute%60 == 0 {
			if _, err := r.DB.Exec(ctx, "SELECT prune_history()"); err != nil && ctx.Err() == nil {
				r.Log.Warn("history could not be pruned", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// FoldCounts sums up the changes in the counts of those layers that have so many
// of them. What is answered from the counts stays the same.
func FoldCounts(ctx context.Context, db *pgxpool.Pool, layers []*layer.System, many int) error {
	for _, s := range layers {
		if !s.Counted() {
			continue
		}
		if _, err := db.Exec(ctx, "SELECT fold_counts($1, $2)", s.Table, many); err != nil {
			return fmt.Errorf("fold the counts of %s: %w", s.Field, err)
		}
	}
	return nil
}
