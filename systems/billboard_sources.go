package systems

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/billboard"
	"geohub/layer"
)

// Who knows what of a billboard: a screen says by itself that it lives and what
// it shows, of a printed face the log says what hangs there, the registry knows
// all else, and when somebody looked at it last.
var (
	billboardBeat    = ingest.NewPart(Billboards, "beat", "observedAt", "lastHeartbeatAt")
	billboardVisit   = ingest.NewPart(Billboards, "visit", "observedAt")
	billboardShown   = ingest.NewPart(Billboards, "shown", "currentCreative", "creativeApproved")
	billboardEntered = ingest.Rest(Billboards, "registry", billboardBeat, billboardShown)
)

// screenOfHeartbeat is a sign of life.
var screenOfHeartbeat = ingest.Map("heartbeat", 1, func(in *ingest.Intake, h *billboard.Heartbeat) error {
	return beat(in, h)
})

// ofBillboards takes what is known of billboards, by its kind.
var ofBillboards = ingest.Map("billboard", 1, func(in *ingest.Intake, r billboard.Record) error {
	switch r := r.(type) {
	case *billboard.Registry:
		return entered(in, r)
	case *billboard.Play:
		return played(in, r)
	case *billboard.Heartbeat:
		return beat(in, r)
	}
	return fmt.Errorf("nothing says what a %T becomes", r)
})

func beat(in *ingest.Intake, h *billboard.Heartbeat) error {
	if h.Time.After(in.ReadAt.Add(10 * time.Minute)) {
		return formats.Refusal{Path: "time", Reason: h.Time.Format(time.RFC3339) + " is still to come: the screen's clock is wrong"}
	}
	base := layer.Base{ID: Billboards.IDPrefix() + h.ID, RecordKey: h.ID, ObservedAt: &h.Time}
	ingest.Put(in, billboardBeat, &Billboard{Base: base, LastHeartbeatAt: &h.Time})
	if h.Creative != "" || h.Approved != nil || strings.EqualFold(h.DisplayState, "OFF") {
		ingest.Put(in, billboardShown, &Billboard{Base: base, CurrentCreative: said(h.Creative), CreativeApproved: h.Approved})
	}
	return nil
}

func played(in *ingest.Intake, p *billboard.Play) error {
	if p.StartAt.After(in.ReadAt.Add(10 * time.Minute)) {
		return formats.Refusal{Path: "startAt", Reason: p.StartAt.Format(time.RFC3339) + " is still to come: the player's clock is wrong"}
	}
	id, n := Billboards.IDPrefix()+p.Billboard, BillboardPlay{At: p.StartAt.UTC().Truncate(time.Hour), Creative: p.Creative, Plays: 1}
	if p.PlayCount != nil {
		n.Plays = *p.PlayCount
	}
	if p.DurationS != nil {
		n.Seconds = *p.DurationS * float64(n.Plays)
	} else if p.EndAt != nil {
		n.Seconds = p.EndAt.Sub(p.StartAt).Seconds()
	}
	play := strings.Join([]string{p.Billboard, p.StartAt.UTC().Format(time.RFC3339Nano), p.Creative}, "\x1f")
	ingest.Count(in, BillboardPlaySeries, id, n, play)
	ingest.Put(in, billboardShown, &Billboard{
		Base:            layer.Base{ID: id, RecordKey: p.Billboard, VersionAt: &p.StartAt},
		CurrentCreative: said(p.Creative), CreativeApproved: p.Approved,
	})
	return nil
}

var (
	billboardKinds    = map[string]BillboardKind{"LED": "LED", "LCD": "LCD", "PRINT": "PRINT", "TRIVISION": "TRIVISION"}
	billboardStatuses = map[string]BillboardStatus{"ACTIVE": "ACTIVE", "OFFLINE": "OFFLINE", "SUSPENDED": "SUSPENDED", "EXPIRED": "EXPIRED", "UNLICENSED": "UNLICENSED"}
	heritageZoneOne   = regexp.MustCompile(`(?i)(^|[ _])(I|1)$`)
	heritageZoneTwo   = regexp.MustCompile(`(?i)(^|[ _])(II|2)$`)
)

// entered is an entry of the registry.
func entered(in *ingest.Intake, r *billboard.Registry) error {
	from, err := dateOf("permitFrom", r.PermitFrom)
	if err != nil {
		return err
	}
	to, err := dateOf("permitTo", r.PermitTo)
	if err != nil {
		return err
	}
	visited, err := dateOf("inspectedOn", r.InspectedOn)
	if err != nil {
		return err
	}
	base := layer.Base{ID: Billboards.IDPrefix() + r.ID, RecordKey: r.ID, LabelVI: firstOf(r.Name, r.Address, r.ID), LabelEN: "Billboard " + r.ID}
	row := &Billboard{
		Base: base, PermitNo: said(r.PermitNo), PermitFrom: from, PermitTo: to, StructurePermitNo: said(r.StructurePermit),
		BillboardKind: coded(billboardKinds, r.BillboardKind), BillboardStatus: coded(billboardStatuses, r.Status), Address: said(r.Address), VenueType: said(r.VenueType),
		HeritageZone: zoneOf(r.Zone), FaceAzimuthDeg: r.FaceAzimuthDeg, WidthM: r.WidthM, HeightM: r.HeightM, AreaM2: r.AreaM2, Resolution: said(r.Resolution),
		BrightnessNits: r.BrightnessNits, OwnerName: said(r.Owner), OperatorName: said(r.Operator),
	}
	if r.Lon != nil && r.Lat != nil {
		row.Geom = orb.Point{*r.Lon, *r.Lat}
	}
	ingest.Put(in, billboardEntered, row)
	switch {
	case r.LastHeartbeat != nil:
		base.ObservedAt = r.LastHeartbeat
		ingest.Put(in, billboardBeat, &Billboard{Base: base, LastHeartbeatAt: r.LastHeartbeat})
	case visited != nil && r.BillboardKind != "LED" && r.BillboardKind != "LCD":
		base.ObservedAt = new(visited.Start())
		ingest.Put(in, billboardVisit, &Billboard{Base: base})
	}
	return nil
}

// dateOf reads a day; nil when there is none.
func dateOf(field string, d billboard.Date) (*geo.Date, error) {
	if d == "" {
		return nil, nil
	}
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return nil, formats.Refusal{Path: field, Reason: err.Error()}
	}
	return &geo.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

// zoneOf reads the protection zone: I, II or none, however it is written; nil
// when nothing is said, or nothing that is known.
func zoneOf(text string) *HeritageZone {
	text = strings.TrimSpace(text)
	switch {
	case heritageZoneTwo.MatchString(text):
		return new(HeritageZone("ZONE_II"))
	case heritageZoneOne.MatchString(text):
		return new(HeritageZone("ZONE_I"))
	case strings.EqualFold(text, "NONE"), strings.EqualFold(text, "không"), strings.EqualFold(text, "ngoài vùng"):
		return new(HeritageZone("NONE"))
	}
	return nil
}
