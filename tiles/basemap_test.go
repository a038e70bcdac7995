package tiles_test

import (
	"encoding/json"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/internal/pmtest"
	"geohub/pmtiles"
	"geohub/tiles"
)

// TestBasemap: a deployer's own basemap is served tile by tile and lies beneath the
// layers of a style, which stays valid.
func TestBasemap(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	if resp, body := serve(t, pool).ask("/tiles/basemap/0/0/0"); resp.StatusCode != 404 || !strings.Contains(string(body), "hub import basemap") {
		t.Errorf("without a basemap: %s %s", resp.Status, body)
	}
	contents := map[[3]int]string{{0, 0, 0}: "world", {8, 204, 116}: strings.Repeat("huế", 500)}
	styles := map[string]json.RawMessage{}
	for _, test := range []struct {
		name, kind, mime string
		archive          pmtest.Archive
	}{
		{"protomaps", "vector", "application/vnd.mapbox-vector-tile", pmtest.Archive{Type: 1, Gzip: true, Tiles: contents,
			Metadata: `{"attribution": "© us", "vector_layers": [{"id": "earth"}, {"id": "water"}, {"id": "roads"}, {"id": "places"}, {"id": "pois"}]}`}},
		{"openmaptiles", "vector", "application/vnd.mapbox-vector-tile", pmtest.Archive{Type: 1, Tiles: contents, Leaf: 1,
			Metadata: `{"vector_layers": [{"id": "water"}, {"id": "waterway"}, {"id": "transportation"}, {"id": "boundary"}, {"id": "building"}, {"id": "place"}]}`}},
		{"images", "raster", "image/webp", pmtest.Archive{Type: 4, Tiles: contents}},
	} {
		f, err := pmtiles.Open(pmtest.Write(t, test.archive))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := serve(t, pool, func(c *tiles.Config) { c.Basemap = f })

		resp, body := s.ask("/tiles/basemap/8/204/116")
		if resp.StatusCode != 200 || string(body) != contents[[3]int{8, 204, 116}] || resp.Header.Get("Content-Type") != test.mime || resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %s %v %d bytes", test.name, resp.Status, resp.Header, len(body))
		}
		resp, packed := s.ask("/tiles/basemap/8/204/116", "Accept-Encoding", "gzip")
		if test.archive.Gzip {
			body, err = pmtiles.Unpack(packed)
			if err != nil || string(body) != contents[[3]int{8, 204, 116}] || resp.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("%s, packed: %v %v", test.name, err, resp.Header)
			}
		}
		for path, status := range map[string]int{"8/204/117": 204, "9/0/0": 204, "8/204": 404, "8/204/116.mvt": 400, "8/999/1": 400} {
			if resp, body := s.ask("/tiles/basemap/" + path); resp.StatusCode != status {
				t.Errorf("%s: %s: %s %s", test.name, path, resp.Status, body)
			}
		}

		style, text := s.style("?layers=dams")
		styles[test.name] = text
		src := style.Sources["basemap"]
		if src.Type != test.kind || src.Tiles[0] != s.url+"/tiles/basemap/{z}/{x}/{y}" || src.Attribution != f.Metadata.Attribution {
			t.Errorf("%s: %+v", test.name, src)
		}
		drawn := 0
		for i, l := range style.Layers {
			if l.Source == "basemap" {
				drawn++
				if i > drawn {
					t.Errorf("%s: %s is not beneath", test.name, l.ID)
				}
			}
		}
		if want := map[string]int{"protomaps": 6, "openmaptiles": 8, "images": 1}[test.name]; drawn != want {
			t.Errorf("%s: %d layers are drawn, want %d", test.name, drawn, want)
		}
	}
	validate(t, styles)
}
