package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/access"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

func ptr[T any](v T) *T { return &v }

// day0 is the moment from which the tests count hours.
var day0 = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) *time.Time { return ptr(day0.Add(time.Duration(n) * time.Hour)) }

// dam is what the tests say of one version of a reservoir and read back.
type dam struct {
	ID       string
	Label    string
	Level    *float64
	River    *string
	Sharing  access.Sharing
	Point    *orb.Point
	Observed *time.Time
	Version  *time.Time
}

func (d dam) row() *systems.Dam {
	row := &systems.Dam{Base: layer.Base{ID: d.ID, LabelVI: d.Label, Source: "test", ObservedAt: d.Observed, VersionAt: d.Version, Sharing: d.Sharing},
		LevelM: d.Level, River: d.River}
	if d.Point != nil {
		row.Geom = *d.Point
	}
	return row
}

func rowsOf(versions []dam) []*systems.Dam {
	out := make([]*systems.Dam, len(versions))
	for i, v := range versions {
		out[i] = v.row()
	}
	return out
}

// failer is a test or a case of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func upsert[T any](t failer, tx pgx.Tx, l *layer.Layer[T], rows ...*T) ingest.Result {
	t.Helper()
	r, err := ingest.Upsert(context.Background(), tx, l, rows)
	if err != nil {
		t.Fatal(err)
	}
	if r.In != len(rows) {
		t.Fatalf("a batch of %d was counted as %d", len(rows), r.In)
	}
	return r
}

