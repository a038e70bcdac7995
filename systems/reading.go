package systems

import (
	"time"

	"geohub/layer"
)

// Reading is one measured value of a dam or a station, as the source gave it.
// Quality says whether it may be used in a figure.
type Reading struct {
	Parameter string
	At        time.Time
	Value     *float64
	Unit      string // UCUM
	Quality   ReadingQuality
}

// ReadingQuality says how far a reading can be trusted.
type ReadingQuality string

// The qualities that figures and alarms accept or refuse.
const (
	QualityGood        ReadingQuality = "GOOD"
	QualityEstimated   ReadingQuality = "ESTIMATED"
	QualityCalibration ReadingQuality = "CALIBRATION"
	QualityFault       ReadingQuality = "FAULT"
	QualitySuspect     ReadingQuality = "SUSPECT"
)

// ReadingSeries holds the readings of dams and stations.
var ReadingSeries = layer.NewSeries[Reading]("readings", "parameter")

// readings is the field of dams and stations.
var readings = layer.Nested{Field: "readings", Series: &ReadingSeries.SeriesTable, In: "parameters", Column: "parameter"}
