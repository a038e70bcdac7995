package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"geohub/pmtiles"
)

// importedBasemap is where `hub import basemap` leaves the file.
func (cfg *config) importedBasemap() string { return filepath.Join(cfg.data, "basemap.pmtiles") }

// openBasemap opens the basemap; nil when there is none. Hubs that share a database
// each open a file of their own machine, or the same of a shared folder by --basemap.
func (cfg *config) openBasemap() (*pmtiles.File, error) {
	path := cfg.basemap
	if path == "" {
		path = cfg.importedBasemap()
	}
	f, err := pmtiles.Open(path)
	if cfg.basemap == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the basemap: %w", err)
	}
	return f, nil
}

func (m Main) importBasemap(cfg *config) *cobra.Command {
	return &cobra.Command{
		Use:   "basemap FILE.pmtiles",
		Short: "Take a map to lie beneath the layers, from a PMTiles file",
		Long: `Checks a PMTiles archive (version 3) and copies it into the data folder, where a hub
finds it at its next start. Vector tiles are drawn by the schemas of Protomaps and
OpenMapTiles, in quiet colours; images as they are. Where several hubs serve one
database, each has a copy, or all are given one file by --basemap.`,
		Example: `  hub import basemap hue.pmtiles
  hub serve --basemap /srv/maps/hue.pmtiles`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("import basemap takes one file, not %d", len(args))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := pmtiles.Open(args[0])
			if err != nil {
				return fmt.Errorf("import the basemap: %w", err)
			}
			defer f.Close()
			if err := copyWhole(args[0], cfg.importedBasemap()); err != nil {
				return fmt.Errorf("import the basemap: %w", err)
			}
			fmt.Fprintf(m.Stdout, "%s: %s, zooms %d to %d, %.4g, %.4g to %.4g, %.4g. A hub shows it from its next start on.\n",
				cfg.importedBasemap(), f.Type.MIME(), f.MinZoom, f.MaxZoom, f.Bounds[0], f.Bounds[1], f.Bounds[2], f.Bounds[3])
			return nil
		},
	}
}

// copyWhole copies a file such that the other is there as a whole or not at all.
func copyWhole(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(to), "basemap-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // nothing is there any more when all went well
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
