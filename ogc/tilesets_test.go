package ogc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// read asks for JSON, which must be there.
func (h hub) read(address string, into any) {
	h.t.Helper()
	resp, body := h.get(address)
	if err := json.Unmarshal(body, into); err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d %v %.300s", address, resp.StatusCode, err, body)
	}
}

type linked struct{ Links []link }

func (l linked) link(t *testing.T, rel, media string) string {
	t.Helper()
	for _, l := range l.Links {
		if l.Rel == rel && l.Type == media {
			return l.Href
		}
	}
	t.Fatalf("no link %s in %v", rel, l.Links)
	return ""
}

// template finds a collection's tiles by nothing but links.
func (h hub) template(collection string) string {
	h.t.Helper()
	var c linked
	h.read("/ogc/collections/"+collection, &c)
	var list struct{ Tilesets []linked }
	h.read(c.link(h.t, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json"), &list)
	var set struct {
		linked
		DataType, CRS, TileMatrixSetURI string
	}
	h.read(list.Tilesets[0].link(h.t, "self", "application/json"), &set)
	if set.DataType != "vector" || set.CRS != "http://www.opengis.net/def/crs/EPSG/0/3857" || set.TileMatrixSetURI != "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad" {
		h.t.Errorf("%s: %+v", collection, set)
	}
	h.read(set.link(h.t, "describedby", "application/json"), &struct{ Tiles []string }{})
	return set.link(h.t, "item", "application/vnd.mapbox-vector-tile")
}

func filled(template string, z, row, col int) string {
	return strings.NewReplacer("{tileMatrix}", fmt.Sprint(z), "{tileRow}", fmt.Sprint(row), "{tileCol}", fmt.Sprint(col)).Replace(template)
}

// TestTiles: what the links of a collection lead to are the tiles of /tiles, for each
// viewer.
func TestTiles(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province()))
	operation := h.as(2).store(`query($low: Float = 0) { dams(filter: {levelM: {gt: $low}}) { nodes { label levelM } } }`)
	type question struct{ collection, drawn, parameters string }
	all := []question{
		{"dams", "dams", "?filter=levelM%3E40"},
		{"dams", "dams", "?asOf=2025-10-27T20:00:00Z"},
		{"alerts", "alerts", "?active=true"},
		{"q-" + operation, "q/" + operation, ""},
		{"q-" + operation, "q/" + operation, "?low=40"},
	}
	for _, s := range hubtest.Catalog(t).Systems() {
		all = append(all, question{s.Field, s.Field, ""})
	}
	const z, x, y = 8, 204, 116
	for key := -1; key < 3; key++ {
		h, some := h.as(key), 0
		for _, q := range all {
			resp, got := h.get(filled(h.template(q.collection), z, y, x) + q.parameters)
			drawn, want := h.get(fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt%s", q.drawn, z, x, y, q.parameters))
			if resp.StatusCode != drawn.StatusCode || resp.StatusCode >= 400 || !bytes.Equal(got, want) || resp.Header.Get("Content-Type") != drawn.Header.Get("Content-Type") {
				t.Errorf("viewer %d, %v: %d, %d bytes, want %d, %d", key, q, resp.StatusCode, len(got), drawn.StatusCode, len(want))
			}
			some += len(got)
		}
		if some == 0 {
			t.Errorf("viewer %d: all tiles are empty", key)
		}
	}
	for path, status := range map[string]int{
		"dams/tiles/WebMercatorQuad/8/116/204?f=mvt":      200,
		"dams/tiles/WebMercatorQuad/8/116/204?f=png":      400,
		"dams/tiles/WebMercatorQuad/8/116/204?colour=red": 400,
		"dams/tiles/WebMercatorQuad/8/116/256":            400,
		"dams/tiles/WebMercatorQuad/23/0/0":               400,
		"dams/tiles/WebMercatorQuad/a/0/0":                400,
		"dams/tiles/WorldCRS84Quad/8/116/204":             404,
		"dams/tiles/WorldCRS84Quad":                       404,
		"nothing/tiles/WebMercatorQuad/8/116/204":         404,
		"nothing/tiles": 404,
		"dams%2Fx/tiles/WebMercatorQuad/8/116/204":                       404,
		"q-x/tiles/WebMercatorQuad/8/116/204":                            404,
		"q-x/tiles":                                                      404,
		"q-" + operation + "/tiles/WebMercatorQuad/8/116/204?colour=red": 400,
	} {
		if resp, body := h.get("/ogc/collections/" + path); resp.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, status)
		}
	}
	bad := h
	bad.key = "hub_live_nobody00_0123456789abcdef"
	if resp, _ := bad.get("/ogc/collections/dams/tiles/WebMercatorQuad/8/116/204"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("bad key: %d", resp.StatusCode)
	}
}

