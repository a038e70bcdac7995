package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/paulmach/orb"

	"geohub/internal/fault"
)

// ReadOptions say how [ReadUnits] reads. The zero value is fine.
type ReadOptions struct {
	Ogr2ogr string // the program; empty: ogr2ogr on the PATH
}

// ReadUnits reads units from a GeoJSON, a GeoPackage or a Shapefile, in any CRS
// that the file names, through GDAL's ogr2ogr. It finds the properties code,
// name, name_en, kind, type, parent_code, area_km2 and population under these
// names and those that Vietnamese files use (MA_XA, TEN_XA, DAN_SO …), with any
// case and underscores; code and name must be there, units are communes if no
// kind says otherwise. Errors are BAD_INPUT or BAD_GEOMETRY faults that name the
// unit, and UNAVAILABLE without ogr2ogr. Polygons come as they are, those that
// [Units] can mend unmended.
func ReadUnits(ctx context.Context, path string, opt ReadOptions) ([]UnitRow, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fault.Invalid("BAD_INPUT", "read units: %v", err)
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	program := opt.Ogr2ogr
	if program == "" {
		program = "ogr2ogr"
	}
	// A unit that is refused ends the program too.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, program, "-f", "GeoJSONSeq", "-t_srs", "EPSG:4326", "-dim", "XY", "-nlt", "CONVERT_TO_LINEAR",
		"-lco", "COORDINATE_PRECISION=15", "/vsistdout/", path)
	complaint := &tail{}
	cmd.Stderr = complaint
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return nil, fault.Unavailable("UNAVAILABLE", "read units: %s is missing, which reads GeoJSON, GeoPackage and Shapefile: install GDAL (apt-get install gdal-bin) and try again", program)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	units, err := decodeUnits(out)
	if err != nil {
		stop()
		_ = cmd.Wait()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.Invalid("BAD_INPUT", "read %s: ogr2ogr can't: %s%s", path, complaint, hint(complaint.String())).Because(err)
	}
	if len(units) == 0 {
		return nil, fault.Invalid("BAD_INPUT", "read %s: it holds no features", path)
	}
	return units, nil
}

// hint is the next step for the one complaint of ogr2ogr that has one.
func hint(complaint string) string {
	if strings.Contains(complaint, "no coordinate system") || strings.Contains(complaint, "s_srs") {
		return ` (the file does not say its CRS; say it in a copy: "ogr2ogr -a_srs EPSG:9214 copy.gpkg FILE", 9214 being VN-2000 of Huế)`
	}
	return ""
}

// tail keeps the first kilobyte of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b[:min(len(b), 1024-len(t.text))]...)
	return len(b), nil
}

func (t *tail) String() string {
	lines := strings.Join(strings.Fields(string(t.text)), " ")
	// The list of all drivers says nothing.
	lines, _, _ = strings.Cut(lines, " with the following drivers")
	return lines
}

func decodeUnits(r io.Reader) ([]UnitRow, error) {
	var units []UnitRow
	seen := map[string]bool{}
	d := json.NewDecoder(r)
	d.UseNumber()
	for {
		var f struct {
			Properties map[string]any
			Geometry   *polygonal
		}
		if err := d.Decode(&f); err == io.EOF {
			return units, nil
		} else if err != nil {
			return nil, fault.Invalid("BAD_INPUT", "feature %d: %v", len(units)+1, err).Because(err)
		}
		u, err := unitOf(f.Properties)
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", len(units)+1, err)
		}
		if seen[u.Code] {
			return nil, fault.Invalid("BAD_INPUT", "unit %s: its code is there twice; the file is to hold one layer with one feature a unit", u)
		}
		seen[u.Code] = true
		if u.Geom, err = f.Geometry.polygons(); err != nil {
			return nil, fmt.Errorf("unit %s: %w", u, err)
		}
		if mendable, err := u.check(); err != nil && !mendable {
			return nil, fmt.Errorf("unit %s: %w", u, err)
		}
		units = append(units, u)
	}
}

// polygonal is a geometry as ogr2ogr writes it: well-formed, perhaps not valid.
type polygonal struct {
	Type        string
	Coordinates json.RawMessage
}

