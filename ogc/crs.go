package ogc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"geohub/cql2"
	"geohub/geo"
	"geohub/internal/fault"
)

// crs is a coordinate system as the standard speaks of it: with the order of its
// axes. Inside of the hub east always comes first.
type crs struct {
	uri        string
	code       int
	northFirst bool
}

const (
	crs84     = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	epsgStart = "http://www.opengis.net/def/crs/EPSG/0/"
)

// stored is the one that geometries are kept in, and the default of everything.
var stored = crs{uri: crs84, code: 4326}

// crss are those that can be asked for: degrees, the web's, then VN-2000, Huế's
// zone first.
var crss = func() []crs {
	all := []crs{stored}
	for _, code := range []int{4326, 3857, 9214, 9205, 9206, 9207, 9208, 9209, 9210, 9211, 9212, 9213, 9215, 9216, 9217, 9218,
		5896, 5897, 5898, 5899, 3405, 3406, 4756, 32648, 32649} {
		all = append(all, crs{fmt.Sprint(epsgStart, code), code, code == 4326 || code == 4756})
	}
	return all
}()

// crsNames are their addresses.
func crsNames() []string {
	out := make([]string, len(crss))
	for i, c := range crss {
		out[i] = c.uri
	}
	return out
}

// parseCRS reads a parameter of a name; "" is the stored one. Beside addresses
// the short forms EPSG:9214 and OGC:CRS84 are understood.
func parseCRS(parameter, text string) (crs, error) {
	switch code, short := strings.CutPrefix(text, "EPSG:"); {
	case text == "", text == "OGC:CRS84":
		return stored, nil
	case short:
		text = epsgStart + code
	}
	if i := slices.IndexFunc(crss, func(c crs) bool { return c.uri == text }); i >= 0 {
		return crss[i], nil
	}
	return crs{}, fault.Invalid("UNKNOWN_CRS", "%s: %q is not known here; each collection lists what is, such as %s", parameter, text, epsgStart+"9214")
}

// header is the value of Content-Crs.
func (c crs) header() string { return "<" + c.uri + ">" }

// out is a geometry with the axes in the order of c.
func (c crs) out(g orb.Geometry) orb.Geometry {
	if !c.northFirst || g == nil {
		return g
	}
	return eachPosition(g, func(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} })
}

// lonLat brings what is written in c into degrees with east first.
func (c crs) lonLat(g orb.Geometry) (orb.Geometry, error) {
	if c.northFirst {
		g = eachPosition(g, func(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} })
	}
	if c.code == 4326 {
		return g, nil
	}
	plane, err := geo.PlaneOf(c.code)
	if err != nil {
		return nil, err
	}
	g, err = plane.LonLat(g)
	if err == nil && g.Bound().Max[0]-g.Bound().Min[0] > 180 {
		err = fault.Invalid("BAD_GEOMETRY", "the geometry lies across the antimeridian; ask for its two sides apart")
	}
	return g, err
}

// eachPosition is a copy of g with other positions.
func eachPosition(g orb.Geometry, to func(orb.Point) orb.Point) orb.Geometry {
	line := func(points []orb.Point) []orb.Point {
		out := make([]orb.Point, len(points))
		for i, p := range points {
			out[i] = to(p)
		}
		return out
	}
	polygon := func(g orb.Polygon) orb.Polygon {
		out := make(orb.Polygon, len(g))
		for i := range g {
			out[i] = line(g[i])
		}
		return out
	}
	switch g := g.(type) {
	case orb.Point:
		return to(g)
	case orb.MultiPoint:
		return orb.MultiPoint(line(g))
	case orb.LineString:
		return orb.LineString(line(g))
	case orb.MultiLineString:
		out := make(orb.MultiLineString, len(g))
		for i := range g {
			out[i] = line(g[i])
		}
		return out
	case orb.Polygon:
		return polygon(g)
	case orb.MultiPolygon:
		out := make(orb.MultiPolygon, len(g))
		for i := range g {
			out[i] = polygon(g[i])
		}
		return out
	case orb.Collection:
		out := make(orb.Collection, len(g))
		for i := range g {
			out[i] = eachPosition(g[i], to)
		}
		return out
	}
	return g
}

// sidePoints is how many parts a side of a box in another system is cut into:
// it is no straight line in degrees.
const sidePoints = 16

// area is what a box written in c covers. Boxes in degrees stay boxes, which may
// cross the antimeridian.
func (c crs) area(parameter string, x [4]float64) (*geo.Area, error) {
	if c.northFirst {
		x = [4]float64{x[1], x[0], x[3], x[2]}
	}
	if c.code == 4326 {
		box := geo.BBox(x)
		return &geo.Area{BBox: &box}, box.Check()
	}
	if !(x[0] < x[2] && x[1] < x[3]) {
		return nil, fault.Invalid("BAD_GEOMETRY", "%s: the order is west, south, east, north", parameter).With("at", parameter)
	}
	corners := []orb.Point{{x[0], x[1]}, {x[2], x[1]}, {x[2], x[3]}, {x[0], x[3]}}
	var ring orb.Ring
	for i, from := range corners {
		to := corners[(i+1)%4]
		for n := range sidePoints {
			part := float64(n) / sidePoints
			ring = append(ring, orb.Point{from[0] + (to[0]-from[0])*part, from[1] + (to[1]-from[1])*part})
		}
	}
	east := c
	east.northFirst = false
	g, err := east.lonLat(orb.Polygon{append(ring, ring[0])})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", parameter, err)
	}
	return &geo.Area{Within: &geo.Geometry{Shape: g}}, nil
}

// filter is a filter whose geometries are written in c, in degrees.
func (c crs) filter(e cql2.Expr) (cql2.Expr, error) {
	if c == stored {
		return e, nil
	}
	switch e := e.(type) {
	case cql2.And:
		args, err := c.filters(e.Args)
		return cql2.And{Args: args}, err
	case cql2.Or:
		args, err := c.filters(e.Args)
		return cql2.Or{Args: args}, err
	case cql2.Not:
		arg, err := c.filter(e.Arg)
		return cql2.Not{Arg: arg}, err
	case cql2.Spatial:
		sides, err := c.filters([]cql2.Expr{e.Left, e.Right})
		if err != nil {
			return nil, err
		}
		return cql2.Spatial{Op: e.Op, Left: sides[0], Right: sides[1]}, nil
	case cql2.Geometry:
		g, err := c.lonLat(e.Shape)
		return cql2.Geometry{Shape: g}, err
	case cql2.BBox:
		area, err := c.area("filter", e)
		if err != nil {
			return nil, err
		}
		if area.BBox != nil {
			return cql2.BBox(*area.BBox), nil
		}
		return cql2.Geometry{Shape: area.Within.Shape}, nil
	}
	return e, nil
}

func (c crs) filters(all []cql2.Expr) ([]cql2.Expr, error) {
	out := make([]cql2.Expr, len(all))
	for i, e := range all {
		var err error
		if out[i], err = c.filter(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}
