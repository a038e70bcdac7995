package systems

import (
	"context"
	"time"

	"geohub/clause"
	"geohub/geo"
	"geohub/layer"
)

// Vessel is a vessel, mostly of the fishing fleet, in the terms of AIS (ITU-R
// M.1371-5) and of the national vessel monitoring (Decree 37/2024). One vessel
// is one feature, whether it was heard by AIS, by VMS or by its skipper.
type Vessel struct {
	layer.Base
	Registration     *string       `layer:"key,filter,order"`
	MMSI             *string       `layer:"key,filter"`
	IMO              *string       `layer:"filter"`
	CallSign         *string       `layer:"filter"`
	VesselName       *string       `layer:"filter"`
	VesselStatus     *VesselStatus `layer:"filter,group,tile"`
	OwnerName        *string
	OwnerPhone       *string
	LengthM          *float64     `layer:"filter,order"`
	EnginePowerKw    *float64     `layer:"filter,order"`
	Gear             *FishingGear `layer:"filter,group,tile"`
	VesselClass      *VesselClass `layer:"filter,group,tile"`
	LicenceNo        *string      `layer:"filter"`
	LicenceTo        *geo.Date    `layer:"filter,order"`
	FoodSafetyCertTo *geo.Date    `layer:"filter,order"`
	HomePortId       *string      `layer:"filter,group,for=homePort"`
	IUURisk          *IUURisk     `layer:"filter,group"`
	Unregistered     *bool        `layer:"filter,group"`
	VmsDeviceIds     []string
	NavStatus        *NavStatus `layer:"filter,group"`
	ShipType         *int       `layer:"filter,group"`
	SpeedKn          *float64   `layer:"filter,order,tile"`
	CourseDeg        *float64   `layer:"tile"`
	HeadingDeg       *float64
	LastSignalAt     *time.Time      `layer:"filter,order"`
	PositionSource   *PositionSource `layer:"filter,group"`
	Destination      *string         `layer:"filter"`
	DraughtM         *float64
}

// VesselStatus is what the fleet's watch takes a vessel to be doing.
type VesselStatus string

// FishingGear is the class of gear a vessel is licensed for.
type FishingGear string

// VesselClass is the waters a vessel may fish in, by its length.
type VesselClass string

// IUURisk is the risk of illegal, unreported and unregulated fishing.
type IUURisk string

// NavStatus is the navigational status of an AIS position report.
type NavStatus string

// Vessels is the layer of vessels. One that says nothing for six hours away
// from port has to report by hand, so that is when the next position is due.
var Vessels = layer.New[Vessel]("vessels", layer.Spec{
	Agency: "H57.12",
	Due:    6 * time.Hour,
	Points: true,
	Conditions: []layer.Condition{
		silent("silent6h", "six hours", 6*time.Hour),
		silent("silent24h", "24 hours", 24*time.Hour),
		silent("silent10d", "ten days", 240*time.Hour),
		{Name: "licenceExpired", Description: "Its fishing licence has run out.", Where: licenceExpired, Turns: nextDay},
	},
	Nested: []layer.Nested{
		{Field: "positions", Series: &PositionSeries.SeriesTable},
		{Field: "track", Series: &PositionSeries.SeriesTable, Line: true},
	},
})

// silent is a condition on vessels that nothing is heard of: after six hours they
// are to report by hand, after a day the watch acts, and within ten days they are
// to return (Decree 37/2024).
func silent(name, words string, span time.Duration) layer.Condition {
	return layer.Condition{
		Name: name, Description: "Away from port, and not heard of for " + words + ".",
		Where: func(now time.Time) clause.C {
			return clause.Of("f.vessel_status NOT IN ('AT_PORT', 'INACTIVE') AND f.last_signal_at <= ?", now.Add(-span))
		},
		Turns: func(now time.Time) clause.C {
			return clause.Of("SELECT min(f.last_signal_at) + ? FROM vessels f WHERE f.vessel_status NOT IN ('AT_PORT', 'INACTIVE') AND f.last_signal_at > ?", span, now.Add(-span))
		},
	}
}

func licenceExpired(now time.Time) clause.C {
	return clause.Of("f.licence_to < ?::date", geo.DateOf(now))
}

// HomePort is the port the vessel is registered at; nil when none is known.
func (v *Vessel) HomePort(ctx context.Context) (*Place, error) {
	return Places.Follow(ctx, &v.Base, v.HomePortId)
}

// Positions are the newest first, of all vessels of a page in one statement.
func (v *Vessel) Positions(ctx context.Context, during *layer.DateTimeRange, last *int) ([]*Position, error) {
	return PositionSeries.Newest(ctx, &v.Base, layer.Everything(), during, last)
}

// PositionAt is the last known position at a time, or of all; nil when there was none yet.
func (v *Vessel) PositionAt(ctx context.Context, time *time.Time) (*Position, error) {
	last := 1
	found, err := PositionSeries.Newest(ctx, &v.Base, layer.Everything(), layer.UpTo(time), &last)
	if len(found) == 0 || err != nil {
		return nil, err
	}
	return found[0], nil
}

// Track is the line through the newest positions, oldest first; nil with fewer
// than two.
func (v *Vessel) Track(ctx context.Context, during *layer.DateTimeRange, last, crs *int, simplifyM *float64, precision *int) (*geo.Geometry, error) {
	return PositionSeries.Line(ctx, &v.Base, during, last, crs, simplifyM, precision)
}
