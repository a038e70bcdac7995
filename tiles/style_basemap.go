package tiles

import (
	"geohub/layer"
	"geohub/pmtiles"
)

// basemapSource is the deployer's own basemap.
type basemapSource struct {
	Type        string     `json:"type"` // vector or raster
	Tiles       []string   `json:"tiles"`
	TileSize    int        `json:"tileSize,omitempty"`
	MinZoom     int        `json:"minzoom"`
	MaxZoom     int        `json:"maxzoom"`
	Bounds      [4]float64 `json:"bounds"`
	Attribution string     `json:"attribution,omitempty"`
}

// basemap draws the basemap of a file, quietly: the layers above it are what is
// looked at.
func (s *style) basemap(f *pmtiles.File, host string, lang layer.Lang) {
	source := basemapSource{Type: "vector", Tiles: []string{host + basemapAt + "{z}/{x}/{y}"},
		MinZoom: f.MinZoom, MaxZoom: f.MaxZoom, Bounds: f.Bounds, Attribution: f.Metadata.Attribution}
	if f.Type != pmtiles.MVT {
		source.Type, source.TileSize = "raster", 256
		s.Layers = append(s.Layers, styleLayer{ID: "basemap", Type: "raster", Source: "basemap",
			Paint: map[string]any{"raster-saturation": -.6, "raster-opacity": .75}})
	} else {
		there := map[string]bool{}
		for _, l := range f.Metadata.VectorLayers {
			there[l.ID] = true
		}
		for _, l := range basemapLayers(lang) {
			if there[l.SourceLayer] {
				l.ID, l.Source = "basemap-"+l.ID, "basemap"
				s.Layers = append(s.Layers, l)
			}
		}
	}
	s.Sources["basemap"] = source
}

// basemapLayers draw the layers that basemaps have by the two schemas in use,
// Protomaps' and OpenMapTiles'; where a thing has two names, those are one's and the
// other's.
func basemapLayers(lang layer.Lang) []styleLayer {
	const (
		land, green, water = "#fbfbf8", "#eef3ea", "#d5e4ee"
		street, edge       = "#ffffff", "#d9dee2"
		built, border      = "#eeebe5", "#b3bdc5"
		ink                = "#76828d"
	)
	area := func(name, colour string) styleLayer {
		return styleLayer{ID: name, Type: "fill", SourceLayer: name, Filter: oneOf("Polygon", "MultiPolygon"),
			Paint: map[string]any{"fill-color": colour}}
	}
	line := func(id, name, colour string, width expr) styleLayer {
		return styleLayer{ID: id, Type: "line", SourceLayer: name, Filter: oneOf("LineString", "MultiLineString"),
			Layout: map[string]any{"line-join": "round", "line-cap": "round"},
			Paint:  map[string]any{"line-color": colour, "line-width": width}}
	}
	text := func(name string) styleLayer {
		return styleLayer{ID: name, Type: "symbol", SourceLayer: name, Filter: oneOf("Point", "MultiPoint"),
			Layout: map[string]any{"text-field": expr{"coalesce", expr{"get", "name:" + langs[lang]}, expr{"get", "name"}, ""},
				"text-font": []string{fontRegular}, "text-size": byZoom(6, 10.5, 14, 13), "text-max-width": 8, "text-padding": 8},
			Paint: map[string]any{"text-color": ink, "text-halo-color": "rgba(255,255,255,.9)", "text-halo-width": 1.2}}
	}
	dashed := func(l styleLayer) styleLayer {
		l.Paint["line-dasharray"] = []float64{4, 3}
		l.Layout = nil
		return l
	}
	rivers := byZoom(8, .5, 16, 4)
	streets, casings := byZoom(8, .4, 13, 1.6, 18, 12), byZoom(8, .8, 13, 2.8, 18, 14)
	return []styleLayer{
		area("earth", land), area("landcover", green), area("landuse", green), area("park", green),
		area("water", water), line("rivers", "water", water, rivers), line("waterway", "waterway", water, rivers),
		area("buildings", built), area("building", built),
		line("roads-edge", "roads", edge, casings), line("roads", "roads", street, streets),
		line("transportation-edge", "transportation", edge, casings), line("transportation", "transportation", street, streets),
		dashed(line("transit", "transit", edge, byZoom(8, .5, 16, 2))),
		dashed(line("boundaries", "boundaries", border, byZoom(6, .6, 14, 1.4))),
		dashed(line("boundary", "boundary", border, byZoom(6, .6, 14, 1.4))),
		text("places"), text("place"),
	}
}
