package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// output is a buffer that goroutines may share.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func run(ctx context.Context, env map[string]string, ready func(string), args ...string) (code int, stdout, stderr string) {
	var out, errs output
	m := Main{Stdout: &out, Stderr: &errs, Getenv: func(k string) string { return env[k] }, Ready: ready}
	code = m.Run(ctx, args)
	return code, out.String(), errs.String()
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		env  map[string]string
		code int
		says string
	}{
		{"help", []string{"--help"}, nil, 0, "hub serve --demo"},
		{"version", []string{"version", "--json"}, nil, 0, `"go":"go1.`},
		{"no such command", []string{"sreve"}, nil, 2, "sreve"},
		{"no such flag", []string{"serve", "--nope"}, nil, 2, "--nope"},
		{"too many words", []string{"migrate", "now"}, nil, 2, "now"},
		{"a file without a day", []string{"import", "units", "x.geojson"}, nil, 2, "from"},
		{"a day that is none", []string{"import", "units", "x.geojson", "--from", "2025-13-01"}, nil, 2, "2025-07-01"},
		{"rivers without a file", []string{"import", "rivers"}, nil, 2, "one file"},
		{"an address that is none", []string{"migrate"}, map[string]string{"HUB_DATABASE_URL": "::"}, 2, "HUB_DATABASE_URL"},
		{"a server that isn't there", []string{"migrate"}, map[string]string{"HUB_DATABASE_URL": "postgres://127.0.0.1:1/x"}, 1, "connect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := run(context.Background(), test.env, nil, test.args...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, want %d\n%s%s", code, test.code, stdout, stderr)
			}
		})
	}
}

// TestServe runs the whole hub on the demo province: it greets, answers, shows
// its schema and health, and drains when told to stop.
func TestServe(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	env := map[string]string{"HUB_DATABASE_URL": pool.Config().ConnString(), "HUB_LISTEN": "127.0.0.1:0"}
	url, stop := serving(t, env, "serve", "--demo")
	for _, test := range []struct{ name, path, says string }{
		{"schema", "/schema.graphql", "type Dam implements Feature"},
		{"health", "/healthz", "ok"},
		{"readiness", "/readyz", "ready"},
		{"console", "/", "GeoHub"},
		{"map", "/map", "GeoHub"},
		{"map's style", "/style.json", `"dams-points"`},
		{"console's facts", "/console.json", "hub_live_province_"},
		{"query by GET", "/graphql?query=%7Bdams%7BtotalCount%7D%7D", `"totalCount":22`},
		{"a tile", "/tiles/dams/8/204/116.mvt", "dam:TA_TRACH"},
		{"the query was counted", "/metrics", `geohub_root_fields_total{printer="fast",reason=""} 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, err := http.Get(url + test.path)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != 200 || !bytes.Contains(body, []byte(test.says)) {
				t.Errorf("%d %v %.300s", resp.StatusCode, err, body)
			}
		})
	}
	if r := stop(); r.code != 0 || !strings.Contains(r.stdout, "Try:") || !strings.Contains(r.stdout, "draining") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// result is how a command line ended.
type result struct {
	code           int
	stdout, stderr string
}

// serving runs a hub until stop is called, or the test ends, and gives its address.
func serving(t *testing.T, env map[string]string, args ...string) (url string, stop func() result) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	address, done := make(chan string, 1), make(chan result, 1)
	go func() {
		code, out, errs := run(ctx, env, func(a string) { address <- a }, args...)
		done <- result{code, out, errs}
	}()
	stop = sync.OnceValue(func() result {
		cancel()
		return <-done
	})
	t.Cleanup(func() { stop() })
	select {
	case url = <-address:
	case r := <-done:
		done <- r
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	return url, stop
}

// TestPrivateCluster starts the built program on a folder of its own, kills it
// with -9, starts it again and stops it with SIGTERM.
func TestPrivateCluster(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "hub")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start := func() (*exec.Cmd, *output) {
		var out output
		c := exec.Command(bin, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), "is ready"); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				c.Process.Kill()
				t.Fatalf("not ready:\n%s", out.String())
			}
		}
		return c, &out
	}
	first, _ := start()
	first.Process.Kill()
	first.Wait()
	second, out := start()
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestDoctor(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	env := map[string]string{"HUB_DATABASE_URL": pool.Config().ConnString(), "HUB_LISTEN": "127.0.0.1:0"}
	code, stdout, stderr := run(context.Background(), env, nil, "doctor", "--json")
	var checks []check
	if err := json.Unmarshal([]byte(stdout), &checks); err != nil || code != 0 || len(checks) < 4 {
		t.Errorf("exit code %d, %v\n%s%s", code, err, stdout, stderr)
	}
	env["HUB_DATABASE_URL"] = "postgres://127.0.0.1:1/x"
	code, stdout, _ = run(context.Background(), env, nil, "doctor")
	if code != 1 || !strings.Contains(stdout, "next:") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}
