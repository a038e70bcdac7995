package province

import (
	"testing"

	"github.com/paulmach/orb"

	"geohub/systems"
)

func TestPlaces(t *testing.T) {
	p := New(1, noon)
	rows, seen := p.Places(), map[string]bool{}
	kinds := map[systems.PlaceKind]int{}
	for _, row := range rows {
		checkBase(t, p.now, "place", seen, &row.Base)
		kinds[*row.PlaceKind]++
		if row.ChannelDepthM != nil && *row.ChannelDepthM <= 0 {
			t.Errorf("%s has a channel %v m deep", row.ID, *row.ChannelDepthM)
		}
	}
	if len(rows) != 68 {
		t.Errorf("%d places", len(rows))
	}
	for kind, n := range map[systems.PlaceKind]int{"FISHING_PORT": 2, "STORM_SHELTER": 3, "MONITORING_POINT": 9, "HERITAGE_SITE": 8, "HOSPITAL": 5, "SCHOOL": 6, "MARKET": 5, "TRANSPORT": 5} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
}

func TestZones(t *testing.T) {
	p := New(1, noon)
	rows, seen := p.Zones(), map[string]bool{}
	kinds, past := map[systems.ZoneKind]int{}, 0
	for _, row := range rows {
		checkBase(t, p.now, "zone", seen, &row.Base)
		kinds[*row.ZoneKind]++
		if polygon, ok := row.Geom.(orb.Polygon); ok {
			if polygon[0].Orientation() != orb.CCW {
				t.Errorf("%s goes clockwise", row.ID)
			}
			for _, hole := range polygon[1:] {
				if hole.Orientation() != orb.CW {
					t.Errorf("%s has a hole that goes counterclockwise", row.ID)
				}
			}
		}
		if row.ZoneTo != nil {
			if !row.ZoneFrom.Before(*row.ZoneTo) {
				t.Errorf("%s holds from %v to %v", row.ID, row.ZoneFrom, row.ZoneTo)
			}
			if row.ZoneTo.Start().Before(p.now) {
				past++
			}
		}
		if (row.HeritageLevel != nil) != (*row.ZoneKind == "HERITAGE") || (row.FloodLevelM != nil) != (*row.ZoneKind == "FLOOD") {
			t.Errorf("%s is a zone of %s", row.ID, *row.ZoneKind)
		}
	}
	for kind, n := range map[systems.ZoneKind]int{"HERITAGE": 16, "FISHING": 3, "CLOSED": 1, "BOUNDARY": 1, "FLOOD": 5} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
	if past != 1 {
		t.Errorf("%d are past", past)
	}
}
