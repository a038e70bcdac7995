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

// operationQuestion is a request for a stored operation's tiles, checked.
type operationQuestion struct {
	operation *persisted.Operation
	view      *persisted.View
	variables map[string]any
	describes bool // what the tiles are; otherwise one of them
	tile      mvt.Tile
}

// serveOperation answers with a tile of a stored operation: what it answers this
// viewer of what lies there, with the same properties as its files.
func (h *handler) serveOperation(w http.ResponseWriter, req *http.Request, viewer access.Viewer) error {
	q, err := h.operationQuestion(req)
	if err != nil {
		return err
	}
	ctx := req.Context()
	if err := h.Operations.Used(ctx, q.operation); err != nil {
		return err
	}
	r := h.Catalog.Read(h.DB, viewer, h.Clock(), nil)
	defer r.Done()
	if q.describes {
		d, err := h.describeOperation(ctx, r, q)
		if err != nil {
			return err
		}
		d.Tiles = []string{hostOf(req) + *q.operation.Tiles()}
		if given := req.URL.Query(); len(given) > 0 {
			d.Tiles[0] += "?" + given.Encode()
		}
		h.sendJSON(w, req, "application/json", d)
		return nil
	}
	var body []byte
	if r.SeesRows(q.view.System) && r.Sees(q.view.System, "geometry") {
		session := h.Answers(h.DB, viewer)
		defer session.Done()
		if body, err = h.drawOperation(ctx, session, q); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "private, max-age=10")
	newAnswer("application/vnd.mapbox-vector-tile", body).send(w, req)
	return nil
}

// operationQuestion reads a request below /tiles/q/.
func (h *handler) operationQuestion(req *http.Request) (q operationQuestion, err error) {
	rest, _ := strings.CutPrefix(req.URL.Path, operations)
	parts := strings.Split(rest, "/")
	hash, describes := strings.CutSuffix(parts[0], ".json")
	y, isTile := strings.CutSuffix(parts[len(parts)-1], ".mvt")
	switch {
	case h.Operations != nil && len(parts) == 1 && describes:
		q.describes = true
	case h.Operations != nil && len(parts) == 4 && isTile:
		if q.tile, err = tileOf(parts[1], parts[2], y); err != nil {
			return q, err
		}
	default:
		return q, fault.NotFound("there is %s{hash}/{z}/{x}/{y}.mvt and %s{hash}.json", operations, operations)
	}
	if q.operation, err = h.Operations.Find(req.Context(), hash); err != nil {
		return q, err
	}
	if q.operation == nil {
		return q, fault.NotFound("there is no stored operation %.80q", hash)
	}
	if q.view, err = h.Operations.View(q.operation); err != nil {
		return q, err
	}
	given, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return q, fault.Invalid("BAD_INPUT", "the parameters can't be read: write %% as %%25 and so on")
	}
	q.variables, err = q.view.Variables(given)
	return q, err
}

// describeOperation says what the tiles are. The bounds are those of the layer.
func (h *handler) describeOperation(ctx context.Context, r *layer.Reader, q operationQuestion) (*description, error) {
	s := q.view.System
	info := h.Catalog.Info(s)
	fields := map[string]string{}
	for _, c := range q.view.Columns {
		fields[c.Name] = kindOf(c.Kind)
	}
	fields["id"] = "String. " + info.Field("id").Description
	d := &description{TileJSON: "3.0.0", Name: info.Title.VI, MaxZoom: mvt.MaxZoom,
		VectorLayers: []vectorLayer{{ID: s.Field, Description: info.Description, MaxZoom: mvt.MaxZoom, Fields: fields}}}
	if q.operation.Title != nil {
		d.Name = *q.operation.Title
	}
	a, err := r.Agency(ctx, s.Agency)
	if err != nil {
		return nil, err
	}
	if a != nil {
		d.Attribution = a.Name(nil)
	}
	d.Bounds, err = boundsOf(ctx, r, []*layer.System{s})
	return d, err
}

// drawOperation makes the tile. There are no clusters: what an operation selects of
// a feature is of no use for many together. So a tile with too much in it is
// refused, for a part of it would look like the whole.
func (h *handler) drawOperation(ctx context.Context, session persisted.Session, q operationQuestion) ([]byte, error) {
	view := q.view
	e := encoders.Get().(*mvt.Encoder)
	defer release(e)
	e.Begin(q.tile, view.System.Field, mvt.Options{Buffer: buffer, Tolerance: 1})
	id := e.Key("id")
	keys := make([]mvt.Key, len(view.Columns))
	for i, c := range view.Columns {
		keys[i] = e.Key(c.Name)
	}
	n := 0
	in := view.Within(geo.BBoxOf(q.tile.Bounds(buffer)))
	err := in.Each(ctx, session, q.variables, func(f *persisted.Feature) error {
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
