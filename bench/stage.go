package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"geohub/bench/limit"
	"geohub/localdb"
	"geohub/province/prepare"
)

// stage is what runs while one number of reports is measured: PostgreSQL, the
// hub and the limit handler, each in processes of its own.
type stage struct {
	b          *bench
	rows       int
	cluster    *localdb.Cluster // nil while it is stopped
	hub, limit *server          // nil while they are stopped
	starts     []float64        // seconds that hubs took until they served
	kept       bool             // the hub keeps answers when it starts
}

// server is a side of the comparison.
type server struct {
	name    string
	cmd     *exec.Cmd
	address string
}

// start starts PostgreSQL and has the data built.
func (b *bench) start(ctx context.Context, rows int) (*stage, error) {
	s := &stage{b: b, rows: rows}
	if err := s.startCluster(ctx); err != nil {
		return nil, err
	}
	if err := b.prepareData(ctx, s.cluster, rows); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	b.rebuild = false // once
	return s, nil
}

func (s *stage) startCluster(ctx context.Context) error {
	if s.cluster != nil {
		return nil
	}
	cluster, err := localdb.Start(ctx, s.b.dir)
	if err != nil {
		return err
	}
	if !cluster.Owner {
		return fmt.Errorf("another benchmark runs in %s: two would measure each other", s.b.dir)
	}
	s.cluster = cluster
	return nil
}

// ready starts what doesn't run.
func (s *stage) ready(ctx context.Context) error {
	if err := s.startCluster(ctx); err != nil {
		return err
	}
	if err := s.startLimit(ctx); err != nil {
		return err
	}
	return s.startHub(ctx)
}

func (s *stage) startHub(ctx context.Context) error {
	if s.hub != nil {
		return nil
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	cmd := exec.Command(s.b.hub, "serve", "--listen", address, "--data", filepath.Join(s.b.dir, "hub-data"))
	if !s.kept {
		cmd.Args = append(cmd.Args, "--result-cache", "0", "--tile-cache", "0")
	}
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool { return strings.HasPrefix(v, "HUB_") })
	cmd.Env = append(cmd.Env, "HUB_DATABASE_URL="+s.cluster.URL(database(s.rows)))
	from := time.Now()
	if s.hub, err = s.launch(ctx, "hub", cmd, address); err == nil {
		s.starts = append(s.starts, time.Since(from).Seconds())
	}
	return err
}

func (s *stage) startLimit(ctx context.Context) error {
	if s.limit != nil {
		return nil
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.limit, err = s.launch(ctx, "limit", exec.Command(self, "limit", "--listen", address, "--database", s.cluster.URL(database(s.rows))), address)
	return err
}

// launch starts a server and returns when it says that it is ready. What it
// prints goes to a log in the benchmark's folder.
func (s *stage) launch(ctx context.Context, name string, cmd *exec.Cmd, address string) (*server, error) {
	logFile := filepath.Join(s.b.dir, name+".log")
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.b.dir, log, log // no sources.yaml lies there
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	v := &server{name, cmd, address}
	patient := http.Client{Timeout: time.Minute} // it may listen before it serves
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		answer, err := patient.Get("http://" + address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return v, nil
			}
		}
		if gone := syscall.Kill(cmd.Process.Pid, 0) != nil || zombie(cmd.Process.Pid); gone || time.Now().After(deadline) || ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("the %s did not come up: see %s", name, logFile), ctx.Err(), v.stop())
		}
	}
}

// zombie says whether a process of ours has ended and was not waited for.
func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(text), ") Z ")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// stop asks the server to end, and ends it when it doesn't.
func (v *server) stop() error {
	if v == nil {
		return nil
	}
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(20*time.Second, func() { v.cmd.Process.Kill() })
	defer late.Stop()
	var ended *exec.ExitError
	if err := v.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		return fmt.Errorf("stop the %s: %w", v.name, err)
	}
	return nil
}

