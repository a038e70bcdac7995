// Package web is what people look at: the console, which is GraphiQL with the hub's
// examples and demo keys, and the map of all layers.
//
// The pages are built from src/ by `npm ci && npm run build` and embedded. The
// one rule: nothing they need comes from another machine, and their
// Content-Security-Policy forbids it. A binary built without Node serves a
// plain page that says so in their place.
//
//	examples, err := web.Examples()
//	…
//	mux.Handle("/", web.Handler(web.Console{Endpoint: "/graphql", Keys: keys, Examples: examples}))
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// Console is what the pages must be told; they read it from /console.json.
type Console struct {
	// Endpoint is the GraphQL endpoint's path, "/graphql". Subscriptions go to
	// the same path by graphql-transport-ws.
	Endpoint string
	// Keys may be nil. Every tab starts with the last one, and the page offers
	// the others. Whoever reaches the page reads them: demo keys only.
	Keys []Key
	// Examples become the tabs of a first visit, in this order.
	Examples []Example
}

// Key is one demo key.
type Key struct {
	Name  string `json:"name"`  // short and unique: "citizen"
	Title string `json:"title"` // what users see
	Key   string `json:"key"`   // the value of X-Api-Key
}

// Handler serves the console at /, the map at /map, what they are built of under
// /assets/ and /fonts/, and c at /console.json. It answers 404 to every other path, so it can be mounted at /.
func Handler(c Console) http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // only for an invalid path, and "dist" is none
	}
	return handler{dist, c}
}

type handler struct {
	dist    fs.FS
	console Console
}

// The policy names no scheme for sockets: 'self' covers ws: and wss: of the
// same origin. Monaco and GraphiQL write style elements and attributes.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"worker-src 'self' blob:; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	switch r.URL.Path {
	case "/", "/index.html":
		h.page(w, r, "index.html")
	case "/map":
		h.page(w, r, "map.html")
	case "/console.json":
		h.consoleJSON(w, r)
	default:
		h.file(w, r)
	}
}

func (h handler) page(w http.ResponseWriter, r *http.Request, name string) {
	page, err := fs.ReadFile(h.dist, name)
	if err != nil {
		page = h.plainPage(r)
	}
	w.Header().Set("Cache-Control", "no-cache")
	send(w, r, "text/html; charset=utf-8", page)
}

func (h handler) consoleJSON(w http.ResponseWriter, r *http.Request) {
	body, err := h.console.encode()
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, "application/json", body)
}

// encode adds a version: tabs kept in a browser belong to the examples and
// keys they were made from.
func (c Console) encode() ([]byte, error) {
	page := struct {
		Endpoint string    `json:"endpoint"`
		Keys     []Key     `json:"keys"`
		Examples []Example `json:"examples"`
		Version  string    `json:"version"`
	}{c.Endpoint, c.Keys, c.Examples, ""}
	if page.Keys == nil {
		page.Keys = []Key{}
	}
	if page.Examples == nil {
		page.Examples = []Example{}
	}
	unversioned, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(unversioned)
	page.Version = hex.EncodeToString(sum[:6])
	return json.Marshal(page)
}

// file serves what the build left: each file as name.gz alone.
func (h handler) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	body, err := fs.ReadFile(h.dist, name+".gz")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	switch {
	case strings.HasPrefix(name, "assets/"): // names carry a hash of the contents
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	case strings.HasPrefix(name, "fonts/"):
		w.Header().Set("Cache-Control", "public, max-age=86400")
	default:
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("Vary", "Accept-Encoding")
	if takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
	} else if body, err = gunzip(body); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	send(w, r, contentType(name), body)
}

func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader that left needs no answer
	}
}

// contentType is not mime.TypeByExtension: that one reads the machine's tables,
// and scripts must have their type under nosniff.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".ttf":
		return "font/ttf"
	case ".woff":
		return "font/woff"
	case ".woff2":
		return "font/woff2"
	case ".md":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return !found || strings.Trim(q, "0.") != ""
		}
	}
	return false
}

func gunzip(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

//go:embed plain.html
var plainHTML string

var plain = template.Must(template.New("plain").Parse(plainHTML))

// plainPage stands in for GraphiQL in a binary that was built without Node.
func (h handler) plainPage(r *http.Request) []byte {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	page := struct {
		URL  string
		Key  string
		Keys []Key
	}{URL: scheme + "://" + r.Host + h.console.Endpoint, Keys: h.console.Keys}
	if n := len(page.Keys); n > 0 {
		page.Key = page.Keys[n-1].Key
	}
	var b bytes.Buffer
	if err := plain.Execute(&b, page); err != nil {
		panic(err) // the template is ours and takes any strings
	}
	return b.Bytes()
}