func dams(t failer, tx pgx.Tx) []dam {
	t.Helper()
	rows, err := tx.Query(context.Background(), `SELECT id, coalesce(label, ''), level_m, river, sharing, ST_X(geom), ST_Y(geom), observed_at, version_at FROM dams ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (dam, error) {
		var d dam
		var x, y *float64
		err := row.Scan(&d.ID, &d.Label, &d.Level, &d.River, &d.Sharing, &x, &y, &d.Observed, &d.Version)
		if x != nil {
			d.Point = &orb.Point{*x, *y}
		}
		return d, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var sameInstant = cmp.Options{cmpopts.EquateApproxTime(0), cmpopts.EquateEmpty()}

// nested is a transaction inside tx for one case, to be rolled back.
func nested(t failer, tx pgx.Tx) pgx.Tx {
	t.Helper()
	sub, err := tx.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func drawVersion(t *rapid.T, id string, version *time.Time) dam {
	d := dam{ID: id, Version: version,
		Label:    rapid.SampledFrom([]string{"", "Tả Trạch", "Bình Điền", "Hương Điền"}).Draw(t, "label"),
		Level:    rapid.Ptr(rapid.Float64Range(0, 60), true).Draw(t, "level"),
		River:    rapid.Ptr(rapid.SampledFrom([]string{"Hương", "Bồ"}), true).Draw(t, "river"),
		Sharing:  rapid.SampledFrom([]access.Sharing{access.Open, access.Shared, access.Private}).Draw(t, "sharing"),
		Observed: hour(rapid.IntRange(0, 5).Draw(t, "observed")),
	}
	if rapid.Bool().Draw(t, "has a place") {
		d.Point = &orb.Point{rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")}
	}
	return d
}

// batches draws the versions in any order, some of them again, cut anywhere.
func batches(t *rapid.T, versions []dam) [][]dam {
	all := slices.Clone(versions)
	if len(versions) > 0 {
		all = append(all, rapid.SliceOfN(rapid.SampledFrom(versions), 0, 6).Draw(t, "again")...)
	}
	all = rapid.Permutation(all).Draw(t, "order")
	var out [][]dam
	for len(all) > 0 {
		n := rapid.IntRange(1, len(all)).Draw(t, "batch")
		out, all = append(out, all[:n]), all[n:]
	}
	return out
}

// TestAnyOrder: versions of some rows, in any order, any number of times and in
// any batches, end in the newest version of each row, whole. A version without
// a time is older than all others.
func TestAnyOrder(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Empty())
	rapid.Check(t, func(t *rapid.T) {
		sub := nested(t, tx)
		defer sub.Rollback(context.Background())
		var versions, want []dam
		for i := range rapid.IntRange(1, 3).Draw(t, "rows") {
			id := fmt.Sprintf("dam:%c", 'A'+i)
			hours := rapid.SliceOfNDistinct(rapid.IntRange(-1, 8), 1, 4, rapid.ID[int]).Draw(t, "versions of "+id)
			newest := slices.Max(hours)
			for _, h := range hours {
				v := drawVersion(t, id, hour(h))
				if h < 0 {
					v.Version, v.Observed = nil, nil
				}
				versions = append(versions, v)
				if h == newest {
					want = append(want, v)
				}
			}
		}
		for _, batch := range batches(t, versions) {
			upsert(t, sub, systems.Dams, rowsOf(batch)...)
		}
		if diff := cmp.Diff(want, dams(t, sub), sameInstant); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		for _, batch := range batches(t, versions) {
			if r := upsert(t, sub, systems.Dams, rowsOf(batch)...); r.Changed != 0 {
				t.Fatalf("%d rows were written again by a batch that says nothing new", r.Changed)
			}
		}
	})
}

// TestTies says what holds for different versions of the same moment: a later
// batch corrects an earlier one, and what stands is always one version, whole.
// Which one of a single batch stands is not said.
func TestTies(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Empty())
	rapid.Check(t, func(t *rapid.T) {
		sub := nested(t, tx)
		defer sub.Rollback(context.Background())
		versions := make([]dam, rapid.IntRange(2, 4).Draw(t, "versions"))
		for i := range versions {
			versions[i] = drawVersion(t, "dam:A", hour(3))
		}
		all := batches(t, versions)
		for _, batch := range all {
			upsert(t, sub, systems.Dams, rowsOf(batch)...)
		}
		got := dams(t, sub)
		last := all[len(all)-1]
		if len(got) != 1 || !slices.ContainsFunc(last, func(d dam) bool { return cmp.Equal(d, got[0], sameInstant) }) {
			t.Fatalf("got %+v, which is none of the last batch %+v", got, last)
		}
	})
}

// TestOlder: an older version never overwrites. The version is the source's
// time of the record; where it gives none, the time of the observation.
func TestOlder(t *testing.T) {
	for _, test := range []struct {
		name         string
		there, comes dam
		overwrites   bool
	}{
		{name: "newer version", there: dam{Version: hour(1)}, comes: dam{Version: hour(2)}, overwrites: true},
		{name: "older version", there: dam{Version: hour(2)}, comes: dam{Version: hour(1)}},
		{name: "same version, corrected", there: dam{Version: hour(2)}, comes: dam{Version: hour(2)}, overwrites: true},
		{name: "newer by a microsecond", there: dam{Version: hour(1)}, comes: dam{Version: ptr(hour(1).Add(time.Microsecond))}, overwrites: true},
		{name: "older by a microsecond", there: dam{Version: ptr(hour(1).Add(time.Microsecond))}, comes: dam{Version: hour(1)}},
		{name: "newer observation", there: dam{Observed: hour(1)}, comes: dam{Observed: hour(2)}, overwrites: true},
		{name: "older observation", there: dam{Observed: hour(2)}, comes: dam{Observed: hour(1)}},
		{name: "newer version of an older observation", there: dam{Version: hour(1), Observed: hour(1)}, comes: dam{Version: hour(2), Observed: hour(0)}, overwrites: true},
		{name: "older version of a newer observation", there: dam{Version: hour(2), Observed: hour(0)}, comes: dam{Version: hour(1), Observed: hour(9)}},
		{name: "observation against version", there: dam{Version: hour(2)}, comes: dam{Observed: hour(1)}},
		{name: "no time at all", there: dam{Version: hour(1)}, comes: dam{}},
		{name: "over no time at all", there: dam{}, comes: dam{Version: hour(1)}, overwrites: true},
		{name: "neither has a time", there: dam{}, comes: dam{}, overwrites: true},
		{name: "same moment in another time zone", there: dam{Version: hour(1)}, comes: dam{Version: ptr(hour(1).In(time.FixedZone("+07", 7*3600)))}, overwrites: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			tx := pgtest.Tx(t, hubtest.Empty())
			test.there.ID, test.there.Label = "dam:A", "there"
			test.comes.ID, test.comes.Label = "dam:A", "comes"
			upsert(t, tx, systems.Dams, test.there.row())
			r := upsert(t, tx, systems.Dams, test.comes.row())
			want, changed := "there", 0
			if test.overwrites {
				want, changed = "comes", 1
			}
			if got := dams(t, tx); len(got) != 1 || got[0].Label != want || r.Changed != changed {
				t.Errorf("got %+v with %d changed", got, r.Changed)
			}
		})
	}
}

// TestUpdatedAt: the hub's time moves with a row that changes, and only then.
func TestUpdatedAt(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	write := func(versions ...dam) map[string]time.Time {
		t.Helper()
		ctx := t.Context()
		tx, err := pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(ctx)
		upsert(t, tx, systems.Dams, rowsOf(versions)...)
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		rows, _ := pool.Query(ctx, "SELECT id, updated_at FROM dams")
		out := map[string]time.Time{}
		var id string
		var at time.Time
		if _, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error { out[id] = at; return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	a := dam{ID: "dam:A", Version: hour(1), Level: ptr(1.5), Point: &orb.Point{107.6, 16.4}, River: ptr("Hương")}
	b := dam{ID: "dam:B", Version: hour(1)}
	first := write(a, b)
	if again := write(b, a, a); !again["dam:A"].Equal(first["dam:A"]) || !again["dam:B"].Equal(first["dam:B"]) {
		t.Errorf("unchanged rows were at %v and are at %v", first, again)
	}
	for _, test := range []struct {
		name   string
		change func(*dam)
	}{
		{"a number", func(d *dam) { d.Level = ptr(1.6) }},
		{"a number to null", func(d *dam) { d.Level = nil }},
		{"a label", func(d *dam) { d.Label = "Tả Trạch" }},
		{"a geometry", func(d *dam) { d.Point = &orb.Point{107.6, 16.400001} }},
		{"a geometry to null", func(d *dam) { d.Point = nil }},
		{"a class", func(d *dam) { d.Sharing = access.Private }},
	} {
		before := write(a, b)
		test.change(&a)
		after := write(a, b)
		if !after["dam:A"].After(before["dam:A"]) {
			t.Errorf("%s: updated_at stays", test.name)
		}
		if !after["dam:B"].Equal(before["dam:B"]) {
			t.Errorf("%s: another row's updated_at moves", test.name)
		}
	}
	before := write(a, b)
	a.Version = hour(3)
	if after := write(a, b); !after["dam:A"].Equal(before["dam:A"]) {
		t.Error("the version alone changes nothing that anybody sees, and updated_at moves")
	}
	a.Version, a.Level = hour(2), ptr(9.0)
	if after := write(a, b); !after["dam:A"].Equal(before["dam:A"]) {
		t.Error("a version older than one that said the same overwrites it")
	}
}

// TestGeometries: what is no geometry on Earth is refused, and its batch with it.
func TestGeometries(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	square := orb.Ring{{107, 16}, {108, 16}, {108, 17}, {107, 17}, {107, 16}}
	for _, test := range []struct {
		name string
		geom orb.Geometry
		good bool
		code string // of the error; a violated CHECK when empty
	}{
		{name: "none", geom: nil, good: true},
		{name: "point", geom: orb.Point{107.6, 16.4}, good: true},
		{name: "corner of the world", geom: orb.Point{-180, 90}, good: true},
		{name: "polygon", geom: orb.Polygon{square}, good: true},
		{name: "line", geom: orb.LineString{{107, 16}, {108, 17}}, good: true},
		{name: "polygon with a hole", geom: orb.Polygon{square, {{107.2, 16.2}, {107.2, 16.8}, {107.8, 16.8}, {107.2, 16.2}}}, good: true},
		{name: "east of the world", geom: orb.Point{180.000001, 16}},
		{name: "north of the world", geom: orb.Point{107, 90.000001}},
		{name: "metres for degrees", geom: orb.Point{562_000, 1_819_000}},
		{name: "NaN longitude", geom: orb.Point{nan, 16}},
		{name: "NaN latitude", geom: orb.Point{107, nan}},
		{name: "infinite", geom: orb.Point{inf, 16}},
		{name: "NaN in a line", geom: orb.LineString{{107, 16}, {nan, 17}, {108, 17}}},
		{name: "NaN in a polygon", geom: orb.Polygon{{{107, 16}, {108, 16}, {108, nan}, {107, 17}, {107, 16}}}},
		{name: "infinite in a polygon", geom: orb.Polygon{{{107, 16}, {108, 16}, {108, inf}, {107, 17}, {107, 16}}}},
		{name: "self-crossing", geom: orb.Polygon{{{107, 16}, {108, 17}, {108, 16}, {107, 17}, {107, 16}}}},
		{name: "hole outside", geom: orb.Polygon{square, {{109, 16}, {109, 17}, {110, 17}, {109, 16}}}},
		{name: "polygons that overlap", geom: orb.MultiPolygon{{square}, {square}}},
		{name: "unclosed", geom: orb.Polygon{square[:4]}, code: "XX000"}, // PostGIS' own reader refuses it
	} {
		t.Run(test.name, func(t *testing.T) {
			tx := pgtest.Tx(t, hubtest.Empty())
			upsert(t, tx, systems.Zones, &systems.Zone{Base: layer.Base{ID: "zone:before", Source: "test", VersionAt: hour(1)}})
			batch := nested(t, tx)
			_, err := ingest.Upsert(t.Context(), batch, systems.Zones, []*systems.Zone{
				{Base: layer.Base{ID: "zone:good", Source: "test", Geom: orb.Point{107, 16}}},
				{Base: layer.Base{ID: "zone:before", Source: "test", LabelVI: "changed", VersionAt: hour(2)}},
				{Base: layer.Base{ID: "zone:bad", Source: "test", Geom: test.geom}},
			})
			if test.good {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			want := "23514"
			if test.code != "" {
				want = test.code
			}
			var pg *pgconn.PgError
			if !errors.As(err, &pg) || pg.Code != want {
				t.Errorf("error %v", err)
			}
			if err := batch.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			var rows, changed int
			if err := tx.QueryRow(t.Context(), "SELECT count(*), count(label) FROM zones").Scan(&rows, &changed); err != nil || rows != 1 || changed != 0 {
				t.Errorf("of the refused batch %d rows are there, %d changed (%v)", rows-1, changed, err)
			}
		})
	}
}

// TestUnitOfRow: a row's unit is that of its place on the day it was observed.
func TestUnitOfRow(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Empty())
	for _, u := range []struct{ code, from, to, west, east string }{
		{"100", "2021-07-01", "2025-07-01", "107", "108"},
		{"200", "2025-07-01", "", "107", "107.5"},
		{"300", "2025-07-01", "", "107.5", "108"},
	} {
		_, err := tx.Exec(t.Context(), `INSERT INTO units (code, valid_from, valid_to, kind, name, name_en, geom)
			VALUES ($1, $2::date, nullif($3, '')::date, 'COMMUNE', $1, $1, ST_Multi(ST_MakeEnvelope($4::text::float8, 16, $5::text::float8, 17, 4326)))`, u.code, u.from, u.to, u.west, u.east)
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(s string) *time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return &v
	}
	for _, test := range []struct {
		name string
		d    dam
		want string
	}{
		{"today's unit where no time is known", dam{Point: &orb.Point{107.2, 16.5}}, "200"},
		{"the unit of that time", dam{Point: &orb.Point{107.2, 16.5}, Observed: at("2025-06-30T23:59:59+07:00")}, "100"},
		{"the day begins in Huế, not in Greenwich", dam{Point: &orb.Point{107.2, 16.5}, Observed: at("2025-06-30T17:00:00Z")}, "200"},
		{"on a border, the lowest code", dam{Point: &orb.Point{107.5, 16.5}, Observed: at("2026-01-01T00:00:00Z")}, "200"},
		{"nowhere", dam{Observed: at("2026-01-01T00:00:00Z")}, ""},
		{"out at sea", dam{Point: &orb.Point{110, 16.5}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sub := nested(t, tx)
			defer sub.Rollback(context.Background())
			test.d.ID = "dam:A"
			upsert(t, sub, systems.Dams, test.d.row())
			var got string
			if err := sub.QueryRow(t.Context(), "SELECT coalesce(u.code, '') FROM dams d LEFT JOIN units u ON u.id = d.unit_id").Scan(&got); err != nil || got != test.want {
				t.Errorf("unit %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func vessel(id string, version int, aliases ...string) *systems.Vessel {
	return &systems.Vessel{Base: layer.Base{ID: id, Source: "test", VersionAt: hour(version), ObservedAt: hour(version), Sharing: access.Shared, AliasIDs: aliases}}
}

func fixes(id string, hours ...int) []ingest.Point[systems.Position] {
	out := make([]ingest.Point[systems.Position], len(hours))
	for i, h := range hours {
		out[i] = ingest.Point[systems.Position]{FeatureID: id, Row: systems.Position{At: *hour(h), Geom: orb.Point{107 + float64(h)/100, 16.5}}}
	}
	return out
}

func appendTo[T any](t failer, tx pgx.Tx, s *layer.Series[T], points []ingest.Point[T]) ingest.Result {
	t.Helper()
	r, err := ingest.Append(context.Background(), tx, s, points)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAliases: a record that claims former ids becomes one feature with them.
func TestAliases(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Empty())
	heard := vessel("vessel:574901234", 1)
	heard.LabelVI, heard.MMSI, heard.SpeedKn, heard.VesselName = "HAI AU", ptr("574901234"), ptr(7.5), ptr("HAI AU")
	heard.Geom = orb.Point{107.7, 16.6}
	other := vessel("vessel:OTHER", 1)
	other.MMSI = ptr("574000000")
	upsert(t, tx, systems.Vessels, heard, other)
	appendTo(t, tx, systems.PositionSeries, slices.Concat(fixes("vessel:574901234", 1, 2, 3), fixes("vessel:OTHER", 1)))

	known := vessel("vessel:TTH-91234-TS", 2, "vessel:574901234")
	known.LabelVI, known.Registration, known.VesselName = "TTH-91234-TS", ptr("TTH-91234-TS"), ptr("Hải Âu")
	known.OwnerName = ptr("Nguyễn Văn A")
	upsert(t, tx, systems.Vessels, known)
	appendTo(t, tx, systems.PositionSeries, fixes("vessel:TTH-91234-TS", 4))

	viewer := access.Viewer{Name: "all", Grants: []access.Grant{{Sharing: access.Private, Personal: access.Sensitive}}}
	read := func(id string) *systems.Vessel {
		t.Helper()
		v, err := systems.Vessels.One(t.Context(), hubtest.Catalog(t).Read(tx, viewer, hubtest.Now, nil), id)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, id := range []string{"vessel:574901234", "vessel:TTH-91234-TS"} {
		v := read(id)
		if v == nil {
			t.Fatalf("%s is not found", id)
		}
		if v.ID != "vessel:TTH-91234-TS" {
			t.Errorf("%s resolves to %s", id, v.ID)
		}
		// What the newer says counts; what it doesn't know is kept.
		got := []any{v.LabelVI, *v.VesselName, *v.Registration, *v.OwnerName, *v.MMSI, *v.SpeedKn, v.Geom}
		want := []any{"TTH-91234-TS", "Hải Âu", "TTH-91234-TS", "Nguyễn Văn A", "574901234", 7.5, orb.Point{107.7, 16.6}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
		aliases, err := v.Aliases(t.Context())
		if diff := cmp.Diff([]string{"vessel:574901234"}, aliases); diff != "" || err != nil {
			t.Errorf("aliases of %s: %v (-want +got):\n%s", id, err, diff)
		}
		positions, err := v.Positions(t.Context(), nil, nil)
		if err != nil || len(positions) != 4 {
			t.Errorf("%s has %d positions (%v), want 4", id, len(positions), err)
		}
	}
	if v := read("vessel:OTHER"); v == nil || v.ID != "vessel:OTHER" || *v.MMSI != "574000000" {
		t.Errorf("another vessel became %+v", v)
	}
	var n int
	if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM vessels").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d vessels (%v), want 2", n, err)
	}

	// A chain: what was claimed is claimed again under a third id.
	last := vessel("vessel:HUE-1-TS", 3, "vessel:TTH-91234-TS")
	upsert(t, tx, systems.Vessels, last)
	for _, id := range []string{"vessel:574901234", "vessel:TTH-91234-TS", "vessel:HUE-1-TS"} {
		if v := read(id); v == nil || v.ID != "vessel:HUE-1-TS" || v.MMSI == nil || *v.MMSI != "574901234" || *v.Registration != "TTH-91234-TS" {
			t.Errorf("%s resolves to %+v", id, v)
		}
	}
}

func reading(id, parameter string, at time.Time, value float64) ingest.Point[systems.Reading] {
	return ingest.Point[systems.Reading]{FeatureID: id, Row: systems.Reading{Parameter: parameter, At: at, Value: &value, Unit: "m", Quality: systems.QualityGood}}
}

// TestAppend: a series takes each row once, in any batches, and makes the
// months it needs.
func TestAppend(t *testing.T) {
	newYear := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	points := []ingest.Point[systems.Reading]{
		reading("dam:A", "level", newYear.AddDate(0, -2, 0), 1),
		reading("dam:A", "level", newYear.Add(-time.Microsecond), 2),
		reading("dam:A", "level", newYear, 3),
		reading("dam:A", "inflow", newYear, 4),
		reading("dam:B", "level", newYear, 5),
		reading("dam:A", "level", newYear.AddDate(0, 1, 0), 6),
	}
	for _, zone := range []string{"UTC", "Asia/Ho_Chi_Minh", "America/Los_Angeles"} {
		t.Run(zone, func(t *testing.T) {
			tx := pgtest.Tx(t, hubtest.Empty())
			if _, err := tx.Exec(t.Context(), "SELECT set_config('timezone', $1, true)", zone); err != nil {
				t.Fatal(err)
			}
			if r := appendTo(t, tx, systems.ReadingSeries, points); r.In != 6 || r.Changed != 6 {
				t.Errorf("first: %+v", r)
			}
			slices.Reverse(points)
			if r := appendTo(t, tx, systems.ReadingSeries, points); r.In != 6 || r.Changed != 0 {
				t.Errorf("again: %+v", r)
			}
			// A row twice in one batch, one that is there with another value, one new.
			more := []ingest.Point[systems.Reading]{
				reading("dam:A", "level", newYear.Add(time.Hour), 7), reading("dam:A", "level", newYear.Add(time.Hour), 7), reading("dam:A", "level", newYear, 99),
			}
			if r := appendTo(t, tx, systems.ReadingSeries, more); r.In != 3 || r.Changed != 1 {
				t.Errorf("more: %+v", r)
			}
			rows, _ := tx.Query(t.Context(), "SELECT tableoid::regclass::text, value FROM readings ORDER BY value")
			got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
				var table string
				var value float64
				err := row.Scan(&table, &value)
				return fmt.Sprintf("%s %v", table, value), err
			})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"readings_202511 1", "readings_202512 2", "readings_202601 3", "readings_202601 4", "readings_202601 5", "readings_202602 6", "readings_202601 7"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows by month (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		if r := appendTo(t, pgtest.Tx(t, hubtest.Empty()), systems.ReadingSeries, nil); r != (ingest.Result{}) {
			t.Errorf("%+v", r)
		}
	})
}
