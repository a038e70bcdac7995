package tiles

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"geohub/access"
	"geohub/cql2"
	"geohub/geo"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/tiles/mvt"
)

// description is TileJSON 3.0.0, see https://github.com/mapbox/tilejson-spec.
type description struct {
	TileJSON     string        `json:"tilejson"`
	Name         string        `json:"name"`
	Tiles        []string      `json:"tiles"`
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       *geo.BBox     `json:"bounds,omitempty"` // left out: the world
	Attribution  string        `json:"attribution,omitempty"`
	VectorLayers []vectorLayer `json:"vector_layers"`
}

type vectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

func (h *handler) serveDescription(w http.ResponseWriter, req *http.Request, viewer access.Viewer, q question) {
	r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil)
	defer r.Done()
	d, err := h.describe(req.Context(), r, q)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	d.Tiles = []string{tilesAt(hostOf(req), q)}
	h.sendJSON(w, req, "application/json", d)
}

// sendJSON sends what holds the address it was asked at: it is never for a cache
// that others share.
func (h *handler) sendJSON(w http.ResponseWriter, req *http.Request, mime string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=10")
	newAnswer(mime, body).send(w, req)
}

// hostOf is the address that was asked, without a path. A proxy in front may say
// that it was asked by TLS.
func hostOf(req *http.Request) string {
	scheme := "http"
	if req.TLS != nil || req.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + req.Host
}

// tilesAt is the template of the tiles' addresses at a host.
func tilesAt(host string, q question) string {
	at := host + "/tiles/" + q.names + "/{z}/{x}/{y}.mvt"
	more := url.Values{}
	if q.asOf != nil {
		more.Set("asOf", q.asOf.Format(time.RFC3339Nano))
	}
	if q.active {
		more.Set("active", "true")
	}
	if q.filter != nil {
		more.Set("filter", cql2.Text(q.filter))
	}
	if len(more) > 0 {
		at += "?" + more.Encode()
	}
	return at
}

func (h *handler) describe(ctx context.Context, r *layer.Reader, q question) (*description, error) {
	r.Together()
	if q.asOf != nil {
		r = r.At(*q.asOf)
	}
	d := &description{TileJSON: "3.0.0", MaxZoom: mvt.MaxZoom}
	var titles, owners []string
	for _, s := range q.layers {
		info := h.Catalog.Info(s)
		titles = append(titles, info.Title.VI)
		d.VectorLayers = append(d.VectorLayers, vectorLayer{ID: s.Field, Description: info.Description, MaxZoom: mvt.MaxZoom, Fields: fieldsOf(r, info, s)})
		a, err := r.Agency(ctx, s.Agency)
		if err != nil {
			return nil, err
		}
		if a != nil && !slices.Contains(owners, a.Name(nil)) {
			owners = append(owners, a.Name(nil))
		}
	}
	d.Name, d.Attribution = strings.Join(titles, ", "), strings.Join(owners, ", ")
	var err error
	if d.Bounds, err = boundsOf(ctx, r, q.layers); err != nil {
		return nil, err
	}
	return d, nil
}

// fieldsOf says of each property what it holds.
func fieldsOf(r *layer.Reader, info *layer.Info, s *layer.System) map[string]string {
	out := map[string]string{"id": "String. " + info.Field("id").Description}
	for _, p := range propertiesOf(r, s) {
		m := info.Field(p.name)
		kind := kindOf(p.kind)
		if m.Measure != "" {
			kind += ", " + m.Measure
		}
		out[p.name] = kind + ". " + m.Description
	}
	if s.Points {
		out["cluster"] = "Boolean. True on a point that stands for several features."
		out["point_count"] = "Number. How many features a cluster stands for."
	}
	return out
}

// kindOf is what a property of a kind is in a tile.
func kindOf(k layer.Kind) string {
	switch k {
	case layer.KindFloat, layer.KindInt:
		return "Number"
	case layer.KindBool:
		return "Boolean"
	}
	return "String"
}

const (
	// boundsWithin is how long the bounds may take to be read.
	boundsWithin = time.Second

	// around is how far beyond the features bounds reach, in degrees: clients
	// don't ask for tiles outside, where a vessel may be by then.
	around = 0.5
)

// boundsOf is the box round the layers; nil, which is the world, when there is
// nothing or reading it would take long.
func boundsOf(ctx context.Context, r *layer.Reader, systems []*layer.System) (*geo.BBox, error) {
	ctx, cancel := context.WithTimeout(ctx, boundsWithin)
	defer cancel()
	boxes, err := r.Extents(ctx, systems)
	if f := fault.Of(err); f != nil && f.Code == "TIMEOUT" || errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all *geo.BBox
	for _, b := range boxes {
		all = all.Union(b)
	}
	if all == nil {
		return nil, nil
	}
	return &geo.BBox{max(-180, all[0]-around), max(-mvt.MaxLat, all[1]-around), min(180, all[2]+around), min(mvt.MaxLat, all[3]+around)}, nil
}
