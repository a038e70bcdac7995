package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"geohub/localdb"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Names of databases.
const (
	templatePrefix = "geohub_tmpl_"   // <name>_<hash>: the templates
	commonPrefix   = "geohub_shared_" // <name>_<hash>: copies for reading
	testPrefix     = "geohub_test_"   // <pid>_<random>_<number>: one process's
)

// server is the database server as one test process sees it.
//
// All agreement between processes is by PostgreSQL's advisory locks, since they
// end with their holder however it ends, and work on any server:
//   - on a template's name, exclusively: while it is looked for and built;
//   - on a template's database, shared: while a process uses it, so that
//     another branch's tests don't drop it;
//   - on a process's prefix, exclusively: while it lives, so that what it
//     leaves can be told from what is in use.
type server struct {
	base   url.URL
	admin  *pgxpool.Pool
	prefix string // of this process's databases
	next   atomic.Int64

	mu    sync.Mutex
	guard *pgx.Conn                // holds this process's locks for its life
	ready map[string]bool          // template databases
	pools map[string]*pgxpool.Pool // by database, for Tx and Shared
	owned map[string]string        // template database → this process's copy, for Tx
}

// perProcess is the one thing of package level: a test has nowhere else to
// find what the tests before it set up.
var perProcess = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return connect(ctx)
})

func machine(t testing.TB) *server {
	t.Helper()
	m, err := perProcess()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return m
}

// serverURL names the server to use, launching ours if need be.
func serverURL(ctx context.Context) (string, error) {
	if own := os.Getenv("HUB_TEST_DATABASE_URL"); own != "" {
		return own, nil
	}
	dir, err := folder()
	if err != nil {
		return "", err
	}
	cluster, err := localdb.Start(ctx, dir, localdb.Unsafe(), localdb.Keep())
	if err != nil {
		return "", fmt.Errorf("%w\nIf the test cluster is damaged (by a power cut: it doesn't fsync), remove %s", err, dir)
	}
	return cluster.URL("postgres"), nil
}

// memoryFolder is where Linux keeps files in memory. Copying a template makes
// 300 files: 0.03 s there, 0.4 s on the disk where this was measured.
const memoryFolder = "/dev/shm"

// minMemoryFolder is the size (not what is free of it, for every process must
// come to the same answer) from which the databases may live in memory; a
// container's usual 64 MB would not do.
const minMemoryFolder = 4 << 30

// folder is this user's, in a place where others may write.
func folder() (string, error) {
	parent := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memoryFolder, &fs); err == nil && uint64(fs.Blocks)*uint64(fs.Bsize) >= minMemoryFolder {
		parent = memoryFolder
	}
	dir := filepath.Join(parent, fmt.Sprintf("geohub-test-%d", os.Geteuid()))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Geteuid() || st.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is no folder that only we can write: remove it", dir)
	}
	return dir, nil
}

func connect(ctx context.Context) (*server, error) {
	raw, err := serverURL(ctx)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(raw)
	if err != nil || base.Scheme != "postgres" && base.Scheme != "postgresql" {
		return nil, errors.New("HUB_TEST_DATABASE_URL is no postgres:// URL")
	}
	random := make([]byte, 4)
	rand.Read(random)
	s := &server{
		base:   *base,
		prefix: fmt.Sprintf("%s%d_%x_", testPrefix, os.Getpid(), random),
		ready:  map[string]bool{},
		pools:  map[string]*pgxpool.Pool{},
		owned:  map[string]string{},
	}
	if s.guard, err = pgx.Connect(ctx, raw); err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	if _, err := s.guard.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey(s.prefix)); err != nil {
		return nil, fmt.Errorf("lock this process's name: %w", err)
	}
	// A builder waits here for its turn while others create and drop.
	if s.admin, err = open(ctx, raw, 8); err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	if err := s.dropStale(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *server) url(database string) string {
	u := s.base
	u.Path = "/" + database
	return u.String()
}

// clone makes a fresh database from the template and returns its name.
func (s *server) clone(ctx context.Context, t Template) (string, error) {
	source, err := s.ensure(ctx, t)
	if err != nil {
		return "", err
	}
	database := fmt.Sprintf("%s%d", s.prefix, s.next.Add(1))
	return database, s.copy(ctx, database, source)
}

// copy prefers files to the write-ahead log: with fsync off it is as fast for
// an empty schema and faster for a full one.
func (s *server) copy(ctx context.Context, database, source string) error {
	if _, err := s.admin.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", database, source)); err != nil {
		return fmt.Errorf("copy template %s: %w", source, err)
	}
	return nil
}

func (s *server) drop(ctx context.Context, database string) error {
	if _, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", database, err)
	}
	return nil
}

// pooled gives this process's shared pool for the database that place finds.
func (s *server) pooled(ctx context.Context, t Template, place func(context.Context, Template) (string, error)) (*pgxpool.Pool, error) {
	database, err := place(ctx, t)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pool := s.pools[database]; pool != nil {
		return pool, nil
	}
	configure := []func(*pgxpool.Config){t.Configure}
	if strings.HasPrefix(database, commonPrefix) {
		configure = []func(*pgxpool.Config){readOnly, t.Configure}
	}
	pool, err := open(ctx, s.url(database), sharedConns(), configure...)
	if err != nil {
		return nil, err
	}
	s.pools[database] = pool
	return pool, nil
}

// own is this process's copy for Tx, left for the next process to drop.
func (s *server) own(ctx context.Context, t Template) (string, error) {
	source, err := s.ensure(ctx, t)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if database, ok := s.owned[source]; ok {
		return database, nil
	}
	database := fmt.Sprintf("%s%d", s.prefix, s.next.Add(1))
	if err := s.copy(ctx, database, source); err != nil {
		return "", err
	}
	s.owned[source] = database
	return database, nil
}

