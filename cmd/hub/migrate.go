package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"geohub/migrations"
)

func (m Main) migrate(cfg *config) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema to this hub's version",
		RunE: func(c *cobra.Command, _ []string) error {
			db, err := cfg.open(c.Context())
			if err != nil {
				return err
			}
			defer db.close()
			from, to, err := db.migrate(c.Context())
			if err != nil {
				return err
			}
			if from == to {
				fmt.Fprintf(m.Stdout, "schema is at version %d already\n", to)
			} else {
				fmt.Fprintf(m.Stdout, "schema went from version %d to %d\n", from, to)
			}
			return nil
		},
	}
}

func (d *database) migrate(ctx context.Context) (from, to int32, err error) {
	c, err := d.config()
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return 0, 0, fmt.Errorf("connect to the database: %w", err)
	}
	defer conn.Close(ctx)
	return migrations.Up(ctx, conn)
}
