package ogc_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"geohub/internal/hubtest"
	"geohub/layer"
)

// TestBinaryExports lets GDAL read each layer's files: what it finds in them is what
// the text export of the same viewer has, by values and by types.
func TestBinaryExports(t *testing.T) {
	h := serve(t)
	t.Setenv("TMPDIR", t.TempDir()) // nobody else's files
	catalog := hubtest.Catalog(t)
	for key := -1; key < 3; key++ {
		h := h.as(key)
		for _, s := range catalog.Systems() {
			if key != 2 && !strings.Contains("dams reports vessels zones", s.Field) {
				continue
			}
			_, lines := h.get("/export/" + s.Field + ".geojsonl")
			want := byID(t, lines)
			if total := h.total(s.Field, ""); len(want) != total {
				t.Fatalf("%s: %d lines, GraphQL counts %d", s.Field, len(want), total)
			}
			for _, format := range []string{"fgb", "gpkg"} {
				name := fmt.Sprintf("viewer %d: %s.%s", key, s.Field, format)
				resp, body := h.get("/export/" + s.Field + "." + format)
				if resp.StatusCode != http.StatusOK {
					t.Errorf("%s: %d %s", name, resp.StatusCode, body)
					continue
				}
				file := keep(t, s.Field+"."+format, body)
				rows := without(want, format)
				if got := resp.Trailer.Get("X-Number-Returned"); got != fmt.Sprint(len(rows)) {
					t.Errorf("%s: trailer %q, want %d", name, got, len(rows))
				}
				compareFile(t, name, file, rows)
				about := inspect(t, file)
				shape := "Unknown (any)"
				if s.Points {
					shape = "Point"
				}
				if !strings.Contains(about, "\nGeometry: "+shape+"\n") {
					t.Errorf("%s: the geometry is no %s:\n%.300s", name, shape, about)
				}
				for _, m := range catalog.Info(s).GeoJSON() {
					if m.Field == "" || m.Field == "geometry" {
						continue
					}
					typ := "String"
					if f, ok := s.Lookup(m.Field); ok {
						typ = typeIn(format, f.Kind)
					} else if m.Field == "observedAt" || m.Field == "updatedAt" {
						typ = "DateTime"
					}
					if !strings.Contains(about, "\n"+m.Field+": "+typ+" (0.0)") {
						t.Errorf("%s: %s is no %s:\n%s", name, m.Field, typ, about)
					}
				}
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "geohub-export-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBinaryCRS: a file says its coordinate system, and has the east first.
func TestBinaryCRS(t *testing.T) {
	h := serve(t)
	for _, test := range []struct{ crs, says, point string }{
		{"http://www.opengis.net/def/crs/EPSG/0/9214", `ID["EPSG",9214]]`, "POINT (567254.45"},
		{"http://www.opengis.net/def/crs/EPSG/0/4326", `ID["EPSG",4326]]`, "POINT (107.6"},
	} {
		for _, format := range []string{"fgb", "gpkg"} {
			_, body := h.get("/export/places."+format, "crs", test.crs, "id", "place:CC_THUAN_AN")
			file := keep(t, "places."+format, body)
			out, err := exec.Command("ogrinfo", "-ro", "-al", file).CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte(test.says)) || !bytes.Contains(out, []byte(test.point)) {
				t.Errorf("%s %s: %v\n%s", test.crs, format, err, out)
			}
		}
	}
}

// TestWithoutGDAL: what is missing is named, and the other formats do without it.
func TestWithoutGDAL(t *testing.T) {
	h := serve(t)
	t.Setenv("PATH", t.TempDir())
	resp, body := h.get("/export/dams.gpkg")
	if resp.StatusCode != http.StatusServiceUnavailable || !bytes.Contains(body, []byte("gdal-bin")) || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, _ := h.get("/export/dams.csv"); resp.StatusCode != http.StatusOK {
		t.Errorf("csv: %d", resp.StatusCode)
	}
}

// line is a feature of a text export or of what GDAL prints.
type line struct {
	ID         string
	Geometry   *struct{ Coordinates json.RawMessage }
	Properties map[string]any
}

func byID(t *testing.T, text []byte) map[string]line {
	t.Helper()
	out := map[string]line{}
	for _, l := range linesOf(t, text) {
		out[l.ID] = l
	}
	return out
}

func linesOf(t *testing.T, text []byte) (out []line) {
	t.Helper()
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var l line
		if err := json.Unmarshal(bytes.TrimPrefix(scanner.Bytes(), []byte("\x1e")), &l); err != nil {
			t.Fatalf("%v: %s", err, scanner.Bytes())
		}
		if l.ID == "" {
			l.ID, _ = l.Properties["id"].(string)
		}
		out = append(out, l)
	}
	return out
}

// gdalPrint is what GDAL reads in a file.
func gdalPrint(t *testing.T, file string) []line {
	t.Helper()
	out, err := exec.Command("ogr2ogr", "-f", "GeoJSONSeq", "-lco", "COORDINATE_PRECISION=15", "/vsistdout/", file).Output()
	if err != nil {
		t.Fatalf("ogr2ogr: %v", err)
	}
	return linesOf(t, out)
}

// without leaves out what a format can't hold.
func without(all map[string]line, format string) map[string]line {
	out := map[string]line{}
	for id, l := range all {
		if l.Geometry != nil || format != "fgb" {
			out[id] = l
		}
	}
	return out
}

func keep(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func inspect(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.Command("ogrinfo", "-ro", "-so", "-al", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ogrinfo: %v %s", err, out)
	}
	return string(out)
}

// compareFile holds what GDAL reads in a file against the features that should be
// there; what GDAL doesn't know it may have in its own way: lists as text, times
// to the millisecond.
func compareFile(t *testing.T, name, file string, want map[string]line) {
	t.Helper()
	got := map[string]line{}
	for _, l := range gdalPrint(t, file) {
		got[l.ID] = l
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d features, want %d", name, len(got), len(want))
	}
	for id, w := range want {
		g, ok := got[id]
		if !ok {
			t.Errorf("%s: %s is missing", name, id)
			continue
		}
		if (g.Geometry == nil) != (w.Geometry == nil) || w.Geometry != nil && !sameNumbers(g.Geometry.Coordinates, w.Geometry.Coordinates) {
			t.Errorf("%s: %s lies elsewhere", name, id)
		}
		for field, value := range w.Properties {
			if field == "layer" {
				continue
			}
			if !sameValue(g.Properties[field], value) {
				t.Errorf("%s: %s.%s is %#v, want %#v", name, id, field, g.Properties[field], value)
			}
		}
	}
}

func sameValue(got, want any) bool {
	switch want := want.(type) {
	case []any:
		return fmt.Sprint(got) == fmt.Sprint(want) // it takes text for JSON where it can
	case string:
		text, _ := got.(string)
		if text == want || want == "" && got == nil {
			return true
		}
		w, err := time.Parse(time.RFC3339Nano, want)
		if err != nil { // a day, which FlatGeobuf has as a time
			return strings.HasPrefix(text, want) || strings.HasPrefix(text, strings.ReplaceAll(want, "-", "/"))
		}
		for _, form := range []string{time.RFC3339Nano, "2006/01/02 15:04:05.999-07"} {
			if g, err := time.Parse(form, text); err == nil {
				return g.Sub(w).Abs() <= time.Millisecond
			}
		}
		return false
	}
	return got == want
}

var number = regexp.MustCompile(`-?[0-9.]+(e-?\d+)?`)

func sameNumbers(a, b []byte) bool {
	x, y := number.FindAllString(string(a), -1), number.FindAllString(string(b), -1)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		var p, q float64
		fmt.Sscan(x[i], &p)
		fmt.Sscan(y[i], &q)
		if math.Abs(p-q) > 1e-9 {
			return false
		}
	}
	return true
}

func typeIn(format string, k layer.Kind) string {
	switch k {
	case layer.KindFloat:
		return "Real"
	case layer.KindInt:
		return "Integer64"
	case layer.KindBool:
		return "Integer(Boolean)"
	case layer.KindDateTime:
		return "DateTime"
	case layer.KindDate:
		if format == "fgb" {
			return "DateTime"
		}
		return "Date"
	}
	return "String"
}
