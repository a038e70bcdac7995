// Package layer is how any layer is asked: declarations, filters, pages,
// groups and typed reads. It names no system and no GraphQL server.
//
// A layer is declared once: a row type that embeds Base, with one tagged field
// a column, and New. Everything else reads that list:
//
//	type Buoy struct {
//		layer.Base
//		Code       *string  `layer:"key,filter"`
//		WaveHeight *float64 `layer:"filter,order"`
//	}
//	var Buoys = layer.New[Buoy]("buoys", layer.Spec{Agency: "H57.12", Points: true})
//
// A Reader answers one operation: it holds the database, the viewer, the clock
// and what the operation selects. Rows and connections keep the reader they
// came from, so their methods need nothing from the context.
//
// The rule it keeps: every statement of a layer is made of the same four
// pieces (policy, filter, area, page), each a clause, whoever prints the answer.
package layer
