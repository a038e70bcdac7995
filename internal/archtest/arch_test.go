// Package archtest holds the project to its import table: a new arrow between
// packages is a decision, made here.
package archtest

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which of our packages each may import; what it imports they may not
// pass on. "…" below a package counts as the package.
var may = map[string]string{
	"internal/fault":    "",
	"internal/pgbinary": "",
	"changes":           "",
	"clause":            "",
	"loaders":           "",
	"localdb":           "",
	"access":            "clause internal/fault",
	"geo":               "internal/fault",
	"cql2":              "geo internal/fault",
	"geo/postgis":       "clause geo",
	"layer":             "access clause cql2 geo geo/postgis internal/fault internal/pgbinary loaders",
	"ingest/formats":    "",
	"plan":              "clause geo geo/postgis internal/pgbinary layer",
	"ingest":            "clause geo geo/postgis ingest/formats ingest/formats/table internal/fault layer",
	"ingest/connect":    "geo ingest ingest/formats internal/fault",
	"systems":           "access clause geo ingest ingest/formats internal/fault layer",
	"systems/gen":       "ingest layer systems",
	"graph":             "access geo graph/scalar layer media outbox persisted systems",
	"graph/scalar":      "internal/fault layer",
	"layer/layertest":   "access layer",
	"outbox":            "access ingest ingest/formats internal/fault layer", // beside ingest: it sends, ingest reads; resolvers need it without the reading
	"persisted":         "access geo internal/fault layer",
	"media":             "access ingest internal/fault layer systems",
	"resolvers":         "access changes geo graph internal/fault layer media outbox persisted plan systems",
	"migrations":        "",
	"tiles":             "access changes clause cql2 geo geo/postgis internal/fault internal/pgbinary layer persisted pmtiles tiles/mvt",
	"tiles/mvt":         "",
	"web":               "",
	"pmtiles":           "",
	"province":          "access geo ingest layer systems",
	"province/serve":    "geo layer province systems",
	"province/prepare":  "access province",
	"internal/pgtest":   "localdb",
	"internal/pmtest":   "",
	"internal/hubtest":  "access geo/postgis graph ingest ingest/connect internal/pgtest layer migrations persisted plan province province/prepare resolvers systems",
	"internal/chaos":    "",
	"internal/bench":    "",
	"bench":             "bench/limit geo/postgis localdb migrations province/prepare",
	"bench/limit":       "geo",
	"cmd/hub":           "access changes geo geo/postgis graph ingest ingest/connect ingest/formats layer localdb media migrations ogc outbox persisted plan pmtiles province/prepare province/serve resolvers systems tiles web",
	"ogc":               "access cql2 geo geo/postgis internal/fault layer persisted",
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "geohub/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "geohub/")
		name = strings.TrimSuffix(name, "/stop") // internal/pgtest/stop belongs to internal/pgtest
		allowed, known := may[name]
		if strings.HasPrefix(name, "ingest/formats/") {
			allowed, known = "ingest/formats", true // each standard stands alone
		}
		if !known && name != "internal/archtest" {
			t.Errorf("package %s is not in the table", name)
		}
		for _, imported := range p.Imports {
			ours, ok := strings.CutPrefix(imported, "geohub/")
			if strings.HasPrefix(ours, "ingest/formats/") && (slices.Contains([]string{"cmd/hub", "ingest/connect", "outbox", "systems", "province/serve"}, name) || strings.HasPrefix(ours, "ingest/formats/internal/")) {
				continue
			}
			if ok && ours != name && !slices.Contains(strings.Fields(allowed), ours) {
				t.Errorf("%s imports %s: not in the table", name, ours)
			}
		}
		seen++
	}
	if seen < len(may) {
		t.Errorf("go list gave %d packages; the table has %d", seen, len(may))
	}
}

// TestOnlyConfigReadsEnvironment keeps the environment in one place.
func TestOnlyConfigReadsEnvironment(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "grep", "-lE", `os\.(Getenv|LookupEnv|Environ)\b`, "--", "*.go", ":!*_test.go").Output()
	if err != nil {
		t.Fatalf("git grep: %v", err)
	}
	for _, file := range strings.Fields(string(out)) {
		if !strings.HasPrefix(file, "cmd/hub/") && !strings.HasPrefix(file, "internal/pgtest/") {
			t.Errorf("%s reads the environment; only cmd/hub may", file)
		}
	}
}

// TestOnlyPostgisWritesSpatialSQL keeps ST_… in one package.
func TestOnlyPostgisWritesSpatialSQL(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "grep", "-lE", `^[^/]*\bST_[A-Z]`, "--", "*.go", ":!*_test.go").Output()
	if err != nil {
		t.Fatalf("git grep: %v", err)
	}
	for _, file := range strings.Fields(string(out)) {
		if !strings.HasPrefix(file, "geo/postgis/") {
			t.Errorf("%s writes spatial SQL; only geo/postgis may", file)
		}
	}
}
