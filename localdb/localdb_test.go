//go:build unix

package localdb

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// folder is where the server's user can reach, which t.TempDir's parents
// forbid when we are root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "localdb-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Stop(context.Background(), dir); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func mustStart(t *testing.T, dir string, opts ...Option) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), dir, append(opts, Unsafe())...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustStop(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func query[T any](t *testing.T, c *Cluster, sql string, args ...any) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func answers(t *testing.T, c *Cluster) bool {
	conn, err := pgx.Connect(t.Context(), c.URL(""))
	if err != nil {
		return false
	}
	conn.Close(t.Context())
	return true
}

// The life of one folder, in turn, for a cluster takes a second to make.
func TestCluster(t *testing.T) {
	dir := folder(t)

	t.Run("two at once, one launches", func(t *testing.T) {
		var both [2]*Cluster
		var wg sync.WaitGroup
		for i := range both {
			wg.Go(func() {
				c, err := Start(t.Context(), dir, Unsafe())
				if err != nil {
					t.Error(err)
				}
				both[i] = c
			})
		}
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
		first, second := both[0], both[1]
		if second.Owner {
			first, second = second, first
		}
		if !first.Owner || !first.Started || second.Owner || second.Started {
			t.Errorf("first %+v, second %+v", first, second)
		}
		mustStop(t, second)
		if !answers(t, first) {
			t.Error("the second stopped what it does not own")
		}
		mustStop(t, first)
		mustStop(t, first)
		if answers(t, first) {
			t.Error("still answers")
		}
	})

	t.Run("start again keeps the data", func(t *testing.T) {
		c := mustStart(t, dir)
		conn, err := pgx.Connect(t.Context(), c.URL(""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE EXTENSION postgis; CREATE TABLE kept AS SELECT 42 AS n"); err != nil {
			t.Fatal(err)
		}
		conn.Close(t.Context())
		mustStop(t, c)
		c = mustStart(t, dir)
		if n := query[int](t, c, "SELECT n FROM kept"); n != 42 {
			t.Errorf("kept %d", n)
		}
		if tz := query[string](t, c, "SHOW timezone"); tz != "UTC" {
			t.Errorf("timezone %s", tz)
		}
		mustStop(t, c)
	})

	t.Run("adopt after the hub was killed", func(t *testing.T) {
		killed := mustStart(t, dir)
		killed.release()
		c := mustStart(t, dir)
		if c.Started || !c.Owner {
			t.Errorf("started %v, owner %v", c.Started, c.Owner)
		}
		mustStop(t, c)
		if answers(t, c) {
			t.Error("the heir did not stop the server")
		}
	})

	t.Run("keep", func(t *testing.T) {
		c := mustStart(t, dir, Keep())
		mustStop(t, c)
		if c.Owner || !answers(t, c) {
			t.Error("kept server did not stay")
		}
		conn, err := pgx.Connect(t.Context(), c.URL(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if n, err := StopIdle(t.Context(), dir); n != 1 || err != nil || !answers(t, c) {
			t.Errorf("StopIdle of a server in use: %d, %v", n, err)
		}
		if err := Stop(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if answers(t, c) {
			t.Error("still answers")
		}
	})

	// A process of the server's own user is the one postgres itself would
	// take for a running server.
	stranger := exec.Command("sleep", "600")
	p, _, err := locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	stranger.SysProcAttr = &syscall.SysProcAttr{Credential: p.user.credential}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	for _, test := range []struct {
		name string
		pid  string // replaces the server's in postmaster.pid; "" leaves it
	}{
		{"server killed", ""},
		{"server killed, its id now ours", strconv.Itoa(os.Getpid())},
		{"server killed, its id now another process of its user", strconv.Itoa(stranger.Process.Pid)},
		{"server killed, postmaster.pid cut off", "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := mustStart(t, dir)
			pm, ok := c.place.running()
			if !ok {
				t.Fatal("not running")
			}
			if err := syscall.Kill(pm.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-c.exited
			c.release()
			raw, err := os.ReadFile(c.place.pidFile())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(socketFile(c.socket)); err != nil {
				t.Fatalf("no stale socket to test with: %v", err)
			}
			if test.pid != "" {
				forged := strings.Replace(string(raw), strconv.Itoa(pm.pid), test.pid, 1)
				if err := os.WriteFile(c.place.pidFile(), []byte(forged), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c = mustStart(t, dir)
			if !c.Started || !c.Owner {
				t.Errorf("started %v, owner %v", c.Started, c.Owner)
			}
			if n := query[int](t, c, "SELECT n FROM kept"); n != 42 {
				t.Errorf("kept %d", n)
			}
			mustStop(t, c)
		})
	}

	t.Run("server killed, its sessions slow to leave", func(t *testing.T) {
		c := mustStart(t, dir)
		pm, _ := c.place.running()
		conn, err := pgx.Connect(t.Context(), c.URL(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		session := int(conn.PgConn().PID())
		for _, kill := range []struct {
			pid    int
			signal syscall.Signal
		}{{session, syscall.SIGSTOP}, {pm.pid, syscall.SIGKILL}} {
			if err := syscall.Kill(kill.pid, kill.signal); err != nil {
				t.Fatal(err)
			}
		}
		<-c.exited
		c.release()
		go func() {
			time.Sleep(time.Second)
			_ = syscall.Kill(session, syscall.SIGCONT)
		}()
		c = mustStart(t, dir)
		if !c.Started {
			t.Error("not launched anew")
		}
		mustStop(t, c)
	})

	t.Run("socket lost", func(t *testing.T) {
		lost := mustStart(t, dir)
		if err := os.RemoveAll(lost.socket); err != nil {
			t.Fatal(err)
		}
		lost.release()
		c := mustStart(t, dir)
		if !c.Started {
			t.Error("not launched anew")
		}
		mustStop(t, c)
	})

	t.Run("the error carries the log's end", func(t *testing.T) {
		file := filepath.Join(dir, "pg", "postgresql.conf")
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(good, "\nno_such_setting = 1\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "no_such_setting") {
			t.Errorf("got %v", err)
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("another version's cluster", func(t *testing.T) {
		file := filepath.Join(dir, "pg", "PG_VERSION")
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("12\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), dir); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "PostgreSQL 12") {
			t.Errorf("got %v", err)
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	})
}

// A long path, a killed initdb's leftover, a start given up, and for root a
// folder that the server's user can't reach.
func TestOddFolders(t *testing.T) {
	root := folder(t)
	dir := filepath.Join(root, strings.Repeat("long, and with spaces ", 5), "hub")
	if err := os.MkdirAll(filepath.Join(dir, "pg.new-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled start: %v", err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(root, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := mustStart(t, dir)
	t.Cleanup(func() {
		_ = os.Chmod(root, 0o755)
		_ = os.RemoveAll(c.Dir)
		_ = os.RemoveAll(c.socket)
	})
	if moved := c.Note != ""; moved != (os.Geteuid() == 0) {
		t.Errorf("dir %s, note %q", c.Dir, c.Note)
	}
	if n := query[int](t, c, "SELECT 1"); n != 1 {
		t.Error(n)
	}
	mustStop(t, c)
}

func TestFind(t *testing.T) {
	b, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	if !b.PostGIS || b.Version < MinVersion || b.Dir == "" {
		t.Errorf("%+v", b)
	}
	if found := installations([]string{t.TempDir()}); len(found) != 0 {
		t.Errorf("an empty folder gives %+v", found)
	}
}
