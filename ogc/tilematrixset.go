package ogc

import (
	"math"
	"strconv"
)

// The one tile matrix set that there are tiles in, by OGC 17-083r4.
const (
	webMercator    = "WebMercatorQuad"
	webMercatorURI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
	webMercatorCRS = epsgStart + "3857"

	relScheme  = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
	relSchemes = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"

	matrices    = 25 // that the set has
	deepestTile = 22 // that is drawn
)

// matrix is a zoom of the set.
type matrix struct {
	ID               string     `json:"id"`
	ScaleDenominator float64    `json:"scaleDenominator"`
	CellSize         float64    `json:"cellSize"`
	Corner           string     `json:"cornerOfOrigin"`
	Origin           [2]float64 `json:"pointOfOrigin"`
	TileWidth        int        `json:"tileWidth"`
	TileHeight       int        `json:"tileHeight"`
	Width            int        `json:"matrixWidth"`
	Height           int        `json:"matrixHeight"`
}

// matrixOf is the one of a zoom. A pixel of its scale is 0.28 mm large, and 256 by 256
// are a tile.
func matrixOf(zoom int) matrix {
	const half = 6378137 * math.Pi
	n := 1 << zoom
	cell := 2 * half / 256 / float64(n)
	return matrix{strconv.Itoa(zoom), cell / 0.28e-3, cell, "topLeft", [2]float64{-half, half}, 256, 256, n, n}
}

// limits are the tiles of a matrix that there are.
type limits struct {
	Matrix string `json:"tileMatrix"`
	MinRow int    `json:"minTileRow"`
	MaxRow int    `json:"maxTileRow"`
	MinCol int    `json:"minTileCol"`
	MaxCol int    `json:"maxTileCol"`
}

// allLimits are those of every collection: whatever moves may be anywhere by the time
// that a tile is asked for.
func allLimits() []limits {
	out := make([]limits, deepestTile+1)
	for zoom := range out {
		last := 1<<zoom - 1
		out[zoom] = limits{strconv.Itoa(zoom), 0, last, 0, last}
	}
	return out
}

const webMercatorTitle = "Google Maps Compatible for the World"

func (q *request) tileMatrixSets() error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	links, at := q.selves(typeJSON, html), q.base()+"/tileMatrixSets/"+webMercator
	if html {
		return q.page(page{VI: "Các lưới ô", EN: "Tile matrix sets", Links: links, Rows: [][]string{{webMercator, webMercatorTitle}}, Hrefs: []string{at + "?f=html"}})
	}
	return q.json(typeJSON, map[string]any{"links": links, "tileMatrixSets": []map[string]any{{
		"id": webMercator, "title": webMercatorTitle, "uri": webMercatorURI, "crs": webMercatorCRS, "links": []link{{at, "self", typeJSON, "", false}, {at, relScheme, typeJSON, "", false}}}}})
}

func (q *request) tileMatrixSet() error {
	if err := q.checkSet(); err != nil {
		return err
	}
	html, err := q.plain()
	if err != nil {
		return err
	}
	all := make([]matrix, matrices)
	for zoom := range all {
		all[zoom] = matrixOf(zoom)
	}
	if html {
		p := page{VI: webMercator, EN: webMercatorTitle, Links: q.selves(typeJSON, true), Head: []string{"id", "m / pixel", "1 :"}}
		for _, m := range all {
			p.Rows = append(p.Rows, []string{m.ID, strconv.FormatFloat(m.CellSize, 'f', 3, 64), strconv.FormatFloat(m.ScaleDenominator, 'f', 0, 64)})
		}
		return q.page(p)
	}
	return q.json(typeJSON, map[string]any{"id": webMercator, "title": webMercatorTitle, "uri": webMercatorURI, "crs": webMercatorCRS,
		"orderedAxes": []string{"X", "Y"}, "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible", "tileMatrices": all})
}
