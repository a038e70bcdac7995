package province

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/ingest"
)

// LoadRivers writes the river network, a sketch of the program's own: which river
// flows into which is a fact, the courses are drawn by hand.
func LoadRivers(ctx context.Context, tx pgx.Tx) (ingest.Result, error) {
	f, err := data.Open("data/rivers.geojson")
	if err != nil {
		return ingest.Result{}, err
	}
	defer f.Close()
	rivers, err := ingest.ReadRivers(f)
	if err != nil {
		return ingest.Result{}, err
	}
	return ingest.Rivers(ctx, tx, rivers)
}
