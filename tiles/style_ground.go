package tiles

import (
	"net/http"
	"net/url"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"geohub/access"
	"geohub/layer"
	"geohub/pmtiles"
)

// ground is what lies below the layers: the basemap, if there is one, and the
// province's communes and wards, whose polygons the hub has in any case.
func (s *style) ground(base *pmtiles.File, host string, q styleQuestion) {
	more := url.Values{"lang": {string(langs[q.lang])}}
	if q.asOf != nil {
		more.Set("asOf", q.asOf.Format(time.RFC3339Nano))
	}
	s.Sources["units"] = geojsonSource{"geojson", host + "/tiles/units.geojson?" + more.Encode()}
	s.Layers = append(s.Layers, styleLayer{ID: "ground", Type: "background", Paint: map[string]any{"background-color": "#e9eef1"}})
	if base != nil {
		s.basemap(base, host, q.lang)
	} else {
		s.Layers = append(s.Layers, styleLayer{ID: "units", Type: "fill", Source: "units", Filter: oneOf("Polygon", "MultiPolygon"),
			Paint: map[string]any{"fill-color": "#fbfbf8", "fill-antialias": false}})
	}
	s.Layers = append(s.Layers,
		styleLayer{ID: "unit-borders", Type: "line", Source: "units", Filter: oneOf("Polygon", "MultiPolygon"),
			Layout: map[string]any{"line-join": "round"},
			Paint:  map[string]any{"line-color": "#c4cdd4", "line-width": byZoom(7, .5, 13, 1.6)}},
		styleLayer{ID: "unit-names", Type: "symbol", Source: "units", MinZoom: 9, MaxZoom: 14, Filter: oneOf("Point"),
			Layout: map[string]any{"text-field": expr{"get", "name"}, "text-font": []string{fontRegular},
				"text-size": byZoom(9, 10.5, 13, 14), "text-max-width": 7, "text-padding": 8},
			Paint: map[string]any{"text-color": "#7c8994", "text-halo-color": "rgba(251,251,248,.9)", "text-halo-width": 1.2}})
}

var langs = map[layer.Lang]string{layer.VI: "vi", layer.EN: "en"}

// serveUnits answers with the communes and wards as they stood: each one's polygon,
// and a point where its name goes.
func (h *handler) serveUnits(w http.ResponseWriter, req *http.Request, viewer access.Viewer) {
	given := req.URL.Query()
	lang, err := langOf(given)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	asOf, err := asOfOf(given)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil)
	defer r.Done()
	if asOf != nil {
		r = r.At(*asOf)
	}
	kind, tolerance := layer.UnitKind("COMMUNE"), 20.0
	units, err := r.Units(req.Context(), layer.UnitQuery{Kind: &kind})
	if err != nil {
		h.fail(w, req, err)
		return
	}
	all := geojson.NewFeatureCollection()
	for _, u := range units {
		g, err := u.Geometry(req.Context(), nil, &tolerance, nil)
		if err != nil {
			h.fail(w, req, err)
			return
		}
		if g == nil || g.Shape == nil {
			continue
		}
		named := map[string]any{"code": u.Code, "name": u.Name(&lang)}
		shape := geojson.NewFeature(orb.Round(g.Shape, 1e5))
		shape.Properties = named
		middle, _ := planar.CentroidArea(g.Shape)
		point := geojson.NewFeature(middle)
		point.Properties = named
		all.Append(shape).Append(point)
	}
	h.sendJSON(w, req, "application/geo+json", all)
}
