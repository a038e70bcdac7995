package ingest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/layer"
)

// remembered is how long an event that was counted is known again.
const remembered = 48 * time.Hour

// Count adds a row to a series of counts (layer.NewCounts), once however often
// the event comes. event tells it from all others of its source; only a keyed
// digest of it is kept.
func Count[T any](in *Intake, s *layer.Series[T], featureID string, row T, event string) {
	w := writeOf(in, s, func() *countsWrite[T] {
		return &countsWrite[T]{pointsWrite: pointsWrite[T]{series: s}, source: in.Source.Name, readAt: in.ReadAt}
	})
	w.points = append(w.points, Point[T]{featureID, row})
	w.events = append(w.events, event)
	in.saw(at(&w.points[len(w.points)-1].Row))
	in.undo = append(in.undo, func() {
		w.points, w.events = w.points[:len(w.points)-1], w.events[:len(w.events)-1]
	})
}

type countsWrite[T any] struct {
	pointsWrite[T]
	source string
	readAt time.Time
	events []string
}

func (w *countsWrite[T]) run(ctx context.Context, tx pgx.Tx) (Result, error) {
	key, err := Secret(ctx, tx, "counted events")
	if err != nil {
		return Result{}, err
	}
	first := map[string]int{} // place of an event by its digest
	var digests [][]byte
	for i, event := range w.events {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(event))
		digest := h.Sum(nil)[:16]
		if _, known := first[string(digest)]; !known {
			first[string(digest)] = i
			digests = append(digests, digest)
		}
	}
	rows, err := tx.Query(ctx, "INSERT INTO counted_events (source, digest, at) SELECT $1, d, $3 FROM unnest($2::bytea[]) d ON CONFLICT DO NOTHING RETURNING digest",
		w.source, digests, w.readAt)
	if err != nil {
		return Result{}, fmt.Errorf("remember events: %w", err)
	}
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return Result{}, fmt.Errorf("remember events: %w", err)
	}
	points := make([]Point[T], len(fresh))
	for i, digest := range fresh {
		points[i] = w.points[first[string(digest)]]
	}
	if _, err := Append(ctx, tx, w.series, points); err != nil {
		return Result{}, err
	}
	return Result{In: len(w.points), Changed: len(points), Same: len(w.points) - len(points)}, nil
}

// forget drops what was remembered of events long ago.
func forget(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM counted_events WHERE at < $1", now.Add(-remembered))
	return err
}

// Secret is a key of 32 random bytes that the hub made for itself when it was
// first asked for.
func Secret(ctx context.Context, tx pgx.Tx, name string) ([]byte, error) {
	var key []byte
	err := tx.QueryRow(ctx, "SELECT key FROM secrets WHERE name = $1", name).Scan(&key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key)
	if _, err := tx.Exec(ctx, "INSERT INTO secrets (name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, key); err != nil {
		return nil, err
	}
	return key, tx.QueryRow(ctx, "SELECT key FROM secrets WHERE name = $1", name).Scan(&key)
}
