package connect

import (
	"archive/zip"
	"context"
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

	"geohub/geo"
	"geohub/ingest/formats/table"
	"geohub/internal/fault"
)

// maxCopy is how large a file is fetched for GDAL, which can't read it as it
// streams by.
const maxCopy = 4 << 30

// foreign says that a file is for GDAL by its name.
func foreign(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".shp", ".dbf", ".gpkg", ".kml", ".kmz", ".gml", ".xlsx", ".ods", ".fgb", ".tab", ".mif", ".gdb", ".zip", ".dxf", ".gpx", ".sqlite":
		return true
	}
	return false
}

// convertCopy keeps what comes in a file for GDAL.
func (t *tableReader) convertCopy(ctx context.Context, r io.Reader, ext string, p *pour) error {
	if ext == "" || len(ext) > 8 {
		ext = ".dat"
	}
	f, err := os.CreateTemp("", "geohub-*"+ext)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	n, err := io.Copy(f, io.LimitReader(r, maxCopy+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if n > maxCopy {
		return fmt.Errorf("the file is larger than %d GiB", maxCopy>>30)
	}
	return t.convert(ctx, f.Name(), p)
}

// convert lets GDAL read a file or a server, and reads what it writes: one
// GeoJSON feature a line. Coordinates come as they are where the CRS is
// declared or VN-2000's, which the hub transforms itself: GDAL takes a VN-2000
// without its datum for WGS 84.
func (t *tableReader) convert(ctx context.Context, path string, p *pour) error {
	dataset := path
	if !t.gdal() {
		if !filepath.IsAbs(path) {
			path = "./" + path
		}
		dataset = inside(path)
	}
	// A batch that is refused ends the program too.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	args := []string{"-f", "GeoJSONSeq", "-dim", "XY", "-nlt", "CONVERT_TO_LINEAR", "-lco", "COORDINATE_PRECISION=15", "--config", "OGR_XLSX_HEADERS", "FORCE"}
	crs := ""
	if t.s.CRS == 0 {
		crs = zoneOf(ctx, dataset)
	}
	if t.s.CRS != 0 || crs != "" {
		args = append(args, "-a_srs", "EPSG:4326") // says that there is nothing to transform
	}
	args = append(args, "/vsistdout/", dataset)
	if t.layer != "" {
		args = append(args, t.layer)
	} else if all := layersOf(ctx, dataset); len(all) > 1 {
		return fault.Invalid("BAD_INPUT", `it holds several layers: name one behind "#", as %s#%s; there are %s`, filepath.Base(t.address), all[0], strings.Join(all, ", "))
	}
	cmd := exec.CommandContext(ctx, "ogr2ogr", args...)
	complaint := &firstWords{}
	cmd.Stderr = complaint
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return fault.Unavailable("UNAVAILABLE", "ogr2ogr is missing, which reads all but GeoJSON, JSON and CSV: install GDAL (apt-get install gdal-bin) and try again")
	}
	if err != nil {
		return fmt.Errorf("start ogr2ogr: %w", err)
	}
	n := 0
	_, err = table.Decode(out, t.into(p, crs, &n))
	if err != nil {
		stop()
		_ = cmd.Wait()
		return err
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Invalid("BAD_INPUT", "GDAL can't read it: %s", complaint).Because(err)
	}
	if n == 0 {
		return fault.Invalid("BAD_INPUT", "GDAL finds no rows in it. %s", complaint)
	}
	return nil
}

// layersOf are the names of a dataset's layers; nil when GDAL can't say.
func layersOf(ctx context.Context, dataset string) (names []string) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	out, err := exec.CommandContext(ctx, "ogrinfo", "-ro", "-q", dataset).Output()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		if m := layerLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

// layerLine is "1: roads (Line String)" or "2: sheet".
var layerLine = regexp.MustCompile(`^\d+: (.+?)(?: \([^()]*\))?$`)

// inside is how GDAL is told of a file in a ZIP. An XLSX is one too, but opens
// by itself under its own name only.
func inside(path string) string {
	z, err := zip.OpenReader(path)
	if err != nil {
		return path
	}
	defer z.Close()
	for _, f := range z.File {
		switch ext := strings.ToLower(filepath.Ext(f.Name)); {
		case f.Name == "xl/workbook.xml":
			return "XLSX:" + path
		case f.Name == "doc.kml":
			return path
		case ext == ".shp" || ext == ".gpkg" || ext == ".tab" || ext == ".geojson" || ext == ".csv":
			abs, err := filepath.Abs(path)
			if err != nil {
				return path
			}
			return "/vsizip/{" + abs + "}/" + f.Name
		}
	}
	return path
}

// zoneOf finds out whether a file's CRS is the projection of one of VN-2000's
// three-degree zones: by its own code, or with another datum or none, as
// forestry's "VN-2000 nội bộ" is written. "" when it is not.
func zoneOf(ctx context.Context, dataset string) string {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	out, err := exec.CommandContext(ctx, "gdalsrsinfo", "-o", "proj4", dataset).Output()
	if err != nil {
		return "" // it has none, or GDAL can't say
	}
	values := map[string]string{}
	for word := range strings.FieldsSeq(string(out)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "+"), "=")
		values[name] = value
	}
	scale, _ := strconv.ParseFloat(values["k"], 64)
	east, _ := strconv.ParseFloat(values["x_0"], 64)
	meridian, err := strconv.ParseFloat(values["lon_0"], 64)
	if values["proj"] != "tmerc" || scale != 0.9999 || east != 500_000 || err != nil {
		return ""
	}
	if code, ok := geo.Zone(meridian); ok {
		return fmt.Sprintf("EPSG:%d", code)
	}
	return ""
}

// firstWords keeps the first kilobyte of what is written to it.
type firstWords struct{ text []byte }

func (f *firstWords) Write(b []byte) (int, error) {
	f.text = append(f.text, b[:min(len(b), 1024-len(f.text))]...)
	return len(b), nil
}

func (f *firstWords) String() string {
	text, _, _ := strings.Cut(strings.Join(strings.Fields(string(f.text)), " "), " with the following drivers")
	return text
}
