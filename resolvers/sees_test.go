package resolvers_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestSeeing: a camera is found by the points that its coverage holds, and shows
// what lies there, by both printers.
func TestSeeing(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	servers := hubtest.Server(t, pool)
	h := servers.As(2)
	type camera struct {
		ID       string
		Coverage *struct {
			Type        string
			Coordinates any
		}
		Sees *struct {
			TotalCount int
			Nodes      []struct{ ID string }
		}
	}
	var all, some struct{ Cameras struct{ Nodes []camera } }
	h.Ask(`{ cameras(first: 1000) { nodes { id coverage } } }`, nil, &all)
	h.Ask(`{ cameras(first: 60) { nodes { id coverage sees(layers: [CAMERA, BILLBOARD], first: 1000) { totalCount nodes { id } } } } }`, nil, &some)
	var drawn []string
	seen, shown := 0, 0
	for _, c := range some.Cameras.Nodes {
		if c.Coverage == nil {
			if c.Sees != nil {
				t.Errorf("%s sees %v without a coverage", c.ID, c.Sees)
			}
			continue
		}
		drawn = append(drawn, c.ID)
		polygon := shapeOf(c.Coverage.Type, c.Coverage.Coordinates).(orb.Polygon)

		var inside struct {
			Features struct{ Nodes []struct{ ID string } }
		}
		h.Ask(`query ($g: Geometry!) { features(layers: [CAMERA, BILLBOARD], area: {within: $g}, first: 1000) { nodes { id } } }`,
			map[string]any{"g": map[string]any{"type": "Polygon", "coordinates": polygon}}, &inside)
		var want, got []string
		for _, n := range inside.Features.Nodes {
			if n.ID != c.ID {
				want = append(want, n.ID)
			}
		}
		for _, n := range c.Sees.Nodes {
			got = append(got, n.ID)
		}
		if !slices.Equal(got, want) || c.Sees.TotalCount != len(want) {
			t.Errorf("%s sees %v, %d in all; want %v", c.ID, got, c.Sees.TotalCount, want)
		}
		shown += len(want)

		middle, _ := planar.CentroidArea(polygon)
		for _, p := range []orb.Point{middle, {middle[0] + 0.01, middle[1]}} {
			var found struct{ Cameras struct{ Nodes []camera } }
			h.Ask(`query ($p: LonLat!) { cameras(seeing: $p, first: 1000) { nodes { id } } }`, map[string]any{"p": map[string]any{"lon": p[0], "lat": p[1]}}, &found)
			var got, want []string
			for _, c := range found.Cameras.Nodes {
				got = append(got, c.ID)
			}
			for _, c := range all.Cameras.Nodes {
				if c.Coverage != nil && planar.PolygonContains(shapeOf(c.Coverage.Type, c.Coverage.Coordinates).(orb.Polygon), p) {
					want = append(want, c.ID)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("seeing %v: %v, want %v", p, got, want)
			}
			seen += len(want)
		}
	}
	if len(drawn) == 0 || seen < len(drawn) || shown == 0 {
		t.Errorf("%d cameras drawn, points seen %d times, %d things shown: the test shows nothing", len(drawn), seen, shown)
	}
	var apart float64
	coverages := map[string]json.RawMessage{}
	for _, c := range all.Cameras.Nodes {
		if c.Coverage != nil {
			coverages[c.ID], _ = json.Marshal(c.Coverage)
		}
	}
	err := pool.QueryRow(t.Context(), `SELECT max(ST_HausdorffDistance(ST_GeomFromGeoJSON($1::jsonb ->> f.id), camera_coverage(f.geom, f.azimuth_deg, f.fov_deg, f.range_m)))
		FROM cameras f WHERE ($1::jsonb ? f.id) OR camera_coverage(f.geom, f.azimuth_deg, f.fov_deg, f.range_m) IS NOT NULL`, coverages).Scan(&apart)
	if err != nil || apart > 1e-9 {
		t.Errorf("the database draws them %v degrees apart: %v", apart, err)
	}
}

// TestSeeingPoint: what is no place is refused.
func TestSeeingPoint(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(0)
	if a := h.Post(`{ cameras(seeing: {lon: 107, lat: 91}) { totalCount } }`, nil); len(a.Errors) != 1 || a.Errors[0].Code() != "BAD_GEOMETRY" {
		t.Errorf("%s %+v", a.Data, a.Errors)
	}
}
