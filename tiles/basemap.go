package tiles

import (
	"net/http"
	"strings"

	"geohub/internal/fault"
	"geohub/pmtiles"
)

// basemapAt is where the tiles of the deployer's own basemap are.
const basemapAt = "/tiles/basemap/"

// serveBasemap answers with a tile of the basemap, which is open to everybody.
func (h *handler) serveBasemap(w http.ResponseWriter, req *http.Request) {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, basemapAt), "/")
	if len(parts) != 3 {
		h.fail(w, req, fault.NotFound("there is "+basemapAt+"{z}/{x}/{y}"))
		return
	}
	at, err := tileOf(parts...)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	if h.Basemap == nil {
		h.fail(w, req, fault.NotFound("this hub has no basemap; its operator gives it one by: hub import basemap FILE.pmtiles"))
		return
	}
	tile, err := h.Basemap.Tile(at.Z, at.X, at.Y)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	a, err := basemapAnswer(h.Basemap, tile)
	if err != nil {
		h.fail(w, req, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	a.send(w, req)
}

// basemapAnswer sends a packed tile as it lies in the file, to those who take it so.
func basemapAnswer(f *pmtiles.File, tile []byte) (*answer, error) {
	mime := f.Type.MIME()
	if tile == nil || !f.Gzip {
		return answerOf(mime, tile, nil), nil
	}
	plain, err := pmtiles.Unpack(tile)
	if err != nil {
		return nil, err
	}
	return answerOf(mime, plain, tile), nil
}
