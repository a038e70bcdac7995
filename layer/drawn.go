package layer

import (
	"context"
	"fmt"

	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// Drawn is a geometry field that is drawn about a row's point by figures of the
// row: the fields that are for it, in the order of their declaration.
type Drawn struct {
	Field string // "coverage"
	// Draw gives nil where the figures make no geometry; a figure may be nil.
	Draw func(at orb.Point, figures []*float64) orb.Geometry
	// Function is the database's that draws the same of the same figures; with one,
	// the list takes an argument "seeing", a point that the geometry holds.
	Function string
	// Seen is a field of what lies in the geometry; empty: none.
	Seen string
}

// DrawnOf finds a layer's drawn geometry by its field.
func (s *System) DrawnOf(field string) (*Drawn, bool) {
	for i := range s.Drawn {
		if s.Drawn[i].Field == field {
			return &s.Drawn[i], true
		}
	}
	return nil, false
}

// Seeing is the drawn geometry that the list's argument "seeing" is of.
func (s *System) Seeing() (*Drawn, bool) {
	for i := range s.Drawn {
		if s.Drawn[i].Function != "" {
			return &s.Drawn[i], true
		}
	}
	return nil, false
}

// seeing is the condition that the drawn geometry of a row f holds a point.
func (r *Reader) seeing(s *System, p geo.LonLat) (clause.C, error) {
	d, ok := s.Seeing()
	if !ok {
		return clause.C{}, fault.Invalid("BAD_INPUT", "seeing: %s see nothing", s.Field)
	}
	if err := p.Check(); err != nil {
		return clause.C{}, err
	}
	for _, field := range []string{"geometry", d.Field} {
		if err := r.maySee(s, field); err != nil {
			return clause.C{}, err
		}
	}
	figures := []clause.C{postgis.Geom()}
	for _, f := range s.MadeOf(d.Field) {
		figures = append(figures, clause.Column("f", f.Column))
	}
	return postgis.Holds(clause.Of("?(?)", clause.Name(d.Function), clause.Join(", ", figures...)), p), nil
}

// Touching are features of other rows of layers that meet this one; of one without
// a place there are none.
func (b *Base) Touching(ctx context.Context, layers []Name, first *int, after *string) (*FeatureConnection, error) {
	return b.within("touching", &geo.Area{Feature: &b.ID}, ctx, layers, first, after)
}

// Seen are features of other rows of layers that meet a geometry drawn about this
// one; nil without a geometry.
func (b *Base) Seen(ctx context.Context, drawn *geo.Geometry, layers []Name, first *int, after *string) (*FeatureConnection, error) {
	if drawn == nil {
		return nil, nil
	}
	return b.within("seen by", &geo.Area{Within: drawn}, ctx, layers, first, after)
}

func (b *Base) within(how string, area *geo.Area, ctx context.Context, layers []Name, first *int, after *string) (*FeatureConnection, error) {
	r := b.page.r
	return r.once(fmt.Sprintf("%s %s %v %v %v", how, b.ID, layers, value(first), value(after)), func() (*FeatureConnection, error) {
		return r.Features(ctx, layers, Query{Area: area, but: b.ID, First: first, After: after})
	})
}
