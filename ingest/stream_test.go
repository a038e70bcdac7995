package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/geo/postgis"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// lineStream dials a TCP server that sends the tests' lines; each is a batch.
func lineStream() ingest.Format {
	f := linesFormat(false)
	f.Name, f.Stream = "linestream", true
	f.Connect = func(s *ingest.Source) (ingest.Reader, error) { return &streamReader{s, f}, nil }
	return f
}

type streamReader struct {
	s *ingest.Source
	f ingest.Format
}

func (l *streamReader) Read(ctx context.Context, _ json.RawMessage, take func(context.Context, *ingest.Batch) error) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.s.Address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	in := bufio.NewScanner(conn)
	for in.Scan() {
		b := &ingest.Batch{Lines: slices.Clone(in.Bytes())}
		if err := l.f.Decode(l.s, bytes.NewReader(in.Bytes()), ingest.Into[any](b)); err != nil {
			return err
		}
		if err := take(ctx, b); err != nil {
			return err
		}
	}
	return in.Err()
}

// sender is a source that sends lines to whoever is connected.
type sender struct {
	net.Listener
	t      *testing.T
	mu     sync.Mutex
	joined chan struct{}
	conns  []net.Conn
}

func newSender(t *testing.T) *sender {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{Listener: l, t: t, joined: make(chan struct{}, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.joined <- struct{}{}
		}
	}()
	return s
}

// send sends a line to the newest connection.
func (s *sender) send(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := fmt.Fprintln(s.conns[len(s.conns)-1], line); err != nil {
		s.t.Error(err)
	}
}

// left waits until the hub at the other end of the i-th connection hangs up.
func (s *sender) left(i int) {
	s.mu.Lock()
	c := s.conns[i]
	s.mu.Unlock()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		s.t.Error("a hub talks to its source")
	}
}

// cable is the network between a hub and its database, which can be cut.
type cable struct {
	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func (c *cable) plug(config *pgxpool.Config) {
	dial := config.ConnConfig.DialFunc
	c.conns = map[net.Conn]bool{}
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.cut {
			return nil, errors.New("the cable is cut")
		}
		conn, err := dial(ctx, network, addr)
		if err == nil {
			c.conns[conn] = true
		}
		return conn, err
	}
}

func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for conn := range c.conns {
			conn.Close()
		}
		clear(c.conns)
	}
}

// hub is a runner of one stream on a database, with a cable to it.
func streamHub(t *testing.T, db *pgxpool.Pool, name, address, spool string) (*ingest.Runner, *cable) {
	t.Helper()
	config, err := pgxpool.ParseConfig(db.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	postgis.Configure(config)
	var c cable
	c.plug(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f := lineStream()
	mapping := linesMapping
	mapping.Format = f.Name
	return &ingest.Runner{DB: pool, Sources: []*ingest.Source{{Name: "levels", Format: f.Name, Address: address}},
		Formats: map[string]ingest.Format{f.Name: f}, Mappings: []ingest.Mapping{mapping}, Layers: systems.All,
		Clock: time.Now, Log: slog.New(slog.DiscardHandler), Hub: name, Spool: spool}, &c
}

// run lets a runner run until the test ends or stop is called.
func run(t *testing.T, r *ingest.Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

// eventually waits until a query gives a number.
func eventually(t *testing.T, db *pgxpool.Pool, want int, sql string) {
	t.Helper()
	got := -1
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if db.QueryRow(context.Background(), sql).Scan(&got); got == want {
			return
		}
	}
	t.Fatalf("%s gives %d, not %d", sql, got, want)
}

// TestTakeover: one hub holds a stream; when it goes, and when it loses its
// database, another takes it over.
func TestTakeover(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	s := newSender(t)
	first, cut := streamHub(t, db, "first", s.Addr().String(), "")
	second, _ := streamHub(t, db, "second", s.Addr().String(), "")
	run(t, first)
	<-s.joined
	s.send(level("A", "A", 1, 1))
	eventually(t, db, 1, "SELECT count(*) FROM dams")
	stop := run(t, second)
	eventually(t, db, 1, "SELECT count(*) FROM sources WHERE held_by = 'first'")
	cut.set(true)
	<-s.joined
	s.send(level("B", "B", 1, 1))
	eventually(t, db, 2, "SELECT count(*) FROM dams")
	eventually(t, db, 1, "SELECT count(*) FROM sources WHERE held_by = 'second'")
	cut.set(false)
	s.left(0)
	stop()
	<-s.joined
	s.send(level("C", "C", 1, 1))
	eventually(t, db, 3, "SELECT count(*) FROM dams")
	eventually(t, db, 1, "SELECT count(*) FROM sources WHERE held_by = 'first'")
	select {
	case <-s.joined:
		t.Error("two hubs held the stream at a time")
	default:
	}
}

// TestSpool: what a stream sends while the database is away is kept on the disk
// and stored when it is back, also by the next hub that runs here.
func TestSpool(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	s := newSender(t)
	folder := t.TempDir()
	r, cut := streamHub(t, db, "hub", s.Addr().String(), folder)
	stop := run(t, r)
	<-s.joined
	s.send(level("A", "A", 1, 1))
	eventually(t, db, 1, "SELECT count(*) FROM dams")
	cut.set(true)
	s.send(level("B", "B", 1, 2))
	s.send(`{"key":`)
	file := filepath.Join(folder, "levels.spool")
	spooled := func(line string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if text, _ := os.ReadFile(file); slices.Contains(strings.Split(string(text), "\n"), line) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s was not spooled", line)
			}
		}
	}
	spooled(`{"key":`)
	eventually(t, db, 1, "SELECT count(*) FROM dams") // the lock's connection is gone by now
	s.send(level("D", "D", 1, 4))
	spooled(level("D", "D", 1, 4))
	stop()
	cut.set(false)
	next, _ := streamHub(t, db, "next", s.Addr().String(), folder)
	run(t, next)
	<-s.joined
	s.send(level("C", "C", 1, 3))
	eventually(t, db, 4, "SELECT count(*) FROM dams")
	eventually(t, db, 1, "SELECT count(*) FROM quarantine")
	if text, err := os.ReadFile(file); err != nil || len(text) > 0 {
		t.Errorf("the spool still holds %q: %v", text, err)
	}
}

