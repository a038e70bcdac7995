package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results are all that was measured; as JSON, what --json prints.
type results struct {
	At         time.Time `json:"at"`
	Cores      int       `json:"cores"`
	LoadBefore string    `json:"loadBefore"`
	LoadAfter  string    `json:"loadAfter"`
	Seconds    int       `json:"seconds"`
	Rounds     int       `json:"rounds"`
	Build      struct {
		Seconds float64 `json:"seconds"` // 0: it was not built here
		Cache   string  `json:"cache"`
		Bytes   int64   `json:"bytes"`
	} `json:"build"`
	Starts []float64   `json:"starts"` // seconds each start of the hub took
	Cases  []*measured `json:"cases"`
}

// measured is one case over one number of reports.
type measured struct {
	Case    string  `json:"case"`
	Title   string  `json:"title"`
	Goal    float64 `json:"goal"`
	Reports int     `json:"reports"`
	Rows    float64 `json:"rows"` // in an answer, on average
	Cold    struct {
		LimitMS float64 `json:"limitMs"`
		HubMS   float64 `json:"hubMs"`
	} `json:"cold"`
	Runs  []comparison `json:"runs"`
	Notes []string     `json:"notes,omitempty"`
}

// comparison is one number of connections.
type comparison struct {
	Connections int     `json:"connections"`
	Limit       figures `json:"limit"`
	Hub         figures `json:"hub"`
	Ratio       float64 `json:"ratio"` // of the medians of requests a second
	Met         bool    `json:"met"`
}

// figures are the medians of one side's rounds; failed and peak are the worst.
type figures struct {
	round
	Rounds []round `json:"rounds"`
}

func compare(connections int, limit, hub []round, goal float64) comparison {
	c := comparison{Connections: connections, Limit: medians(limit), Hub: medians(hub)}
	if c.Limit.PerSecond > 0 {
		c.Ratio = c.Hub.PerSecond / c.Limit.PerSecond
	}
	c.Met = c.Ratio >= goal && c.Hub.Failed == 0
	return c
}

func medians(rounds []round) figures {
	of := func(value func(round) float64) float64 {
		var all []float64
		for _, r := range rounds {
			all = append(all, value(r))
		}
		return median(all)
	}
	f := figures{Rounds: rounds}
	f.PerSecond = of(func(r round) float64 { return r.PerSecond })
	f.P50MS, f.P95MS, f.P99MS = of(func(r round) float64 { return r.P50MS }), of(func(r round) float64 { return r.P95MS }), of(func(r round) float64 { return r.P99MS })
	f.MaxMS, f.Bytes, f.RSSMiB = of(func(r round) float64 { return r.MaxMS }), of(func(r round) float64 { return r.Bytes }), of(func(r round) float64 { return r.RSSMiB })
	for _, r := range rounds {
		f.Failed, f.PeakMiB = max(f.Failed, r.Failed), max(f.PeakMiB, r.PeakMiB)
	}
	return f
}

// median of at least one value; the mean of the middle two of an even number.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// missed says whether the hub fell short of a goal, or answered with errors.
func (r *results) missed() bool {
	return slices.ContainsFunc(r.Cases, func(m *measured) bool {
		return len(m.Notes) > 0 || slices.ContainsFunc(m.Runs, func(c comparison) bool { return !c.Met })
	})
}

