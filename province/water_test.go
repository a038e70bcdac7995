package province

import (
	"math"
	"testing"
	"time"

	"geohub/geo"
	"geohub/systems"
)

func TestDams(t *testing.T) {
	p := New(1, noon)
	readings := map[string][]systems.Reading{}
	for _, r := range p.Readings() {
		readings[r.FeatureID] = append(readings[r.FeatureID], r.Row)
	}
	rows, seen := p.Dams(), map[string]bool{}
	if len(rows) != 22 {
		t.Fatalf("%d dams", len(rows))
	}
	for _, d := range rows {
		checkBase(t, p.now, "dam", seen, &d.Base)
		for parameter, value := range map[string]*float64{"level": d.LevelM, "inflow": d.InflowM3s, "outflow": d.OutflowM3s, "spill": d.SpillM3s} {
			if got, ok := newest(readings[d.ID], parameter); !ok || value == nil || got != *value {
				t.Errorf("%s: %s is %v, its newest reading %v", d.ID, parameter, value, got)
			}
		}
		if (*d.DamStatus == systems.DamReleasing) != (*d.SpillM3s > 0) && *d.DamKind != "SALINITY_BARRAGE" && *d.DamStatus != "EMERGENCY" {
			t.Errorf("%s is %s and spills %v", d.ID, *d.DamStatus, *d.SpillM3s)
		}
		if *d.SpillM3s > *d.OutflowM3s {
			t.Errorf("%s spills %v of %v", d.ID, *d.SpillM3s, *d.OutflowM3s)
		}
		if !*d.Gated && *d.SpillM3s > 0 && *d.StorageShare < 0.99 {
			t.Errorf("%s has no gates and spills at %v", d.ID, *d.StorageShare)
		}
		if d.StorageShare != nil && (*d.StorageShare < 0 || *d.StorageShare > 1.1) {
			t.Errorf("%s is filled to %v", d.ID, *d.StorageShare)
		}
		if d.NormalLevelM != nil && d.DeadLevelM != nil && (*d.LevelM < *d.DeadLevelM || *d.LevelM > *d.CrestLevelM) {
			t.Errorf("%s stands at %v", d.ID, *d.LevelM)
		}
		if p.now.Sub(*d.ObservedAt) > 2*time.Hour {
			t.Errorf("%s was last observed at %v", d.ID, d.ObservedAt)
		}
	}
}

func TestStations(t *testing.T) {
	p := New(1, noon)
	readings := map[string][]systems.Reading{}
	for _, r := range p.Readings() {
		readings[r.FeatureID] = append(readings[r.FeatureID], r.Row)
	}
	rows, seen := p.Stations(), map[string]bool{}
	kinds, statuses := map[systems.StationKind]int{}, map[systems.StationStatus]int{}
	for _, s := range rows {
		checkBase(t, p.now, "station", seen, &s.Base)
		kinds[*s.StationKind]++
		statuses[*s.StationStatus]++
		for parameter, value := range map[string]*float64{"level": s.WaterLevelM, "rain1h": s.Rain1hMm, "temperature": s.AirTemperatureCel,
			"pm25": s.Pm25UgM3, "pm10": s.Pm10UgM3, "ph": s.PH, "cod": s.CodMgL, "tss": s.TssMgL} {
			got, ok := newest(readings[s.ID], parameter)
			if ok != (value != nil) || ok && got != *value {
				t.Errorf("%s: %s is %v, its newest trusted reading %v", s.ID, parameter, value, got)
			}
		}
		if *s.StationStatus == "OFFLINE" && p.now.Sub(*s.ObservedAt) < 6*time.Hour {
			t.Errorf("%s is offline and was heard at %v", s.ID, s.ObservedAt)
		}
		if (s.FloodAlarmLevel != nil) != (*s.Code == "KIM_LONG" || *s.Code == "PHU_OC") {
			t.Errorf("%s has flood alarm level %v", s.ID, s.FloodAlarmLevel)
		}
	}
	want := map[systems.StationKind]int{"HYDROLOGY": 7, "METEOROLOGY": 3, "RAIN": 30, "AIR": 8, "WATER": 8}
	for kind, n := range want {
		if kinds[kind] != n {
			t.Errorf("%d stations of %s, want %d", kinds[kind], kind, n)
		}
	}
	for _, status := range []systems.StationStatus{"MEASURING", "CALIBRATING", "FAULT", "OFFLINE"} {
		if statuses[status] == 0 {
			t.Errorf("no station is %s", status)
		}
	}
}

func TestReadings(t *testing.T) {
	p := New(1, noon)
	all := p.Readings()
	if n := len(all); n < 30_000 || n > 150_000 {
		t.Errorf("%d readings", n)
	}
	type key struct {
		id, parameter string
		at            time.Time
	}
	seen, qualities := map[key]bool{}, map[systems.ReadingQuality]int{}
	for _, r := range all {
		k := key{r.FeatureID, r.Row.Parameter, r.Row.At}
		if seen[k] {
			t.Fatalf("%v comes twice", k)
		}
		seen[k] = true
		qualities[r.Row.Quality]++
		if r.Row.At.After(p.now) || r.Row.Unit == "" {
			t.Errorf("%+v", r)
		}
		if v := r.Row.Value; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0 && r.Row.Parameter != "level") {
			t.Errorf("%v: %v", k, *v)
		}
	}
	if good := float64(qualities[systems.QualityGood]) / float64(len(all)); good < 0.97 || good > 0.999 {
		t.Errorf("%.3f are good", good)
	}
	for _, q := range []systems.ReadingQuality{systems.QualityEstimated, systems.QualityCalibration, systems.QualityFault, systems.QualitySuspect} {
		if qualities[q] == 0 {
			t.Errorf("no reading is %s", q)
		}
	}
}

// What was read stays read: a later province agrees with an earlier one about
// the hours they share.
func TestReadingsStay(t *testing.T) {
	type key struct {
		id, parameter string
		at            int64
	}
	earlier := map[key]float64{}
	for _, r := range New(1, noon).Readings() {
		if r.Row.Value != nil && r.Row.Quality == systems.QualityGood {
			earlier[key{r.FeatureID, r.Row.Parameter, r.Row.At.Unix()}] = *r.Row.Value
		}
	}
	shared := 0
	for _, r := range New(1, noon.Add(9*time.Hour)).Readings() {
		v, ok := earlier[key{r.FeatureID, r.Row.Parameter, r.Row.At.Unix()}]
		if !ok || r.Row.Quality != systems.QualityGood {
			continue
		}
		shared++
		if math.Abs(v-*r.Row.Value) > 0.01*math.Abs(v)+0.02 {
			t.Errorf("%s %s at %v: %v, later %v", r.FeatureID, r.Row.Parameter, r.Row.At, v, *r.Row.Value)
		}
	}
	if shared < 30_000 {
		t.Errorf("they share %d", shared)
	}
}

func TestSeasons(t *testing.T) {
	for month := time.January; month <= time.December; month++ {
		p := New(3, time.Date(2026, month, 15, 8, 0, 0, 0, geo.Saigon))
		for _, d := range p.Dams() {
			if d.StorageShare != nil && (*d.StorageShare < 0 || *d.StorageShare > 1.1) {
				t.Errorf("%v: %s is filled to %v", month, d.ID, *d.StorageShare)
			}
		}
	}
}
