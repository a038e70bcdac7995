package ogc

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"github.com/paulmach/orb/encoding/wkt"

	"geohub/layer"
)

// Media types of exports.
const (
	typeLines = "application/x-ndjson"
	typeCSV   = "text/csv"
	typeFGB   = "application/vnd.flatgeobuf"
	typeGPKG  = "application/geopackage+sqlite3"
)

// format is one that rows can be exported in.
type format struct {
	media string
	// eastFirst: it has the axes of coordinates in that order whatever the system says.
	eastFirst bool
	writer    func(w io.Writer, t *table) writer
}

var formats = map[string]*format{
	"geojson":  {media: typeGeoJSON, writer: func(w io.Writer, _ *table) writer { return &collectionWriter{w: w} }},
	"geojsonl": {media: typeLines, writer: func(w io.Writer, _ *table) writer { return &linesWriter{w: w} }},
	"csv":      {media: typeCSV + "; charset=utf-8; header=present", writer: newCSVWriter},
	"fgb":      {media: typeFGB, eastFirst: true, writer: gdalWriter("FlatGeobuf", "fgb")},
	"gpkg":     {media: typeGPKG, eastFirst: true, writer: gdalWriter("GPKG", "gpkg")},
}

// writer writes rows in a format. One that is an io.Closer is closed, whatever
// becomes of it.
type writer interface {
	begin(ctx context.Context) error
	row(r row) error
	// end gives how many rows were written.
	end(ctx context.Context) (int, error)
}

// tally counts the rows of a writer that has nothing to begin or end.
type tally int

func (n *tally) begin(context.Context) error      { return nil }
func (n *tally) end(context.Context) (int, error) { return int(*n), nil }

// collectionWriter writes one FeatureCollection, whose last member counts.
type collectionWriter struct {
	tally
	w io.Writer
	b []byte
}

func (c *collectionWriter) begin(context.Context) error {
	_, err := io.WriteString(c.w, layer.CollectionBegin)
	return err
}

func (c *collectionWriter) row(r row) error {
	c.b = c.b[:0]
	if c.tally++; c.tally > 1 {
		c.b = append(c.b, ',')
	}
	c.b = r.AppendGeoJSON(append(c.b, '\n'))
	_, err := c.w.Write(c.b)
	return err
}

func (c *collectionWriter) end(context.Context) (int, error) {
	n := int(c.tally)
	_, err := io.WriteString(c.w, "\n],\"numberReturned\":"+strconv.Itoa(n)+"}\n")
	return n, err
}

// linesWriter writes a feature a line.
type linesWriter struct {
	tally
	w io.Writer
	b []byte
}

func (l *linesWriter) row(r row) error {
	l.tally++
	l.b = append(r.AppendGeoJSON(l.b[:0]), '\n')
	_, err := l.w.Write(l.b)
	return err
}

// csvWriter writes CSV by RFC 4180, the geometry as WKT. Cells that a
// spreadsheet would take for a formula are written as they are.
type csvWriter struct {
	tally
	w       *csv.Writer
	columns []column
	cells   []string
	b       []byte
}

func newCSVWriter(w io.Writer, t *table) writer {
	c := &csvWriter{w: csv.NewWriter(w), columns: t.columns}
	c.w.UseCRLF = true
	return c
}

func (c *csvWriter) begin(context.Context) error {
	var names []string
	for _, column := range c.columns {
		names = append(names, column.name)
	}
	return c.w.Write(append(names, "geometry"))
}

func (c *csvWriter) row(r row) error {
	c.tally++
	c.cells = c.cells[:0]
	for _, column := range c.columns {
		c.b = r.AppendField(c.b[:0], column.name)
		c.cells = append(c.cells, plainText(c.b))
	}
	shape, err := wktOf(r)
	if err != nil {
		return err
	}
	return c.w.Write(append(c.cells, shape))
}

func (c *csvWriter) end(context.Context) (int, error) {
	c.w.Flush()
	return int(c.tally), c.w.Error()
}

// wktOf is a row's geometry as text, "" without one.
func wktOf(r row) (string, error) {
	g, err := r.Shape()
	if err != nil || g == nil {
		return "", err
	}
	return wkt.MarshalString(g), nil
}

// plainText is a JSON value as a cell has it: a text without quotes, nothing for
// null, a list as JSON.
func plainText(b []byte) string {
	switch {
	case string(b) == "null":
		return ""
	case len(b) > 0 && b[0] == '"':
		var s string
		if json.Unmarshal(b, &s) == nil {
			return s
		}
	}
	return string(b)
}
