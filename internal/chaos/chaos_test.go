package chaos

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/localdb"
	"geohub/province/serve"
	"geohub/systems"
)

var (
	kills = flag.Int("kills", 3, "how often the hub, its connections to the database, or the database's server are killed, in turn")
	seed  = flag.Uint64("seed", 1, "of the moments at which they are")
)

// The environment by which the test's own program is told to be a hub.
const (
	databaseEnv = "CHAOS_DATABASE"
	sourcesEnv  = "CHAOS_SOURCES"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(databaseEnv); url != "" {
		if err := beHub(url, os.Getenv(sourcesEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beHub reads the sources until the process is killed.
func beHub(url, file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return err
	}
	postgis.Configure(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	r, err := hubtest.Runner(pool, string(text))
	if err != nil {
		return err
	}
	r.Spool = filepath.Join(filepath.Dir(file), "spool")
	r.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	for ctx.Err() == nil {
		if err := r.Run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}

// hub is a running child process.
type hub struct{ cmd *exec.Cmd }

func startHub(t *testing.T, url, sources string) hub {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), databaseEnv+"="+url, sourcesEnv+"="+sources)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := hub{cmd}
	t.Cleanup(h.kill)
	return h
}

func (h hub) kill() {
	h.cmd.Process.Kill()
	h.cmd.Wait()
}

// site is a province with a database of its own, for a hub between them.
type site struct {
	db      *pgxpool.Pool
	sources string // the path of sources.yaml
}

func newSite(t *testing.T, db *pgxpool.Pool) site {
	t.Helper()
	province, err := serve.Start(serve.Options{Clock: func() time.Time { return hubtest.Now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(province.Close)
	sources := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(sources, []byte(province.Sources()), 0o600); err != nil {
		t.Fatal(err)
	}
	return site{db, sources}
}

// server is a PostgreSQL of the test's own, which may be killed.
type server struct {
	dir     string
	cluster *localdb.Cluster
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{dir: t.TempDir()}
	s.start(t)
	t.Cleanup(func() {
		if err := s.cluster.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *server) start(t *testing.T) {
	t.Helper()
	cluster, err := localdb.Start(t.Context(), s.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.cluster = cluster
}

// prepared is the server's database, ready for its first source.
func (s *server) prepared(t *testing.T) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(s.cluster.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	template := hubtest.Prepared()
	build, err := pgxpool.NewWithConfig(t.Context(), config.Copy())
	if err != nil {
		t.Fatal(err)
	}
	defer build.Close()
	if err := template.Build(t.Context(), build); err != nil {
		t.Fatal(err)
	}
	template.Configure(config)
	db, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// kill is kill -9 of the server, which starts again at once.
func (s *server) kill(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.cluster.Dir, "pg", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Stop(t.Context()); err != nil { // gives up the folder
		t.Fatal(err)
	}
	s.start(t)
}

// TestKills: kill -9 of the hub, the end of its connections in the middle of
// their transactions and kill -9 of the database's server, at random moments,
// end in the same tables as a run that nobody disturbs.
func TestKills(t *testing.T) {
	server := startServer(t)
	clean, site := newSite(t, pgtest.DB(t, hubtest.Prepared())), newSite(t, server.prepared(t))
	startHub(t, clean.db.Config().ConnString(), clean.sources)
	r := rand.New(rand.NewPCG(*seed, 0))
	url := site.db.Config().ConnString()
	h := startHub(t, url, site.sources)
	for i := range *kills {
		// The hub dies somewhere in the next few thousand rows of what it still has to store.
		moment := rows(site.db) + 1 + r.IntN(rowsInAll/(*kills))
		until(t, "the hub to have come so far", func() bool { return rows(site.db) >= min(moment, rowsInAll*9/10) })
		switch i % 3 {
		case 0:
			h.kill()
			h = startHub(t, url, site.sources)
		case 1:
			cutOff(t, site.db)
		case 2:
			server.kill(t)
		}
	}
	until(t, "the clean hub to be full", func() bool { return rows(clean.db) >= rowsInAll })
	differ := func() string {
		names := differences(tables(t, site.db), tables(t, clean.db))
		if names == nil {
			return ""
		}
		return strings.Join(names, ", ") + "\n" + example(t, names[0], site.db, clean.db)
	}
	until(t, "the tables to be as those of the clean hub", func() bool { return differences(tables(t, site.db), tables(t, clean.db)) == nil }, differ)
	t.Logf("%d kills at seed %d, %d rows", *kills, *seed, rows(site.db))
}

// rowsInAll is less than what a hub has in the end, and nearly as much.
const rowsInAll = 150_000

// cutOff ends all the hub's connections, whatever they are at.
func cutOff(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	_, err := db.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for what must come to pass in the end.
func until(t *testing.T, what string, is func() bool, explain ...func() string) {
	t.Helper()
	for deadline := time.Now().Add(4 * time.Minute); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			for _, e := range explain {
				what += ":\n" + e()
			}
			t.Fatalf("waited for %s", what)
		}
	}
}

// content is what a table holds: how many rows, and a sum of their hashes.
type content struct {
	rows int
	hash string
}

// kept are the tables that sources fill.
func kept() []string {
	names := []string{"readings", "vessel_positions", "card_counts", "billboard_plays"}
	for _, s := range systems.All {
		names = append(names, s.Table)
	}
	return names
}

// own are the columns that differ between two hubs by rights: their own times,
// the numbers of requests, addresses that name the port of a province, and which
// of two sources that tell of one article came first.
var own = []string{"updated_at", "recorded_at", "exchange", "media_urls", "stream_url", "source", "versions"}

// example is a row that two databases don't share.
func example(t *testing.T, table string, a, b *pgxpool.Pool) string {
	t.Helper()
	var of [2]map[string]bool
	for i, db := range []*pgxpool.Pool{a, b} {
		of[i] = map[string]bool{}
		sql, args := clause.Of("SELECT (to_jsonb(t) - ?::text[])::text FROM ? t", own, clause.Name(table)).SQL()
		rows, err := db.Query(context.Background(), sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		var text string
		if _, err := pgx.ForEachRow(rows, []any{&text}, func() error { of[i][text] = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(of[0])) {
		if of[1][text] {
			continue
		}
		id, _, _ := strings.Cut(text[strings.Index(text, `"id": `)+1:], ",")
		for other := range of[1] {
			if strings.Contains(other, id) {
				return text + "\nis\n" + other
			}
		}
		return text + "\nis only in the first"
	}
	return ""
}

// tables are the contents of all tables that sources fill, without the hub's own
// times and the numbers of requests.
func tables(t *testing.T, db *pgxpool.Pool) map[string]content {
	t.Helper()
	out := map[string]content{}
	for _, name := range kept() {
		var c content
		sql, args := clause.Of(`SELECT count(*), coalesce(sum(('x' || left(md5((to_jsonb(t) - ?::text[])::text), 15))::bit(60)::bigint), 0)::text FROM ? t`, own, clause.Name(name)).SQL()
		if err := db.QueryRow(context.Background(), sql, args...).Scan(&c.rows, &c.hash); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = c
	}
	return out
}

func rows(db *pgxpool.Pool) (n int) {
	var each []clause.C
	for _, name := range kept() {
		each = append(each, clause.Of("SELECT count(*) n FROM ?", clause.Name(name)))
	}
	sql, _ := clause.Of("SELECT sum(n) FROM (?) t", clause.Join(" UNION ALL ", each...)).SQL()
	db.QueryRow(context.Background(), sql).Scan(&n)
	return n
}

// differences are the tables that are not the same.
func differences(got, want map[string]content) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			out = append(out, name)
		}
	}
	return out
}
