package geo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"geohub/internal/fault"
	"github.com/paulmach/orb"
)

// Limits on one drawn geometry; [Options] can lower or raise the first two.
const (
	MaxVertices = 10_000
	MaxBytes    = 256 << 10
	maxNesting  = 2   // collections in collections
	maxDepth    = 32  // brackets in brackets, far more than any geometry has
	maxAbs      = 1e8 // projected coordinates; the Earth is 4e7 m round
	minAbs      = 1e-100
)

// Options say how [Parse] reads. The zero value reads degrees of WGS 84 within
// the default limits.
type Options struct {
	Projected   bool // coordinates of another CRS: finite and within ±1e8
	MaxVertices int  // 0: MaxVertices
	MaxBytes    int  // 0: MaxBytes; of the geometry as compact JSON
}

// Parse reads one RFC 7946 geometry object from v, which is what a GraphQL
// literal (int64, float64) or JSON variable (json.Number, float64) decodes to,
// and checks it as [Check] does.
//
// It is strict where PostGIS is not: numbers only, finite, in range, two or
// three a position (the third is dropped), rings closed, nothing empty, and no
// crs but WGS 84. A polygon across the antimeridian is to be cut there, as the
// RFC asks. Errors are BAD_GEOMETRY faults; their extension "at" is the JSON
// path of the fault, and those over a limit carry "limit" and "actual".
func Parse(v any, opt Options) (orb.Geometry, error) {
	if err := withinLimits(v, opt); err != nil {
		return nil, err
	}
	g, err := (&parser{opt}).geometry(v, nil, 0)
	if err != nil {
		return nil, err
	}
	if err := checkAt(g, nil); err != nil {
		return nil, err
	}
	return g, nil
}

// ParseJSON is [Parse] for text.
func ParseJSON(text []byte, opt Options) (orb.Geometry, error) {
	// Blanks are not the geometry's, but neither are they free to read.
	if limit := 4 * opt.maxBytes(); len(text) > limit {
		return nil, overLimit("bytes of text", limit, len(text))
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, bad(nil, "not JSON: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad(nil, "there is more than one JSON value")
	}
	return Parse(v, opt)
}

func (o Options) maxVertices() int {
	if o.MaxVertices > 0 {
		return o.MaxVertices
	}
	return MaxVertices
}

func (o Options) maxBytes() int {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return MaxBytes
}

// place is where in the document we are; it becomes text only for an error.
type place struct {
	parent *place
	name   string // a member, or "" for an element
	index  int
}

func (p *place) member(name string) *place { return &place{parent: p, name: name} }
func (p *place) element(i int) *place      { return &place{parent: p, index: i} }

func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.name == "":
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.parent == nil:
		return p.name
	default:
		return p.parent.String() + "." + p.name
	}
}

func bad(at *place, format string, args ...any) *fault.Error {
	message := fmt.Sprintf(format, args...)
	if at == nil {
		return fault.Invalid("BAD_GEOMETRY", "geometry: %s", message).With("at", "")
	}
	return fault.Invalid("BAD_GEOMETRY", "%s: %s", at, message).With("at", at.String())
}

func badInput(format string, args ...any) *fault.Error {
	return fault.Invalid("BAD_INPUT", format, args...)
}

func overLimit(what string, limit, actual int) error {
	return bad(nil, "%d %s; the limit is %d", actual, what, limit).With("limit", limit).With("actual", actual)
}

func withinLimits(v any, opt Options) error {
	var s size
	if !s.add(v, 0) {
		return bad(nil, "nested over %d deep", maxDepth).With("limit", maxDepth)
	}
	if limit := opt.maxVertices(); s.vertices > limit {
		return overLimit("vertices", limit, s.vertices)
	}
	if limit := opt.maxBytes(); s.bytes > limit {
		return overLimit("bytes", limit, s.bytes)
	}
	return nil
}

// size weighs a decoded value as compact JSON.
type size struct{ bytes, vertices int }

func (s *size) add(v any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		s.bytes += 1 + max(1, len(v))
		for k, member := range v {
			s.bytes += len(k) + 3
			if !s.add(member, depth+1) {
				return false
			}
		}
	case []any:
		s.bytes += 1 + max(1, len(v))
		if len(v) > 0 && isNumber(v[0]) {
			s.vertices++
		}
		for _, element := range v {
			if !s.add(element, depth+1) {
				return false
			}
		}
	case string:
		s.bytes += len(v) + 2
	case json.Number:
		s.bytes += len(v)
	case float64:
		var digits [32]byte
		s.bytes += len(strconv.AppendFloat(digits[:0], v, 'g', -1, 64))
	case int64:
		var digits [32]byte
		s.bytes += len(strconv.AppendInt(digits[:0], v, 10))
	default:
		s.bytes += 4
	}
	return true
}

