package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// towns is a template of this run's own, for its builds are counted; without
// PostGIS, to be built fast.
func towns(t *testing.T, builds *atomic.Int32) Template {
	name := "pgtest_" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { forget(t, name) })
	return Template{
		Name: name,
		Key:  "1",
		Build: func(ctx context.Context, pool *pgxpool.Pool) error {
			builds.Add(1)
			_, err := pool.Exec(ctx, `CREATE TABLE towns (name text PRIMARY KEY, lon float8);
				INSERT INTO towns VALUES ('Huế', 107.58)`)
			return err
		},
	}
}

// forget drops what the tests made of a template, whoever uses it.
func forget(t *testing.T, name string) {
	t.Helper()
	ctx := context.Background()
	m := machine(t)
	m.mu.Lock()
	defer m.mu.Unlock()
	for database, pool := range m.pools {
		if strings.HasPrefix(database, commonPrefix+name) {
			pool.Close()
			delete(m.pools, database)
		}
	}
	if _, err := m.guard.Exec(ctx, "SELECT pg_advisory_unlock_shared(x) FROM unnest($1::bigint[]) x", keys(m, name)); err != nil {
		t.Error(err)
	}
	conn, err := m.admin.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	templates, err := names(ctx, conn.Conn(), "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", templatePrefix+name+"_")
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		// The server may take a moment to see that a process has ended.
		if err := locked(ctx, conn.Conn(), template, func() error { return nil }); err != nil {
			t.Error(err)
		}
	}
	if err := m.dropOld(ctx, conn.Conn(), "", name); err != nil {
		t.Error(err)
	}
	if left, err := names(ctx, conn.Conn(), "SELECT datname FROM pg_database WHERE strpos(datname, $1) > 0", name); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func keys(m *server, name string) []int64 {
	held := []int64{}
	for database := range m.ready {
		if strings.HasPrefix(database, templatePrefix+name+"_") {
			held = append(held, lockKey(database))
		}
	}
	return held
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func count(t *testing.T, q querier) (n int) {
	t.Helper()
	if err := q.QueryRow(t.Context(), "SELECT count(*) FROM towns WHERE lon > 100").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const insert = "INSERT INTO towns VALUES ('Đà Nẵng', 108.22)"

func TestEachHasItsOwn(t *testing.T) {
	var builds atomic.Int32
	template := towns(t, &builds)
	var dropped string
	t.Run("DB", func(t *testing.T) {
		for range 2 {
			pool := DB(t, template)
			if _, err := pool.Exec(t.Context(), insert); err != nil {
				t.Fatal(err)
			}
			if n := count(t, pool); n != 2 {
				t.Errorf("%d towns", n)
			}
			var at string
			if err := pool.QueryRow(t.Context(), "SELECT current_database()").Scan(&at); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(pool.Config().ConnString(), at) {
				t.Errorf("connection string %s doesn't name %s", pool.Config().ConnString(), at)
			}
			dropped = at
		}
	})
	t.Run("Tx", func(t *testing.T) {
		for i := range 2 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				tx := Tx(t, template)
				if _, err := tx.Exec(t.Context(), insert); err != nil {
					t.Fatal(err)
				}
				if n := count(t, tx); n != 2 {
					t.Errorf("%d towns", n)
				}
			})
		}
	})
	t.Run("Tx of a query cut off", func(t *testing.T) {
		tx := Tx(t, template)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tx.Exec(ctx, insert); err == nil {
			t.Error("ran")
		}
	})
	if builds.Load() != 1 {
		t.Errorf("built %d times", builds.Load())
	}
	var there bool
	if err := machine(t).admin.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", dropped).Scan(&there); err != nil || there {
		t.Errorf("%s still there: %v, %v", dropped, there, err)
	}
}

