// Package billboard reads what is kept and sent of outdoor advertising: the
// registry as CSV or XLSX, heartbeats of screens as JSON lines or CSV, and
// proof-of-play logs as CSV from SMIL players and vendors.
//
// There is no state format; [Decode] tells the input by its first bytes and
// its columns by their titles, in Vietnamese or English, with or without
// accents, in any order, below lines of heading. Each record is one object
// with its kind: *[Registry], *[Heartbeat] or *[Play].
//
// Traps: files saved by Excel in Vietnam have semicolons between cells and
// decimal commas; a decimal comma between commas makes a row too long, which
// is refused; days come before months; coordinates in metres (VN-2000) and
// swapped ones are refused, not turned; a quote that is never closed costs its
// own row only; the same record is of another kind in another file, so a title
// row that fits none is refused with what it says.
//
//	err := billboard.Decode(r, formats.Sink[billboard.Record]{Record: store, Refuse: quarantine})
package billboard
