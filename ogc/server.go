package ogc

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"geohub/access"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/persisted"
)

// Config is what a server needs.
type Config struct {
	Catalog *layer.Catalog
	DB      layer.Querier
	// Exports is a database whose statements may take as long as they need, of
	// ExportsAtOnce connections; nil: nothing is exported.
	Exports layer.Querier
	// Operations are those that clients have stored, and Answers begins the sessions
	// that answer them; nil: none are served.
	Operations *persisted.Operations
	Answers    func(layer.Querier, access.Viewer) persisted.Session
	// Tiles draws what is below /tiles/; nil: there are no tiles.
	Tiles http.Handler
	// Viewer tells who asks; an error is answered with 401.
	Viewer func(*http.Request) (access.Viewer, error)
	Clock  func() time.Time
	Log    *slog.Logger
}

// requestTimeout bounds a whole request that is no export.
const requestTimeout = 10 * time.Second

type server struct {
	Config
	exporting chan struct{} // as many as run
}

// New answers what is under /ogc/ and, with Exports, under /export/ and /q/.
func New(c Config) http.Handler {
	s := &server{c, make(chan struct{}, ExportsAtOnce)}
	mux := http.NewServeMux()
	answers := map[string]func(*request) error{
		"/ogc":                          (*request).landing,
		"/ogc/{$}":                      (*request).landing,
		"/ogc/conformance":              (*request).conformance,
		"/ogc/api":                      (*request).openAPI,
		"/ogc/collections":              (*request).collections,
		"/ogc/collections/{collection}": ofEither((*request).collection, (*request).operationCollection),
		"/ogc/collections/{collection}/queryables":      ofEither((*request).queryables, (*request).noQueryables),
		"/ogc/collections/{collection}/schema":          ofEither((*request).schema, (*request).operationSchema),
		"/ogc/collections/{collection}/items":           ofEither((*request).items, (*request).operationItems),
		"/ogc/collections/{collection}/items/{feature}": ofEither((*request).item, (*request).operationItem),
		"/ogc/": (*request).nothing,
	}
	if c.Tiles != nil {
		answers["/ogc/tileMatrixSets"] = (*request).tileMatrixSets
		answers["/ogc/tileMatrixSets/{set}"] = (*request).tileMatrixSet
		answers["/ogc/collections/{collection}/tiles"] = (*request).tilesets
		answers["/ogc/collections/{collection}/tiles/{set}"] = (*request).tileset
		mux.HandleFunc("GET /ogc/collections/{collection}/tiles/{set}/{tileMatrix}/{tileRow}/{tileCol}", s.tile)
	}
	for pattern, answer := range answers {
		mux.Handle("GET "+pattern, s.handler(requestTimeout, answer))
	}
	if c.Exports != nil {
		mux.Handle("GET /export/{file}", s.handler(exportTimeout, (*request).export))
	}
	if c.Exports != nil && c.Operations != nil {
		mux.Handle("GET /q/{file}", s.handler(exportTimeout, (*request).exportOperation))
	}
	return mux
}

// request is one on its way to its answer.
type request struct {
	*server
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context
	viewer access.Viewer
	now    time.Time
}

func (s *server) handler(timeout time.Duration, answer func(*request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		q := &request{server: s, w: w, r: r, ctx: ctx, now: s.Clock()}
		w.Header().Set("Vary", "Accept, X-Api-Key, Authorization")
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		var err error
		if q.viewer, err = s.Viewer(r); err == nil {
			err = answer(q)
		}
		if err != nil {
			q.refuse(err)
		}
	})
}

// nothing is where there is nothing.
func (q *request) nothing() error {
	return fault.NotFound("there is nothing at %s; begin at %s", q.r.URL.Path, "/ogc/")
}

// system is the layer that the path names.
func (q *request) system() (*layer.System, error) { return q.systemOf(q.r.PathValue("collection")) }

func (q *request) systemOf(name string) (*layer.System, error) {
	for _, s := range q.Catalog.Systems() {
		if s.Field == name {
			return s, nil
		}
	}
	return nil, fault.NotFound("there is no collection %q; /ogc/collections lists them", name)
}

// read starts an operation on a layer.
func (q *request) read(db layer.Querier, s *layer.System, asOf *time.Time) *layer.Reader {
	r := q.Catalog.Read(db, q.viewer, q.now, nil)
	if asOf != nil {
		return r.At(*asOf)
	}
	return r
}

// link is one by RFC 8288.
type link struct {
	Href      string `json:"href"`
	Rel       string `json:"rel"`
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Templated bool   `json:"templated,omitempty"`
}

// base is the address of /ogc as the client knows it.
func (q *request) base() string { return q.host() + "/ogc" }

// host is the address that was asked, without a path.
func (q *request) host() string {
	scheme := "http"
	if q.r.TLS != nil || strings.EqualFold(q.r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + q.r.Host
}

// self is the address of what is asked, with other values of some parameters; an
// empty value takes one out.
func (q *request) self(changes ...string) string {
	v := q.r.URL.Query()
	for i := 0; i < len(changes); i += 2 {
		v.Del(changes[i])
		if changes[i+1] != "" {
			v.Set(changes[i], changes[i+1])
		}
	}
	out := q.host() + q.r.URL.EscapedPath()
	if len(v) > 0 {
		out += "?" + v.Encode()
	}
	return out
}

// Media types.
const (
	typeJSON    = "application/json"
	typeGeoJSON = "application/geo+json"
	typeHTML    = "text/html"
	typeSchema  = "application/schema+json"
	typeOpenAPI = "application/vnd.oai.openapi+json;version=3.0"
	typeProblem = "application/problem+json"
)

// selves are links to what is asked in both its forms.
func (q *request) selves(asJSON string, html bool) []link {
	own, other := link{q.self("f", "json"), "self", asJSON, "", false}, link{q.self("f", "html"), "alternate", typeHTML, "", false}
	if html {
		own.Rel, other.Rel = "alternate", "self"
	}
	return []link{own, other}
}

func (q *request) json(media string, v any) error {
	q.w.Header().Set("Content-Type", media)
	return q.encode(v)
}

// encode writes v; that a client left is not for the log.
func (q *request) encode(v any) error {
	e := json.NewEncoder(q.w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return nil
}
