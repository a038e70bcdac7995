package ingest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// Wherever the hub tells the commune by itself, it is the one of unit_of; and
// it asks the database on borders only.
func TestCommunesAsUnitOf(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Prepared())
	read := ingest.CommunesIn()
	at, err := read(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	days := []geo.Date{{Year: 2020, Month: 1, Day: 1}, {Year: 2021, Month: 7, Day: 1}, {Year: 2024, Month: 12, Day: 31}, {Year: 2025, Month: 1, Day: 1},
		{Year: 2025, Month: 6, Day: 30}, {Year: 2025, Month: 7, Day: 1}, {Year: 2030, Month: 1, Day: 1}}
	var points []orb.Point
	for range 3000 {
		points = append(points, orb.Point{107 + 1.3*rng.Float64(), 15.95 + .85*rng.Float64()})
	}
	border := len(points)
	rows, err := tx.Query(t.Context(), "SELECT geom FROM units WHERE kind = 'COMMUNE' ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	areas, err := pgx.CollectRows(rows, pgx.RowTo[orb.MultiPolygon])
	if err != nil {
		t.Fatal(err)
	}
	for _, area := range areas {
		ring := area[0][0]
		a, b := ring[0], ring[1]
		points = append(points, a, orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2},
			orb.Point{a[0] + 1e-8, a[1]}, orb.Point{a[0], a[1] - 1e-8}, orb.Point{(a[0]+b[0])/2 + 1e-8, (a[1] + b[1]) / 2})
	}
	inside := 0
	for i, p := range points {
		day := days[i%len(days)]
		unit, ok := at(p, day)
		if !ok {
			if i < border {
				t.Errorf("%v: the database is asked", p)
			}
			continue
		}
		theirs := one[*int32](t, tx, "SELECT unit_of($1, $2)", p, day)
		if unit != nil {
			inside++
		}
		if (unit == nil) != (theirs == nil) || unit != nil && *unit != *theirs {
			t.Errorf("%v on %s: %v, unit_of says %v", p, day, unit, theirs)
		}
	}
	if inside < 500 {
		t.Errorf("only %d points lie in a commune", inside)
	}

	p := orb.Point{107.58, 16.46}
	before, _ := at(p, days[5])
	if before == nil {
		t.Fatal("the city lies in no commune")
	}
	if _, err := tx.Exec(t.Context(), "UPDATE units SET valid_to = '2025-06-30' WHERE id = $1", *before); err != nil {
		t.Fatal(err)
	}
	if at, err = read(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if after, ok := at(p, days[5]); !ok || after != nil {
		t.Errorf("a commune that has ended still counts: %v, %v", after, ok)
	}
	if _, ok := at(p, geo.Date{Year: 1970, Month: 1, Day: 1}); ok {
		t.Error("a day of another time zone was not left to the database")
	}
}
