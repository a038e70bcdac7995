package geo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"geohub/internal/fault"
)

// Plane is a coordinate system that Vietnamese agencies hand their maps out in,
// by its EPSG code. The hub transforms these itself, so that a coordinate comes
// out the same wherever it was read and whatever the database knows.
//
// VN-2000 is not WGS 84: the same numbers lie 225 m apart. Its datum here is
// that of the Ministry's seven parameters, as in the database's 9214.
type Plane struct {
	Code int

	meridian float64 // of the projection, degrees
	scale    float64 // on the meridian; 0: the coordinates are degrees
	mercator bool    // 3857
	vn2000   bool
}

// meridians are the central meridians of VN-2000's three-degree zones.
var meridians = map[int]float64{
	9205: 103, 9206: 104, 9207: 104.5, 9208: 104.75, 9209: 105.5, 9210: 105.75, 9211: 106, 9212: 106.25, 9213: 106.5, 9214: 107, 9215: 107.25, 9216: 107.5,
	9217: 108.25, 9218: 108.5, 5896: 102, 5897: 105, 5898: 108, 5899: 107.75,
}

// PlaneOf knows a coordinate system by its EPSG code; 0 is 4326. An unknown one
// is UNKNOWN_CRS.
func PlaneOf(code int) (Plane, error) {
	p := Plane{Code: code}
	switch code {
	case 0, 4326:
		p.Code = 4326
	case 3857:
		p.mercator = true
	case 4756:
		p.vn2000 = true
	case 3405, 3406:
		p.meridian, p.scale, p.vn2000 = 105+6*float64(code-3405), 0.9996, true
	case 32648, 32649:
		p.meridian, p.scale = 105+6*float64(code-32648), 0.9996
	default:
		meridian, known := meridians[code]
		if !known {
			return p, fault.Invalid("UNKNOWN_CRS", "EPSG:%d is not known here; 4326 (degrees), 9205 to 9218 and 5896 to 5899 (VN-2000 / TM-3; 9214 is Huế's), 3405 and 3406 (VN-2000 / UTM), 4756, 32648, 32649 and 3857 are", code)
		}
		p.meridian, p.scale, p.vn2000 = meridian, 0.9999, true
	}
	return p, nil
}

