package serve

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"geohub/layer"
	"geohub/province"
	"geohub/systems"
)

// batchService is the one service whose requests get their id later: its
// answer is a token.
const batchService = "RESCUE"

// maxPosted bounds what is kept of what was posted; the oldest goes first.
const maxPosted = 10_000

// postedReports are the reports that others sent, in the order they came. They
// live as long as the program; the id follows from client_id, so that one that
// is sent again afterwards is the same.
type postedReports struct {
	mu      sync.Mutex
	order   []*systems.Report
	byID    map[string]*systems.Report
	tokens  map[string]bool         // whether a token was asked for already
	ratings map[string]reportRating // by id, of any report
}

// post takes in a report, as POST requests.json has it.
func (a *reportsAPI) post(w http.ResponseWriter, r *http.Request) {
	name, asXML, ok := fileOf(r)
	if !ok || name != "requests" {
		open311Error(w, asXML, http.StatusNotFound, "there is no such resource")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		open311Error(w, asXML, http.StatusBadRequest, err.Error())
		return
	}
	if r.PostForm.Get("api_key") != reportsKey && r.Header.Get("X-Api-Key") != reportsKey {
		open311Error(w, asXML, http.StatusForbidden, "api_key is missing or not good")
		return
	}
	row, err := a.posted.take(r.PostForm.Get, a.s.Now())
	if err != nil {
		open311Error(w, asXML, http.StatusBadRequest, err.Error())
		return
	}
	answer := tree{{"service_request_id", *row.ServiceRequestId}, {"service_notice", "Phản ánh đã được tiếp nhận."}, {"account_id", text(row.AccountId)}}
	if *row.ServiceCode == batchService {
		answer = tree{{"token", tokenOf(*row.ServiceRequestId)}}
	}
	writeTrees(w, asXML, http.StatusCreated, "service_requests", "request", []tree{answer})
}

func tokenOf(id string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte("token "+id)))[:20]
}

// token answers with the id of a request, not before it is asked twice.
func (a *reportsAPI) token(w http.ResponseWriter, r *http.Request) {
	token, asXML, _ := fileOf(r)
	a.posted.mu.Lock()
	i := slices.IndexFunc(a.posted.order, func(row *systems.Report) bool { return tokenOf(*row.ServiceRequestId) == token })
	again := i >= 0 && a.posted.tokens[token]
	answer := tree{{"token", token}}
	if i >= 0 {
		a.posted.tokens[token] = true
		if again {
			answer = append(tree{{"service_request_id", *a.posted.order[i].ServiceRequestId}}, answer...)
		}
	}
	a.posted.mu.Unlock()
	if i < 0 {
		open311Error(w, asXML, http.StatusNotFound, "token is not known")
		return
	}
	writeTrees(w, asXML, http.StatusOK, "service_requests", "request", []tree{answer})
}

