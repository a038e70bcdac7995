package connect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"geohub/ingest"
)

// geoReport is a server of Open311 with habits that real ones have.
type geoReport struct {
	mu       sync.Mutex
	requests []*serviceRequest // by requested_datetime
	cap      int               // the most on one page
	noPages  bool              // page means nothing to it
	failOn   int               // the n-th question from now fails; 0: none
	html     bool
	xml      bool
	asked    []string
}

type serviceRequest struct {
	id, status         string
	requested, updated time.Time
	raw                string // said in the place of all else
}

func (g *geoReport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := r.URL.Query()
	g.asked = append(g.asked, r.URL.RawQuery)
	if g.failOn > 0 {
		if g.failOn--; g.failOn == 0 {
			http.Error(w, "out of order", http.StatusBadRequest)
			return
		}
	}
	if g.html {
		fmt.Fprint(w, "<!DOCTYPE html><html><body>Đăng nhập</body></html>")
		return
	}
	if q.Get("jurisdiction_id") != "hue" {
		fmt.Fprint(w, `[{"code":400,"description":"jurisdiction_id was not provided"}]`)
		return
	}
	from, to := time.Time{}, time.Now().AddDate(1, 0, 0)
	for name, t := range map[string]*time.Time{"start_date": &from, "end_date": &to} {
		if text := q.Get(name); text != "" {
			*t, _ = time.Parse(time.RFC3339, text)
		}
	}
	var found []*serviceRequest
	for _, v := range g.requests {
		if ids := q.Get("service_request_id"); ids != "" {
			if slices.Contains(strings.Split(ids, ","), v.id) {
				found = append(found, v)
			}
		} else if !v.requested.Before(from) && !v.requested.After(to) && (q.Get("status") == "" || q.Get("status") == v.status) {
			found = append(found, v)
		}
	}
	size, _ := strconv.Atoi(q.Get("page_size"))
	page, _ := strconv.Atoi(q.Get("page"))
	size = min(size, g.cap)
	if g.noPages {
		page = 1
	}
	found = found[min((page-1)*size, len(found)):min(page*size, len(found))]
	if g.xml {
		fmt.Fprint(w, `<?xml version="1.0"?><service_requests>`)
		for _, v := range found {
			fmt.Fprintf(w, "<request><service_request_id>%s</service_request_id><status>%s</status><service_name>Rác</service_name><requested_datetime>%s</requested_datetime><updated_datetime>%s</updated_datetime><lat>16.46</lat><long>107.59</long></request>",
				v.id, v.status, v.requested.Format(time.RFC3339), v.updated.Format(time.RFC3339))
		}
		fmt.Fprint(w, `</service_requests>`)
		return
	}
	var all []json.RawMessage
	for _, v := range found {
		text := v.raw
		if text == "" {
			text = fmt.Sprintf(`{"service_request_id":%q,"status":%q,"service_name":"Rác","requested_datetime":%q,"updated_datetime":%q,"lat":"16.46","long":"107.59"}`,
				v.id, v.status, v.requested.Format(time.RFC3339), v.updated.Format(time.RFC3339))
		}
		all = append(all, json.RawMessage(text))
	}
	json.NewEncoder(w).Encode(append([]json.RawMessage{}, all...))
}

// questions are those since the last call.
func (g *geoReport) questions() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.asked
	g.asked = nil
	return all
}

// open311Hub has a server with n requests, one an hour, back from now.
func open311Hub(t *testing.T, n int, more ...string) (*geoReport, webHub) {
	t.Helper()
	g := &geoReport{cap: 100}
	now := time.Now().UTC().Truncate(time.Second)
	for i := n; i > 0; i-- {
		at := now.Add(-time.Duration(i) * time.Hour)
		g.requests = append(g.requests, &serviceRequest{id: fmt.Sprint("R", n-i), status: "closed", requested: at, updated: at})
	}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return g, newWebHub(t, "open311", s.URL+"/v2?jurisdiction_id=hue", more...)
}

func (h webHub) count(table string) int {
	n, _ := strconv.Atoi(h.one("SELECT count(*)::text FROM " + table))
	return n
}

func TestOpen311Backfill(t *testing.T) {
	for name, habit := range map[string]func(*geoReport){
		"pages":                 func(*geoReport) {},
		"XML":                   func(g *geoReport) { g.xml = true },
		"long pages":            func(g *geoReport) { g.cap = 100_000 },
		"more than two batches": func(g *geoReport) { g.cap = 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			g, h := open311Hub(t, 2500)
			habit(g)
			if r := h.read(); r.In < 2500 || r.Quarantined != 0 {
				t.Fatalf("%+v", r)
			}
			if n := h.count("reports"); n != 2500 {
				t.Fatalf("%d reports", n)
			}
			h.want("SELECT label || open311_status || report_status || ST_X(geom) FROM reports WHERE id = 'report:R0'", "RácCLOSEDRESOLVED107.59")
			if r := h.read(); r.Changed != 0 || r.In > 400 {
				t.Errorf("a second read: %+v", r)
			}
		})
	}
}

