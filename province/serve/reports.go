package serve

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/province"
	"geohub/systems"
)

// reportsService is Hue-S by Open311 GeoReport v2, JSON and XML.
func reportsService() service {
	return service{name: "reports", handler: func(s *Server) http.Handler { return newReportsAPI(s).routes() }, sources: `
  - name: hue-s
    format: open311
    address: {{.HTTP}}/open311/v2
    headers: {X-Api-Key: ` + reportsKey + `}
    every: 20s
    due: 5m
    outbox: true
`}
}

// reportsKey lets its holder post reports and see who made them.
const reportsKey = "hue-s-demo-key"

// Bounds of an answer, by the standard.
const (
	reportsDays    = 90
	reportsPerPage = 1000
)

type reportsAPI struct {
	s        *Server
	agencies map[string]string // names by code
	posted   *postedReports
}

func newReportsAPI(s *Server) *reportsAPI {
	a := &reportsAPI{s: s, agencies: map[string]string{}, posted: &postedReports{byID: map[string]*systems.Report{}, tokens: map[string]bool{}, ratings: map[string]reportRating{}}}
	for _, g := range s.Province().Agencies() {
		a.agencies[g.Code] = g.Name
	}
	return a
}

func (a *reportsAPI) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /open311/v2/{file}", a.list)
	mux.HandleFunc("POST /open311/v2/{file}", a.post)
	mux.HandleFunc("GET /open311/v2/requests/{file}", a.one)
	mux.HandleFunc("POST /open311/v2/requests/{id}/{file}", a.rate)
	mux.HandleFunc("GET /open311/v2/services/{file}", a.definition)
	mux.HandleFunc("GET /open311/v2/tokens/{file}", a.token)
	mux.HandleFunc("GET /media/{file}", a.media)
	return mux
}

// fileOf is what a path ends in, and whether XML is asked for.
func fileOf(r *http.Request) (name string, asXML, ok bool) {
	file := r.PathValue("file")
	if name, ok = strings.CutSuffix(file, ".json"); ok {
		return name, false, true
	}
	name, ok = strings.CutSuffix(file, ".xml")
	return name, true, ok
}

func (a *reportsAPI) list(w http.ResponseWriter, r *http.Request) {
	switch name, asXML, ok := fileOf(r); {
	case ok && name == "services":
		var all []tree
		for _, s := range province.ReportServices() {
			all = append(all, serviceTree(s))
		}
		writeTrees(w, asXML, http.StatusOK, "services", "service", all)
	case ok && name == "requests":
		a.requests(w, r, asXML)
	default:
		open311Error(w, strings.HasSuffix(r.URL.Path, ".xml"), http.StatusNotFound, "there is no such resource")
	}
}

func serviceTree(s province.ReportService) tree {
	kind := "realtime"
	if s.Code == batchService {
		kind = "batch"
	}
	return tree{{"service_code", s.Code}, {"service_name", s.Name}, {"service_name_en", s.NameEN}, {"description", s.NameEN}, {"metadata", "true"},
		{"type", kind}, {"keywords", strings.ToLower(s.NameEN)}, {"group", reportGroups[s.Category]}}
}

// definition says what is asked for a service: the reporter may say how urgent
// it seems, and the program by which a report comes its own id of it.
func (a *reportsAPI) definition(w http.ResponseWriter, r *http.Request) {
	code, asXML, ok := fileOf(r)
	known := slices.ContainsFunc(province.ReportServices(), func(s province.ReportService) bool { return s.Code == code })
	if !ok || !known {
		open311Error(w, asXML, http.StatusNotFound, "service_code "+code+" is not known")
		return
	}
	attribute := func(order int, code, kind, text string, values []tree) tree {
		return tree{{"variable", "true"}, {"code", code}, {"datatype", kind}, {"required", "false"}, {"datatype_description", nil},
			{"order", strconv.Itoa(order)}, {"description", text}, {"values", list{"value", values}}}
	}
	writeTrees(w, asXML, http.StatusOK, "", "service_definition", []tree{{{"service_code", code}, {"attributes", list{"attribute", []tree{
		attribute(1, "urgency", "singlevaluelist", "Mức độ khẩn cấp", []tree{{{"key", "high"}, {"name", "Khẩn cấp"}}, {{"key", "normal"}, {"name", "Bình thường"}}}),
		attribute(2, "client_id", "string", "Mã phản ánh của phần mềm gửi; gửi lại cùng mã không tạo phản ánh mới", nil),
	}}}}})
}

