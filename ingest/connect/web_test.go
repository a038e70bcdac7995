package connect_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
	"time"
)

// webHub is a hub with an empty database that reads one source, at a server
// that a test makes.
type webHub struct {
	*ingest.Runner
	t  *testing.T
	db *pgxpool.Pool
}

// newWebHub declares source "s" of a format at a server's path; more is
// further lines of its declaration.
func newWebHub(t *testing.T, format, address string, more ...string) webHub {
	t.Helper()
	text := "sources:\n  - name: s\n    format: " + format + "\n    address: " + address + "\n    every: 1m\n"
	for _, line := range more {
		text += "    " + line + "\n"
	}
	sources, err := ingest.ParseSources([]byte(text), func(string) string { return "" }, connect.Formats())
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.DB(t, hubtest.Empty())
	h := webHub{&ingest.Runner{DB: db, Sources: sources, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
		Layers: systems.All, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}, t, db}
	if err := h.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h webHub) read() ingest.Result {
	h.t.Helper()
	result, err := h.Read(h.t.Context(), "s")
	if err != nil {
		h.t.Fatal(err)
	}
	return result
}

// fails reads and wants an error that holds a text.
func (h webHub) fails(with string) {
	h.t.Helper()
	if _, err := h.Read(h.t.Context(), "s"); err == nil || !strings.Contains(err.Error(), with) {
		h.t.Fatalf("the read ended with %v, not with one of %q", err, with)
	}
}

// one is a text out of the database.
func (h webHub) one(sql string, args ...any) string {
	h.t.Helper()
	var text *string
	if err := h.db.QueryRow(h.t.Context(), sql, args...).Scan(&text); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	if text == nil {
		return ""
	}
	return *text
}

func (h webHub) want(sql, want string) {
	h.t.Helper()
	if got := h.one(sql); got != want {
		h.t.Errorf("%s: %q, not %q", sql, got, want)
	}
}

// site is a server whose documents a test changes; those named in "down" are
// not to be had, with that status.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	docs  map[string]string
	down  map[string]int
	asked []string // paths, in order; those answered with 304 with a "="
}

func newSite(t *testing.T) *site {
	s := &site{docs: map[string]string{}, down: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, ok := s.docs[r.URL.RequestURI()]
	if status := s.down[r.URL.RequestURI()]; status != 0 || !ok {
		s.asked = append(s.asked, r.URL.RequestURI())
		http.Error(w, "down", max(status, http.StatusNotFound))
		return
	}
	tag := `"` + strings.Repeat("x", len(doc)) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		s.asked = append(s.asked, "="+r.URL.RequestURI())
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.asked = append(s.asked, r.URL.RequestURI())
	w.Write([]byte(doc))
}

func (s *site) put(path, doc string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[path] = doc
	delete(s.down, path)
}

func (s *site) fail(path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[path] = status
}

// since are the paths asked for since the last call.
func (s *site) since() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := strings.Join(s.asked, " ")
	s.asked = nil
	return all
}
