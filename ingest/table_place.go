package ingest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/ingest/formats"
	"geohub/ingest/formats/table"
	"geohub/internal/fault"
)

// tablePlace is where a row of a table lies.
type tablePlace struct {
	given  bool // the record says where, or that nobody knows
	geom   orb.Geometry
	mend   bool      // geom is not valid, and small enough to be mended
	plane  geo.Plane // of its coordinates as they came
	stated bool      // the declaration or the map says the CRS, not the file
}

// maxFeed are the limits of geometries that systems send, which are trusted
// further than what people draw.
var maxFeed = geo.Options{MaxVertices: 500_000, MaxBytes: formats.MaxRecord}

// place finds where a record lies: the map's geometry or lon and lat; if it says
// nothing, the record's geometry, a column of WKT or columns of coordinates.
func (p *tablePlan) place(s *Source, out map[string]any, r table.Record) (tablePlace, error) {
	var at tablePlace
	var err error
	if at.plane, err = plane(s, out, r); err != nil {
		return at, formats.Refusal{Path: "crs", Reason: err.Error()}
	}
	at.stated = s.CRS != 0 || textOf(out["crs"]) != ""
	raw, said := out["geometry"]
	lon, hasLon := out["lon"]
	lat, hasLat := out["lat"]
	path := "geometry"
	switch {
	case raw == false:
		return at, nil
	case said && raw == nil:
		at.given = true
		return at, nil
	case said:
	case hasLon || hasLat:
		raw = []any{lon, lat}
		if textOf(lon) == "" && textOf(lat) == "" {
			at.given = true
			return at, nil
		}
	case r.Geometry != nil:
		raw = r.Geometry
	default:
		if raw, path = coordinates(r.Properties); raw == nil {
			return at, nil
		}
	}
	at.given = true
	if pair, ok := raw.([]any); ok {
		at.geom, err = valueReader{s: s}.point(pair)
	} else {
		at.geom, at.mend, err = shape(raw, at.plane)
	}
	if err == nil {
		at.geom, err = at.plane.LonLat(at.geom)
	}
	if err == nil && p.s.Points {
		at.geom, err = onePoint(at.geom)
	}
	if err != nil {
		return at, formats.Refusal{Path: path, Reason: strings.TrimPrefix(err.Error(), "geometry: ")}
	}
	return at, nil
}

// coordinates finds what a table without geometries says of its rows' places.
func coordinates(properties map[string]any) (raw any, path string) {
	for _, name := range []string{"wkt", "geometry", "geom", "thegeom"} {
		if v, ok := lookup(properties, name); ok {
			if text, ok := v.(string); ok && strings.Contains(text, "(") {
				return text, name
			}
		}
	}
	for _, pair := range [][2]string{{"lon", "lat"}, {"lng", "lat"}, {"long", "lat"}, {"longitude", "latitude"}, {"kinhdo", "vido"}, {"x", "y"}, {"toadox", "toadoy"}} {
		lon, hasLon := lookup(properties, pair[0])
		lat, hasLat := lookup(properties, pair[1])
		if hasLon && hasLat && textOf(lon) != "" && textOf(lat) != "" {
			return []any{lon, lat}, pair[0] + ", " + pair[1]
		}
	}
	return nil, ""
}

func (r valueReader) point(pair []any) (orb.Geometry, error) {
	x, err := r.float(pair[0])
	if err != nil {
		return nil, fmt.Errorf("lon: %w", err)
	}
	y, err := r.float(pair[1])
	if err != nil {
		return nil, fmt.Errorf("lat: %w", err)
	}
	if x == nil || y == nil {
		return nil, fmt.Errorf("of lon and lat one is missing")
	}
	return orb.Point{*x, *y}, nil
}

// shape reads GeoJSON, as value or text, or WKT. mend says that it is not valid
// but can be made so.
func shape(raw any, plane geo.Plane) (g orb.Geometry, mend bool, err error) {
	if text, ok := raw.(string); ok {
		if text = strings.TrimSpace(text); !strings.HasPrefix(text, "{") {
			if i := strings.IndexByte(text, ';'); i >= 0 && strings.HasPrefix(strings.ToUpper(text), "SRID=") {
				text = text[i+1:] // EWKT; its code is the source's to declare
			}
			if g, err = wkt.Unmarshal(text); err != nil {
				return nil, false, fmt.Errorf("neither GeoJSON nor WKT: %w", err)
			}
			mend, err = mendable(g, geo.Check(g))
			return g, mend, err
		}
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, false, fmt.Errorf("not GeoJSON: %w", err)
		}
		raw = v
	}
	// Degrees out of range get their reason from the plane, not from the parser.
	opt := maxFeed
	opt.Projected = true
	if object, ok := raw.(map[string]any); ok && object["crs"] != nil {
		copied := map[string]any{}
		for k, v := range object {
			if k != "crs" {
				copied[k] = v // PostGIS writes one into each geometry; it says nothing new
			}
		}
		raw = copied
	}
	g, err = geo.Parse(raw, opt)
	if err == nil {
		return g, false, nil
	}
	g = polygonsOf(raw)
	mend, err = mendable(g, err)
	return g, mend, err
}

// polygonsOf reads a GeoJSON Polygon or MultiPolygon as it stands, valid or not;
// nil if it is neither.
func polygonsOf(raw any) orb.Geometry {
	text, err := json.Marshal(raw)
	if err != nil {
		return nil
	}
	var p polygonal
	if json.Unmarshal(text, &p) != nil {
		return nil
	}
	polygons, err := p.polygons()
	if err != nil {
		return nil
	}
	if len(polygons) == 1 {
		return polygons[0]
	}
	return polygons
}

// mendable says whether a shape that was refused for its topology can be made
// valid: polygons, closed, of few vertices. Otherwise the fault stays.
func mendable(g orb.Geometry, cause error) (bool, error) {
	if cause == nil {
		return false, nil
	}
	var polygons orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		polygons = g
	}
	_, topology := fault.Of(cause).Details["point"]
	vertices := 0
	for _, polygon := range polygons {
		for _, ring := range polygon {
			vertices += len(ring)
			topology = topology && len(ring) > 3 && ring[0] == ring[len(ring)-1]
		}
	}
	if topology && polygons != nil && vertices < postgis.MaxMended {
		return true, nil
	}
	return false, cause
}

// onePoint takes a point out of a shape of one, for layers of points.
func onePoint(g orb.Geometry) (orb.Geometry, error) {
	switch g := g.(type) {
	case nil:
		return nil, nil
	case orb.Point:
		return g, nil
	case orb.MultiPoint:
		if len(g) == 1 {
			return g[0], nil
		}
	}
	return nil, fmt.Errorf("the layer holds points, not a %s: give lon and lat of a point in it", g.GeoJSONType())
}
