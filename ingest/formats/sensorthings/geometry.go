package sensorthings

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"
)

// geometry reads GeoJSON, a geometry or a feature, and checks that it lies on
// the globe. Other encodings give nil and no error.
func geometry(encoding string, raw json.RawMessage) (orb.Geometry, error) {
	if !strings.Contains(encoding, "geo+json") && !strings.Contains(encoding, "geojson") || raw == nil {
		return nil, nil
	}
	g, err := shape(raw, 0)
	if err != nil {
		return nil, fmt.Errorf("not GeoJSON: %w", err)
	}
	b := g.Bound()
	if b.IsEmpty() {
		return nil, errors.New("a geometry without coordinates")
	}
	if b.Min.Lat() < -90 || b.Max.Lat() > 90 || b.Min.Lon() < -180 || b.Max.Lon() > 180 {
		lon, lat := farther(b.Min.Lon(), b.Max.Lon()), farther(b.Min.Lat(), b.Max.Lat())
		hint := ""
		if math.Abs(lon) <= 90 && math.Abs(lat) <= 180 {
			hint = ": lat and lon swapped?"
		} else if math.Abs(lon) > 10_000 {
			hint = ": metres (VN-2000?) where degrees are due"
		}
		return nil, fmt.Errorf("lon %v, lat %v is off the globe%s", lon, lat, hint)
	}
	return g, nil
}

func farther(a, b float64) float64 {
	if math.Abs(a) > math.Abs(b) {
		return a
	}
	return b
}

// shape reads one GeoJSON object.
func shape(raw json.RawMessage, depth int) (orb.Geometry, error) {
	var o struct {
		Type        string
		Coordinates json.RawMessage
		Geometry    json.RawMessage
		Geometries  []json.RawMessage
	}
	if err := json.Unmarshal(raw, &o); err != nil || len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("no object with type and coordinates")
	}
	switch o.Type {
	case "Feature":
		if depth > 0 {
			return nil, errors.New("a feature inside a geometry")
		}
		return shape(o.Geometry, depth+1)
	case "Point":
		var p place
		err := p.UnmarshalJSON(o.Coordinates)
		return orb.Point(p), err
	case "MultiPoint":
		c, err := coordinates[[]place](o.Coordinates)
		return orb.MultiPoint(line(c)), err
	case "LineString":
		c, err := coordinates[[]place](o.Coordinates)
		return line(c), err
	case "MultiLineString":
		c, err := coordinates[[][]place](o.Coordinates)
		return lines(c), err
	case "Polygon":
		c, err := coordinates[[][]place](o.Coordinates)
		return polygon(c), err
	case "MultiPolygon":
		c, err := coordinates[[][][]place](o.Coordinates)
		var all orb.MultiPolygon
		for _, p := range c {
			all = append(all, polygon(p))
		}
		return all, err
	case "GeometryCollection":
		var all orb.Collection
		for _, raw := range o.Geometries {
			if depth > 4 {
				return nil, errors.New("collections nested too deep")
			}
			g, err := shape(raw, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, g)
		}
		return all, nil
	}
	return nil, fmt.Errorf("%.40q is no type of geometry", o.Type)
}

// place is a position: lon, lat and perhaps a height, which is passed over.
type place orb.Point

func (p *place) UnmarshalJSON(raw []byte) error {
	var c []*float64
	if err := json.Unmarshal(raw, &c); err != nil || len(c) < 2 || c[0] == nil || c[1] == nil {
		return errors.New("a position is [lon, lat]")
	}
	*p = place{*c[0], *c[1]}
	return nil
}

func coordinates[T any](raw json.RawMessage) (c T, err error) {
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, errors.New("coordinates that do not fit the type")
	}
	return c, nil
}

func line(c []place) (l orb.LineString) {
	for _, p := range c {
		l = append(l, orb.Point(p))
	}
	return l
}

func lines(c [][]place) (all orb.MultiLineString) {
	for _, l := range c {
		all = append(all, line(l))
	}
	return all
}

func polygon(c [][]place) (all orb.Polygon) {
	for _, l := range c {
		all = append(all, orb.Ring(line(l)))
	}
	return all
}
