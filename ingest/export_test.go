package ingest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/geo"
)

// ToponymsIn lets tests read the gazetteer of a database.
var ToponymsIn = toponyms

// Folded lets tests hold folded against the database's fold.
var Folded = folded

// CommunesIn lets tests hold the communes against the database's unit_of.
func CommunesIn() func(ctx context.Context, tx pgx.Tx) (func(orb.Point, geo.Date) (*int32, bool), error) {
	var k communesKept
	return func(ctx context.Context, tx pgx.Tx) (func(orb.Point, geo.Date) (*int32, bool), error) {
		all, err := k.of(ctx, tx)
		return all.at, err
	}
}
