package resolvers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// TestNear: the order is by metres, equal to a naive reckoning over all rows,
// page after page.
func TestNear(t *testing.T) {
	h := province(t)
	type edges struct {
		Edges []struct {
			DistanceM float64
			Node      struct {
				ID       string
				Position struct{ Lon, Lat float64 }
			}
		}
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
	}
	from := orb.Point{107.5905, 16.4637}
	var all, got []float64
	for after := any(nil); ; {
		var page struct{ Cameras edges }
		h.Ask(`query($after: String) { cameras(first: 1000, after: $after) { edges { node { id position { lon lat } } } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, e := range page.Cameras.Edges {
			all = append(all, geo.DistanceM(from, orb.Point{e.Node.Position.Lon, e.Node.Position.Lat}))
		}
		if after = page.Cameras.PageInfo.EndCursor; !page.Cameras.PageInfo.HasNextPage {
			break
		}
	}
	slices.Sort(all)
	seen := map[string]bool{}
	for after := any(nil); len(got) < 200; {
		var page struct{ Cameras edges }
		h.Ask(`query($after: String) { cameras(near: {lon: 107.5905, lat: 16.4637}, first: 37, after: $after) { edges { distanceM node { id position { lon lat } } } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, e := range page.Cameras.Edges {
			if seen[e.Node.ID] {
				t.Fatalf("%s comes twice", e.Node.ID)
			}
			seen[e.Node.ID] = true
			got = append(got, e.DistanceM)
		}
		after = page.Cameras.PageInfo.EndCursor
	}
	for i, d := range got {
		if math.Abs(d-all[i]) > 0.01 {
			t.Fatalf("row %d is %.3f m away, want %.3f m", i, d, all[i])
		}
	}
}

// TestPagesWhileDataComesIn: pages by id neither repeat nor skip a row that was
// there from the start, while others are inserted.
func TestPagesWhileDataComesIn(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	ctx := context.Background()
	insert := func(from, to, step int) error {
		var rows []*systems.Place
		for i := from; i < to; i += step {
			now := time.Now()
			rows = append(rows, &systems.Place{Base: layer.Base{ID: fmt.Sprintf("place:%05d", i), LabelVI: "x", Geom: orb.Point{107.5, 16.4}, Source: "test", ObservedAt: &now}})
		}
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		if _, err := ingest.Upsert(ctx, tx, systems.Places, rows); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
	const n = 2000
	if err := insert(0, n, 2); err != nil {
		t.Fatal(err)
	}
	var inserting sync.WaitGroup
	inserting.Go(func() {
		for i := 1; i < n; i += 40 {
			if err := insert(i, i+40, 2); err != nil {
				t.Error(err)
			}
		}
	})
	h := hubtest.Server(t, pool).Alone()
	seen := map[string]int{}
	for after := any(nil); ; {
		var page struct {
			Places struct {
				Nodes    []struct{ ID string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		h.Ask(`query($after: String) { places(first: 23, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		for _, p := range page.Places.Nodes {
			seen[p.ID]++
		}
		if after = page.Places.PageInfo.EndCursor; !page.Places.PageInfo.HasNextPage {
			break
		}
	}
	inserting.Wait()
	for i := 0; i < n; i += 2 {
		if c := seen[fmt.Sprintf("place:%05d", i)]; c != 1 {
			t.Errorf("place %05d came %d times", i, c)
		}
	}
	for id, c := range seen {
		if c > 1 {
			t.Errorf("%s came %d times", id, c)
		}
	}
}

// TestAcrossPages walks `features` over all layers by id and by distance: each
// feature once, as many as the count says, nearest first.
func TestAcrossPages(t *testing.T) {
	h := province(t).As(2)
	for _, near := range []string{"", ", near: {lon: 107.58, lat: 16.46}"} {
		type page struct {
			Features struct {
				TotalCount int
				Edges      []struct {
					DistanceM float64
					Node      struct{ ID string }
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		seen, last, total := map[string]bool{}, -1.0, 0
		for after := any(nil); ; {
			var p page
			h.Ask(`query($after: String) { features(layers: [DAM, STATION, PLACE, ZONE, BILLBOARD, OFFICE], area: {bbox: [107, 16, 108, 16.6]}, first: 61, after: $after`+near+`) { totalCount edges { distanceM node { id } } pageInfo { hasNextPage endCursor } } }`,
				map[string]any{"after": after}, &p)
			for _, e := range p.Features.Edges {
				if seen[e.Node.ID] || e.DistanceM < last && near != "" {
					t.Fatalf("%s at %v m comes twice or after %v m", e.Node.ID, e.DistanceM, last)
				}
				seen[e.Node.ID], last = true, e.DistanceM
			}
			total = p.Features.TotalCount
			if after = p.Features.PageInfo.EndCursor; !p.Features.PageInfo.HasNextPage {
				break
			}
		}
		if len(seen) != total || total < 200 {
			t.Errorf("near %q: %d features by pages, %d counted", near, len(seen), total)
		}
	}
}
