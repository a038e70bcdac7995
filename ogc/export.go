package ogc

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/internal/fault"
	"geohub/layer"
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

// export answers with all rows of a layer.
func (q *request) export() error {
	name, format, err := q.file()
	if err != nil {
		return err
	}
	s, err := q.systemOf(name)
	if err != nil {
		return err
	}
	a, err := q.parameters(s, questions...)
	if err != nil {
		return err
	}
	free, err := q.takeTurn()
	if err != nil {
		return err
	}
	defer free()
	reader := q.read(q.Exports, s, a.asOf)
	defer reader.Done()
	list, err := reader.Ask(q.ctx, s, a.query)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Crs", a.crs.header())
	return q.send(format, &table{
		name: s.Field, columns: columnsOf(s, q.Catalog.Info(s)), points: s.Points, crs: a.crs.code,
		each: func(ctx context.Context, take func(row) error) error {
			return list.Each(ctx, a.form(), func(f *layer.Printable) error {
				if !formats[format].eastFirst {
					f.Geom = a.crs.out(f.Geom)
				}
				return take(layerRow{f})
			})
		},
	})
}

// file is what the path asks for: of what, and in which format.
func (q *request) file() (name, format string, err error) {
	file := q.r.PathValue("file")
	name, format, _ = strings.Cut(file, ".")
	if formats[format] == nil {
		known := slices.Sorted(maps.Keys(formats))
		return "", "", fault.NotFound("there is no export %q; there is %s. with %s", file, name, strings.Join(known, ", "))
	}
	return name, format, nil
}

// takeTurn takes one of the turns of exports, and gives how to free it.
func (q *request) takeTurn() (free func(), err error) {
	select {
	case q.exporting <- struct{}{}:
		return func() { <-q.exporting }, nil
	default:
		return nil, fault.Unavailable("UNAVAILABLE", "%d exports are running; ask again in a moment", ExportsAtOnce)
	}
}

// table is what is exported: rows of the same columns.
type table struct {
	name    string
	columns []column
	points  bool // every geometry is a point, or there is none
	crs     int  // EPSG code of the geometries
	each    func(ctx context.Context, take func(row) error) error
}

// column is a value that each row has beside its geometry. A kind of lists, and
// whatever is no plain value, is JSON text where the format knows none of these.
type column struct {
	name string
	kind layer.Kind
}

// row is a feature on its way out.
type row interface {
	// AppendGeoJSON appends the whole feature.
	AppendGeoJSON(b []byte) []byte
	// AppendText appends the value of a column as text: nothing for null, what is no
	// plain value as JSON.
	AppendText(b []byte, name string) []byte
	// Shape is the geometry; nil: it has none.
	Shape() (orb.Geometry, error)
}

type layerRow struct{ *layer.Printable }

func (r layerRow) Shape() (orb.Geometry, error) { return r.Geom, nil }

// columnsOf are a layer's, in the order in which GeoJSON has them.
func columnsOf(s *layer.System, info *layer.Info) []column {
	var out []column
	for _, name := range fieldsOf(info) {
		c := column{name: name}
		switch f, ok := s.Lookup(name); {
		case ok:
			c.kind = f.Kind
		case name == "observedAt", name == "updatedAt":
			c.kind = layer.KindDateTime
		case name == "geometry":
			continue
		}
		out = append(out, c)
	}
	return out
}

// send writes rows as they come and keeps none. What goes wrong when a part is
// already on its way breaks the connection off, so that no half of a file is
// taken for the whole.
func (q *request) send(name string, t *table) error {
	f := formats[name]
	d := &download{w: q.w, control: http.NewResponseController(q.w), head: func(h http.Header) {
		h.Set("Content-Type", f.media)
		h.Set("Content-Disposition", `attachment; filename="`+t.name+"."+name+`"`)
		h.Set("Trailer", counted)
	}}
	if q.r.Method == http.MethodHead {
		d.begin()
		return nil
	}
	n, err := q.write(d, f, t)
	if err != nil && !d.begun {
		return err
	}
	if err != nil {
		if q.ctx.Err() == nil {
			q.Log.WarnContext(q.ctx, "export broken off", "of", t.name, "rows", n, "err", err)
		}
		panic(http.ErrAbortHandler)
	}
	d.begin() // a format may have nothing to say of no rows
	q.w.Header().Set(counted, strconv.Itoa(n))
	return nil
}

// write gives how many rows the file holds.
func (q *request) write(d *download, f *format, t *table) (n int, err error) {
	buffer := bufio.NewWriterSize(d, 64<<10)
	out := f.writer(buffer, t)
	if c, ok := out.(io.Closer); ok {
		defer c.Close()
	}
	if err := out.begin(q.ctx); err != nil {
		return 0, err
	}
	if err := t.each(q.ctx, out.row); err != nil {
		return 0, err
	}
	if n, err = out.end(q.ctx); err != nil {
		return n, err
	}
	return n, buffer.Flush()
}

// download is an answer that begins with its first byte, and gives the client anew
// some time for each piece.
type download struct {
	w       http.ResponseWriter
	control *http.ResponseController
	head    func(http.Header)
	begun   bool
}

func (d *download) begin() {
	if !d.begun {
		d.begun = true
		d.head(d.w.Header())
	}
}

func (d *download) Write(b []byte) (int, error) {
	d.begin()
	_ = d.control.SetWriteDeadline(time.Now().Add(patience)) // not every writer can
	return d.w.Write(b)
}
