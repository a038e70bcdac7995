package resolvers_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"geohub/access"
	"geohub/internal/hubtest"
	"geohub/resolvers"
)

// BenchmarkRequest is the way of a request through the hub without a
// database: what each operation costs before and after its statement.
func BenchmarkRequest(b *testing.B) {
	server := resolvers.NewServer(resolvers.Config{Catalog: hubtest.Catalog(b), Limits: resolvers.DefaultLimits(), Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return hubtest.Now }, Viewer: func(*http.Request) (access.Viewer, error) { return access.Viewer{}, nil }})
	for _, ask := range []struct {
		name, query string
		variables   map[string]any
	}{
		{"name of a type", "{ __typename }", nil},
		{"a page left out", `query($first: Int!, $in: Area) {
			__typename
			dams(first: $first, area: $in) @skip(if: true) { totalCount edges { distanceM node { ...dam } } pageInfo { endCursor } }
		} fragment dam on Dam { id label levelM normalLevelM storageShare damStatus observedAt unit { name parent { name } } readings(last: 3) { at value } }`,
			map[string]any{"first": 10, "in": map[string]any{"bbox": []float64{107, 16, 108, 17}}}},
		{"the schema", "{ __schema { types { name description fields { name description args { name description type { name } } type { name } } } } }", nil},
	} {
		b.Run(ask.name, func(b *testing.B) {
			body, err := json.Marshal(map[string]any{"query": ask.query, "variables": ask.variables})
			if err != nil {
				b.Fatal(err)
			}
			req, err := http.NewRequest(http.MethodPost, "/graphql", nil)
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				w.status = 0
				req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
				server.ServeHTTP(w, req)
				if w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}

// sink is a client that throws away what it is told.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
