package tiles

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"geohub/access"
	"geohub/geo"
	"geohub/internal/fault"
	"geohub/layer"
)

// style is a map of layers by the MapLibre Style Specification, see
// https://maplibre.org/maplibre-style-spec/.
type style struct {
	Version   int                   `json:"version"`
	Name      string                `json:"name"`
	Metadata  styleMetadata         `json:"metadata"`
	Center    *[2]float64           `json:"center,omitempty"`
	Zoom      float64               `json:"zoom,omitempty"`
	FontFaces map[string][]fontFace `json:"font-faces"`
	Sources   map[string]any        `json:"sources"`
	Layers    []styleLayer          `json:"layers"`
}

// styleMetadata is what a map's page needs beside the drawing: legends, and where
// to begin.
type styleMetadata struct {
	Bounds *geo.BBox     `json:"hub:bounds,omitempty"` // of the province
	Layers []layerLegend `json:"hub:layers"`
}

// layerLegend says how a layer is drawn.
type layerLegend struct {
	Layer  string `json:"layer"`
	Title  titles `json:"title"`
	Colour string `json:"colour"`
	// Active says that only what is in force is drawn.
	Active bool `json:"active,omitempty"`
	// Field gives the colours; empty: there is the one colour.
	Field  string        `json:"field,omitempty"`
	Legend []legendEntry `json:"legend,omitempty"`
	// Drawn are the style's layers that draw it.
	Drawn []string `json:"drawn"`
}

// legendEntry is the colour of one value of an enum.
type legendEntry struct {
	Value  string `json:"value"`
	Title  titles `json:"title"`
	Colour string `json:"colour"`
}

type titles struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// vectorSource is where a layer's tiles are.
type vectorSource struct {
	Type        string   `json:"type"`
	Tiles       []string `json:"tiles"`
	MaxZoom     int      `json:"maxzoom"`
	Attribution string   `json:"attribution,omitempty"`
}

// geojsonSource is a file that is drawn as a whole.
type geojsonSource struct {
	Type string `json:"type"`
	Data string `json:"data"`
}

// fontFace is a font's file and the characters that it is for.
type fontFace struct {
	URL    string   `json:"url"`
	Ranges []string `json:"unicode-range"`
}

