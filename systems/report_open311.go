package systems

import (
	"encoding/json"
	"regexp"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/ingest/formats/open311"
	"geohub/layer"
)

var wholeReport = ingest.Whole(Reports)

// The province's own codes, which stand in no standard.
var (
	reportSteps = map[string]ReportStatus{
		"MOI_TIEP_NHAN": "RECEIVED", "XAC_MINH": "VERIFYING", "TU_CHOI": "REJECTED", "PHAN_PHOI": "ASSIGNED", "DANG_XU_LY": "IN_PROGRESS",
		"DA_XU_LY": "RESOLVED", "CONG_KHAI": "PUBLISHED", "DANH_GIA": "RATED", "MO_LAI": "REOPENED", "DONG": "CLOSED",
	}
	reportGroups = map[string]ReportCategory{
		"Hạ tầng đô thị": "INFRASTRUCTURE", "Giao thông": "TRAFFIC", "Môi trường": "ENVIRONMENT", "An ninh trật tự": "PUBLIC_ORDER",
		"Trật tự xây dựng": "CONSTRUCTION", "Điện, nước, viễn thông": "UTILITIES", "Y tế": "HEALTH", "An toàn thực phẩm": "FOOD_SAFETY",
		"Giáo dục": "EDUCATION", "Văn hóa, du lịch": "CULTURE_TOURISM", "Quảng cáo": "ADVERTISING", "Thiên tai, cứu nạn": "DISASTER",
		"Dịch vụ công": "PUBLIC_SERVICE", "Khác": "OTHER",
	}
	reportOpinions = map[string]Satisfaction{"hai_long": "SATISFIED", "chap_nhan": "ACCEPTED", "khong_hai_long": "DISSATISFIED"}
	reportChannels = map[string]ReportChannel{
		"app": "APP", "web": "WEB", "hotline": "HOTLINE", "social_media": "SOCIAL_MEDIA", "email": "EMAIL", "in_person": "IN_PERSON", "other": "OTHER",
	}
	agencyCode = regexp.MustCompile(`^[A-Z][0-9]{2}(\.[0-9]+)*$`)
)

// reportOfOpen311 makes a report of a service request. Lists of services and
// receipts of what was posted are no reports.
var reportOfOpen311 = ingest.Map("open311", 1, func(in *ingest.Intake, r open311.Record) error {
	if r.Request == nil {
		return nil
	}
	q, ahead := r.Request, time.Duration(in.Source.ClockAhead)
	// What the province's reporting service says beyond the standard: an
	// extension of its own, none of Open311's. Another server's says nothing to us.
	ext := q.Extension()
	row := &Report{
		Base: layer.Base{
			ID: "report:" + q.ServiceRequestID, LabelVI: firstOf(ext.Text("title"), q.ServiceName, q.ServiceCode), LabelEN: ext.Text("title_en"), RecordKey: q.ServiceRequestID,
			ObservedAt: before(q.RequestedDatetime, ahead), VersionAt: before(q.UpdatedDatetime, ahead),
		},
		ServiceRequestId: said(q.ServiceRequestID), ServiceCode: said(q.ServiceCode), ServiceName: said(q.ServiceName),
		ReportCategory: coded(reportGroups, ext.Text("service_group")), ReportStatus: coded(reportSteps, ext.Text("status_step")), StatusNotes: said(q.StatusNotes),
		Description: said(q.Description), AddressString: said(firstOf(q.AddressString, q.Address)),
		ExpectedAt: before(q.ExpectedDatetime, ahead), ResolvedAt: before(momentOf(ext.Text("resolved_datetime")), ahead),
		Satisfaction: coded(reportOpinions, ext.Text("citizen_rating")), Channel: coded(reportChannels, ext.Text("source_channel")),
		FirstName: said(q.FirstName), LastName: said(q.LastName), Email: said(q.Email), Phone: said(q.Phone),
		AccountId: said(q.AccountID), DeviceId: said(q.DeviceID),
	}
	row.MediaUrls = pictures(q)
	if looked, err := strconv.ParseBool(ext.Text("media_moderated")); err == nil {
		row.MediaModerated = &looked // whether staff has looked at them
	}
	row.RequestedAt, row.StatusUpdatedAt = row.ObservedAt, row.VersionAt
	if code := firstOf(ext.Text("agency_code"), q.AgencyResponsible); agencyCode.MatchString(code) {
		row.AgencyResponsibleCode = &code
	}
	if q.Lat != nil && q.Long != nil {
		row.Geom = orb.Point{*q.Long, *q.Lat}
		if m, err := strconv.ParseFloat(ext.Text("location_accuracy_m"), 64); err == nil && m >= 0 {
			row.PositionAccuracyM = &m
		}
	}
	switch q.Status {
	case "open":
		row.Open311Status = new(Open311Status("OPEN"))
	case "closed":
		row.Open311Status = new(Open311Status("CLOSED"))
	}
	if row.ReportStatus == nil && row.Open311Status != nil {
		row.ReportStatus = new(plainStep(q))
	}
	ingest.Put(in, wholeReport, row)
	return nil
})

func momentOf(text string) *time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &t
}

// plainStep is the step of a report whose server knows open and closed only.
func plainStep(q *open311.Request) ReportStatus {
	switch {
	case q.Status == "closed":
		return "RESOLVED"
	case q.AgencyResponsible != "":
		return "ASSIGNED"
	}
	return "RECEIVED"
}

// pictures are the addresses of a report's media: one by the standard, all of
// them where a server gives several.
func pictures(q *open311.Request) []string {
	var all []string
	if list := q.Extra["media_urls"]; len(list) > 0 && json.Unmarshal(list, &all) == nil && len(all) > 0 {
		return all
	}
	if q.MediaURL == "" {
		return []string{}
	}
	return []string{q.MediaURL}
}
