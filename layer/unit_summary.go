package layer

import (
	"context"
	"time"

	"geohub/clause"
	"geohub/geo"
)

// LayerSummary is what a unit holds of a layer.
type LayerSummary struct {
	Layer     Name
	Count     int
	NewestAt  *time.Time // of observations; nil when there are none
	Freshness *Freshness
}

// Summary is what the unit holds of some layers or all, observed at some time or
// any, in the layers' order. Of a layer whose places are hidden it holds nothing.
func (u *Unit) Summary(ctx context.Context, layers []Name, observed *DateTimeRange) ([]*LayerSummary, error) {
	loaderOf(u.r, "unit parts", u.r.fetchUnitParts).Want(*u.siblings...)
	out := []*LayerSummary{}
	var lists []*List
	var newest []clause.C
	var of []*LayerSummary
	for _, s := range u.r.catalog.pick(layers) {
		sum := &LayerSummary{Layer: Name(s.Name)}
		out = append(out, sum)
		if !u.r.sees(s, "geometry") {
			continue
		}
		l, err := u.r.Ask(ctx, s, Query{Area: &geo.Area{Units: []geo.UnitRef{{Code: u.Code, At: &u.ValidFrom}}}, Observed: observed})
		if err != nil {
			return nil, err
		}
		lists, newest, of = append(lists, l), append(newest, l.NewestOf()), append(of, sum)
	}
	counts, err := u.r.counts(ctx, lists)
	if err != nil {
		return nil, err
	}
	times, err := u.r.times(ctx, newest)
	if err != nil {
		return nil, err
	}
	for i, sum := range of {
		sum.Count, sum.NewestAt, sum.Freshness = counts[i], times[i], u.r.freshness(lists[i].s, times[i])
	}
	return out, nil
}
