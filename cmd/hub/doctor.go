package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
		if err == nil {
			next = ""
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
	out = append(out, examineAddress(ctx, cfg))
	if _, err := os.Stat(filepath.Join(cfg.data, "pg")); cfg.databaseURL == "" && os.IsNotExist(err) {
		return append(out, check{"database", true, "none in " + cfg.data + " yet: `hub serve` makes it", ""})
	}
	return append(out, examineDatabase(ctx, cfg)...)
}

// examineAddress tells whether the address is free, or a hub is well there.
func examineAddress(ctx context.Context, cfg *config) check {
	const name = "address"
	if l, err := net.Listen("tcp", cfg.listen); err == nil {
		l.Close()
		return check{name, true, cfg.listen + " is free", ""}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.listen+"/readyz", nil)
	if err != nil {
		return check{name, false, err.Error(), "--listen and HUB_LISTEN take host:port such as 127.0.0.1:8080"}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return check{name, false, cfg.listen + " is taken by another program", "choose another with --listen or HUB_LISTEN"}
	}
	defer resp.Body.Close()
	var hub struct{ Status string }
	if json.NewDecoder(io.LimitReader(resp.Body, 1000)).Decode(&hub); hub.Status == "" {
		return check{name, false, cfg.listen + " is taken by another program", "choose another with --listen or HUB_LISTEN"}
	}
	if resp.StatusCode != http.StatusOK {
		return check{name, false, "the hub at " + cfg.listen + " says: " + hub.Status, "its private database is started again by itself; else look at the server of HUB_DATABASE_URL"}
	}
	return check{name, true, "a hub is serving at " + cfg.listen, ""}
}

func examineDatabase(ctx context.Context, cfg *config) []check {
	db, err := cfg.open(ctx)
	if err != nil {
		next := "a fresh start: move " + cfg.data + " away"
		if _, err := os.Stat(filepath.Join(cfg.data, "pg.log")); err == nil {
			next = "look into " + cfg.data + "/pg.log; " + next
		}
		return []check{{"database", false, err.Error(), next}}
	}
	defer db.close()
	conn, err := pgx.Connect(ctx, db.url)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "3D000" {
		return []check{{"database", false, pg.Message, "make it: createdb, with the name in HUB_DATABASE_URL"}}
	}
	if err != nil {
		return []check{{"database", false, err.Error(), "is the server of HUB_DATABASE_URL up, and does it take this user?"}}
	}
	defer conn.Close(ctx)
	var version string
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return []check{{"database", false, err.Error(), "try again"}}
	}
	out := []check{{"database", true, "PostgreSQL " + version + " answers", ""}}
	out = append(out, examineExtensions(ctx, conn))
	at, newest, err := migrations.Pending(ctx, conn)
	switch {
	case err != nil || at < newest:
		out = append(out, check{"schema", false, fmt.Sprintf("at version %d of %d", at, newest), "run `hub migrate` (or `hub serve`, which does it)"})
	default:
		out = append(out, check{"schema", true, fmt.Sprintf("at version %d", at), ""})
	}
	return out
}

// examineExtensions tells whether the extensions are there, or could be made.
func examineExtensions(ctx context.Context, conn *pgx.Conn) check {
	const name = "extensions"
	var missing []string
	var may bool
	err := conn.QueryRow(ctx, `SELECT array(SELECT e FROM unnest(ARRAY['postgis', 'pg_trgm']) e WHERE e NOT IN (SELECT extname FROM pg_extension)),
		(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND (SELECT count(*) FROM pg_available_extensions WHERE name IN ('postgis', 'pg_trgm')) = 2`).Scan(&missing, &may)
	switch {
	case err != nil:
		return check{name, false, err.Error(), "try again"}
	case len(missing) == 0:
		return check{name, true, "postgis and pg_trgm are there", ""}
	case may:
		return check{name, true, "`hub migrate` makes " + strings.Join(missing, " and "), ""}
	}
	return check{name, false, strings.Join(missing, " and ") + " missing, and this role may not make them", "as a superuser: CREATE EXTENSION " + strings.Join(missing, "; CREATE EXTENSION ")}
}
