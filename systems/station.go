package systems

import (
	"context"
	"time"

	"geohub/layer"
)

// Station is a place where water, rain, weather or air is measured, in the
// terms of OGC SensorThings 1.1 and Circular 10/2021/TT-BTNMT. The values are
// the newest that may be trusted: nothing measured in calibration or fault.
type Station struct {
	layer.Base
	Code              *string        `layer:"key,filter,order"`
	StationKind       *StationKind   `layer:"filter,group,tile"`
	StationStatus     *StationStatus `layer:"filter,group,tile"`
	River             *string        `layer:"filter,group,text"`
	Parameters        []string       `layer:"filter"`
	FloodAlarm1M      *float64
	FloodAlarm2M      *float64
	FloodAlarm3M      *float64
	FloodAlarmLevel   *int     `layer:"filter,order,group,tile"`
	WaterLevelM       *float64 `layer:"filter,order,tile"`
	Trend             *Trend   `layer:"filter,group,tile"`
	Rain1hMm          *float64 `layer:"filter,order"`
	Rain24hMm         *float64 `layer:"filter,order,tile"`
	AirTemperatureCel *float64 `layer:"filter,order"`
	Pm25UgM3          *float64 `layer:"filter,order"`
	Pm10UgM3          *float64 `layer:"filter,order"`
	VnAqi             *int     `layer:"filter,order,tile"`
	VnWqi             *int     `layer:"filter,order,tile"`
	PH                *float64 `layer:"filter"`
	CodMgL            *float64 `layer:"filter"`
	TssMgL            *float64 `layer:"filter"`
}

// StationKind is what a station measures first.
type StationKind string

// StationStatus is the state of a station's devices.
type StationStatus string

// Trend is where a water level is going.
type Trend string

// Stations is the layer of monitoring stations. The department keeps the list;
// rows of the hydro-meteorological service carry that agency's own code.
var Stations = layer.New[Station]("stations", layer.Spec{
	Agency: "H57.12",
	Due:    2 * time.Hour,
	Points: true,
	Named:  true,
	Nested: []layer.Nested{readings},
})

// Readings are the newest measurements first, of all stations of a page in one statement.
func (s *Station) Readings(ctx context.Context, parameters []string, during *layer.DateTimeRange, last *int) ([]*Reading, error) {
	return ReadingSeries.Newest(ctx, &s.Base, layer.In("parameter", parameters), during, last)
}