// styleLayer draws what a source has.
type styleLayer struct {
	ID          string            `json:"id"`
	Type        string            `json:"type"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Source      string            `json:"source,omitempty"`
	SourceLayer string            `json:"source-layer,omitempty"`
	MinZoom     float64           `json:"minzoom,omitempty"`
	MaxZoom     float64           `json:"maxzoom,omitempty"`
	Filter      expr              `json:"filter,omitempty"`
	Layout      map[string]any    `json:"layout,omitempty"`
	Paint       map[string]any    `json:"paint,omitempty"`
}

// expr is an expression of the style specification.
type expr []any

// deepest is the zoom of the deepest tiles that a style asks for: there a tile's
// unit is some 15 cm, and further in the same tile is drawn larger.
const deepest = 16

// styleQuestion is a request for a style, checked.
type styleQuestion struct {
	layers []*layer.System
	asOf   *time.Time
	lang   layer.Lang
}

func (h *handler) styleQuestion(given url.Values) (q styleQuestion, err error) {
	q.layers = h.Catalog.Systems()
	if given.Has("layers") {
		if q.layers, err = h.layersOf(given.Get("layers")); err != nil {
			return q, err
		}
	}
	if q.lang, err = langOf(given); err != nil {
		return q, err
	}
	q.asOf, err = asOfOf(given)
	return q, err
}

func langOf(given url.Values) (layer.Lang, error) {
	switch lang := given.Get("lang"); lang {
	case "", "vi":
		return layer.VI, nil
	case "en":
		return layer.EN, nil
	default:
		return "", fault.Invalid("BAD_INPUT", "lang is vi or en, not %.20q", lang)
	}
}

func (h *handler) serveStyle(w http.ResponseWriter, req *http.Request, viewer access.Viewer) {
	q, err := h.styleQuestion(req.URL.Query())
	if err != nil {
		h.fail(w, req, err)
		return
	}
	r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil)
	defer r.Done()
	s, err := h.style(req.Context(), r, q, hostOf(req))
	if err != nil {
		h.fail(w, req, err)
		return
	}
	h.sendJSON(w, req, "application/json", s)
}

// style draws the layers that the viewer may see on the map, areas below lines
// below points.
func (h *handler) style(ctx context.Context, r *layer.Reader, q styleQuestion, host string) (*style, error) {
	out := &style{Version: 8, Name: "GeoHub", FontFaces: fontsAt(host), Sources: map[string]any{}}
	out.Metadata.Layers = []layerLegend{}
	out.ground(h.Basemap, host, q)
	bounds, err := provinceOf(ctx, r)
	if err != nil {
		return nil, err
	}
	if bounds != nil {
		out.Metadata.Bounds = bounds
		out.Center, out.Zoom = &[2]float64{(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2}, 8
	}
	var agencies []string
	for _, s := range q.layers {
		agencies = append(agencies, s.Agency)
	}
	owners, err := r.AgenciesBy(ctx, agencies)
	if err != nil {
		return nil, err
	}
	var drawn drawings
	for i, s := range q.layers {
		if !r.SeesRows(s) || !r.Sees(s, "geometry") {
			continue
		}
		source := vectorSource{Type: "vector", Tiles: []string{tilesAt(host, question{names: s.Field, asOf: q.asOf, active: tells(s)})}, MaxZoom: deepest}
		if owners[i] != nil {
			source.Attribution = owners[i].Name(&q.lang)
		}
		out.Sources[s.Field] = source
		c := h.colouringOf(r, s)
		out.Metadata.Layers = append(out.Metadata.Layers, layerLegend{Layer: s.Field, Title: titles(h.Catalog.Info(s).Title),
			Colour: c.hue, Active: tells(s), Field: c.field, Legend: c.legend, Drawn: drawn.add(s, c, r.Sees(s, "label"))})
	}
	out.Layers = append(out.Layers, drawn.inOrder()...)
	return out, nil
}

// provinceOf is the box round the province; nil when its polygon isn't known.
func provinceOf(ctx context.Context, r *layer.Reader) (*geo.BBox, error) {
	kind, tolerance := layer.UnitKind("PROVINCE"), 1000.0
	provinces, err := r.Units(ctx, layer.UnitQuery{Kind: &kind})
	if err != nil {
		return nil, err
	}
	var all *geo.BBox
	for _, u := range provinces {
		g, err := u.Geometry(ctx, nil, &tolerance, nil)
		if err != nil {
			return nil, err
		}
		if g != nil && g.Shape != nil {
			b := geo.BBoxOf(g.Shape.Bound())
			all = all.Union(&b)
		}
	}
	return all, nil
}

// fontsAt are the files of the font of labels, which the hub serves itself.
func fontsAt(host string) map[string][]fontFace {
	out := map[string][]fontFace{}
	for name, weight := range map[string]string{fontRegular: "400", fontBold: "600"} {
		for _, subset := range []struct{ name, ranges string }{
			{"vietnamese", "U+0102-0103 U+0110-0111 U+0128-0129 U+0168-0169 U+01A0-01A1 U+01AF-01B0 U+0300-0301 U+0303-0304 U+0308-0309 U+0323 U+0329 U+1EA0-1EF9 U+20AB"},
			{"latin", "U+0000-00FF U+0131 U+0152-0153 U+02BB-02BC U+02C6 U+02DA U+02DC U+2000-206F U+20AC U+2122 U+2191 U+2193 U+2212 U+2215 U+FEFF U+FFFD"},
		} {
			out[name] = append(out[name], fontFace{host + "/fonts/be-vietnam-pro-" + subset.name + "-" + weight + "-normal.woff2", strings.Fields(subset.ranges)})
		}
	}
	return out
}

const (
	fontRegular = "Be Vietnam Pro Regular"
	fontBold    = "Be Vietnam Pro SemiBold"
)