// requests answers a question for reports, newest first.
func (a *reportsAPI) requests(w http.ResponseWriter, r *http.Request, asXML bool) {
	q := r.URL.Query()
	var wanted reportsWanted
	if err := wanted.read(q.Get, a.s.Now()); err != nil {
		open311Error(w, asXML, http.StatusBadRequest, err.Error())
		return
	}
	skip, left := (wanted.page-1)*wanted.perPage, wanted.perPage
	var found []tree
	a.each(func(row *systems.Report) bool {
		if !wanted.fits(row) {
			return true
		}
		if skip > 0 {
			skip--
			return true
		}
		found = append(found, a.requestTree(r, row))
		left--
		return left > 0
	})
	writeTrees(w, asXML, http.StatusOK, "service_requests", "request", found)
}

// each goes through all reports, newest first, until f has enough.
func (a *reportsAPI) each(f func(*systems.Report) bool) {
	made := rows(a.s, "reports", (*province.Province).Reports)
	own := a.posted.rows(a.s.Now())
	for i, j := len(made)-1, len(own)-1; i >= 0 || j >= 0; {
		var row *systems.Report
		if i < 0 || j >= 0 && own[j].RequestedAt.After(*made[i].RequestedAt) {
			row, j = own[j], j-1
		} else {
			row, i = made[i], i-1
		}
		if !f(a.posted.rated(row)) {
			return
		}
	}
}

func (a *reportsAPI) one(w http.ResponseWriter, r *http.Request) {
	id, asXML, ok := fileOf(r)
	var found []tree
	a.each(func(row *systems.Report) bool {
		if ok && *row.ServiceRequestId == id {
			found = append(found, a.requestTree(r, row))
		}
		return len(found) == 0
	})
	if len(found) == 0 {
		open311Error(w, asXML, http.StatusNotFound, "service_request_id "+id+" is not known")
		return
	}
	writeTrees(w, asXML, http.StatusOK, "service_requests", "request", found)
}

// reportsWanted is a question for reports, by the standard's parameters.
type reportsWanted struct {
	ids, codes, statuses []string
	from, to             time.Time
	page, perPage        int
}

func (q *reportsWanted) read(get func(string) string, now time.Time) (err error) {
	split := func(name string) []string {
		if text := get(name); text != "" {
			return strings.Split(text, ",")
		}
		return nil
	}
	q.ids, q.codes, q.statuses = split("service_request_id"), split("service_code"), split("status")
	q.from, q.to = now.AddDate(0, 0, -reportsDays), now.AddDate(100, 0, 0)
	for name, to := range map[string]*time.Time{"start_date": &q.from, "end_date": &q.to} {
		if text := get(name); text != "" {
			if *to, err = time.Parse(time.RFC3339, text); err != nil {
				return fmt.Errorf("%s %q is no time such as 2025-10-27T20:30:00+07:00", name, text)
			}
		}
	}
	if get("start_date") != "" && get("end_date") != "" && q.to.Sub(q.from) > reportsDays*24*time.Hour {
		return fmt.Errorf("start_date and end_date are more than %d days apart", reportsDays)
	}
	if get("start_date") == "" && get("end_date") != "" {
		q.from = q.to.AddDate(0, 0, -reportsDays)
	}
	q.page, q.perPage = 1, 100
	for name, to := range map[string]*int{"page": &q.page, "page_size": &q.perPage} {
		if text := get(name); text != "" {
			if *to, err = strconv.Atoi(text); err != nil || *to < 1 {
				return fmt.Errorf("%s %q is no number from 1", name, text)
			}
		}
	}
	q.perPage, q.page = min(q.perPage, reportsPerPage), min(q.page, 1_000_000)
	return nil
}

func (q *reportsWanted) fits(row *systems.Report) bool {
	if q.ids != nil { // they override all else
		return slices.Contains(q.ids, *row.ServiceRequestId)
	}
	return !row.RequestedAt.Before(q.from) && !row.RequestedAt.After(q.to) &&
		(q.codes == nil || slices.Contains(q.codes, *row.ServiceCode)) &&
		(q.statuses == nil || slices.Contains(q.statuses, strings.ToLower(string(*row.Open311Status))))
}