// common is the machine's copy for Shared.
func (s *server) common(ctx context.Context, t Template) (string, error) {
	source, err := s.ensure(ctx, t)
	if err != nil {
		return "", err
	}
	database := commonPrefix + strings.TrimPrefix(source, templatePrefix)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools[database] != nil {
		return database, nil
	}
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	return database, locked(ctx, conn.Conn(), templatePrefix+t.Name, func() error {
		var exists bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
		if err != nil || exists {
			return err
		}
		return s.copy(ctx, database, source)
	})
}

// ensure gives the template's database, built and in use by this process.
func (s *server) ensure(ctx context.Context, t Template) (string, error) {
	if err := t.check(); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(t.Key))
	database := templatePrefix + t.Name + "_" + hex.EncodeToString(sum[:6])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready[database] {
		return database, nil
	}
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	err = locked(ctx, conn.Conn(), templatePrefix+t.Name, func() error {
		// The guard must outlive ctx, whose end would close the connection.
		if _, err := s.guard.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_lock_shared($1)", lockKey(database)); err != nil {
			return fmt.Errorf("mark %s as used: %w", database, err)
		}
		err := s.build(ctx, conn.Conn(), database, t)
		if err != nil {
			_, unlockErr := s.guard.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock_shared($1)", lockKey(database))
			return errors.Join(fmt.Errorf("build template %s: %w", t.Name, err), unlockErr)
		}
		return s.dropOld(ctx, conn.Conn(), database, t.Name)
	})
	if err != nil {
		return "", err
	}
	s.ready[database] = true
	return database, nil
}

// build makes the template unless it is there; one that is no template yet was
// given up half-way.
func (s *server) build(ctx context.Context, conn *pgx.Conn, database string, t Template) error {
	var built bool
	switch err := conn.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", database).Scan(&built); {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return err
	case built:
		return nil
	}
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + database + " WITH (FORCE)",
		"CREATE DATABASE " + database + " TEMPLATE template0 STRATEGY file_copy ENCODING 'UTF8'",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	pool, err := open(ctx, s.url(database), 8)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := t.Build(ctx, pool); err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, "VACUUM (ANALYZE)"); err != nil {
		return err
	}
	pool.Close()
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+database+" WITH ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	// Copying needs a template without sessions; Build may have leaked some.
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", database); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+database+" WITH IS_TEMPLATE true")
	return err
}

// dropOld drops the template's databases of other keys that nobody uses.
func (s *server) dropOld(ctx context.Context, conn *pgx.Conn, current, name string) error {
	hashes, err := names(ctx, conn, `SELECT right(datname, 12) FROM pg_database WHERE datname ~ $1 AND datname <> $2`,
		"^"+templatePrefix+name+"_[0-9a-f]{12}$", current)
	if err != nil {
		return fmt.Errorf("list old templates: %w", err)
	}
	for _, hash := range hashes {
		template, common := templatePrefix+name+"_"+hash, commonPrefix+name+"_"+hash
		err := ifFree(ctx, conn, template, func() error {
			for _, sql := range []string{
				"DROP DATABASE IF EXISTS " + common + " WITH (FORCE)",
				"ALTER DATABASE " + template + " WITH IS_TEMPLATE false",
				"DROP DATABASE " + template + " WITH (FORCE)",
			} {
				if _, err := conn.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("drop old template %s: %w", template, err)
		}
	}
	return nil
}

// dropStale drops the databases of processes that are gone.
func (s *server) dropStale(ctx context.Context) error {
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	prefixes, err := names(ctx, conn.Conn(), `SELECT DISTINCT substring(datname FROM $1) FROM pg_database WHERE datname ~ $1`,
		"^"+testPrefix+"[0-9]+_[0-9a-f]{8}_")
	if err != nil {
		return fmt.Errorf("list stale databases: %w", err)
	}
	for _, prefix := range prefixes {
		err := ifFree(ctx, conn.Conn(), prefix, func() error {
			databases, err := names(ctx, conn.Conn(), "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
			if err != nil {
				return err
			}
			for _, database := range databases {
				if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("drop stale databases %s…: %w", prefix, err)
		}
	}
	return nil
}

// locked does work while conn holds the lock of that name.
func locked(ctx context.Context, conn *pgx.Conn, name string, work func() error) error {
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey(name)); err != nil {
		return fmt.Errorf("wait for the lock on %s: %w", name, err)
	}
	return errors.Join(work(), unlock(ctx, conn, name))
}

// ifFree is locked for when nobody holds the lock; else it does nothing.
func ifFree(ctx context.Context, conn *pgx.Conn, name string, work func() error) error {
	var free bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey(name)).Scan(&free); err != nil || !free {
		return err
	}
	return errors.Join(work(), unlock(ctx, conn, name))
}

// unlock closes the connection, which the pool then replaces, if it can't free
// the lock otherwise.
func unlock(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lockKey(name)); err != nil {
		return errors.Join(fmt.Errorf("free the lock on %s: %w", name, err), conn.Close(context.WithoutCancel(ctx)))
	}
	return nil
}

func lockKey(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

func names(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]string, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func stop(ctx context.Context) (string, error) {
	if os.Getenv("HUB_TEST_DATABASE_URL") != "" {
		return "HUB_TEST_DATABASE_URL is set: nothing to stop", nil
	}
	dir, err := folder()
	if err != nil {
		return "", err
	}
	inUse, err := localdb.StopIdle(ctx, dir)
	if err != nil {
		return "", err
	}
	if inUse > 0 {
		return fmt.Sprintf("the test server in %s has %d other connections: left running", dir, inUse), nil
	}
	return fmt.Sprintf("the test server in %s is stopped", dir), nil
}
