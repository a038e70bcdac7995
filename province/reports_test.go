package province

import (
	"regexp"
	"strings"
	"testing"

	"geohub/systems"
)

func TestReports(t *testing.T) {
	personal := regexp.MustCompile(`\d{5}|@|\d{2}[A-Z]-`)
	for _, now := range moments {
		p := New(1, now)
		units, statuses := map[string]int{}, map[systems.ReportStatus]int{}
		handled, rated, satisfied, overdue, flood := 0, 0, 0, 0, 0
		rows := p.Reports()
		for _, r := range rows {
			units[r.LabelVI[strings.Index(r.LabelVI, " – ")+len(" – "):]]++
			statuses[*r.ReportStatus]++
			closed := false
			switch *r.ReportStatus {
			case "REJECTED", "RESOLVED", "PUBLISHED", "RATED", "CLOSED":
				closed = true
			}
			if closed != (*r.Open311Status == "CLOSED") || (r.ResolvedAt != nil) != (closed && *r.ReportStatus != "REJECTED") {
				t.Fatalf("%s: %s, %s, resolved %v", r.ID, *r.ReportStatus, *r.Open311Status, r.ResolvedAt)
			}
			if r.StatusUpdatedAt.Before(*r.RequestedAt) || r.ResolvedAt != nil && (r.ResolvedAt.Before(*r.RequestedAt) || r.ResolvedAt.After(*r.StatusUpdatedAt)) {
				t.Fatalf("%s: times out of order", r.ID)
			}
			assigned := *r.ReportStatus != "RECEIVED" && *r.ReportStatus != "VERIFYING" && *r.ReportStatus != "REJECTED"
			if assigned != (r.ExpectedAt != nil) || assigned != (r.AgencyResponsibleCode != nil) {
				t.Fatalf("%s: %s, expected %v", r.ID, *r.ReportStatus, r.ExpectedAt)
			}
			if closed {
				handled++
			} else if r.ExpectedAt != nil && r.ExpectedAt.Before(p.now) {
				overdue++
			}
			if r.Satisfaction != nil {
				if rated++; *r.Satisfaction == "SATISFIED" {
					satisfied++
				}
			}
			if *r.ServiceCode == "FLOODING" && p.flooded(*r.RequestedAt) == 1 {
				flood++
			}
			text := *r.Description
			if r.StatusNotes != nil {
				text += *r.StatusNotes
			}
			for _, name := range []*string{r.FirstName, r.LastName} {
				if name != nil && strings.Contains(text, *name) {
					t.Fatalf("%s names who reported: %s", r.ID, text)
				}
			}
			if personal.MatchString(text) {
				t.Fatalf("%s: %s", r.ID, text)
			}
		}
		if len(units) != 40 {
			t.Errorf("%s: reports from %d units", now, len(units))
		}
		for unit, n := range units {
			if n < 20 {
				t.Errorf("%s: %d reports from %s", now, n, unit)
			}
		}
		if share := float64(handled) / float64(len(rows)); share < 0.96 || share > 0.993 {
			t.Errorf("%s: %.3f handled", now, share)
		}
		if share := float64(satisfied) / float64(rated); share < 0.9 || share > 0.94 {
			t.Errorf("%s: %.3f satisfied", now, share)
		}
		if overdue == 0 || statuses["REOPENED"] == 0 || statuses["IN_PROGRESS"] == 0 {
			t.Errorf("%s: %d overdue, %v", now, overdue, statuses)
		}
		if p.now.After(moments[1]) && flood < 100 {
			t.Errorf("%s: %d reports of flooding at the flood's height", now, flood)
		}
	}
}
