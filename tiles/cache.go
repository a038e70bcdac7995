package tiles

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"geohub/changes"
	"geohub/layer"
)

// Cache keeps finished tiles, and gives them again to viewers who may see the
// same: until a table changes that a tile rests on, or the clock alone makes
// another of it. A nil Cache keeps none.
type Cache struct {
	tiles         *ristretto.Cache[string, *kept]
	feed          *changes.Feed
	found, missed atomic.Int64
}

// kept is a tile, and what it rests on.
type kept struct {
	key    string // the whole, as the cache knows keys by their hashes
	answer *answer
	tables []string
	since  changes.Moment // before they were read
	until  time.Time      // zero: for ever
}

// NewCache keeps at most so many bytes.
func NewCache(bytes int64, feed *changes.Feed) (*Cache, error) {
	tiles, err := ristretto.NewCache(&ristretto.Config[string, *kept]{
		NumCounters: 100_000, MaxCost: bytes, BufferItems: 64,
		Cost: func(k *kept) int64 { return int64(len(k.key) + len(k.answer.plain) + len(k.answer.packed)) },
	})
	if err != nil {
		return nil, err
	}
	return &Cache{tiles: tiles, feed: feed}, nil
}

// Counts are how many tiles were found kept and still true, and how many were not.
func (c *Cache) Counts() (found, missed int64) { return c.found.Load(), c.missed.Load() }

// now is to be asked before a tile is read.
func (c *Cache) now() changes.Moment {
	if c == nil {
		return 0
	}
	return c.feed.Now()
}

// find gives the tile of a key; nil when there is none to give.
func (c *Cache) find(key string, now time.Time) *answer {
	if c == nil {
		return nil
	}
	k, _ := c.tiles.Get(key)
	if k == nil || k.key != key {
		c.missed.Add(1)
		return nil
	}
	if !c.feed.Unchanged(k.since, k.tables...) || !k.until.IsZero() && !now.Before(k.until) {
		c.tiles.Del(key)
		c.missed.Add(1)
		return nil
	}
	c.found.Add(1)
	return k.answer
}

// keep takes in what a reader was asked for.
func (c *Cache) keep(ctx context.Context, key string, since changes.Moment, a *answer, r *layer.Reader) {
	if c == nil {
		return
	}
	if tables, until, ok := r.Grounds(ctx); ok {
		c.tiles.Set(key, &kept{key, a, tables, since, until}, 0)
	}
}
