package serve_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/serve"
	"geohub/systems"
)

// fixed is the province's time in the tests.
func fixed() time.Time { return hubtest.Now }

// newRunner lets the province's systems answer at a time that stands, and gives
// a hub that reads them into a database of its own: units, agencies and places
// are there, the layers named are empty.
func newRunner(t *testing.T, layers ...string) (*ingest.Runner, *serve.Server) {
	t.Helper()
	db := pgtest.DB(t, hubtest.Province())
	for _, l := range layers {
		if _, err := db.Exec(t.Context(), "TRUNCATE "+l); err != nil {
			t.Fatal(err)
		}
	}
	systemsOf, err := serve.Start(serve.Options{Clock: fixed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(systemsOf.Close)
	return runnerOf(t, db, systemsOf.Sources()), systemsOf
}

// runnerOf is a hub that reads sources into a database.
func runnerOf(t *testing.T, db *pgxpool.Pool, sources string) *ingest.Runner {
	t.Helper()
	parsed, err := ingest.ParseSources([]byte(sources), func(string) string { return "" }, connect.Formats())
	if err != nil {
		t.Fatal(err)
	}
	r := &ingest.Runner{DB: db, Sources: parsed, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
		Layers: systems.All, Clock: fixed, Log: slog.New(slog.DiscardHandler), Hub: "test"}
	if err := r.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// read reads a source once; nothing may go to quarantine.
func read(t *testing.T, r *ingest.Runner, source string) ingest.Result {
	t.Helper()
	result, err := r.Read(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	if result.Quarantined > 0 {
		var reason string
		_ = r.DB.QueryRow(context.Background(), "SELECT coalesce(place, '') || ': ' || reason FROM quarantine WHERE source = $1 LIMIT 1", source).Scan(&reason)
		t.Fatalf("%s: %d of %d records went to quarantine: %s", source, result.Quarantined, result.In, reason)
	}
	return result
}
