package province

import (
	"math"
	"slices"
	"strings"
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
			row.TurbineM3s = new(max(round(outflow-spill, 1), 0))
		}
		if !math.IsNaN(d.tailM) {
			row.DownstreamLevelM = new(round(d.tailM+0.09*math.Sqrt(outflow), 2))
		}
		if d.gates > 0 {
			row.GatesOpen = new(d.gatesOpen(spill))
		}
		rows = append(rows, row)
	}
	return rows
}

// Stations are the 10 of the hydro-meteorological service, 30 rain gauges, 8
// stations of air and 8 of water. Values are the newest that may be trusted.
func (p *Province) Stations() []*systems.Station {
	var rows []*systems.Station
	for _, s := range p.stations() {
		readings := p.stationReadings(s)
		at := lastAt(readings)
		row := &systems.Station{
			Base: layer.Base{
				ID: s.id(), LabelVI: s.name, LabelEN: s.nameEN, Geom: s.at, PositionAccuracyM: known(s.accuracyM), AgencyCode: s.agency,
				Source: "sensorthings", RecordKey: s.code, ObservedAt: &at, Sharing: access.Open,
			},
			Code: new(s.code), StationKind: new(s.kind), StationStatus: new(s.status), Parameters: s.parameters,
			FloodAlarm1M: known(s.alarmM[0]), FloodAlarm2M: known(s.alarmM[1]), FloodAlarm3M: known(s.alarmM[2]),
		}
		if s.river != "" {
			row.River = new(s.river)
		}
		for _, parameter := range s.parameters {
			v, ok := newest(readings, parameter)
			if !ok {
				continue
			}
			switch parameter {
			case "level":
				row.WaterLevelM, row.Trend = &v, new(trend(readings))
				row.FloodAlarmLevel = s.alarmLevel(v)
			case "rain1h":
				row.Rain1hMm, row.Rain24hMm = &v, new(lastDay(readings))
			case "temperature":
				row.AirTemperatureCel = &v
			case "pm25":
				row.Pm25UgM3 = &v
			case "pm10":
				row.Pm10UgM3 = &v
			case "ph":
				row.PH = &v
			case "cod":
				row.CodMgL = &v
			case "tss":
				row.TssMgL = &v
			}
		}
		if row.Pm25UgM3 != nil && row.Pm10UgM3 != nil {
			row.VnAqi = new(aqi(*row.Pm25UgM3, *row.Pm10UgM3))
		}
		if row.PH != nil && row.CodMgL != nil && row.TssMgL != nil && !s.waste {
			row.VnWqi = new(wqi(*row.PH, *row.CodMgL, *row.TssMgL))
		}
		rows = append(rows, row)
	}
	return rows
}

// Readings are hourly: of everything the last seven days, and of what the
// flood of October 2025 touched its sixteen days too.
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

// station is one monitoring station; alarm levels that it lacks are NaN.
type station struct {
	code, name, nameEN, river, agency string
	kind                              systems.StationKind
	status                            systems.StationStatus
	at                                orb.Point
	accuracyM                         float64
	alarmM                            [3]float64
	parameters                        []string
	waste                             bool
	silent                            int // hours since anything came; or hours in calibration or fault
}

const hydromet = "H57.50"

// bachMa is where the record rain fell; its gauge has this code.
const bachMa = "MUA_BACH_MA"

