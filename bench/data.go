package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"geohub/geo/postgis"
	"geohub/localdb"
	"geohub/migrations"
	"geohub/province/prepare"
)

//go:embed data.sql
var dataSQL string

//go:embed tiles.sql
var tilesSQL string

// database names the database with so many reports.
func database(rows int) string { return "bench_" + strconv.Itoa(rows) }

// mark is the comment of a database that was built to its end by this data.sql.
// Later migrations run over what is there, as they do in a hub that serves.
func mark() string {
	sum := sha256.Sum256([]byte(dataSQL))
	return "bench data " + hex.EncodeToString(sum[:8])
}

// prepareData brings the database with so many reports up to date, and builds
// it where there is none.
func (b *bench) prepareData(ctx context.Context, cluster *localdb.Cluster, rows int) error {
	admin, err := pgx.Connect(ctx, cluster.URL("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	var comment *string
	err = admin.QueryRow(ctx, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", database(rows)).Scan(&comment)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	built := comment != nil && *comment == mark() && !b.rebuild
	name := pgx.Identifier{database(rows)}.Sanitize()
	if !built {
		for _, statement := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
			if _, err := admin.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	conn, err := b.connect(ctx, cluster.URL(database(rows)))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	from, to, err := migrations.Up(ctx, conn)
	if err != nil || built && from == to {
		return err
	}
	started := time.Now()
	if !built {
		b.log("building %s reports, vessels and cameras; this takes some minutes, once …", thousands(rows))
		if err := b.fill(ctx, conn, rows); err != nil {
			return fmt.Errorf("build the data: %w", err)
		}
	}
	b.log("  tiles for the limit, counts, vacuum")
	if _, err := conn.Exec(ctx, tilesSQL); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT fold_counts('reports', 1)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "VACUUM (ANALYZE)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	if _, err := admin.Exec(ctx, "COMMENT ON DATABASE "+name+" IS '"+mark()+"'"); err != nil {
		return err
	}
	b.log("  ready after %s", time.Since(started).Round(time.Second))
	return nil
}

// connect tells what the server notices.
func (b *bench) connect(ctx context.Context, url string) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Severity == "NOTICE" && n.Code == "00000" {
			b.log("  %s", n.Message)
		}
	}
	return pgx.ConnectConfig(ctx, c)
}

// fill writes units, agencies, keys and what data.sql makes into a migrated
// database.
func (b *bench) fill(ctx context.Context, conn *pgx.Conn, rows int) error {
	if err := postgis.Register(ctx, conn); err != nil {
		return err
	}
	if err := prepare.Hub(ctx, conn); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT set_config('bench.rows', $1, true)", strconv.Itoa(rows)); err != nil {
			return err
		}
		_, err := tx.Conn().PgConn().Exec(ctx, dataSQL).ReadAll()
		return err
	})
}
