// Package resolvers joins the schema to the layers: one line a root field, one
// server around them, and the one place that decides what a client sees of an
// error.
//
// It is the only package beside graph that knows gqlgen's server. The rule: a
// body holds no logic; what a field means stands in systems or layer.
package resolvers

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"geohub/geo"
	"geohub/graph"
	"geohub/layer"
	"geohub/systems"
)

type root struct{}

func (root) Query() graph.QueryResolver   { return query{} }
func (root) Entity() graph.EntityResolver { return entity{} }

type (
	query  struct{}
	entity struct{}
)

// current is the operation's reader, put there by the server.
func current(ctx context.Context) *layer.Reader {
	return graphql.GetOperationContext(ctx).Stats.GetExtension(readerKey).(*layer.Reader)
}

// reader is what a root field reads with: of the moment that it is asked of.
func reader(ctx context.Context) *layer.Reader {
	r := current(ctx)
	if asOf, _ := graphql.GetFieldContext(ctx).Args[layer.AsOf].(*time.Time); asOf != nil {
		return r.At(*asOf)
	}
	return r
}

const readerKey = "geohub.reader"

// configOf is what the server was made with.
func configOf(ctx context.Context) *Config {
	return graphql.GetOperationContext(ctx).Stats.GetExtension(configKey).(*Config)
}

const configKey = "geohub.config"

// asWritten are the arguments of a root field as the client wrote them. The engine
// reads filters through the field list, as every printer does; gqlgen's reading is
// tied to Go types.
func asWritten(ctx context.Context) map[string]any {
	return graphql.GetFieldContext(ctx).Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
}

// filter is the argument of that name, as written.
func filter(ctx context.Context) layer.Filter {
	f, _ := asWritten(ctx)["filter"].(map[string]any)
	return f
}

// values takes one value of each representation.
func values[R, V any](reps []R, of func(R) V) []V {
	out := make([]V, len(reps))
	for i, r := range reps {
		out[i] = of(r)
	}
	return out
}

func (query) Feature(ctx context.Context, id string, _ *time.Time) (layer.Feature, error) {
	return reader(ctx).Feature(ctx, id)
}

func (query) Features(ctx context.Context, layers []layer.Name, area *geo.Area, near *geo.Near, observed *layer.DateTimeRange, text *string, first *int, after *string, _ *time.Time) (*layer.FeatureConnection, error) {
	return reader(ctx).Features(ctx, layers, layer.Query{Area: area, Near: near, Observed: observed, Text: text, First: first, After: after})
}

func (query) Nearby(ctx context.Context, of layer.Origin, layers []layer.Name, withinM float64, first *int, _ *time.Time) ([]*layer.FeatureEdge, error) {
	return reader(ctx).Nearby(ctx, of, layers, withinM, first)
}

func (query) Overlay(ctx context.Context, left layer.OverlaySide, right layer.OverlaySide, relation layer.SpatialRelation, distanceM *float64, first *int, after *string, _ *time.Time) (*layer.OverlayConnection, error) {
	asked := asWritten(ctx)
	for name, side := range map[string]*layer.OverlaySide{"left": &left, "right": &right} {
		side.Filter, _ = asked[name].(map[string]any)["filter"].(map[string]any) // as the client wrote it
	}
	return reader(ctx).Overlay(ctx, left, right, relation, distanceM, first, after)
}

func (query) PositionsAt(ctx context.Context, time time.Time, area *geo.Area, maxAgeS *float64, _ map[string]any, first *int, after *string, _ *time.Time) (*systems.VesselPositionConnection, error) {
	return systems.PositionsAt(ctx, reader(ctx), layer.Moment{Time: time, MaxAgeS: maxAgeS, Area: area, Filter: filter(ctx), First: first, After: after})
}

