package province

import (
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/systems"
)

func TestVessels(t *testing.T) {
	p := New(1, noon)
	rows, seen := p.Vessels(), map[string]bool{}
	last := map[string]systems.Position{}
	for _, pos := range p.Positions() {
		last[pos.FeatureID] = pos.Row
	}
	places := map[string]bool{}
	for _, row := range p.Places() {
		places[row.ID] = true
	}
	registered, fitted, transponders, aisOnly, expired, aliases := 0, 0, 0, 0, 0, 0
	statuses, mmsi := map[systems.VesselStatus]int{}, map[string]bool{}
	for _, v := range rows {
		checkBase(t, p.now, "vessel", seen, &v.Base)
		statuses[*v.VesselStatus]++
		aliases += len(v.AliasIDs)
		if v.MMSI != nil {
			if mmsi[*v.MMSI] || len(*v.MMSI) != 9 || !strings.HasPrefix(*v.MMSI, "574") {
				t.Errorf("%s has MMSI %s", v.ID, *v.MMSI)
			}
			mmsi[*v.MMSI] = true
			transponders++
		}
		if len(v.VmsDeviceIds) > 0 {
			fitted++
			if *v.VesselClass != "OFFSHORE" {
				t.Errorf("%s is fitted and %s", v.ID, *v.VesselClass)
			}
		}
		if strings.HasPrefix(v.ID, "vessel:mmsi-") {
			aisOnly++
			if v.ID != "vessel:mmsi-"+*v.MMSI {
				t.Errorf("%s has MMSI %s", v.ID, *v.MMSI)
			}
		}
		if v.Registration != nil {
			registered++
			if v.LicenceTo.Start().Before(p.now.AddDate(0, 0, -1)) {
				expired++
			}
		}
		if v.HomePortId != nil && !places[*v.HomePortId] {
			t.Errorf("%s is from %s, which is no place", v.ID, *v.HomePortId)
		}
		pos := last[v.ID]
		if v.Geom != orb.Geometry(pos.Geom) || !v.LastSignalAt.Equal(pos.At) || *v.SpeedKn != *pos.SpeedKn {
			t.Errorf("%s is at %v since %v, its newest position %+v", v.ID, v.Geom, v.LastSignalAt, pos)
		}
		if *v.VesselStatus == "LOST_SIGNAL" && p.now.Sub(*v.LastSignalAt) < 6*time.Hour {
			t.Errorf("%s is lost and was heard at %v", v.ID, v.LastSignalAt)
		}
		if offshoreKm(pos.Geom) > 3 && *v.VesselStatus == "AT_PORT" {
			t.Errorf("%s is in port at %v", v.ID, pos.Geom)
		}
	}
	if registered != 400 || fitted != 341 || aisOnly != 12 || aliases != 1 {
		t.Errorf("%d registered, %d fitted, %d by AIS alone, %d aliases", registered, fitted, aisOnly, aliases)
	}
	if transponders < 240 || transponders > 265 || expired < 20 || expired > 70 {
		t.Errorf("%d with MMSI, %d licences expired", transponders, expired)
	}
	if share := float64(statuses["AT_PORT"]) / 400; share < 0.48 || share > 0.62 {
		t.Errorf("%.2f in port", share)
	}
	if statuses["DISTRESS"] != 1 || statuses["BOUNDARY"] != 1 || statuses["LOST_SIGNAL"] < 8 || statuses["FISHING"] < 60 || statuses["SAILING"] < 10 {
		t.Errorf("statuses %v", statuses)
	}
}

func TestPositions(t *testing.T) {
	for seed := range uint64(4) {
		checkPositions(t, New(seed*659, noon.AddDate(0, -4*int(seed), 0).Add(time.Duration(5*seed)*time.Hour)))
	}
}

func checkPositions(t *testing.T, p *Province) {
	t.Helper()
	all := p.Positions()
	if n := len(all); n < 60_000 || n > 150_000 {
		t.Errorf("%d positions", n)
	}
	var before systems.Position
	id, astray := "", 0
	for _, pos := range all {
		row := pos.Row
		if row.At.After(p.now) || row.Geom[0] < 107 || row.Geom[0] > 109.5 || row.Geom[1] < 15.8 || row.Geom[1] > 17.2 {
			t.Errorf("%s: %+v", pos.FeatureID, row)
		}
		if !afloat(row.Geom) {
			if astray++; astray < 10 {
				t.Errorf("%s is on land at %v", pos.FeatureID, row.Geom)
			}
		}
		if pos.FeatureID == id {
			if !row.At.After(before.At) {
				t.Fatalf("%s: %v after %v", id, row.At, before.At)
			}
			if kn := apartKm(before.Geom, row.Geom) / row.At.Sub(before.At).Hours() / 1.852; kn > 16 {
				t.Errorf("%s goes %.0f kn at %v", id, kn, row.At)
			}
		}
		if row.CourseDeg != nil && (*row.CourseDeg < 0 || *row.CourseDeg >= 360) || row.HeadingDeg != nil && (*row.HeadingDeg < 0 || *row.HeadingDeg >= 360) {
			t.Errorf("%s: %+v", pos.FeatureID, row)
		}
		id, before = pos.FeatureID, row
	}
}

// afloat is at sea, in a lagoon, or near a port's channel.
func afloat(at orb.Point) bool {
	if offshoreKm(at) > 0.3 || apartKm(at, orb.Point{108.016, 16.327}) < 1.5 {
		return true
	}
	for _, l := range lagoons {
		if ringContains(l, at) {
			return true
		}
	}
	for _, port := range ports {
		for i := 1; i < len(port.channel); i++ {
			for s := range 21 {
				a, b := port.channel[i-1], port.channel[i]
				if apartKm(at, orb.Point{a[0] + (b[0]-a[0])*float64(s)/20, a[1] + (b[1]-a[1])*float64(s)/20}) < 0.6 {
					return true
				}
			}
		}
	}
	return false
}

// A vessel's trips are the same whenever they are asked for.
func TestPositionsStay(t *testing.T) {
	type key struct {
		id string
		at int64
	}
	earlier := map[key]orb.Point{}
	for _, pos := range New(1, noon).Positions() {
		earlier[key{pos.FeatureID, pos.Row.At.Unix()}] = pos.Row.Geom
	}
	moved, shared := map[string]bool{}, 0
	for _, pos := range New(1, noon.Add(29*time.Hour)).Positions() {
		if at, ok := earlier[key{pos.FeatureID, pos.Row.At.Unix()}]; ok {
			shared++
			if at != pos.Row.Geom {
				moved[pos.FeatureID] = true
			}
		}
	}
	if len(moved) > 0 || shared < 40_000 {
		t.Errorf("%d vessels moved, %d positions shared", len(moved), shared)
	}
}

// TestAnyDay: the fleet can be asked for on any day, the flood of 2025 too.
func TestAnyDay(t *testing.T) {
	for day := time.Date(2025, 9, 20, 0, 0, 0, 0, geo.Saigon); day.Year() == 2025; day = day.AddDate(0, 0, 3) {
		for _, row := range New(Seed, day).Vessels() {
			if row.ObservedAt.After(day) {
				t.Fatalf("%s: %s is heard before it speaks", day, row.ID)
			}
		}
	}
}
