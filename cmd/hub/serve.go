package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"github.com/vektah/gqlparser/v2/formatter"

	"geohub/access"
	"geohub/changes"
	"geohub/graph"
	"geohub/ingest"
	"geohub/layer"
	"geohub/ogc"
	"geohub/persisted"
	"geohub/plan"
	"geohub/pmtiles"
	"geohub/province/prepare"
	"geohub/resolvers"
	"geohub/systems"
	"geohub/tiles"
	"geohub/web"
)

// drain is how long running requests get to finish on SIGTERM.
const drain = 10 * time.Second

func (m Main) serve(cfg *config) *cobra.Command {
	var withDemo bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Read the sources and serve the map at one GraphQL endpoint",
		Long: `Starts the private database (or uses HUB_DATABASE_URL), brings its schema up to
date, reads the sources of sources.yaml and serves. SIGTERM or Ctrl-C lets
running requests finish first.`,
		Example: `  hub serve --demo
  hub serve --sources sources.yaml
  HUB_LISTEN=0.0.0.0:80 HUB_PUBLIC=strict hub serve`,
		RunE: func(c *cobra.Command, _ []string) error {
			if !withDemo {
				return m.serveUntilDone(c.Context(), cfg, nil)
			}
			return m.serveUntilDone(c.Context(), cfg, &demo{clock: time.Now, speed: 1})
		},
	}
	c.Flags().BoolVar(&withDemo, "demo", false, "start the simulated systems of the demo province, and read them")
	return c
}

