package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// stream holds a stream for as long as this hub has its lock: it connects,
// stores what comes and connects again when that ends.
func (r *Runner) stream(ctx context.Context, locks *locks, s *Source) {
	for ctx.Err() == nil {
		held, release := locks.take(ctx, s.Name)
		if held == nil {
			sleep(ctx, time.Second)
			continue
		}
		r.hold(held, s)
		release()
		sleep(ctx, 100*time.Millisecond)
	}
}

// hold reads a stream until ctx ends or the source is paused.
func (r *Runner) hold(ctx context.Context, s *Source) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	spool, err := openSpool(r.Spool, s.Name)
	if err != nil {
		r.Log.Error("there is nowhere to keep what comes while the database is away", "source", s.Name, "err", err)
	}
	defer spool.close()
	go r.watchPause(ctx, stop, s)
	for attempt := 0; ctx.Err() == nil; attempt++ {
		if paused, err := r.paused(ctx, s); err != nil || paused {
			sleep(ctx, time.Second)
			attempt = -1
			continue
		}
		began := time.Now()
		err := r.connected(ctx, s, spool)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the source ended the connection")
		}
		r.failed(s, err)
		r.Log.Warn("a stream broke off", "source", s.Name, "err", err)
		if time.Since(began) > time.Minute {
			attempt = 0
		}
		sleep(ctx, backoff(attempt))
	}
}

// connected reads a stream through one connection.
func (r *Runner) connected(ctx context.Context, s *Source, spool *spool) error {
	from, err := r.checkpoint(ctx, s)
	if err != nil {
		return err
	}
	if _, err := r.DB.Exec(ctx, "UPDATE sources SET held_by = $2 WHERE name = $1", s.Name, r.Hub); err != nil {
		return err
	}
	reader, err := r.Formats[s.Format].Connect(s)
	if err != nil {
		return err
	}
	return reader.Read(ctx, from, func(ctx context.Context, b *Batch) error {
		if b.Lines == nil || spool == nil {
			if _, err := r.commit(ctx, s, b); err != nil {
				return err
			}
			return r.succeeded(ctx, s)
		}
		err := r.unspool(ctx, s, spool)
		if err == nil {
			_, err = r.commit(ctx, s, b)
		}
		if err == nil {
			return r.succeeded(ctx, s)
		}
		if ctx.Err() != nil || !away(err) {
			return err
		}
		return spool.keep(b.Lines)
	})
}

// unspool stores what was kept while the database was away, oldest first.
func (r *Runner) unspool(ctx context.Context, s *Source, spool *spool) error {
	return spool.drain(func(part []byte) error {
		b := &Batch{}
		if err := r.decode(s, part, b); err != nil {
			return err
		}
		_, err := r.commit(ctx, s, b)
		return err
	})
}

// away says that the database can't be reached or is going: what was to be
// stored is as good as before.
func away(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "53", "57", "58", "25":
			return true
		}
		return false
	}
	return true
}

func (r *Runner) paused(ctx context.Context, s *Source) (paused bool, err error) {
	return paused, r.DB.QueryRow(ctx, "SELECT paused FROM sources WHERE name = $1", s.Name).Scan(&paused)
}

// watchPause ends a stream when the source is paused.
func (r *Runner) watchPause(ctx context.Context, stop func(), s *Source) {
	for sleep(ctx, time.Second); ctx.Err() == nil; sleep(ctx, time.Second) {
		if paused, err := r.paused(ctx, s); err == nil && paused {
			stop()
		}
	}
}

// Pause stops a source, or lets it go on; its checkpoint stays.
func (r *Runner) Pause(ctx context.Context, name string, paused bool) error {
	if _, err := r.source(name); err != nil {
		return err
	}
	_, err := r.DB.Exec(ctx, "UPDATE sources SET paused = $2 WHERE name = $1", name, paused)
	if err != nil {
		return fmt.Errorf("pause source %s: %w", name, err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