// print writes the table.
func (r *results) print(w io.Writer) error {
	fmt.Fprintf(w, "%d cores, load %s before and %s after; wrk with %d threads, %d s a run, medians of %d rounds.\n",
		r.Cores, r.LoadBefore, r.LoadAfter, wrkThreads, r.Seconds, r.Rounds)
	fmt.Fprintf(w, "Both sides gave the same rows, fields and order to %d random questions a case.\n\n", checked)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "warm\treports\trows\tconns\tside\treq/s\tp50 ms\tp95 ms\tp99 ms\tbytes\tRSS MiB\tof the limit\tgoal\t")
	for _, m := range r.Cases {
		title, reports, rows := m.Case+" "+m.Title, thousands(m.Reports), fmt.Sprintf("%.0f", m.Rows)
		for _, c := range m.Runs {
			row := func(side string, f figures, rest string) {
				answers := "0\t–\t–\t–\t–"
				if f.PerSecond > 0 {
					answers = fmt.Sprintf("%.0f\t%.1f\t%.1f\t%.1f\t%.0f", f.PerSecond, f.P50MS, f.P95MS, f.P99MS, f.Bytes)
					if f.PerSecond < 10 {
						answers = fmt.Sprintf("%.1f%s", f.PerSecond, answers[strings.Index(answers, "\t"):])
					}
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%.0f\t%s\t\n", title, reports, rows, c.Connections, side, answers, f.PeakMiB, rest)
				title, reports, rows = "", "", ""
			}
			verdict := "met"
			if !c.Met {
				verdict = "MISSED"
			}
			row("limit", c.Limit, "\t")
			row("hub", c.Hub, fmt.Sprintf("%.2f\t≥ %.2f %s", c.Ratio, m.Goal, verdict))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "RSS is the most that the process held in these runs.")
	for _, m := range r.Cases {
		for _, note := range m.Notes {
			fmt.Fprintf(w, "%s over %s reports: %s\n", m.Case, thousands(m.Reports), note)
		}
		for _, c := range m.Runs {
			if failed := c.Hub.Failed + c.Limit.Failed; failed > 0 {
				fmt.Fprintf(w, "%s over %s reports, %d connections: %d requests failed\n", m.Case, thousands(m.Reports), c.Connections, failed)
			}
		}
	}

	fmt.Fprintln(w)
	fmt.Fprintln(table, "cold\treports\tlimit ms\thub ms\t")
	for _, m := range r.Cases {
		fmt.Fprintf(table, "%s %s\t%s\t%.0f\t%.0f\t\n", m.Case, m.Title, thousands(m.Reports), m.Cold.LimitMS, m.Cold.HubMS)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "Cold is the first request after PostgreSQL and the side have started; the system's file cache is as it is.")
	if err := r.printGrowth(w); err != nil {
		return err
	}

	fmt.Fprintf(w, "\nhub, start to ready: %.2f s (median of %d)\n", median(r.Starts), len(r.Starts))
	if r.Build.Seconds > 0 {
		fmt.Fprintf(w, "hub, go build: %.1f s (build cache %s)\n", r.Build.Seconds, r.Build.Cache)
	}
	_, err := fmt.Fprintf(w, "hub, binary: %.1f MiB\n", float64(r.Build.Bytes)/(1<<20))
	return err
}

// printGrowth shows how the median answer of the first number of connections
// grows with the reports, when there are several numbers of them.
func (r *results) printGrowth(w io.Writer) error {
	var sizes []int
	for _, m := range r.Cases {
		if !slices.Contains(sizes, m.Reports) {
			sizes = append(sizes, m.Reports)
		}
	}
	if len(sizes) < 2 {
		return nil
	}
	slices.Sort(sizes)
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "growth, p50 ms\tconns\tside\t")
	for _, n := range sizes {
		fmt.Fprintf(table, "%s\t", thousands(n))
	}
	fmt.Fprintln(table, "last : first\t")
	var letters []string
	for _, m := range r.Cases {
		if slices.Contains(letters, m.Case) || len(m.Runs) == 0 {
			continue
		}
		letters = append(letters, m.Case)
		title := m.Case + " " + m.Title
		for _, side := range []string{"limit", "hub"} {
			var cells []string
			var p50 []float64
			for _, n := range sizes {
				for _, o := range r.Cases {
					if o.Case == m.Case && o.Reports == n {
						f := o.Runs[0].Limit
						if side == "hub" {
							f = o.Runs[0].Hub
						}
						p50 = append(p50, f.P50MS)
						cells = append(cells, fmt.Sprintf("%.1f", f.P50MS))
					}
				}
			}
			fmt.Fprintf(table, "%s\t%d\t%s\t%s\t× %.1f\t\n", title, m.Runs[0].Connections, side, strings.Join(cells, "\t"), p50[len(p50)-1]/p50[0])
			title = ""
		}
	}
	return table.Flush()
}