func (p *polygonal) polygons() (out orb.MultiPolygon, err error) {
	switch {
	case p == nil:
	case p.Type == "Polygon":
		out = orb.MultiPolygon{nil}
		err = json.Unmarshal(p.Coordinates, &out[0])
	case p.Type == "MultiPolygon":
		err = json.Unmarshal(p.Coordinates, &out)
	default:
		return nil, fault.Invalid("BAD_GEOMETRY", "a %s is no area", p.Type)
	}
	if err != nil {
		return nil, fault.Invalid("BAD_GEOMETRY", "%v", err)
	}
	if len(out) == 0 {
		return nil, fault.Invalid("BAD_GEOMETRY", "it has no polygon")
	}
	return out, nil
}

// unitOf reads a unit from a feature's properties.
func unitOf(properties map[string]any) (UnitRow, error) {
	p := newProperties(properties)
	u := UnitRow{
		Name:   p.text("name", "ten", "tenxa", "tenphuong", "tenphuongxa", "tenxaphuong", "tendvhc", "tendonvi", "tenhuyen", "tentinh"),
		NameEN: p.text("nameen", "tenen", "tentienganh", "engname"),
		Type:   p.text("type", "loai", "loaihinh", "loaidvhc"),
		Kind:   p.text("kind", "level", "cap"),
	}
	switch strings.ToLower(u.Kind) {
	case "", "commune", "xa", "xã", "3":
		u.Kind = "COMMUNE"
	case "district", "huyen", "huyện", "2":
		u.Kind = "DISTRICT"
	case "province", "tinh", "tỉnh", "1":
		u.Kind = "PROVINCE"
	default:
		return UnitRow{}, fault.Invalid("BAD_INPUT", "kind is PROVINCE, DISTRICT or COMMUNE, not %q", u.Kind)
	}
	u.Code = p.code(codeDigits[u.Kind], "code", "ma", "maxa", "maphuong", "maphuongxa", "maxaphuong", "madvhc", "madonvi", "mahuyen", "matinh")
	if u.Code == "" || u.Name == "" {
		return UnitRow{}, fault.Invalid("BAD_INPUT", "it needs a code and a name, in properties such as code and name, or MA_XA and TEN_XA; there are: %s", p.names())
	}
	if u.ParentCode = p.code(2, "parentcode", "parentcod", "parent", "macha"); u.ParentCode == "" && u.Kind == "COMMUNE" {
		u.ParentCode = p.code(3, "mahuyen")
	}
	if u.ParentCode == "" && u.Kind != "PROVINCE" {
		u.ParentCode = p.code(2, "matinh")
	}
	var err error
	if u.AreaKm2, err = p.number("areakm2", "dientich", "dientichkm2", "dtich"); err != nil {
		return UnitRow{}, fmt.Errorf("unit %s: %w", u, err)
	}
	population, err := p.number("population", "danso", "populatio")
	if err != nil {
		return UnitRow{}, fmt.Errorf("unit %s: %w", u, err)
	}
	if population != nil {
		n := int(math.Round(*population))
		u.Population = &n
	}
	return u, nil
}

// codeDigits are the digits of a kind's codes by QĐ 124/2004; a table that
// kept them as numbers has lost the zeros in front.
var codeDigits = map[string]int{"PROVINCE": 2, "DISTRICT": 3, "COMMUNE": 5}

// properties are a feature's, found by their names in lower case, without what
// is neither letter nor digit.
type properties struct{ all, folded map[string]any }

func newProperties(all map[string]any) properties {
	p := properties{all, map[string]any{}}
	for name, v := range all {
		p.folded[strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, name)] = v
	}
	return p
}

func (p properties) names() string {
	if len(p.all) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(p.all)), ", ")
}

// value is the first that is not empty.
func (p properties) value(names ...string) any {
	for _, name := range names {
		if v := p.folded[name]; v != nil && v != "" {
			return v
		}
	}
	return nil
}

func (p properties) text(names ...string) string {
	if v := p.value(names...); v != nil {
		return strings.TrimSpace(fmt.Sprint(v))
	}
	return ""
}

// code is a text, or a number written with so many digits.
func (p properties) code(digits int, names ...string) string {
	if n, ok := p.value(names...).(json.Number); ok {
		if f, err := n.Float64(); err == nil && f == math.Trunc(f) {
			return fmt.Sprintf("%0*.0f", digits, f)
		}
	}
	return p.text(names...)
}

func (p properties) number(names ...string) (*float64, error) {
	text := p.text(names...)
	if text == "" {
		return nil, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return nil, fault.Invalid("BAD_INPUT", "%s: %q is no amount", names[0], text)
	}
	return &f, nil
}
