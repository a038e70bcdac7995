package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed load.lua
var loadScript string

// round is what wrk says of one run. Latencies are milliseconds, bytes those of
// one answer with its headers.
type round struct {
	PerSecond float64 `json:"perSecond"`
	P50MS     float64 `json:"p50ms"`
	P95MS     float64 `json:"p95ms"`
	P99MS     float64 `json:"p99ms"`
	MaxMS     float64 `json:"maxMs"`
	Bytes     float64 `json:"bytes"`
	Failed    int     `json:"failed"` // refused, timed out, or no answer at all
	RSSMiB    float64 `json:"rssMiB"` // of the side's process at the end
	PeakMiB   float64 `json:"peakMiB"`
}

// How wrk is run.
const (
	wrkThreads   = 2
	checkSeconds = 2
	slowSeconds  = 30
)

// warm measures a case with everything running and asked before.
func (s *stage) warm(ctx context.Context, b *bench, q question, asked []ask, m *measured) error {
	files, err := os.MkdirTemp("", "geohub-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(files)
	script := filepath.Join(files, "load.lua")
	if err := os.WriteFile(script, []byte(loadScript), 0o644); err != nil {
		return err
	}
	connections, seconds := b.connections, b.seconds
	if q.slow {
		connections, seconds = []int{1}, slowSeconds
	}
	sides := []*server{s.limit, s.hub}
	for _, v := range sides {
		var list strings.Builder
		for _, a := range asked {
			switch {
			case v.name == "limit":
				fmt.Fprintf(&list, "%s\t\n", a.path)
			case a.get != "":
				fmt.Fprintf(&list, "%s\t\n", a.get)
			default:
				fmt.Fprintf(&list, "/graphql\t%s\n", a.body)
			}
		}
		if err := os.WriteFile(filepath.Join(files, v.name), []byte(list.String()), 0o644); err != nil {
			return err
		}
		// Whether all is well under load, which also warms both sides up.
		looked, err := v.load(ctx, files, slices.Max(connections), max(checkSeconds, seconds*2/5), "check")
		if err != nil {
			return err
		}
		switch {
		case looked.Failed > 0:
			m.Notes = append(m.Notes, fmt.Sprintf("%d answers of the %s were errors under load", looked.Failed, v.name))
		case looked.PerSecond == 0:
			m.Notes = append(m.Notes, fmt.Sprintf("the %s answered nothing within %d s under load", v.name, max(checkSeconds, seconds*2/5)))
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	for _, connections := range connections {
		var found [2][]round
		for i := range b.rounds {
			for j := range sides {
				j = (i + j) % 2 // who is first changes
				v := sides[j]
				v.forget()
				r, err := v.load(ctx, files, connections, seconds, "measure")
				if err != nil {
					return err
				}
				r.RSSMiB, r.PeakMiB = v.memory()
				found[j] = append(found[j], r)
				if err := s.settle(ctx); err != nil {
					return err
				}
			}
		}
		r := compare(connections, found[0], found[1], q.goal)
		b.log("  %d connections: limit %.0f/s, hub %.0f/s, %.2f", connections, r.Limit.PerSecond, r.Hub.PerSecond, r.Ratio)
		m.Runs = append(m.Runs, r)
	}
	return nil
}

// settle waits until the statements of clients that have left are at an end,
// so that one side doesn't pay for the other.
func (s *stage) settle(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.cluster.URL(database(s.rows)))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var active int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()`).Scan(&active)
		if err != nil || active == 0 || time.Now().After(deadline) {
			return err
		}
	}
}

// load runs wrk against one side. A round without an answer is all zero.
func (v *server) load(ctx context.Context, files string, connections, seconds int, how string) (round, error) {
	cmd := exec.CommandContext(ctx, "wrk", "-t", strconv.Itoa(min(wrkThreads, connections)), "-c", strconv.Itoa(connections), "-d", fmt.Sprintf("%ds", seconds),
		"--timeout", "30s", "-s", filepath.Join(files, "load.lua"), "http://"+v.address, "--", filepath.Join(files, v.name), key(), how)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return round{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		text, ok := strings.CutPrefix(line, "result ")
		if !ok {
			continue
		}
		var r struct{ Requests, Micros, Bytes, Failed, P50, P95, P99, Max float64 }
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return round{}, fmt.Errorf("read what wrk says: %w", err)
		}
		if r.Requests == 0 {
			return round{Failed: int(r.Failed)}, nil
		}
		return round{PerSecond: r.Requests / r.Micros * 1e6, P50MS: r.P50 / 1e3, P95MS: r.P95 / 1e3, P99MS: r.P99 / 1e3, MaxMS: r.Max / 1e3,
			Bytes: r.Bytes / r.Requests, Failed: int(r.Failed)}, nil
	}
	return round{}, fmt.Errorf("wrk says nothing of its result:\n%s", out)
}
