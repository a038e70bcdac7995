package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Check refuses a geometry that is not valid in the sense of OGC's Simple
// Features, as ST_IsValid has it, or that is empty, not finite or past ±1e8.
// It asks nothing about degrees. Polygons: rings closed, simple, and touching
// each other at points at most; holes in their shell and apart; the interior
// connected; the parts of a MultiPolygon apart. Repeated positions in a row are
// fine. Errors are BAD_GEOMETRY: "at" is the JSON path, and for faults of
// topology "point" is where and "segments" which, counted from 0 in the rings
// named by "rings".
//
// It takes O(n log n) steps, all decided in exact arithmetic.
func Check(g orb.Geometry) error { return check(g, Options{Projected: true}) }

// check is for shapes made in Go; Parse has looked at each number already.
func check(g orb.Geometry, opt Options) error {
	if err := everyPoint(g, opt.inRange); err != nil {
		return err
	}
	return checkAt(g, nil)
}

func everyPoint(g orb.Geometry, ok func(orb.Point) error) error {
	each := func(points []orb.Point) error {
		for _, p := range points {
			if err := ok(p); err != nil {
				return bad(nil, "%v", err)
			}
		}
		return nil
	}
	switch g := g.(type) {
	case orb.Point:
		return each([]orb.Point{g})
	case orb.MultiPoint:
		return each(g)
	case orb.LineString:
		return each(g)
	case orb.Ring:
		return each(g)
	case orb.Bound:
		return each([]orb.Point{g.Min, g.Max})
	case orb.MultiLineString:
		return everyMember(g, ok)
	case orb.Polygon:
		return everyMember(g, ok)
	case orb.MultiPolygon:
		return everyMember(g, ok)
	case orb.Collection:
		return everyMember(g, ok)
	}
	return nil
}

func everyMember[G orb.Geometry](members []G, ok func(orb.Point) error) error {
	for _, m := range members {
		if err := everyPoint(m, ok); err != nil {
			return err
		}
	}
	return nil
}

// checkAt takes finite numbers for granted; at is the geometry's place.
func checkAt(g orb.Geometry, at *place) error {
	coordinates := at.member("coordinates")
	switch g := g.(type) {
	case orb.Point:
		return nil
	case orb.MultiPoint:
		return notEmpty(len(g), coordinates, "positions")
	case orb.LineString:
		return checkLine(g, coordinates)
	case orb.MultiLineString:
		for i, line := range g {
			if err := checkLine(line, coordinates.element(i)); err != nil {
				return err
			}
		}
		return notEmpty(len(g), coordinates, "lines")
	case orb.Ring:
		return checkAt(orb.Polygon{g}, at)
	case orb.Polygon:
		return checkPolygons(orb.MultiPolygon{g}, func(int) *place { return coordinates })
	case orb.MultiPolygon:
		if err := notEmpty(len(g), coordinates, "polygons"); err != nil {
			return err
		}
		return checkPolygons(g, coordinates.element)
	case orb.Collection:
		geometries := at.member("geometries")
		for i, member := range g {
			if err := checkAt(member, geometries.element(i)); err != nil {
				return err
			}
		}
		return notEmpty(len(g), geometries, "geometries")
	case orb.Bound:
		return checkAt(g.ToPolygon(), at)
	case nil:
		return bad(at, "is missing")
	}
	return bad(at, "a %T is no GeoJSON geometry", g)
}

func notEmpty(n int, at *place, what string) error {
	if n == 0 {
		return bad(at, "has no %s", what)
	}
	return nil
}

func checkLine(line orb.LineString, at *place) error {
	for _, p := range line {
		if p != line[0] {
			return nil
		}
	}
	return bad(at, "a line has at least 2 different positions")
}

func checkPolygons(polygons orb.MultiPolygon, at func(i int) *place) error {
	var s sweep
	for i, polygon := range polygons {
		if err := notEmpty(len(polygon), at(i), "rings"); err != nil {
			return err
		}
		for j, points := range polygon {
			if err := s.addRing(points, i, j, at(i).element(j)); err != nil {
				return err
			}
		}
	}
	return s.run()
}

// meet is where the lines through two segments cross, for the message only.
func meet(a, b segment) orb.Point {
	dx, dy := a.hi[0]-a.lo[0], a.hi[1]-a.lo[1]
	ex, ey := b.hi[0]-b.lo[0], b.hi[1]-b.lo[1]
	t := ((b.lo[0]-a.lo[0])*ey - (b.lo[1]-a.lo[1])*ex) / (dx*ey - dy*ex)
	if math.IsNaN(t) {
		t = 0
	}
	t = min(max(t, 0), 1)
	return orb.Point{a.lo[0] + t*dx, a.lo[1] + t*dy}
}
