package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"geohub/geo"
	"geohub/ingest"
	"geohub/systems"
)

func (m Main) importCommand(cfg *config) *cobra.Command {
	o := &tableImport{}
	c := &cobra.Command{
		Use:   "import LAYER FILE|URL",
		Short: "Bring files into the hub",
		Long:  tableImportHelp,
		Example: `  hub import places harbours.csv --check
  hub import dams reservoirs.zip --map reservoirs.yaml --crs 9214
  hub import zones "https://example.gov.vn/ogc/collections/zones/items?limit=500"
  hub import stations 'WFS:https://example.gov.vn/wfs#tram_do'
  hub import units communes.gpkg --from 2025-07-01
  hub import rivers rivers.geojson
  hub import basemap hue.pmtiles`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{fmt.Errorf("import takes a layer and a file or an address: `hub import places harbours.csv`; or `hub import units FILE --from DATE`")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return m.importTable(c, cfg, args[0], args[1], o) },
	}
	o.flags(c)
	var from string
	units := &cobra.Command{
		Use:   "units FILE --from DATE",
		Short: "Take administrative units from a GeoJSON, GeoPackage or Shapefile",
		Long: `Reads communes or wards with their codes, names and polygons, in any coordinate
system the file names. Units that stand since DATE already get the new polygons;
others begin on DATE and end what stood before. Features are given their units anew.`,
		Example: `  hub import units communes.geojson --from 2025-07-01`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("import units takes one file, not %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			day, err := geo.ParseDate(from)
			if err != nil {
				return usageError{fmt.Errorf("--from takes a day such as 2025-07-01: %w", err)}
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
			r, err := ingest.Import(c.Context(), conn, args[0], day, systems.All)
			if err != nil {
				return fmt.Errorf("import units: %w", err)
			}
			fmt.Fprintf(m.Stdout, "%d units read, %d changed, %d former ones ended; %d features lie in another unit now\n", r.In, r.Changed, r.Closed, r.Features)
			return nil
		},
	}
	units.Flags().StringVar(&from, "from", "", "the first day on which these units stand (yyyy-mm-dd)")
	c.AddCommand(units, m.importRivers(cfg), m.importBasemap(cfg))
	return c
}
