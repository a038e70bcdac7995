package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// locks are the advisory locks of a hub, one a source, all on one connection:
// when the hub dies the server frees them. When only the connection is lost the
// hub goes on under them, since the source may have something to say that is
// said once; it stops as soon as it learns that another hub has taken over.
// Two that store the same store it once.
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

// take locks a source. The context it gives ends when another hub has the lock;
// it is nil when another has it already, or this one.
func (l *locks) take(ctx context.Context, source string) (held context.Context, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[source] != nil || !l.connected(ctx) || !l.lock(ctx, source) {
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
			l.disconnect()
		}
	}
}

func (l *locks) lock(ctx context.Context, source string) (ours bool) {
	if err := l.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", lockSpace, source).Scan(&ours); err != nil {
		l.disconnect()
	}
	return ours
}

// keep looks after the connection until ctx ends.
func (l *locks) keep(ctx context.Context) {
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			l.close()
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if l.conn != nil {
			ping, cancel := context.WithTimeout(ctx, 2*time.Second)
			if l.conn.Ping(ping) != nil {
				l.disconnect()
			}
			cancel()
		}
		if l.conn == nil && len(l.held) > 0 && l.connected(ctx) {
			l.again(ctx)
		}
		l.mu.Unlock()
	}
}

// again takes the locks on a new connection. Those that are another hub's now
// are given up.
func (l *locks) again(ctx context.Context) {
	for source, cancel := range l.held {
		if l.conn == nil {
			return
		}
		if !l.lock(ctx, source) && l.conn != nil {
			cancel()
		}
	}
}

func (l *locks) connected(ctx context.Context) bool {
	if l.conn != nil && !l.conn.IsClosed() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.r.DB.Config().ConnConfig.Copy())
	if err != nil {
		l.conn = nil
		return false
	}
	l.conn = conn
	return true
}

func (l *locks) disconnect() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.conn.Close(ctx)
	l.conn = nil
}

// close gives everything up.
func (l *locks) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.held {
		cancel()
	}
	l.disconnect()
}
