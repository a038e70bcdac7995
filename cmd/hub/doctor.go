package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"geohub/localdb"
	"geohub/migrations"
)

// check is one thing that doctor looks at.
type check struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Next  string `json:"next,omitempty"` // what to do when it isn't ok
}

func (m Main) doctor(cfg *config) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong here, and the next step",
		RunE: func(c *cobra.Command, _ []string) error {
			checks := examine(c.Context(), cfg)
			bad := 0
			for _, k := range checks {
				if !k.OK {
					bad++
				}
				if !asJSON {
					mark := "ok  "
					if !k.OK {
						mark = "BAD "
					}
					fmt.Fprintf(m.Stdout, "%s %-12s %s\n", mark, k.Name, k.Found)
					if !k.OK {
						fmt.Fprintf(m.Stdout, "     next: %s\n", k.Next)
					}
				}
			}
			if asJSON {
				if err := json.NewEncoder(m.Stdout).Encode(checks); err != nil {
					return err
				}
			}
			if bad > 0 {
				return fmt.Errorf("%d of %d checks failed", bad, len(checks))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func examine(ctx context.Context, cfg *config) []check {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var out []check
	add := func(name string, err error, found, next string) bool {
		if err != nil {
			found = err.Error()
		}
		out = append(out, check{name, err == nil, found, next})
		return err == nil
	}
	if cfg.databaseURL == "" {
		b, err := localdb.Find()
		if err == nil && !b.PostGIS {
			err = errors.New("PostgreSQL is there, PostGIS is not")
		}
		if !add("packages", err, fmt.Sprintf("PostgreSQL %d with PostGIS in %s", b.Version, b.Dir), "run `make deps`, or apt-get install postgresql-15-postgis-3") {
			return out
		}
	}
	_, err := exec.LookPath("ogr2ogr")
	add("ogr2ogr", err, "found", "apt-get install gdal-bin (needed by `hub import` only)")
	out = append(out, examineDatabase(ctx, cfg)...)
	conn, err := net.DialTimeout("tcp", cfg.listen, time.Second)
	if err == nil {
		conn.Close()
		add("address", nil, cfg.listen+" answers: a hub is serving there, or another program holds it", "")
		return out
	}
	l, err := net.Listen("tcp", cfg.listen)
	if err == nil {
		l.Close()
	}
	add("address", err, cfg.listen+" is free", "choose another with --listen or HUB_LISTEN")
	return out
}

func examineDatabase(ctx context.Context, cfg *config) []check {
	db, err := cfg.open(ctx)
	if err != nil {
		return []check{{"database", false, err.Error(), "look into " + cfg.data + "/pg.log; a fresh start: move the folder away"}}
	}
	defer db.close()
	conn, err := pgx.Connect(ctx, db.url)
	if err != nil {
		return []check{{"database", false, err.Error(), "is the server of HUB_DATABASE_URL up, and does it take this user?"}}
	}
	defer conn.Close(ctx)
	var version string
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return []check{{"database", false, err.Error(), "try again"}}
	}
	out := []check{{"database", true, "PostgreSQL " + version + " answers", ""}}
	at, newest, err := migrations.Pending(ctx, conn)
	switch {
	case err != nil || at < newest:
		out = append(out, check{"schema", false, fmt.Sprintf("at version %d of %d", at, newest), "run `hub migrate` (or `hub serve`, which does it)"})
	default:
		out = append(out, check{"schema", true, fmt.Sprintf("at version %d", at), ""})
	}
	return out
}
