package tiles

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"geohub/access"
	"geohub/geo"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/persisted"
	"geohub/tiles/mvt"
)

// operations is below what tiles of stored operations lie: /tiles/q/{hash}/{z}/{x}/{y}.mvt.
const operations = "/tiles/q/"

// serveOperation answers with a tile of a stored operation: what it answers this
// viewer of what lies there, with the same properties as its files.
func (h *handler) serveOperation(w http.ResponseWriter, req *http.Request, viewer access.Viewer) error {
	rest, _ := strings.CutPrefix(req.URL.Path, operations)
	parts := strings.Split(rest, "/")
	y, isTile := strings.CutSuffix(parts[len(parts)-1], ".mvt")
	if len(parts) != 4 || !isTile || h.Operations == nil {
		return fault.NotFound("there is %s{hash}/{z}/{x}/{y}.mvt", operations)
	}
	tile, err := tileOf(parts[1], parts[2], y)
	if err != nil {
		return err
	}
	ctx := req.Context()
	op, err := h.Operations.Find(ctx, parts[0])
	if err != nil {
		return err
	}
	if op == nil {
		return fault.NotFound("there is no stored operation %.80q", parts[0])
	}
	view, err := h.Operations.View(op)
	if err != nil {
		return err
	}
	given, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return fault.Invalid("BAD_INPUT", "the parameters can't be read: write %% as %%25 and so on")
	}
	variables, err := view.Variables(given)
	if err != nil {
		return err
	}
	if err := h.Operations.Used(ctx, op); err != nil {
		return err
	}
	var body []byte
	if r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil); r.SeesRows(view.System) && r.Sees(view.System, "geometry") {
		session := h.Answers(h.DB, viewer)
		defer session.Done()
		if body, err = h.drawOperation(ctx, session, view, variables, tile); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "private, max-age=10")
	newAnswer("application/vnd.mapbox-vector-tile", body).send(w, req)
	return nil
}

// drawOperation makes the tile. There are no clusters: what an operation selects of
// a feature is of no use for many together. So a tile with too much in it is
// refused, for a part of it would look like the whole.
func (h *handler) drawOperation(ctx context.Context, session persisted.Session, view *persisted.View, variables map[string]any, tile mvt.Tile) ([]byte, error) {
	e := encoders.Get().(*mvt.Encoder)
	defer release(e)
	e.Begin(tile, view.System.Field, mvt.Options{Buffer: buffer, Tolerance: 1})
	id := e.Key("id")
	keys := make([]mvt.Key, len(view.Columns))
	for i, c := range view.Columns {
		keys[i] = e.Key(c.Name)
	}
	n := 0
	in := view.Within(geo.BBoxOf(tile.Bounds(buffer)))
	err := in.Each(ctx, session, variables, func(f *persisted.Feature) error {
		if n++; n > h.Limit {
			return fault.Invalid("COST_LIMIT", "the tile holds over %d features of this operation: zoom in, or ask for less", h.Limit).With("limit", h.Limit)
		}
		shape, err := f.Shape()
		if shape == nil || err != nil {
			return err
		}
		e.Geometry(shape)
		e.Unique(id, text(f.ID()))
		for i, c := range view.Columns {
			if keys[i] != id { // which is the feature's, whatever else is called so
				setJSON(e, keys[i], c.Kind, f.Value(i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.Append(nil), nil
}

// setJSON sets a property of the open feature; null is none.
func setJSON(e *mvt.Encoder, key mvt.Key, kind layer.Kind, value []byte) {
	if string(value) == "null" {
		return
	}
	switch kind {
	case layer.KindFloat, layer.KindInt:
		if n, err := strconv.ParseFloat(string(value), 64); err == nil {
			e.Float(key, n)
		}
	case layer.KindBool:
		e.Bool(key, string(value) == "true")
	default:
		e.String(key, text(value))
	}
}

// text is a JSON value as a text: of a text what it says, of anything else how it
// is written.
func text(value []byte) []byte {
	var s string
	if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &s) == nil {
		return []byte(s)
	}
	return value
}
