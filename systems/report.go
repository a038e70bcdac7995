package systems

import (
	"context"
	"time"

	"geohub/clause"
	"geohub/layer"
)

// Report is what somebody saw and reported, in the terms of Open311 GeoReport
// v2 with the province's own cycle of handling beside it. The result is public;
// who reported is confidential.
//
// MediaUrls are the source's own addresses of pictures; they never leave the
// hub, which fetches them itself (package media). MediaModerated says that the
// source's staff has looked at them; nil: nobody has.
type Report struct {
	layer.Base
	ServiceRequestId      *string         `layer:"key,filter,order"`
	ServiceCode           *string         `layer:"filter,group"`
	ServiceName           *string         `layer:"filter,group,text"`
	ReportCategory        *ReportCategory `layer:"filter,group,count,tile"`
	ReportStatus          *ReportStatus   `layer:"filter,group,count,tile"`
	Open311Status         *Open311Status  `layer:"filter,group,count,tile"`
	StatusNotes           *string         `layer:"text"`
	Description           *string         `layer:"text"`
	AddressString         *string         `layer:"filter"`
	RequestedAt           *time.Time      `layer:"filter,order"`
	StatusUpdatedAt       *time.Time      `layer:"filter,order"`
	ExpectedAt            *time.Time      `layer:"filter,order"`
	ResolvedAt            *time.Time      `layer:"filter,order"`
	Satisfaction          *Satisfaction   `layer:"filter,group"`
	AgencyResponsibleCode *string         `layer:"filter,group,for=agencyResponsible"`
	Channel               *ReportChannel  `layer:"filter,group"`
	FirstName             *string
	LastName              *string
	Email                 *string
	Phone                 *string
	AccountId             *string
	DeviceId              *string
	MediaUrls             []string `layer:"hidden,for=media"`
	MediaModerated        *bool    `layer:"hidden,for=media"`
}

// ReportCategory is the field of public life that a report is about.
type ReportCategory string

// ReportStatus is a step of the province's cycle of handling.
type ReportStatus string

// Open311Status is the standard's status, which knows two values.
type Open311Status string

// Satisfaction is what the reporter thought of the result.
type Satisfaction string

// ReportChannel is the way a report came in.
type ReportChannel string

// Reports is the layer of reports. Each moves when somebody works on it: none is due.
var Reports = layer.New[Report]("reports", layer.Spec{
	Agency: "H57.02",
	Points: true,
	Conditions: []layer.Condition{
		{Name: "onTime", Description: "Resolved by `expectedAt`.", Where: reportOnTime},
		{Name: "late", Description: "Resolved after `expectedAt`, or open though that has passed.", Where: reportLate, Turns: reportTurns},
	},
})

func reportOnTime(time.Time) clause.C { return clause.Of("f.resolved_at <= f.expected_at") }

func reportLate(now time.Time) clause.C {
	return clause.Of("f.resolved_at > f.expected_at OR f.resolved_at IS NULL AND f.open311_status = 'OPEN' AND f.expected_at <= ?", now)
}

func reportTurns(now time.Time) clause.C {
	return clause.Of("SELECT min(f.expected_at) FROM reports f WHERE f.open311_status = 'OPEN' AND f.expected_at > ?", now)
}

// AgencyResponsible is the agency that handles the report; nil until one is assigned.
func (r *Report) AgencyResponsible(ctx context.Context) (*layer.Agency, error) {
	return layer.AgencyOf(ctx, &r.Base, r.AgencyResponsibleCode)
}
