// Package table reads what agencies hand out that has no standard of its own:
// GeoJSON, JSON (arrays, pages, one object a line) and CSV, of any size, row by
// row. What a column means is for a mapping to say.
//
// The rule it keeps: a row comes through as it was written, names and all;
// nothing is guessed but how the cells of a CSV are parted. A row that is broken
// costs itself.
//
// Traps: a CSV's cells are all texts, and its empty ones are null; JSON's
// numbers stay json.Number, so that a code with many digits survives; GeoJSON's
// old "crs" member is kept as the rows' CRS when it stands before the features.
//
//	page, err := table.Decode(body, formats.Sink[table.Record]{Record: store, Refuse: quarantine})
package table
