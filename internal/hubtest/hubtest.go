// Package hubtest gives tests a migrated database, the demo province and a
// server over either: the real things, made once a machine.
package hubtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/geo/postgis"
	"geohub/graph"
	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/migrations"
	"geohub/persisted"
	"geohub/plan"
	"geohub/province/prepare"
	"geohub/resolvers"
	"geohub/systems"
)

// Now is the moment at which the test province stands.
var Now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("+07", 7*3600))

// Empty is a migrated database without a row.
func Empty() pgtest.Template {
	return pgtest.Template{Name: "hub", Key: migrations.Hash(), Configure: postgis.Configure, Build: func(ctx context.Context, pool *pgxpool.Pool) error {
		conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, _, err = migrations.Up(ctx, conn)
		return err
	}}
}

// Province is the demo province as of Now, written straight from its own rows;
// what comes over the wire is held against it.
func Province() pgtest.Template {
	t := Prepared()
	t.Name = "province"
	return then(t, load)
}

// Prepared is a database that is ready for its first source: it has units,
// agencies and the demo's keys.
func Prepared() pgtest.Template {
	t := Empty()
	t.Name, t.Key = "prepared", migrations.Hash()+sources()
	return then(t, prepare.Hub)
}

// then fills what a template has built with something more.
func then(t pgtest.Template, fill func(context.Context, *pgx.Conn) error) pgtest.Template {
	build := t.Build
	t.Build = func(ctx context.Context, pool *pgxpool.Pool) error {
		if err := build(ctx, pool); err != nil {
			return err
		}
		conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		if err := postgis.Register(ctx, conn); err != nil {
			return err
		}
		return fill(ctx, conn)
	}
	return t
}

// Runner is a hub's runner of the sources that a sources.yaml declares, at Now.
func Runner(db *pgxpool.Pool, sources string) (*ingest.Runner, error) {
	parsed, err := ingest.ParseSources([]byte(sources), func(string) string { return "" }, connect.Formats())
	if err != nil {
		return nil, err
	}
	return &ingest.Runner{DB: db, Sources: parsed, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
		Layers: systems.All, Clock: func() time.Time { return Now }, Log: slog.New(slog.DiscardHandler), Hub: "test"}, nil
}

// sources is a hash of the code that makes and writes the province, taken once:
// the program that runs was built from it.
var sources = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "../..")
	h := sha256.New()
	for _, dir := range []string{"province", "ingest", "systems", "layer"} {
		filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
				text, _ := os.ReadFile(path)
				fmt.Fprintln(h, path, len(text))
				h.Write(text)
			}
			return err
		})
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})

