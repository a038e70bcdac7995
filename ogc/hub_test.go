package ogc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/ogc"
	"geohub/province/prepare"
	"geohub/tiles"
)

var province = sync.OnceValue(hubtest.Province)

// hub is the province served by OGC API and, to judge it, by GraphQL.
type hub struct {
	url     string
	key     string
	graphql *hubtest.Hub
	t       *testing.T
}

func serve(t *testing.T) hub {
	t.Helper()
	return serveDB(t, pgtest.Shared(t, province()))
}

func serveDB(t *testing.T, pool *pgxpool.Pool, configure ...func(*ogc.Config)) hub {
	t.Helper()
	keys, err := access.NewKeys(pool)
	if err != nil {
		t.Fatal(err)
	}
	graphql := hubtest.Server(t, pool)
	clock, log := func() time.Time { return hubtest.Now }, slog.New(slog.DiscardHandler)
	drawn := tiles.NewHandler(tiles.Config{Catalog: hubtest.Catalog(t), DB: pool, Operations: graphql.Operations, Answers: graphql.Answers, Viewer: keys.Viewer, Clock: clock, Log: log})
	mux := http.NewServeMux()
	mux.Handle("/tiles/", drawn)
	c := ogc.Config{Catalog: hubtest.Catalog(t), DB: pool, Exports: pool, Operations: graphql.Operations, Answers: graphql.Answers, Tiles: drawn, Viewer: keys.Viewer, Clock: clock, Log: log}
	for _, f := range configure {
		f(&c)
	}
	mux.Handle("/", ogc.New(c))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return hub{url: s.URL, graphql: graphql.Alone(), t: t}
}

// as is the hub asked with a key: 0 the citizens' app, 1 fisheries, 2 operations;
// -1 without one.
func (h hub) as(key int) hub {
	if h.key = ""; key >= 0 {
		h.key, h.graphql = prepare.Keys()[key].Secret, h.graphql.As(key)
	}
	return h
}

// get asks for a path with parameters, given as name, value, ….
func (h hub) get(path string, parameters ...string) (*http.Response, []byte) {
	h.t.Helper()
	v := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		v.Add(parameters[i], parameters[i+1])
	}
	address := h.url + path
	if strings.HasPrefix(path, "http") {
		address = path
	}
	if len(v) > 0 {
		address += "?" + v.Encode()
	}
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.key != "" {
		r.Header.Set("X-Api-Key", h.key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp, body
}

type feature struct {
	ID       string
	Geometry *struct {
		Type        string
		Coordinates json.RawMessage
	}
	Properties map[string]any
}

type link struct {
	Href, Rel, Type string
	Templated       bool
}

type features struct {
	Features       []feature
	Links          []link
	NumberMatched  int
	NumberReturned int
	TimeStamp      time.Time
}

func (f features) link(rel string) string {
	for _, l := range f.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// items asks for features, which must be there.
func (h hub) items(path string, parameters ...string) features {
	h.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = "/ogc/collections/" + path + "/items"
	}
	resp, body := h.get(path, parameters...)
	var f features
	if err := json.Unmarshal(body, &f); err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/geo+json" {
		h.t.Fatalf("%s %v: %d %v %.500s", path, parameters, resp.StatusCode, err, body)
	}
	return f
}

// total is what GraphQL counts.
func (h hub) total(field, arguments string) int {
	h.t.Helper()
	if arguments != "" {
		arguments = "(" + arguments + ")"
	}
	var got map[string]struct{ TotalCount int }
	h.graphql.Ask(fmt.Sprintf("{ %s%s { totalCount } }", field, arguments), nil, &got)
	return got[field].TotalCount
}
