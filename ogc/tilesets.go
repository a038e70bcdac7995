package ogc

import (
	"net/http"
	"net/url"
	"strings"

	"geohub/geo"
	"geohub/internal/fault"
	"geohub/layer"
)

const (
	typeMVT = "application/vnd.mapbox-vector-tile"

	relTilesets = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
)

// tileset is the metadata of a collection's tiles, in a list of them without what
// takes a look at the features.
type tileset struct {
	Title  string      `json:"title"`
	Type   string      `json:"dataType"`
	CRS    string      `json:"crs"`
	Set    string      `json:"tileMatrixSetURI"`
	Limits []limits    `json:"tileMatrixSetLimits,omitempty"`
	Box    *corners    `json:"boundingBox,omitempty"`
	Layers []tileLayer `json:"layers,omitempty"`
	Links  []link      `json:"links"`
}

type corners struct {
	LowerLeft  [2]float64 `json:"lowerLeft"`
	UpperRight [2]float64 `json:"upperRight"`
	CRS        string     `json:"crs"`
}

type tileLayer struct {
	ID   string `json:"id"`
	Type string `json:"dataType"`
}

// tiled is a collection that there are tiles of.
type tiled struct {
	id, title string
	system    *layer.System
	drawn     string // its name below /tiles/
}

// tiledOfPath is the one that the path names.
func (q *request) tiledOfPath() (*tiled, error) {
	id := q.r.PathValue("collection")
	if hash, isOperation := strings.CutPrefix(id, operationStart); isOperation && q.Operations != nil {
		op, view, err := q.operation(hash)
		if err != nil {
			return nil, err
		}
		return &tiled{id, q.operationTitle(op, view), view.System, "q/" + hash}, nil
	}
	s, err := q.system()
	if err != nil {
		return nil, err
	}
	t := q.Catalog.Info(s).Title
	return &tiled{id, t.VI + " · " + t.EN, s, s.Field}, nil
}

// describeTiles is a collection's one tileset.
func (q *request) describeTiles(t *tiled) tileset {
	at := q.base() + "/collections/" + t.id + "/tiles/" + webMercator
	return tileset{Title: t.title, Type: "vector", CRS: webMercatorCRS, Set: webMercatorURI, Links: []link{
		{at, "self", typeJSON, "", false},
		{q.base() + "/tileMatrixSets/" + webMercator, relScheme, typeJSON, "", false},
	}}
}

// tilesets lists those of a collection: one.
func (q *request) tilesets() error {
	t, err := q.tiledOfPath()
	if err != nil {
		return err
	}
	html, err := q.plain()
	if err != nil {
		return err
	}
	links := append(q.selves(typeJSON, html), link{q.base() + "/collections/" + t.id, "collection", typeJSON, "", false})
	set := q.describeTiles(t)
	if html {
		return q.page(page{VI: t.title, Links: links, Rows: [][]string{{webMercator}}, Hrefs: []string{set.Links[0].Href + "?f=html"}})
	}
	return q.json(typeJSON, map[string]any{"links": links, "tilesets": []tileset{set}})
}

// tileset describes a collection's tiles.
func (q *request) tileset() error {
	t, err := q.tiledOfPath()
	if err != nil {
		return err
	}
	if err := q.checkSet(); err != nil {
		return err
	}
	html, err := q.plain()
	if err != nil {
		return err
	}
	set := q.describeTiles(t)
	at := set.Links[0].Href
	set.Links = append(set.Links,
		link{at + "/{tileMatrix}/{tileRow}/{tileCol}", "item", typeMVT, "", true},
		link{q.host() + "/tiles/" + t.drawn + ".json", "describedby", typeJSON, "TileJSON", false},
		link{at + "?f=html", "alternate", typeHTML, "", false},
		link{q.base() + "/collections/" + t.id, "http://www.opengis.net/def/rel/ogc/1.0/geodata", typeJSON, "", false})
	if html {
		return q.page(page{VI: t.title, EN: webMercator, Links: set.Links})
	}
	reader := q.read(q.DB, t.system, nil)
	defer reader.Done()
	box, err := reader.All(t.system).Extent(q.ctx)
	if err != nil {
		return err
	}
	set.Limits, set.Box = allLimits(), cornersOf(box)
	set.Layers = []tileLayer{{t.system.Field, "vector"}}
	return q.json(typeJSON, set)
}

func cornersOf(box *geo.BBox) *corners {
	if box == nil {
		return nil
	}
	return &corners{[2]float64{box[0], box[1]}, [2]float64{box[2], box[3]}, crs84}
}

func (q *request) checkSet() error {
	if set := q.r.PathValue("set"); set != webMercator {
		return fault.NotFound("there is no tile matrix set %q; there is %s", set, webMercator)
	}
	return nil
}

// tile hands a request on to what draws the tiles, at their own address: there the
// column comes before the row. Who asks is told there, too.
func (s *server) tile(w http.ResponseWriter, r *http.Request) {
	q := &request{server: s, w: w, r: r, ctx: r.Context(), now: s.Clock()}
	to, err := q.tileAddress()
	if err != nil {
		q.refuse(err)
		return
	}
	drawn := r.Clone(r.Context())
	drawn.URL, drawn.RequestURI = to, to.RequestURI()
	s.Tiles.ServeHTTP(w, drawn)
}

func (q *request) tileAddress() (*url.URL, error) {
	if err := q.checkSet(); err != nil {
		return nil, err
	}
	hash, isOperation := strings.CutPrefix(q.r.PathValue("collection"), operationStart)
	name := "q/" + hash
	var v url.Values
	var err error
	if isOperation {
		if v, err = url.ParseQuery(q.r.URL.RawQuery); err != nil {
			return nil, errParameters()
		}
	} else {
		s, err := q.system()
		if err != nil {
			return nil, err
		}
		if v, err = q.values("f", "asOf", "filter", "active"); err != nil {
			return nil, err
		}
		name = s.Field
	}
	if v.Has("f") && v.Get("f") != "mvt" {
		return nil, fault.Invalid("BAD_INPUT", "f is %q; a tile can be mvt", v.Get("f")).With("at", "f")
	}
	v.Del("f")
	matrix, row, column := q.r.PathValue("tileMatrix"), q.r.PathValue("tileRow"), q.r.PathValue("tileCol")
	return &url.URL{Path: "/tiles/" + name + "/" + matrix + "/" + column + "/" + row + ".mvt", RawQuery: v.Encode()}, nil
}
