// Package changes hears which tables change, whoever writes to them: a trigger
// of each table says so when the writing is committed (migrations), and the
// server tells every hub.
//
//	feed := changes.NewFeed()
//	go feed.Run(ctx, pool.Config().ConnConfig, log)
//	before := feed.Now()
//	// … read …
//	feed.Unchanged(before, "reports") // false once reports were written to
package changes

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// channel is where the tables' triggers speak; the payload is a table's name.
const channel = "geohub_changes"

// again is how long the feed waits before it tries to listen again.
const again = time.Second

// Moment is a point in what a feed has heard; the zero Moment is before all.
type Moment uint64

// Feed remembers when each table changed last. While it is not connected every
// table counts as changed.
type Feed struct {
	beat   time.Duration // a connection silent for so long is asked whether it lives
	mu     sync.RWMutex
	now    Moment
	last   map[string]Moment
	since  Moment // it has listened without a break from here on
	listen bool
}

// NewFeed makes a feed that has heard nothing yet.
func NewFeed() *Feed { return &Feed{beat: 5 * time.Second, last: map[string]Moment{}} }

// Now is the present moment. Ask before you read.
func (f *Feed) Now() Moment {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.now
}

// Unchanged says whether none of some tables has changed since a moment.
func (f *Feed) Unchanged(since Moment, tables ...string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.listen || since < f.since {
		return false
	}
	for _, t := range tables {
		if f.last[t] > since {
			return false
		}
	}
	return true
}

// Run listens on a connection of its own until ctx ends.
func (f *Feed) Run(ctx context.Context, database *pgx.ConnConfig, log *slog.Logger) {
	for ctx.Err() == nil {
		err := f.hear(ctx, database)
		f.mu.Lock()
		f.listen = false
		f.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		log.Warn("changes are not heard of now: answers are not kept", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

func (f *Feed) hear(ctx context.Context, database *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, database.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	f.mu.Lock()
	f.now++ // what is read from here on is not older than what will be heard
	f.since, f.listen = f.now, true
	f.mu.Unlock()
	for {
		n, err := f.next(ctx, conn)
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.now++
		f.last[n.Payload] = f.now
		f.mu.Unlock()
	}
}

// next waits for the next notice. A network may be gone without a word: then
// nothing would be heard for ever, and everything seem as it was.
func (f *Feed) next(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	for {
		waiting, stop := context.WithTimeout(ctx, f.beat)
		n, err := conn.WaitForNotification(waiting)
		stop()
		if err == nil || ctx.Err() != nil || !pgconn.Timeout(err) {
			return n, err
		}
		asking, stop := context.WithTimeout(ctx, f.beat)
		err = conn.Ping(asking)
		stop()
		if err != nil {
			return nil, err
		}
	}
}
