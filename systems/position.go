package systems

import (
	"time"

	"github.com/paulmach/orb"

	"geohub/layer"
)

// Position is where a vessel was at one time, as AIS, VMS or its skipper gave
// it. Speed is knots, course and heading degrees from true north; nil where
// the sender had none.
type Position struct {
	At             time.Time
	Geom           orb.Point // EPSG:4326, lon lat
	SpeedKn        *float64
	CourseDeg      *float64
	HeadingDeg     *float64
	PositionSource *PositionSource
}

// PositionSource is the way a position came.
type PositionSource string

// PositionSeries holds where vessels were.
var PositionSeries = layer.NewSeries[Position]("vessel_positions")

// Lon is degrees east.
func (p *Position) Lon() float64 { return p.Geom.Lon() }

// Lat is degrees north.
func (p *Position) Lat() float64 { return p.Geom.Lat() }
