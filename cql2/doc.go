// Package cql2 reads and prints OGC's Common Query Language 2 (21-065r2), the
// language of filters, in both encodings: cql2-text, which stands in a URL, and
// cql2-json. Both become one small tree, which other packages walk; this one
// knows no layer and no SQL.
//
//	e, err := cql2.Parse("CASEI(name) LIKE CASEI('phường%') AND S_INTERSECTS(geom, BBOX(107.5, 16.4, 107.7, 16.5))")
//
// The one rule: what either reader accepts, both printers can say, and it reads
// back as the same tree. So a tree has one form for one meaning: NOT LIKE is a
// Not around a Like, -x is -1 * x, and third coordinates are dropped.
//
// Input is bounded (see [MaxBytes] and its fellows), and what is wrong with it
// is a fault, BAD_INPUT or BAD_GEOMETRY, with the place: "at" is a character
// counted from 1 in text, and a path such as "args[1].property" in JSON. Whether
// a property exists, whether kinds fit, degrees are degrees, a polygon crosses
// itself or an interval ends before it starts: that is left to the caller.
package cql2
