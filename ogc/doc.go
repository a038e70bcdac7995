// Package ogc serves the layers by OGC API – Features, for programs that speak
// the standard and no GraphQL: QGIS, GDAL, ArcGIS, notebooks. It is Part 1
// (17-069r4) with GeoJSON, HTML and OpenAPI 3.0, Part 2 (18-058r1, coordinate
// systems by reference) and Part 3 (19-079r2, filters in CQL2).
//
//	http.Handle("/ogc/", ogc.New(ogc.Config{Catalog: catalog, DB: pool, Viewer: keys.Viewer, Clock: time.Now, Log: log}))
//
// A collection is a layer; its id is the layer's list field, "cameraEvents". Who
// asks is told as in GraphQL, by a key in X-Api-Key. All is asked through
// [layer.Reader], so rows, masks and refusals are those of GraphQL, and a
// feature's properties those of the field `geojson`: the layer's open ones.
//
// An operation that was stored by GraphQL is a collection, too, "q-" and its hash:
// listed for the key that stored it, there for everybody. What it answers is told
// by package persisted; its variables are parameters, where they are not named as
// one of the standard's.
//
// The tiles of package tiles are described by OGC API – Tiles (20-057), and served
// at its addresses by that package itself.
//
// The one rule: what a request says is either honoured or refused with the
// reason. A parameter that is not known is an error, and /conformance names only
// what works. Where the standard leaves a choice: pages have no numbers, `next`
// goes on behind the last row, so that pages neither repeat nor skip; bbox and
// datetime leave out rows of which the place or the time is not known, as in
// GraphQL. One parameter is the hub's own: asOf, a moment, for what was known then.
//
// Whole layers leave as files under /export/, row by row: none is kept here. Text
// goes straight out; the binary formats are written by ogr2ogr, fed through a
// pipe, and sent when they are complete.
package ogc
