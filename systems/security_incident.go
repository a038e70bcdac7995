package systems

import (
	"time"

	"geohub/layer"
)

// SecurityIncident is an incident of network security at an agency's site, in
// the terms of IODEF (RFC 7970), OCSF and TLP 2.0. Raw events stay in the SIEM.
type SecurityIncident struct {
	layer.Base
	IncidentNo           *string           `layer:"key,filter,order"`
	IncidentCategory     *IncidentCategory `layer:"filter,group,count"`
	IncidentSeverity     *IncidentSeverity `layer:"filter,group,count,tile"`
	IncidentStatus       *IncidentStatus   `layer:"filter,group,count,tile"`
	FindingUid           *string           `layer:"filter"`
	Tactic               *string           `layer:"filter,group"`
	Technique            *string           `layer:"filter,group"`
	AssetHostname        *string           `layer:"filter"`
	AssetIp              *string
	SourceIp             *string
	SystemName           *string    `layer:"filter,group"`
	SecurityLevel        *int       `layer:"filter,group"`
	TLP                  *TLP       `layer:"filter,group"`
	OpenedAt             *time.Time `layer:"filter,order"`
	ContainedAt          *time.Time `layer:"filter,order"`
	ResolvedAt           *time.Time `layer:"filter,order"`
	ReportedToNationalAt *time.Time `layer:"filter,order"`
	EventCount           *int       `layer:"filter,order"`
}

// IncidentCategory is what was done or tried.
type IncidentCategory string

// IncidentSeverity is OCSF's severity, its ids 1 to 6 by name.
type IncidentSeverity string

// IncidentStatus is OCSF's status of a finding.
type IncidentStatus string

// TLP is how far the owner lets an incident be told, by the Traffic Light Protocol 2.0.
type TLP string

// SecurityIncidents is the layer of incidents, for the security staff alone.
var SecurityIncidents = layer.New[SecurityIncident]("securityIncidents", layer.Spec{
	Agency: "H57.02",
	Points: true,
})