// A server that ignores `page` is asked for windows so short that it can
// answer them whole.
func TestOpen311WithoutPages(t *testing.T) {
	g, h := open311Hub(t, 900, "pageSize: 100")
	g.noPages = true
	h.read()
	if n := h.count("reports"); n != 900 {
		t.Fatalf("%d reports of 900", n)
	}
	if n := len(g.questions()); n > 200 {
		t.Errorf("%d questions", n)
	}
}

// A read that breaks in the middle of a window goes on there.
func TestOpen311Resumes(t *testing.T) {
	g, h := open311Hub(t, 1000, "pageSize: 100")
	for fails := 40; ; fails++ {
		g.failOn = fails
		if _, err := h.Read(t.Context(), "s"); err == nil {
			t.Fatal("the read did not fail")
		}
		if n := h.count("reports"); n > 300 {
			break
		}
	}
	before := h.count("reports")
	g.questions()
	r := h.read()
	if n := h.count("reports"); n != 1000 {
		t.Fatalf("%d reports of 1000", n)
	}
	if r.In > 1000-before+100+1 {
		t.Errorf("%d were there, and %d were read", before, r.In)
	}
}

func TestOpen311Changes(t *testing.T) {
	g, h := open311Hub(t, 200*24)
	old := g.requests[24] // of 199 days ago
	old.status = "open"
	h.read()
	h.want("SELECT open311_status FROM reports WHERE id = 'report:"+old.id+"'", "OPEN")

	// It is closed: neither a new request nor an open one any more.
	old.status, old.updated = "closed", time.Now().UTC().Truncate(time.Second)
	if r := h.read(); r.Changed != 1 {
		t.Errorf("%+v", r)
	}
	h.want("SELECT open311_status FROM reports WHERE id = 'report:"+old.id+"'", "CLOSED")

	// Reopened, of whatever age.
	old.status, old.updated = "open", old.updated.Add(time.Second)
	h.read()
	h.want("SELECT open311_status FROM reports WHERE id = 'report:"+old.id+"'", "OPEN")

	// A change of one that is closed and older than the overlap comes by the 20th read.
	closed := g.requests[len(g.requests)-30*24]
	closed.updated = time.Now().UTC().Truncate(time.Second)
	for range 20 {
		h.read()
	}
	if got := h.one("SELECT to_char(status_updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM reports WHERE id = 'report:" + closed.id + "'"); got != closed.updated.Format(time.RFC3339) {
		t.Errorf("the change of an old one: %s, not %s", got, closed.updated.Format(time.RFC3339))
	}

	// An older version is none.
	closed.updated = closed.updated.Add(-time.Hour)
	recent := g.requests[len(g.requests)-3]
	recent.updated = recent.updated.Add(-time.Hour)
	if r := h.read(); r.Changed != 0 || r.Late == 0 {
		t.Errorf("%+v", r)
	}
}

func TestOpen311BadRecords(t *testing.T) {
	g, h := open311Hub(t, 10)
	at := g.requests[0].requested.Format(time.RFC3339)
	g.requests[1].raw = `{"service_request_id":"swapped","status":"open","lat":"107.59","long":"16.46","requested_datetime":"` + at + `"}`
	g.requests[2].raw = `{"service_request_id":"late","status":"open","requested_datetime":"yesterday"}`
	g.requests[3].raw = `{"service_request_id":"void","status":"open","lat":0,"long":0,"requested_datetime":"` + at + `"}`
	if r := h.read(); r.Quarantined != 2 {
		t.Fatalf("%+v", r)
	}
	h.want("SELECT string_agg(place || ': ' || reason, '; ' ORDER BY place) FROM quarantine",
		`line 1, lat: service_request_id swapped: lat 107.59 and long 16.46 are swapped; line 1, requested_datetime: service_request_id late: "yesterday" is no time like 2025-10-27T20:30:00+07:00`)
	h.want("SELECT (geom IS NULL)::text FROM reports WHERE id = 'report:void'", "true")
	var id int64
	fmt.Sscan(h.one("SELECT id::text FROM quarantine WHERE reason LIKE '%swapped'"), &id)
	mended := strings.NewReplacer(`"107.59"`, `"16.46"`, `"16.46"`, `"107.59"`).Replace(g.requests[1].raw)
	if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: id, Record: []byte(mended)}); err != nil || r.Changed != 1 {
		t.Errorf("replay: %+v %v", r, err)
	}
}

func TestOpen311AnswersOfAnotherKind(t *testing.T) {
	g, h := open311Hub(t, 3)
	g.html = true
	h.fails("answers with a page for people")
	g.html = false
	h.want("SELECT coalesce(checkpoint::text, 'none') FROM sources", "none")
	h.read()
	if n := h.count("reports"); n != 3 {
		t.Errorf("%d reports", n)
	}
	s := httptest.NewServer(g)
	defer s.Close()
	h = newWebHub(t, "open311", s.URL+"/v2/requests.json")
	h.fails("jurisdiction_id was not provided")
	h.want("SELECT count(*)::text FROM quarantine", "0")
}

func TestOpen311ClockAhead(t *testing.T) {
	g, h := open311Hub(t, 1, "clockAhead: 7h")
	h.read()
	want := g.requests[0].requested.Add(-7 * time.Hour).Format(time.RFC3339)
	h.want("SELECT to_char(observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM reports", want)
}
