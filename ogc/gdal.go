package ogc

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"geohub/internal/fault"
	"geohub/layer"
)

const (
	// maxPiped is how much an export gives GDAL to write at most, bytes: with
	// ExportsAtOnce it bounds what temporary files take.
	maxPiped = 8 << 30
	// tempPattern names the folders of temporary files.
	tempPattern = "geohub-export-*"
)

// gdal has ogr2ogr write a file, of rows that come to it through a pipe: CSV, whose
// types a file beside it tells (OGR VRT), so that nothing is guessed and nothing
// kept. The file is sent when it is whole and holds as many rows as were given.
type gdal struct {
	w      io.Writer
	t      *table
	driver string
	ext    string

	dir       string // of the temporary files
	cmd       *exec.Cmd
	stop      context.CancelFunc
	complaint firstWords
	pipe      io.WriteCloser
	buffer    *bufio.Writer
	line      line
	piped     int64
	n         int
}

func gdalWriter(driver, ext string) func(io.Writer, *table) writer {
	return func(w io.Writer, t *table) writer { return &gdal{w: w, t: t, driver: driver, ext: ext} }
}

func (g *gdal) begin(ctx context.Context) (err error) {
	for _, program := range []string{"ogr2ogr", "ogrinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			return fault.Unavailable("UNAVAILABLE", "%s is missing, which writes .%s: install GDAL (apt-get install gdal-bin) and try again; .geojson, .geojsonl and .csv do without", program, g.ext)
		}
	}
	sweep(os.TempDir())
	if g.dir, err = os.MkdirTemp("", tempPattern); err != nil {
		return fmt.Errorf("make a folder for the export: %w", err)
	}
	if err := os.WriteFile(g.rows(), g.schema(), 0o600); err != nil {
		return fmt.Errorf("write the export's schema: %w", err)
	}
	return g.start(ctx, false)
}

// start starts ogr2ogr. A FlatGeobuf gets no spatial index, for which GDAL would
// hold all rows in memory; but it writes one without rows only so.
func (g *gdal) start(ctx context.Context, indexed bool) (err error) {
	args := []string{"-f", g.driver, "--config", "CPL_TMPDIR", g.dir, "--config", "OGR_CSV_MAX_LINE_SIZE", "-1"}
	switch {
	case g.ext == "fgb" && !indexed:
		args = append(args, "-lco", "SPATIAL_INDEX=NO")
	case g.ext == "gpkg": // nobody wants the file if the machine stops meanwhile
		args = append(args, "--config", "OGR_SQLITE_SYNCHRONOUS", "OFF", "-lco", "FID="+g.free("fid"), "-lco", "GEOMETRY_NAME="+g.free("geom"))
	}
	ctx, g.stop = context.WithCancel(ctx)
	g.cmd = exec.CommandContext(ctx, "ogr2ogr", append(args, g.path(), g.rows())...)
	g.cmd.Stderr = &g.complaint
	g.cmd.WaitDelay = time.Second
	if g.pipe, err = g.cmd.StdinPipe(); err == nil {
		err = g.cmd.Start()
	}
	if err != nil {
		g.cmd = nil
		return fmt.Errorf("start ogr2ogr: %w", err)
	}
	g.buffer = bufio.NewWriterSize(g.pipe, 64<<10)
	for i := range g.t.columns {
		g.line.text = append(g.line.text, "c"+strconv.Itoa(i)...)
		g.line.cell()
	}
	g.line.text = append(g.line.text, "wkt"...)
	g.line.cell()
	return g.line.write(g)
}

// finish tells ogr2ogr that there are no more rows, and waits for it.
func (g *gdal) finish() error {
	err := errors.Join(g.buffer.Flush(), g.pipe.Close())
	if err = errors.Join(err, g.cmd.Wait()); err != nil {
		err = fmt.Errorf("ogr2ogr: %w: %s", err, g.complaint.text)
	}
	g.cmd = nil
	g.stop()
	return err
}

func (g *gdal) rows() string { return filepath.Join(g.dir, "rows.vrt") }
func (g *gdal) path() string { return filepath.Join(g.dir, g.t.name+"."+g.ext) }

// free is a name that no column has; SQLite doesn't tell capitals from others.
func (g *gdal) free(name string) string {
	for _, c := range g.t.columns {
		if strings.EqualFold(c.name, name) {
			return g.free(name + "_")
		}
	}
	return name
}

