package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/layer"
	"geohub/resolvers"
	"geohub/systems"
)

func (m Main) source(cfg *config) *cobra.Command {
	c := &cobra.Command{
		Use:   "source",
		Short: "See, try, stop and repair what the hub reads from",
		Long: `A source is a connection to a system of an agency, declared in sources.yaml:

  sources:
    - name: hue-s
      format: open311
      address: https://example.gov.vn/open311/v2
      every: 1m
      headers: {X-Api-Key: "${HUE_S_KEY}"}

The file is found by --sources, HUB_SOURCES, in the working folder or in the
hub's data folder (where ` + "`hub serve --demo`" + ` leaves the demo's).`,
		Example: `  hub source list
  hub source check hue-s
  hub source replay hue-s --id 42 --record mended.json`,
	}
	c.AddCommand(m.sourceList(cfg), m.sourceFormats(), m.sourceCheck(cfg), m.sourceRun(cfg), m.sourcePause(cfg, "pause", true), m.sourcePause(cfg, "resume", false),
		m.sourceQuarantine(cfg), m.sourceReplay(cfg))
	return c
}

// sourcesFile finds the declarations; "" when there are none.
func (cfg *config) sourcesFile() string {
	if cfg.sources != "" {
		return cfg.sources
	}
	for _, path := range []string{"sources.yaml", filepath.Join(cfg.data, "sources.yaml")} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// declared reads the declarations.
func (m Main) declared(cfg *config) ([]*ingest.Source, error) {
	path := cfg.sourcesFile()
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sources, err := ingest.ParseSources(text, m.Getenv, connect.Formats())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sources, nil
}

// runner makes the runner of some sources over a pool of its own.
func (m Main) runner(ctx context.Context, cfg *config, db *database, sources []*ingest.Source, clock func() time.Time, log *slog.Logger) (*ingest.Runner, error) {
	c, err := db.config()
	if err != nil {
		return nil, err
	}
	c.MaxConns = 12
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	host, _ := os.Hostname()
	return &ingest.Runner{DB: pool, Sources: sources, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
		Layers: systems.All, Clock: clock, Log: log, Hub: fmt.Sprintf("%s-%d", host, os.Getpid()), Spool: filepath.Join(cfg.data, "spool")}, nil
}

// withRunner opens the database and runs do with a runner of the declared sources.
func (m Main) withRunner(ctx context.Context, cfg *config, do func(*ingest.Runner) error) error {
	sources, err := m.declared(cfg)
	if err != nil {
		return err
	}
	db, err := cfg.open(ctx)
	if err != nil {
		return err
	}
	defer db.close()
	if _, _, err := db.migrate(ctx); err != nil {
		return err
	}
	r, err := m.runner(ctx, cfg, db, sources, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer r.DB.Close()
	return do(r)
}

// declare writes the declarations into the database; a command that names a
// source needs its row.
func declare(ctx context.Context, r *ingest.Runner) error {
	if len(r.Sources) == 0 {
		return fmt.Errorf("there is no sources.yaml here; name it with --sources")
	}
	return r.Declare(ctx)
}

func (m Main) sourceList(cfg *config) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "How each source fares",
		RunE: func(c *cobra.Command, _ []string) error {
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				catalog, err := layer.NewCatalog(systems.All, resolvers.Executable().Schema())
				if err != nil {
					return err
				}
				if len(r.Sources) > 0 {
					if err := r.Declare(c.Context()); err != nil {
						return err
					}
				}
				operator := access.Viewer{Name: "operator", Grants: []access.Grant{{Sharing: access.Private, Personal: access.Sensitive}}}
				list, err := catalog.Read(r.DB, operator, time.Now(), nil).Sources(c.Context())
				if err != nil {
					return err
				}
				return m.showSources(list, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return c
}

func (m Main) showSources(list []*layer.Source, asJSON bool) error {
	if asJSON {
		lines := json.NewEncoder(m.Stdout)
		for _, s := range list {
			err := lines.Encode(map[string]any{"name": s.Name, "format": s.Format, "state": s.State, "lastSuccessAt": s.LastSuccessAt, "nextRunAt": s.NextRunAt,
				"newestAt": s.NewestAt, "lagS": s.LagS, "stale": s.Freshness.Stale, "failures": s.Failures, "error": s.Error, "counts": s.Counts})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(m.Stdout, "No source is declared. `hub source --help` shows how one is.")
		return nil
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tFORMAT\tSTATE\tLAST SUCCESS\tIN\tCHANGED\tLATE\tQUARANTINE\tERROR")
	for _, s := range list {
		last, fault := "never", ""
		if s.LastSuccessAt != nil {
			last = s.LastSuccessAt.Local().Format("2006-01-02 15:04:05")
		}
		if s.Error != nil {
			fault, _, _ = strings.Cut(*s.Error, "\n")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.Format, s.State, last, s.Counts.In, s.Counts.Changed, s.Counts.Late, s.Counts.Open, fault)
	}
	return w.Flush()
}

func (m Main) sourceFormats() *cobra.Command {
	return &cobra.Command{
		Use:   "formats",
		Short: "The standards a source may speak, and what its declaration may say",
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "FORMAT\tREAD\tKEYS BESIDE name format address agency due timeZone clockAhead")
			known := connect.Formats()
			for _, name := range slices.Sorted(maps.Keys(known)) {
				how, keys := "every", append([]string{"every"}, known[name].Keys...)
				if known[name].Stream {
					how, keys = "stream", known[name].Keys
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", name, how, strings.Join(keys, " "))
			}
			return w.Flush()
		},
	}
}

// oneSource is a command's one argument.
func oneSource(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("name one source; `hub source list` names them")}
	}
	return nil
}

func (m Main) sourceCheck(cfg *config) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "check NAME",
		Short:   "Read a source once and show what would change; writes nothing",
		Example: "  hub source check hue-s",
		Args:    oneSource,
		RunE: func(c *cobra.Command, args []string) error {
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
				defer cancel()
				found, err := r.Check(ctx, args[0], 5)
				if err != nil {
					return err
				}
				return m.showChecked(found, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return c
}

func (m Main) showChecked(found ingest.Checked, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(m.Stdout).Encode(found)
	}
	m.showResult("would come in", found.Result)
	if found.More {
		fmt.Fprintln(m.Stdout, "… and there is more: only the first batches were looked at.")
	}
	for _, record := range found.Records {
		text, err := json.Marshal(record)
		if err != nil {
			return err
		}
		fmt.Fprintf(m.Stdout, "  %s\n", text)
	}
	for _, reason := range found.Reasons {
		fmt.Fprintf(m.Stdout, "  refused: %s\n", reason)
	}
	return nil
}

func (m Main) showResult(did string, r ingest.Result) {
	fmt.Fprintf(m.Stdout, "%d records %s: %d rows changed, %d the same, %d late, %d to quarantine, %d gone\n", r.In, did, r.Changed, r.Same, r.Late, r.Quarantined, r.Gone)
}

func (m Main) sourceRun(cfg *config) *cobra.Command {
	var asJSON bool
	var until time.Duration
	c := &cobra.Command{
		Use:   "run NAME",
		Short: "Read a source now, from where it stopped",
		Example: `  hub source run hue-s
  hub source run ais --for 1m`,
		Args: oneSource,
		RunE: func(c *cobra.Command, args []string) error {
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				if err := declare(c.Context(), r); err != nil {
					return err
				}
				ctx := c.Context()
				if until > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, until)
					defer cancel()
				}
				result, err := r.ReadNow(ctx, args[0])
				if until > 0 && ctx.Err() != nil && c.Context().Err() == nil {
					err = nil
				}
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(m.Stdout).Encode(result)
				}
				m.showResult("came in", result)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	c.Flags().DurationVar(&until, "for", 0, "stop after so long; a stream has no other end")
	return c
}

func (m Main) sourcePause(cfg *config, verb string, paused bool) *cobra.Command {
	short := "Stop reading a source; what it has brought stays"
	if !paused {
		short = "Go on reading a paused source"
	}
	return &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Args:  oneSource,
		RunE: func(c *cobra.Command, args []string) error {
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				if err := declare(c.Context(), r); err != nil {
					return err
				}
				return r.Pause(c.Context(), args[0], paused)
			})
		},
	}
}

