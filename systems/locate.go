package systems

import (
	"context"

	"geohub/geo"
	"geohub/layer"
)

// Location is what is known of a place on a day.
type Location struct {
	Unit *layer.Unit

	r  *layer.Reader
	at geo.LonLat
	on geo.Date
}

// Locate finds what is known of a point on a day; nil means today.
func Locate(ctx context.Context, r *layer.Reader, at geo.LonLat, on *geo.Date) (*Location, error) {
	if err := at.Check(); err != nil {
		return nil, err
	}
	unit, err := r.UnitAt(ctx, at, on)
	if err != nil {
		return nil, err
	}
	return &Location{Unit: unit, r: r, at: at, on: r.Day(on)}, nil
}

// Zones cover the point and are in force on the day; one without a first or a
// last day has always been, or will always be.
func (l *Location) Zones(ctx context.Context) ([]layer.Feature, error) {
	notYet := map[string]any{"zoneFrom": map[string]any{"from": l.on.AddDays(1).String()}}
	over := map[string]any{"zoneTo": map[string]any{"to": l.on.AddDays(1).String()}}
	return l.here(ctx, Zones.System, layer.Filter{"not": map[string]any{"or": []any{notYet, over}}})
}

// Alerts are in force at the point now.
func (l *Location) Alerts(ctx context.Context) ([]layer.Feature, error) {
	return l.here(ctx, Alerts.System, layer.Filter{"active": true})
}

func (l *Location) here(ctx context.Context, s *layer.System, f layer.Filter) ([]layer.Feature, error) {
	at := geo.Area{Around: &geo.Around{Lon: l.at.Lon, Lat: l.at.Lat}}
	return l.r.Rows(ctx, s, layer.Query{Filter: f, Area: &at})
}

// Agency is in charge there: of one Open311 service, or of the unit when nil.
func (l *Location) Agency(ctx context.Context, serviceCode *string) (*layer.Agency, error) {
	return l.r.InCharge(ctx, l.Unit, serviceCode)
}
