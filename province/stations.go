package province

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/layer"
	"geohub/systems"
)

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
			Code: new(s.code), StationKind: new(s.kind), StationStatus: new(s.state(readings)), Parameters: s.parameters,
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

// sendsFiles says that the station's logger sends a file each quarter of an
// hour, in which each value has the state of its device.
func (s station) sendsFiles() bool { return s.kind == "AIR" || s.kind == "WATER" }

// state is what the newest readings say of the devices, where they say it.
func (s station) state(readings []systems.Reading) systems.StationStatus {
	if !s.sendsFiles() {
		return s.status
	}
	at, state := lastAt(readings), systems.StationStatus("MEASURING")
	for _, r := range readings {
		switch {
		case !r.At.Equal(at):
		case r.Quality == systems.QualityFault:
			return "FAULT"
		case r.Quality == systems.QualityCalibration:
			state = "CALIBRATING"
		}
	}
	return state
}

// quarters are the full hours of the week up to two days ago, then quarters.
func (p *Province) quarters() []time.Time {
	times := p.week()
	times = times[:len(times)-48]
	for at := times[len(times)-1].Add(15 * time.Minute); !at.After(p.now); at = at.Add(15 * time.Minute) {
		times = append(times, at)
	}
	return times
}

func (p *Province) stationReadings(s station) []systems.Reading {
	times := p.week()
	if s.sendsFiles() {
		times = p.quarters()
	}
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
				p.spoil(&r, parameter+" "+s.code, s.code, s.sendsFiles())
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
