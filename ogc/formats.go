package ogc

import (
	"bytes"
	"context"
	"io"
	"strconv"

	"github.com/paulmach/orb"
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
	w       io.Writer
	columns []column
	line    line
}

func newCSVWriter(w io.Writer, t *table) writer { return &csvWriter{w: w, columns: t.columns} }

func (c *csvWriter) begin(context.Context) error {
	for _, column := range c.columns {
		c.line.text = append(c.line.text, column.name...)
		c.line.cell()
	}
	c.line.text = append(c.line.text, "geometry"...)
	c.line.cell()
	return c.line.write(c.w)
}

func (c *csvWriter) row(r row) (err error) {
	c.tally++
	for _, column := range c.columns {
		c.line.text = r.AppendText(c.line.text, column.name)
		c.line.cell()
	}
	if c.line.text, err = appendWKT(c.line.text, r); err != nil {
		return err
	}
	c.line.cell()
	return c.line.write(c.w)
}

// line is one of CSV, put together cell by cell.
type line struct {
	text []byte // of the cell that is being written
	b    []byte
}

// cell ends a cell.
func (l *line) cell() {
	if bytes.ContainsAny(l.text, ",\"\r\n") || len(l.text) > 0 && l.text[0] == ' ' {
		l.b = append(l.b, '"')
		for _, c := range l.text {
			if c == '"' {
				l.b = append(l.b, '"')
			}
			l.b = append(l.b, c)
		}
		l.b = append(l.b, '"')
	} else {
		l.b = append(l.b, l.text...)
	}
	l.b, l.text = append(l.b, ','), l.text[:0]
}

// write ends the line and begins another.
func (l *line) write(w io.Writer) error {
	_, err := w.Write(append(l.b[:len(l.b)-1], '\r', '\n'))
	l.b = l.b[:0]
	return err
}

// appendWKT appends a row's geometry as text, nothing without one.
func appendWKT(b []byte, r row) ([]byte, error) {
	g, err := r.Shape()
	switch p, ok := g.(orb.Point); {
	case err != nil || g == nil:
		return b, err
	case ok:
		b = append(b, "POINT("...)
		b = append(strconv.AppendFloat(b, p[0], 'g', -1, 64), ' ')
		return append(strconv.AppendFloat(b, p[1], 'g', -1, 64), ')'), nil
	}
	return append(b, wkt.MarshalString(g)...), nil
}