// The service's own codes for what the standard doesn't know.
var (
	reportSteps = map[systems.ReportStatus]string{
		"RECEIVED": "MOI_TIEP_NHAN", "VERIFYING": "XAC_MINH", "REJECTED": "TU_CHOI", "ASSIGNED": "PHAN_PHOI", "IN_PROGRESS": "DANG_XU_LY",
		"RESOLVED": "DA_XU_LY", "PUBLISHED": "CONG_KHAI", "RATED": "DANH_GIA", "REOPENED": "MO_LAI", "CLOSED": "DONG",
	}
	reportGroups = map[systems.ReportCategory]string{
		"INFRASTRUCTURE": "Hạ tầng đô thị", "TRAFFIC": "Giao thông", "ENVIRONMENT": "Môi trường", "PUBLIC_ORDER": "An ninh trật tự",
		"CONSTRUCTION": "Trật tự xây dựng", "UTILITIES": "Điện, nước, viễn thông", "HEALTH": "Y tế", "FOOD_SAFETY": "An toàn thực phẩm",
		"EDUCATION": "Giáo dục", "CULTURE_TOURISM": "Văn hóa, du lịch", "ADVERTISING": "Quảng cáo", "DISASTER": "Thiên tai, cứu nạn",
		"PUBLIC_SERVICE": "Dịch vụ công", "OTHER": "Khác",
	}
	reportOpinions = map[systems.Satisfaction]string{"SATISFIED": "hai_long", "ACCEPTED": "chap_nhan", "DISSATISFIED": "khong_hai_long"}
)

// requestTree is a report as the standard has it. Who made it stands there for
// the holder of the key only.
func (a *reportsAPI) requestTree(r *http.Request, row *systems.Report) tree {
	t := tree{
		{"service_request_id", *row.ServiceRequestId}, {"status", strings.ToLower(string(*row.Open311Status))}, {"status_notes", text(row.StatusNotes)},
		{"service_name", text(row.ServiceName)}, {"service_code", text(row.ServiceCode)}, {"description", text(row.Description)},
		{"agency_responsible", nil}, {"service_notice", nil}, {"requested_datetime", moment(row.RequestedAt)}, {"updated_datetime", moment(row.StatusUpdatedAt)},
		{"expected_datetime", moment(row.ExpectedAt)}, {"address", text(row.AddressString)}, {"address_id", nil}, {"zipcode", nil}, {"lat", nil}, {"long", nil}, {"media_url", nil},
	}
	own := tree{
		{"title", row.LabelVI}, {"title_en", row.LabelEN}, {"status_step", reportSteps[*row.ReportStatus]},
		{"service_group", reportGroups[*row.ReportCategory]}, {"source_channel", strings.ToLower(string(*row.Channel))},
	}
	if row.AgencyResponsibleCode != nil {
		t.set("agency_responsible", a.agencies[*row.AgencyResponsibleCode])
		own = append(own, member{"agency_code", *row.AgencyResponsibleCode})
	}
	if row.Satisfaction != nil {
		own = append(own, member{"citizen_rating", reportOpinions[*row.Satisfaction]})
	}
	if row.ResolvedAt != nil {
		own = append(own, member{"resolved_datetime", moment(row.ResolvedAt)})
	}
	if at, ok := pointOf(row.Geom); ok {
		t.set("lat", at[1])
		t.set("long", at[0])
		if row.PositionAccuracyM != nil {
			own = append(own, member{"location_accuracy_m", *row.PositionAccuracyM})
		}
	}
	if has, moderated := picture(row); has {
		t.set("media_url", fmt.Sprintf("http://%s/reports/media/%s.jpg", r.Host, *row.ServiceRequestId))
		own = append(own, member{"media_moderated", moderated})
	}
	if cmp.Or(r.Header.Get("X-Api-Key"), r.URL.Query().Get("api_key")) == reportsKey {
		t = append(t, member{"email", text(row.Email)}, member{"first_name", text(row.FirstName)}, member{"last_name", text(row.LastName)},
			member{"phone", text(row.Phone)}, member{"account_id", text(row.AccountId)}, member{"device_id", text(row.DeviceId)})
	}
	return append(t, member{"extended_attributes", own})
}

// picture says whether a report has a picture, and whether the staff has looked
// at it: they have at most of those that they verified.
func picture(row *systems.Report) (has, moderated bool) {
	digest := sha256.Sum256([]byte(*row.ServiceRequestId))
	switch *row.Channel {
	case "APP", "WEB", "SOCIAL_MEDIA":
		has = digest[0] < 110
	}
	return has, *row.ReportStatus != "RECEIVED" && *row.ReportStatus != "VERIFYING" && digest[1] < 235
}
