package connect_test

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type trk struct{}
type trs struct {
	key string
	at  time.Time
	cpu int64
}
type acc struct {
	n    int
	wall time.Duration
	cpu  int64
}
type cpuTracer struct {
	mu sync.Mutex
	m  map[string]*acc
}

func schedCPU(pid uint32) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	var n int64
	fmt.Sscan(string(b), &n)
	return n
}
func (t *cpuTracer) begin(ctx context.Context, c *pgx.Conn, key string) context.Context {
	return context.WithValue(ctx, trk{}, trs{key, time.Now(), schedCPU(c.PgConn().PID())})
}
func (t *cpuTracer) end(ctx context.Context, c *pgx.Conn) {
	s, ok := ctx.Value(trk{}).(trs)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.m[s.key]
	if a == nil {
		a = &acc{}
		t.m[s.key] = a
	}
	a.n++
	a.wall += time.Since(s.at)
	a.cpu += schedCPU(c.PgConn().PID()) - s.cpu
}
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 90 {
		s = s[:90]
	}
	return s
}
func (t *cpuTracer) TraceQueryStart(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return t.begin(ctx, c, short(d.SQL))
}
func (t *cpuTracer) TraceQueryEnd(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryEndData) {
	t.end(ctx, c)
}
func (t *cpuTracer) TraceCopyFromStart(ctx context.Context, c *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	return t.begin(ctx, c, "COPY "+fmt.Sprint(d.TableName))
}
func (t *cpuTracer) TraceCopyFromEnd(ctx context.Context, c *pgx.Conn, d pgx.TraceCopyFromEndData) {
	t.end(ctx, c)
}

func traced(t *cpuTracer) func(*pgxpool.Config) {
	return func(c *pgxpool.Config) {
		c.ConnConfig.Tracer = t
		if os.Getenv("EXPL") != "" {
			for k, v := range map[string]string{"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0", "auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on"} {
				c.ConnConfig.RuntimeParams[k] = v
			}
		}
	}
}
func (t *cpuTracer) print() {
	var keys []string
	for k := range t.m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return t.m[keys[i]].cpu > t.m[keys[j]].cpu })
	for i, k := range keys {
		if i > 16 {
			break
		}
		a := t.m[k]
		fmt.Printf("%8.2fs cpu %8.2fs wall %6d  %s\n", float64(a.cpu)/1e9, a.wall.Seconds(), a.n, k)
	}
	t.m = map[string]*acc{}
}
