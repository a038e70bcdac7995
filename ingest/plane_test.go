package ingest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// The hub's own transformation agrees with PostGIS to a millimetre, here and in
// the provinces around. In the far south PROJ takes another of EPSG's sets of
// parameters, 0.8 m off.
func TestPlanesAgreeWithPostGIS(t *testing.T) {
	db := pgtest.Shared(t, hubtest.Empty())
	rng := rand.New(rand.NewPCG(1, 2))
	for _, code := range []int{9205, 9206, 9207, 9208, 9209, 9210, 9211, 9212, 9213, 9214, 9215, 9216, 9217, 9218, 5896, 5897, 5898, 5899, 3405, 3406, 4756, 32648, 32649, 3857} {
		p, err := geo.PlaneOf(code)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			at := orb.Point{105.5 + 3.5*rng.Float64(), 14 + 5*rng.Float64()}
			plane := p.FromLonLat(at).(orb.Point)
			var theirs orb.Point
			if err := db.QueryRow(t.Context(), "SELECT ST_Transform($1::geometry, 4326)", postgis.Shape{Geometry: plane, SRID: code}).Scan(&theirs); err != nil {
				t.Fatalf("EPSG:%d: %v", code, err)
			}
			ours, err := p.LonLat(plane)
			if err != nil || geo.DistanceM(ours.(orb.Point), theirs) > 0.001 {
				t.Errorf("EPSG:%d of %v: %v, %v; PostGIS says %v", code, plane, ours, err, theirs)
				break
			}
		}
	}
}
