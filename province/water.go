package province

import (
	"math"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/ingest"
	"geohub/layer"
	"geohub/systems"
)

// Dams are the 22 reservoirs as their newest readings have them.
func (p *Province) Dams() []*systems.Dam {
	var rows []*systems.Dam
	for _, d := range p.reservoirs {
		readings := p.damReadings(d)
		level, _ := newest(readings, "level")
		inflow, _ := newest(readings, "inflow")
		outflow, _ := newest(readings, "outflow")
		spill, _ := newest(readings, "spill")
		row := &systems.Dam{
			Base: layer.Base{
				ID: d.id(), LabelVI: d.name, LabelEN: d.nameEN, Geom: d.at, PositionAccuracyM: new(d.accuracyM),
				Source: "sensorthings", RecordKey: d.code, ObservedAt: new(lastAt(readings)), Sharing: access.Open,
			},
			Code: new(d.code), River: new(d.river), Basin: new(d.basin), DamKind: new(d.kind),
			DeadLevelM: known(d.deadM), NormalLevelM: known(d.normalM), DesignFloodLevelM: known(d.floodM), CrestLevelM: known(d.crestM),
			CapacityMcm: known(d.capacityMcm), UsefulMcm: known(d.usefulMcm), CatchmentKm2: known(d.catchmentKm2), PowerMw: known(d.powerMw),
			Gated: new(d.gates > 0), LevelM: &level, InflowM3s: &inflow, OutflowM3s: &outflow, SpillM3s: &spill,
			DamStatus: new(d.status(level, inflow, spill)), Rain24hMm: new(lastDay(readings)),
		}
		if d.rule != "" {
			row.OperatingRule = new(d.rule)
		}
		if d.stores() {
			useful := d.usefulAt(level)
			row.StorageMcm = new(round(d.capacityMcm-d.usefulMcm+useful, 2))
			row.StorageShare = new(round(useful/d.usefulMcm, 3))
		}
		if !math.IsNaN(d.turbineM3s) {
			row.TurbineM3s = new(d.turbine(outflow, spill))
		}
		if !math.IsNaN(d.tailM) {
			row.DownstreamLevelM = new(d.tailLevel(outflow))
		}
		if d.gates > 0 {
			row.GatesOpen = new(d.gatesOpen(spill))
		}
		rows = append(rows, row)
	}
	return rows
}

// Readings are hourly: of everything the last seven days, and of what the
// flood of October 2025 touched its sixteen days too. The stations of air and
// water have a reading each quarter of an hour in their last two days.
func (p *Province) Readings() []ingest.Point[systems.Reading] {
	var all []ingest.Point[systems.Reading]
	for _, d := range p.reservoirs {
		all = appendReadings(all, d.id(), p.damReadings(d))
	}
	for _, s := range p.stations() {
		all = appendReadings(all, s.id(), p.stationReadings(s))
	}
	return all
}

func appendReadings(all []ingest.Point[systems.Reading], id string, readings []systems.Reading) []ingest.Point[systems.Reading] {
	for _, r := range readings {
		all = append(all, ingest.Point[systems.Reading]{FeatureID: id, Row: r})
	}
	return all
}

// reservoir is a row of the file; what is not known is NaN.
type reservoir struct {
	code, name, nameEN, river, basin, rule        string
	kind                                          systems.DamKind
	at                                            orb.Point
	accuracyM, deadM, normalM, floodM, crestM     float64
	capacityMcm, usefulMcm, catchmentKm2, powerMw float64
	turbineM3s                                    float64 // the most that goes through plant or sluice
	tailM                                         float64 // level below the dam when nothing flows
	gates                                         int
}

func reservoirs() []reservoir {
	var all []reservoir
	for _, r := range table("reservoirs.csv") {
		all = append(all, reservoir{
			code: r["code"], name: r["name"], nameEN: r["name_en"], river: r["river"], basin: r["basin"], rule: r["rule"],
			kind: systems.DamKind(r["kind"]), at: orb.Point{number(r["lon"]), number(r["lat"])}, accuracyM: number(r["accuracy_m"]),
			deadM: number(r["dead_m"]), normalM: number(r["normal_m"]), floodM: number(r["flood_m"]), crestM: number(r["crest_m"]),
			capacityMcm: number(r["capacity_mcm"]), usefulMcm: number(r["useful_mcm"]), catchmentKm2: number(r["catchment_km2"]),
			powerMw: number(r["power_mw"]), turbineM3s: number(r["turbine_m3s"]), tailM: number(r["tail_m"]), gates: int(number(r["gates"])),
		})
	}
	return all
}

