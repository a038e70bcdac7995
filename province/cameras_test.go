package province

import (
	"strings"
	"testing"

	"geohub/access"
	"geohub/geo"
)

func TestCameras(t *testing.T) {
	p := New(1, evening)
	at, online := map[string]bool{}, 0
	for _, c := range p.Cameras() {
		at[c.ID] = true
		if *c.CameraStatus == "ONLINE" {
			online++
			if p.now.Sub(*c.LastSeenAt).Minutes() > 5 {
				t.Errorf("%s is online and silent", c.ID)
			}
		}
		if shape := c.Coverage(); shape != nil {
			if err := geo.Check(shape.Shape); err != nil {
				t.Errorf("%s sees %v", c.ID, err)
			}
		}
	}
	if online < 585 || online > 635 {
		t.Errorf("%d online", online)
	}
	for _, e := range p.CameraEvents() {
		if !at[*e.CameraId] || !strings.HasPrefix(*e.Topic, "tns") || e.EndAt != nil && e.EndAt.Before(*e.StartAt) || e.Sharing != access.Shared {
			t.Fatalf("%+v", e)
		}
		if e.PlateMasked != nil && !strings.Contains(*e.PlateMasked, "***") {
			t.Fatalf("%s shows a plate", e.ID)
		}
	}
}

func TestBillboards(t *testing.T) {
	p := New(1, evening)
	today := geo.DateOf(p.now)
	for _, b := range p.Billboards() {
		licensed := b.PermitTo != nil && !b.PermitTo.Before(today) && !today.Before(*b.PermitFrom)
		if status := *b.BillboardStatus; licensed != (status == "ACTIVE" || status == "OFFLINE" || status == "SUSPENDED") || (b.PermitNo == nil) != (status == "UNLICENSED") {
			t.Errorf("%s is %s, permit %v to %v", b.ID, status, b.PermitFrom, b.PermitTo)
		}
	}
}

func TestArticlesAndIncidents(t *testing.T) {
	for _, now := range moments {
		p := New(1, now)
		for _, a := range p.Articles() {
			if (a.Geom == nil) != (len(a.PlaceNames) == 0) || (a.AssignedAgencyCode == nil) != (a.HandlingDueAt == nil) {
				t.Fatalf("%+v", a)
			}
			if (*a.Sentiment == "NEGATIVE") != (*a.SentimentScore < -0.3) && *a.Sentiment != "NEUTRAL" {
				t.Fatalf("%s: %s, %v", a.ID, *a.Sentiment, *a.SentimentScore)
			}
		}
		for _, s := range p.SecurityIncidents() {
			if (s.ResolvedAt != nil) != (*s.IncidentStatus == "RESOLVED") || s.ResolvedAt != nil && s.ResolvedAt.Before(*s.ContainedAt) {
				t.Fatalf("%s: %s, contained %v, resolved %v", s.ID, *s.IncidentStatus, s.ContainedAt, s.ResolvedAt)
			}
		}
	}
}