// Zone finds VN-2000's three-degree zone of a central meridian.
func Zone(meridian float64) (code int, ok bool) {
	var codes []int
	for c, m := range meridians {
		if m == meridian {
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		return 0, false
	}
	return slices.Max(codes), true
}

// Degrees says that the coordinates are degrees, not metres.
func (p Plane) Degrees() bool { return p.scale == 0 && !p.mercator }

// VN2000 says that the coordinates are of VN-2000's datum.
func (p Plane) VN2000() bool { return p.vn2000 }

// LonLat brings a shape into degrees of WGS 84; it is a copy. Metres with the
// northing first, as Vietnamese surveyors write X and Y, are understood: in
// Vietnam the two can't be mistaken. What can't be coordinates of the system is
// BAD_GEOMETRY, with the likely reason.
func (p Plane) LonLat(g orb.Geometry) (orb.Geometry, error) {
	var bad error
	out := eachPoint(orb.Clone(g), func(c orb.Point) orb.Point {
		at, err := p.lonLat(c)
		if err != nil && bad == nil {
			bad = err
		}
		return at
	})
	return out, bad
}

// FromLonLat is the other way of LonLat, eastings first.
func (p Plane) FromLonLat(g orb.Geometry) orb.Geometry {
	return eachPoint(orb.Clone(g), func(c orb.Point) orb.Point {
		if p.vn2000 {
			c = datum.inverse(c)
		}
		switch {
		case p.mercator:
			return orb.Point{c[0] * math.Pi / 180 * semiMajorM, math.Asinh(math.Tan(c[1]*math.Pi/180)) * semiMajorM}
		case p.scale > 0:
			return p.project(c)
		}
		return c
	})
}

func (p Plane) lonLat(c orb.Point) (orb.Point, error) {
	if p.Degrees() {
		if err := inDegrees(c); err != nil {
			return c, err
		}
	} else if math.Abs(c[0]) <= 180 && math.Abs(c[1]) <= 180 && c != (orb.Point{}) {
		return c, bad(nil, "%v, %v are degrees, not metres of EPSG:%d: say crs 4326", c[0], c[1], p.Code)
	}
	switch {
	case p.mercator:
		c = orb.Point{c[0] / semiMajorM * 180 / math.Pi, math.Atan(math.Sinh(c[1]/semiMajorM)) * 180 / math.Pi}
	case p.scale > 0:
		if c[0] > 900_000 && c[1] < 900_000 {
			c[0], c[1] = c[1], c[0] // northing first
		}
		if c[0] < -500_000 || c[0] > 1_500_000 || c[1] < 0 || c[1] > 9_500_000 {
			return c, bad(nil, "%v, %v can't lie in EPSG:%d", c[0], c[1], p.Code)
		}
		c = p.unproject(c)
	}
	if p.vn2000 {
		c = datum.forward(c)
	}
	return c, nil
}

// inDegrees says why a pair is no longitude and latitude.
func inDegrees(c orb.Point) error {
	switch lon, lat := c[0], c[1]; {
	case math.Abs(lon) <= 180 && math.Abs(lat) <= 90:
		return nil
	case math.Abs(lat) <= 180 && math.Abs(lon) <= 90:
		return bad(nil, "lat is %v: are lon and lat swapped? GeoJSON has the longitude first", lat)
	case math.Abs(lon) > 1000 || math.Abs(lat) > 1000:
		return bad(nil, "%v, %v are metres, not degrees: say their CRS, as crs 9214 (VN-2000 / TM-3 of Huế)", lon, lat)
	default:
		return bad(nil, "%v, %v is no longitude and latitude", lon, lat)
	}
}

// eachPoint changes the points of a shape in place.
func eachPoint(g orb.Geometry, to func(orb.Point) orb.Point) orb.Geometry {
	line := func(points []orb.Point) {
		for i := range points {
			points[i] = to(points[i])
		}
	}
	switch g := g.(type) {
	case orb.Point:
		return to(g)
	case orb.MultiPoint:
		line(g)
	case orb.LineString:
		line(g)
	case orb.MultiLineString:
		for _, l := range g {
			line(l)
		}
	case orb.Polygon:
		for _, r := range g {
			line(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			eachPoint(p, to)
		}
	case orb.Collection:
		for i := range g {
			g[i] = eachPoint(g[i], to)
		}
	}
	return g
}

// The ellipsoid of WGS 84 is VN-2000's too.
const (
	third         = flattening / (2 - flattening) // third flattening, n
	eccentricity2 = flattening * (2 - flattening)
)

// Krüger's series to the fourth power of n: nanometres within a zone.
var (
	rectifying = semiMajorM / (1 + third) * (1 + third*third/4 + third*third*third*third/64)
	toPlane    = krueger(1./2, -2./3, 5./16, 41./180, 13./48, -3./5, 557./1440, 61./240, -103./140, 49561./161280)
	fromPlane  = krueger(1./2, -2./3, 37./96, -1./360, 1./48, 1./15, -437./1440, 17./480, -37./840, 4397./161280)
	toGeodetic = krueger(2, -2./3, -2, 116./45, 7./3, -8./5, -227./45, 56./15, -136./35, 4279./630)
)

// krueger sums coefficients of n, n², n³, n⁴; of n², n³, n⁴; of n³, n⁴; of n⁴.
func krueger(c ...float64) (sum [4]float64) {
	for i, at := 0, 0; i < 4; i++ {
		for power := i + 1; power <= 4; power++ {
			sum[i] += c[at] * math.Pow(third, float64(power))
			at++
		}
	}
	return sum
}

func (p Plane) project(c orb.Point) orb.Point {
	lat, lon := c[1]*math.Pi/180, (c[0]-p.meridian)*math.Pi/180
	e := 2 * math.Sqrt(third) / (1 + third)
	t := math.Sinh(math.Atanh(math.Sin(lat)) - e*math.Atanh(e*math.Sin(lat)))
	xi, eta := math.Atan2(t, math.Cos(lon)), math.Asinh(math.Sin(lon)/math.Hypot(t, math.Cos(lon)))
	north, east := xi, eta
	for j, a := range toPlane {
		k := 2 * float64(j+1)
		north += a * math.Sin(k*xi) * math.Cosh(k*eta)
		east += a * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	return orb.Point{500_000 + p.scale*rectifying*east, p.scale * rectifying * north}
}

func (p Plane) unproject(c orb.Point) orb.Point {
	xi, eta := c[1]/(p.scale*rectifying), (c[0]-500_000)/(p.scale*rectifying)
	x, y := xi, eta
	for j, b := range fromPlane {
		k := 2 * float64(j+1)
		x -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		y -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	conformal := math.Asin(math.Sin(x) / math.Cosh(y))
	lat := conformal
	for j, d := range toGeodetic {
		lat += d * math.Sin(2*float64(j+1)*conformal)
	}
	return orb.Point{p.meridian + math.Atan2(math.Sinh(y), math.Cos(x))*180/math.Pi, lat * 180 / math.Pi}
}

// helmert is a shift between two datums: metres, radians, parts.
type helmert struct{ tx, ty, tz, rx, ry, rz, m float64 }

const second = math.Pi / 180 / 3600

// datum goes from VN-2000 to WGS 84, by position vector.
var datum = helmert{-191.90441429, -39.30318279, -111.45032835, 0.00928836 * second, -0.01975479 * second, 0.00427372 * second, 1 + 0.252906278e-6}

func (h helmert) forward(c orb.Point) orb.Point {
	x, y, z := geocentric(c)
	return fromGeocentric(h.m*(x-h.rz*y+h.ry*z)+h.tx, h.m*(h.rz*x+y-h.rx*z)+h.ty, h.m*(-h.ry*x+h.rx*y+z)+h.tz)
}

func (h helmert) inverse(c orb.Point) orb.Point {
	x, y, z := geocentric(c)
	x, y, z = (x-h.tx)/h.m, (y-h.ty)/h.m, (z-h.tz)/h.m
	return fromGeocentric(x+h.rz*y-h.ry*z, -h.rz*x+y+h.rx*z, h.ry*x-h.rx*y+z)
}

func geocentric(c orb.Point) (x, y, z float64) {
	lon, lat := c[0]*math.Pi/180, c[1]*math.Pi/180
	n := semiMajorM / math.Sqrt(1-eccentricity2*math.Sin(lat)*math.Sin(lat))
	return n * math.Cos(lat) * math.Cos(lon), n * math.Cos(lat) * math.Sin(lon), n * (1 - eccentricity2) * math.Sin(lat)
}

// fromGeocentric drops the height, some tens of metres.
func fromGeocentric(x, y, z float64) orb.Point {
	r := math.Hypot(x, y)
	lat := math.Atan2(z, r*(1-eccentricity2))
	for range 5 {
		n := semiMajorM / math.Sqrt(1-eccentricity2*math.Sin(lat)*math.Sin(lat))
		lat = math.Atan2(z+eccentricity2*n*math.Sin(lat), r)
	}
	return orb.Point{math.Atan2(y, x) * 180 / math.Pi, lat * 180 / math.Pi}
}

// MissingDatum is how far, in metres east and north, a point at about c lies
// from its true place when its VN-2000 coordinates are taken for WGS 84: some
// 195 m west and 112 m north in Huế.
func MissingDatum(c orb.Point) (east, north float64) {
	taken := datum.inverse(c)
	return (taken[0] - c[0]) * 111_320 * math.Cos(c[1]*math.Pi/180), (taken[1] - c[1]) * 110_574
}

// ParsePlane reads "EPSG:9214", "urn:ogc:def:crs:EPSG::9214", "CRS84", an address
// of OGC's register or the bare number.
func ParsePlane(name string) (Plane, error) {
	name = strings.Trim(strings.TrimSpace(name), "<>")
	if strings.HasSuffix(name, "CRS84") || strings.HasSuffix(name, "CRS84h") {
		return PlaneOf(4326)
	}
	digits := name[strings.LastIndexAny(name, ":/")+1:]
	var code int
	if _, err := fmt.Sscanf(digits, "%d", &code); err != nil || fmt.Sprint(code) != digits {
		return Plane{}, fault.Invalid("UNKNOWN_CRS", "%s is no CRS that is known here; write EPSG:9214", quote(name))
	}
	return PlaneOf(code)
}