// Catalog is the catalogue of all layers.
func Catalog(t testing.TB) *layer.Catalog {
	t.Helper()
	c, err := layer.NewCatalog(systems.All, resolvers.Executable().Schema())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The viewers of the tests.
var (
	Anonymous  = access.Viewer{}
	Citizens   = viewer(0)
	Fisheries  = viewer(1)
	Operations = viewer(2)
)

func viewer(i int) access.Viewer {
	k := prepare.Keys()[i]
	return access.Viewer{Name: k.Name, Agency: k.Agency, Grants: k.Grants}
}

// Server serves a database as a hub does, at Now, to holders of the demo's keys.
// Each query is asked of both printers, and the test fails where they differ.
func Server(t testing.TB, pool *pgxpool.Pool, configure ...func(*resolvers.Config)) *Hub {
	t.Helper()
	keys, err := access.NewKeys(pool)
	if err != nil {
		t.Fatal(err)
	}
	catalog := Catalog(t)
	printer, err := plan.New(catalog, plan.Options{Arguments: graph.Arguments})
	if err != nil {
		t.Fatal(err)
	}
	indicators, err := systems.ReadIndicators(resolvers.Executable().Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := resolvers.Config{Catalog: catalog, Printer: printer, Indicators: indicators, DB: pool, Viewer: keys.Viewer,
		Clock: func() time.Time { return Now }, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Limits: resolvers.DefaultLimits()}
	c.Operations = persisted.New(pool, resolvers.Executable().Schema(), catalog, c.Clock)
	for _, f := range configure {
		f(&c)
	}
	s := httptest.NewServer(resolvers.NewServer(c))
	t.Cleanup(s.Close)
	h := &Hub{URL: s.URL, t: t, Printer: c.Printer, Operations: c.Operations, Answers: resolvers.NewPages(c)}
	if c.Printer != nil {
		c.Printer = nil
		typed := httptest.NewServer(resolvers.NewServer(c))
		t.Cleanup(typed.Close)
		h.typed = typed.URL
	}
	return h
}

// Alone leaves a hub without the typed printer beside it, which judges each
// answer of the fast one: for tests that count statements.
func (h Hub) Alone() *Hub {
	h.typed = ""
	return &h
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("hub: %s", bytes.TrimSpace(b))
	return len(b), nil
}

// Hub is a served hub.
type Hub struct {
	URL string
	Key string // sent as X-Api-Key
	// Printer is the hub's fast one.
	Printer *plan.Printer
	// Operations are those that are stored there, and Answers answers them page by page.
	Operations *persisted.Operations
	Answers    func(layer.Querier, access.Viewer) persisted.Session
	typed      string // the address of the same hub with the typed printer only
	t          testing.TB
}

// As is the same hub asked with another key: 0 the citizens' app, 1 fisheries,
// 2 operations.
func (h Hub) As(key int) *Hub {
	h.Key = prepare.Keys()[key].Secret
	return &h
}

// Answer is what a hub says.
type Answer struct {
	Status     int                        `json:"-"`
	Data       json.RawMessage            `json:"data"`
	Errors     []Error                    `json:"errors"`
	Extensions map[string]json.RawMessage `json:"extensions"`
}

// Error is an error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code is the error's stable code.
func (e Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Post sends a query and gives the answer, errors and all.
func (h *Hub) Post(query string, variables map[string]any) Answer {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.Send(body)
}

// Send sends a raw body.
func (h *Hub) Send(body []byte) Answer {
	h.t.Helper()
	status, text := h.send(h.URL, body)
	if h.typed != "" && !bytes.Contains(body, []byte("mutation")) {
		if d := h.judge(body, text); d != "" {
			h.t.Error(d)
		}
	}
	a := Answer{Status: status}
	if err := json.Unmarshal(text, &a); err != nil {
		h.t.Fatalf("answer is not JSON: %v\n%s", err, text)
	}
	return a
}

// Differ says how the two printers' answers to a request differ; "" when they
// don't.
func (h *Hub) Differ(body []byte) string {
	h.t.Helper()
	_, text := h.send(h.URL, body)
	return h.judge(body, text)
}

func (h *Hub) judge(body, text []byte) string {
	h.t.Helper()
	if _, want := h.send(h.typed, body); !same(text, want) {
		return fmt.Sprintf("the printers differ over %s\nfast:  %s\ntyped: %s", body, text, want)
	}
	return ""
}

// same compares two answers byte by byte, but for the order of errors, which
// nobody promises, and the ids of the requests.
func same(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	sorted := func(text []byte) []byte {
		var answer struct{ Errors []json.RawMessage }
		if json.Unmarshal(text, &answer) != nil || len(answer.Errors) == 0 {
			return text
		}
		_, rest, _ := bytes.Cut(text, []byte(`,"data":`))
		slices.SortFunc(answer.Errors, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		for _, e := range answer.Errors {
			rest = append(append(rest, '\n'), e...)
		}
		return requestIDs.ReplaceAll(rest, nil)
	}
	return bytes.Equal(sorted(a), sorted(b))
}

var requestIDs = regexp.MustCompile(`"requestId":"[0-9a-f]+"`)

func (h *Hub) send(url string, body []byte) (status int, text []byte) {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if h.Key != "" {
		req.Header.Set("X-Api-Key", h.Key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, text
}

// Ask sends a query that must succeed and reads its data into out.
func (h *Hub) Ask(query string, variables map[string]any, out any) {
	h.t.Helper()
	a := h.Post(query, variables)
	if len(a.Errors) > 0 {
		h.t.Fatalf("%s\nasked: %s", a.Errors[0].Message, query)
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		h.t.Fatalf("read answer: %v\n%s", err, a.Data)
	}
}
