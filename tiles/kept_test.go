package tiles_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"geohub/changes"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/tiles"
	"geohub/tiles/mvt"
)

// TestAsOf: a tile of a moment is what it was then.
func TestAsOf(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	drawn := serve(t, pool, func(c *tiles.Config) { c.Clock = time.Now }).as(viewers[3].key)
	at := mvt.CellAt(8, 107.6, 16.4)
	now := func() (s string) {
		var moment time.Time
		if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&moment); err != nil {
			t.Fatal(err)
		}
		return moment.UTC().Format(time.RFC3339Nano)
	}
	level := func(query string) any {
		for _, name := range []string{"dams", "dams,stations"} {
			for _, f := range drawn.tile(name, at, query)["dams"].Features {
				if name != "dams" && f.Properties["id"] == "dam:TA_TRACH" {
					return f.Properties["levelM"]
				}
			}
		}
		return nil
	}
	set := func(m float64) {
		if _, err := pool.Exec(t.Context(), "UPDATE dams SET level_m = $1, updated_at = now() WHERE id = 'dam:TA_TRACH'", m); err != nil {
			t.Fatal(err)
		}
	}
	set(1.5)
	before := now()
	set(2.5)
	after := now()
	if got := level("?asOf=" + before); got != 1.5 {
		t.Errorf("before: %v", got)
	}
	if got := level("?asOf=" + after); got != 2.5 {
		t.Errorf("after: %v", got)
	}
	set(3.5)
	if then, now := level("?asOf="+after), level(""); then != 2.5 || now != 3.5 {
		t.Errorf("then %v, now %v", then, now)
	}
}

// TestKept: a tile is read once, until a table changes that it rests on.
func TestKept(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	feed := changes.NewFeed()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Run(ctx, pool.Config().ConnConfig, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() { stop(); <-done })
	until := func(what string, ok func() bool) {
		for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the feed doesn't listen", func() bool { return feed.Unchanged(feed.Now()) })
	cache, err := tiles.NewCache(8<<20, feed)
	if err != nil {
		t.Fatal(err)
	}
	drawn := serve(t, pool, func(c *tiles.Config) { c.Cache = cache })
	write := func(sql string) {
		before := feed.Now()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		until("nobody heard", func() bool { return feed.Now() != before })
	}
	asks := func(s served) (found int64, body string) {
		before, _ := cache.Counts()
		_, text := s.ask("/tiles/stations,offices/8/204/116.mvt")
		after, _ := cache.Counts()
		return after - before, string(text)
	}
	_, first := asks(drawn)
	until("the tile is not kept", func() bool { n, again := asks(drawn); return n == 1 && again == first })
	if n, _ := asks(drawn.as(viewers[3].key)); n != 0 {
		t.Error("another viewer got the same tile")
	}
	write("UPDATE dams SET label = label")
	if n, _ := asks(drawn); n != 1 {
		t.Error("dropped when another table changed")
	}
	write("UPDATE stations SET label = label || '!'")
	if n, after := asks(drawn); n != 0 || after == first {
		t.Error("kept when its table changed")
	}
}
