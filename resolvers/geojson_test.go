package resolvers_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"geohub/access"
	"geohub/internal/hubtest"
	"geohub/systems"
)

// TestGeoJSON: a page as GeoJSON says of each row what its open leaf fields say.
func TestGeoJSON(t *testing.T) {
	h := province(t).As(2)
	catalog := hubtest.Catalog(t)
	for _, s := range systems.All {
		t.Run(s.Field, func(t *testing.T) {
			fields := []string{"layer", "label", "observedAt", "updatedAt"}
			for _, f := range s.Fields {
				if !f.Hidden && catalog.Info(s).Field(f.Name).Class == (access.Class{}) {
					fields = append(fields, f.Name)
				}
			}
			a := h.Post(`{ page: `+s.Field+`(first: 40) { nodes { id geometry `+strings.Join(fields, " ")+` } geojson } }`, nil)
			var got struct {
				Page struct {
					Nodes   []map[string]any
					Geojson struct {
						Type     string
						Features []map[string]any
					}
				}
			}
			if err := json.Unmarshal(a.Data, &got); err != nil || len(a.Errors) > 0 {
				t.Fatal(err, a.Errors)
			}
			if got.Page.Geojson.Type != "FeatureCollection" || len(got.Page.Nodes) == 0 {
				t.Errorf("a %s of %d rows", got.Page.Geojson.Type, len(got.Page.Nodes))
			}
			want := []map[string]any{}
			for _, node := range got.Page.Nodes {
				properties := map[string]any{}
				for name, value := range node {
					if slices.Contains(fields, name) {
						properties[name] = value
					}
				}
				want = append(want, map[string]any{"type": "Feature", "id": node["id"], "geometry": node["geometry"], "properties": properties})
			}
			if diff := cmp.Diff(want, got.Page.Geojson.Features); diff != "" {
				t.Errorf("(-nodes +geojson):\n%s", diff)
			}
		})
	}
}
