package systems

import (
	"slices"

	"geohub/ingest"
)

// What follows from a station's readings, the state of its devices (which its
// files say, or its Thing), and what its register says.
var (
	stationFigures = ingest.NewPart(Stations, "figures", "observedAt", "waterLevelM", "trend", "floodAlarmLevel", "rain1hMm", "rain24hMm",
		"airTemperatureCel", "pm25UgM3", "pm10UgM3", "vnAqi", "vnWqi", "ph", "codMgL", "tssMgL")
	stationState    = ingest.NewPart(Stations, "state", "stationStatus")
	stationRegister = ingest.Rest(Stations, "register", stationFigures, stationState)
)

// stationDerivation makes a station's present figures from its newest readings.
// VN_AQI is worked out from the dusts of one hour; an index that the source
// itself reports is taken where those are not measured.
var stationDerivation = ingest.Derive(stationFigures, ReadingSeries, derivedFrom, func(s *Station, newestFirst []Reading) {
	f := figures(newestFirst)
	s.ObservedAt = f.at()
	s.WaterLevelM, s.Trend = f.newest("level"), nil
	if t := f.trend(); t != "" {
		s.Trend = &t
	}
	s.FloodAlarmLevel = floodAlarm(s.WaterLevelM, s.FloodAlarm1M, s.FloodAlarm2M, s.FloodAlarm3M)
	s.Rain1hMm, s.Rain24hMm = f.lastHour(), f.rain(derivedDay)
	s.AirTemperatureCel, s.Pm25UgM3, s.Pm10UgM3 = f.newest("temperature"), f.newest("pm25"), f.newest("pm10")
	s.PH, s.CodMgL, s.TssMgL = f.newest("ph"), f.newest("cod"), f.newest("tss")
	if s.VnAqi = hourAQI(s.Pm25UgM3, s.Pm10UgM3); s.VnAqi == nil {
		s.VnAqi = whole(f.newest("vnAqi"))
	}
	s.VnWqi = whole(f.newest("vnWqi"))
})

// stationStates are the words under which sources say how the devices are.
var stationStates = map[string]StationStatus{
	"measuring": "MEASURING", "dang do": "MEASURING", "00": "MEASURING", "active": "MEASURING", "online": "MEASURING", "hoat dong": "MEASURING",
	"calibrating": "CALIBRATING", "calibration": "CALIBRATING", "hieu chuan": "CALIBRATING", "01": "CALIBRATING",
	"fault": "FAULT", "error": "FAULT", "loi": "FAULT", "loi thiet bi": "FAULT", "02": "FAULT",
	"offline": "OFFLINE", "inactive": "OFFLINE", "mat ket noi": "OFFLINE", "ngung hoat dong": "OFFLINE",
}

// putStation makes a station's row of its Thing. The properties are: code ·
// type · river · floodAlarm1 (bd1), floodAlarm2, floodAlarm3, metres ·
// parameters, for what comes another way than by the Thing's Datastreams ·
// status · nameEn · agency.
func putStation(in *ingest.Intake, t *thing) {
	s := &Station{Base: t.base(Stations.System.IDPrefix())}
	s.Code, s.River = &s.RecordKey, t.text("river", "song")
	if t.kind != stationThing {
		s.StationKind = new(StationKind(t.kind))
	}
	s.FloodAlarm1M, s.FloodAlarm2M, s.FloodAlarm3M = t.number("floodAlarm1", "bd1"), t.number("floodAlarm2", "bd2"), t.number("floodAlarm3", "bd3")
	for _, text := range t.texts("parameters") {
		p := spelledParameter(text)
		if p == "" {
			p = text
		}
		s.Parameters = append(s.Parameters, p)
	}
	if s.Parameters == nil {
		for _, ds := range t.Datastreams {
			if p := parameterOf(ds, t.kind); p != "" && !slices.Contains(s.Parameters, p) {
				s.Parameters = append(s.Parameters, p)
			}
		}
	}
	ingest.Put(in, stationRegister, s)
	if status := t.text("status", "trangThai"); status != nil {
		known, ok := stationStates[word(*status)]
		if !ok {
			known = "UNKNOWN"
		}
		s.StationStatus = &known
		ingest.Put(in, stationState, s)
	}
}
