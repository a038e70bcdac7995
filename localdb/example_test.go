//go:build unix

package localdb_test

import (
	"context"
	"log"

	"geohub/localdb"

	"github.com/jackc/pgx/v5/pgxpool"
)

func Example() {
	ctx := context.Background()
	db, err := localdb.Start(ctx, ".hub")
	if err != nil {
		log.Fatal(err) // says what to install, if that is it
	}
	defer db.Stop(ctx)
	if db.Note != "" {
		log.Print(db.Note)
	}

	pool, err := pgxpool.New(ctx, db.URL(""))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
}
