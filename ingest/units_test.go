package ingest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/ingest"
	"geohub/internal/fault"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/migrations"
	"geohub/systems"
)

// schema is hubtest.Empty, which can't be had here without the whole hub.
var schema = pgtest.Template{
	Name: "hub",
	Key:  migrations.Hash(),
	Build: func(ctx context.Context, pool *pgxpool.Pool) error {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, _, err = migrations.Up(ctx, conn.Conn())
		return err
	},
	Configure: postgis.Configure,
}

const fixture = "testdata/squares.geojson"

var (
	y2021 = geo.Date{Year: 2021, Month: 7, Day: 1}
	y2025 = geo.Date{Year: 2025, Month: 7, Day: 1}
	y2027 = geo.Date{Year: 2027, Month: 1, Day: 1}
)

func TestReadUnits(t *testing.T) {
	want, err := ingest.ReadUnits(t.Context(), fixture, ingest.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	area, population := 118.2, 1200
	west := ingest.UnitRow{Code: "90001", Kind: "COMMUNE", Type: "xa", Name: "Xã Tây", NameEN: "West Commune", ParentCode: "46",
		AreaKm2: &area, Population: &population, Geom: square(107, 16, 0.1)}
	if diff := cmp.Diff(west, want[0]); diff != "" {
		t.Error(diff)
	}
	if len(want) != 3 || want[1].Population != nil {
		t.Error(want)
	}
	const renamed = `SELECT CAST(code AS integer) AS MA_XA, name AS TEN_XA, name_en AS Ten_EN, type AS LOAI, CAST(parent_code AS integer) AS MA_TINH, area_km2 AS DIEN_TICH, population AS DAN_SO FROM squares`
	for _, tt := range []struct {
		name, file string
		args       []string
	}{
		{"GeoPackage", "a.gpkg", []string{"-f", "GPKG"}},
		{"GeoPackage in UTM", "utm.gpkg", []string{"-f", "GPKG", "-t_srs", "EPSG:32648"}},
		{"Shapefile", "a.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"}},
		{"Shapefile in UTM, codes as numbers, names of another kind", "b.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:32648", "-sql", renamed}},
		{"-name that looks like an option", "-f.geojson", []string{"-f", "GeoJSON"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.file)
			convert(t, path, tt.args...)
			if strings.HasPrefix(tt.file, "-") {
				t.Chdir(filepath.Dir(path))
				path = tt.file
			}
			got, err := ingest.ReadUnits(t.Context(), path, ingest.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			// Rings may begin elsewhere and turn the other way round.
			corners := cmp.Transformer("corners", func(g orb.MultiPolygon) map[string]bool {
				out := map[string]bool{}
				for _, p := range g[0][0] {
					out[fmt.Sprintf("%.6f %.6f", p[0], p[1])] = true
				}
				return out
			})
			if diff := cmp.Diff(want, got, corners, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadUnitsRefuses(t *testing.T) {
	feature := func(properties, geometry string) string {
		return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}]}`
	}
	const named, corner = `{"code":"90001","name":"Xã Tây"}`, `{"type":"Polygon","coordinates":[[[107,16],[107.1,16],[107.1,16.1],[107,16]]]}`
	for _, tt := range []struct{ name, text, want string }{
		{"no code", feature(`{"OBJECTID":7,"TEN_XA":"Xã Tây"}`, corner), "feature 1: it needs a code and a name, in properties such as code and name, or MA_XA and TEN_XA; there are: OBJECTID, TEN_XA"},
		{"no name", feature(`{"ma":"90001"}`, corner), "there are: ma"},
		{"nothing", `{"type":"FeatureCollection","features":[]}`, "it holds no features"},
		{"not a map", "junk", "ogr2ogr can't"},
		{"lon and lat swapped", feature(named, `{"type":"Polygon","coordinates":[[[16,107],[16.1,107],[16.1,107.1],[16,107]]]}`), "unit 90001 Xã Tây: geometry: lat 107 is outside -90..90; are lon and lat swapped?"},
		{"metres that say to be degrees", feature(named, `{"type":"Polygon","coordinates":[[[562268,1820899],[562368,1820899],[562368,1820999],[562268,1820899]]]}`), "unit 90001 Xã Tây: geometry: lon 562268"},
		{"point", feature(named, `{"type":"Point","coordinates":[107,16]}`), "unit 90001 Xã Tây: a Point is no area"},
		{"no geometry", feature(named, "null"), "unit 90001 Xã Tây: it has no polygon"},
		{"bow-tie of 400 vertices", feature(named, string(geo.AppendGeoJSON(nil, bowTie(400), -1))), "unit 90001 Xã Tây: coordinates[0][0]: segments"},
		{"unknown kind", feature(`{"code":"1","name":"A","level":"street"}`, corner), `not "street"`},
		{"area that is none", feature(`{"code":"1","name":"A","dien_tich":"12,5"}`, corner), `areakm2: "12,5" is no amount`},
		{"code twice", strings.Replace(read(t, fixture), "90002", "90001", 1), "unit 90001 Xã Đông: its code is there twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "units.geojson")
			write(t, path, tt.text)
			units, err := ingest.ReadUnits(t.Context(), path, ingest.ReadOptions{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || units != nil {
				t.Fatalf("%v\nwant %s", err, tt.want)
			}
			if f := fault.Of(err); f == nil || f.Kind != fault.KindInvalid {
				t.Errorf("%v is no Invalid", err)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		if _, err := ingest.ReadUnits(t.Context(), "none.gpkg", ingest.ReadOptions{}); err == nil || !strings.Contains(err.Error(), "none.gpkg") {
			t.Error(err)
		}
	})
	t.Run("no ogr2ogr", func(t *testing.T) {
		for _, program := range []string{"no-such-ogr2ogr", "/no/such/ogr2ogr"} {
			_, err := ingest.ReadUnits(t.Context(), fixture, ingest.ReadOptions{Ogr2ogr: program})
			if f := fault.Of(err); f == nil || f.Kind != fault.KindUnavailable || !strings.Contains(err.Error(), "apt-get install gdal-bin") {
				t.Error(err)
			}
		}
	})
	t.Run("Shapefile without CRS", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.shp")
		convert(t, path, "-f", "ESRI Shapefile", "-t_srs", "EPSG:32648")
		if err := os.Remove(strings.TrimSuffix(path, ".shp") + ".prj"); err != nil {
			t.Fatal(err)
		}
		if _, err := ingest.ReadUnits(t.Context(), path, ingest.ReadOptions{}); err == nil || !strings.Contains(err.Error(), "-a_srs EPSG:9214") {
			t.Error(err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ingest.ReadUnits(ctx, fixture, ingest.ReadOptions{}); err == nil {
			t.Error("no error")
		}
	})
}

func TestUnitsMendsSmallPolygons(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	tie := bowTie(100)
	row := ingest.UnitRow{Code: "90001", Kind: "COMMUNE", Name: "Xã Tây", Geom: orb.MultiPolygon{tie}}
	if _, err := ingest.Units(t.Context(), tx, y2025, nil, []ingest.UnitRow{row}); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, tx, "SELECT ST_NumGeometries(geom) FROM units WHERE ST_IsValid(geom)"); n != 2 {
		t.Errorf("mended into %d polygons", n)
	}
	for _, tt := range []struct {
		name string
		geom orb.MultiPolygon
	}{
		{"300 vertices", orb.MultiPolygon{bowTie(300)}},
		{"flat", orb.MultiPolygon{{{{107, 16}, {108, 16}, {107.5, 16}, {107, 16}}}}},
		{"not closed", orb.MultiPolygon{{{{107, 16}, {108, 16}, {108, 17}, {107, 17}}}}},
		{"not finite", orb.MultiPolygon{{{{107, 16}, {108, math.NaN()}, {108, 17}, {107, 16}}}}},
		{"empty", orb.MultiPolygon{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			row.Geom = tt.geom
			_, err := ingest.Units(t.Context(), tx, y2025, nil, []ingest.UnitRow{row})
			if f := fault.Of(err); f == nil || f.Code != "BAD_GEOMETRY" || !strings.Contains(err.Error(), "unit 90001 Xã Tây: ") {
				t.Error(err)
			}
		})
	}
}

// A point on a border belongs to the unit of the lowest code, every other one
// to the unit that it lies in: each to one.
func TestEachPointHasOneUnit(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	if _, err := ingest.Import(t.Context(), tx, fixture, y2025, nil); err != nil {
		t.Fatal(err)
	}
	unit := func(p orb.Point) string {
		return one[string](t, tx, "SELECT coalesce((SELECT code FROM units WHERE id = unit_of($1, '2025-07-01')), '')", p)
	}
	for _, tt := range []struct {
		name string
		at   orb.Point
		want string
	}{
		{"inside", orb.Point{107.15, 16.05}, "90002"},
		{"border of two", orb.Point{107.1, 16.05}, "90001"},
		{"border of the higher two", orb.Point{107.15, 16.1}, "90002"},
		{"where three meet", orb.Point{107.1, 16.1}, "90001"},
		{"outer border", orb.Point{107.2, 16.15}, "90003"},
		{"outside", orb.Point{107.3, 16.05}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := unit(tt.at); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		// Twentieths of a square, so that many lie on a border.
		x, y := r.IntN(41), r.IntN(41)
		want := "90001"
		switch {
		case y > 20:
			want = "90003"
		case x > 20:
			want = "90002"
		}
		p := orb.Point{number(t, fmt.Sprintf("107.%03d", 5*x)), number(t, fmt.Sprintf("16.%03d", 5*y))}
		if got := unit(p); got != want {
			t.Errorf("%v: %q, want %q", p, got, want)
		}
	}
}

func TestParentsAreTheUnionOfTheirChildren(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	write := func(rows ...ingest.UnitRow) {
		t.Helper()
		if _, err := ingest.Units(t.Context(), tx, y2025, nil, rows); err != nil {
			t.Fatal(err)
		}
	}
	area := func(code string) string {
		return one[string](t, tx, "SELECT round(ST_Area(geom)::numeric, 6) || CASE WHEN approximate THEN ' sketch' ELSE '' END FROM units WHERE code = $1", code)
	}
	commune := func(code, parent string, x float64, sketch bool) ingest.UnitRow {
		return ingest.UnitRow{Code: code, Kind: "COMMUNE", Name: code, ParentCode: parent, Geom: square(x, 16, 0.1), Approximate: sketch}
	}
	write(ingest.UnitRow{Code: "46", Kind: "PROVINCE", Name: "P"},
		ingest.UnitRow{Code: "901", Kind: "DISTRICT", Name: "D", ParentCode: "46"}, ingest.UnitRow{Code: "902", Kind: "DISTRICT", Name: "E"})
	write(commune("90001", "901", 107, true), commune("90002", "901", 107.1, true), commune("90003", "902", 107.2, true))
	if d, p := area("901"), area("46"); d != "0.020000 sketch" || p != "0.030000 sketch" {
		t.Error(d, p)
	}
	// Official polygons leave sketches behind, also where they change again.
	for _, width := range []float64{0.1, 0.09} {
		rows := []ingest.UnitRow{commune("90001", "901", 107, false), commune("90002", "901", 107.1, false), commune("90003", "902", 107.2, false)}
		rows[2].Geom = square(107.2, 16, width)
		write(rows...)
		if d, p, want := area("901"), area("46"), fmt.Sprintf("%.6f", 0.02+width*width); d != "0.020000" || p != want {
			t.Error(d, p, want)
		}
	}
	// A polygon of its own is never replaced.
	write(ingest.UnitRow{Code: "46", Kind: "PROVINCE", Name: "P", Geom: square(107, 16, 1)})
	write(commune("90003", "902", 107.2, false))
	if p := area("46"); p != "1.000000" {
		t.Error(p)
	}
}

func TestCrosswalkNamesUnknownUnits(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	row := []ingest.UnitRow{{Code: "90001", Kind: "COMMUNE", Name: "A"}}
	for _, from := range []geo.Date{y2021, y2025} {
		if _, err := ingest.Units(t.Context(), tx, from, nil, row); err != nil {
			t.Fatal(err)
		}
	}
	pairs := []ingest.UnitPair{{OldCode: "90001", NewCode: "90001", Whole: true}}
	for range 2 {
		if err := ingest.Crosswalk(t.Context(), tx, y2021, y2025, pairs); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[int](t, tx, "SELECT count(*) FROM unit_crosswalk"); n != 1 {
		t.Error(n)
	}
	err := ingest.Crosswalk(t.Context(), tx, y2021, y2025, append(pairs, ingest.UnitPair{OldCode: "90001", NewCode: "90009"}))
	if f := fault.Of(err); f == nil || f.Kind != fault.KindNotFound || !strings.Contains(err.Error(), "90009") {
		t.Error(err)
	}
}

// Official polygons replace the sketch of an epoch in place; a later epoch ends
// the one before; each feature has the unit of its own day.
func TestImport(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	sketch := []ingest.UnitRow{
		{Code: "90001", Kind: "COMMUNE", Name: "Xã Tây", ParentCode: "46", Geom: square(107, 16, 0.12), Approximate: true},
		{Code: "90002", Kind: "COMMUNE", Name: "Xã Đông", ParentCode: "46", Geom: square(107.12, 16, 0.12), Approximate: true},
		{Code: "90003", Kind: "COMMUNE", Name: "Phường Bắc", ParentCode: "46", Geom: square(107, 16.12, 0.12), Approximate: true},
	}
	if _, err := ingest.Units(t.Context(), tx, y2025, nil, sketch); err != nil {
		t.Fatal(err)
	}
	places := []*systems.Place{
		{Base: layer.Base{ID: "place:TODAY", LabelVI: "Today", Source: "test", Geom: orb.Point{107.11, 16.05}}},
		{Base: layer.Base{ID: "place:LATER", LabelVI: "Later", Source: "test", Geom: orb.Point{107.11, 16.05}, ObservedAt: later(y2027.Start())}},
		{Base: layer.Base{ID: "place:NOWHERE", LabelVI: "Nowhere", Source: "test"}},
	}
	if _, err := ingest.Upsert(t.Context(), tx, systems.Places, places); err != nil {
		t.Fatal(err)
	}
	const unitsOfPlaces = "SELECT string_agg(coalesce(u.code || ' ' || u.valid_from, 'none'), ', ' ORDER BY p.id) FROM places p LEFT JOIN units u ON u.id = p.unit_id"
	expect := func(what, sql, want string) {
		t.Helper()
		if got := one[string](t, tx, sql); got != want {
			t.Errorf("%s: %s\nwant %s", what, got, want)
		}
	}
	expect("sketch", unitsOfPlaces, "90001 2025-07-01, none, 90001 2025-07-01")
	const ids = "SELECT string_agg(id::text, ' ' ORDER BY code) FROM units WHERE valid_from = '2025-07-01'"
	before := one[string](t, tx, ids)

	r, err := ingest.Import(t.Context(), tx, fixture, y2025, systems.All)
	if err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Imported{Result: ingest.Result{In: 3, Changed: 3}, Features: 2}); r != want {
		t.Errorf("%+v", r)
	}
	expect("ids", ids, before)
	expect("sketches left", "SELECT count(*)::text FROM units WHERE approximate", "0")
	expect("names", "SELECT string_agg(name_en, ', ' ORDER BY code) FROM units", "West Commune, East Commune, North Ward")
	expect("units", unitsOfPlaces, "90002 2025-07-01, none, 90002 2025-07-01")

	if r, err = ingest.Import(t.Context(), tx, fixture, y2025, systems.All); err != nil || r.Changed != 0 || r.Features != 0 {
		t.Errorf("the same file again: %+v %v", r, err)
	}

	// West and east become one.
	merged := filepath.Join(t.TempDir(), "merged.gpkg")
	convert(t, merged, "-f", "GPKG", "-dialect", "SQLite", "-sql",
		"SELECT min(code) AS code, 'Xã Nam' AS name, ST_Union(geometry) AS geometry FROM squares WHERE type = 'xa' UNION ALL SELECT code, name, geometry FROM squares WHERE type = 'phuong'")
	r, err = ingest.Import(t.Context(), tx, merged, y2027, systems.All)
	if err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Imported{Result: ingest.Result{In: 2, Changed: 2}, Closed: 3, Features: 1}); r != want {
		t.Errorf("%+v", r)
	}
	expect("closed", "SELECT string_agg(DISTINCT valid_to::text, ' ') FROM units WHERE valid_from = '2025-07-01'", "2027-01-01")
	expect("crosswalk", "SELECT string_agg(o.code || ' ' || n.code || ' ' || whole, ', ' ORDER BY o.code) FROM unit_crosswalk x JOIN units o ON o.id = old_id JOIN units n ON n.id = new_id",
		"90001 90001 true, 90002 90001 true, 90003 90003 true")
	expect("units", unitsOfPlaces, "90001 2027-01-01, none, 90002 2025-07-01")

	// An epoch that comes to be known afterwards ends where the next begins.
	if _, err = ingest.Import(t.Context(), tx, fixture, geo.Date{Year: 2024, Month: 1, Day: 1}, systems.All); err != nil {
		t.Fatal(err)
	}
	expect("epochs", "SELECT string_agg(valid_from || ' ' || coalesce(valid_to::text, 'open'), ', ' ORDER BY valid_from) FROM units WHERE code = '90001'",
		"2024-01-01 2025-07-01, 2025-07-01 2027-01-01, 2027-01-01 open")

	// A few units are no epoch: nothing may have changed after the refusal.
	part := filepath.Join(t.TempDir(), "part.geojson")
	convert(t, part, "-f", "GeoJSON", "-where", "code = '90001'")
	_, err = ingest.Import(t.Context(), tx, part, geo.Date{Year: 2028, Month: 1, Day: 1}, systems.All)
	if f := fault.Of(err); f == nil || f.Code != "BAD_INPUT" || !strings.Contains(err.Error(), "give all units of the new epoch") {
		t.Error(err)
	}
	expect("open units", "SELECT string_agg(code, ' ' ORDER BY code) FROM units WHERE valid_to IS NULL", "90001 90003")
}

// The official file of Huế is not ours to copy: whoever has it names it, by a
// path from the root of the repository.
func TestImportFiles(t *testing.T) {
	type place struct {
		name string
		at   orb.Point
		code string
	}
	type file struct {
		name, path string
		units      int
		places     []place
	}
	files := []file{{"fixture", fixture, 3, []place{{"west", orb.Point{107.05, 16.05}, "90001"}, {"north", orb.Point{107.05, 16.15}, "90003"}}}}
	if path := os.Getenv("HUB_TEST_UNITS"); path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join("..", path)
		}
		hue := file{"Huế", path, 40, []place{
			{"Cảng cá Thuận An", orb.Point{107.632, 16.556}, "19900"},
			{"Cảng cá Tư Hiền", orb.Point{107.907, 16.352}, "20122"},
			{"Khu neo đậu đầm Cầu Hai", orb.Point{107.868, 16.291}, "20107"},
			{"KCN Phú Bài", orb.Point{107.7, 16.385}, "19960"},
			{"KCN Phong Điền - Viglacera", orb.Point{107.4, 16.56}, "19858"},
			{"KCN Tứ Hạ", orb.Point{107.463, 16.525}, "19996"},
			{"KCN La Sơn", orb.Point{107.725, 16.345}, "20131"},
			{"KCN Quảng Vinh", orb.Point{107.48, 16.565}, "19885"},
			{"KCN Phú Đa", orb.Point{107.715, 16.45}, "19942"},
			{"KKT cửa khẩu A Đớt", orb.Point{107.345, 16.085}, "20101"},
			{"Bãi biển Lăng Cô", orb.Point{108.073, 16.25}, "20137"},
			{"Bãi biển Quảng Ngạn", orb.Point{107.515, 16.643}, "19873"},
			{"Bãi tắm Vinh Thanh", orb.Point{107.795, 16.449}, "19945"},
			{"UBND thành phố Huế", orb.Point{107.5855, 16.4615}, "19789"},
			{"Sông Hương - Dã Viên", orb.Point{107.568, 16.459}, "19774"},
		}}
		for _, line := range lines(t, "../province/data/units_all.csv") {
			if line[8] != "" {
				hue.places = append(hue.places, place{"label of " + line[4], orb.Point{number(t, line[8]), number(t, line[9])}, line[1]})
			}
		}
		if len(hue.places) != 55 {
			t.Fatalf("%d places", len(hue.places))
		}
		files = append(files, hue)
	}
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			tx := pgtest.Tx(t, schema)
			r, err := ingest.Import(t.Context(), tx, f.path, y2025, systems.All)
			if err != nil {
				t.Fatal(err)
			}
			if n := one[int](t, tx, "SELECT count(*) FROM units WHERE kind = 'COMMUNE' AND geom IS NOT NULL AND NOT approximate"); r.In != f.units || r.Changed != f.units || n != f.units {
				t.Errorf("%+v, %d units in the database", r, n)
			}
			for _, p := range f.places {
				if code := one[string](t, tx, "SELECT coalesce((SELECT code FROM units WHERE id = unit_of($1, '2025-07-01')), 'none')", p.at); code != p.code {
					t.Errorf("%s lies in %s, not in %s", p.name, code, p.code)
				}
			}
		})
	}
}

// bowTie is a polygon of n vertices whose two long sides cross.
func bowTie(n int) orb.Polygon {
	ring := orb.Ring{{107, 16}}
	for i := range n - 4 {
		// Down the middle of the right side.
		ring = append(ring, orb.Point{107.2, 16.2 - 0.2*float64(i)/float64(n-4)})
	}
	ring = append(ring, orb.Point{107.2, 16}, orb.Point{107, 16.2}, orb.Point{107, 16})
	return orb.Polygon{ring}
}

func square(lon, lat, side float64) orb.MultiPolygon {
	// As the fixture has it: no digits beyond those meant.
	e, n := math.Round((lon+side)*1e6)/1e6, math.Round((lat+side)*1e6)/1e6
	return orb.MultiPolygon{{{{lon, lat}, {e, lat}, {e, n}, {lon, n}, {lon, lat}}}}
}

func later(t time.Time) *time.Time {
	t = t.Add(time.Hour)
	return &t
}

// convert makes a file out of the fixture.
func convert(t *testing.T, path string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ogr2ogr", append(args, path, fixture)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ogr2ogr: %v\n%s", err, out)
	}
}

func one[T any](t *testing.T, tx pgx.Tx, sql string, args ...any) (out T) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), sql, args...).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines are those of a table, without its head.
func lines(t *testing.T, path string) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