type parser struct{ opt Options }

func (p *parser) geometry(v any, at *place, nesting int) (orb.Geometry, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, bad(at, "must be a GeoJSON object, not %s", kind(v))
	}
	name, ok := object["type"].(string)
	if !ok {
		return nil, bad(at.member("type"), "must be the name of a GeoJSON geometry, not %s", kindOf(object, "type"))
	}
	switch name {
	case "Feature":
		return nil, bad(at.member("type"), `a Feature is not a geometry; send its member "geometry"`)
	case "FeatureCollection":
		return nil, bad(at.member("type"), `a FeatureCollection is not a geometry; send the "geometry" of one feature, or one MultiPolygon of them all`)
	}
	for _, foreign := range []string{"geometry", "properties", "features"} {
		if _, ok := object[foreign]; ok {
			return nil, bad(at.member(foreign), "a geometry has no such member")
		}
	}
	if crs, ok := object["crs"]; ok {
		if err := p.crs(crs, at.member("crs")); err != nil {
			return nil, err
		}
	}
	if name == "GeometryCollection" {
		return p.collection(object, at, nesting+1)
	}
	if !slices.Contains(geometryTypes, name) {
		for _, known := range append([]string{"GeometryCollection"}, geometryTypes...) {
			if strings.EqualFold(name, known) {
				return nil, bad(at.member("type"), "%s is not a GeoJSON geometry type; did you mean %s?", quote(name), known)
			}
		}
		return nil, bad(at.member("type"), "%s is not a GeoJSON geometry type", quote(name))
	}
	coordinates, ok := object["coordinates"]
	if !ok {
		return nil, bad(at.member("coordinates"), "is missing")
	}
	at = at.member("coordinates")
	switch name {
	case "Point":
		return shape(p.position(coordinates, at, -1))
	case "MultiPoint":
		points, err := list(coordinates, at, "positions", p.position)
		return shape(orb.MultiPoint(points), err)
	case "LineString":
		return shape(p.line(coordinates, at, -1))
	case "MultiLineString":
		lines, err := list(coordinates, at, "lines", p.line)
		return shape(orb.MultiLineString(lines), err)
	case "Polygon":
		return shape(p.polygon(coordinates, at, -1))
	default: // MultiPolygon
		polygons, err := list(coordinates, at, "polygons", p.polygon)
		return shape(orb.MultiPolygon(polygons), err)
	}
}

var geometryTypes = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}

