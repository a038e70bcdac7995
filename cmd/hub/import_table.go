package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"geohub/geo"
	"geohub/ingest"
	"geohub/systems"
)

// tableImport is what `hub import LAYER FILE` says.
type tableImport struct {
	recipe, crs, source, agency string
	check, asJSON               bool
}

func (o *tableImport) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.recipe, "map", "", "file that says which column is which field (see above)")
	f.StringVar(&o.crs, "crs", "", "EPSG code of the coordinates, whatever the file says: 9214 is VN-2000 of Huế")
	f.StringVar(&o.source, "source", "", "name under which the rows are kept (default import-LAYER)")
	f.StringVar(&o.agency, "agency", "", "agency that answers for the rows, by QĐ 20/2020 (default the layer's)")
	f.BoolVar(&o.check, "check", false, "only show what would change; write nothing")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object")
}

const tableImportHelp = `Reads GeoJSON, JSON, CSV, XLSX, GeoPackage, Shapefile (.shp or .zip), KML, and
addresses of these, of WFS and of OGC API Features, into any layer. A row that is
there already, by its key, is changed; what the file doesn't say of it stays.
Rows that can't be understood go to quarantine with the reason, and can be mended:
hub source quarantine import-LAYER.

Columns called like fields of the layer are taken (code, place_kind, label, lon,
lat …). Other names go into a file for --map:

  key: MA_SO             # tells the rows apart
  label: TEN
  crs: 9214              # VN-2000 / TM-3 107°00'
  decimalComma: true
  fields:
    normalLevelM: MNDBT
    river: "SONG?"       # a column that may be missing
  constant:
    sharing: OPEN

or "jq:" with a program that makes such an object of {id, properties, geometry}.
Behind a "#" stands the layer of a file that has several: data.gpkg#ho_chua.

Coordinates of VN-2000 that a file calls WGS 84 lie 225 m off. Where the hub knows
some of the features it sees that, refuses the file and says so; --crs mends it.
The exit code is 0 when all rows came in and 3 when some went to quarantine.`

// importTable reads a file or an address into a layer.
func (m Main) importTable(c *cobra.Command, cfg *config, layer, address string, o *tableImport) error {
	known := false
	var names []string
	for _, s := range systems.All {
		known = known || layer == s.Field || layer == s.One || layer == s.Name
		names = append(names, s.Field)
	}
	if !known {
		return usageError{fmt.Errorf("there is no layer %q; layers are %s, and `hub import units FILE` takes administrative units", layer, strings.Join(names, ", "))}
	}
	s, err := o.declare(layer, address)
	if err != nil {
		return usageError{err}
	}
	db, err := cfg.open(c.Context())
	if err != nil {
		return err
	}
	defer db.close()
	if _, _, err := db.migrate(c.Context()); err != nil {
		return err
	}
	r, err := m.runner(c.Context(), cfg, db, nil, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer r.DB.Close()
	var done ingest.Result
	var reasons []string
	if o.check {
		found, err := r.CheckImport(c.Context(), s)
		if err != nil {
			return err
		}
		done, reasons = found.Result, found.Reasons
	} else {
		bar := m.bar("rows")
		done, reasons, err = r.Import(c.Context(), s, func(batch ingest.Result) { bar.Add(batch.In) })
		bar.Exit()
		if err != nil {
			return err
		}
	}
	return m.imported(s, done, reasons, o)
}

// declare makes the declaration from the flags; the file's own word counts least.
func (o *tableImport) declare(layer, address string) (*ingest.Source, error) {
	var how ingest.Recipe
	if o.recipe != "" {
		text, err := os.ReadFile(o.recipe)
		if err != nil {
			return nil, err
		}
		if how, err = ingest.ParseRecipe(text); err != nil {
			return nil, fmt.Errorf("%s: %w", o.recipe, err)
		}
	}
	if o.crs != "" {
		plane, err := geo.ParsePlane(o.crs)
		if err != nil {
			return nil, fmt.Errorf("--crs: %w", err)
		}
		how.CRS = plane.Code
	}
	name := o.source
	if name == "" {
		name = "import-" + strings.ToLower(capitals.ReplaceAllString(layer, "$1-$2"))
	}
	return ingest.NewImport(name, address, layer, o.agency, how)
}

// capitals are where a word of a layer's name ends: cameraEvents.
var capitals = regexp.MustCompile(`([a-z])([A-Z])`)

// imported says what became of the rows.
func (m Main) imported(s *ingest.Source, done ingest.Result, reasons []string, o *tableImport) error {
	if o.asJSON {
		out := struct {
			Source      string   `json:"source"`
			Check       bool     `json:"check"`
			In          int      `json:"in"`
			Changed     int      `json:"changed"`
			Same        int      `json:"same"`
			Late        int      `json:"late"`
			Quarantined int      `json:"quarantined"`
			Reasons     []string `json:"reasons"`
		}{s.Name, o.check, done.In, done.Changed, done.Same, done.Late, done.Quarantined, append([]string{}, reasons...)}
		lines := json.NewEncoder(m.Stdout)
		lines.SetEscapeHTML(false)
		if err := lines.Encode(out); err != nil {
			return err
		}
	} else {
		would := ""
		if o.check {
			would = "Nothing was written. "
		}
		fmt.Fprintf(m.Stdout, "%s%d rows read: %d new or changed, %d as they were, %d older than what is there, %d in quarantine\n", would, done.In, done.Changed, done.Same, done.Late, done.Quarantined)
		for _, reason := range reasons {
			fmt.Fprintf(m.Stdout, "  %s\n", reason)
		}
		if done.Quarantined > 0 && !o.check {
			fmt.Fprintf(m.Stdout, "See them all: hub source quarantine %s\nOnce the map is mended import again, or mend a record: hub source replay %s --id N --record mended.json\n", s.Name, s.Name)
		}
	}
	if done.Quarantined > 0 {
		return refusedError{done.In - done.Quarantined, done.Quarantined}
	}
	return nil
}

// bar counts on a terminal; elsewhere it says nothing.
func (m Main) bar(of string) *progressbar.ProgressBar {
	var out io.Writer = io.Discard
	if f, ok := m.Stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		out = f
	}
	return progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("reading"), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetItsString(of), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}