func (p *Province) stations() []station {
	none := [3]float64{math.NaN(), math.NaN(), math.NaN()}
	var all []station
	add := func(s station, parameters ...string) {
		s.parameters = parameters
		if s.status == "" {
			s.status = "MEASURING"
		}
		all = append(all, s)
	}
	for _, r := range table("stations.csv") {
		s := station{code: r["code"], name: r["name"], nameEN: r["name_en"], river: r["river"], agency: hydromet, kind: systems.StationKind(r["kind"]),
			at: orb.Point{number(r["lon"]), number(r["lat"])}, accuracyM: number(r["accuracy_m"]),
			alarmM: [3]float64{number(r["alarm1_m"]), number(r["alarm2_m"]), number(r["alarm3_m"])}}
		if s.kind == "HYDROLOGY" {
			add(s, "level", "rain1h")
		} else {
			add(s, "temperature", "rain1h")
		}
	}
	add(station{code: bachMa, name: "Trạm đo mưa Bạch Mã", nameEN: "Bach Ma rain gauge", agency: hydromet, kind: "RAIN",
		at: orb.Point{107.86, 16.197}, accuracyM: 500, alarmM: none}, "rain1h")
	r := p.rand("rain gauges")
	without := []string{"19777", "19815", "19804", "19909", "19930", "19969", "19873", "20014", "19975", "20071", "20179"}
	for i, c := range p.units {
		at := c.somewhere(r)
		if slices.Contains(without, c.code) {
			continue
		}
		s := station{code: "MUA_" + keyOf(c), name: "Trạm đo mưa " + c.short(), nameEN: strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(c.nameEN, "Commune "), " Ward"), " Commune") + " rain gauge",
			agency: hydromet, kind: "RAIN", at: at, accuracyM: 30, alarmM: none}
		switch i {
		case 9:
			s.status, s.silent = "OFFLINE", 9
		case 16:
			s.status, s.silent = "FAULT", 5
		case 30:
			s.status, s.silent = "OFFLINE", 71
		}
		add(s, "rain1h")
	}
	places := table("places.csv")
	point := func(code string) map[string]string {
		return places[slices.IndexFunc(places, func(r map[string]string) bool { return r["code"] == code })]
	}
	for i, a := range [][3]string{{"QT_KK_HUE", "", ""}, {"DT_DAI_NOI", "Phú Xuân", "Phu Xuan"}, {"BX_PHIA_NAM", "An Cựu", "An Cuu"}, {"KCN_PHU_BAI", "Phú Bài", "Phu Bai"},
		{"KCN_PHONG_DIEN", "Phong Thái", "Phong Thai"}, {"CC_THUAN_AN", "Thuận An", "Thuan An"}, {"KCN_TU_HA", "Hương Trà", "Huong Tra"}, {"CANG_CHAN_MAY", "Chân Mây", "Chan May"}} {
		at := point(a[0])
		s := station{code: a[0], name: at["name"], nameEN: at["name_en"], kind: "AIR", at: orb.Point{number(at["lon"]), number(at["lat"])}, accuracyM: number(at["accuracy_m"]), alarmM: none}
		if i > 0 {
			s.code, s.name, s.nameEN = "KK_"+strings.ToUpper(strings.ReplaceAll(a[2], " ", "_")), "Trạm quan trắc không khí "+a[1], a[2]+" air station"
			s.at = away(s.at, 0.4, float64(45*i))
		}
		if i == 4 {
			s.status, s.silent = "FAULT", 4
		}
		add(s, "pm25", "pm10", "temperature")
	}
	for _, at := range places {
		if at["kind"] != "MONITORING_POINT" || at["medium"] == "air" {
			continue
		}
		s := station{code: at["code"], name: at["name"], nameEN: at["name_en"], kind: "WATER", at: orb.Point{number(at["lon"]), number(at["lat"])},
			accuracyM: number(at["accuracy_m"]), alarmM: none, waste: at["medium"] == "wastewater"}
		switch {
		case strings.Contains(s.name, "sông Hương"):
			s.river = "Hương"
		case strings.Contains(s.name, "sông Bồ"):
			s.river = "Bồ"
		}
		if s.code == "QT_DP_CAU_HAI" {
			s.status, s.silent = "CALIBRATING", 2
		}
		add(s, "ph", "cod", "tss")
	}
	return all
}

func (s station) id() string { return systems.Stations.System.One + ":" + s.code }

func (s station) alarmLevel(waterM float64) *int {
	if math.IsNaN(s.alarmM[2]) {
		return nil
	}
	n := 0
	for i, alarm := range s.alarmM {
		if waterM >= alarm {
			n = i + 1
		}
	}
	return &n
}

var unitOf = map[string]string{"level": "m", "rain1h": "mm", "temperature": "Cel", "pm25": "ug/m3", "pm10": "ug/m3", "ph": "[pH]", "cod": "mg/L", "tss": "mg/L"}

func (p *Province) stationReadings(s station) []systems.Reading {
	times := p.week()
	if s.code == bachMa || floodGauges[s.code] != "" {
		var earlier []time.Time
		for h := range floodHours() {
			if at := floodFrom.Add(time.Duration(h) * time.Hour); at.Before(times[0]) {
				earlier = append(earlier, at)
			}
		}
		times = append(earlier, times...)
	}
	end := times[len(times)-1]
	var all []systems.Reading
	for _, parameter := range s.parameters {
		for _, at := range times {
			hoursAgo := int(end.Sub(at) / time.Hour)
			if s.status == "OFFLINE" && hoursAgo < s.silent {
				break
			}
			r := systems.Reading{Parameter: parameter, At: at, Value: new(p.measured(s, parameter, at)), Unit: unitOf[parameter], Quality: systems.QualityGood}
			_, flooded := p.october.index(at)
			switch {
			case s.status == "CALIBRATING" && hoursAgo < s.silent:
				r.Quality = systems.QualityCalibration
			case s.status == "FAULT" && hoursAgo < s.silent:
				r.Quality, r.Value = systems.QualityFault, nil
			case !flooded:
				p.spoil(&r, parameter+" "+s.code, s.code, s.kind == "AIR" || s.kind == "WATER")
			}
			all = append(all, r)
		}
	}
	return all
}