// crs refuses what PostGIS would obey in silence.
func (p *parser) crs(v any, at *place) error {
	if p.opt.Projected {
		return bad(at, "name the CRS beside the geometry, not in it")
	}
	object, _ := v.(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	name, _ := properties["name"].(string)
	switch name {
	case "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "http://www.opengis.net/def/crs/EPSG/0/4326",
		"CRS84", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84":
		return nil
	}
	return bad(at, "GeoJSON is in WGS 84 (EPSG:4326); send a geometry in another CRS as `projected`")
}

func (p *parser) collection(object map[string]any, at *place, nesting int) (orb.Geometry, error) {
	if nesting > maxNesting {
		return nil, bad(at, "GeometryCollections nested %d deep; the limit is %d", nesting, maxNesting).
			With("limit", maxNesting).With("actual", nesting)
	}
	members, ok := object["geometries"]
	at = at.member("geometries")
	if !ok {
		return nil, bad(at, "is missing")
	}
	geometries, err := list(members, at, "geometries", func(v any, at *place, i int) (orb.Geometry, error) {
		return p.geometry(v, at.element(i), nesting)
	})
	return shape(orb.Collection(geometries), err)
}

func (p *parser) polygon(v any, at *place, i int) (orb.Polygon, error) {
	if i >= 0 {
		at = at.element(i)
	}
	return list(v, at, "rings", func(v any, at *place, i int) (orb.Ring, error) {
		line, err := p.line(v, at, i)
		return orb.Ring(line), err
	})
}

func (p *parser) line(v any, at *place, i int) (orb.LineString, error) {
	if i >= 0 {
		at = at.element(i)
	}
	line, err := list(v, at, "positions", p.position)
	if err != nil || p.opt.Projected {
		return line, err
	}
	for k := 1; k < len(line); k++ {
		// RFC 7946, 3.1.9: such an edge would run the long way round the world.
		if math.Abs(line[k][0]-line[k-1][0]) > 180 {
			return nil, bad(at.element(k), "the edge to here spans over 180 degrees of longitude; cut the geometry at the antimeridian, into two parts of a Multi… geometry")
		}
	}
	return line, nil
}

// position reads element i of at, or at itself when i is negative.
func (p *parser) position(v any, at *place, i int) (orb.Point, error) {
	here := func() *place {
		if i >= 0 {
			return at.element(i)
		}
		return at
	}
	numbers, ok := v.([]any)
	if !ok {
		return orb.Point{}, bad(here(), "must be a position, [lon, lat], not %s", kind(v))
	}
	if len(numbers) < 2 || len(numbers) > 3 {
		return orb.Point{}, bad(here(), "a position has 2 or 3 numbers, not %d", len(numbers))
	}
	var xyz [3]float64
	for n, v := range numbers {
		x, problem := number(v)
		if problem != "" {
			return orb.Point{}, bad(here().element(n), "%s", problem)
		}
		xyz[n] = x
	}
	point := orb.Point{xyz[0], xyz[1]}
	if err := p.opt.inRange(point); err != nil {
		return orb.Point{}, bad(here(), "%v", err)
	}
	return point, nil
}

func (o Options) inRange(p orb.Point) error {
	for _, x := range p {
		// Products of such numbers underflow, here and in PostGIS.
		if x != 0 && math.Abs(x) < minAbs {
			return fmt.Errorf("%v is too close to 0; write 0", x)
		}
	}
	if !o.Projected {
		return withinDegrees(p[0], p[1])
	}
	// Written so that NaN fails.
	if !(math.Abs(p[0]) <= maxAbs && math.Abs(p[1]) <= maxAbs) {
		return fmt.Errorf("[%v, %v] is outside ±1e8", p[0], p[1])
	}
	return nil
}

// withinDegrees refuses what is no place on Earth.
func withinDegrees(lon, lat float64) error {
	isLon := func(x float64) bool { return x >= -180 && x <= 180 }
	isLat := func(x float64) bool { return x >= -90 && x <= 90 }
	if isLon(lon) && isLat(lat) {
		return nil
	}
	hint := ""
	if isLat(lon) && isLon(lat) {
		hint = "; are lon and lat swapped?"
	}
	if !isLon(lon) {
		return fmt.Errorf("lon %v is outside -180..180%s", lon, hint)
	}
	return fmt.Errorf("lat %v is outside -90..90%s", lat, hint)
}

func list[T any](v any, at *place, what string, read func(v any, at *place, i int) (T, error)) ([]T, error) {
	elements, ok := v.([]any)
	if !ok {
		return nil, bad(at, "must be a list of %s, not %s", what, kind(v))
	}
	if len(elements) == 0 {
		return nil, bad(at, "has no %s", what)
	}
	out := make([]T, len(elements))
	for i, element := range elements {
		t, err := read(element, at, i)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// shape keeps a typed nil out of the interface.
func shape[G orb.Geometry](g G, err error) (orb.Geometry, error) {
	if err != nil {
		return nil, err
	}
	return g, nil
}

// number gives the finite number in v, or says what is wrong with it.
func number(v any) (x float64, problem string) {
	switch v := v.(type) {
	case float64:
		x = v
	case int64:
		x = float64(v)
	case int:
		x = float64(v)
	case json.Number:
		var err error
		if x, err = strconv.ParseFloat(string(v), 64); err != nil {
			return 0, "must be a finite number, not " + clip(string(v))
		}
	default:
		return 0, "must be a number, not " + kind(v)
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Sprintf("must be a finite number, not %v", x)
	}
	return x, ""
}

func isNumber(v any) bool {
	switch v.(type) {
	case float64, int64, int, json.Number:
		return true
	}
	return false
}

// kind says what a decoded value is, in JSON's words.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "the string " + quote(v)
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	if isNumber(v) {
		return "a number"
	}
	return fmt.Sprintf("a %T", v)
}

func kindOf(object map[string]any, name string) string {
	v, ok := object[name]
	if !ok {
		return "missing"
	}
	return kind(v)
}

func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const keep = 40
	runes := 0
	for i := range s {
		if runes == keep {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}
