package systems

import "geohub/layer"

// Office is a one-stop office of the public administration, by Decree 61/2018
// and Decree 118/2025. All of it is public; it names no person.
type Office struct {
	layer.Base
	OfficeCode   *string       `layer:"key,filter,order"`
	OfficeKind   *OfficeKind   `layer:"filter,group,tile"`
	OfficeStatus *OfficeStatus `layer:"filter,group,tile"`
	Address      *string       `layer:"filter,text"`
	OfficePhone  *string
	OpeningHours *string
	Counters     *int `layer:"filter,order"`
	WaitingCount *int `layer:"filter,order,tile"`
	ServedToday  *int `layer:"filter,order"`
}

// OfficeKind is whose counters stand in an office.
type OfficeKind string

// OfficeStatus says whether an office serves people now.
type OfficeStatus string

// Offices is the layer of one-stop offices. They count only while they are
// open, so a fixed rhythm would call each of them stale every night.
var Offices = layer.New[Office]("offices", layer.Spec{
	Agency: "H57.03",
	Points: true,
	Named:  true,
})