func (d reservoir) id() string { return systems.Dams.System.One + ":" + d.code }

// stores is false of the barrage, which holds back salt and no volume.
func (d reservoir) stores() bool { return !math.IsNaN(d.usefulMcm) }

// usefulAt is the volume over the dead level, Mcm: a valley that widens upward.
func (d reservoir) usefulAt(levelM float64) float64 {
	return d.usefulMcm * math.Pow(max(levelM-d.deadM, 0)/(d.normalM-d.deadM), valley)
}

func (d reservoir) levelAt(usefulMcm float64) float64 {
	return d.deadM + (d.normalM-d.deadM)*math.Pow(max(usefulMcm, 0)/d.usefulMcm, 1/valley)
}

const valley = 1.3

// rainShare is how much of Bạch Mã's flood rain fell on the catchment.
func (d reservoir) rainShare() float64 {
	switch d.basin {
	case "Bồ":
		return 0.36
	case "A Sáp":
		return 0.3
	default:
		return 0.45
	}
}

func (d reservoir) status(level, inflow, spill float64) systems.DamStatus {
	switch {
	case level >= d.floodM:
		return "EMERGENCY"
	case spill > 0 && d.kind != "SALINITY_BARRAGE":
		return systems.DamReleasing
	case d.stores() && level >= d.normalM || inflow > 0.8*d.catchmentKm2 && d.stores():
		return "ALERT"
	}
	return systems.DamNormal
}

// gatesOpen is a guess: all of them at 0.8 m³/s from each km² of catchment.
func (d reservoir) gatesOpen(spill float64) int {
	if spill <= 0 {
		return 0
	}
	return min(1+int(spill/(0.8*d.catchmentKm2)*float64(d.gates)), d.gates)
}

// damHour is a reservoir at a full hour, rounded as its telemetry rounds.
type damHour struct {
	at                            time.Time
	level, inflow, outflow, spill float64
	rainMm                        float64
}

func (d reservoir) hour(at time.Time, level, inflow, outflow, rainMm float64) damHour {
	h := damHour{at: at, level: round(level, 2), inflow: roundFlow(inflow), outflow: roundFlow(outflow), rainMm: rainMm}
	through := d.turbineM3s
	if math.IsNaN(through) {
		through = 0
	}
	if spill := roundFlow(h.outflow - through); spill > 0 {
		h.spill = spill
	}
	return h
}

func roundFlow(x float64) float64 {
	if math.Abs(x) < 100 {
		return round(x, 1)
	}
	return round(x, 0)
}

func (p *Province) damReadings(d reservoir) []systems.Reading {
	hours := p.damHours(d)
	var all []systems.Reading
	for _, series := range []struct {
		parameter, unit string
		value           func(h damHour) float64
	}{
		{"level", "m", func(h damHour) float64 { return h.level }},
		{"inflow", "m3/s", func(h damHour) float64 { return h.inflow }},
		{"outflow", "m3/s", func(h damHour) float64 { return h.outflow }},
		{"spill", "m3/s", func(h damHour) float64 { return h.spill }},
		{"rain1h", "mm", func(h damHour) float64 { return h.rainMm }},
	} {
		for _, h := range hours {
			r := systems.Reading{Parameter: series.parameter, At: h.at, Value: new(series.value(h)), Unit: series.unit, Quality: systems.QualityGood}
			if _, in := p.october.index(h.at); !in || p.october.dams[d.code] == nil {
				p.spoil(&r, d.code, d.code, false)
			}
			all = append(all, r)
		}
	}
	return all
}