// measured is what a sound device shows.
func (p *Province) measured(s station, parameter string, at time.Time) float64 {
	year, hour := float64(at.YearDay())/365, float64(at.Hour())
	slow := p.noise(parameter+" "+s.code, at, 14*time.Hour)
	wet := min(p.rain(s.code, s.at, at, 0.3)/8, 1)
	summer := -math.Cos(2 * math.Pi * (year - 0.04))
	switch parameter {
	case "level":
		return p.riverLevel(s, at)
	case "rain1h":
		return round(p.rain(s.code, s.at, at, 0.3), 1)
	case "temperature":
		day := 3.2 * math.Cos(2*math.Pi*(hour-14)/24)
		return round(25+4.8*summer+day*(1-0.6*wet)+1.2*slow-1.5*wet-8*max(16.35-s.at.Lat(), 0), 1)
	case "pm25", "pm10":
		rush := math.Exp(-math.Pow(hour-7.5, 2)/5) + 0.8*math.Exp(-math.Pow(hour-18.5, 2)/6)
		pm25 := max((22-9*summer)*(1+0.35*p.noise("dust "+s.code, at, 14*time.Hour)+0.35*rush)*(1-0.5*wet), 2)
		if parameter == "pm10" {
			return round(pm25*(1.6+0.15*slow)+6, 1)
		}
		return round(pm25, 1)
	case "ph":
		return round(7.2+0.25*slow+map[bool]float64{true: 0.6}[strings.HasPrefix(s.code, "QT_B_")], 2)
	case "cod":
		if s.waste {
			return round(48+14*slow, 1)
		}
		return round(11+4*slow+5*wet, 1)
	default: // tss
		if s.waste {
			return round(34+9*slow, 1)
		}
		return round(18+7*slow+60*wet+14*wetness(at), 1)
	}
}

