package systems

import (
	"context"

	"geohub/layer"
)

// VesselPosition is a vessel with its last known position at a time.
type VesselPosition struct {
	Vessel   *Vessel
	Position *Position
}

// VesselPositionConnection is a page of vessels by id, each where it was at a time.
type VesselPositionConnection struct {
	*layer.LastAt[Position]
	r *layer.Reader
}

// PositionsAt asks where vessels were.
func PositionsAt(ctx context.Context, r *layer.Reader, m layer.Moment) (*VesselPositionConnection, error) {
	found, err := PositionSeries.LastAt(ctx, r, Vessels.System, "positionAt", m)
	return &VesselPositionConnection{found, r}, err
}

// Nodes are the page's vessels.
func (c *VesselPositionConnection) Nodes(ctx context.Context) ([]*VesselPosition, error) {
	page, err := c.Page(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page))
	for i, d := range page {
		ids[i] = d.ID
	}
	vessels, err := Vessels.Many(ctx, c.r, ids)
	out := make([]*VesselPosition, len(page))
	for i, d := range page {
		out[i] = &VesselPosition{vessels[i], d.Row}
	}
	return out, err
}
