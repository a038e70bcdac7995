package systems

import (
	"strings"
	"time"

	"geohub/access"
	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats/dossier"
	"geohub/layer"
)

// A dossier lies where its office does, whichever of them comes first.
var (
	dossierPlace  = ingest.NewPart(Dossiers, "place", "geometry")
	dossierRest   = ingest.Rest(Dossiers, "dossier", dossierPlace)
	dossierAtDesk = ingest.PlacedBy(Dossiers.System, "officeId", Offices.System)
)

// dossierOfOneStop is what the record of a one-stop system becomes. An office
// is known by its code (noiTiepNhan) alone: an agency may have several.
var dossierOfOneStop = ingest.Map("dossier", 1, func(in *ingest.Intake, r dossier.Record) error {
	agency := r.Code.AgencyCode
	if r.CoQuan != "" {
		var err error
		if agency, err = dossier.AgencyCode(r.CoQuan); err != nil {
			return err
		}
	}
	row := &Dossier{
		Base: layer.Base{ID: Dossiers.IDPrefix() + r.MaHoSo, RecordKey: r.MaHoSo, LabelVI: r.TenTTHC, AgencyCode: agency,
			ObservedAt: oldestOf(r.NgayNop, r.NgayTiepNhan), VersionAt: r.NgayCapNhat, Sharing: access.Shared},
		DossierNo: &r.MaHoSo, ProcedureCode: said(procedureOf(r.MaTTHC)), ProcedureName: said(r.TenTTHC), ProcedureField: said(r.LinhVuc),
		SubmittedAt: r.NgayNop, ReceivedAt: r.NgayTiepNhan, PromisedAt: r.NgayHenTra, FinishedAt: r.NgayHoanThanh, ReturnedAt: r.NgayTra,
		Digitised: r.SoHoa, PaidOnline: r.ThanhToanTrucTuyen, Rating: r.DanhGia,
	}
	if row.VersionAt == nil {
		row.VersionAt = newestOf(r.NgayNop, r.NgayTiepNhan, r.NgayHoanThanh, r.NgayTra)
	}
	if r.NoiTiepNhan != "" {
		row.OfficeId = said(Offices.IDPrefix() + r.NoiTiepNhan)
	}
	if channel, ok := dossierChannels[r.Kenh]; ok {
		row.DossierChannel = &channel
	}
	if level, ok := serviceLevels[r.MucDo]; ok {
		row.ServiceLevel = &level
	}
	if r.TrangThai != nil {
		row.DossierStatus = &dossierStatuses[*r.TrangThai-1]
		row.DossierOutcome = outcomeOf(row, pausesOf(r, in.ReadAt), in.ReadAt)
	}
	ingest.Put(in, dossierRest, row)
	return nil
})

// dossierStatuses are the portal's codes 1 to 10.
var dossierStatuses = [10]DossierStatus{
	"REGISTERED", "RECEIVED", "REFUSED", "PROCESSING", "SUPPLEMENT_REQUESTED", "PAYMENT_REQUESTED", "WITHDRAWN", "STOPPED", "PROCESSED", "RETURNED",
}

var dossierChannels = map[dossier.Channel]DossierChannel{dossier.AtCounter: "IN_PERSON", dossier.Online: "ONLINE", dossier.ByPost: "POSTAL"}

var serviceLevels = map[dossier.Level]ServiceLevel{dossier.Partly: "PARTIAL", dossier.Wholly: "FULL"}

// procedureOf is a procedure's national code without the agency's own part:
// 1.004194.000.00.00.H57 is 1.004194.
func procedureOf(code string) string {
	if parts := strings.Split(code, "."); len(parts) > 2 {
		return parts[0] + "." + parts[1]
	}
	return code
}

// pause is a time in which the applicant was waited for.
type pause struct{ from, to time.Time }

// pausesOf are the steps in which the clock stood still: more papers asked for,
// or a fee. One that has not ended reaches to now; a dossier that waits and
// tells of no such step has waited since it changed last.
func pausesOf(r dossier.Record, now time.Time) (all []pause) {
	waits := r.TrangThai != nil && (*r.TrangThai == 5 || *r.TrangThai == 6)
	open := false
	for _, step := range r.CacBuoc {
		if step.Tu == nil || !isPause(step.Buoc) {
			continue
		}
		p := pause{*step.Tu, now}
		if step.Den != nil {
			p.to = *step.Den
		} else if !waits {
			continue // it says neither that it ended nor that it goes on
		} else {
			open = true
		}
		if p.to.After(p.from) {
			all = append(all, p)
		}
	}
	if since := r.NgayCapNhat; waits && !open && since != nil && now.After(*since) {
		all = append(all, pause{*since, now})
	}
	return all
}

func isPause(step string) bool {
	step = strings.ToLower(step)
	return strings.Contains(step, "bổ sung") || strings.Contains(step, "nghĩa vụ tài chính")
}

// outcomeOf is a dossier's standing at now: against the day promised, moved by
// the pauses; nil where there is no clock.
func outcomeOf(d *Dossier, pauses []pause, now time.Time) *DossierOutcome {
	switch *d.DossierStatus {
	case "REGISTERED", "REFUSED", "WITHDRAWN", "STOPPED":
		return nil
	}
	if d.PromisedAt == nil {
		return nil
	}
	due := *d.PromisedAt
	for _, p := range pauses {
		due = due.Add(p.to.Sub(p.from))
	}
	var outcome DossierOutcome
	switch at := d.FinishedAt; {
	case at == nil && (*d.DossierStatus == "PROCESSED" || *d.DossierStatus == "RETURNED"):
		return nil // done, nobody says when
	case at == nil && due.Before(now):
		outcome = "IN_PROGRESS_OVERDUE"
	case at == nil:
		outcome = "IN_PROGRESS_IN_TIME"
	case geo.DateOf(*at).Before(geo.DateOf(due)):
		outcome = "EARLY"
	case !at.After(due):
		outcome = "ON_TIME"
	default:
		outcome = "LATE"
	}
	return &outcome
}

func oldestOf(times ...*time.Time) (first *time.Time) {
	for _, t := range times {
		if t != nil && (first == nil || t.Before(*first)) {
			first = t
		}
	}
	return first
}

func newestOf(times ...*time.Time) (last *time.Time) {
	for _, t := range times {
		if t != nil && (last == nil || t.After(*last)) {
			last = t
		}
	}
	return last
}
