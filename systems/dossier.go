package systems

import (
	"context"
	"time"

	"geohub/layer"
)

// Dossier is one case handed in for an administrative procedure, in the terms
// of the National Public Service Portal. It never holds anything of the
// applicant, and it lies where its office does.
type Dossier struct {
	layer.Base
	DossierNo      *string         `layer:"key,filter,order"`
	ProcedureCode  *string         `layer:"filter,group"`
	ProcedureName  *string         `layer:"filter"`
	ProcedureField *string         `layer:"filter,group,count"`
	OfficeId       *string         `layer:"filter,group,for=office"`
	DossierChannel *DossierChannel `layer:"filter,group"`
	ServiceLevel   *ServiceLevel   `layer:"filter,group"`
	DossierStatus  *DossierStatus  `layer:"filter,group,count,tile"`
	SubmittedAt    *time.Time      `layer:"filter,order"`
	ReceivedAt     *time.Time      `layer:"filter,order"`
	PromisedAt     *time.Time      `layer:"filter,order"`
	FinishedAt     *time.Time      `layer:"filter,order"`
	ReturnedAt     *time.Time      `layer:"filter,order"`
	DossierOutcome *DossierOutcome `layer:"filter,group,count,tile"`
	Digitised      *bool           `layer:"filter,group"`
	PaidOnline     *bool           `layer:"filter,group"`
	Rating         *int            `layer:"filter,group"`
}

// DossierChannel is the way a dossier was handed in.
type DossierChannel string

// ServiceLevel is how much of a procedure can be done online.
type ServiceLevel string

// DossierStatus is the portal's status, its ten codes by name.
type DossierStatus string

// DossierOutcome is a dossier's standing against the day promised.
type DossierOutcome string

// Dossiers is the layer of dossiers. Each moves when somebody works on it: none is due.
var Dossiers = layer.New[Dossier]("dossiers", layer.Spec{
	Agency: "H57.03",
	Points: true,
})

// Office is the office that took the dossier in; nil when none is known.
func (d *Dossier) Office(ctx context.Context) (*Office, error) {
	return Offices.Follow(ctx, &d.Base, d.OfficeId)
}