func (m Main) sourceQuarantine(cfg *config) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "quarantine NAME",
		Short:   "The records of a source that did not come in",
		Example: "  hub source quarantine hue-s --json | jq -r .record",
		Args:    oneSource,
		RunE: func(c *cobra.Command, args []string) error {
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				list, err := r.Quarantined(c.Context(), args[0])
				if err != nil {
					return err
				}
				lines := json.NewEncoder(m.Stdout)
				lines.SetEscapeHTML(false)
				for _, q := range list {
					if asJSON {
						if err := lines.Encode(q); err != nil {
							return err
						}
						continue
					}
					place := ""
					if q.Place != nil {
						place = *q.Place + ": "
					}
					fmt.Fprintf(m.Stdout, "%d  %s  %s%s\n", q.ID, q.Stage, place, q.Reason)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, with the record")
	return c
}

func (m Main) sourceReplay(cfg *config) *cobra.Command {
	var asJSON bool
	ask := ingest.Replay{}
	var file string
	c := &cobra.Command{
		Use:   "replay NAME",
		Short: "Bring quarantined records in, by the mapping of today or mended",
		Example: `  hub source replay hue-s
  hub source replay hue-s --id 42 --record mended.json`,
		Args: oneSource,
		RunE: func(c *cobra.Command, args []string) error {
			if file != "" && ask.ID == 0 {
				return usageError{fmt.Errorf("--record replaces one record: name it with --id")}
			}
			if file != "" {
				var err error
				if ask.Record, err = m.readFile(file); err != nil {
					return err
				}
			}
			ask.Source = args[0]
			return m.withRunner(c.Context(), cfg, func(r *ingest.Runner) error {
				result, err := r.Replay(c.Context(), ask)
				if err != nil {
					return err
				}
				if asJSON {
					err = json.NewEncoder(m.Stdout).Encode(result)
				} else {
					fmt.Fprintf(m.Stdout, "%d records came in, %d stay in quarantine\n", result.In-result.Quarantined, result.Quarantined)
				}
				if err == nil && result.Quarantined > 0 {
					return refusedError{result.In - result.Quarantined, result.Quarantined}
				}
				return err
			})
		},
	}
	c.Flags().Int64Var(&ask.ID, "id", 0, "only this record, by its number in quarantine")
	c.Flags().StringVar(&file, "record", "", "file with the record mended, - for standard input; needs --id")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return c
}

func (m Main) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(m.Stdin)
	}
	return os.ReadFile(path)
}
