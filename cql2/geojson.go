package cql2

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// geometry reads an RFC 7946 geometry. Its member bbox says nothing new and is
// passed over.
func (r *reader) geometry(o map[string]any, at *place) Expr {
	shape := r.shape(o, at, true)
	if r.err != nil {
		return nil
	}
	return Geometry{shape}
}

// shape reads any geometry; a collection only where one may stand.
func (r *reader) shape(o map[string]any, at *place, collection bool) orb.Geometry {
	name, _ := o["type"].(string)
	if name == "GeometryCollection" && collection {
		r.only(o, at, "type", "geometries", "bbox")
		return orb.Collection(elements(r, o["geometries"], at.member("geometries"), r.member))
	}
	if !slices.Contains(shapeTypes, name) {
		r.failGeometry(at.member("type"), "found "+describeJSON(o["type"])+", wanted "+strings.Join(shapeTypes, ", "))
		return nil
	}
	r.only(o, at, "type", "coordinates", "bbox")
	v, at := o["coordinates"], at.member("coordinates")
	switch name {
	case "Point":
		return r.position(v, at)
	case "LineString":
		return r.line(v, at)
	case "Polygon":
		return r.polygon(v, at)
	case "MultiPoint":
		return orb.MultiPoint(elements(r, v, at, r.position))
	case "MultiLineString":
		return orb.MultiLineString(elements(r, v, at, r.line))
	}
	return orb.MultiPolygon(elements(r, v, at, r.polygon))
}

// shapeTypes are those with coordinates.
var shapeTypes = []string{"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}

// member reads a geometry of a collection, which is not another.
func (r *reader) member(v any, at *place) orb.Geometry {
	o, ok := v.(map[string]any)
	if !ok {
		r.failGeometry(at, "found "+describeJSON(v)+", wanted a GeoJSON geometry")
		return nil
	}
	return r.shape(o, at, false)
}

func (r *reader) polygon(v any, at *place) orb.Polygon { return elements(r, v, at, r.ring) }

func (r *reader) ring(v any, at *place) orb.Ring {
	points := elements(r, v, at, r.position)
	if r.err != nil {
		return nil
	}
	if problem := ringFault(points); problem != "" {
		r.failGeometry(at.element(len(points)-1), problem)
	}
	return points
}

func (r *reader) line(v any, at *place) orb.LineString {
	points := elements(r, v, at, r.position)
	if r.err != nil {
		return nil
	}
	if problem := lineFault(points); problem != "" {
		r.failGeometry(at.element(len(points)-1), problem)
	}
	return points
}

// position reads two numbers, or three of which the last is dropped.
func (r *reader) position(v any, at *place) orb.Point {
	if r.vertices++; r.vertices > MaxVertices {
		r.failGeometry(at, "found more than "+strconv.Itoa(MaxVertices)+" positions in the filter", "limit", MaxVertices)
	}
	x := elements(r, v, at, r.number)
	if len(x) < 2 || len(x) > 3 {
		r.failGeometry(at, "found a position of "+strconv.Itoa(len(x))+" numbers, wanted 2 or 3")
		return orb.Point{}
	}
	return orb.Point{x[0], x[1]}
}

func (r *reader) bbox(v any, at *place) Expr {
	bounds := elements(r, v, at, r.number)
	if r.err != nil {
		return nil
	}
	b, i, problem := boxOf(bounds)
	if problem != "" && i == 0 {
		r.failGeometry(at, problem)
	} else if problem != "" {
		r.failGeometry(at.element(i), problem)
	}
	return b
}

func (r *reader) number(v any, at *place) float64 {
	n, ok := v.(json.Number)
	if !ok {
		r.failGeometry(at, "found "+describeJSON(v)+", wanted a number")
		return 0
	}
	x, problem := parseFinite(string(n))
	if problem != "" {
		r.failGeometry(at, problem)
	}
	return x
}

// elements reads a list of one or more.
func elements[T any](r *reader, v any, at *place, read func(any, *place) T) []T {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		found := describeJSON(v)
		if ok {
			found = "an empty list"
		}
		r.failGeometry(at, "found "+found+", wanted a list of one or more")
		return nil
	}
	all := make([]T, 0, len(list))
	for i, v := range list {
		if r.err != nil {
			break
		}
		all = append(all, read(v, at.element(i)))
	}
	return all
}
