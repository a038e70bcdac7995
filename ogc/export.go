package ogc

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb/encoding/wkt"

	"geohub/internal/fault"
	"geohub/layer"
)

// Media types of exports.
const (
	typeLines = "application/x-ndjson"
	typeCSV   = "text/csv"
)

// counted is the trailer that tells how many rows there were: an export without
// it was cut off.
const counted = "X-Number-Returned"

// ExportsAtOnce is how many exports run; who asks for another is asked to wait.
const ExportsAtOnce = 4

// exportTimeout is how long an export may take: a client that reads slowly holds
// a connection all the while.
const exportTimeout = time.Hour

// patience is how long a client may take for a piece of an export.
const patience = 30 * time.Second

// export writes all rows of a question as they come from the database, and keeps
// none. What goes wrong when rows are already on their way breaks the connection
// off, so that no half of a file is taken for the whole.
func (q *request) export() error {
	name, format, _ := strings.Cut(q.r.PathValue("file"), ".")
	s, err := q.systemOf(name)
	if err != nil {
		return err
	}
	write := map[string]func(io.Writer, *layer.Info) writer{"geojson": newCollection, "geojsonl": newLines, "csv": newTable}[format]
	if write == nil {
		return fault.NotFound("there is no export %q; there are %s.geojson, %s.geojsonl and %s.csv", q.r.PathValue("file"), name, name, name)
	}
	a, err := q.parameters(s, questions...)
	if err != nil {
		return err
	}
	select {
	case q.exporting <- struct{}{}:
		defer func() { <-q.exporting }()
	default:
		return fault.Unavailable("UNAVAILABLE", "%d exports are running; ask again in a moment", ExportsAtOnce)
	}
	reader := q.read(q.Exports, s, a.asOf)
	defer reader.Done()
	list, err := reader.Ask(q.ctx, s, a.query)
	if err != nil {
		return err
	}
	begun := false
	control := http.NewResponseController(q.w)
	buffer := bufio.NewWriterSize(deadlined{q.w, control}, 64<<10)
	out := write(buffer, q.Catalog.Info(s))
	begin := func() error {
		begun = true
		h := q.w.Header()
		h.Set("Content-Type", out.media())
		h.Set("Content-Disposition", `attachment; filename="`+s.Field+"."+format+`"`)
		h.Set("Content-Crs", a.crs.header())
		h.Set("Trailer", counted)
		return out.begin()
	}
	if q.r.Method == http.MethodHead {
		return begin()
	}
	n := 0
	err = list.Each(q.ctx, a.form(), func(f *layer.Printable) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		n++
		f.Geom = a.crs.out(f.Geom)
		return out.row(f)
	})
	if err == nil && !begun {
		err = begin()
	}
	if err != nil && !begun {
		return err
	}
	if err == nil {
		err = out.end(n)
	}
	if err == nil {
		err = buffer.Flush()
	}
	if err != nil {
		if q.ctx.Err() == nil {
			q.Log.WarnContext(q.ctx, "export broken off", "layer", s.Field, "rows", n, "err", err)
		}
		panic(http.ErrAbortHandler)
	}
	q.w.Header().Set(counted, strconv.Itoa(n))
	return nil
}

// deadlined gives the client anew some time for each piece.
type deadlined struct {
	w       io.Writer
	control *http.ResponseController
}

func (d deadlined) Write(b []byte) (int, error) {
	_ = d.control.SetWriteDeadline(time.Now().Add(patience)) // not every writer can
	return d.w.Write(b)
}

// writer writes rows in a format.
type writer interface {
	media() string
	begin() error
	row(f *layer.Printable) error
	end(n int) error
}

// collectionWriter writes one FeatureCollection, whose last member counts.
type collectionWriter struct {
	w     io.Writer
	b     []byte
	later bool
}

func newCollection(w io.Writer, _ *layer.Info) writer { return &collectionWriter{w: w} }

func (c *collectionWriter) media() string { return typeGeoJSON }

func (c *collectionWriter) begin() error {
	_, err := io.WriteString(c.w, layer.CollectionBegin)
	return err
}

func (c *collectionWriter) row(f *layer.Printable) error {
	c.b = c.b[:0]
	if c.later {
		c.b = append(c.b, ',')
	}
	c.later = true
	c.b = f.AppendGeoJSON(append(c.b, '\n'))
	_, err := c.w.Write(c.b)
	return err
}

func (c *collectionWriter) end(n int) error {
	_, err := io.WriteString(c.w, "\n],\"numberReturned\":"+strconv.Itoa(n)+"}\n")
	return err
}

// linesWriter writes a feature a line.
type linesWriter struct {
	w io.Writer
	b []byte
}

func newLines(w io.Writer, _ *layer.Info) writer { return &linesWriter{w: w} }

func (l *linesWriter) media() string { return typeLines }
func (l *linesWriter) begin() error  { return nil }
func (l *linesWriter) end(int) error { return nil }

func (l *linesWriter) row(f *layer.Printable) error {
	l.b = append(f.AppendGeoJSON(l.b[:0]), '\n')
	_, err := l.w.Write(l.b)
	return err
}

// tableWriter writes CSV by RFC 4180, the geometry as WKT. Cells that a
// spreadsheet would take for a formula are written as they are.
type tableWriter struct {
	w      *csv.Writer
	fields []string
	cells  []string
	b      []byte
}

func newTable(w io.Writer, info *layer.Info) writer {
	t := &tableWriter{w: csv.NewWriter(w), fields: fieldsOf(info)}
	t.w.UseCRLF = true
	return t
}

func (t *tableWriter) media() string { return typeCSV + "; charset=utf-8; header=present" }
func (t *tableWriter) begin() error  { return t.w.Write(t.fields) }

func (t *tableWriter) row(f *layer.Printable) error {
	t.cells = t.cells[:0]
	for _, name := range t.fields {
		switch {
		case name != "geometry":
			t.b = f.AppendField(t.b[:0], name)
			t.cells = append(t.cells, plainText(t.b))
		case f.Geom == nil:
			t.cells = append(t.cells, "")
		default:
			t.cells = append(t.cells, wkt.MarshalString(f.Geom))
		}
	}
	return t.w.Write(t.cells)
}

func (t *tableWriter) end(int) error {
	t.w.Flush()
	return t.w.Error()
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
