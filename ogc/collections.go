package ogc

import (
	"slices"

	"geohub/geo"
	"geohub/layer"
)

const (
	titleVI = "GeoHub: các hệ thống thông tin của tỉnh trên một bản đồ"
	titleEN = "GeoHub: the information systems of a province on one map"
)

// landing is where a client begins.
func (q *request) landing() error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	base := q.base()
	links := append(q.selves(typeJSON, html),
		link{base + "/api", "service-desc", typeOpenAPI, "The API in OpenAPI 3.0", false},
		link{base + "/api?f=html", "service-doc", typeHTML, "The API in words", false},
		link{base + "/conformance", "conformance", typeJSON, "Conformance classes", false},
		link{base + "/collections", "data", typeJSON, "Collections", false})
	if q.Tiles != nil {
		links = append(links, link{base + "/tileMatrixSets", relSchemes, typeJSON, "Tile matrix sets", false})
	}
	if html {
		return q.page(page{VI: titleVI, EN: titleEN, Links: links})
	}
	return q.json(typeJSON, map[string]any{"title": titleEN, "description": titleVI, "links": links})
}

// classes are what a client may rely on.
var classes = []string{
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
	"http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
	"http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
	"http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
}

// tileClasses are those where there are tiles.
var tileClasses = []string{
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
}

func (q *request) conformance() error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	classes := classes
	if q.Tiles != nil {
		classes = slices.Concat(classes, tileClasses)
	}
	if html {
		p := page{VI: "Các lớp tuân thủ", EN: "Conformance classes", Links: q.selves(typeJSON, true)}
		for _, c := range classes {
			p.Rows = append(p.Rows, []string{c})
		}
		return q.page(p)
	}
	return q.json(typeJSON, map[string]any{"conformsTo": classes})
}

// collection is a layer as the standard describes it.
type collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	ItemType    string   `json:"itemType"`
	Extent      *extent  `json:"extent,omitempty"`
	CRS         []string `json:"crs"`
	StorageCRS  string   `json:"storageCrs"`
	Links       []link   `json:"links"`
}

type extent struct {
	Spatial struct {
		BBox []geo.BBox `json:"bbox"`
		CRS  string     `json:"crs"`
	} `json:"spatial"`
}

func (q *request) describe(s *layer.System, box *geo.BBox, crs []string) collection {
	info := q.Catalog.Info(s)
	at := q.base() + "/collections/" + s.Field
	c := collection{ID: s.Field, Title: info.Title.VI + " · " + info.Title.EN, Description: info.Description, ItemType: "feature",
		Extent: extentOf(box), CRS: crs, StorageCRS: crs84, Links: []link{
			{at, "self", typeJSON, "", false},
			{at + "?f=html", "alternate", typeHTML, "", false},
			{at + "/items", "items", typeGeoJSON, info.Title.EN, false},
			{at + "/items?f=html", "items", typeHTML, info.Title.EN, false},
			{at + "/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", typeSchema, "", false},
			{at + "/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", typeSchema, "", false},
		}}
	if q.Exports != nil {
		c.Links = append(c.Links, wholes(q.host()+"/export/"+s.Field)...)
	}
	if q.Tiles != nil {
		c.Links = append(c.Links, link{at + "/tiles", relTilesets, typeJSON, "", false})
	}
	return c
}

// wholes are links to a collection in one piece, in all formats.
func wholes(at string) []link {
	return []link{
		{at + ".geojson", "enclosure", typeGeoJSON, "All at once", false},
		{at + ".geojsonl", "enclosure", typeLines, "All at once, a feature a line", false},
		{at + ".csv", "enclosure", typeCSV, "All at once, as a table", false},
		{at + ".fgb", "enclosure", typeFGB, "All at once, as FlatGeobuf", false},
		{at + ".gpkg", "enclosure", typeGPKG, "All at once, as GeoPackage", false},
	}
}

// extentOf is nil where there is no box.
func extentOf(box *geo.BBox) *extent {
	if box == nil {
		return nil
	}
	e := &extent{}
	e.Spatial.BBox, e.Spatial.CRS = []geo.BBox{*box}, crs84
	return e
}

func (q *request) collections() error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	own, err := q.ownOperations()
	if err != nil {
		return err
	}
	links := q.selves(typeJSON, html)
	if html {
		p := page{VI: "Các lớp dữ liệu", EN: "Collections", Links: links, Head: []string{"id", "tiêu đề", "title"}}
		for _, s := range q.Catalog.Systems() {
			t := q.Catalog.Info(s).Title
			p.Rows = append(p.Rows, []string{s.Field, t.VI, t.EN})
			p.Hrefs = append(p.Hrefs, q.base()+"/collections/"+s.Field+"?f=html")
		}
		for _, op := range own {
			p.Rows = append(p.Rows, []string{operationStart + op.Hash, q.operationTitle(op.Operation, op.view)})
			p.Hrefs = append(p.Hrefs, q.base()+"/collections/"+operationStart+op.Hash+"?f=html")
		}
		return q.page(p)
	}
	reader := q.Catalog.Read(q.DB, q.viewer, q.now, layer.Selection{})
	reader.Together()
	defer reader.Done()
	infos, err := reader.Layers(q.ctx)
	if err != nil {
		return err
	}
	all := []collection{}
	for i, s := range q.Catalog.Systems() {
		all = append(all, q.describe(s, infos[i].Extent, []string{"#/crs"}))
	}
	for _, op := range own {
		i := slices.Index(q.Catalog.Systems(), op.view.System)
		all = append(all, q.describeOperation(op.Operation, op.view, infos[i].Extent))
	}
	return q.json(typeJSON, map[string]any{"links": links, "collections": all, "crs": crsNames()})
}

func (q *request) collection() error {
	s, err := q.system()
	if err != nil {
		return err
	}
	html, err := q.plain()
	if err != nil {
		return err
	}
	reader := q.read(q.DB, s, nil)
	defer reader.Done()
	box, err := reader.All(s).Extent(q.ctx)
	if err != nil {
		return err
	}
	c := q.describe(s, box, crsNames())
	if html {
		t := q.Catalog.Info(s).Title
		return q.page(page{VI: t.VI, EN: t.EN, Text: c.Description, Links: c.Links})
	}
	return q.json(typeJSON, c)
}
