package ingest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/internal/fault"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// line is a record of the tests' own standard: dams as JSON lines in a file.
type line struct {
	Key   string     `json:"key"`
	Label string     `json:"label,omitempty"`
	Level *float64   `json:"level,omitempty"`
	Lon   *float64   `json:"lon,omitempty"`
	Lat   *float64   `json:"lat,omitempty"`
	At    *time.Time `json:"at,omitempty"`
	Gone  bool       `json:"gone,omitempty"`
}

// linesFormat reads lines from a file, three a batch, on from a checkpoint; a
// line "!" is a source that breaks off there. snapshot says that the file lists
// all there is.
func linesFormat(snapshot bool) ingest.Format {
	decode := func(_ *ingest.Source, r io.Reader, sink formats.Sink[any]) error {
		in := bufio.NewScanner(r)
		for n := 1; in.Scan(); n++ {
			var l line
			err := json.Unmarshal(in.Bytes(), &l)
			switch {
			case in.Text() == "!":
				return errors.New("the source broke off")
			case err != nil || l.Key == "":
				err = sink.Refuse(formats.Reject(n, "", in.Bytes(), "no dam"))
			default:
				err = sink.Record(l)
			}
			if err != nil {
				return err
			}
		}
		return in.Err()
	}
	return ingest.Format{Name: "lines", Keys: []string{"deleteAfter"}, Decode: decode,
		Record: func(b []byte) (any, error) {
			var l line
			return l, json.Unmarshal(b, &l)
		},
		Connect: func(s *ingest.Source) (ingest.Reader, error) { return &linesReader{s, decode, snapshot}, nil },
	}
}

type linesReader struct {
	s        *ingest.Source
	decode   func(*ingest.Source, io.Reader, formats.Sink[any]) error
	snapshot bool
}

