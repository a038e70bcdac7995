package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"geohub/internal/fault"
)

// Source is a connection to a system, as sources.yaml declares it.
type Source struct {
	// Name is the source's own: it stands in every feature's provenance.
	Name string `yaml:"name"`
	// Format is the standard it speaks, a name that `hub source formats` lists.
	Format string `yaml:"format"`
	// Address is where it is: http(s)://, mqtt(s)://, tcp://, udp://, ftp(s)://,
	// sftp:// or the path of a file or folder.
	Address string `yaml:"address"`
	// Agency answers for what it brings, by QĐ 20/2020; empty: the layer's.
	Agency string `yaml:"agency"`
	// Layer is the layer it fills, for formats that any layer can come in.
	Layer string `yaml:"layer"`
	// Every is the time between two reads; a stream has none.
	Every Duration `yaml:"every"`
	// Due is how long it may go without success before it is stale; 0: three
	// times Every, for a stream five minutes.
	Due Duration `yaml:"due"`
	// User and Password are for sources that ask for them.
	User     string `yaml:"user"`
	Password string `yaml:"password"`
	// HostKey is how the server of sftp:// is known: its public key or the
	// key's fingerprint SHA256:…; of ftps:// the fingerprint of its certificate.
	HostKey string `yaml:"hostKey"`
	// Headers go with every request of HTTP: keys, X-Road-Client.
	Headers map[string]string `yaml:"headers"`
	// Topics are those to subscribe to at a broker.
	Topics []string `yaml:"topics"`
	// Map is a program of jq: for formats of any layer from a record to the
	// layer's fields, for the others from what the source says to what the
	// standard would say.
	// It may be written as a mapping of fields to columns, too: [ParseRecipe].
	Map string `yaml:"-"`
	// Mapped is Map as YAML has it; read Map.
	Mapped mapText `yaml:"map"`
	// CRS is the EPSG code of coordinates that don't say theirs.
	CRS int `yaml:"crs"`
	// TimeZone is that of times without an offset, "+07:00" or a name; empty: +07:00.
	TimeZone string `yaml:"timeZone"`
	// ClockAhead is how far the source's clock runs ahead: 7h for one that
	// writes local time as UTC.
	ClockAhead Duration `yaml:"clockAhead"`
	// DecimalComma says that "16,75" is a number.
	DecimalComma bool `yaml:"decimalComma"`
	// Overlap is how much of the past each read asks for again.
	Overlap Duration `yaml:"overlap"`
	// PageSize is how many records are asked for at once; 0: the format's own.
	PageSize int `yaml:"pageSize"`
	// DeleteAfter is after how many complete reads without it a feature is gone;
	// 0: never.
	DeleteAfter int `yaml:"deleteAfter"`
	// Outbox says that reports made here are sent to this source.
	Outbox bool `yaml:"outbox"`
	// Location is the TimeZone.
	Location *time.Location `yaml:"-"`

	once bool // an import: a batch that is refused ends it
}

// Duration is a time.Duration that YAML writes as 30s, 5m or 72h.
type Duration time.Duration

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration such as 30s, 5m or 72h", text)
	}
	*d = Duration(v)
	return nil
}

// StaleAfter is how long the source may go without success.
func (s *Source) StaleAfter() time.Duration {
	switch {
	case s.Due > 0:
		return time.Duration(s.Due)
	case s.Every > 0:
		return 3 * time.Duration(s.Every)
	}
	return 5 * time.Minute
}

var (
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	variable   = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
)

