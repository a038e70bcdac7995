package ingest_test

import (
	"testing"

	"github.com/paulmach/orb"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// TestMerge: what two sources know of one vessel stays together, in whatever
// order and however often they send.
func TestMerge(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Empty())
	count := func(sql string, args ...any) (n int) {
		t.Helper()
		if err := tx.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ais := func(id string, version int) *systems.Vessel {
		v := vessel(id, version)
		v.LabelVI, v.SpeedKn, v.Geom = "AIS "+id, ptr(float64(version)), orb.Point{107.5 + float64(version)/100, 16.5}
		v.VmsDeviceIds = []string{"device of " + id}
		return v
	}
	first, second := ais("vessel:M1", 1), ais("vessel:M2", 2)
	first.Destination, second.IMO = ptr("Thuận An"), ptr("9134270")
	upsert(t, tx, systems.Vessels, first, second)
	appendTo(t, tx, systems.PositionSeries, fixes("vessel:M1", 1, 2))
	appendTo(t, tx, systems.PositionSeries, fixes("vessel:M2", 2, 3))

	claim := vessel("vessel:R1", 3, "vessel:M1", "vessel:M2")
	claim.LabelVI, claim.Registration = "Tàu cá", ptr("R1")
	upsert(t, tx, systems.Vessels, claim)
	if n := count("SELECT count(*) FROM vessels WHERE id = 'vessel:R1' AND destination = 'Thuận An' AND imo = '9134270' AND label = 'Tàu cá' AND search LIKE '%ais vessel:m1%'"); n != 1 {
		t.Error("the registered vessel did not take over what both AIS ones knew")
	}
	if n := count("SELECT cardinality(vms_device_ids) FROM vessels WHERE id = 'vessel:R1'"); n != 1 {
		t.Errorf("%d devices survive", n)
	}
	if n := count("SELECT count(*) FROM vessel_positions WHERE feature_id = 'vessel:R1'"); n != 3 {
		t.Errorf("%d positions, want the 3 different moments", n)
	}

	again := ais("vessel:M1", 5)
	upsert(t, tx, systems.Vessels, again)
	appendTo(t, tx, systems.PositionSeries, fixes("vessel:M1", 5))
	if n := count("SELECT count(*) FROM vessels"); n != 1 {
		t.Fatalf("%d vessels: a former id came back to life", n)
	}
	if n := count("SELECT count(*) FROM vessels WHERE label = 'Tàu cá' AND registration = 'R1' AND speed_kn = 5 AND ST_X(geom) = 107.55"); n != 1 {
		t.Error("a record under the former id did not bring its speed and place, or took the name away")
	}
	if n := count("SELECT count(*) FROM vessel_positions WHERE feature_id = 'vessel:R1'"); n != 4 {
		t.Errorf("%d positions, want 4", n)
	}

	upsert(t, tx, systems.Vessels, ais("vessel:M3", 9))
	stale := vessel("vessel:R1", 2, "vessel:M3")
	upsert(t, tx, systems.Vessels, stale)
	if n := count("SELECT count(*) FROM vessels WHERE id = 'vessel:R1' AND destination = 'Thuận An' AND ST_X(geom) = 107.59"); n != 1 || count("SELECT count(*) FROM vessels") != 1 {
		t.Error("a claim older than the row lost what the claimed one knew")
	}
	for range 2 {
		upsert(t, tx, systems.Vessels, claim, stale)
	}
	later := vessel("vessel:R1", 12, "vessel:M1")
	later.LabelVI, later.Registration = "Tàu cá", ptr("R1")
	upsert(t, tx, systems.Vessels, later)
	if n := count("SELECT count(*) FROM vessels WHERE id = 'vessel:R1' AND destination = 'Thuận An' AND imo = '9134270' AND geom IS NOT NULL"); n != 1 {
		t.Error("the registry's next record wiped out what AIS knows")
	}
	if n := count("SELECT count(*) FROM vessels"); n != 1 {
		t.Errorf("%d vessels after sending the claims again", n)
	}
}

// TestMergeInAnyOrder: registry and AIS first, last or together: the same vessel.
func TestMergeInAnyOrder(t *testing.T) {
	ais := func() *systems.Vessel {
		v := vessel("vessel:M1", 1)
		v.MMSI, v.Geom = ptr("574901234"), orb.Point{107.7, 16.6}
		return v
	}
	registry := func() *systems.Vessel {
		v := vessel("vessel:R1", 2, "vessel:M1")
		v.LabelVI, v.Registration = "Tàu cá", ptr("R1")
		return v
	}
	for name, batches := range map[string][][]*systems.Vessel{
		"AIS first":      {{ais()}, {registry()}},
		"registry first": {{registry()}, {ais()}},
		"together":       {{ais(), registry()}},
		"again":          {{ais()}, {registry()}, {registry()}, {ais()}},
	} {
		t.Run(name, func(t *testing.T) {
			tx := pgtest.Tx(t, hubtest.Empty())
			for _, batch := range batches {
				upsert(t, tx, systems.Vessels, batch...)
			}
			var n, whole int
			if err := tx.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE id = 'vessel:R1' AND mmsi = '574901234' AND registration = 'R1' AND geom IS NOT NULL AND label = 'Tàu cá') FROM vessels").Scan(&n, &whole); err != nil {
				t.Fatal(err)
			}
			if n != 1 || whole != 1 {
				t.Errorf("%d rows, %d of them whole", n, whole)
			}
		})
	}
}
