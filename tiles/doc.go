// Package tiles serves layers as Mapbox Vector Tiles over HTTP, what a map needs to
// know of them as TileJSON, and a whole map of them as a style for MapLibre.
//
//	GET /tiles/dams,cameraEvents/10/818/463.mvt?asOf=2025-10-27T20:00:00Z
//	GET /tiles/dams,cameraEvents.json
//	GET /tiles/q/{hash}/10/818/463.mvt
//	GET /tiles/q/{hash}.json
//	GET /style.json?layers=dams,cameraEvents&lang=en
//	GET /tiles/basemap/10/818/463
//
// The one rule: a tile holds what the same viewer's list of the same box holds.
// Rows are found by the list's own conditions, and of each only its id, its label
// and those of its fields are told that are declared for tiles and not hidden
// from the viewer. A layer whose places are hidden has no features.
//
// A tile holds about 5,000 features of a layer at most. Where there are more
// points, they are put together cell by cell, 64 by 64 cells a tile, each with
// cluster, point_count and an id of its own; a cell with a single feature gives
// the feature. Of lines and areas the largest are kept.
//
// Rows come in binary and go straight into the tile, points without so much as an
// orb.Point on the heap. They are projected here rather than in the database: to
// project a point takes a few nanoseconds, less than to read a second column
// that holds it in EPSG:3857.
//
// A style has no list of its own either: which layers there are and what their
// values mean is their declarations'. A layer is coloured by how grave, else in
// which state, else of which kind its features are, and the legend goes along in
// the style's metadata.
package tiles