func TestShared(t *testing.T) {
	var builds atomic.Int32
	template := towns(t, &builds)
	var configured int
	template.Configure = func(*pgxpool.Config) { configured++ }
	pool := Shared(t, template)
	if n := count(t, pool); n != 1 {
		t.Errorf("%d towns", n)
	}
	if _, err := pool.Exec(t.Context(), insert); err == nil {
		t.Error("could be written")
	}
	if Shared(t, template) != pool {
		t.Error("a second pool")
	}
	traced := Shared(t, template, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["application_name"] = "traced" })
	var app string
	if err := traced.QueryRow(t.Context(), "SHOW application_name").Scan(&app); err != nil || app != "traced" {
		t.Errorf("application_name %q, %v", app, err)
	}
	var postgis bool
	if err := pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis')").Scan(&postgis); err != nil || !postgis {
		t.Errorf("postgis %v, %v", postgis, err)
	}
	if configured != 2 {
		t.Errorf("configured %d pools", configured)
	}
}

func TestTemplates(t *testing.T) {
	var builds atomic.Int32
	template := towns(t, &builds)

	broken := template
	broken.Build = func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, "CREATE TABLE half ()"); err != nil {
			return err
		}
		return errors.New("broken")
	}
	m := machine(t)
	if _, err := m.ensure(t.Context(), broken); err == nil {
		t.Error("a failing Build gave a template")
	}
	if n := count(t, DB(t, template)); n != 1 {
		t.Errorf("%d towns after a Build that failed", n)
	}

	newer := template
	newer.Key = "2"
	if n := count(t, DB(t, newer)); n != 1 {
		t.Error(n)
	}
	// This process still uses the older one.
	if n := count(t, DB(t, template)); n != 1 || builds.Load() != 2 {
		t.Errorf("%d towns, %d builds", n, builds.Load())
	}

	// Another process doesn't: once we let go, it drops it.
	old, err := m.ensure(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.guard.Exec(t.Context(), "SELECT pg_advisory_unlock_shared($1)", lockKey(old)); err != nil {
		t.Fatal(err)
	}
	next := another(t)
	newer.Key = "3"
	if _, err := next.ensure(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := m.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname ~ $1", "^"+templatePrefix+template.Name+"_").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 2 {
		t.Errorf("%d templates left, want those of keys 2 (in use) and 3", left)
	}

	template.Name = "Bad name"
	if _, err := m.ensure(t.Context(), template); err == nil {
		t.Error("took a bad name")
	}
}

// another is the server as another process would see it.
func another(t *testing.T) *server {
	t.Helper()
	s, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.admin.Close()
		s.guard.Close(context.Background())
	})
	return s
}

func TestStaleDatabasesAreDropped(t *testing.T) {
	var builds atomic.Int32
	template := towns(t, &builds)
	dead := another(t)
	stale, err := dead.clone(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	exists := func() (there bool) {
		t.Helper()
		if err := machine(t).admin.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", stale).Scan(&there); err != nil {
			t.Fatal(err)
		}
		return there
	}
	another(t)
	if !exists() {
		t.Fatal("dropped what a living process uses")
	}
	// What the end of a process does, awaited: the server frees the locks.
	if _, err := dead.guard.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	another(t)
	if exists() {
		t.Error("still there")
	}
}

// TestProcesses runs this test's binary twice at once, as go test runs packages.
func TestProcesses(t *testing.T) {
	var builds atomic.Int32
	template := towns(t, &builds)
	var children []*exec.Cmd
	var outputs []*strings.Builder
	for range 2 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
		cmd.Env = append(os.Environ(), "PGTEST_CHILD="+template.Name)
		out := new(strings.Builder)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		children, outputs = append(children, cmd), append(outputs, out)
	}
	built := 0
	for i, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Errorf("child %d: %v\n%s", i, err, outputs[i])
		}
		built += strings.Count(outputs[i].String(), "built here")
	}
	if built != 1 {
		t.Errorf("built %d times", built)
	}
}

func TestChild(t *testing.T) {
	name := os.Getenv("PGTEST_CHILD")
	if name == "" {
		return
	}
	var builds atomic.Int32
	template := towns(t, &builds)
	template.Name = name
	if n := count(t, DB(t, template)) + count(t, Tx(t, template)) + count(t, Shared(t, template)); n != 3 {
		t.Errorf("%d towns", n)
	}
	if builds.Load() > 0 {
		fmt.Println("built here")
	}
}
