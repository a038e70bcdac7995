package hubtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"geohub/ingest"
	"geohub/layer"
	"geohub/province"
	"geohub/systems"
)

// load writes the province's own rows, as they stand at Now, straight into a
// prepared database: what the sources must bring in over the wire, too.
func load(ctx context.Context, conn *pgx.Conn) error {
	p := province.New(province.Seed, Now)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, s := range []step{
			rows(systems.Places, p.Places), rows(systems.Zones, p.Zones),
			rows(systems.Dams, p.Dams), rows(systems.Stations, p.Stations), series(systems.ReadingSeries, p.Readings),
			rows(systems.Vessels, p.Vessels), series(systems.PositionSeries, p.Positions),
			rows(systems.Offices, p.Offices), rows(systems.Dossiers, p.Dossiers),
			rows(systems.Cameras, p.Cameras), rows(systems.CameraEvents, p.CameraEvents),
			rows(systems.Billboards, p.Billboards), rows(systems.Articles, p.Articles),
			rows(systems.Alerts, p.Alerts), rows(systems.CardReaders, p.CardReaders),
			rows(systems.SecurityIncidents, p.SecurityIncidents), rows(systems.Reports, p.Reports),
		} {
			if err := s.run(ctx, tx); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return nil
	})
}

type step struct {
	name string
	run  func(context.Context, pgx.Tx) error
}

func rows[T any](to *layer.Layer[T], make func() []*T) step {
	return step{to.Field, func(ctx context.Context, tx pgx.Tx) error {
		_, err := ingest.Upsert(ctx, tx, to, make())
		return err
	}}
}

func series[T any](to *layer.Series[T], make func() []ingest.Point[T]) step {
	return step{to.Table, func(ctx context.Context, tx pgx.Tx) error {
		_, err := ingest.Append(ctx, tx, to, make())
		return err
	}}
}
