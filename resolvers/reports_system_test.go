package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/outbox"
	"geohub/resolvers"
)

// reportsSystem stands for a reporting service somewhere: Open311 over real
// HTTP, with the faults that a real one has.
type reportsSystem struct {
	*httptest.Server
	mu      sync.Mutex
	posts   []url.Values          // what was posted to /requests, refused or not
	kept    []url.Values          // what became a request; its number is its place + 1
	ratings map[string]url.Values // by number
	asked   []string              // GET, path and query
	// before answers in the place of the next requests of POST /requests; it says
	// whether the report is kept all the same.
	before []func(w http.ResponseWriter, keep func())
	tokens bool // answer with a token
	known  bool // the tokens' numbers are known
	// plain knows nothing of clientId.
	plain bool
}

func newReportsSystem(t *testing.T) *reportsSystem {
	s := &reportsSystem{ratings: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/requests.json", s.post)
	mux.HandleFunc("POST /v2/requests/{id}/rating.json", s.rate)
	mux.HandleFunc("GET /v2/requests.json", s.list)
	mux.HandleFunc("GET /v2/tokens/{token}", s.token)
	mux.HandleFunc("GET /v2/services.json", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `[{"service_code":"FLOODING","service_name":"Ngập úng","service_name_en":"Flooding","group":"Thiên tai","keywords":"ngập, lụt","metadata":true,"type":"realtime"},
			{"service_code":"TREE","service_name":"Cây đổ","metadata":false,"type":"realtime"}]`)
	})
	mux.HandleFunc("GET /v2/services/FLOODING.json", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"service_code":"FLOODING","attributes":[
			{"variable":true,"code":"SEEN","datatype":"multivaluelist","required":false,"order":2,"description":"Có gì?","values":[{"key":"CAR","name":"Xe"},{"key":"BOAT"}]},
			{"variable":true,"code":"DEPTH","datatype":"number","required":true,"order":1,"description":"Sâu bao nhiêu?"},
			{"variable":false,"code":"NOTE","order":3,"description":"Cẩn thận."}]}`)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *reportsSystem) post(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	s.mu.Lock()
	s.posts = append(s.posts, r.PostForm)
	var before func(http.ResponseWriter, func())
	if len(s.before) > 0 {
		before, s.before = s.before[0], s.before[1:]
	}
	s.mu.Unlock()
	keep := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept = append(s.kept, r.PostForm)
	}
	if before != nil {
		before(w, keep)
		return
	}
	keep()
	s.mu.Lock()
	defer s.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	if s.tokens {
		fmt.Fprintf(w, `[{"token":"T-%d","service_notice":""}]`, len(s.kept))
		return
	}
	fmt.Fprintf(w, `[{"service_request_id":"HUE-%d","service_notice":"Cảm ơn","account_id":null}]`, len(s.kept))
}

func (s *reportsSystem) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.String())
	out := []any{}
	for i, form := range s.kept {
		request := map[string]any{"service_request_id": fmt.Sprint("HUE-", i+1), "status": "open", "service_code": form.Get("service_code")}
		if !s.plain {
			if form.Get("attribute[client_id]") != r.URL.Query().Get("client_id") {
				continue
			}
			request["extended_attributes"] = map[string]any{"client_id": form.Get("attribute[client_id]")}
		}
		out = append(out, request)
	}
	json.NewEncoder(w).Encode(out)
}

func (s *reportsSystem) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.String())
	token := strings.TrimSuffix(r.PathValue("token"), ".json")
	if !s.known {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `[{"code":404,"description":"not yet"}]`)
		return
	}
	fmt.Fprintf(w, `[{"service_request_id":"HUE-%s","token":%q}]`, strings.TrimPrefix(token, "T-"), token)
}

func (s *reportsSystem) rate(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ratings[r.PathValue("id")] = r.PostForm
	fmt.Fprint(w, `[]`)
}

// count tells how many posts came and how many requests there are.
func (s *reportsSystem) count() (posts, kept int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.posts), len(s.kept)
}

// source declares it as sources.yaml would.
func (s *reportsSystem) source() *ingest.Source {
	return &ingest.Source{Name: "hue-s", Format: "open311", Address: s.URL + "/v2", Password: "key-of-the-hub", Outbox: true, Location: time.UTC}
}

// outboxOf is a hub's outbox over a database, not yet running.
func outboxOf(t *testing.T, pool *pgxpool.Pool, clock func() time.Time, sources ...*ingest.Source) *outbox.Outbox {
	t.Helper()
	box, err := outbox.New(pool, sources, clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// emptyHub is a database without a feature that takes the demo's keys.
func emptyHub(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.DB(t, hubtest.Prepared())
}

// put writes rows of a layer, as ingest does when they come back.
func put[T any](t *testing.T, pool *pgxpool.Pool, l *layer.Layer[T], rows ...*T) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := ingest.Upsert(t.Context(), tx, l, rows)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// until asks again and again until the answer is yes.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !yes(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
		runtime.Gosched()
	}
}

// desk is a hub with an outbox that runs, over a database of its own.
type desk struct {
	*hubtest.Hub
	pool *pgxpool.Pool
	box  *outbox.Outbox
}

func newDesk(t *testing.T, sources ...*ingest.Source) desk {
	t.Helper()
	pool := emptyHub(t)
	box := outboxOf(t, pool, time.Now, sources...)
	run(t, box)
	return desk{hubtest.Server(t, pool, func(c *resolvers.Config) { c.Outbox = box }), pool, box}
}

// run delivers until the test ends, or until what it gives is called.
func run(t *testing.T, box *outbox.Outbox) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		box.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}
