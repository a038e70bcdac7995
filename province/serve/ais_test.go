package serve_test

import (
	"sync/atomic"
	"testing"
	"time"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/serve"
)

// As the clock goes on vessels under way are heard on their ways, each ten
// seconds; one who is silent is not.
func TestAISGoesOn(t *testing.T) {
	db := pgtest.DB(t, hubtest.Province())
	var ahead atomic.Int64
	s, err := serve.Start(serve.Options{Clock: func() time.Time { return hubtest.Now.Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := db.Exec(t.Context(), "TRUNCATE vessels, vessel_positions, feature_aliases"); err != nil {
		t.Fatal(err)
	}
	r := runnerOf(t, db, s.Sources())
	read(t, r, "fleet-register")
	r.Clock = func() time.Time { return hubtest.Now.Add(time.Duration(ahead.Load())) }
	fleetUntil(t, r, "ais", func() bool {
		if fleetCount(t, db, "SELECT records_in FROM sources WHERE name = 'ais'") == 0 {
			return false
		}
		ahead.Store(int64(5 * time.Minute))
		return fleetCount(t, db, "SELECT count(*) FROM vessels WHERE observed_at > $1", hubtest.Now.Add(4*time.Minute+45*time.Second)) > 50
	})
	if n := fleetCount(t, db, "SELECT count(*) FROM vessel_positions WHERE at > $1", hubtest.Now); n < 50*30*9/10 {
		t.Errorf("%d positions in five minutes", n)
	}
	// Nobody leaps.
	leaps := fleetCount(t, db, `SELECT count(*) FROM (SELECT ST_Distance(geom::geography, lag(geom) OVER w::geography) / extract(epoch FROM at - lag(at) OVER w) AS ms
		FROM vessel_positions WHERE at > $1::timestamptz - interval '1 hour' WINDOW w AS (PARTITION BY feature_id ORDER BY at)) p WHERE ms > 15`, hubtest.Now)
	if leaps > 0 {
		t.Errorf("%d leaps", leaps)
	}
	silent := fleetCount(t, db, "SELECT count(*) FROM vessels WHERE vessel_status = 'LOST_SIGNAL' AND last_signal_at > $1", hubtest.Now.Add(-6*time.Hour))
	if silent > 0 {
		t.Errorf("%d who are lost were heard", silent)
	}
}
