// Package records cuts an input of any size into records of bounded size:
// lines, or the JSON values inside arrays, pages and JSON lines.
//
// The rule it keeps: what is broken costs itself alone. The cut goes on at the
// next place where a record can begin, and never holds more than one record of
// [formats.MaxRecord].
//
//	whole, err := records.Walk(r, records.Walker{Lists: []string{"value"}, Item: item, Bad: refuse})
package records
