package tiles

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"geohub/access"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/persisted"
	"geohub/pmtiles"
	"geohub/tiles/mvt"
)

// Config is what a handler needs.
type Config struct {
	Catalog *layer.Catalog
	DB      layer.Querier
	// Viewer tells who asks; an error is answered with 401.
	Viewer func(*http.Request) (access.Viewer, error)
	Clock  func() time.Time
	Log    *slog.Logger
	// Operations are those that clients have stored, and Answers begins the sessions
	// that answer them; nil: there are no tiles of them.
	Operations *persisted.Operations
	Answers    func(layer.Querier, access.Viewer) persisted.Session
	// Cache keeps finished tiles; nil: none are kept.
	Cache *Cache
	// Basemap lies beneath the layers of /style.json; nil: communes and wards do.
	Basemap *pmtiles.File
	// Limit is how many features of a layer a tile holds at most, or a few more;
	// 0 means 5,000.
	Limit int
}

// requestTimeout bounds a whole request.
const requestTimeout = 10 * time.Second

type handler struct{ Config }

// NewHandler answers everything below /tiles/, and /style.json.
func NewHandler(c Config) http.Handler {
	if c.Limit == 0 {
		c.Limit = 5000
	}
	return &handler{c}
}

// ServeHTTP is http.Handler's.
func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), requestTimeout)
	defer cancel()
	req = req.WithContext(ctx)
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.refuse(w, req, http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "tiles are asked for by GET"))
		return
	}
	viewer, err := h.Viewer(req)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	switch path := req.URL.Path; {
	case strings.HasPrefix(path, basemapAt):
		h.serveBasemap(w, req)
		return
	case path == "/style.json":
		h.serveStyle(w, req, viewer)
		return
	case path == "/tiles/units.geojson":
		h.serveUnits(w, req, viewer)
		return
	case strings.HasPrefix(path, operations):
		if err := h.serveOperation(w, req, viewer); err != nil {
			h.fail(w, req, err)
		}
		return
	}
	q, err := h.question(req)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	if q.describes {
		h.serveDescription(w, req, viewer, q)
		return
	}
	h.serveTile(w, req, viewer, q)
}

func (h *handler) serveTile(w http.ResponseWriter, req *http.Request, viewer access.Viewer, q question) {
	key := q.key(viewer)
	since := h.Cache.now()
	t := h.Cache.find(key, h.Clock())
	if t == nil {
		r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil)
		defer r.Done()
		body, err := h.draw(req.Context(), r, q)
		if err != nil {
			h.fail(w, req, err)
			return
		}
		t = newAnswer("application/vnd.mapbox-vector-tile", body)
		h.Cache.keep(req.Context(), key, since, t, r)
	}
	scope := "public"
	if !viewer.Anonymous() {
		scope = "private"
	}
	w.Header().Set("Cache-Control", scope+", max-age=10")
	t.send(w, req)
}

// draw makes the tile of a question.
func (h *handler) draw(ctx context.Context, r *layer.Reader, q question) ([]byte, error) {
	if len(q.layers) > 1 {
		r.Together()
	}
	if q.asOf != nil {
		r = r.At(*q.asOf)
	}
	e := encoders.Get().(*mvt.Encoder)
	defer release(e)
	var body []byte
	for _, s := range q.layers {
		d := drawing{r: r, s: s, tile: q.tile, filter: q.filter, active: q.active, limit: h.Limit, encoder: e}
		drawn, err := d.draw(ctx)
		if err != nil {
			return nil, err
		}
		if drawn {
			body = e.Append(body)
		}
	}
	return body, nil
}
