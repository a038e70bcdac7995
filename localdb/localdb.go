//go:build unix

// Package localdb runs a private PostGIS cluster from the distribution's own
// PostgreSQL binaries, so that the hub starts with nothing set up beforehand.
//
// The cluster lives in one folder (pg, pg.log, two lock files), listens on a
// Unix socket only and belongs to whoever first took the folder's owner lock:
// that Cluster's Stop stops the server, everybody else only uses it. A hub or
// a server killed at any moment leaves nothing that the next Start can't take
// up. PostgreSQL refuses to run as root, so root runs it as "postgres".
//
//	db, err := localdb.Start(ctx, ".hub")
//	if err != nil {
//		return err
//	}
//	defer db.Stop(context.WithoutCancel(ctx))
//	pool, err := pgxpool.New(ctx, db.URL(""))
package localdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// name is the cluster's superuser and its default database.
const name = "geohub"

// port only names the socket file: the server listens on no network address.
const port = "5432"

// Cluster is a running server. Its methods are for one goroutine at a time,
// except URL.
type Cluster struct {
	Dir     string // the cluster's folder, absolute; another one than asked for when Note says so
	Started bool   // this Start launched the server; false: it was found running
	Owner   bool   // Stop stops the server
	Note    string // one sentence for the operator about something unusual, or ""

	place  place
	socket string        // the folder of the socket
	owner  *os.File      // holds the owner lock; nil unless Owner
	exited chan struct{} // closed when the server we launched has ended; nil unless Started
}

// Option changes how Start runs the server.
type Option func(*options)

type options struct {
	unsafe bool
	keep   bool
}

// Unsafe trades durability for speed: no fsync, no autovacuum, 300
// connections. For tests only: a power cut destroys the cluster. It has no
// effect on a server found running.
func Unsafe() Option { return func(o *options) { o.unsafe = true } }

// Keep takes no ownership: the server outlives this process, until an owner's
// Stop or the function Stop.
func Keep() Option { return func(o *options) { o.keep = true } }

// Start makes the cluster in dir if there is none, launches it unless it runs
// already, and returns when it answers. Starts and stops of one folder wait
// for each other, across processes. Errors say what to do next.
func Start(ctx context.Context, dir string, opts ...Option) (*Cluster, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	c, err := start(ctx, dir, o)
	if err != nil {
		return nil, fmt.Errorf("start the local database in %s: %w", dir, err)
	}
	return c, nil
}

// Stop stops whatever server runs in dir, whoever owns it; none is no error.
func Stop(ctx context.Context, dir string) error {
	_, err := stop(ctx, dir, false)
	return err
}

// StopIdle is Stop for a server that nobody is connected to; else it leaves it
// alone and returns the number of connections.
func StopIdle(ctx context.Context, dir string) (inUse int, err error) {
	return stop(ctx, dir, true)
}

// URL is the connection string of a database of the cluster, for its superuser
// "geohub"; "" is the database "geohub", which exists, empty at first.
func (c *Cluster) URL(database string) string {
	q := url.Values{"host": {c.socket}, "port": {port}, "sslmode": {"disable"}}
	query := strings.ReplaceAll(q.Encode(), "+", "%20") // pgx takes + for itself
	u := url.URL{Scheme: "postgres", User: url.User(name), Path: "/" + cmp.Or(database, name), RawQuery: query}
	return u.String()
}

// Stop ends the server in an orderly way if this Cluster owns it; a second
// call does nothing. When ctx ends first, the server goes on shutting down by
// itself and the next Start waits for it.
func (c *Cluster) Stop(ctx context.Context) error {
	if !c.Owner {
		return nil
	}
	defer c.release()
	if _, err := c.place.stop(ctx, false); err != nil {
		return fmt.Errorf("stop the local database in %s: %w", c.Dir, err)
	}
	if c.exited != nil {
		<-c.exited
	}
	return nil
}

// release gives up ownership and leaves the server alone, as a kill would.
func (c *Cluster) release() {
	if c.owner != nil {
		c.owner.Close()
	}
	c.owner, c.Owner = nil, false
}

func start(ctx context.Context, dir string, o options) (*Cluster, error) {
	p, note, err := locate(dir)
	if err != nil {
		return nil, err
	}
	gate, err := p.lock(ctx, gateFile)
	if err != nil {
		return nil, err
	}
	defer gate.Close()
	if err := p.choose(); err != nil {
		return nil, err
	}
	c := &Cluster{Dir: p.dir, Note: note, place: p}
	if !o.keep {
		if c.owner, err = p.tryLock(ownerFile); err != nil {
			return nil, err
		}
		c.Owner = c.owner != nil
	}
	if err := c.serve(ctx, o); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// errGone says that the server waited for has ended.
var errGone = errors.New("the server has ended")

// serve adopts the server that runs, or launches one.
func (c *Cluster) serve(ctx context.Context, o options) error {
	if pm, ok := c.place.running(); ok && !pm.unreachable() {
		c.socket = pm.socket
		gone := func() bool { _, ok := c.place.running(); return !ok }
		// It may be just shutting down, left so by a killed hub.
		if err := c.ready(ctx, gone); !errors.Is(err, errGone) {
			return err
		}
	} else if ok {
		if err := c.place.interrupt(ctx); err != nil {
			return err
		}
	}
	if err := c.place.initialise(ctx, o); err != nil {
		return err
	}
	for deadline := time.Now().Add(orphansLeave); ; {
		err := c.launch(ctx, o)
		if !errors.Is(err, errOrphans) || time.Now().After(deadline) {
			return err
		}
		if waitErr := pause(ctx); waitErr != nil {
			return err
		}
	}
}

// errOrphans says that processes of a server that was killed are still there:
// they hold its memory until they notice.
var errOrphans = errors.New("processes of the killed server are still there")

// orphansLeave is how long Start waits for them.
const orphansLeave = 30 * time.Second

func (c *Cluster) launch(ctx context.Context, o options) error {
	p := c.place
	socket, err := p.socketDir()
	if err != nil {
		return err
	}
	if err := p.clearStale(socket); err != nil {
		return err
	}
	log, from, err := p.openLog()
	if err != nil {
		return err
	}
	defer log.Close()

	cmd := p.command(p.bin.path("postgres"), append([]string{"-D", p.data()}, settings(socket, memoryMB(), o)...)...)
	cmd.Dir = p.data()
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: Ctrl-C and a closed terminal reach the hub only,
	// which stops the server after it has drained.
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", cmd.Path, err)
	}
	c.Started, c.socket, c.exited = true, socket, make(chan struct{})
	var ended error
	go func() {
		defer close(c.exited)
		ended = cmd.Wait()
	}()
	gone := func() bool {
		select {
		case <-c.exited:
			return true
		default:
			return false
		}
	}
	err = c.ready(ctx, gone)
	if errors.Is(err, errGone) {
		if strings.Contains(p.logTail(from), "pre-existing shared memory block") {
			ended = errOrphans
		}
		return fmt.Errorf("postgres ended at once (%w). Put right what the end of its log names and start again; if the cluster itself is damaged, move %s away and a new one is made. %s ends:\n%s",
			cmp.Or(ended, errors.New("no error")), p.data(), p.logFile(), p.logTail(from))
	}
	if err != nil {
		// Nobody holds the Cluster that would stop it.
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-c.exited
	}
	return err
}

