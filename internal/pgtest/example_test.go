package pgtest_test

import (
	"context"
	"testing"

	"geohub/internal/pgtest"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A package's tests declare their template once and share it.
func Example() {
	schema := pgtest.Template{
		Name: "schema",
		Key:  "hash of the migrations",
		Build: func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "CREATE EXTENSION postgis; CREATE TABLE dams (id text PRIMARY KEY, geom geometry(Point, 4326))")
			return err
		},
	}
	testDams := func(t *testing.T) {
		tx := pgtest.Tx(t, schema) // rolled back at the end
		if _, err := tx.Exec(t.Context(), "INSERT INTO dams VALUES ('dam:1', ST_SetSRID(ST_Point(107.6, 16.4), 4326))"); err != nil {
			t.Fatal(err)
		}
	}
	_ = testDams
}
