package changes_test

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"geohub/changes"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// mute is a connection on which nothing arrives any more, though nobody says so.
type mute struct {
	net.Conn
	on *atomic.Bool
}

func (m mute) Read(b []byte) (int, error) {
	for {
		if n, err := m.Conn.Read(b); err != nil || !m.on.Load() {
			return n, err
		}
	}
}

// TestFeed: a table counts as changed when it was written to, and every table
// while nobody listens, be the connection closed or merely dead.
func TestFeed(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	var dead atomic.Bool
	config := pool.Config().ConnConfig.Copy()
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		dead.Store(false)
		c, err := dial(ctx, network, address)
		return mute{c, &dead}, err
	}
	feed := changes.NewFeed()
	feed.SetBeat(100 * time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); feed.Run(ctx, config, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() { stop(); <-done })
	until := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not within 30 s: %s", what)
			}
		}
	}
	listens := func() bool { return feed.Unchanged(feed.Now(), "dams") }
	if listens() {
		t.Error("it listens before it runs")
	}
	until("it listens", listens)
	before := feed.Now()
	if _, err := pool.Exec(t.Context(), "UPDATE dams SET label = label"); err != nil {
		t.Fatal(err)
	}
	until("dams changed", func() bool { return !feed.Unchanged(before, "dams") })
	if !feed.Unchanged(before, "zones") || !listens() {
		t.Error("other tables, or other times, count as changed too")
	}
	for _, broken := range []struct {
		how  string
		done func() error
	}{
		{"closed", func() error {
			_, err := pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
			return err
		}},
		{"dead", func() error { dead.Store(true); return nil }},
	} {
		before := feed.Now()
		if err := broken.done(); err != nil {
			t.Fatal(err)
		}
		until("nothing is known, "+broken.how, func() bool { return !feed.Unchanged(before, "zones") })
		until("it listens again, "+broken.how, listens)
		if feed.Unchanged(before, "zones") {
			t.Errorf("%s: what was read before the break counts as unchanged", broken.how)
		}
	}
}