// damHours are the flood's, then the last week's. The week is worked out from a
// month before it: by then it no longer matters where it began, so that each
// hour comes out the same whenever it is asked.
func (p *Province) damHours(d reservoir) []damHour {
	const before, storm = 30 * 24, 24
	times := p.week()
	flooded := p.october.dams[d.code]
	var hours []damHour
	for _, h := range flooded {
		if h.at.Before(times[0]) {
			hours = append(hours, h)
		}
	}
	start := times[0].Add(-before * time.Hour)
	rain := make([]float64, storm+before+len(times))
	for i := range rain {
		rain[i] = p.rain(d.code, d.at, start.Add(time.Duration(i-storm)*time.Hour), d.rainShare())
	}
	useful := d.usefulMcm * filling(start)
	for i := range before + len(times) {
		at := start.Add(time.Duration(i) * time.Hour)
		h, isFlood := p.october.index(at)
		if isFlood && flooded != nil {
			useful = d.usefulAt(flooded[h].level)
			if i >= before {
				hours = append(hours, flooded[h])
			}
			continue
		}
		inflow := d.catchmentKm2 * (0.016 + 0.035*wetness(at)) * (1 + 0.15*p.noise("base "+d.code, at, 40*time.Hour))
		for lag := range storm {
			// The weights add up to about 30; 0.278 takes mm/h over km² to m³/s, half runs off at once.
			inflow += 0.278 * 0.5 * d.catchmentKm2 * rain[storm+i-lag] * float64(lag+1) * math.Exp(-float64(lag)/5) / 30
		}
		level, outflow := 0.35+0.25*math.Sin(2*math.Pi*epochHours(at)/12.42)+0.2*wetness(at), inflow
		if d.stores() {
			outflow = d.release(useful, inflow, filling(at))
			useful += (inflow - outflow) * 3600 / 1e6
			level = d.levelAt(useful)
		}
		if i >= before {
			hours = append(hours, d.hour(at, level, inflow, outflow, round(rain[storm+i], 1)))
		}
	}
	return hours
}

// release is what a reservoir lets out in an hour, m³/s: through plant or
// sluice toward the season's volume; by the gates when it holds far more than
// that; and over the spillway what would stand above the normal level.
func (d reservoir) release(usefulMcm, inflow, filling float64) float64 {
	perHour := 1e6 / 3600.0 // Mcm in an hour to m³/s
	target := d.usefulMcm * filling
	out := min(max(inflow+(usefulMcm-target)*perHour/72, 0.15*d.turbineM3s), d.turbineM3s)
	out = min(out, inflow+usefulMcm*perHour)
	if high := target + 0.12*d.usefulMcm; d.gates > 0 && usefulMcm > high {
		out += (usefulMcm - high) * perHour / 12
	}
	return max(out, inflow+(usefulMcm-d.usefulMcm)*perHour)
}

// spoil makes a few readings what readings are in life; an hour's is the same
// whenever it is asked. What shares a device is bad in the same hours.
func (p *Province) spoil(r *systems.Reading, device, code string, calibrated bool) {
	x := p.chance("quality "+device, int64(epochHours(r.At)))
	day := int64(epochHours(r.At) / 24)
	weekday := time.Weekday(len(code) % 5)
	switch {
	case calibrated && r.At.Weekday() == weekday && r.At.Hour() >= 9 && r.At.Hour() < 11:
		r.Quality = systems.QualityCalibration
	case calibrated && p.chance("fault "+code, day) < 0.04 && r.At.Hour() >= 2 && r.At.Hour() < 6:
		r.Quality, r.Value = systems.QualityFault, nil
	case calibrated: // their files know no other state
	case x < 0.002:
		r.Quality = systems.QualitySuspect
		*r.Value = round(*r.Value*4+5, 2)
	case x < 0.006:
		r.Quality = systems.QualityEstimated
	}
}

// newest is the newest value of a parameter that may be trusted.
func newest(readings []systems.Reading, parameter string) (float64, bool) {
	for i := len(readings) - 1; i >= 0; i-- {
		if r := readings[i]; r.Parameter == parameter && trusted(r) {
			return *r.Value, true
		}
	}
	return 0, false
}

func trusted(r systems.Reading) bool {
	return r.Value != nil && (r.Quality == systems.QualityGood || r.Quality == systems.QualityEstimated)
}

func lastAt(readings []systems.Reading) time.Time {
	var last time.Time
	for _, r := range readings {
		if r.At.After(last) {
			last = r.At
		}
	}
	return last
}

// lastDay is the trusted rain of the 24 hours up to the newest reading, mm.
func lastDay(readings []systems.Reading) float64 {
	from := lastAt(readings).Add(-24 * time.Hour)
	sum := 0.0
	for _, r := range readings {
		if r.Parameter == "rain1h" && r.At.After(from) && trusted(r) {
			sum += *r.Value
		}
	}
	return round(sum, 1)
}