// logger writes to standard error, one JSON object a line.
func (m Main) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(m.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// serveUntilDone serves until ctx ends; d, which may be nil, is the simulated
// province beside the hub.
func (m Main) serveUntilDone(ctx context.Context, cfg *config, d *demo) error {
	started := time.Now()
	log := m.logger()
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		if address := (*net.AddrError)(nil); errors.As(err, &address) {
			return usageError{fmt.Errorf("--listen takes host:port such as 127.0.0.1:8080: %w", err)}
		}
		return fmt.Errorf("listen: %w (another hub? choose an address with --listen)", err)
	}
	defer listener.Close()
	db, err := cfg.open(ctx)
	if err != nil {
		return err
	}
	defer db.close()
	if db.note != "" {
		fmt.Fprintln(m.Stdout, db.note)
	}
	if _, _, err := db.migrate(ctx); err != nil {
		return err
	}
	clock := time.Now
	var sources []*ingest.Source
	if d != nil {
		clock = d.clock
		sources, err = d.start(ctx, m, cfg, db, log)
	} else {
		sources, err = m.declared(cfg)
	}
	defer d.close()
	if err != nil {
		return err
	}
	pool, err := db.pool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	exports, err := db.exports(ctx)
	if err != nil {
		return err
	}
	defer exports.Close()
	watched, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	go db.keepAlive(watched, pool, log)
	back, err := newBack(pool, sources, log)
	if err != nil {
		return err
	}
	base, err := cfg.openBasemap()
	if err != nil {
		return err
	}
	if base != nil {
		defer base.Close()
	}
	feed := changes.NewFeed()
	go feed.Run(watched, pool.Config().ConnConfig, log)
	handler, keys, err := newHandler(ctx, cfg, pool, exports, base, feed, back, clock, log)
	if err != nil {
		return err
	}
	defer back.start(ctx)()
	runner, err := m.runner(ctx, cfg, db, sources, clock, log)
	if err != nil {
		return err
	}
	defer runner.DB.Close()
	reading, stopReading := context.WithCancel(context.WithoutCancel(ctx))
	read := make(chan struct{})
	go func() {
		defer close(read)
		keepReading(reading, runner, log)
	}()
	defer func() {
		stopReading()
		<-read
	}()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	address := "http://" + listener.Addr().String()
	m.greet(address, keys, len(sources), time.Since(started))
	if m.Ready != nil {
		m.Ready(address)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	fmt.Fprintln(m.Stdout, "draining …")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// keepReading reads the sources until ctx ends, through the database's absences.
func keepReading(ctx context.Context, r *ingest.Runner, log *slog.Logger) {
	for ctx.Err() == nil {
		if err := r.Run(ctx); err != nil {
			log.Error("the sources are not read", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// greet says where the hub is and gives a query to try.
func (m Main) greet(address string, keys []web.Key, sources int, took time.Duration) {
	fmt.Fprintf(m.Stdout, `GeoHub is ready (%.1f s).

  Map         %[2]s/map
  Console     %[2]s/
  GraphQL     %[2]s/graphql
  OGC API     %[2]s/ogc
  Schema      %[2]s/schema.graphql
  Tiles       %[2]s/tiles/dams,vessels.json
  Health      %[2]s/healthz  %[2]s/readyz  %[2]s/metrics
`, took.Seconds(), address)
	switch sources {
	case 0:
		fmt.Fprint(m.Stdout, "\nNo source is declared: nothing will move (see hub source --help).\n")
	default:
		fmt.Fprintf(m.Stdout, "\nReading %d sources; `hub source list` says how they fare.\n", sources)
	}
	header := ""
	if len(keys) > 0 {
		fmt.Fprint(m.Stdout, "\nDemo keys, for the header X-Api-Key (without one: what is open):\n")
		for _, k := range keys {
			fmt.Fprintf(m.Stdout, "  %-40s %s\n", k.Key, k.Title)
		}
		header = fmt.Sprintf(" -H 'X-Api-Key: %s'", keys[len(keys)-1].Key)
	}
	fmt.Fprintf(m.Stdout, `
Try:
  curl -s %s/graphql%s -H 'Content-Type: application/json' \
    -d '{"query":"{ dams(first: 3, near: {lon: 107.58, lat: 16.46}) { totalCount edges { distanceM node { label damStatus levelM unit { name } } } } }"}'

`, address, header)
}

// newHandler joins everything that answers over HTTP.
func newHandler(ctx context.Context, cfg *config, pool, exports *pgxpool.Pool, base *pmtiles.File, feed *changes.Feed, back back, clock func() time.Time, log *slog.Logger) (http.Handler, []web.Key, error) {
	schema := resolvers.Executable().Schema()
	catalog, err := layer.NewCatalog(systems.All, schema)
	if err != nil {
		return nil, nil, fmt.Errorf("read the schema: %w", err)
	}
	indicators, err := cfg.indicators(schema)
	if err != nil {
		return nil, nil, err
	}
	known, err := access.NewKeys(pool)
	if err != nil {
		return nil, nil, err
	}
	examples, err := web.Examples()
	if err != nil {
		return nil, nil, err
	}
	keys, err := demoKeys(ctx, pool)
	if err != nil {
		return nil, nil, err
	}
	var sdl strings.Builder
	formatter.NewFormatter(&sdl).FormatSchema(schema)
	mux := http.NewServeMux()
	printer, err := plan.New(catalog, plan.Options{Arguments: graph.Arguments})
	if err != nil {
		return nil, nil, err
	}
	var results *resolvers.Results
	if cfg.resultCache > 0 {
		if results, err = resolvers.NewResults(int64(cfg.resultCache)<<20, feed); err != nil {
			return nil, nil, err
		}
	}
	operations := persisted.New(pool, schema, catalog, clock)
	asked := resolvers.Config{Catalog: catalog, Printer: printer, Results: results, DB: pool, Viewer: known.Viewer,
		Clock: clock, Log: log, Limits: resolvers.DefaultLimits(), Strict: cfg.strict,
		Indicators: indicators, Outbox: back.outbox, Media: back.media, Operations: operations}
	mux.Handle("/graphql", resolvers.NewServer(asked))
	answers := resolvers.NewPages(asked)
	var keptTiles *tiles.Cache
	if cfg.tileCache > 0 {
		if keptTiles, err = tiles.NewCache(int64(cfg.tileCache)<<20, feed); err != nil {
			return nil, nil, err
		}
	}
	maps := tiles.NewHandler(tiles.Config{Catalog: catalog, DB: pool, Viewer: known.Viewer, Clock: clock, Log: log, Cache: keptTiles, Basemap: base,
		Operations: operations, Answers: answers})
	mux.Handle("/tiles/", maps)
	mux.Handle("/style.json", maps)
	features := ogc.New(ogc.Config{Catalog: catalog, DB: pool, Exports: exports, Operations: operations, Answers: answers, Tiles: maps,
		Viewer: known.Viewer, Clock: clock, Log: log})
	mux.Handle("/ogc", features)
	mux.Handle("/ogc/", features)
	mux.Handle("/export/", features)
	mux.Handle("/q/", features)
	back.handle(mux)
	mux.Handle("GET /metrics", metrics{printer, results, keptTiles, pool}.handler())
	mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, r *http.Request) {
		if cfg.strict {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, sdl.String())
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if err := pool.Ping(ctx); err != nil {
			status(w, http.StatusServiceUnavailable, "the database does not answer")
			return
		}
		status(w, http.StatusOK, "ready")
	})
	mux.Handle("/", web.Handler(web.Console{Endpoint: "/graphql", Keys: keys, Examples: examples}))
	return mux, keys, nil
}

func status(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]string{"status": text})
}

// demoKeys are the demo's keys, if this database has them.
func demoKeys(ctx context.Context, pool *pgxpool.Pool) ([]web.Key, error) {
	keys, err := prepare.KeysIn(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("find demo keys: %w", err)
	}
	out := make([]web.Key, len(keys))
	for i, k := range keys {
		out[i] = web.Key{Name: k.Name, Title: k.Name, Key: k.Secret}
	}
	return out, nil
}
