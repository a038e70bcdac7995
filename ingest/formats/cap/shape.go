package cap

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// vietnam is the country with its sea, lon 102–118, lat 8–24.
var vietnam = orb.Bound{Min: orb.Point{102, 8}, Max: orb.Point{118, 24}}

const (
	maxChecked  = 10_000 // corners of a ring that is searched for crossings
	maxRadiusKm = 20_038 // half way round the world
)

// parseRing is a polygon's ring as lon, lat, or what is wrong with it.
func parseRing(text string) (orb.Ring, string) {
	pairs := strings.Fields(text)
	ring := make(orb.Ring, 0, len(pairs))
	for i, pair := range pairs {
		p, fault := parsePair(pair)
		if fault != "" {
			return nil, fmt.Sprintf("pair %d: %s", i+1, fault)
		}
		ring = append(ring, p)
	}
	if len(ring) > 0 && ring[0] != ring[len(ring)-1] {
		return nil, fmt.Sprintf("it is not closed: it begins with %s and ends with %s", clip(pairs[0]), clip(pairs[len(pairs)-1]))
	}
	if len(ring) < 4 {
		return nil, fmt.Sprintf("%d pairs, a polygon has 4 or more, the last the same as the first", len(ring))
	}
	return ring, ""
}

// parsePair is "lat,lon" as a point, or what is wrong with it.
func parsePair(text string) (orb.Point, string) {
	first, second, _ := strings.Cut(text, ",")
	lat, ok1 := parseNumber(first)
	lon, ok2 := parseNumber(second)
	switch {
	case !ok1 || !ok2:
		return orb.Point{}, fmt.Sprintf("%q is not \"lat,lon\"", clip(text))
	case (lat < -90 || lat > 90) && lon >= -90 && lon <= 90 && lat >= -180 && lat <= 180:
		return orb.Point{}, fmt.Sprintf("lat and lon are swapped: %s begins with a longitude", clip(text))
	case lat < -90 || lat > 90:
		return orb.Point{}, fmt.Sprintf("latitude %s is beyond ±90", clip(first))
	case lon < -180 || lon > 180:
		return orb.Point{}, fmt.Sprintf("longitude %s is beyond ±180", clip(second))
	}
	return orb.Point{lon, lat}, ""
}

func parseCircle(text string) (Circle, string) {
	center, radius, _ := strings.Cut(strings.TrimSpace(text), " ")
	p, fault := parsePair(center)
	if fault != "" {
		return Circle{}, fault
	}
	km, ok := parseNumber(strings.TrimSpace(radius))
	if !ok || km < 0 || km > maxRadiusKm {
		return Circle{}, fmt.Sprintf("%q is no radius in kilometres", clip(radius))
	}
	return Circle{Center: p, RadiusKm: km}, ""
}

// parseNumber reads a decimal number and nothing else that Go would: no NaN,
// no infinity, no hexadecimal.
func parseNumber(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" || strings.ContainsAny(text[:1], "eE") {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// selfCrossing says where a closed ring crosses itself. Rings of more than
// maxChecked corners are not searched.
func selfCrossing(ring orb.Ring) string {
	n := len(ring) - 1
	if n > maxChecked {
		return ""
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	minX := func(i int) float64 { return min(ring[i][0], ring[i+1][0]) }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(minX(a), minX(b)) })
	for k, i := range order {
		end := max(ring[i][0], ring[i+1][0])
		for _, j := range order[k+1:] {
			if minX(j) > end {
				break
			}
			a, b := min(i, j), max(i, j)
			if b == a+1 || a == 0 && b == n-1 {
				continue
			}
			if cross(ring[a], ring[a+1], ring[b], ring[b+1]) {
				return fmt.Sprintf("it crosses itself: side %d and side %d", a+1, b+1)
			}
		}
	}
	return ""
}

// cross reports whether two sides meet in their insides; touching is allowed.
func cross(a, b, c, d orb.Point) bool {
	side := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}
