package resolvers

import (
	"context"

	"geohub/graph"
	"geohub/media"
	"geohub/systems"
)

func (root) Report() graph.ReportResolver { return report{} }
func (root) Camera() graph.CameraResolver { return camera{} }

type (
	report struct{}
	camera struct{}
)

func (report) Media(ctx context.Context, r *systems.Report) ([]*media.Media, error) {
	return configOf(ctx).Media.Pictures(r, viewerOf(ctx)), nil
}

func (camera) Stream(ctx context.Context, c *systems.Camera) (*media.Stream, error) {
	return configOf(ctx).Media.StreamOf(c), nil
}
