package province

import (
	"testing"
	"time"

	"geohub/systems"
)

func TestOffices(t *testing.T) {
	for _, now := range moments {
		p := New(1, now)
		at := map[string]bool{}
		for _, o := range p.Offices() {
			at[o.ID] = true
			if *o.OfficeStatus == "OPEN" && *o.OfficeKind != "POST" && !isOpen(p.now) || *o.OfficeStatus == "CLOSED" && *o.WaitingCount > 0 {
				t.Errorf("%s at %s: %s", o.ID, now, *o.OfficeStatus)
			}
		}
		for _, c := range p.communes() {
			if !at["office:MC-"+c.code] {
				t.Errorf("%s has no one-stop", c.name)
			}
		}
	}
}

func TestDossiers(t *testing.T) {
	statuses := map[systems.DossierStatus]int{}
	for _, now := range moments {
		p := New(1, now)
		offices := map[string]bool{}
		for _, o := range p.Offices() {
			offices[o.ID] = true
		}
		outcomes := map[systems.DossierOutcome]int{}
		for _, d := range p.Dossiers() {
			statuses[*d.DossierStatus]++
			var want systems.DossierOutcome
			day := func(t *time.Time) time.Time { return midnight(*t) }
			switch s := *d.DossierStatus; {
			case s == "PROCESSED" || s == "RETURNED":
				switch {
				case day(d.FinishedAt).Before(day(d.PromisedAt)):
					want = "EARLY"
				case day(d.FinishedAt).Equal(day(d.PromisedAt)) && !d.FinishedAt.After(*d.PromisedAt):
					want = "ON_TIME"
				default:
					want = "LATE"
				}
			case s == "REGISTERED" || s == "REFUSED" || s == "WITHDRAWN" || s == "STOPPED":
			case d.PromisedAt.Before(p.now) && s != "SUPPLEMENT_REQUESTED" && s != "PAYMENT_REQUESTED":
				want = "IN_PROGRESS_OVERDUE"
			default:
				want = "IN_PROGRESS_IN_TIME"
			}
			got := systems.DossierOutcome("")
			if d.DossierOutcome != nil {
				got = *d.DossierOutcome
			}
			if outcomes[got]++; got != want || !offices[*d.OfficeId] {
				t.Fatalf("%s: %s is %q, want %q; at %s", d.ID, *d.DossierStatus, got, want, *d.OfficeId)
			}
			last := *d.SubmittedAt
			for _, at := range []*time.Time{d.ReceivedAt, d.FinishedAt, d.ReturnedAt} {
				if at != nil {
					if at.Before(last) || at.After(p.now) {
						t.Fatalf("%s: times out of order", d.ID)
					}
					last = *at
				}
			}
			if (d.ReturnedAt != nil) != (*d.DossierStatus == "RETURNED") || d.Rating != nil && d.ReturnedAt == nil {
				t.Fatalf("%s: %s, returned %v", d.ID, *d.DossierStatus, d.ReturnedAt)
			}
		}
		if late := outcomes["LATE"]; late == 0 || late*10 > outcomes["EARLY"]+outcomes["ON_TIME"] || outcomes["IN_PROGRESS_OVERDUE"] == 0 {
			t.Errorf("%s: %v", now, outcomes)
		}
	}
	if len(statuses) != 10 {
		t.Errorf("%d of ten statuses: %v", len(statuses), statuses)
	}
}
