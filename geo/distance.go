package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// WGS 84.
const (
	semiMajorM = 6378137.0
	flattening = 1 / 298.257223563
	semiMinorM = semiMajorM * (1 - flattening)
)

// DistanceM is the length of the geodesic from a to b on the WGS 84 spheroid in
// metres, to a millimetre.
func DistanceM(a, b orb.Point) float64 {
	if m, ok := vincentyM(a, b); ok {
		return m
	}
	return antipodalM(a, b)
}

// vincentyM is T. Vincenty, "Direct and inverse solutions of geodesics on the
// ellipsoid", Survey Review XXIII (1975). It does not converge for points that
// are nearly antipodal.
func vincentyM(a, b orb.Point) (m float64, ok bool) {
	if a == b {
		return 0, true
	}
	l := math.Remainder(radians(b[0]-a[0]), 2*math.Pi)
	sinU1, cosU1 := reduced(a[1])
	sinU2, cosU2 := reduced(b[1])
	lambda := l
	for range 100 {
		sinL, cosL := math.Sincos(lambda)
		sinSigma := math.Hypot(cosU2*sinL, cosU1*sinU2-sinU1*cosU2*cosL)
		cosSigma := sinU1*sinU2 + cosU1*cosU2*cosL
		if sinSigma == 0 {
			return 0, cosSigma > 0 // one place, or its antipode
		}
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := cosU1 * cosU2 * sinL / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2M := 0.0 // along the equator
		if cos2Alpha > 1e-15 {
			cos2M = cosSigma - 2*sinU1*sinU2/cos2Alpha
		}
		c := flattening / 16 * cos2Alpha * (4 + flattening*(4-3*cos2Alpha))
		next := l + (1-c)*flattening*sinAlpha*(sigma+c*sinSigma*(cos2M+c*cosSigma*(2*cos2M*cos2M-1)))
		if math.Abs(next) > math.Pi {
			return 0, false
		}
		if math.Abs(next-lambda) < 1e-13 {
			u2 := cos2Alpha * (semiMajorM*semiMajorM - semiMinorM*semiMinorM) / (semiMinorM * semiMinorM)
			bigA := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
			bigB := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
			delta := bigB * sinSigma * (cos2M + bigB/4*(cosSigma*(2*cos2M*cos2M-1)-
				bigB/6*cos2M*(4*sinSigma*sinSigma-3)*(4*cos2M*cos2M-3)))
			return semiMinorM * bigA * (sigma - delta), true
		}
		lambda = next
	}
	return 0, false
}

// antipodalM measures a → m → b, where m runs round the circle half-way: every
// path crosses it, so the shortest such sum is the geodesic.
func antipodalM(a, b orb.Point) float64 {
	u := unit(a)
	// Two directions across a, and so nearly across b.
	e := [3]float64{-u[1], u[0], 0}
	if n := math.Hypot(e[0], e[1]); n > 1e-6 {
		e[0], e[1] = e[0]/n, e[1]/n
	} else {
		e = [3]float64{1, 0, 0}
	}
	n := [3]float64{u[1]*e[2] - u[2]*e[1], u[2]*e[0] - u[0]*e[2], u[0]*e[1] - u[1]*e[0]}
	through := func(theta float64) float64 {
		s, c := math.Sincos(theta)
		x, y, z := c*e[0]+s*n[0], c*e[1]+s*n[1], c*e[2]+s*n[2]
		m := orb.Point{degrees(math.Atan2(y, x)), degrees(math.Atan2(z, math.Hypot(x, y)))}
		to, _ := vincentyM(a, m)
		from, _ := vincentyM(m, b)
		return to + from
	}
	const samples = 72
	step := 2 * math.Pi / samples
	best := 0.0
	for i := range samples {
		if theta := float64(i) * step; through(theta) < through(best) {
			best = theta
		}
	}
	lo, hi := best-step, best+step
	for range 60 {
		third := (hi - lo) / 3
		if through(lo+third) < through(hi-third) {
			hi -= third
		} else {
			lo += third
		}
	}
	return through((lo + hi) / 2)
}

func unit(p orb.Point) [3]float64 {
	sinLat, cosLat := math.Sincos(radians(p[1]))
	sinLon, cosLon := math.Sincos(radians(p[0]))
	return [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// reduced gives the sine and cosine of the reduced latitude.
func reduced(lat float64) (sin, cos float64) {
	if math.Abs(lat) == 90 {
		return math.Copysign(1, lat), 0
	}
	return math.Sincos(reducedLat(lat))
}

func radians(deg float64) float64 { return deg * (math.Pi / 180) }
func degrees(rad float64) float64 { return rad * (180 / math.Pi) }
