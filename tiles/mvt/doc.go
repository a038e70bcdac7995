// Package mvt writes Mapbox Vector Tiles 2.1 and knows the web-mercator grid
// that they lie on. Positions come in as lon, lat and leave as tile units:
// whole numbers, [Extent] of them along a tile's edge, y downward.
//
// The one rule: a feature is opened by its geometry, and only if something of
// it lies within the tile and its buffer; what is set on a feature that was not
// opened goes nowhere. So rows can be fed as they come, and nothing is kept of
// a row but the bytes it adds.
//
//	var e mvt.Encoder // or one of a sync.Pool
//	e.Begin(tile, "dams", mvt.Options{Tolerance: 1})
//	id, height := e.Key("id"), e.Key("heightM")
//	for rows.Next() {
//		if e.PointAt(lon, lat) {
//			e.Unique(id, row.ID)
//			e.Float(height, row.HeightM)
//		}
//	}
//	body = e.Append(body) // the layer; more layers may follow
package mvt
