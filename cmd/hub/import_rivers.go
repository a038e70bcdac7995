package main

import (
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"geohub/ingest"
)

func (m Main) importRivers(cfg *config) *cobra.Command {
	return &cobra.Command{
		Use:   "rivers FILE.geojson",
		Short: "Take the river network, for what lies downstream, from a GeoJSON",
		Long: `Reads all rivers at once, in degrees of WGS 84: a feature a river, with its name, name_en
and into, the name of the river that it flows into (none: the sea), and one LineString
from its source to its mouth, or null where its course is not known. Each is to end
near to the river that it flows into. What was there before and is not in the file is no
more. Dams and stations name their river: Sông Hương, sông hương and Hương are one.`,
		Example: `  hub import rivers rivers.geojson
  ogr2ogr -t_srs EPSG:4326 rivers.geojson song.shp && hub import rivers rivers.geojson`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("import rivers takes one file, not %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("import rivers: %w", err)
			}
			defer f.Close()
			rivers, err := ingest.ReadRivers(f)
			if err != nil {
				return fmt.Errorf("import %s: %w", args[0], err)
			}
			db, err := cfg.open(c.Context())
			if err != nil {
				return err
			}
			defer db.close()
			if _, _, err := db.migrate(c.Context()); err != nil {
				return err
			}
			conn, err := db.connect(c.Context())
			if err != nil {
				return err
			}
			defer conn.Close(c.Context())
			var r ingest.Result
			err = pgx.BeginFunc(c.Context(), conn, func(tx pgx.Tx) (err error) {
				r, err = ingest.Rivers(c.Context(), tx, rivers)
				return err
			})
			if err != nil {
				return fmt.Errorf("import %s: %w", args[0], err)
			}
			fmt.Fprintf(m.Stdout, "%d rivers read, %d changed\n", r.In, r.Changed)
			return nil
		},
	}
}