// riverLevel rises with two days' rain upstream; below it are season and tide.
func (p *Province) riverLevel(s station, at time.Time) float64 {
	if levels := p.october.gauges[s.code]; levels != nil {
		if i, in := p.october.index(at); in {
			return levels[i]
		}
	}
	base := map[string][2]float64{ // metres: level when dry, metres per 100 mm of rain
		"KIM_LONG": {0.25, 0.9}, "PHU_OC": {0.5, 0.9}, "THUONG_NHAT_TV": {55.2, 1.1}, "BINH_DIEN_TV": {7.8, 1.2},
		"CO_BI": {1.4, 1.0}, "PHONG_BINH": {0.4, 0.6}, "CAU_TRUOI": {0.3, 0.8},
	}[s.code]
	upstream := orb.Point{s.at.Lon(), s.at.Lat() - 0.15}
	mm := 0.0
	for lag := range 48 {
		t := float64(lag)
		mm += p.rain(s.river, upstream, at.Add(-time.Duration(lag)*time.Hour), 0.4) * math.Exp(-t/20) * (1 - math.Exp(-(t+1)/5))
	}
	tide := 0.0
	if base[0] < 1 {
		tide = 0.12 * math.Sin(2*math.Pi*epochHours(at)/12.42)
	}
	return round(base[0]+0.35*wetness(at)+tide+base[1]*mm/100, 2)
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

// trend compares the newest level with the one of two hours before; 3 cm is a change.
func trend(readings []systems.Reading) systems.Trend {
	now, _ := newest(readings, "level")
	end := lastAt(readings)
	for _, r := range readings {
		if r.Parameter == "level" && r.At.Equal(end.Add(-2*time.Hour)) && trusted(r) {
			switch {
			case now-*r.Value > 0.03:
				return "RISING"
			case now-*r.Value < -0.03:
				return "FALLING"
			}
		}
	}
	return "STEADY"
}

// aqi is VN_AQI of one hour by the steps of QĐ 1459/2019: the worse of both dusts.
func aqi(pm25, pm10 float64) int {
	index := []float64{0, 50, 100, 150, 200, 300, 400, 500}
	of := func(c float64, steps []float64) float64 {
		for i := 1; i < len(steps); i++ {
			if c <= steps[i] {
				return index[i-1] + (index[i]-index[i-1])*(c-steps[i-1])/(steps[i]-steps[i-1])
			}
		}
		return 500
	}
	return int(math.Round(max(of(pm25, []float64{0, 25, 50, 80, 150, 250, 350, 500}), of(pm10, []float64{0, 50, 150, 250, 350, 420, 500, 600}))))
}

// wqi is a stand-in for VN_WQI, which asks for more than three parameters.
func wqi(ph, cod, tss float64) int {
	score := 100 - 12*math.Abs(ph-7.3) - max(cod-10, 0)*1.6 - max(tss-20, 0)*0.35
	return int(math.Round(min(max(score, 10), 100)))
}

// week are the full hours of the last seven days, oldest first.
func (p *Province) week() []time.Time {
	end := p.now.Truncate(time.Hour)
	times := make([]time.Time, 0, 7*24+1)
	for h := 7 * 24; h >= 0; h-- {
		times = append(times, end.Add(-time.Duration(h)*time.Hour))
	}
	return times
}

// rain is millimetres in the hour that ends at at. In the flood it is Bạch
// Mã's own, and elsewhere a share of it.
func (p *Province) rain(name string, where orb.Point, at time.Time, floodShare float64) float64 {
	local := p.noise("rain "+name, at, 5*time.Hour)
	if i, in := p.october.index(at); in {
		if name == bachMa {
			return p.october.rainMm[i]
		}
		return p.october.rainMm[i] * floodShare * (1 + 0.4*local)
	}
	s := 0.85*p.noise("storm", at, 20*time.Hour) + 0.4*p.noise("front", at, 7*time.Hour) + 0.45*local + 0.8*wetness(at) - 0.75
	if s <= 0 {
		return 0
	}
	hills := 1 + 0.8*min(max((16.5-where.Lat())/0.3, 0), 1)
	return math.Pow(s, 1.6) * 9 * hills * (0.6 + 0.8*p.chance("drops "+name, int64(epochHours(at))))
}

// wetness is the season's, 0 dry to 1 in October and November.
func wetness(at time.Time) float64 {
	return ofMonth(at, [12]float64{0.35, 0.2, 0.12, 0.15, 0.25, 0.2, 0.15, 0.25, 0.6, 1, 0.95, 0.65})
}

// filling is the share of the useful volume that a reservoir holds in the
// season: room is kept for the floods, and full is the end of the year.
func filling(at time.Time) float64 {
	return ofMonth(at, [12]float64{0.96, 0.93, 0.88, 0.81, 0.72, 0.62, 0.5, 0.42, 0.38, 0.48, 0.66, 0.86})
}

// ofMonth goes straight from the middle of a month to the next one's.
func ofMonth(at time.Time, middles [12]float64) float64 {
	x := float64(at.YearDay()-1)/365.25*12 - 0.5 + 12
	i := int(x)
	t := x - float64(i)
	return middles[i%12]*(1-t) + middles[(i+1)%12]*t
}

func epochHours(at time.Time) float64 { return float64(at.Unix()) / 3600 }

// noise wavers between −1 and 1, from one value to the next in a period, and
// is the same for a moment whenever it is asked.
func (p *Province) noise(topic string, at time.Time, period time.Duration) float64 {
	x := epochHours(at) / period.Hours()
	i := math.Floor(x)
	t := x - i
	t = t * t * (3 - 2*t)
	key := keyed(p.seed, topic)
	return 2*(mixed(key, int64(i))*(1-t)+mixed(key, int64(i)+1)*t) - 1
}

// chance is a number from 0 to under 1 of a topic's n-th occasion.
func (p *Province) chance(topic string, n int64) float64 { return mixed(keyed(p.seed, topic), n) }

func keyed(seed uint64, topic string) uint64 {
	const prime = 1099511628211 // FNV's
	key := seed*prime ^ 14695981039346656037
	for i := range len(topic) {
		key = (key ^ uint64(topic[i])) * prime
	}
	return key
}

// mixed is splitmix64's finish.
func mixed(key uint64, n int64) float64 {
	z := key + uint64(n)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// keyOf is a unit's name as codes have it: "CHAN_MAY_LANG_CO".
func keyOf(c commune) string {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(c.nameEN, "Commune "), " Ward"), " Commune")
	return strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(name, " - ", "_"), " ", "_"))
}

// known is nil of NaN.
func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
