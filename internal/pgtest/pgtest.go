// Package pgtest gives a test a real PostGIS database.
//
// One server per machine user, launched by the first test process that needs
// it, serves the processes of all packages and stays up for the next run until
// `go run ./internal/pgtest/stop`. HUB_TEST_DATABASE_URL names a server of
// your own instead (postgres://…, a superuser, its maintenance database).
// Databases are copies of templates, which are built once for each content, so
// a test pays about 0.1 s for DB and a few milliseconds for Tx and Shared.
// A missing PostgreSQL fails the test; nothing here skips.
//
//	func TestDams(t *testing.T) {
//		tx := pgtest.Tx(t, schema) // rolled back at the end
//		…
//	}
//
// where schema is the package's
//
//	pgtest.Template{Name: "schema", Key: migrations.Hash(), Build: migrations.Apply}
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Template is what a database holds at the start.
type Template struct {
	// Name is a word of [a-z0-9_], at most 30 long. A machine keeps one
	// template of a name, and those of other keys while a process uses them.
	Name string
	// Key changes when the content does: a hash of the migrations, say.
	Key string
	// Build fills an empty database. Its pool has no Configure, since types
	// that Configure registers may not exist yet. What it leaves is vacuumed
	// and analysed.
	Build func(ctx context.Context, pool *pgxpool.Pool) error
	// Configure is applied to each pool made from the template: AfterConnect
	// with a codec, for instance. May be nil. For the pools that tests share
	// (Tx, Shared), the first Template of a Name and Key in a process counts.
	Configure func(*pgxpool.Config)
}

// DB gives a database of the test's own, dropped at the end. The pool's
// Config().ConnString() is its URL, for code that connects by itself. What
// configure changes (a tracer, say) comes after the template's Configure.
func DB(t testing.TB, template Template, configure ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	m := machine(t)
	database, err := m.clone(t.Context(), template)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := m.drop(ctx, database); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return openFor(t, m.url(database), 8, append([]func(*pgxpool.Config){template.Configure}, configure...)...)
}

// Tx gives a transaction that is rolled back at the end, on a database that
// the tests of one process share. Nothing commits there, but sequences advance.
func Tx(t testing.TB, template Template) pgx.Tx {
	t.Helper()
	m := machine(t)
	pool, err := m.pooled(t.Context(), template, m.own)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatalf("pgtest: begin: %v", err)
	}
	t.Cleanup(func() {
		// A query cut off by its context took the connection along, and so the transaction.
		lost := tx.Conn().IsClosed()
		if err := tx.Rollback(context.Background()); err != nil && !lost && !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("pgtest: roll back: %v", err)
		}
	})
	return tx
}

// Shared gives a database for reading that all tests of the machine share: its
// transactions are read-only unless configure deletes the run-time parameter
// default_transaction_read_only. Without configure the pool is shared by the
// process, too; don't close it.
func Shared(t testing.TB, template Template, configure ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	m := machine(t)
	if len(configure) == 0 {
		pool, err := m.pooled(t.Context(), template, m.common)
		if err != nil {
			t.Fatalf("pgtest: %v", err)
		}
		return pool
	}
	database, err := m.common(t.Context(), template)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return openFor(t, m.url(database), 8, append([]func(*pgxpool.Config){readOnly, template.Configure}, configure...)...)
}

// Stop stops the machine's server, unless other processes' tests are using it
// or it is a server of one's own; it returns one sentence about what it did.
func Stop(ctx context.Context) (string, error) { return stop(ctx) }

func readOnly(c *pgxpool.Config) {
	c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
}

// openFor opens a pool that is closed at the end of the test.
func openFor(t testing.TB, url string, maxConns int32, configure ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	pool, err := open(t.Context(), url, maxConns, configure...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	// The test's own goroutines may hold a connection for ever, and the
	// database is dropped by force anyway.
	t.Cleanup(func() { closeWithin(pool, 10*time.Second, t) })
	return pool
}

func open(ctx context.Context, url string, maxConns int32, configure ...func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = maxConns
	for _, f := range configure {
		if f != nil {
			f(config)
		}
	}
	// Not the test's ctx, which ends before its cleanups.
	return pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
}

// closeWithin names a leaked connection instead of hanging for ever.
func closeWithin(pool *pgxpool.Pool, limit time.Duration, t testing.TB) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		pool.Close()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		t.Errorf("pgtest: %d connections still in use at the end of the test: rows not closed, or a goroutine left running", pool.Stat().AcquiredConns())
	}
}

var namePattern = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

func (t Template) check() error {
	switch {
	case !namePattern.MatchString(t.Name):
		return fmt.Errorf("template name %q is not of [a-z0-9_]{1,30}", t.Name)
	case t.Build == nil:
		return fmt.Errorf("template %s has no Build", t.Name)
	}
	return nil
}

// sharedConns lets every parallel test hold two transactions.
func sharedConns() int32 { return int32(max(8, 2*runtime.GOMAXPROCS(0))) }