// ParseSources reads the declarations of sources.yaml. ${NAME} in a value is
// taken from env, so that secrets stay out of the file. Every fault names its
// line.
func ParseSources(text []byte, env func(string) string, known map[string]Format) ([]*Source, error) {
	var file struct {
		Sources []*Source `yaml:"sources"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := d.Decode(&file); err != nil {
		return nil, fault.Invalid("BAD_INPUT", "%s", yamlFault(err)).Because(err)
	}
	at := linesOf(text)
	seen := map[string]bool{}
	for i, s := range file.Sources {
		if s == nil {
			return nil, fault.Invalid("BAD_INPUT", "source %d is empty", i+1)
		}
		s.Map = string(s.Mapped)
		err := s.expand(env)
		if err == nil {
			err = s.check(known)
		}
		if err == nil && seen[s.Name] {
			err = errors.New("another source has that name")
		}
		if err != nil {
			return nil, fault.Invalid("BAD_INPUT", "line %d: source %s: %v", at(i), s.Name, err).Because(err)
		}
		seen[s.Name] = true
	}
	return file.Sources, nil
}

// yamlFault is the first line of what the YAML reader says: "[3:5] unknown
// field "adress"" as "line 3, column 5: …".
func yamlFault(err error) string {
	first, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	var line, column int
	if n, _ := fmt.Sscanf(first, "[%d:%d]", &line, &column); n == 2 {
		_, rest, _ := strings.Cut(first, "] ")
		return fmt.Sprintf("line %d, column %d: %s", line, column, rest)
	}
	return first
}

// linesOf finds the line on which the n-th source begins.
func linesOf(text []byte) func(n int) int {
	var at []int
	indent := -1
	for i, line := range strings.Split(string(text), "\n") {
		item := strings.TrimLeft(line, " ")
		if !strings.HasPrefix(item, "- ") {
			continue
		}
		if indent < 0 {
			indent = len(line) - len(item)
		}
		if len(line)-len(item) == indent {
			at = append(at, i+1)
		}
	}
	return func(n int) int {
		if n < len(at) {
			return at[n]
		}
		return 1
	}
}

// expand puts what the environment holds in the place of each ${NAME}.
func (s *Source) expand(env func(string) string) error {
	var missing []string
	value := func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(m string) string {
			name := m[2 : len(m)-1]
			v := env(name)
			if v == "" {
				missing = append(missing, name)
			}
			return v
		})
	}
	for _, field := range []*string{&s.Address, &s.User, &s.Password} {
		*field = value(*field)
	}
	for name, header := range s.Headers {
		s.Headers[name] = value(header)
	}
	if missing != nil {
		return fmt.Errorf("the environment has no %s", strings.Join(missing, ", "))
	}
	return nil
}

// check says what can't be right about a declaration, and reads its time zone.
func (s *Source) check(known map[string]Format) error {
	f, ok := known[s.Format]
	switch {
	case !sourceName.MatchString(s.Name):
		return fmt.Errorf("name %q has to be small letters, digits and hyphens", s.Name)
	case !ok:
		return fmt.Errorf("there is no format %q; formats are %s", s.Format, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	case s.Address == "":
		return errors.New("address is missing")
	case !f.Stream && s.Every == 0:
		return errors.New("every is missing: how often is it to be read?")
	case f.Stream && s.Every != 0:
		return errors.New("every: the format is a stream, which is not read at intervals")
	case s.DeleteAfter < 0 || s.PageSize < 0:
		return errors.New("deleteAfter and pageSize can't be negative")
	}
	if u, err := url.Parse(s.Address); err == nil && u.User != nil {
		return errors.New("address: put name and password under user and password, as ${VARIABLE}")
	}
	for key, set := range map[string]bool{"layer": s.Layer != "", "topics": s.Topics != nil, "map": s.Map != "", "crs": s.CRS != 0, "headers": s.Headers != nil,
		"user": s.User != "", "decimalComma": s.DecimalComma, "overlap": s.Overlap != 0, "pageSize": s.PageSize != 0, "deleteAfter": s.DeleteAfter != 0, "hostKey": s.HostKey != "", "outbox": s.Outbox} {
		if set && !slices.Contains(f.Keys, key) {
			return fmt.Errorf("%s means nothing to the format %s", key, s.Format)
		}
	}
	var err error
	if s.Location, err = zoneOf(s.TimeZone); err != nil {
		return err
	}
	if _, err := f.Connect(s); err != nil {
		return err
	}
	return nil
}
