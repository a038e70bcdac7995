package province_test

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/ingest"
	"geohub/internal/pgtest"
	"geohub/migrations"
	"geohub/province"
)

// unitSchema is hubtest.Empty, which can't be had here without the whole hub.
var unitSchema = pgtest.Template{
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

// communes are those of an epoch by code.
func communes(e province.Epoch) map[string]ingest.UnitRow {
	out := map[string]ingest.UnitRow{}
	for _, u := range e.Units {
		if u.Kind == "COMMUNE" {
			out[u.Code] = u
		}
	}
	return out
}

func TestUnitsAreOfThreeEpochs(t *testing.T) {
	epochs, links := province.Units()
	again, _ := province.Units()
	if !reflect.DeepEqual(epochs, again) {
		t.Error("two calls differ")
	}
	want := []struct {
		name                         string
		provinces, districts, leaves int
	}{
		{"province to 2024-12-31", 1, 0, 0},
		{"province since", 1, 0, 0},
		{"to 2024-12-31", 0, 9, 141},
		{"to 2025-06-30", 0, 9, 133},
		{"since 2025-07-01", 0, 0, 40},
	}
	for i, w := range want {
		t.Run(w.name, func(t *testing.T) {
			kinds := map[string]int{}
			for _, u := range epochs[i].Units {
				kinds[u.Kind]++
			}
			if kinds["PROVINCE"] != w.provinces || kinds["DISTRICT"] != w.districts || kinds["COMMUNE"] != w.leaves {
				t.Error(kinds)
			}
		})
	}
	for i, l := range links {
		olds, news := map[string]bool{}, map[string]bool{}
		for _, p := range l.Pairs {
			olds[p.OldCode], news[p.NewCode] = true, true
		}
		for code := range communes(epochs[i+2]) {
			if !olds[code] {
				t.Errorf("%s of %s has no successor", code, epochs[i+2].From)
			}
		}
		for code := range communes(epochs[i+3]) {
			if !news[code] {
				t.Errorf("%s of %s has no predecessor", code, epochs[i+3].From)
			}
		}
	}
}

func TestUnitsFitTogether(t *testing.T) {
	epochs, links := province.Units()
	var whole float64
	for i, e := range epochs[2:] {
		type edge struct{ a, b orb.Point }
		edges := map[edge]int{}
		area := 0.0
		for code, u := range communes(e) {
			if err := geo.Check(u.Geom); err != nil {
				t.Errorf("%s since %s: %v", code, e.From, err)
			}
			area += planar.Area(u.Geom)
			ring := u.Geom[0][0]
			for j := range len(ring) - 1 {
				edges[edge{ring[j], ring[j+1]}]++
			}
		}
		// Every border is the same line on both sides; those with one side only
		// go once round the outline.
		next := map[orb.Point]orb.Point{}
		for x, n := range edges {
			if n != 1 {
				t.Errorf("%s: border %v is there %d times", e.From, x, n)
			}
			if edges[edge{x.b, x.a}] == 0 {
				next[x.a] = x.b
			}
		}
		var start orb.Point
		for p := range next {
			start = p
			break
		}
		outline := orb.Ring{start}
		for p := next[start]; p != start && len(outline) <= len(next); p = next[p] {
			outline = append(outline, p)
		}
		if len(outline) != len(next) {
			t.Fatalf("%s: the outline has %d corners of %d", e.From, len(outline), len(next))
		}
		outline = append(outline, start)
		if a := planar.Area(outline); math.Abs(a-area) > 1e-9*a {
			t.Errorf("%s: cells cover %v of %v", e.From, area, a)
		}
		if i > 0 && math.Abs(area-whole) > 1e-6*whole {
			t.Errorf("%s: covers %v, the epoch before %v", e.From, area, whole)
		}
		whole = area
	}
	for i, l := range links {
		olds, news := communes(epochs[i+2]), communes(epochs[i+3])
		sums := map[string]float64{}
		for _, p := range l.Pairs {
			sums[p.NewCode] += planar.Area(olds[p.OldCode].Geom)
		}
		for code, u := range news {
			if a := planar.Area(u.Geom); math.Abs(a-sums[code]) > 1e-6*a {
				t.Errorf("%s since %s covers %v, its parts %v", code, l.New, a, sums[code])
			}
		}
	}
}

func TestUnitsHoldTheirLabels(t *testing.T) {
	epochs, _ := province.Units()
	units := communes(epochs[4])
	f, err := os.Open("data/units_all.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	labels := 0
	for _, line := range lines[1:] {
		lon, err := strconv.ParseFloat(line[8], 64)
		if err != nil {
			continue
		}
		lat, _ := strconv.ParseFloat(line[9], 64)
		if labels++; !planar.MultiPolygonContains(units[line[1]].Geom, orb.Point{lon, lat}) {
			t.Errorf("%s does not hold its label point", line[4])
		}
	}
	if labels != 40 {
		t.Errorf("%d label points", labels)
	}
}

// Places at the rim: the outline is to hold all that the province has.
func TestOutlineHoldsPlaces(t *testing.T) {
	epochs, _ := province.Units()
	for _, place := range []struct {
		name string
		at   orb.Point
	}{
		{"Lăng Cô beach", orb.Point{108.073, 16.25}},
		{"sea off Lăng Cô", orb.Point{108.078, 16.247}},
		{"Chân Mây port", orb.Point{108.016, 16.327}},
		{"Hàm Rồng beach", orb.Point{107.922, 16.362}},
		{"Vinh Thanh beach", orb.Point{107.795, 16.449}},
		{"Thuận An beach", orb.Point{107.655, 16.557}},
		{"Hải Dương beach", orb.Point{107.595, 16.589}},
		{"Điền Lộc beach", orb.Point{107.445, 16.7}},
		{"Phong Bình gauge", orb.Point{107.375, 16.685}},
		{"A Lưới reservoir", orb.Point{107.178, 16.203}},
		{"A Đớt border gate", orb.Point{107.345, 16.085}},
		{"A Roàng reservoir", orb.Point{107.42, 16.09}},
		{"Thượng Nhật reservoir", orb.Point{107.665, 16.09}},
		{"Thượng Lộ reservoir", orb.Point{107.745, 16.125}},
	} {
		t.Run(place.name, func(t *testing.T) {
			for _, u := range communes(epochs[4]) {
				if planar.MultiPolygonContains(u.Geom, place.at) {
					return
				}
			}
			t.Error("is outside")
		})
	}
}

func TestLoadUnits(t *testing.T) {
	tx := pgtest.Tx(t, unitSchema)
	r, err := province.LoadUnits(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	if r.In != 334 || r.Changed != 334 {
		t.Error(r)
	}
	if r, err = province.LoadUnits(t.Context(), tx); err != nil || r.Changed != 0 {
		t.Error("a second time:", r, err)
	}
	for _, query := range []struct {
		name, sql string
		want      float64
	}{
		{"units without a valid sketch", "SELECT count(*) FROM units WHERE geom IS NULL OR NOT ST_IsValid(geom) OR NOT approximate", 0},
		{"units in several pieces today", "SELECT count(*) FROM units WHERE valid_to IS NULL AND ST_NumGeometries(geom) > 1", 0},
		{"holes", "SELECT count(*) FROM units WHERE kind = 'PROVINCE' AND ST_NumInteriorRings(ST_GeometryN(geom, 1)) > 0", 0},
		{"communes by day", "SELECT count(*) FROM units WHERE kind = 'COMMUNE' AND valid_from <= '2025-06-30' AND valid_to > '2025-06-30'", 133},
		{"units whose parent was not there", `SELECT count(*) FROM units u WHERE kind <> 'PROVINCE' AND NOT EXISTS (SELECT FROM units p
			WHERE p.code = u.parent_code AND p.valid_from <= u.valid_from AND coalesce(p.valid_to, 'infinity') >= coalesce(u.valid_to, 'infinity'))`, 0},
		{"communes without a successor", "SELECT count(*) FROM units u WHERE kind = 'COMMUNE' AND valid_to IS NOT NULL AND NOT EXISTS (SELECT FROM unit_crosswalk WHERE old_id = u.id)", 0},
		{"crosswalk", "SELECT count(*) FROM unit_crosswalk", 285},
		{"area of the communes and the province, m²", "SELECT round(abs(sum(ST_Area(geom::geography)) FILTER (WHERE kind = 'COMMUNE') - sum(ST_Area(geom::geography)) FILTER (WHERE kind = 'PROVINCE'))) FROM units WHERE valid_to IS NULL", 0},
		{"points in one commune of each epoch", `SELECT count(*) FROM generate_series(1, 20) i, (VALUES ('2024-12-31'::date), ('2025-01-01'), ('2025-07-01')) d(day)
			WHERE unit_of(ST_SetSRID(ST_MakePoint(107.2 + i * 0.03, 16.25), 4326), d.day) IS NOT NULL`, 60},
	} {
		t.Run(query.name, func(t *testing.T) {
			var got float64
			if err := tx.QueryRow(t.Context(), query.sql).Scan(&got); err != nil || got != query.want {
				t.Error(got, err)
			}
		})
	}
}
