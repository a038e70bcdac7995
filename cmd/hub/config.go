package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/geo/postgis"
	"geohub/layer"
	"geohub/localdb"
	"geohub/ogc"
	"geohub/systems"
)

// config is what the environment and the flags say. Nothing else reads either.
type config struct {
	data        string // folder of the private cluster
	listen      string // address to serve at
	databaseURL string // a server of one's own; empty: the private cluster
	sources     string // file that declares the sources; empty: where it usually lies
	targets     string // file of the indicators' targets; empty: those that come with the hub
	strict      bool   // HUB_PUBLIC=strict: nothing is told to anonymous but data
	resultCache int    // MiB of answers kept; 0: none
	tileCache   int    // MiB of tiles kept; 0: none
	basemap     string // PMTiles file beneath the map; empty: the imported one, if any
}

func (m Main) config(c *cobra.Command) *config {
	cfg := &config{databaseURL: m.Getenv("HUB_DATABASE_URL"), strict: m.Getenv("HUB_PUBLIC") == "strict"}
	or := func(name, otherwise string) string {
		if v := m.Getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	flags := c.PersistentFlags()
	flags.StringVar(&cfg.data, "data", or("HUB_DATA", ".hub"), "folder of the private database (HUB_DATA)")
	flags.StringVar(&cfg.sources, "sources", m.Getenv("HUB_SOURCES"), "file that declares the sources (HUB_SOURCES; otherwise sources.yaml here or in the data folder)")
	flags.StringVar(&cfg.targets, "targets", m.Getenv("HUB_TARGETS"), "file of what indicators are to reach (HUB_TARGETS; otherwise the targets that come with the hub)")
	flags.StringVar(&cfg.listen, "listen", or("HUB_LISTEN", "127.0.0.1:8080"), "address to serve at (HUB_LISTEN)")
	flags.IntVar(&cfg.resultCache, "result-cache", 32, "MiB of memory for answers that are given again while nothing changes; 0: none")
	flags.IntVar(&cfg.tileCache, "tile-cache", 32, "MiB of memory for map tiles that are given again while nothing changes; 0: none")
	flags.StringVar(&cfg.basemap, "basemap", m.Getenv("HUB_BASEMAP"), "PMTiles file that lies beneath the map (HUB_BASEMAP; otherwise the one that hub import basemap put into the data folder)")
	return cfg
}

// indicators are those that are declared, with their targets.
func (cfg *config) indicators(schema *ast.Schema) (*layer.Indicators, error) {
	if cfg.targets == "" {
		return systems.ReadIndicators(schema, nil)
	}
	text, err := os.ReadFile(cfg.targets)
	if err != nil {
		return nil, usageError{fmt.Errorf("--targets: %w", err)}
	}
	all, err := systems.ReadIndicators(schema, text)
	if err != nil {
		return nil, usageError{fmt.Errorf("--targets: %s: %w", cfg.targets, err)}
	}
	return all, nil
}

// database is the hub's database: a server of one's own, or the private one,
// which close stops if this process owns it.
type database struct {
	url  string
	note string

	mu       sync.Mutex
	clusters []*localdb.Cluster // those this process started or joined, the newest last
	data     string             // their folder; empty: a server of one's own
}

func (d *database) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.clusters {
		c.Stop(context.Background())
	}
}

// keepAlive starts the private cluster again when it is gone, until ctx ends:
// it may be killed, or stopped by another hub that owned it.
func (d *database) keepAlive(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) {
	if d.data == "" {
		return
	}
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if pool.Ping(ctx) == nil || ctx.Err() != nil {
			continue
		}
		d.mu.Lock()
		cluster, err := localdb.Start(ctx, d.data)
		if err == nil {
			d.clusters = append(d.clusters, cluster)
		}
		d.mu.Unlock()
		log.Warn("the private database was gone", "startedAgain", err == nil && cluster.Started, "err", err)
	}
}

func (cfg *config) open(ctx context.Context) (*database, error) {
	if cfg.databaseURL != "" {
		return &database{url: cfg.databaseURL}, nil
	}
	cluster, err := localdb.Start(ctx, cfg.data)
	if err != nil {
		return nil, fmt.Errorf("start the private database: %w", err)
	}
	return &database{url: cluster.URL(""), note: cluster.Note, clusters: []*localdb.Cluster{cluster}, data: cfg.data}, nil
}

// connect opens one connection that knows PostGIS's types; the database must
// be migrated.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	pool, err := d.config()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, pool.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := postgis.Register(ctx, conn); err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("read PostGIS's types (is the database migrated?): %w", err)
	}
	return conn, nil
}

func (d *database) config() (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(d.url)
	if err != nil {
		return nil, usageError{fmt.Errorf("HUB_DATABASE_URL is not a PostgreSQL address: %w", err)}
	}
	postgis.Configure(c)
	c.ConnConfig.RuntimeParams["application_name"] = layer.Writing
	return c, nil
}

// pool opens the pool of a serving hub.
func (d *database) pool(ctx context.Context) (*pgxpool.Pool, error) {
	c, err := d.config()
	if err != nil {
		return nil, err
	}
	postgis.Bound(c)
	c.ConnConfig.RuntimeParams["application_name"] = layer.Reading
	c.MaxConns = 16
	return openPool(ctx, c)
}

// exports is a pool whose statements may take as long as they need. It is small:
// what waits for it does not keep the others waiting.
func (d *database) exports(ctx context.Context) (*pgxpool.Pool, error) {
	c, err := d.config()
	if err != nil {
		return nil, err
	}
	c.ConnConfig.RuntimeParams["application_name"] = layer.Reading
	c.MaxConns = ogc.ExportsAtOnce
	return openPool(ctx, c)
}

func openPool(ctx context.Context, c *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err == nil {
		err = pool.Ping(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}
