package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/province/prepare"
	"geohub/province/serve"
)

// demoPort is the first of the ports at which the simulated systems answer.
const demoPort = 8090

func (m Main) demo(cfg *config) *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "The simulated systems of the demo province",
		Long: `The demo province is Huế with its ten systems simulated: each answers over the
wire in its own standard, and the hub reads it as it would the real one.`,
		Example: `  hub serve --demo
  hub demo stop cameras
  hub demo flood --speed 600`,
	}
	c.AddCommand(m.demoServe(), m.demoControl("stop", "Kill one simulated system"), m.demoControl("start", "Bring a simulated system back"), m.demoFlood(cfg))
	return c
}

func (m Main) demoServe() *cobra.Command {
	var port int
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run only the simulated systems and print a sources.yaml that reads them",
		Example: `  hub demo serve > sources.yaml &
  hub serve --sources sources.yaml`,
		RunE: func(c *cobra.Command, _ []string) error {
			systems, err := serve.Start(serve.Options{Clock: time.Now, Port: port, Log: m.logger()})
			if err != nil {
				return err
			}
			defer systems.Close()
			fmt.Fprint(m.Stdout, systems.Sources())
			<-c.Context().Done()
			return nil
		},
	}
	c.Flags().IntVar(&port, "port", demoPort, "first of the ports on 127.0.0.1, which follow one another; 0: any that are free")
	return c
}

func (m Main) demoControl(verb, short string) *cobra.Command {
	var at string
	c := &cobra.Command{
		Use:     verb + " SYSTEM",
		Short:   short,
		Example: "  hub demo " + verb + " cameras",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("name one system, such as reports or cameras")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			req, err := http.NewRequestWithContext(c.Context(), http.MethodPost, at+"/control/"+args[0]+"/"+verb, nil)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return fmt.Errorf("%w (is `hub serve --demo` running? --at says where its systems are)", err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
				return fmt.Errorf("%s", strings.TrimSpace(string(text)))
			}
			return nil
		},
	}
	c.Flags().StringVar(&at, "at", fmt.Sprintf("http://127.0.0.1:%d", demoPort), "where the simulated systems answer")
	return c
}

// floodBegins is the day on which the replay of the flood of October 2025 starts.
var floodBegins = time.Date(2025, time.October, 25, 0, 0, 0, 0, geo.Saigon)

func (m Main) demoFlood(cfg *config) *cobra.Command {
	var speed float64
	c := &cobra.Command{
		Use:   "flood",
		Short: "Serve the demo province in the flood of October 2025, faster than it was",
		Long: `Serves a hub and the simulated systems whose clock begins at 25 October 2025 and
runs faster than the real one: the water passes through the published figures
(Kim Long 5.05 m on the 27th at 20:00). It keeps a database of its own beside
the hub's, <data>-flood, made anew each time.`,
		Example: "  hub demo flood --speed 600   # a day in two and a half minutes",
		RunE: func(c *cobra.Command, _ []string) error {
			if !(speed >= 1 && speed <= 10_000) {
				return usageError{fmt.Errorf("--speed can be 1 to 10,000")}
			}
			if cfg.databaseURL != "" {
				return usageError{fmt.Errorf("the replay keeps a private database of its own: unset HUB_DATABASE_URL")}
			}
			cfg.data += "-flood"
			if err := os.RemoveAll(cfg.data); err != nil {
				return err
			}
			began := time.Now()
			return m.serveUntilDone(c.Context(), cfg, &demo{speed: speed, clock: func() time.Time {
				return floodBegins.Add(time.Duration(float64(time.Since(began)) * speed))
			}})
		},
	}
	c.Flags().Float64Var(&speed, "speed", 600, "how many times faster than it was")
	return c
}

// demo is a simulated province beside the hub.
type demo struct {
	clock func() time.Time
	speed float64 // of the clock

	systems *serve.Server
}

// start prepares the database, starts the systems and gives the sources that
// read them.
func (d *demo) start(ctx context.Context, m Main, cfg *config, db *database, log *slog.Logger) ([]*ingest.Source, error) {
	conn, err := db.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	if err := prepare.Hub(ctx, conn); err != nil {
		return nil, err
	}
	d.systems, err = serve.Start(serve.Options{Clock: d.clock, Port: demoPort, Log: log})
	if err != nil {
		if d.systems, err = serve.Start(serve.Options{Clock: d.clock, Log: log}); err != nil {
			return nil, err
		}
	}
	text := d.systems.Sources()
	if err := os.MkdirAll(cfg.data, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(cfg.data, "sources.yaml"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	sources, err := ingest.ParseSources([]byte(text), m.Getenv, connect.Formats())
	if err != nil {
		return nil, fmt.Errorf("the demo's sources.yaml: %w", err)
	}
	if d.speed > 1 { // intervals are of the province's time
		for _, s := range sources {
			s.Due = ingest.Duration(float64(s.StaleAfter()) * d.speed)
			if s.Every > 0 {
				s.Every = ingest.Duration(max(2*time.Second, time.Duration(float64(s.Every)/d.speed)))
			}
		}
	}
	return sources, nil
}

func (d *demo) close() {
	if d != nil && d.systems != nil {
		d.systems.Close()
	}
}
