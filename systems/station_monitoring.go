package systems

import (
	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats/monitoringtxt"
	"geohub/layer"
)

// ofMonitoringFiles makes readings of the lines of Circular 10/2021's files. A
// station's code is its facility's and its own joined, QT_KK_HUE of
// HUE_QT_KK_HUE_20251027130500.txt. Where it is and what it is called no file
// says: another source's register does, and until it has come a station has
// its code for a name.
var ofMonitoringFiles = ingest.Map("monitoring-txt", 1, func(in *ingest.Intake, m monitoringtxt.Sent) error {
	code := m.File.Facility + "_" + m.File.Station
	if m.File.Facility == "" || m.File.Station == "" {
		return unfit("file", "the file's name doesn't say which station it is of")
	}
	r := Reading{Parameter: m.Parameter, At: m.Time, Quality: stateQuality[m.Quality]}
	if r.Parameter == "" {
		r.Parameter = m.Param
	}
	if r.Quality == "" {
		return unfit("quality", "%q is no state of a device", m.Quality)
	}
	unit := m.UCUM
	if unit == "" && m.Unit != "" && m.Unit != "-" {
		if unit = ucum(m.Unit); unit == "" {
			return unfit("unit", "unit %q of %s is not known", m.Unit, m.Param)
		}
	}
	var err error
	if r.Value, r.Unit, err = measured(r.Parameter, m.Value, unit); err != nil {
		return unfit("unit", "%v", err)
	}
	r.Quality = checked(r.Parameter, r.Value, r.Quality)
	id := Stations.System.IDPrefix() + code
	ingest.Add(in, ReadingSeries, id, r)
	ingest.Put(in, stationState, &Station{
		Base: layer.Base{ID: id, LabelVI: code, RecordKey: code, VersionAt: &m.Time, Sharing: access.Open},
		Code: &code, StationStatus: new(stateOf[m.Quality]),
	})
	return nil
})

// What the circular's three states of a device make of a value and a station.
var (
	stateQuality = map[monitoringtxt.Quality]ReadingQuality{
		monitoringtxt.Measuring: QualityGood, monitoringtxt.Calibrating: QualityCalibration, monitoringtxt.Fault: QualityFault,
	}
	stateOf = map[monitoringtxt.Quality]StationStatus{
		monitoringtxt.Measuring: "MEASURING", monitoringtxt.Calibrating: "CALIBRATING", monitoringtxt.Fault: "FAULT",
	}
)
