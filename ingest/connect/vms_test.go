package connect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"geohub/ingest"
)

// center is a monitoring centre with pages of two positions.
type center struct {
	*httptest.Server
	mu        sync.Mutex
	positions []string // JSON
	asked     []url.Values
	fail      string // the skip= at which it is down
	link      bool   // pages by Link, not by "next"
}

func newCenter(t *testing.T, positions ...string) *center {
	c := &center{positions: positions}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *center) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := r.URL.Query()
	c.asked = append(c.asked, r.URL.Query())
	skip := 0
	fmt.Sscan(q.Get("skip"), &skip)
	if c.fail != "" && q.Get("skip") == c.fail {
		http.Error(w, "down", http.StatusInternalServerError)
		return
	}
	page := c.positions[min(skip, len(c.positions)):min(skip+2, len(c.positions))]
	next := ""
	if skip+2 < len(c.positions) {
		q.Set("skip", fmt.Sprint(skip+2))
		next = r.URL.Path + "?" + q.Encode()
	}
	if c.link {
		if next != "" {
			w.Header().Set("Link", fmt.Sprintf(`</other>; rel="prev", <%s>; title="a, b"; rel="next"`, next))
		}
		next = ""
	}
	fmt.Fprintf(w, `{"next":%q,"positions":[%s]}`, next, strings.Join(page, ","))
}

// questions are the values of a parameter since the last call.
func (c *center) questions(name string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, q := range c.asked {
		all = append(all, q.Get(name))
	}
	c.asked = nil
	return all
}

func vmsPosition(reg string, at time.Time, more string) string {
	return fmt.Sprintf(`{"vesselReg":%q,"lat":16.75,"lon":107.85,"time":%q,"speed":7.5,"heading":68.5%s}`, reg, at.Format(time.RFC3339), more)
}

var vmsNoon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestVMSPages(t *testing.T) {
	for _, link := range []bool{false, true} {
		var all []string
		for i := range 5 {
			all = append(all, vmsPosition(fmt.Sprintf("TTH-%d-TS", i%2), vmsNoon.Add(time.Duration(i)*time.Hour), ""))
		}
		c := newCenter(t, all...)
		c.link = link
		h := newWebHub(t, "vms", c.URL+"/positions?key=1")
		if r := h.read(); r.In != 5 {
			t.Errorf("%+v", r)
		}
		if got := c.questions("skip"); !slices.Equal(got, []string{"", "2", "4"}) {
			t.Errorf("asked for %q", got)
		}
		h.want("SELECT concat_ws(' ', label, registration, ST_X(geom), speed_kn, course_deg, heading_deg, position_source, to_char(observed_at AT TIME ZONE 'UTC', 'HH24:MI')) FROM vessels WHERE id = 'vessel:TTH-0-TS'",
			"Tàu cá TTH-0-TS TTH-0-TS 107.85 7.5 68.5 VMS 16:00")
		h.read()
		if got := c.questions("since"); !slices.Equal(got, []string{"2026-03-01T14:00:00Z", "2026-03-01T14:00:00Z", "2026-03-01T14:00:00Z"}) {
			t.Errorf("asked since %q", got)
		}
		h.want("SELECT count(*)::text FROM vessel_positions", "5")
	}
}

// A page that fails moves nothing on; what comes late within the overlap is read.
func TestVMSLate(t *testing.T) {
	c := newCenter(t, vmsPosition("A", vmsNoon, ""), vmsPosition("A", vmsNoon.Add(time.Hour), ""), vmsPosition("A", vmsNoon.Add(2*time.Hour), ""))
	h := newWebHub(t, "vms", c.URL+"/from/{since}", "overlap: 30m")
	c.fail = "2"
	h.fails("500")
	h.want("SELECT checkpoint::text FROM sources", "")
	c.fail = ""
	h.read()
	h.want("SELECT checkpoint->>'newest' FROM sources", "2026-03-01T14:00:00Z")
	c.positions = append(c.positions, vmsPosition("A", vmsNoon.Add(90*time.Minute), ""))
	h.read()
	h.want("SELECT count(*)::text FROM vessel_positions", "4")
	h.want("SELECT to_char(observed_at AT TIME ZONE 'UTC', 'HH24:MI') FROM vessels", "14:00")
}

func TestVMSAddress(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		fmt.Fprintf(w, "[%s,%s]", vmsPosition("A", vmsNoon, ""), vmsPosition("B", time.Now().AddDate(3, 0, 0), ""))
	}))
	defer server.Close()
	h := newWebHub(t, "vms", server.URL+"/from/{since}", "overlap: 1h", "clockAhead: 7h")
	h.read()
	h.read()
	if want := []string{"/from/1970-01-01T00%3A00%3A00Z", "/from/2026-03-01T11%3A00%3A00Z"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, not %q", asked, want)
	}
	h.want("SELECT to_char(min(at) AT TIME ZONE 'UTC', 'HH24:MI') FROM vessel_positions", "05:00")
}

