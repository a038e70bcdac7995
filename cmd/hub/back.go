package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/media"
	"geohub/outbox"
)

// back is what goes back to the sources, and what is fetched from them when
// somebody looks. Its clock is the real one, also where the province's is not.
type back struct {
	outbox *outbox.Outbox
	media  *media.Gate
}

func newBack(pool *pgxpool.Pool, sources []*ingest.Source, log *slog.Logger) (back, error) {
	box, err := outbox.New(pool, sources, time.Now, log)
	if err != nil {
		return back{}, usageError{err}
	}
	return back{box, &media.Gate{DB: pool, Sources: sources, Clock: time.Now, Log: log}}, nil
}

func (b back) handle(mux *http.ServeMux) {
	mux.Handle("/media/", b.media)
	mux.Handle("/streams/", b.media)
}

// start delivers what was handed in, until what it gives is called.
func (b back) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.outbox.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