// schema is the VRT that tells the types of columns, whose names in the pipe are
// their places.
func (g *gdal) schema() []byte {
	var b bytes.Buffer
	attribute := func(name, value string) {
		b.WriteString(" " + name + `="`)
		xml.EscapeText(&b, []byte(value))
		b.WriteString(`"`)
	}
	b.WriteString("<OGRVRTDataSource><OGRVRTLayer")
	attribute("name", g.t.name)
	b.WriteString(`><SrcDataSource>CSV:/vsistdin/</SrcDataSource><SrcLayer>layer</SrcLayer>` +
		`<OpenOptions><OOI key="EMPTY_STRING_AS_NULL">YES</OOI></OpenOptions>`)
	shape := "wkbUnknown"
	if g.t.points {
		shape = "wkbPoint"
	}
	fmt.Fprintf(&b, `<LayerSRS>EPSG:%d</LayerSRS><GeometryType>%s</GeometryType><GeometryField encoding="WKT" field="wkt"/>`, g.t.crs, shape)
	for i, c := range g.t.columns {
		b.WriteString("<Field")
		attribute("name", c.name)
		fmt.Fprintf(&b, ` src="c%d"`, i)
		switch c.kind {
		case layer.KindFloat:
			b.WriteString(` type="Real"`)
		case layer.KindInt:
			b.WriteString(` type="Integer64"`)
		case layer.KindBool:
			b.WriteString(` type="Integer" subtype="Boolean"`)
		case layer.KindDateTime:
			b.WriteString(` type="DateTime"`)
		case layer.KindDate:
			b.WriteString(` type="Date"`)
		default:
			b.WriteString(` type="String"`)
		}
		b.WriteString("/>")
	}
	b.WriteString("</OGRVRTLayer></OGRVRTDataSource>")
	return b.Bytes()
}

// row leaves out rows without a place where the format knows none: GDAL would
// leave them out itself, or fail, by its version.
func (g *gdal) row(r row) error {
	shape, err := appendWKT(nil, r)
	if err != nil || len(shape) == 0 && g.ext == "fgb" {
		return err
	}
	g.n++
	for _, c := range g.t.columns {
		cell := r.AppendText(g.line.text, c.name)
		switch {
		case c.kind != layer.KindBool:
		case string(cell) == "true":
			cell = append(cell[:0], '1')
		case string(cell) == "false":
			cell = append(cell[:0], '0')
		}
		g.line.text = cell
		g.line.cell()
	}
	g.line.text = append(g.line.text, shape...)
	g.line.cell()
	return g.line.write(g)
}

// Write takes what goes through the pipe.
func (g *gdal) Write(b []byte) (int, error) {
	if g.piped += int64(len(b)); g.piped > maxPiped {
		return 0, fault.Invalid("COST_LIMIT", "a .%s of over %d GiB is not made here: ask for less, or for .csv", g.ext, maxPiped>>30).With("limit", maxPiped)
	}
	n, err := g.buffer.Write(b)
	if err != nil {
		err = g.ended(err)
	}
	return n, err
}

// end waits for the file, holds it against what was given, and sends it.
func (g *gdal) end(ctx context.Context) (int, error) {
	if err := g.finish(); err != nil {
		return 0, err
	}
	if g.n == 0 && g.ext == "fgb" {
		_ = os.Remove(g.path())
		err := g.start(ctx, true)
		if err == nil {
			err = g.finish()
		}
		if err != nil {
			return 0, err
		}
	}
	if err := g.check(ctx); err != nil {
		return 0, err
	}
	f, err := os.Open(g.path())
	if err != nil {
		return 0, err
	}
	defer f.Close()
	_, err = io.Copy(g.w, f)
	return g.n, err
}

// check counts the rows of the file: ogr2ogr may fail and not say so.
func (g *gdal) check(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "ogrinfo", "-ro", "-so", "-al", g.path()).Output()
	if err != nil {
		return fmt.Errorf("ogrinfo: %w", err)
	}
	if found := featureCount.FindSubmatch(out); found == nil || string(found[1]) != strconv.Itoa(g.n) {
		return fmt.Errorf("ogr2ogr was given %d rows and wrote others: %q: %s", g.n, found, g.complaint.text)
	}
	return nil
}

var featureCount = regexp.MustCompile(`(?m)^Feature Count: (\d+)$`)

// ended waits for ogr2ogr, which takes no more, and gives its reason.
func (g *gdal) ended(err error) error {
	err = errors.Join(err, g.cmd.Wait())
	g.cmd = nil
	return fmt.Errorf("ogr2ogr: %w: %s", err, g.complaint.text)
}

// Close ends ogr2ogr if it runs, and removes its files.
func (g *gdal) Close() error {
	if g.stop != nil {
		g.stop()
	}
	if g.cmd != nil {
		_ = g.cmd.Wait()
	}
	if g.dir == "" {
		return nil
	}
	return os.RemoveAll(g.dir)
}

// sweep removes what a hub left behind that was killed: no export takes so long.
func sweep(dir string) {
	old, _ := filepath.Glob(filepath.Join(dir, tempPattern))
	for _, path := range old {
		if info, err := os.Lstat(path); err == nil && info.IsDir() && time.Since(info.ModTime()) > 2*exportTimeout {
			_ = os.RemoveAll(path)
		}
	}
}

// firstWords keeps the first kilobyte of what is written to it.
type firstWords struct{ text []byte }

func (f *firstWords) Write(b []byte) (int, error) {
	f.text = append(f.text, b[:min(len(b), 1024-len(f.text))]...)
	return len(b), nil
}