// ready returns when the server answers and the default database is there.
func (c *Cluster) ready(ctx context.Context, gone func() bool) error {
	for {
		err := c.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		var pg *pgconn.PgError
		// Starting up, shutting down and recovering are 57P03; a full server is 53300.
		if errors.As(err, &pg) && pg.Code != "57P03" && pg.Code != "57P01" && pg.Code != "53300" {
			return err
		}
		if gone() {
			return errGone
		}
		if waitErr := pause(ctx); waitErr != nil {
			return fmt.Errorf("wait for the server (log: %s): %w; last: %w", c.place.logFile(), waitErr, err)
		}
	}
}

func (c *Cluster) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	return err
}

// initialise makes the cluster under another name first, so that a killed
// initdb leaves nothing that looks like one.
func (p place) initialise(ctx context.Context, o options) error {
	if _, err := os.Stat(filepath.Join(p.data(), "PG_VERSION")); err == nil {
		return nil
	}
	if entries, err := os.ReadDir(p.data()); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is no PostgreSQL cluster (no PG_VERSION in it): move it away and start again", p.data())
	}
	leftovers, err := filepath.Glob(filepath.Join(p.dir, "pg.new-*"))
	if err != nil {
		return err
	}
	for _, dir := range leftovers {
		_ = os.RemoveAll(dir) // takes space only
	}
	fresh, err := os.MkdirTemp(p.dir, "pg.new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := p.own(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", name, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8"}
	if o.unsafe {
		args = append(args, "--no-sync")
	}
	cmd := p.command(p.bin.path("initdb"), args...)
	cmd.Dir = fresh
	if out, err := runContext(ctx, cmd); err != nil {
		return fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	if err := os.Rename(fresh, p.data()); err != nil {
		return fmt.Errorf("name the new cluster: %w", err)
	}
	return nil
}

func stop(ctx context.Context, dir string, onlyIdle bool) (inUse int, err error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	p, _, err := locate(dir)
	if err == nil {
		inUse, err = p.stop(ctx, onlyIdle)
	}
	if err != nil {
		return 0, fmt.Errorf("stop the local database in %s: %w", dir, err)
	}
	return inUse, nil
}

// stop ends the server that runs, waiting for starts under way.
func (p place) stop(ctx context.Context, onlyIdle bool) (inUse int, err error) {
	gate, err := p.lock(ctx, gateFile)
	if err != nil {
		return 0, err
	}
	defer gate.Close()
	if pm, ok := p.running(); ok && onlyIdle && !pm.unreachable() {
		inUse, err := p.connections(ctx, pm)
		if err != nil || inUse > 0 {
			return inUse, err
		}
	}
	return 0, p.interrupt(ctx)
}

// connections counts the server's clients but us.
func (p place) connections(ctx context.Context, pm postmaster) (n int, err error) {
	conn, err := pgx.Connect(ctx, (&Cluster{socket: pm.socket}).URL("postgres"))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n)
	return n, err
}

// interrupt asks for a fast shutdown and waits for its end.
func (p place) interrupt(ctx context.Context) error {
	pm, ok := p.running()
	if !ok {
		return nil
	}
	if err := syscall.Kill(pm.pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("interrupt postgres (process %d): %w", pm.pid, err)
	}
	for {
		if now, ok := p.running(); !ok || now.pid != pm.pid {
			return nil
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("postgres (process %d) is still shutting down: %w", pm.pid, err)
		}
	}
}

// command is a program run as the server's user with nothing of our
// environment: PGPORT, PGDATA and their like would change what it does.
func (p place) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.user.credential}
	return cmd
}

// runContext runs cmd in a process group of its own, which is killed as a
// whole when ctx ends, and returns what it printed.
func runContext(ctx context.Context, cmd *exec.Cmd) (string, error) {
	cmd.SysProcAttr.Setpgid = true
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	if !stop() {
		err = context.Cause(ctx)
	}
	return out.String(), err
}

// tail keeps the last bytes written to it.
type tail struct{ buf []byte }

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = slices.Delete(t.buf, 0, over)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf) }

// pause is the beat of every wait in this package.
func pause(ctx context.Context) error {
	timer := time.NewTimer(15 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
