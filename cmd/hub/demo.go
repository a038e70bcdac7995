package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"geohub/province/load"
)

func (m Main) demo(cfg *config) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Load the demo province into an empty database",
		Long:  "Loads the simulated Huế: two years of reports, vessels with tracks, dams, cameras and the rest, always the same for the same moment.",
		RunE: func(c *cobra.Command, _ []string) error {
			db, err := cfg.open(c.Context())
			if err != nil {
				return err
			}
			defer db.close()
			if _, _, err := db.migrate(c.Context()); err != nil {
				return err
			}
			return m.loadDemo(c.Context(), db, load.OrRefuse)
		},
	}
}

// loadDemo fills the database, with a progress bar on a terminal.
func (m Main) loadDemo(ctx context.Context, db *database, when load.When) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var bar *progressbar.ProgressBar
	step := func(done, all int, what string) {
		if f, ok := m.Stderr.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
			return
		}
		if bar == nil {
			bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(m.Stderr), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
		}
		bar.Describe(what)
		bar.Set(done)
	}
	started := time.Now()
	rows, err := load.Province(ctx, conn, time.Now(), when, step)
	if err != nil {
		return fmt.Errorf("load the demo province: %w", err)
	}
	if rows > 0 {
		fmt.Fprintf(m.Stdout, "demo province loaded: %d rows in %.1f s\n", rows, time.Since(started).Seconds())
	}
	return nil
}
