package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHandler(t *testing.T) {
	built := fstest.MapFS{
		"index.html":             {Data: []byte("<title>GeoHub</title>")},
		"map.html":               {Data: []byte("<title>Map</title>")},
		"fonts/be-400.woff2.gz":  {Data: pack(t, "wOF2")},
		"assets/index-abc.js.gz": {Data: pack(t, "let x")},
		"licenses.md.gz":         {Data: pack(t, "MIT")},
		".keep":                  {},
	}
	bare := fstest.MapFS{".keep": {}}
	console := Console{
		Endpoint: "/graphql",
		Keys:     []Key{{"app", "App", "k1"}, {"ops", "Ops <centre>", "k2"}},
	}

	tests := []struct {
		name         string
		dist         fs.FS
		method, path string
		encoding     string
		status       int
		header       map[string]string
		body         []string
	}{
		{name: "index", dist: built, path: "/", status: 200,
			header: map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"},
			body:   []string{"<title>GeoHub</title>"}},
		{name: "map", dist: built, path: "/map", status: 200,
			header: map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"},
			body:   []string{"<title>Map</title>"}},
		{name: "map not built", dist: bare, path: "/map", status: 200, body: []string{"Install Node ≥ 20"}},
		{name: "font", dist: built, path: "/fonts/be-400.woff2", status: 200,
			header: map[string]string{"Cache-Control": "public, max-age=86400", "Content-Type": "font/woff2"}, body: []string{"wOF2"}},
		{name: "asset packed", dist: built, path: "/assets/index-abc.js", encoding: "br, gzip", status: 200,
			header: map[string]string{
				"Cache-Control":    "public, max-age=31536000, immutable",
				"Content-Encoding": "gzip", "Vary": "Accept-Encoding",
				"Content-Type": "text/javascript; charset=utf-8"},
			body: []string{string(pack(t, "let x"))}},
		{name: "asset unpacked", dist: built, path: "/assets/index-abc.js", status: 200,
			header: map[string]string{"Content-Encoding": ""}, body: []string{"let x"}},
		{name: "gzip refused", dist: built, path: "/assets/index-abc.js", encoding: "gzip;q=0", status: 200,
			header: map[string]string{"Content-Encoding": ""}, body: []string{"let x"}},
		{name: "unhashed file", dist: built, path: "/licenses.md", status: 200,
			header: map[string]string{"Cache-Control": "no-cache"}, body: []string{"MIT"}},
		{name: "head", dist: built, method: "HEAD", path: "/", status: 200,
			header: map[string]string{"Content-Length": "21"}},
		{name: "post", dist: built, method: "POST", path: "/", status: 405,
			header: map[string]string{"Allow": "GET, HEAD"}},
		{name: "unknown", dist: built, path: "/assets/old.js", status: 404},
		{name: "outside", dist: built, path: "/../web.go", status: 404},
		{name: "folder", dist: built, path: "/assets/", status: 404},
		{name: "console", dist: built, path: "/console.json", status: 200,
			header: map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json"},
			body:   []string{`"endpoint":"/graphql"`, `"key":"k2"`, `"examples":[]`}},
		{name: "not built", dist: bare, path: "/", status: 200,
			header: map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"},
			body: []string{"Hãy cài Node ≥ 20", "Install Node ≥ 20", "curl -s http://hub.test/graphql",
				"X-Api-Key: k2", "Ops &lt;centre&gt;"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.method == "" {
				tt.method = http.MethodGet
			}
			r := httptest.NewRequest(tt.method, "http://hub.test/", nil)
			r.URL.Path = tt.path
			if tt.encoding != "" {
				r.Header.Set("Accept-Encoding", tt.encoding)
			}
			w := httptest.NewRecorder()
			handler{tt.dist, console}.ServeHTTP(w, r)

			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			for name, want := range tt.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for _, want := range tt.body {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("body lacks %q:\n%s", want, w.Body)
				}
			}
			if tt.method == http.MethodHead && w.Body.Len() > 0 {
				t.Errorf("body of a HEAD: %q", w.Body)
			}
			if tt.status == http.StatusOK {
				if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
					t.Errorf("X-Content-Type-Options: %q", got)
				}
				if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self';") || strings.Contains(got, "http") {
					t.Errorf("Content-Security-Policy: %q", got)
				}
			}
		})
	}
}

func TestVersion(t *testing.T) {
	version := func(c Console) string {
		t.Helper()
		body, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Version string }
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		return page.Version
	}
	one := Console{Examples: []Example{{Query: "{ layers { name } }"}}}
	two := Console{Examples: []Example{{Query: "{ layers { count } }"}}}
	if a, b := version(one), version(one); a != b || len(a) != 12 {
		t.Errorf("same examples: %q and %q", a, b)
	}
	if version(one) == version(two) {
		t.Error("other examples have the same version")
	}
}

func TestExamples(t *testing.T) {
	all, err := Examples()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 12 {
		t.Errorf("%d examples, want a dozen", len(all))
	}
	// The tab's title is the operation's name, as GraphiQL finds it.
	operation := regexp.MustCompile(`(?m)^(?:query|subscription) ([A-Z]\w*)`)
	names := map[string]bool{}
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			if !strings.Contains(e.Title, " — ") {
				t.Errorf("title %q is not in both languages", e.Title)
			}
			found := operation.FindAllStringSubmatch(e.Query, -1)
			if len(found) != 1 {
				t.Fatalf("operations: %v, want one with a name", found)
			}
			if name := found[0][1]; names[name] {
				t.Errorf("operation %s is there twice", name)
			} else {
				names[name] = true
			}
			if declares := strings.Contains(e.Query, "($"); declares != (e.Variables != nil) {
				t.Errorf("declares variables: %v, has a .json: %v", declares, e.Variables != nil)
			}
		})
	}
}

func TestReadExamplesRefuses(t *testing.T) {
	tests := []struct {
		name string
		file string
		data string
		vars string
		want string
	}{
		{"no title", "examples/01-a.graphql", "query A { a }", "", "01-a.graphql: the first line"},
		{"no number", "examples/a.graphql", "# A — a\nquery A { a }", "", "no number"},
		{"variables of no object", "examples/01-a.graphql", "# A — a\nquery A { a }", "[1]", "variables: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{tt.file: {Data: []byte(tt.data)}}
			if tt.vars != "" {
				fsys["examples/01-a.json"] = &fstest.MapFile{Data: []byte(tt.vars)}
			}
			_, err := readExamples(fsys)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
