package geo

import (
	"io"
	"sync"

	"github.com/paulmach/orb"
)

// Geometry is the scalar Geometry: a shape that leaves, or what a user drew.
//
// What comes in is kept raw, because only the field around it knows whether its
// numbers are degrees: ask for [Geometry.LonLat] or [Geometry.Projected], which
// parse and check once, however often and from however many goroutines they are
// asked. The value may be copied.
type Geometry struct {
	Shape    orb.Geometry // what MarshalGQL writes; nil is null
	Decimals *int         // digits kept behind the point; nil keeps all

	drawn *drawn // what UnmarshalGQL was given; nil for a shape made in Go
}

type drawn struct {
	lonLat, projected func() (orb.Geometry, error)
}

// LonLat gives the shape in degrees of WGS 84, parsed and checked. Errors are
// BAD_GEOMETRY. The shape is shared: read it only.
func (g *Geometry) LonLat() (orb.Geometry, error) {
	if g.drawn != nil {
		return g.drawn.lonLat()
	}
	return g.Shape, check(g.Shape, Options{})
}

// Projected gives the shape in the units of some other CRS: checked as in
// [Geometry.LonLat] but for the range of its numbers.
func (g *Geometry) Projected() (orb.Geometry, error) {
	if g.drawn != nil {
		return g.drawn.projected()
	}
	return g.Shape, check(g.Shape, Options{Projected: true})
}

// UnmarshalGQL keeps v for LonLat or Projected to parse. It never fails.
func (g *Geometry) UnmarshalGQL(v any) error {
	*g = Geometry{drawn: &drawn{
		lonLat:    sync.OnceValues(func() (orb.Geometry, error) { return Parse(v, Options{}) }),
		projected: sync.OnceValues(func() (orb.Geometry, error) { return Parse(v, Options{Projected: true}) }),
	}}
	return nil
}

// MarshalGQL writes Shape as GeoJSON; see [AppendGeoJSON].
func (g Geometry) MarshalGQL(w io.Writer) {
	decimals := -1
	if g.Decimals != nil {
		decimals = *g.Decimals
	}
	_, _ = w.Write(AppendGeoJSON(nil, g.Shape, decimals))
}

// FeatureCollection is the scalar FeatureCollection: finished JSON, written
// unchanged. Nil is null. It only ever leaves.
type FeatureCollection []byte

// MarshalGQL writes the bytes as they are.
func (c FeatureCollection) MarshalGQL(w io.Writer) {
	if c == nil {
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = w.Write(c)
}

// UnmarshalGQL always refuses: no argument takes a FeatureCollection.
func (c *FeatureCollection) UnmarshalGQL(any) error {
	return badInput("a FeatureCollection is an output only")
}
