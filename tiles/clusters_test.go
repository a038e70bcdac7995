package tiles_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
	"geohub/tiles"
	"geohub/tiles/mvt"
)

// TestClusters: what is put together is counted: at any zoom the features of all
// tiles, each without its buffer, are those of the layer.
func TestClusters(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	hub := hubtest.Server(t, pool).Alone().As(2)
	for _, test := range []struct {
		name  string
		limit int
	}{{"of 5,000", 5000}, {"of 30", 30}} {
		drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = test.limit }).as(viewers[3].key)
		for _, s := range systems.All {
			if !s.Points {
				continue
			}
			t.Run(test.name+" "+s.Field, func(t *testing.T) {
				var counted map[string]struct{ TotalCount int }
				hub.Ask(`{ `+s.Field+`(area: {bbox: [-180, -85, 180, 85]}) { totalCount } }`, nil, &counted)
				want := counted[s.Field].TotalCount
				for _, z := range []int{0, 7, 9} {
					n, most := 0, 0
					for _, at := range around(z) {
						l := drawn.tile(s.Field, at)[s.Field]
						idsOf(t, l)
						if l == nil {
							continue
						}
						most = max(most, len(l.Features))
						for _, f := range l.Features {
							p := f.Geometry.(orb.Point)
							if inside := p[0] >= 0 && p[0] < mvt.Extent && p[1] >= 0 && p[1] < mvt.Extent; inside {
								n += countOf(t, f.Properties)
							}
						}
					}
					// A feature on the edge of two tiles may round to either side, or to both.
					if most > 5000 || z == 0 && n != want || n < want-want/500-2 || n > want+want/500+2 {
						t.Errorf("zoom %d: %d features in all, %d are listed; a tile has %d", z, n, want, most)
					}
				}
			})
		}
	}
}

// countOf is how many features a feature stands for.
func countOf(t *testing.T, p map[string]any) int {
	t.Helper()
	cluster, isCluster := p["cluster"].(bool)
	n, counted := p["point_count"].(float64)
	if isCluster != counted || isCluster && (!cluster || n < 2) || isCluster != strings.HasPrefix(p["id"].(string), "cluster:") {
		t.Fatalf("neither a cluster nor a feature: %v", p)
	}
	if !isCluster {
		return 1
	}
	return int(n)
}

// TestSameClusters: what two neighbours show of the cells along their border is
// the same.
func TestSameClusters(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = 20 }).as(viewers[3].key)
	at := mvt.Tile{Z: 9, X: 408, Y: 232} // Huế lies on its eastern edge
	next := mvt.Tile{Z: at.Z, X: at.X + 1, Y: at.Y}
	column := func(of mvt.Tile, column float64) (out []string) {
		for _, f := range drawn.tile("reports", of)["reports"].Features {
			p := f.Geometry.(orb.Point)
			if x := p[0] - 64*column; x > 0 && x < 64 && p[1] > 0 && p[1] < mvt.Extent {
				out = append(out, fmt.Sprint(f.Properties, " ", p[1]))
			}
		}
		slices.Sort(out)
		return out
	}
	for _, test := range []struct{ here, there float64 }{{63, -1}, {64, 0}} {
		if a, b := column(at, test.here), column(next, test.there); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("column %v: %v and %v", test.here, a, b)
		}
	}
}
