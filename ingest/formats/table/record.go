package table

import (
	"bytes"
	"encoding/json"
)

// Record is one row of a table or one feature of a map.
type Record struct {
	ID         any            `json:"id,omitempty"` // GeoJSON's own id: a text or a json.Number
	Properties map[string]any `json:"properties"`   // the columns by their names as written
	Geometry   any            `json:"geometry,omitempty"`
	CRS        string         `json:"crs,omitempty"` // as the file names it; empty: not said
}

// Parse reads a record's own JSON.
func Parse(text []byte) (Record, error) {
	var r Record
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(&r)
	return r, err
}

// Page is what a response says of itself.
type Page struct {
	Next    string // the address of the next page; "" when there is none
	Matched *int   // records in all pages, when said
	// Fields are the members of the object round the records.
	Fields map[string]json.RawMessage
	// Complete says that the input was read to its own end. What is missing from
	// an incomplete one may exist all the same.
	Complete bool
}
