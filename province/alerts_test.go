package province

import (
	"testing"
	"time"

	"geohub/access"
	"geohub/geo"
	"geohub/systems"
)

func TestAlertsInForce(t *testing.T) {
	for now := time.Date(2025, 9, 20, 1, 0, 0, 0, geo.Saigon); now.Year() < 2027; now = now.Add(43 * time.Hour) {
		p := New(1, now)
		rows := p.Alerts()
		named := map[string]bool{}
		sent := map[string]*systems.Alert{}
		for _, a := range rows {
			sent[*a.Identifier] = a
		}
		active, sea, wet, drill, inside := 0, 0, 0, 0, 0
		for _, a := range rows {
			for _, ref := range a.References {
				named[ref] = true
				if old := sent[ref]; old != nil && !old.SentAt.Before(*a.SentAt) || old == nil && p.now.AddDate(-2, 0, 5).Before(*a.SentAt) {
					t.Fatalf("%s refers to %s", a.ID, ref)
				}
			}
			if (*a.MsgType != "ALERT") != (len(a.References) > 0) || !a.ExpiresAt.After(*a.EffectiveAt) || len(a.Category) == 0 {
				t.Fatalf("%s: %s, %v", a.ID, *a.MsgType, a.References)
			}
			if (*a.Scope == "PUBLIC") != (a.Sharing == access.Open) {
				t.Fatalf("%s: %s, %d", a.ID, *a.Scope, a.Sharing)
			}
			force := *a.MsgType != "CANCEL" && !a.Superseded && !a.EffectiveAt.After(p.now) && a.ExpiresAt.After(p.now)
			switch {
			case *a.AlertStatus == "EXERCISE":
				drill++
			case !force:
			case *a.Scope == "RESTRICTED":
				inside++
				active++
			default:
				active++
				if *a.Hazard == "STRONG_WIND_AT_SEA" {
					sea++
				}
				if (*a.Hazard == "FLOOD" || *a.Hazard == "INUNDATION" || *a.Hazard == "HEAVY_RAIN") && len(a.Geocodes) > 2 {
					wet++
				}
			}
		}
		for _, a := range rows {
			if a.Superseded != named[*a.Identifier] {
				t.Fatalf("%s: superseded %v", a.ID, a.Superseded)
			}
		}
		if active < 3 || active > 6 || sea == 0 || wet == 0 || drill == 0 || inside != 1 {
			t.Errorf("%s: %d active, %d at sea, %d wet, %d drills, %d inside", now, active, sea, wet, drill, inside)
		}
	}
}
