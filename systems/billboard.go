package systems

import (
	"time"

	"geohub/clause"
	"geohub/geo"
	"geohub/layer"
)

// Billboard is one face of outdoor advertising, electronic or printed, in the
// terms of OpenOOH and of the Advertising Law as amended by Law 75/2025/QH15.
type Billboard struct {
	layer.Base
	PermitNo          *string          `layer:"key,filter,order"`
	PermitFrom        *geo.Date        `layer:"filter,order"`
	PermitTo          *geo.Date        `layer:"filter,order"`
	StructurePermitNo *string          `layer:"filter"`
	BillboardKind     *BillboardKind   `layer:"filter,group,tile"`
	BillboardStatus   *BillboardStatus `layer:"filter,group,tile"`
	Address           *string          `layer:"filter,text"`
	VenueType         *string          `layer:"filter,group"`
	HeritageZone      *HeritageZone    `layer:"filter,group,tile"`
	FaceAzimuthDeg    *float64         `layer:"tile"`
	WidthM            *float64
	HeightM           *float64
	AreaM2            *float64 `layer:"filter,order"`
	Resolution        *string
	BrightnessNits    *float64   `layer:"filter,order"`
	OwnerName         *string    `layer:"filter"`
	OperatorName      *string    `layer:"filter,group"`
	LastHeartbeatAt   *time.Time `layer:"filter,order"`
	CurrentCreative   *string    `layer:"filter"`
	CreativeApproved  *bool      `layer:"filter,group"`
}

// BillboardKind is how a billboard shows its pictures.
type BillboardKind string

// BillboardStatus says whether a billboard shows, and whether it may.
type BillboardStatus string

// HeritageZone is the protection zone of the Huế monuments that a billboard stands in.
type HeritageZone string

// Billboards is the layer of billboards. Screens send a heartbeat, printed
// faces never do, so the layer as a whole has no rhythm.
var Billboards = layer.New[Billboard]("billboards", layer.Spec{
	Agency: "H57.07",
	Points: true,
	Conditions: []layer.Condition{
		{Name: "permitted", Description: "Its permit holds today.", Where: billboardPermitted, Turns: nextDay},
		{Name: "permitEnding", Description: "Its permit holds today and ends within 30 days.", Where: billboardPermitEnding, Turns: nextDay},
	},
})

func billboardPermitted(now time.Time) clause.C {
	today := geo.DateOf(now)
	return clause.Of("f.permit_no IS NOT NULL AND coalesce(f.permit_from <= ?::date, true) AND coalesce(f.permit_to >= ?::date, true)", today, today)
}

func billboardPermitEnding(now time.Time) clause.C {
	return clause.Of("? AND f.permit_to <= ?::date", billboardPermitted(now), geo.DateOf(now).AddDays(30))
}

// nextDay is when what holds today may hold no more.
func nextDay(now time.Time) clause.C {
	return clause.Of("SELECT ?::timestamptz", geo.DateOf(now).AddDays(1).Start())
}
