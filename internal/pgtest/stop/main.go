// Command stop stops the database server that the tests left running for each
// other; `make test` runs it at the end. It leaves a server alone that other
// tests are using.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"geohub/internal/pgtest"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done, err := pgtest.Stop(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(done)
}
