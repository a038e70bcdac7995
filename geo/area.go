package geo

import (
	"strings"

	"geohub/internal/fault"
	"github.com/paulmach/orb"
)

// maxAllOf bounds the areas that are asked for together.
const maxAllOf = 10

// maxUnits bounds the units of one area; a province has some hundreds, past ones
// included.
const maxUnits = 1000

// Area is the input Area: where. Exactly one member is given; a nil Area is
// everywhere.
type Area struct {
	BBox      *BBox
	Within    *Geometry // Polygon or MultiPolygon in degrees
	Around    *Around
	Units     []UnitRef // nil when not given
	Feature   *string   // a feature's id
	Projected *ProjectedGeometry
	AllOf     []*Area // nil when not given; of its members nil says nothing
}

// Check refuses none or several members, naming them, with BAD_INPUT; then
// checks the one. @oneOf alone does not hold when the whole object is a
// variable.
func (a *Area) Check() error {
	if a == nil {
		return nil
	}
	members := []struct {
		name  string
		given bool
		check func() error
	}{
		{"bbox", a.BBox != nil, func() error { return a.BBox.Check() }},
		{"within", a.Within != nil, a.checkWithin},
		{"around", a.Around != nil, func() error { return a.Around.Check() }},
		{"units", a.Units != nil, a.checkUnits},
		{"feature", a.Feature != nil, a.checkFeature},
		{"projected", a.Projected != nil, func() error { return a.Projected.Check() }},
		{"allOf", a.AllOf != nil, a.checkAllOf},
	}
	var given []string
	var check func() error
	for _, m := range members {
		if m.given {
			given, check = append(given, m.name), m.check
		}
	}
	switch len(given) {
	case 1:
		return check()
	case 0:
		return badInput("area: give exactly one of bbox, within, around, units, feature, projected, allOf; none was given").With("given", []string{})
	default:
		return badInput("area: give exactly one of bbox, within, around, units, feature, projected, allOf; given were %s",
			strings.Join(given, ", ")).With("given", given)
	}
}

func (a *Area) checkWithin() error {
	g, err := a.Within.LonLat()
	if err != nil {
		return err
	}
	switch g.(type) {
	case orb.Polygon, orb.MultiPolygon:
		return nil
	}
	return bad((*place)(nil).member("type"), "`within` takes a Polygon or MultiPolygon, not a %s", g.GeoJSONType())
}

func (a *Area) checkUnits() error {
	if len(a.Units) == 0 {
		return badInput("area.units: name at least one unit")
	}
	if len(a.Units) > maxUnits {
		return badInput("area.units: %d units; the limit is %d", len(a.Units), maxUnits).With("limit", maxUnits).With("actual", len(a.Units))
	}
	for i, u := range a.Units {
		if u.Code == "" {
			return badInput("area.units[%d].code: is empty", i)
		}
	}
	return nil
}

func (a *Area) checkFeature() error {
	if *a.Feature == "" {
		return badInput("area.feature: is empty")
	}
	return nil
}

func (a *Area) checkAllOf() error {
	if len(a.AllOf) > maxAllOf {
		return badInput("area.allOf: %d areas; the limit is %d", len(a.AllOf), maxAllOf).With("limit", maxAllOf).With("actual", len(a.AllOf))
	}
	for i, one := range a.AllOf {
		if one != nil && one.AllOf != nil {
			return badInput("area.allOf[%d]: holds an allOf of its own; write its areas into the outer one", i)
		}
		if err := one.Check(); err != nil {
			return err
		}
	}
	return nil
}

// UnitRef names an administrative unit as it stood on a day.
type UnitRef struct {
	Code string
	At   *Date // nil: today
}

// ProjectedGeometry is a geometry in another CRS than WGS 84, by EPSG code.
// Whether that code is known is for PostGIS's side to say.
type ProjectedGeometry struct {
	CRS      int
	Geometry Geometry
}

// Shape gives the geometry in its CRS, parsed and checked. The shape is shared:
// read it only.
func (p *ProjectedGeometry) Shape() (orb.Geometry, error) {
	if p.CRS == 4326 {
		return p.Geometry.LonLat()
	}
	return p.Geometry.Projected()
}

// Check refuses codes that can't be a CRS with UNKNOWN_CRS, and bad geometries.
func (p *ProjectedGeometry) Check() error {
	if p.CRS <= 0 || p.CRS > 999_999 {
		return fault.Invalid("UNKNOWN_CRS", "projected.crs: %d is not an EPSG code", p.CRS).With("at", "projected.crs")
	}
	_, err := p.Shape()
	return err
}
