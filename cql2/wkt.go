package cql2

import (
	"strconv"

	"github.com/paulmach/orb"
)

// isTagged looks ahead: whether a geometry's name begins a literal.
func (p *parser) isTagged() bool {
	after := p.tokens[p.i+1]
	if after.kind == word && lower(after.text) == "z" {
		after = p.tokens[p.i+2]
	}
	return after.kind == symbol && after.text == "("
}

func (p *parser) geometry() Expr {
	shape := p.shape()
	if p.err != nil {
		return nil
	}
	return Geometry{shape}
}

// shape reads a literal from its name on.
func (p *parser) shape() orb.Geometry {
	name := lower(p.token().text)
	p.i++
	p.word("z")
	switch name {
	case "point":
		return p.point()
	case "linestring":
		return p.line()
	case "polygon":
		return p.polygon()
	case "multipoint":
		return orb.MultiPoint(parts(p, p.multiPoint))
	case "multilinestring":
		return orb.MultiLineString(parts(p, p.line))
	case "multipolygon":
		return orb.MultiPolygon(parts(p, p.polygon))
	}
	return orb.Collection(parts(p, p.member))
}

// member reads a geometry of a collection, which is not another.
func (p *parser) member() orb.Geometry {
	for _, name := range geometries[:6] {
		if p.isWord(name) && p.isTagged() {
			return p.shape()
		}
	}
	p.want("a POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING or MULTIPOLYGON")
	return nil
}

func (p *parser) point() orb.Point {
	p.needSymbol("(")
	at := p.position()
	p.needSymbol(")")
	return at
}

func (p *parser) multiPoint() orb.Point {
	if p.isSymbol("(") {
		return p.point()
	}
	return p.position()
}

func (p *parser) line() orb.LineString {
	points, last := p.positions()
	if p.err != nil {
		return nil
	}
	if problem := lineFault(points); problem != "" {
		p.failGeometry(last, problem)
	}
	return points
}

func (p *parser) polygon() orb.Polygon { return parts(p, p.ring) }

func (p *parser) ring() orb.Ring {
	points, last := p.positions()
	if p.err != nil {
		return nil
	}
	if problem := ringFault(points); problem != "" {
		p.failGeometry(last, problem)
	}
	return points
}

// positions also gives the token where the last one begins.
func (p *parser) positions() (points []orb.Point, last token) {
	points = parts(p, func() orb.Point {
		last = p.token()
		return p.position()
	})
	return points, last
}

// position reads two numbers, or three of which the last is dropped.
func (p *parser) position() orb.Point {
	if p.vertices++; p.vertices > MaxVertices {
		p.failGeometry(p.token(), "found more than "+strconv.Itoa(MaxVertices)+" positions in the filter", "limit", MaxVertices)
	}
	at := orb.Point{p.coordinate(), p.coordinate()}
	if !p.isSymbol(",") && !p.isSymbol(")") && p.err == nil {
		p.coordinate()
	}
	return at
}

// coordinate reads a number and its sign.
func (p *parser) coordinate() float64 {
	at := p.token()
	x, problem := parseFinite(p.digits())
	if problem != "" {
		p.failGeometry(at, problem)
	}
	return x
}

// parts reads one or more in brackets.
func parts[T any](p *parser, read func() T) []T {
	p.needSymbol("(")
	all := []T{read()}
	for p.symbol(",") {
		all = append(all, read())
	}
	p.needSymbol(")")
	return all
}
