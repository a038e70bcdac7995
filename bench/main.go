// Command bench measures how fast the hub answers, beside a handler that does nothing
// but that (package limit): on the same tables, with the same random questions,
// in turn. It prints one table.
//
//	make bench
//	make bench BENCH='--cases a,b --seconds 2 --rounds 1'
//	make bench BENCH='--rows 100000,1000000,10000000'   # how cost grows; the last takes perhaps half an hour to build
//
// It runs a PostgreSQL of its own in a folder that it keeps, with a database
// for each number of reports, built once. It needs wrk, and a machine with
// nothing else to do: what is compared is compared within one run.
//
// `bench limit` is the handler alone, which the runner starts in a process of
// its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	dir         string
	hub         string // a hub that is built already; empty: build it
	cases       []question
	rows        []int
	connections []int
	seconds     int
	rounds      int
	json        bool
	strict      bool
	rebuild     bool
	clean       bool
}

const usage = `usage: bench [flags]
       bench limit --database URL --listen HOST:PORT

Measures the hub's queries beside the limit handler's. Needs wrk (Debian: apt-get install wrk).

  bench                                          # all cases over 1,000,000 reports, some ten minutes
  bench --cases a,b --seconds 2 --rounds 1       # a first look
  bench --rows 100000,1000000,10000000           # how cost grows; ten million take perhaps half an hour to build, and 10 GB
  bench --json >bench.json                       # everything measured, each round by itself
  bench --hub /tmp/hub-of-yesterday              # another hub than this tree's

Exit codes: 0 measured, 1 something failed (with --strict also: a goal was missed), 2 wrong usage.

`

// errUsage marks a command line that can't be right.
var errUsage = errors.New("wrong usage")

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.dir, "dir", "/var/tmp/geohub-bench", "folder that keeps the `databases`")
	flags.StringVar(&o.hub, "hub", "", "a hub's `binary` to measure; this tree's is built when empty")
	letters := flags.String("cases", lettersOf(questions), "which `cases`, their letters")
	rows := flags.String("rows", "1000000", "how many reports: 100000, 1000000 or 10000000, or several `numbers`")
	connections := flags.String("connections", "8,32", "how many `connections` wrk holds, one run each")
	flags.IntVar(&o.seconds, "seconds", 5, "how long each run takes")
	flags.IntVar(&o.rounds, "rounds", 3, "how many runs of each; medians count")
	flags.BoolVar(&o.json, "json", false, "print JSON instead of the table")
	flags.BoolVar(&o.strict, "strict", false, "fail when a goal is missed")
	flags.BoolVar(&o.rebuild, "rebuild", false, "build the databases anew")
	flags.BoolVar(&o.clean, "clean-build", false, "build the hub from an empty build cache, to time it")
	if err := flags.Parse(args); err != nil {
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	wrong := func(format string, a ...any) (options, error) {
		return o, fmt.Errorf("%w: %s (see --help)", errUsage, fmt.Sprintf(format, a...))
	}
	if flags.NArg() > 0 {
		return wrong("%q is no flag", flags.Arg(0))
	}
	for letter := range strings.SplitSeq(*letters, ",") {
		i := slices.IndexFunc(questions, func(q question) bool { return q.letter == strings.TrimSpace(letter) })
		if i < 0 {
			return wrong("--cases takes letters of %s, not %q", lettersOf(questions), letter)
		}
		o.cases = append(o.cases, questions[i])
	}
	var err error
	if o.rows, err = numbers(*rows, 100_000, 10_000_000); err != nil {
		return wrong("--rows: %v", err)
	}
	if o.connections, err = numbers(*connections, 1, 1000); err != nil {
		return wrong("--connections: %v", err)
	}
	if o.seconds < 1 || o.rounds < 1 {
		return wrong("--seconds and --rounds are 1 or more")
	}
	o.dir, err = filepath.Abs(o.dir)
	return o, err
}

// numbers reads whole numbers with commas between, in a range.
func numbers(text string, low, high int) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < low || n > high {
			return nil, fmt.Errorf("%q is not a number from %d to %d", part, low, high)
		}
		out = append(out, n)
	}
	return out, nil
}

