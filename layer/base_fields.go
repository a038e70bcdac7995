package layer

import (
	"context"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// Aliases are former ids that still resolve to the feature.
func (b *Base) Aliases(ctx context.Context) ([]string, error) {
	aliases, _, err := b.page.r.aliases.Load(ctx, b.ID)
	if aliases == nil {
		aliases = []string{}
	}
	return aliases, err
}

// Layer is the name of the feature's layer.
func (b *Base) Layer() Name { return Name(b.page.s.Name) }

// Label is what people call it; nil when it has no name.
func (b *Base) Label(lang *Lang) *string {
	label := Title{b.LabelVI, b.LabelEN}.In(lang)
	if label == "" {
		return nil
	}
	return &label
}

// Geometry is the feature's geometry in the form asked for.
func (b *Base) Geometry(ctx context.Context, crs *int, simplifyM *float64, precision *int) (*geo.Geometry, error) {
	if !b.page.r.sees(b.page.s, "geometry") {
		return nil, nil
	}
	return shaped(ctx, b.page.r, crs, simplifyM, precision, func(form postgis.Form) (orb.Geometry, error) {
		if form == postgis.Plain {
			return b.Geom, nil
		}
		shapes, err := b.page.shapes(ctx, form)
		return shapes[b.ID], err
	})
}

// shaped checks the arguments of a geometry field and reads it in that form.
func shaped(ctx context.Context, r *Reader, crs *int, simplifyM *float64, precision *int, read func(postgis.Form) (orb.Geometry, error)) (*geo.Geometry, error) {
	form, err := r.form(ctx, crs, simplifyM, precision)
	if err != nil {
		return nil, err
	}
	g, err := read(form)
	if g == nil || err != nil {
		return nil, err
	}
	return &geo.Geometry{Shape: g, Decimals: precision}, nil
}

// form checks the arguments of a geometry field.
func (r *Reader) form(ctx context.Context, crs *int, simplifyM *float64, precision *int) (postgis.Form, error) {
	form := postgis.Plain
	if crs != nil && *crs != form.CRS {
		if err := r.catalog.knowsCRS(ctx, r, *crs); err != nil {
			return form, err
		}
		form.CRS = *crs
	}
	if simplifyM != nil {
		if !(*simplifyM >= 0 && *simplifyM <= 1e6) {
			return form, fault.Invalid("BAD_INPUT", "simplifyM is %v; it can be 0 to 1,000,000 metres", *simplifyM)
		}
		form.SimplifyM = *simplifyM
	}
	if precision != nil && (*precision < 0 || *precision > 15) {
		return form, fault.Invalid("BAD_INPUT", "precision is %d; it can be 0 to 15 decimals", *precision)
	}
	return form, nil
}

// Position is the feature's point, or a point on its surface.
func (b *Base) Position() *LonLatPoint {
	p, ok := b.Geom.(orb.Point)
	if !ok && b.onSurface != nil {
		p, ok = *b.onSurface, true
	}
	if !ok || !b.page.r.sees(b.page.s, "position") {
		return nil
	}
	return &LonLatPoint{p[0], p[1]}
}

// Unit is the administrative unit at the feature's own time.
func (b *Base) Unit(ctx context.Context) (*Unit, error) {
	if b.unitID == nil {
		return nil, nil
	}
	u, _, err := b.page.r.units.Load(ctx, *b.unitID)
	return u, err
}

// Provenance says where the feature came from.
func (b *Base) Provenance() *Provenance {
	if b.Source == "" {
		return nil
	}
	p := &Provenance{Source: b.Source, base: b}
	if b.RecordKey != "" {
		p.RecordKey = &b.RecordKey
	}
	if b.Exchange != "" {
		p.Exchange = &b.Exchange
	}
	return p
}

// Freshness says when the next observation is due; nil in a layer without a rhythm.
func (b *Base) Freshness() *Freshness { return b.page.r.freshness(b.page.s, b.ObservedAt) }

// Masked names the fields withheld from the viewer.
func (b *Base) Masked() []string { return b.page.r.masked(b.page.s) }

// LonLatPoint is a point in degrees.
type LonLatPoint struct{ Lon, Lat float64 }

// Provenance says where a feature came from.
type Provenance struct {
	Source    string
	RecordKey *string
	Exchange  *string
	base      *Base
}

// Agency answers for the feature.
func (p *Provenance) Agency(ctx context.Context) (*Agency, error) {
	return AgencyOf(ctx, p.base, &p.base.AgencyCode)
}

// Freshness says how fresh something is.
type Freshness struct {
	DueAt *time.Time
	Stale bool
}
