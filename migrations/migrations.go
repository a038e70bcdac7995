// Package migrations holds the database schema as numbered SQL files and
// applies them: each once, in order, two hubs at a time or one.
//
// A file is never changed after a release; a change is a new file.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

// versionTable remembers how far a database has come.
const versionTable = "public.hub_schema_version"

// Up brings a database to the newest version under an advisory lock. It gives
// the version from which it came and the one it is at.
func Up(ctx context.Context, conn *pgx.Conn) (from, to int32, err error) {
	m, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return 0, 0, fmt.Errorf("prepare migrations: %w", err)
	}
	if err := m.LoadMigrations(files); err != nil {
		return 0, 0, fmt.Errorf("load migrations: %w", err)
	}
	if from, err = m.GetCurrentVersion(ctx); err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	if newest := int32(len(m.Migrations)); from > newest {
		return from, from, fmt.Errorf("the database is at version %d and this hub knows only %d: run a newer hub", from, newest)
	}
	if err := m.Migrate(ctx); err != nil {
		return from, from, fmt.Errorf("migrate: %w", err)
	}
	if err := jobs(ctx, conn); err != nil {
		return from, from, fmt.Errorf("migrate the job queue: %w", err)
	}
	return from, int32(len(m.Migrations)), nil
}

// jobs brings the tables of river, which schedules the sources, to the version
// that this hub was built with. Two hubs that start at once wait for each other.
func jobs(ctx context.Context, conn *pgx.Conn) error {
	const lock = "SELECT pg_advisory_lock(hashtext('hub job queue'))"
	const unlock = "SELECT pg_advisory_unlock(hashtext('hub job queue'))"
	if _, err := conn.Exec(ctx, lock); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), unlock)
	config, err := pgxpool.ParseConfig(conn.Config().ConnString())
	if err != nil {
		return err
	}
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Pending gives the version of a database and the newest there is, and changes
// nothing.
func Pending(ctx context.Context, conn *pgx.Conn) (at, newest int, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	err = conn.QueryRow(ctx, "SELECT coalesce((SELECT version FROM "+versionTable+"), 0)").Scan(&at)
	return at, len(names), err
}

// Hash changes whenever a file does: it names a database made from them.
func Hash() string {
	h := sha256.New()
	fmt.Fprintln(h, "and the job queue")
	names, _ := fs.Glob(files, "*.sql")
	for _, name := range names {
		text, _ := files.ReadFile(name)
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