// run carries out a command line and gives the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "limit" {
		return code(serveLimit(ctx, args[1:], stdout, stderr), stderr)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return code(err, stderr)
	}
	b := &bench{options: o, log: func(format string, a ...any) { fmt.Fprintf(stderr, format+"\n", a...) }}
	all, err := b.measure(ctx)
	switch {
	case err != nil:
	case o.json:
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		err = e.Encode(all)
	default:
		err = all.print(stdout)
	}
	if err == nil && o.strict && all.missed() {
		err = errors.New("a goal was missed")
	}
	return code(err, stderr)
}

func code(err error, stderr io.Writer) int {
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "bench:", err)
	return exitFailed
}

// bench is one run of the program.
type bench struct {
	options
	log func(format string, a ...any)
}

// measure does it all: build, start, check, measure, stop.
func (b *bench) measure(ctx context.Context) (*results, error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return nil, errors.New("wrk is not here. Debian and Ubuntu: apt-get install wrk; elsewhere: https://github.com/wg/wrk")
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return nil, err
	}
	r := &results{At: time.Now().UTC().Truncate(time.Second), Cores: runtime.NumCPU(), LoadBefore: load(), Seconds: b.seconds, Rounds: b.rounds}
	if err := b.buildHub(ctx, r); err != nil {
		return nil, err
	}
	for _, rows := range b.rows {
		if err := b.measureRows(ctx, rows, r); err != nil {
			return nil, fmt.Errorf("%d reports: %w", rows, err)
		}
	}
	r.LoadAfter = load()
	return r, nil
}

// buildHub makes the hub of this tree, unless there is one to measure.
func (b *bench) buildHub(ctx context.Context, r *results) error {
	if b.hub == "" {
		b.hub = filepath.Join(b.dir, "hub")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.hub, "geohub/cmd/hub")
		build.Env = append(build.Environ(), "CGO_ENABLED=0")
		r.Build.Cache = "as it was"
		if b.clean {
			cache, err := os.MkdirTemp("", "geohub-bench-cache-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(cache)
			build.Env = append(build.Env, "GOCACHE="+cache)
			r.Build.Cache = "empty"
		}
		b.log("building the hub …")
		from := time.Now()
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", build, err, out)
		}
		r.Build.Seconds = time.Since(from).Seconds()
	}
	info, err := os.Stat(b.hub)
	if err != nil {
		return err
	}
	r.Build.Bytes = info.Size()
	return nil
}

// measureRows measures all cases over one number of reports.
func (b *bench) measureRows(ctx context.Context, rows int, r *results) (err error) {
	s, err := b.start(ctx, rows)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.ready(ctx); err != nil {
		return err
	}
	for _, q := range b.cases {
		m := &measured{Case: q.letter, Title: q.title, Goal: q.goal, Reports: rows}
		r.Cases = append(r.Cases, m)
		if q, err = s.largest(ctx, q, m); err != nil {
			return err
		}
		asked, compared := q.ask(asks), checked
		if q.slow {
			compared = 1
		}
		b.log("case %s: %s; over %s reports", q.letter, q.title, thousands(rows))
		if err := s.check(ctx, q, asked[:compared], m); err != nil {
			return fmt.Errorf("case %s: %w", q.letter, err)
		}
		s.kept = q.kept
		if err := s.cold(ctx, q, asked[0], m); err != nil {
			return fmt.Errorf("case %s, cold: %w", q.letter, err)
		}
		if err := s.ready(ctx); err != nil {
			return err
		}
		if err := s.warm(ctx, b, q, asked, m); err != nil {
			return fmt.Errorf("case %s: %w", q.letter, err)
		}
	}
	r.Starts = append(r.Starts, s.starts...)
	return nil
}

// load is how many programs want to run, over 1, 5 and 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if words := strings.Fields(string(text)); err == nil && len(words) > 3 {
		return strings.Join(words[:3], " ")
	}
	return "unknown"
}