func (l *linesReader) Read(ctx context.Context, from json.RawMessage, take func(context.Context, *ingest.Batch) error) error {
	var offset int
	if from != nil && !l.snapshot {
		if err := json.Unmarshal(from, &offset); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(l.s.Address)
	if err != nil {
		return err
	}
	var all []string
	if s := strings.TrimSpace(string(text)); s != "" {
		all = strings.Split(s, "\n")
	}
	for offset < len(all) || l.snapshot {
		end := min(offset+3, len(all))
		b := &ingest.Batch{Snapshot: l.snapshot, Last: l.snapshot && end == len(all)}
		if err := l.decode(l.s, strings.NewReader(strings.Join(all[offset:end], "\n")), ingest.Into[any](b)); err != nil {
			return err
		}
		b.Checkpoint = end
		if err := take(ctx, b); err != nil {
			return err
		}
		if offset = end; offset == len(all) {
			break
		}
	}
	return nil
}

var (
	damLevel    = ingest.NewPart(systems.Dams, "level", "levelM", "observedAt")
	damRegister = ingest.Rest(systems.Dams, "register", damLevel)
)

// linesMapping makes a dam of a line; a level of −1 is none.
var linesMapping = ingest.Map("lines", 1, func(in *ingest.Intake, l line) error {
	id := "dam:" + l.Key
	if l.Gone {
		ingest.Remove(in, id, "the register says so")
		return nil
	}
	row := &systems.Dam{Base: layer.Base{ID: id, LabelVI: l.Label, RecordKey: l.Key, VersionAt: l.At, Sharing: access.Open}, Code: &l.Key}
	if l.Lon != nil {
		row.Geom = orb.Point{*l.Lon, *l.Lat}
	}
	ingest.Put(in, damRegister, row)
	if l.Level == nil {
		return nil
	}
	if *l.Level < 0 {
		return fault.Invalid("BAD_INPUT", "level: %v is below the ground", *l.Level)
	}
	ingest.Put(in, damLevel, &systems.Dam{Base: layer.Base{ID: id, LabelVI: l.Label, ObservedAt: l.At}, LevelM: l.Level})
	ingest.Add(in, systems.ReadingSeries, id, systems.Reading{Parameter: "level", At: *l.At, Value: l.Level, Unit: "m", Quality: systems.QualityGood})
	return nil
})

type bench struct {
	*ingest.Runner
	t    *testing.T
	path string
}

func newBench(t *testing.T, snapshot bool) *bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dams.jsonl")
	s := &ingest.Source{Name: "register", Format: "lines", Address: path, Every: ingest.Duration(time.Minute)}
	if snapshot {
		s.DeleteAfter = 3
	}
	b := &bench{t: t, path: path, Runner: &ingest.Runner{DB: pgtest.DB(t, hubtest.Empty()), Sources: []*ingest.Source{s},
		Formats: map[string]ingest.Format{"lines": linesFormat(snapshot)}, Mappings: []ingest.Mapping{linesMapping}, Layers: systems.All,
		Clock: func() time.Time { return day0.AddDate(0, 0, 1) }, Log: slog.New(slog.DiscardHandler), Hub: "test"}}
	if err := b.Declare(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) write(lines ...string) {
	b.t.Helper()
	if err := os.WriteFile(b.path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// read reads once and gives what came of it.
func (b *bench) read() ingest.Result {
	b.t.Helper()
	r, err := b.Read(context.Background(), "register")
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// table is what the dams' table holds, as text.
func (b *bench) table() []string {
	b.t.Helper()
	rows, err := b.DB.Query(context.Background(), `SELECT concat_ws(' ', id, label, level_m, observed_at AT TIME ZONE 'UTC', (SELECT string_agg(r.value::text, ',' ORDER BY r.at) FROM readings r WHERE r.feature_id = d.id)) FROM dams d ORDER BY id`)
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) wants(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.table()); diff != "" {
		b.t.Errorf("dams (-want +got):\n%s", diff)
	}
}

func count(t *testing.T, db *pgxpool.Pool, sql string) (n int) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func level(key, label string, h int, level float64) string {
	return fmt.Sprintf(`{"key":%q,"label":%q,"level":%v,"at":%q}`, key, label, level, hour(h).Format(time.RFC3339))
}

// TestReadGoesOn: each page is stored with its checkpoint, so that a read that
// breaks off goes on where it stopped and reads nothing twice.
func TestReadGoesOn(t *testing.T) {
	b := newBench(t, false)
	pages := []string{level("A", "A", 1, 1), level("B", "B", 1, 2), level("C", "C", 1, 3), level("D", "D", 1, 4)}
	b.write(append(slices.Clone(pages), "!")...)
	if _, err := b.Read(context.Background(), "register"); err == nil {
		t.Fatal("a source that breaks off is read without an error")
	}
	b.wants("dam:A A 1 2026-03-01 01:00:00 1", "dam:B B 2 2026-03-01 01:00:00 2", "dam:C C 3 2026-03-01 01:00:00 3")
	if n := count(t, b.DB, "SELECT failures FROM sources"); n != 1 {
		t.Errorf("%d failures are noted", n)
	}
	b.write(append(slices.Clone(pages), level("A", "A", 2, 9))...)
	if r := b.read(); r.In != 2 {
		t.Errorf("the second read took %d records, not the 2 behind the checkpoint", r.In)
	}
	b.wants("dam:A A 9 2026-03-01 02:00:00 1,9", "dam:B B 2 2026-03-01 01:00:00 2", "dam:C C 3 2026-03-01 01:00:00 3", "dam:D D 4 2026-03-01 01:00:00 4")
	if n := count(t, b.DB, "SELECT failures FROM sources"); n != 0 {
		t.Errorf("after a success %d failures are noted", n)
	}
}

// TestReadAnyOrder: a batch five times, shuffled, ends in the same rows; late data
// enters the series and not the row.
func TestReadAnyOrder(t *testing.T) {
	var all []string
	for h := range 8 {
		all = append(all, level("A", fmt.Sprint("A", h), h, float64(h)), level("B", "B", h, 10+float64(h)))
	}
	r := rand.New(rand.NewPCG(1, 2))
	var first []string
	for i := range 4 {
		b := newBench(t, true)
		for range 5 {
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			b.write(all...)
			b.read()
		}
		if got := b.table(); i == 0 {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Fatalf("another order ends otherwise:\n%s", diff)
		}
	}
	if want := "dam:A A7 7 2026-03-01 07:00:00 0,1,2,3,4,5,6,7"; first[0] != want {
		t.Errorf("dam A is %q, want %q", first[0], want)
	}
}

// TestMissingIsNotDeleted: only what three complete reads leave out is gone.
func TestMissingIsNotDeleted(t *testing.T) {
	b := newBench(t, true)
	a, c := level("A", "A", 1, 1), level("C", "C", 1, 3)
	b.write(a, c)
	b.read()
	stay := []string{"dam:A A 1 2026-03-01 01:00:00 1", "dam:C C 3 2026-03-01 01:00:00 3"}
	for range 5 {
		b.write()
		b.read()
	}
	b.wants(stay...) // an empty list is a fault of the source
	b.write(a, a, a, "!")
	for range 5 {
		if _, err := b.Read(context.Background(), "register"); err == nil {
			t.Fatal("no error")
		}
	}
	b.wants(stay...) // a list that breaks off is no list
	b.write(a, `{"key":`)
	for range 5 {
		b.read()
	}
	b.wants(stay...) // what can't be read may be what is missing
	b.write(a)
	b.read()
	b.read()
	b.wants(stay...)
	if r := b.read(); r.Gone != 1 {
		t.Errorf("the third complete read without it removes %d", r.Gone)
	}
	b.wants(stay[0])
	if n := count(t, b.DB, "SELECT count(*) FROM tombstones WHERE feature_id = 'dam:C' AND source = 'register'"); n != 1 {
		t.Errorf("%d tombstones", n)
	}
	b.write(a, c)
	b.read()
	b.wants(stay...) // it is back
	b.write(a, `{"key":"C","gone":true}`)
	b.read()
	b.wants(stay[0]) // the standard's own word
}

// TestQuarantine: what can't be understood, mapped or stored is kept whole and
// once, the rest of its batch goes on, and a replay brings it in once.
func TestQuarantine(t *testing.T) {
	b := newBench(t, true)
	good := level("A", "A", 1, 1)
	b.write(good, `{"key":`, level("B", "B", 1, -1), `{"key":"C","lon":107.5,"lat":91}`, level("D", "D", 1, 4))
	for range 3 {
		r := b.read()
		if r.In != 5 {
			t.Errorf("%d records came", r.In)
		}
	}
	b.wants("dam:A A 1 2026-03-01 01:00:00 1", "dam:D D 4 2026-03-01 01:00:00 4")
	kept, err := b.Quarantined(context.Background(), "register")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range kept {
		if q.Times != 3 || q.MappingVersion != "lines/1" {
			t.Errorf("record %d came %d times through %s", q.ID, q.Times, q.MappingVersion)
		}
		got = append(got, fmt.Sprintf("%s %s", q.Stage, q.Record))
	}
	slices.Sort(got)
	want := []string{`DECODE {"key":`, `MAP {"key":"B","label":"B","level":-1,"at":"2026-03-01T01:00:00Z"}`, `STORE {"key":"C","lon":107.5,"lat":91}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("quarantine (-want +got):\n%s", diff)
	}
	r, err := b.Replay(context.Background(), ingest.Replay{Source: "register"})
	if err != nil || r.Quarantined != 3 {
		t.Errorf("nothing was mended, and %d of 3 stay: %v", r.Quarantined, err)
	}
	for _, q := range kept {
		mended := map[ingest.Stage]string{"DECODE": `{"key":"E"}`, "MAP": level("B", "B", 1, 2), "STORE": `{"key":"C","lon":107.5,"lat":16.4}`}[q.Stage]
		for i := range 2 { // the second finds nothing
			r, err := b.Replay(context.Background(), ingest.Replay{Source: "register", ID: q.ID, Record: []byte(mended)})
			if i == 0 && (err != nil || r.In != 1 || r.Quarantined != 0) {
				t.Errorf("%s, mended: %+v %v", q.Stage, r, err)
			}
			if i == 1 && err == nil {
				t.Errorf("%s came in twice", q.Stage)
			}
		}
	}
	b.wants("dam:A A 1 2026-03-01 01:00:00 1", "dam:B B 2 2026-03-01 01:00:00 2", "dam:C", "dam:D D 4 2026-03-01 01:00:00 4", "dam:E")
	b.read() // the source still sends them wrong: they stay in
	if kept, _ := b.Quarantined(context.Background(), "register"); len(kept) != 0 {
		t.Errorf("%d are in quarantine again", len(kept))
	}
}

// TestParts: a register's entry of last year overwrites no level of today, nor
// the level the entry.
func TestParts(t *testing.T) {
	b := newBench(t, true)
	entry := func(label string, h int) string {
		return fmt.Sprintf(`{"key":"A","label":%q,"at":%q}`, label, hour(h).Format(time.RFC3339))
	}
	b.write(level("A", "old name", 5, 7), entry("new name", 9), entry("older name", 3))
	b.read()
	b.wants("dam:A new name 7 2026-03-01 05:00:00 7")
	b.write(level("A", "oldest name", 6, 8))
	if r := b.read(); r.Late == 0 {
		t.Error("an older entry isn't counted as late")
	}
	b.wants("dam:A new name 8 2026-03-01 06:00:00 7,8")
}

// TestCheck: a check says what would change and changes nothing.
func TestCheck(t *testing.T) {
	b := newBench(t, false)
	b.write(level("A", "A", 1, 1), `{"key":`)
	for range 2 {
		found, err := b.Check(context.Background(), "register", 5)
		if err != nil {
			t.Fatal(err)
		}
		if found.In != 2 || found.Changed == 0 || found.Quarantined != 1 || len(found.Records) != 1 || len(found.Reasons) != 1 || found.More {
			t.Errorf("the check says %+v", found)
		}
	}
	if n := count(t, b.DB, "SELECT (SELECT count(*) FROM dams) + (SELECT count(*) FROM quarantine) + (SELECT count(*) FROM readings) + (SELECT records_in FROM sources)"); n != 0 {
		t.Errorf("a check left %d traces", n)
	}
}
