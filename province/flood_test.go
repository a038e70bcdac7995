package province

import (
	"math"
	"testing"
	"time"

	"geohub/geo"
	"geohub/systems"
)

func october(day, hour int) time.Time { return time.Date(2025, 10, day, hour, 0, 0, 0, geo.Saigon) }

// The published figures, each at its hour.
func TestFloodFigures(t *testing.T) {
	p := New(1, noon)
	values := map[string]map[time.Time]float64{}
	for _, r := range p.Readings() {
		if r.Row.At.Before(floodTo) && r.Row.Quality == systems.QualityGood {
			k := r.FeatureID + " " + r.Row.Parameter
			if values[k] == nil {
				values[k] = map[time.Time]float64{}
			}
			values[k][r.Row.At] = *r.Row.Value
		}
	}
	tests := []struct {
		name, series string
		at           time.Time
		want         float64
	}{
		{"Hương Điền's level", "dam:HUONG_DIEN level", october(27, 14), 57.01},
		{"Hương Điền's inflow", "dam:HUONG_DIEN inflow", october(27, 14), 3795},
		{"Hương Điền's release", "dam:HUONG_DIEN outflow", october(27, 14), 1799},
		{"Hương Điền's peak", "dam:HUONG_DIEN inflow", october(27, 19), 5261},
		{"Hương Điền drawn down", "dam:HUONG_DIEN level", october(19, 7), 52.94},
		{"Bình Điền's level", "dam:BINH_DIEN level", october(27, 14), 82.24},
		{"Bình Điền's inflow", "dam:BINH_DIEN inflow", october(27, 14), 4154},
		{"Bình Điền's release", "dam:BINH_DIEN outflow", october(27, 14), 2655},
		{"Bình Điền's peak", "dam:BINH_DIEN inflow", october(27, 18), 6512},
		{"Bình Điền drawn down", "dam:BINH_DIEN level", october(19, 7), 77},
		{"Tả Trạch's level", "dam:TA_TRACH level", october(27, 14), 42.18},
		{"Tả Trạch's inflow, its peak", "dam:TA_TRACH inflow", october(27, 14), 6921},
		{"Tả Trạch's release", "dam:TA_TRACH outflow", october(27, 14), 423},
		{"Tả Trạch drawn down", "dam:TA_TRACH level", october(19, 7), 29.34},
		{"Kim Long's peak", "station:KIM_LONG level", october(27, 20), 5.05},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := values[tt.series][tt.at]; !ok || !near(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	for _, series := range []string{"dam:HUONG_DIEN inflow", "dam:BINH_DIEN inflow", "dam:TA_TRACH inflow", "station:KIM_LONG level"} {
		for _, tt := range tests {
			highest := tt.series == series && (tt.name[len(tt.name)-4:] == "peak")
			for at, v := range values[series] {
				if highest && v > tt.want {
					t.Errorf("%s: %v at %v is over the peak", series, v, at)
				}
			}
		}
	}
	for series, lowest := range map[string]float64{"dam:HUONG_DIEN level": 52.94, "dam:BINH_DIEN level": 77, "dam:TA_TRACH level": 29.34} {
		if n := len(values[series]); n != 16*24 {
			t.Errorf("%s: %d hours", series, n)
		}
		for at, v := range values[series] {
			if v < lowest {
				t.Errorf("%s: %v at %v is under the lowest", series, v, at)
			}
		}
	}
	sum := 0.0
	for at, mm := range values["station:MUA_BACH_MA rain1h"] {
		if !at.Before(october(25, 0)) && at.Before(october(29, 0)) {
			sum += mm
		}
	}
	if !near(sum, 2690) {
		t.Errorf("Bạch Mã had %v mm", sum)
	}
}

// The level rises by what comes in less what goes out.
func TestFloodKeepsItsWater(t *testing.T) {
	p := New(1, noon)
	for _, d := range p.reservoirs {
		hours := p.october.dams[d.code]
		for i := 1; i < len(hours); i++ {
			a, b := hours[i-1], hours[i]
			in := (a.inflow + b.inflow - a.outflow - b.outflow) / 2 * 3600 / 1e6
			rise := d.usefulAt(b.level) - d.usefulAt(a.level)
			// Levels are known to a centimetre, flows change within the hour.
			if math.Abs(in-rise) > 0.8+0.12*math.Abs(in) {
				t.Errorf("%s at %v: %.2f Mcm came, the level says %.2f", d.code, b.at, in, rise)
			}
		}
	}
}

// A province in the middle of the flood knows what had happened, and no more.
func TestWithinTheFlood(t *testing.T) {
	now := october(27, 20)
	p := New(1, now)
	for _, s := range p.Stations() {
		if *s.Code == "KIM_LONG" && (!near(*s.WaterLevelM, 5.05) || *s.FloodAlarmLevel != 3 || *s.Trend != "RISING") {
			t.Errorf("Kim Long: %v, alarm %d, %s", *s.WaterLevelM, *s.FloodAlarmLevel, *s.Trend)
		}
	}
	seen := map[string]bool{}
	for _, r := range p.Readings() {
		k := r.FeatureID + r.Row.Parameter + r.Row.At.String()
		if seen[k] || r.Row.At.After(now) {
			t.Fatalf("%s", k)
		}
		seen[k] = true
	}
	for _, d := range p.Dams() {
		if *d.Code == "BINH_DIEN" && *d.DamStatus != systems.DamReleasing {
			t.Errorf("Bình Điền is %s", *d.DamStatus)
		}
	}
}
