package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// locks are the advisory locks of a hub, one a source, all on one connection:
// when the hub dies the server frees them, when the connection does the hub
// stops what it did under them.
type locks struct {
	r    *Runner
	mu   sync.Mutex
	conn *pgx.Conn
	held map[string]context.CancelFunc
}

func newLocks(r *Runner) *locks {
	return &locks{r: r, held: map[string]context.CancelFunc{}}
}

// lockSpace keeps the sources' locks apart from all other advisory locks.
const lockSpace = 0x67656f68 // "geoh"

// take locks a source. The context it gives ends when the lock is lost; nil
// when another hub has it, or this one already.
func (l *locks) take(ctx context.Context, source string) (held context.Context, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[source] != nil || !l.connect(ctx) {
		return nil, nil
	}
	var ours bool
	err := l.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", lockSpace, source).Scan(&ours)
	if err != nil {
		l.lose()
		return nil, nil
	}
	if !ours {
		return nil, nil
	}
	held, cancel := context.WithCancel(ctx)
	l.held[source] = cancel
	return held, func() {
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.held, source)
		if l.conn == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if _, err := l.conn.Exec(ctx, "SELECT pg_advisory_unlock($1, hashtext($2))", lockSpace, source); err != nil {
			l.lose()
		}
	}
}

// keep looks after the connection until ctx ends.
func (l *locks) keep(ctx context.Context) {
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			l.mu.Lock()
			defer l.mu.Unlock()
			l.lose()
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if l.conn != nil {
			ping, cancel := context.WithTimeout(ctx, 2*time.Second)
			if l.conn.Ping(ping) != nil {
				l.lose()
			}
			cancel()
		}
		l.mu.Unlock()
	}
}

func (l *locks) connect(ctx context.Context) bool {
	if l.conn != nil && !l.conn.IsClosed() {
		return true
	}
	l.lose()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.r.DB.Config().ConnConfig.Copy())
	if err != nil {
		return false
	}
	l.conn = conn
	return true
}

// lose gives all locks up, with the connection.
func (l *locks) lose() {
	for _, cancel := range l.held {
		cancel()
	}
	if l.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		l.conn.Close(ctx)
		l.conn = nil
	}
}
