package tiles

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/access"
	"geohub/cql2"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/tiles/mvt"
)

// maxLayers is how many layers may be asked for together.
const maxLayers = 20

// question is a request, checked.
type question struct {
	names     string // of the layers, with commas
	layers    []*layer.System
	describes bool // what the layers are; otherwise a tile of them
	tile      mvt.Tile
	asOf      *time.Time
	filter    cql2.Expr // holds for what is drawn; nil: everything
	active    bool      // of layers that tell so, only what is in force
}

// question reads a request below /tiles/.
func (h *handler) question(req *http.Request) (q question, err error) {
	rest, _ := strings.CutPrefix(req.URL.Path, "/tiles/")
	switch parts := strings.Split(rest, "/"); len(parts) {
	case 1:
		q.names, q.describes = strings.CutSuffix(parts[0], ".json")
		if !q.describes {
			return q, errNoAddress()
		}
	case 4:
		y, ok := strings.CutSuffix(parts[3], ".mvt")
		if !ok {
			return q, errNoAddress()
		}
		q.names = parts[0]
		if q.tile, err = tileOf(parts[1], parts[2], y); err != nil {
			return q, err
		}
	default:
		return q, errNoAddress()
	}
	if q.layers, err = h.layersOf(q.names); err != nil {
		return q, err
	}
	given := req.URL.Query()
	if given.Has("filter") {
		if q.filter, err = cql2.Parse(given.Get("filter")); err != nil {
			return q, err
		}
	}
	if given.Has("active") {
		if given.Get("active") != "true" {
			return q, fault.Invalid("BAD_INPUT", "active is true, or left out for everything")
		}
		q.active = true
	}
	q.asOf, err = asOfOf(given)
	return q, err
}

// active is the condition of layers whose features come into force and expire.
const active = "active"

// tells says whether a layer knows what is in force.
func tells(s *layer.System) bool {
	return slices.ContainsFunc(s.Conditions, func(c layer.Condition) bool { return c.Name == active })
}

// asOfOf is the moment that is asked for; nil: now.
func asOfOf(given url.Values) (*time.Time, error) {
	if !given.Has("asOf") {
		return nil, nil
	}
	t, err := layer.ParseTime(given.Get("asOf"))
	if err != nil {
		return nil, fault.Invalid("BAD_INPUT", "asOf is not a time by RFC 3339 such as 2025-10-27T20:00:00Z; a + in an address is written %%2B")
	}
	return &t, nil
}

func errNoAddress() error {
	return fault.NotFound("there is /tiles/{layers}/{z}/{x}/{y}.mvt and /tiles/{layers}.json")
}

// tileOf reads whole numbers as they are written, without signs or leading zeros.
func tileOf(texts ...string) (mvt.Tile, error) {
	var n [3]int
	for i, text := range texts {
		var err error
		if n[i], err = strconv.Atoi(text); err != nil || strconv.Itoa(n[i]) != text {
			return mvt.Tile{}, fault.Invalid("BAD_INPUT", "z, x and y of a tile are whole numbers")
		}
	}
	t := mvt.Tile{Z: n[0], X: n[1], Y: n[2]}
	if !t.Valid() {
		return t, fault.Invalid("BAD_INPUT", "there is no such tile: z can be 0 to %d, x and y 0 to 2^z - 1", mvt.MaxZoom)
	}
	return t, nil
}

// layersOf finds layers by the names of their list fields.
func (h *handler) layersOf(names string) ([]*layer.System, error) {
	parts := strings.Split(names, ",")
	if len(parts) > maxLayers {
		return nil, fault.Invalid("BAD_INPUT", "%d layers are asked for together; %d can be", len(parts), maxLayers)
	}
	all := h.Catalog.Systems()
	out := make([]*layer.System, len(parts))
	for i, name := range parts {
		at := slices.IndexFunc(all, func(s *layer.System) bool { return s.Field == name })
		if at < 0 {
			known := make([]string, len(all))
			for i, s := range all {
				known[i] = s.Field
			}
			return nil, fault.NotFound("there is no layer %.40q; there are %s", name, strings.Join(known, ", "))
		}
		if out[i] = all[at]; slices.Contains(out[:i], all[at]) {
			return nil, fault.Invalid("BAD_INPUT", "%s is asked for twice", name)
		}
	}
	return out, nil
}

// key is all that the answer depends on beside the data and the clock.
func (q *question) key(v access.Viewer) string {
	b := make([]byte, 0, 128)
	b = append(append(b, v.Signature()...), '\n')
	b = append(append(b, q.names...), '\n')
	for _, n := range []int{q.tile.Z, q.tile.X, q.tile.Y} {
		b = append(strconv.AppendInt(b, int64(n), 10), '/')
	}
	if q.asOf != nil {
		b = strconv.AppendInt(b, q.asOf.UnixMicro(), 10)
	}
	if q.active {
		b = append(b, active...)
	}
	if q.filter != nil {
		b = append(append(b, '\n'), cql2.Text(q.filter)...)
	}
	return string(b)
}