func (query) Timeline(ctx context.Context, _ map[string]any, area *geo.Area, bucket layer.Bucket, _ map[string]any, during *layer.DateTimeRange, _ *time.Time) ([]*layer.TimelineBucket, error) {
	q := layer.TimelineQuery{Filter: layer.LayerFilter(filter(ctx)), Area: area, Bucket: bucket, During: during}
	q.By, _ = asWritten(ctx)["by"].(map[string]any)
	return reader(ctx).Timeline(ctx, q)
}

func (query) Grid(ctx context.Context, _ map[string]any, area *geo.Area, cell layer.CellForm, sizeM float64, first *int, _ *time.Time) (*layer.Grid, error) {
	return reader(ctx).Grid(ctx, layer.GridQuery{Filter: layer.LayerFilter(filter(ctx)), Area: area, Cell: cell, SizeM: sizeM, First: first})
}

func (query) Clusters(ctx context.Context, layers []layer.Name, _ []map[string]any, area *geo.Area, bbox geo.BBox, zoom int, _ *time.Time) ([]*layer.Cluster, error) {
	return reader(ctx).Clusters(ctx, layer.ClustersQuery{Layers: layers, Filters: asWritten(ctx)["filters"], Area: area, BBox: bbox, Zoom: zoom})
}

func (query) Units(ctx context.Context, kind *layer.UnitKind, parent *string, text *string, area *geo.Area, at *geo.Date, _ *time.Time) ([]*layer.Unit, error) {
	return reader(ctx).Units(ctx, layer.UnitQuery{Kind: kind, Parent: parent, Text: text, Area: area, At: at})
}

func (query) Unit(ctx context.Context, code string, at *geo.Date, _ *time.Time) (*layer.Unit, error) {
	return reader(ctx).UnitOn(ctx, code, at)
}

func (query) Locate(ctx context.Context, lon float64, lat float64, at *geo.Date, _ *time.Time) (*systems.Location, error) {
	return systems.Locate(ctx, reader(ctx), geo.LonLat{Lon: lon, Lat: lat}, at)
}

func (query) SearchPlaces(ctx context.Context, text string, near *geo.LonLat, first *int, _ *time.Time) ([]*layer.FeatureEdge, error) {
	return reader(ctx).SearchPlaces(ctx, text, near, first)
}

func (query) Agency(ctx context.Context, code string) (*layer.Agency, error) {
	return reader(ctx).Agency(ctx, code)
}

func (query) Agencies(ctx context.Context, parent *string, text *string) ([]*layer.Agency, error) {
	return reader(ctx).Agencies(ctx, parent, text)
}

func (query) Layers(ctx context.Context, _ *time.Time) ([]*layer.LayerInfo, error) {
	return reader(ctx).Layers(ctx)
}

func (query) Indicators(ctx context.Context, ids []string, units []string, unitKind *layer.UnitKind, at *geo.Date, observed *layer.DateTimeRange, bucket *layer.IndicatorBucket, _ *time.Time) ([]*layer.Indicator, error) {
	return reader(ctx).Indicators(ctx, configOf(ctx).Indicators, layer.IndicatorQuery{IDs: ids, Units: units, UnitKind: unitKind, At: at, Observed: observed, Bucket: bucket})
}

func (query) Sources(ctx context.Context) ([]*layer.Source, error) {
	return reader(ctx).Sources(ctx)
}

func (query) Quarantine(ctx context.Context, source *string, reason *string, first *int, after *string) (*layer.QuarantineConnection, error) {
	return reader(ctx).Quarantine(ctx, source, reason, first, after)
}

func (entity) FindAgency(ctx context.Context, reps []*graph.AgencyRepresentation) ([]*layer.Agency, error) {
	return reader(ctx).AgenciesBy(ctx, values(reps, func(r *graph.AgencyRepresentation) string { return *r.Code }))
}

func (entity) FindUnit(ctx context.Context, reps []*graph.UnitRepresentation) ([]*layer.Unit, error) {
	return reader(ctx).UnitsOn(ctx, values(reps, func(r *graph.UnitRepresentation) string { return *r.Code }),
		values(reps, func(r *graph.UnitRepresentation) geo.Date { return *r.ValidFrom }))
}
