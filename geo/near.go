package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// maxRadiusM is half of the equator: no two places are farther apart.
const maxRadiusM = 20_037_508

// LonLat is a place in degrees.
type LonLat struct{ Lon, Lat float64 }

// Point is the place as orb has it.
func (l LonLat) Point() orb.Point { return orb.Point{l.Lon, l.Lat} }

// Check refuses what is no place on Earth with BAD_GEOMETRY.
func (l LonLat) Check() error { return checkPoint("point", l.Lon, l.Lat) }

// Near orders by geodesic distance from a place, nearest first.
type Near struct {
	Lon, Lat float64
	MaxM     *float64 // metres beyond which nothing is found; nil for no end
}

// Point is the place as orb has it.
func (n Near) Point() orb.Point { return orb.Point{n.Lon, n.Lat} }

// Check refuses what is no place or no distance on Earth with BAD_GEOMETRY.
func (n Near) Check() error {
	if err := checkPoint("near", n.Lon, n.Lat); err != nil {
		return err
	}
	if n.MaxM == nil {
		return nil
	}
	return CheckDistanceM("near.maxM", *n.MaxM)
}

// Around is all within RadiusM metres, geodesic, of a place; at 0, that place.
type Around struct{ Lon, Lat, RadiusM float64 }

// Point is the centre as orb has it.
func (a Around) Point() orb.Point { return orb.Point{a.Lon, a.Lat} }

// Check refuses what is no circle on Earth with BAD_GEOMETRY.
func (a Around) Check() error {
	if err := checkPoint("around", a.Lon, a.Lat); err != nil {
		return err
	}
	return CheckDistanceM("around.radiusM", a.RadiusM)
}

// Bounds gives boxes, two where the circle crosses the antimeridian, that surely
// contain it: they are for an index to narrow by before distances are measured.
// The circle is widened by 1 % and 1 m.
func (a Around) Bounds() []orb.Bound {
	return BBoxOf(Expand(orb.Bound{Min: a.Point(), Max: a.Point()}, a.RadiusM)).Bounds()
}

// Expand gives the box that surely contains all within m metres, geodesic, of b,
// widened by 1 % and 1 m. Where it crosses the antimeridian its west is greater
// than its east, as in a [BBox].
func Expand(b orb.Bound, m float64) orb.Bound {
	// On Bessel's auxiliary sphere a geodesic of m metres is an arc of at most
	// m/b, and no shorter in longitude than the spheroid's own.
	arc := (m*1.01 + 1) / semiMinorM
	south, north := reducedLat(b.Min[1]), reducedLat(b.Max[1])
	whole := orb.Bound{Min: orb.Point{-180, geodetic(south - arc)}, Max: orb.Point{180, geodetic(north + arc)}}
	if south-arc <= -math.Pi/2 || north+arc >= math.Pi/2 {
		return whole
	}
	// Meridians are closest together where the box is farthest from the equator.
	half := degrees(math.Asin(math.Sin(arc) / math.Cos(max(-south, north))))
	if !(b.Max[0]-b.Min[0]+2*half < 360) {
		return whole
	}
	return orb.Bound{Min: orb.Point{wrap(b.Min[0] - half), whole.Min[1]}, Max: orb.Point{wrap(b.Max[0] + half), whole.Max[1]}}
}

func reducedLat(lat float64) float64 {
	return math.Atan((1 - flattening) * math.Tan(radians(lat)))
}

// geodetic turns a reduced latitude in radians into degrees, the poles at most.
func geodetic(beta float64) float64 {
	switch {
	case beta >= math.Pi/2:
		return 90
	case beta <= -math.Pi/2:
		return -90
	}
	return degrees(math.Atan(math.Tan(beta) / (1 - flattening)))
}

func wrap(lon float64) float64 {
	switch {
	case lon > 180:
		return lon - 360
	case lon < -180:
		return lon + 360
	}
	return lon
}

// CheckDistanceM refuses what is no distance on Earth: at names the argument.
func CheckDistanceM(at string, m float64) error {
	if !(m >= 0 && m <= maxRadiusM) {
		return badPlace(at, "%v m is outside 0..%d", m, maxRadiusM).With("limit", maxRadiusM)
	}
	return nil
}

func checkPoint(at string, lon, lat float64) error {
	if err := withinDegrees(lon, lat); err != nil {
		return badPlace(at, "%v", err)
	}
	return nil
}