// TestTileMatrixSet: a tile found by what the set says of its grid, with no other
// knowledge, holds the feature that lies there.
func TestTileMatrixSet(t *testing.T) {
	h := serve(t).as(2)
	var landing linked
	h.read("/ogc", &landing)
	var sets struct{ TileMatrixSets []linked }
	h.read(landing.link(t, "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", "application/json"), &sets)
	var set struct {
		ID           string
		TileMatrices []struct {
			ID                         string
			ScaleDenominator, CellSize float64
			CornerOfOrigin             string
			PointOfOrigin              [2]float64
			TileWidth, TileHeight      float64
			MatrixWidth, MatrixHeight  int
		}
	}
	h.read(sets.TileMatrixSets[0].link(t, "self", "application/json"), &set)
	// As registered by the OGC.
	for zoom, want := range map[int][2]float64{0: {559082264.028717, 156543.033928041}, 10: {545978.773465544, 152.874056570352}, 24: {33.3238997476528, 0.0093306919293428}} {
		m := set.TileMatrices[zoom]
		if math.Abs(m.ScaleDenominator/want[0]-1) > 1e-12 || math.Abs(m.CellSize/want[1]-1) > 1e-12 || m.MatrixWidth != 1<<zoom || m.MatrixHeight != 1<<zoom {
			t.Errorf("zoom %d: %+v, want %v", zoom, m, want)
		}
	}
	template := h.template("dams")
	for _, f := range h.items("dams", "crs", "http://www.opengis.net/def/crs/EPSG/0/3857", "limit", "100").Features {
		var at [2]float64
		if err := json.Unmarshal(f.Geometry.Coordinates, &at); err != nil {
			t.Fatal(err)
		}
		for _, zoom := range []int{12, 22} {
			m := set.TileMatrices[zoom]
			col := int((at[0] - m.PointOfOrigin[0]) / m.CellSize / m.TileWidth)
			row := int((m.PointOfOrigin[1] - at[1]) / m.CellSize / m.TileHeight)
			if resp, body := h.get(filled(template, zoom, row, col)); !bytes.Contains(body, []byte(f.ID)) {
				t.Errorf("%s is not in %d/%d/%d: %d", f.ID, zoom, row, col, resp.StatusCode)
			}
		}
	}
}

// TestAPI: each path of the OpenAPI document is there, by the standards' names.
func TestAPI(t *testing.T) {
	h := serve(t).as(2)
	var api struct {
		Paths map[string]struct {
			Get struct {
				OperationID string
				Parameters  []struct {
					Ref string `json:"$ref"`
				}
			}
		}
		Components struct {
			Parameters map[string]struct{ Name, In string }
		}
	}
	h.read("/ogc/api", &api)
	ids := map[string]bool{}
	for path, p := range api.Paths {
		address := strings.NewReplacer("{collectionId}", "dams", "{featureId}", "dam:TA_TRACH", "{tileMatrixSetId}", "WebMercatorQuad", "{tileMatrix}", "8", "{tileRow}", "116", "{tileCol}", "204").Replace(path)
		if resp, body := h.get("/ogc" + address); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %.200s", path, resp.StatusCode, body)
		}
		for _, r := range p.Get.Parameters {
			name := strings.TrimPrefix(r.Ref, "#/components/parameters/")
			known, there := api.Components.Parameters[name]
			if !there || known.In == "path" && !strings.Contains(path, "{"+name+"}") {
				t.Errorf("%s takes %s, which is %+v", path, name, known)
			}
		}
		ids[p.Get.OperationID] = true
	}
	for _, suffix := range []string{".collection.vector.getTileSetsList", ".collection.vector.getTileSet", ".collection.vector.getTile"} {
		found := false
		for id := range ids {
			found = found || strings.HasSuffix(id, suffix)
		}
		if !found {
			t.Errorf("no operation %s", suffix)
		}
	}
	if len(ids) != len(api.Paths) {
		t.Errorf("%d names for %d paths", len(ids), len(api.Paths))
	}
	var c struct{ ConformsTo []string }
	h.read("/ogc/conformance", &c)
	if !strings.Contains(fmt.Sprint(c.ConformsTo), "ogcapi-tiles-1/1.0/conf/geodata-tilesets") {
		t.Errorf("%v", c.ConformsTo)
	}
}
