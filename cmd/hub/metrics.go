package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"geohub/plan"
	"geohub/resolvers"
	"geohub/tiles"
)

// metrics are what the hub tells Prometheus, read when it asks.
type metrics struct {
	printer *plan.Printer
	results *resolvers.Results // nil: no answers are kept
	tiles   *tiles.Cache       // nil: no tiles are kept
	pool    *pgxpool.Pool
}

var (
	rootFields = prometheus.NewDesc("geohub_root_fields_total",
		"Root fields of queries that the fast printer answered (printer=fast), or left to the typed printer (printer=typed) and why.", []string{"printer", "reason"}, nil)
	answersKept = prometheus.NewDesc("geohub_kept_answers_total",
		"Questions whose answer was kept and still true (found=true), or had to be read (found=false).", []string{"found"}, nil)
	tilesKept = prometheus.NewDesc("geohub_kept_tiles_total",
		"Map tiles that were kept and still true (found=true), or had to be drawn (found=false).", []string{"found"}, nil)
	connections = prometheus.NewDesc("geohub_database_connections",
		"Connections to the database that queries use, by state.", []string{"state"}, nil)
)

// handler answers in Prometheus' text format.
func (m metrics) handler() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// Describe is prometheus.Collector's.
func (m metrics) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, out) }

// Collect is prometheus.Collector's.
func (m metrics) Collect(out chan<- prometheus.Metric) {
	say := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	taken, left := m.printer.Counts()
	say(rootFields, prometheus.CounterValue, float64(taken), "fast", "")
	for reason, n := range left {
		say(rootFields, prometheus.CounterValue, float64(n), "typed", reason)
	}
	if m.results != nil {
		found, missed := m.results.Counts()
		say(answersKept, prometheus.CounterValue, float64(found), "true")
		say(answersKept, prometheus.CounterValue, float64(missed), "false")
	}
	if m.tiles != nil {
		found, missed := m.tiles.Counts()
		say(tilesKept, prometheus.CounterValue, float64(found), "true")
		say(tilesKept, prometheus.CounterValue, float64(missed), "false")
	}
	stat := m.pool.Stat()
	say(connections, prometheus.GaugeValue, float64(stat.AcquiredConns()), "busy")
	say(connections, prometheus.GaugeValue, float64(stat.IdleConns()), "idle")
}
