//go:build unix

package localdb

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MinVersion is the oldest PostgreSQL that the hub's SQL runs on.
const MinVersion = 15

// ErrNotInstalled is what Find and Start wrap when PostgreSQL or PostGIS is
// missing; the message says how to install it.
var ErrNotInstalled = errors.New("PostgreSQL with PostGIS is not installed")

// Binaries is one PostgreSQL installation.
type Binaries struct {
	Dir     string // the folder of postgres and initdb
	Version int    // the major version
	PostGIS bool   // whether the extension's control file is there
}

// Find returns the newest installation of at least MinVersion, one with
// PostGIS before one without. None is ErrNotInstalled; an installation without
// PostGIS is no error here, only in Start.
func Find() (Binaries, error) {
	found, err := findAll()
	if err != nil {
		return Binaries{}, err
	}
	return found[0], nil
}

func (b Binaries) path(program string) string { return filepath.Join(b.Dir, program) }

// findAll looks where distributions put the server's programs, which are seldom
// on the PATH, and then there; it gives at least one installation, the best
// first.
func findAll() ([]Binaries, error) {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // Red Hat with PGDG
		"/usr/libexec/postgresql*",           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew
		"/usr/local/opt/postgresql@*/bin",    // Homebrew on Intel
	} {
		match, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, match...)
	}
	if found := installations(dirs); len(found) > 0 {
		return found, nil
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	if found := installations(dirs); len(found) > 0 {
		return found, nil
	}
	return nil, notInstalled(fmt.Sprintf("no PostgreSQL ≥ %d found", MinVersion), 0)
}

// installations are those good enough in dirs, the best first.
func installations(dirs []string) []Binaries {
	var found []Binaries
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if b, ok := inspect(dir); ok && b.Version >= MinVersion {
			found = append(found, b)
		}
	}
	slices.SortStableFunc(found, func(a, b Binaries) int {
		if a.PostGIS != b.PostGIS {
			if a.PostGIS {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Version, a.Version)
	})
	return found
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func inspect(dir string) (Binaries, bool) {
	b := Binaries{Dir: dir}
	if _, err := os.Stat(b.path("initdb")); err != nil {
		return b, false
	}
	out, err := exec.Command(b.path("postgres"), "--version").Output()
	if err != nil {
		return b, false
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return b, false
	}
	b.Version, _ = strconv.Atoi(string(m[1])) // digits by the pattern
	for _, share := range b.shareDirs() {
		if _, err := os.Stat(filepath.Join(share, "extension", "postgis.control")); err == nil {
			b.PostGIS = b.hasLibrary()
		}
	}
	return b, true
}

// hasLibrary says whether PostGIS's library is there too: distributions ship it
// apart from the control file. Where nobody tells its folder it is believed.
func (b Binaries) hasLibrary() bool {
	folder := filepath.Join(filepath.Dir(b.Dir), "lib")
	if out, err := exec.Command(b.path("pg_config"), "--pkglibdir").Output(); err == nil {
		folder = strings.TrimSpace(string(out))
	}
	if _, err := os.Stat(folder); err != nil {
		return true
	}
	found, _ := filepath.Glob(filepath.Join(folder, "postgis-3.*"))
	return len(found) > 0
}

// shareDirs asks pg_config, which some distributions ship apart from the
// server; then their usual places.
func (b Binaries) shareDirs() []string {
	if out, err := exec.Command(b.path("pg_config"), "--sharedir").Output(); err == nil {
		return []string{strings.TrimSpace(string(out))}
	}
	prefix, version := filepath.Dir(b.Dir), strconv.Itoa(b.Version)
	return []string{
		filepath.Join(prefix, "share"),
		filepath.Join(prefix, "share", "postgresql"),
		filepath.Join("/usr/share/postgresql", version),
		"/usr/share/postgresql" + version,
		"/usr/share/postgresql", "/usr/share/pgsql",
	}
}

// notInstalled says what is missing and the exact next step; version 0 stands
// for whichever the distribution offers.
func notInstalled(missing string, version int) error {
	next := fmt.Sprintf("install PostgreSQL %d or newer with the matching PostGIS 3 from your system's packages", MinVersion)
	if _, err := os.Stat("/etc/debian_version"); err == nil {
		packages := "postgresql postgresql-postgis"
		if version > 0 {
			packages = fmt.Sprintf("postgresql-%d postgresql-%[1]d-postgis-3", version)
		}
		next = "run scripts/deps.sh, or as root: apt-get install -y --no-install-recommends " + packages
	}
	return fmt.Errorf("%w (%s). Next: %s. Or set HUB_DATABASE_URL to a server of your own", ErrNotInstalled, missing, next)
}
