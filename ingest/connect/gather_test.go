package connect

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"geohub/ingest"
)

// A batch is stored when it is full or has waited, one at a time and in order;
// who put something is told once it is stored.
func TestStreamed(t *testing.T) {
	var stored, told []any
	rest := make(chan struct{})
	take := func(_ context.Context, b *ingest.Batch) error {
		if len(b.Records) > 3 {
			t.Errorf("%d records in a batch", len(b.Records))
		}
		stored = append(stored, b.Records...)
		if len(stored) == 8 {
			close(rest) // the last two were not waited for to make a batch
		}
		return nil
	}
	err := streamed(t.Context(), take, 3, 5*time.Millisecond, func(ctx context.Context, g *gather) error {
		for i := range 10 {
			if i == 8 {
				<-rest
			}
			err := g.put(func(b *ingest.Batch) error {
				b.Records = append(b.Records, i)
				return nil
			}, func() { told = append(told, i) })
			if err != nil {
				return err
			}
		}
		return nil
	})
	want := []any{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	if err != nil || !slices.Equal(stored, want) || !slices.Equal(told, want) {
		t.Errorf("stored %v, told %v: %v", stored, told, err)
	}
}

// While a batch is being stored the next one fills, and no more is taken.
func TestStreamedBounded(t *testing.T) {
	put, storing := make(chan int, 100), make(chan struct{})
	bad := errors.New("the database is away")
	err := streamed(t.Context(), func(context.Context, *ingest.Batch) error {
		<-storing
		return bad
	}, 2, time.Hour, func(ctx context.Context, g *gather) error {
		for i := 0; ; i++ {
			err := g.put(func(b *ingest.Batch) error {
				b.Records = append(b.Records, i)
				put <- i
				if i == 3 {
					close(storing) // the fourth fills the second batch
				}
				return nil
			}, func() { t.Error("told of what was not stored") })
			if err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, bad) || len(put) != 4 {
		t.Errorf("%d put: %v", len(put), err)
	}
}

// When the source ends what came is stored, and its error handed on.
func TestStreamedEnds(t *testing.T) {
	gone := errors.New("hung up")
	stored := 0
	err := streamed(t.Context(), func(_ context.Context, b *ingest.Batch) error { stored += b.Len(); return nil }, 100, time.Hour, func(ctx context.Context, g *gather) error {
		if err := g.put(func(b *ingest.Batch) error { b.Records = append(b.Records, 1); return nil }, nil); err != nil {
			return err
		}
		return gone
	})
	if !errors.Is(err, gone) || stored != 1 {
		t.Errorf("%d stored: %v", stored, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = streamed(ctx, nil, 1, time.Hour, func(ctx context.Context, g *gather) error {
		stop()
		<-ctx.Done()
		return errors.New("closed")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