// TestPause: a paused stream is let go, and taken up again.
func TestPause(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	s := newSender(t)
	r, _ := streamHub(t, db, "hub", s.Addr().String(), "")
	run(t, r)
	<-s.joined
	if err := r.Pause(t.Context(), "levels", true); err != nil {
		t.Fatal(err)
	}
	s.left(0)
	if err := r.Pause(t.Context(), "levels", false); err != nil {
		t.Fatal(err)
	}
	<-s.joined
	s.send(level("A", "A", 1, 1))
	eventually(t, db, 1, "SELECT count(*) FROM dams")
}

// TestSchedule: sources are read at their intervals; one that fails touches no
// other, and is read again when it is back.
func TestSchedule(t *testing.T) {
	b := newBench(t, false)
	folder := t.TempDir()
	missing := filepath.Join(folder, "missing.jsonl")
	b.Sources[0].Every = ingest.Duration(time.Second)
	b.Sources = append(b.Sources, &ingest.Source{Name: "missing", Format: "lines", Address: missing, Every: ingest.Duration(time.Second)})
	b.Clock = time.Now
	b.write(level("A", "A", 1, 1))
	run(t, b.Runner)
	eventually(t, b.DB, 1, "SELECT count(*) FROM dams")
	eventually(t, b.DB, 1, "SELECT count(*) FROM sources WHERE name = 'missing' AND failures > 3 AND error LIKE '%missing.jsonl%'")
	b.write(level("A", "A", 1, 1), level("B", "B", 1, 1))
	eventually(t, b.DB, 2, "SELECT count(*) FROM dams")
	if err := os.WriteFile(missing, []byte(level("C", "C", 1, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, b.DB, 3, "SELECT count(*) FROM dams")
	eventually(t, b.DB, 1, "SELECT count(*) FROM sources WHERE name = 'missing' AND failures = 0 AND error IS NULL")
	if err := b.Pause(t.Context(), "register", true); err != nil {
		t.Fatal(err)
	}
	b.write(level("A", "A", 1, 1), level("B", "B", 1, 1), level("D", "D", 1, 1))
	eventually(t, b.DB, 1, "SELECT count(*) FROM sources s WHERE name = 'missing' AND succeeded_at > (SELECT succeeded_at FROM sources WHERE name = 'register') + interval '2 s'")
	b.wants("dam:A A 1 2026-03-01 01:00:00 1", "dam:B B 1 2026-03-01 01:00:00 1", "dam:C C 1 2026-03-01 01:00:00 1")
}

// TestScheduleStarts: a source that is read once a day is read when a hub
// starts, also after one that died at it and could not say so.
func TestScheduleStarts(t *testing.T) {
	b := newBench(t, false)
	b.Sources[0].Every = ingest.Duration(24 * time.Hour)
	b.Clock = time.Now
	b.write(level("A", "A", 1, 1))
	stop := run(t, b.Runner)
	eventually(t, b.DB, 1, "SELECT count(*) FROM dams")
	stop()
	if _, err := b.DB.Exec(t.Context(), "UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = now()"); err != nil {
		t.Fatal(err)
	}
	b.write(level("A", "A", 1, 1), level("B", "B", 1, 1))
	run(t, b.Runner)
	eventually(t, b.DB, 2, "SELECT count(*) FROM dams")
}
