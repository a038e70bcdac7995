package serve_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// fleetUntil reads a stream until done holds, and waits for its end.
func fleetUntil(t *testing.T, r *ingest.Runner, source string, done func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx, source)
		ended <- err
	}()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-poll.C:
			if done() {
				stop()
				<-ended
				return
			}
		case err := <-ended:
			t.Fatalf("%s ended before all was there: %v", source, err)
		}
	}
}

func fleetCount(t *testing.T, db *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The fleet is the same whichever of its systems is heard first.
func TestFleetOverTheWire(t *testing.T) {
	for _, order := range [][]string{{"vms", "ais", "fleet-register"}, {"fleet-register", "ais", "vms"}, {"ais", "fleet-register", "vms"}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			r, _ := newRunner(t, "vessels", "vessel_positions", "feature_aliases")
			want := pgtest.Shared(t, hubtest.Province())
			transponders := fleetCount(t, want, "SELECT count(*) FROM vessels WHERE mmsi IS NOT NULL")
			for _, source := range order {
				if source != "ais" {
					read(t, r, source)
					continue
				}
				fleetUntil(t, r, source, func() bool {
					return fleetCount(t, r.DB, "SELECT count(*) FROM vessels WHERE ship_type IS NOT NULL") == transponders
				})
			}
			// Which source made a row says who was first.
			compareLayer(t, r.DB, "vessels", "source", "version_at", "search")
			if n := fleetCount(t, r.DB, "SELECT count(*) FROM quarantine"); n > 0 {
				t.Errorf("%d records in quarantine", n)
			}
			comparePositions(t, want, r.DB)
		})
	}
}

// comparePositions holds what came over the wire against the province's: by
// AIS the receiver keeps three days only.
func comparePositions(t *testing.T, want, have *pgxpool.Pool) {
	t.Helper()
	const all = `SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (SELECT concat_ws(' ', feature_id, at, ST_AsText(geom), speed_kn, course_deg, heading_deg, position_source) AS line
		FROM vessel_positions WHERE position_source <> 'AIS' OR at > $1::timestamptz - interval '72 hours') p`
	digest := func(db *pgxpool.Pool) (n int, sum string) {
		if err := db.QueryRow(t.Context(), "SELECT array_length(string_to_array(a, E'\\n'), 1), md5(a) FROM ("+all+") q(a)", hubtest.Now).Scan(&n, &sum); err != nil {
			t.Fatal(err)
		}
		return n, sum
	}
	wantN, wantSum := digest(want)
	if n, sum := digest(have); n != wantN || sum != wantSum {
		t.Errorf("%d positions (%s), not %d (%s)", n, sum, wantN, wantSum)
	}
}
