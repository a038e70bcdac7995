package serve_test

import (
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

func TestIncidentsOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "security_incidents")
	all := fleetCount(t, pgtest.Shared(t, hubtest.Province()), "SELECT count(*) FROM security_incidents")
	fleetUntil(t, r, "soc", func() bool { return fleetCount(t, r.DB, "SELECT count(*) FROM security_incidents") == all })
	compareLayer(t, r.DB, "security_incidents", "source")
	if n := fleetCount(t, r.DB, "SELECT count(*) FROM quarantine"); n > 0 {
		t.Errorf("%d records in quarantine", n)
	}
}