func (p *postedReports) take(get func(string) string, now time.Time) (*systems.Report, error) {
	services := province.ReportServices()
	i := slices.IndexFunc(services, func(s province.ReportService) bool { return s.Code == get("service_code") })
	if i < 0 {
		return nil, fmt.Errorf("service_code %q is not known", get("service_code"))
	}
	lat, err1 := strconv.ParseFloat(get("lat"), 64)
	lon, err2 := strconv.ParseFloat(get("long"), 64)
	placed := err1 == nil && err2 == nil && lat > -90 && lat < 90 && lon > -180 && lon < 180
	if !placed && get("address_string") == "" {
		return nil, fmt.Errorf("lat and long, or address_string, are required")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	client := get("attribute[client_id]")
	if client == "" {
		client = fmt.Sprint(now.UnixNano(), " ", len(p.order))
	}
	id := fmt.Sprintf("HUE-%X", sha256.Sum256([]byte(client)))[:16]
	if row := p.byID[id]; row != nil {
		return row, nil
	}
	s := services[i]
	now = now.Truncate(time.Second)
	row := &systems.Report{
		Base:             layer.Base{ID: "report:" + id, LabelVI: s.Name, LabelEN: s.NameEN},
		ServiceRequestId: &id, ServiceCode: &s.Code, ServiceName: &s.Name, ReportCategory: &s.Category, Channel: new(systems.ReportChannel("OTHER")),
		Description: given(get, "description"), AddressString: given(get, "address_string"), RequestedAt: &now,
		FirstName: given(get, "first_name"), LastName: given(get, "last_name"), Email: given(get, "email"), Phone: given(get, "phone"),
		AccountId: given(get, "account_id"), DeviceId: given(get, "device_id"), AgencyResponsibleCode: &s.Agency, ExpectedAt: new(now.Add(s.Allowed)),
	}
	if placed {
		row.Geom = orb.Point{lon, lat}
	}
	if p.order = append(p.order, row); len(p.order) > maxPosted {
		delete(p.byID, *p.order[0].ServiceRequestId)
		delete(p.tokens, tokenOf(*p.order[0].ServiceRequestId))
		p.order = p.order[1:]
	}
	p.byID[id] = row
	return row, nil
}

func given(get func(string) string, name string) *string {
	if v := strings.TrimSpace(get(name)); v != "" {
		return &v
	}
	return nil
}

// rows are the reports as far as they have come, oldest first.
func (p *postedReports) rows(now time.Time) []*systems.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*systems.Report, 0, len(p.order))
	for _, r := range p.order {
		row := *r
		for _, step := range []struct {
			after  time.Duration
			status systems.ReportStatus
			notes  string
		}{
			{0, "RECEIVED", ""}, {2 * time.Minute, "VERIFYING", "Đang xác minh thông tin phản ánh."}, {5 * time.Minute, "ASSIGNED", "Đã chuyển đơn vị xử lý."},
			{20 * time.Minute, "IN_PROGRESS", "Đơn vị đang kiểm tra, xử lý."}, {6 * time.Hour, "RESOLVED", "Đã xử lý."}, {24 * time.Hour, "PUBLISHED", "Đã xử lý."},
		} {
			at := r.RequestedAt.Add(step.after)
			if at.After(now) {
				break
			}
			row.ReportStatus, row.StatusUpdatedAt, row.StatusNotes = &step.status, &at, &step.notes
			if step.status == "RESOLVED" {
				row.ResolvedAt = &at
			}
		}
		row.Open311Status = new(systems.Open311Status("OPEN"))
		if row.ReportStatus == nil { // the clock was set back
			row.ReportStatus, row.StatusUpdatedAt = new(systems.ReportStatus("RECEIVED")), r.RequestedAt
		}
		switch *row.ReportStatus {
		case "RECEIVED", "VERIFYING":
			row.AgencyResponsibleCode, row.ExpectedAt = nil, nil
		}
		if row.ResolvedAt != nil {
			row.Open311Status = new(systems.Open311Status("CLOSED"))
		}
		all = append(all, &row)
	}
	return all
}

// media is the picture of a report: a small one in colours of its own.
func (a *reportsAPI) media(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("file"), ".jpg")
	known := false
	a.each(func(row *systems.Report) bool {
		if *row.ServiceRequestId == id {
			known, _ = picture(row)
		}
		return *row.ServiceRequestId != id
	})
	if !ok || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Write(photograph(id))
}

func photograph(id string) []byte {
	const width, height = 320, 240
	d := sha256.Sum256([]byte(id))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			sky := y < height/2+int(d[6]%40)
			c := color.RGBA{d[0]/2 + uint8(y/4), d[1]/2 + uint8(x/8), d[2]/2 + 40, 255}
			if sky {
				c = color.RGBA{150 + d[3]/4, 170 + d[4]/4, 200 + uint8(y/8), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60}); err != nil {
		return nil
	}
	return out.Bytes()
}
