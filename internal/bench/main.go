// Command bench measures how fast the hub reads: from the wire to committed rows,
// beside what the slowest step costs alone. It prints one table. How fast it
// answers is package bench's.
//
//	make bench-ingest
//	make bench-ingest BENCH=-strict   # fails below what is wanted
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
)

// measure is a benchmark of ingest/connect, which says rows/s, the same of
// each limit, and the share of the slowest limit that it reaches.
type measure struct {
	benchmark, title string
	limits           []string
	share            float64 // wanted, percent
	rows             float64 // wanted a second on two cores; 0: any
}

var measures = []measure{
	{"AIS", "AIS: positions from TCP to rows", []string{"decode", "copy"}, 60, 20_000},
	{"Open311Backfill", "Open311: first read of 200,000 reports", []string{"copy"}, 60, 0},
}

func main() {
	rounds := flag.Int("rounds", 3, "how often each is measured; medians count")
	strict := flag.Bool("strict", false, "fail below what is wanted")
	flag.Parse()
	fast, err := run(*rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if *strict && !fast {
		os.Exit(1)
	}
}

func run(rounds int) (fast bool, err error) {
	fmt.Printf("%d cores, load %s; medians of %d rounds. The tests' PostgreSQL runs with fsync,\n", runtime.NumCPU(), load(), rounds)
	fmt.Println("synchronous_commit and full_page_writes off, for COPY alone as for the hub.")
	var names []string
	for _, m := range measures {
		names = append(names, m.benchmark)
	}
	test := exec.Command("go", "test", "./ingest/connect", "-run", "^$", "-bench", "^Benchmark("+strings.Join(names, "|")+")$",
		"-benchtime", strconv.Itoa(rounds)+"x", "-timeout", "2h")
	out, err := test.CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("%s: %w\n%s", test, err, out)
	}
	found := results(bytes.NewReader(out))
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\trows/s\tlimit rows/s\tof the limit\twanted\t")
	fast = true
	for _, m := range measures {
		got, ok := found[m.benchmark]
		if !ok {
			return false, fmt.Errorf("%s said nothing of %s:\n%s", test, m.benchmark, out)
		}
		limit, which := 0.0, ""
		for _, name := range m.limits {
			if v := got[name+"/s"]; limit == 0 || v < limit {
				limit, which = v, name
			}
		}
		wanted, verdict := fmt.Sprintf("%.0f %%", m.share), ""
		if m.rows > 0 {
			wanted += fmt.Sprintf(", %.0f rows/s", m.rows)
		}
		if got["%limit"] < m.share || got["rows/s"] < m.rows {
			fast, verdict = false, "MISSED"
		}
		fmt.Fprintf(table, "%s\t%.0f\t%s %.0f\t%.0f %%\t%s\t%s\n", m.title, got["rows/s"], which, limit, got["%limit"], wanted, verdict)
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	fmt.Println("load at the end:", load())
	return fast, nil
}

// results are the values that `go test -bench` printed, by benchmark and unit.
func results(out io.Reader) map[string]map[string]float64 {
	all := map[string]map[string]float64{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(words[0], "Benchmark"), "-")
		all[name] = map[string]float64{}
		for i := 2; i+1 < len(words); i += 2 {
			all[name][words[i+1]], _ = strconv.ParseFloat(words[i], 64)
		}
	}
	return all
}

// load is how many programs want to run, over 1, 5 and 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if words := strings.Fields(string(text)); err == nil && len(words) > 3 {
		return strings.Join(words[:3], " ")
	}
	return "unknown"
}