// stop stops everything.
func (s *stage) stop() error {
	err := errors.Join(s.hub.stop(), s.limit.stop())
	s.hub, s.limit = nil, nil
	if s.cluster != nil {
		err = errors.Join(err, s.cluster.Stop(context.Background()))
		s.cluster = nil
	}
	return err
}

// key is of the demo's operations centre, which sees everything.
func key() string { return prepare.Keys()[len(prepare.Keys())-1].Secret }

// do sends one request and gives the body of the answer.
func (v *server) do(ctx context.Context, a ask) ([]byte, error) {
	method, path, body := http.MethodGet, a.path, ""
	switch {
	case v.name == "limit":
	case a.get != "":
		path = a.get
	default:
		method, path, body = http.MethodPost, "/graphql", a.body
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+v.address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", key())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the %s answers %s: %s", v.name, answer.Status, bytes.TrimSpace(out[:min(len(out), 300)]))
	}
	return out, err
}

// cold times the first request of a case to each side after PostgreSQL and the
// side have just started. The system's file cache is as it is.
func (s *stage) cold(ctx context.Context, q question, a ask, m *measured) error {
	for _, side := range []struct {
		start func(context.Context) error
		its   func() *server
		ms    *float64
	}{
		{s.startLimit, func() *server { return s.limit }, &m.Cold.LimitMS},
		{s.startHub, func() *server { return s.hub }, &m.Cold.HubMS},
	} {
		if err := s.stop(); err != nil {
			return err
		}
		http.DefaultClient.CloseIdleConnections()
		if err := s.startCluster(ctx); err != nil {
			return err
		}
		if err := side.start(ctx); err != nil {
			return err
		}
		from := time.Now()
		if _, err := side.its().do(ctx, a); err != nil {
			return err
		}
		*side.ms = time.Since(from).Seconds() * 1e3
	}
	return nil
}

// largest is the case with as many rows as the hub gives on one page.
func (s *stage) largest(ctx context.Context, q question, m *measured) (question, error) {
	if q.first == 0 {
		return q, nil
	}
	body, err := s.hub.do(ctx, q.ask(1)[0])
	if err != nil {
		return q, err
	}
	var answer struct {
		Errors []struct {
			Message    string
			Extensions struct {
				Code  string
				Limit int
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return q, err
	}
	if len(answer.Errors) == 0 {
		return q, nil
	}
	if e := answer.Errors[0]; e.Extensions.Code == "PAGE_LIMIT" && e.Extensions.Limit > 0 {
		q = q.byFirst(e.Extensions.Limit)
		m.Title = q.title
		return q, nil
	}
	return q, fmt.Errorf("the hub refuses case %s: %s", q.letter, answer.Errors[0].Message)
}

// memory is what a process holds now and the most since the last forget, MiB.
func (v *server) memory() (now, peak float64) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(words[1], 64)
		switch words[0] {
		case "VmRSS:":
			now = kb / 1024
		case "VmHWM:":
			peak = kb / 1024
		}
	}
	return now, peak
}

// forget lets the peak begin anew. Where the system doesn't allow it, the peak
// is that since the start.
func (v *server) forget() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", v.cmd.Process.Pid), []byte("5"), 0)
}

// serveLimit is `bench limit`.
func serveLimit(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench limit", flag.ContinueOnError)
	flags.SetOutput(stderr)
	url := flags.String("database", "", "a hub's `database`")
	listen := flags.String("listen", "127.0.0.1:7001", "`address` to serve at")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *url == "" || flags.NArg() > 0 {
		return fmt.Errorf("%w: bench limit --database URL --listen HOST:PORT", errUsage)
	}
	pool, err := limit.Open(ctx, *url, 16) // as many as the hub's
	if err != nil {
		return err
	}
	defer pool.Close()
	mux := http.NewServeMux()
	mux.Handle("/", limit.Handler(pool))
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	serving := &http.Server{Addr: *listen, Handler: mux}
	stop := context.AfterFunc(ctx, func() { serving.Close() })
	defer stop()
	fmt.Fprintln(stdout, "the limit handler is at http://"+*listen)
	if err := serving.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
