package tiles_test

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/changes"
	"geohub/layer"
	"geohub/tiles"
)

// A hub serves tiles beside its queries, to the same keys.
func Example() {
	serve := func(ctx context.Context, catalog *layer.Catalog, pool *pgxpool.Pool, keys *access.Keys) error {
		feed := changes.NewFeed()
		go feed.Run(ctx, pool.Config().ConnConfig, slog.Default())
		cache, err := tiles.NewCache(32<<20, feed)
		if err != nil {
			return err
		}
		http.Handle("/tiles/", tiles.NewHandler(tiles.Config{Catalog: catalog, DB: pool,
			Viewer: keys.Viewer, Clock: time.Now, Log: slog.Default(), Cache: cache}))
		return http.ListenAndServe("127.0.0.1:8080", nil)
	}
	_ = serve
}