// What a device reports beside positions.
func TestVMSEvents(t *testing.T) {
	at := func(h int) string { return vmsNoon.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	c := newCenter(t,
		vmsPosition("A", vmsNoon, `,"event":"PORT_OUT","source":"GSM"`),
		fmt.Sprintf(`{"vesselReg":"A","time":%q,"event":"POWER_OFF"}`, at(1)),
		vmsPosition("B", vmsNoon, `,"event":"SOS"`),
		vmsPosition("C", vmsNoon, `,"source":"MANUAL_6H","event":"PORT_IN"`),
		fmt.Sprintf(`{"deviceId":"VMS-7","lat":16.7,"lon":107.9,"time":%q,"event":"TAMPER"}`, at(2)))
	h := newWebHub(t, "vms", c.URL)
	h.read()
	h.want("SELECT string_agg(concat_ws(' ', record_key, vessel_status, position_source, to_char(last_signal_at AT TIME ZONE 'UTC', 'HH24'), to_char(observed_at AT TIME ZONE 'UTC', 'HH24')), ', ' ORDER BY id) FROM vessels",
		"A SAILING VMS 13 12, B DISTRESS VMS 12 12, C AT_PORT MANUAL 12 12, device-VMS-7 VMS 14 14")
	h.want("SELECT count(*)::text FROM vessel_positions", "4")
}

// What is wrong is kept with its place, and comes in once it was mended.
func TestVMSBadPositions(t *testing.T) {
	good := vmsPosition("A", vmsNoon, "")
	path := filepath.Join(t.TempDir(), "positions.json")
	bad := []string{
		strings.Replace(good, "16.75", "0", 1), strings.Replace(good, "16.75,\"lon\":107.85", "107.85,\"lon\":16.75", 1),
		strings.Replace(good, "16.75", `"16,75"`, 1), vmsPosition("A", vmsNoon, `,"event":"PARTY"`), strings.Replace(good, "2026-03-01T12:00:00Z", "yesterday", 1),
		strings.Replace(strings.Replace(good, "16.75", "0", 1), "107.85", "0", 1),
	}
	if err := os.WriteFile(path, []byte(`{"positions":[`+strings.Join(append(bad, good), ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	h := newWebHub(t, "vms", path)
	if r := h.read(); r.In != 7 || r.Quarantined != 5 {
		t.Errorf("%+v", r) // latitude 0 alone is a place
	}
	reasons := h.one(aisReasons)
	for _, want := range []string{"swapped", `positions[2].lat: "16,75" has a decimal comma`, `positions[3].event: "PARTY"`, "positions[4].time", "0/0"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("%q isn't in %s", want, reasons)
		}
	}
	kept, err := h.Quarantined(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range kept {
		if strings.Contains(q.Reason, "decimal comma") {
			if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: q.ID, Record: []byte(vmsPosition("Z", vmsNoon, ""))}); err != nil || r.Quarantined != 0 {
				t.Errorf("%+v %v", r, err)
			}
		}
	}
	h.want("SELECT count(*)::text FROM vessels WHERE id = 'vessel:Z'", "1")

	h = newWebHub(t, "vms", path, "decimalComma: true", "timeZone: \"+07:00\"")
	if r := h.read(); r.Quarantined != 4 {
		t.Errorf("%+v", r)
	}
}

func TestVMSLoopsAndBrokenPages(t *testing.T) {
	body := `{"positions":[],"next":"/"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(body)) }))
	defer server.Close()
	h := newWebHub(t, "vms", server.URL+"/")
	h.fails("names itself as a further page")
	body = "<html>maintenance</html>"
	if r := h.read(); r.Quarantined != 1 {
		t.Errorf("%+v", r)
	}
}

// The register, AIS and devices know one vessel by different names.
func TestVesselRegister(t *testing.T) {
	s := newSite(t)
	s.put("/vessels", `{"vessels":[{"vesselReg":"TTH-1-TS","mmsi":"574000001","deviceIds":["VMS-7"],"lmax":17.3,"gear":"LUOI_VAY","zone":"KHOI","homePort":"CC_THUAN_AN",
		"licenceTo":"2027-01-31","iuuRisk":"LOW","owner":"Nguyễn Văn A","state":"BOUNDARY","stateAt":"2026-03-01T12:00:00Z","updatedAt":"2026-02-01T00:00:00Z"},
		{"code":"3K-002","unregistered":true},{"vesselReg":"X","gear":"DYNAMITE"}]}`)
	h := newWebHub(t, "vms-register", s.URL+"/vessels", "deleteAfter: 2")
	if r := h.read(); r.In != 3 || r.Quarantined != 1 {
		t.Errorf("%+v", r)
	}
	h.want(aisReasons, `line 3, vessels[2].gear: "DYNAMITE" is none of LUOI_KEO, LUOI_VAY, LUOI_RE, CAU, CAU_MUC, LONG_BAY, KHAC`)
	const row = "SELECT concat_ws(' ', label, mmsi, length_m, gear, vessel_class, home_port_id, licence_to, iuu_risk, vessel_status, owner_name, vms_device_ids[1]) FROM vessels WHERE id = 'vessel:TTH-1-TS'"
	const want = "Tàu cá TTH-1-TS 574000001 17.3 PURSE_SEINE OFFSHORE place:CC_THUAN_AN 2027-01-31 LOW BOUNDARY Nguyễn Văn A VMS-7"
	h.want(row, want)
	h.want("SELECT concat_ws(' ', label, label_en, unregistered) FROM vessels WHERE id = 'vessel:3K-002'", "Tàu cá “3 không” số 2 Unregistered fishing vessel 2 t")
	h.want("SELECT string_agg(alias, ' ' ORDER BY alias) FROM feature_aliases", "vessel:device-VMS-7 vessel:mmsi-574000001")
	s.put("/vessels", `[{"code":"3K-002","unregistered":true}]`)
	h.read()
	if r := h.read(); r.Gone != 1 {
		t.Errorf("%+v", r)
	}
}
