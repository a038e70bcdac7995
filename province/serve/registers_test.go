package serve_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"

	"github.com/paulmach/orb"
)

func TestDossiersOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "dossiers")
	first := read(t, r, "dossiers")
	compareLayer(t, r.DB, "dossiers")
	if again := read(t, r, "dossiers"); again.Changed != 0 || again.In*10 > first.In {
		t.Errorf("the second read brought %+v, the first %+v", again, first)
	}
	var named int
	err := r.DB.QueryRow(t.Context(), "SELECT count(*) FROM dossiers WHERE exchange ~ 'X-Road-Id [0-9a-f-]{36}, X-Road-Request-Id .*X-Road-Request-Hash .*X-Road-Service VN/GOV/H57/MOTCUA/hoSo'").Scan(&named)
	if err != nil || named != first.In {
		t.Errorf("%d of %d rows name the request that brought them, %v", named, first.In, err)
	}
	var out struct {
		Dossiers struct {
			Nodes []struct {
				Provenance struct{ Source, Exchange string }
			}
		}
	}
	hubtest.Server(t, r.DB).As(2).Ask("{dossiers(first: 1) {nodes {provenance {source exchange}}}}", nil, &out)
	if p := out.Dossiers.Nodes[0].Provenance; p.Source != "dossiers" || !strings.HasPrefix(p.Exchange, "X-Road-Id ") {
		t.Errorf("GraphQL says %+v", p)
	}
}

// An office that comes after its dossiers gives them their place.
func TestDossiersBeforeOffices(t *testing.T) {
	r, _ := newRunner(t, "dossiers", "offices")
	read(t, r, "dossiers")
	var placed int
	if err := r.DB.QueryRow(t.Context(), "SELECT count(geom) FROM dossiers").Scan(&placed); err != nil || placed != 0 {
		t.Errorf("%d dossiers have a place without an office, %v", placed, err)
	}
	read(t, r, "one-stop")
	compareLayer(t, r.DB, "dossiers")
	compareLayer(t, r.DB, "offices")
}

func TestOneStopGatewayFault(t *testing.T) {
	_, s := newRunner(t)
	sources := strings.ReplaceAll(s.Sources(), "X-Road-Client:", "X-Road-Nobody:")
	r := runnerOf(t, pgtest.DB(t, hubtest.Empty()), sources)
	if _, err := r.Read(t.Context(), "dossiers"); err == nil || !strings.Contains(err.Error(), "the gateway says Client.MissingHeader") {
		t.Errorf("%v", err)
	}
}

func TestOfficesOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "offices")
	read(t, r, "one-stop")
	compareLayer(t, r.DB, "offices")
}

func TestZonesOverTheWire(t *testing.T) {
	r, s := newRunner(t, "zones")
	read(t, r, "zones")
	compareLayer(t, r.DB, "zones")
	for _, path := range []string{"/", "/conformance", "/collections", "/collections/ranh_gioi"} {
		res, err := http.Get("http://" + s.Address("http") + "/zones" + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

// Coordinates went through VN-2000 and back: a place lies where it did, to a
// millimetre.
func TestPlacesOverTheWire(t *testing.T) {
	r, s := newRunner(t, "places")
	read(t, r, "places")
	compareLayer(t, r.DB, "places", "geom")
	var ids []string
	want := map[string]orb.Point{}
	for _, p := range s.Province().Places() {
		ids = append(ids, p.ID)
		want[p.ID] = p.Geom.(orb.Point)
	}
	got, err := layer.Load(t.Context(), r.DB, systems.Places, ids)
	if err != nil || len(got) != len(ids) {
		t.Fatalf("%d of %d places, %v", len(got), len(ids), err)
	}
	for _, p := range got {
		if d := geo.DistanceM(p.Geom.(orb.Point), want[p.ID]); d > 0.001 || math.IsNaN(d) {
			t.Errorf("%s lies %v m off", p.ID, d)
		}
	}
	if again := read(t, r, "places"); again.In != 0 {
		t.Errorf("an unchanged list was read again: %+v", again)
	}
}
