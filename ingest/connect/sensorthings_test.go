package connect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"geohub/ingest"
)

// staServer is a SensorThings service with numbers for ids.
type staServer struct {
	mu     sync.Mutex
	things []*staThing
	page   int             // observations on a page; 0: as many as are asked for
	plain  bool            // files on a disk: expands, filters and orders nothing
	desc   bool            // orders as it likes
	broken map[string]bool // paths, with their $skip, that fail
	asked  []string        // of observations
	root   string
}

type staThing struct {
	id         int
	properties string
	streams    []*staStream
}

type staStream struct {
	id             int
	property, unit string
	obs            []staObs
	noTimes        bool
}

type staObs struct {
	at     time.Time
	result string // JSON
	more   string // further properties of it: `,"resultQuality":…`
	came   time.Time
}

func newSTA(t *testing.T, things ...*staThing) *staServer {
	s := &staServer{things: things, broken: map[string]bool{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.root = server.URL + "/FROST-Server/v1.1"
	return s
}

var (
	staPath   = regexp.MustCompile(`^/FROST-Server/v1\.1/(Things|Datastreams)(?:\((\d+)\)/(\w+))?$`)
	staFilter = regexp.MustCompile(`^(phenomenonTime|resultTime) gt (\S+)$`)
)

func (s *staServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	skip, _ := strconv.Atoi(q.Get("$skip"))
	m := staPath.FindStringSubmatch(r.URL.Path)
	if m == nil || s.broken[strings.TrimPrefix(r.URL.Path, "/FROST-Server/v1.1/")+" "+q.Get("$skip")] {
		http.Error(w, `{"code":404,"type":"error","message":"not found"}`, http.StatusNotFound)
		return
	}
	id, _ := strconv.Atoi(m[2])
	switch {
	case m[1] == "Things" && m[3] == "":
		var out []string
		for _, t := range s.things {
			out = append(out, s.thing(t))
		}
		if s.plain && len(out) > 1 && skip == 0 { // a page a Thing, linked by a relative address
			fmt.Fprintf(w, `{"value":[%s],"@iot.nextLink":"Things?$skip=1"}`, out[0])
			return
		}
		fmt.Fprintf(w, `{"value":[%s]}`, strings.Join(out[skip:], ","))
	case m[1] == "Things":
		for _, t := range s.things {
			var out []string
			for _, d := range t.streams {
				out = append(out, s.stream(d))
			}
			if m[3] == "Locations" {
				out = []string{staLocation(t.id)}
			}
			if t.id == id {
				fmt.Fprintf(w, `{"value":[%s]}`, strings.Join(out, ","))
			}
		}
	default:
		for _, t := range s.things {
			for _, d := range t.streams {
				if d.id == id && m[3] == "ObservedProperty" {
					fmt.Fprint(w, d.observedProperty())
				} else if d.id == id {
					s.asked = append(s.asked, strings.TrimSpace(fmt.Sprint(id, " ", q.Get("$filter"))))
					s.observations(w, r, d, skip)
				}
			}
		}
	}
}

func staLocation(id int) string {
	return fmt.Sprintf(`{"@iot.id":%d,"name":"here","encodingType":"application/vnd.geo+json","location":{"type":"Point","coordinates":[107.6%d,16.3]}}`, id, id)
}

func (s *staServer) thing(t *staThing) string {
	if s.plain {
		return fmt.Sprintf(`{"@iot.id":%d,"name":"Thing %d","properties":%s,"Locations@iot.navigationLink":"Things(%d)/Locations","Datastreams@iot.navigationLink":"Things(%d)/Datastreams"}`,
			t.id, t.id, t.properties, t.id, t.id)
	}
	var streams []string
	for _, d := range t.streams {
		streams = append(streams, s.stream(d))
	}
	return fmt.Sprintf(`{"@iot.id":%d,"@iot.selfLink":"%s/Things(%d)","name":"Thing %d","properties":%s,"Locations":[%s],"Datastreams":[%s]}`,
		t.id, s.root, t.id, t.id, t.properties, staLocation(t.id), strings.Join(streams, ","))
}

func (d *staStream) observedProperty() string {
	return fmt.Sprintf(`{"@iot.id":%d,"name":%q,"definition":"https://example.vn/def/%d"}`, d.id, d.property, d.id)
}

func (s *staServer) stream(d *staStream) string {
	times, inside := "", ""
	if len(d.obs) > 0 && !d.noTimes {
		first, last, came := d.obs[0].at, d.obs[0].at, d.obs[0].arrived()
		for _, o := range d.obs {
			if o.at.Before(first) {
				first = o.at
			}
			if o.at.After(last) {
				last = o.at
			}
			if o.arrived().After(came) {
				came = o.arrived()
			}
		}
		times = fmt.Sprintf(`,"phenomenonTime":"%s/%s","resultTime":"%s/%s"`, first.Format(time.RFC3339), last.Format(time.RFC3339), first.Format(time.RFC3339), came.Format(time.RFC3339))
	}
	if !s.plain {
		inside = fmt.Sprintf(`,"@iot.selfLink":"%s/Datastreams(%d)","ObservedProperty":%s`, s.root, d.id, d.observedProperty())
	}
	return fmt.Sprintf(`{"@iot.id":%d,"name":"stream %d","observationType":"OM_Measurement","unitOfMeasurement":{"name":"","symbol":%q,"definition":""}%s%s}`, d.id, d.id, d.unit, times, inside)
}

func (o staObs) arrived() time.Time {
	if o.came.IsZero() {
		return o.at
	}
	return o.came
}

func (s *staServer) observations(w http.ResponseWriter, r *http.Request, d *staStream, skip int) {
	q := r.URL.Query()
	all := slices.Clone(d.obs)
	if m := staFilter.FindStringSubmatch(q.Get("$filter")); m != nil && !s.plain {
		after, err := time.Parse(time.RFC3339, m[2])
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		all = slices.DeleteFunc(all, func(o staObs) bool {
			return m[1] == "resultTime" && !o.arrived().After(after) || m[1] == "phenomenonTime" && !o.at.After(after)
		})
	}
	switch {
	case s.desc:
		slices.SortFunc(all, func(a, b staObs) int { return b.at.Compare(a.at) })
	case !s.plain:
		slices.SortStableFunc(all, func(a, b staObs) int { return a.at.Compare(b.at) })
	}
	top, _ := strconv.Atoi(q.Get("$top"))
	if s.page > 0 {
		top = s.page
	}
	if s.plain {
		top = len(all)
	}
	var out []string
	for i := skip; i < min(skip+top, len(all)); i++ {
		o := all[i]
		out = append(out, fmt.Sprintf(`{"@iot.id":%d,"phenomenonTime":"%s","resultTime":"%s","result":%s%s}`, i, o.at.Format(time.RFC3339), o.arrived().Format(time.RFC3339), o.result, o.more))
	}
	next := ""
	if skip+top < len(all) {
		q.Set("$skip", strconv.Itoa(skip+top))
		next = fmt.Sprintf(`,"@iot.nextLink":"%s/Datastreams(%d)/Observations?%s"`, s.root, d.id, q.Encode())
	}
	fmt.Fprintf(w, `{"value":[%s]%s}`, strings.Join(out, ","), next)
}

// questions are those about observations since the last call, in order of streams.
func (s *staServer) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.asked
	s.asked = nil
	slices.Sort(all)
	return all
}

// staHour counts hours of a day that is over.
func staHour(n int) time.Time {
	return time.Date(2026, 3, 1, n, 0, 0, 0, time.UTC)
}

func staLevels(from, to int) (obs []staObs) {
	for h := from; h < to; h++ {
		obs = append(obs, staObs{at: staHour(h), result: strconv.Itoa(h % 1000)})
	}
	return obs
}

func reservoir(id int, streams ...*staStream) *staThing {
	return &staThing{id: id, properties: fmt.Sprintf(`{"type":"reservoir","code":"R%d"}`, id), streams: streams}
}

const staCount = "SELECT string_agg(feature_id || ' ' || parameter || ' ' || n, '; ' ORDER BY feature_id, parameter) FROM (SELECT feature_id, parameter, count(*) n FROM readings GROUP BY 1, 2) s"

func TestSensorThingsBackfill(t *testing.T) {
	s := newSTA(t, reservoir(1, &staStream{id: 11, property: "Water level", unit: "m", obs: staLevels(0, 95)}, &staStream{id: 12, property: "Inflow", unit: "m3/s", obs: staLevels(0, 40)}),
		&staThing{id: 2, properties: `{"type":"rain gauge"}`, streams: []*staStream{{id: 21, property: "Rainfall", unit: "mm", obs: nil}}})
	s.page = 10
	s.broken["Datastreams(11)/Observations 50"] = true
	h := newWebHub(t, "sensorthings", s.root, "overlap: 2h")
	h.fails("1 of 3 Datastreams failed; the first: datastream 11: GET")
	h.want(staCount, "dam:R1 inflow 40; dam:R1 level 50")
	h.want("SELECT string_agg(id, ' ' ORDER BY id) FROM (SELECT id FROM dams UNION SELECT id FROM stations) s", "dam:R1 station:2")
	s.questions()

	// The failed one goes on two hours before the page whose order is proven; the
	// other has not moved.
	s.broken = nil
	h.read()
	h.want(staCount, "dam:R1 inflow 40; dam:R1 level 95")
	if got := s.questions(); got[0] != "11 phenomenonTime gt "+staHour(37).Format("2006-01-02T15:04:05.000Z") || got[len(got)-1] != "21" {
		t.Errorf("asked %q", got)
	}
	h.want("SELECT level_m::text || ' ' || coalesce(inflow_m3s::text, 'over a day old') || ' ' || to_char(observed_at AT TIME ZONE 'UTC', 'DD HH24:MI') FROM dams", "94 over a day old 04 22:00")

	// Nothing has moved, but for what never says where it ends.
	if r := h.read(); r.Changed != 0 {
		t.Errorf("%+v", r)
	}
	if got := s.questions(); fmt.Sprint(got) != "[21]" {
		t.Errorf("asked %q", got)
	}

	// One new hour, and one that came late, an hour below it.
	d := s.things[0].streams[1]
	d.obs = append(d.obs[:38], d.obs[39:]...)
	d.obs = append(d.obs, staObs{at: staHour(40), result: "40"}, staObs{at: staHour(38).Add(30 * time.Minute), result: "7"})
	if r := h.read(); r.Changed < 2 {
		t.Errorf("%+v", r)
	}
	h.want(staCount, "dam:R1 inflow 42; dam:R1 level 95")

	// A value from far below comes late: only the results' end moves.
	s.questions()
	d.obs = append(d.obs, staObs{at: staHour(3).Add(time.Minute), result: "8", came: staHour(60)})
	h.read()
	h.want(staCount, "dam:R1 inflow 43; dam:R1 level 95")
	if got := s.questions(); got[0] != "12 resultTime gt "+staHour(38).Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("asked %q", got)
	}
}

// A server that orders as it likes moves no checkpoint before its last page.
func TestSensorThingsOtherOrder(t *testing.T) {
	s := newSTA(t, reservoir(1, &staStream{id: 11, property: "Water level", unit: "m", obs: staLevels(0, 50)}))
	s.desc, s.page = true, 1
	s.broken["Datastreams(11)/Observations 20"] = true
	h := newWebHub(t, "sensorthings", s.root)
	h.fails("Datastreams failed")
	s.broken, s.page = nil, 0
	h.read()
	h.want(staCount, "dam:R1 level 50")
}

// Files on a disk, served as they lie there: nothing is expanded, filtered,
// ordered or limited.
func TestSensorThingsPlain(t *testing.T) {
	s := newSTA(t, reservoir(1, &staStream{id: 11, property: "Mực nước hồ", unit: "m", obs: staLevels(0, 2500), noTimes: true}),
		reservoir(2, &staStream{id: 21, property: "Lưu lượng đến", unit: "m³/s", obs: staLevels(0, 3)}))
	s.plain = true
	h := newWebHub(t, "sensorthings", s.root+"/")
	if r := h.read(); r.Quarantined != 0 {
		t.Fatalf("%+v", r)
	}
	h.want(staCount, "dam:R1 level 2500; dam:R2 inflow 3")
	h.want("SELECT level_m || ' ' || ST_AsText(geom) FROM dams WHERE code = 'R1'", "499 POINT(107.61 16.3)")
	s.things[0].streams[0].obs = staLevels(0, 2501)
	h.read()
	h.want(staCount, "dam:R1 level 2501; dam:R2 inflow 3")
}

func TestSensorThingsValues(t *testing.T) {
	one := func(property, unit, result, more string) *staStream {
		return &staStream{property: property, unit: unit, obs: []staObs{{at: staHour(1), result: result, more: more}}}
	}
	for _, test := range []struct {
		name   string
		stream *staStream
		want   string // parameter, value, unit, quality; or a reason after !
	}{
		{"plain", one("Water level", "m", "42.18", ""), "level 42.18 m GOOD"},
		{"centimetres", one("Mực nước", "cm", "4218", ""), "level 42.18 m GOOD"},
		{"litres a second", one("Q đến", "l/s", "250", ""), "inflow 0.25 m3/s GOOD"},
		{"cubic metres an hour", one("Inflow", "m3/h", "7200", ""), "inflow 2 m3/s GOOD"},
		{"millions of cubic metres", one("Dung tích hồ", "triệu m³", "646.1", ""), "storage 646.1 hm3 GOOD"},
		{"thousands in a string", one("Water level", "m", `"42.5"`, ""), "level 42.5 m GOOD"},
		{"below the dam", one("Water level downstream", "m", "5", ""), "downstreamLevel 5 m GOOD"},
		{"a flow by its words", one("Lưu lượng qua tràn", "m3/s", "5", ""), "spill 5 m3/s GOOD"},
		{"rain by its interval", one("Rainfall", "mm", "5", `,"phenomenonTime":"2026-03-01T00:50:00Z/2026-03-01T01:00:00Z"`), "rain10m 5 mm GOOD"},
		{"unknown to the hub", one("Chlorophyll a", "ug/l", "5", ""), "chlorophyll_a 5 ug/L GOOD"},
		{"an impossible level", one("Water level", "m", "-9999", ""), "level -9999 m SUSPECT"},
		{"an impossible pH", one("pH", "", "41", ""), "ph 41 [pH] SUSPECT"},
		{"no value", one("Water level", "m", "null", ""), "level - m FAULT"},
		{"calibrating", one("Water level", "m", "4", `,"resultQuality":{"DQ_Result":{"code":"01"}}`), "level 4 m CALIBRATION"},
		{"a fault", one("Water level", "m", "4", `,"resultQuality":"02"`), "level 4 m FAULT"},
		{"an estimate", one("Water level", "m", "4", `,"resultQuality":"http://www.opengis.net/def/waterml/2.0/quality/estimate"`), "level 4 m ESTIMATED"},
		{"a flag", one("Water level", "m", "4", `,"resultQuality":[{"nameOfMeasure":"QARTOD","result":4}]`), "level 4 m SUSPECT"},
		{"a word nobody knows", one("Water level", "m", "4", `,"resultQuality":"so-so"`), "level 4 m SUSPECT"},
		{"an accuracy is no quality", one("Water level", "m", "4", `,"resultQuality":{"accuracyM":0.01}`), "level 4 m GOOD"},
		{"an unknown unit", one("Water level", "furlong", "4", ""), `!Datastream.unitOfMeasurement: unit "furlong" () is not known`},
		{"a unit of something else", one("Water level", "m3/s", "4", ""), `!Datastream.unitOfMeasurement: unit m3/s of level can't be turned into m`},
		{"no unit", one("Water level", "", "4", ""), `!Datastream.unitOfMeasurement: level has no unit; m is due`},
		{"a word", one("Water level", "m", `"cao"`, ""), `!result: "cao" is no number`},
		{"no offset", one("Water level", "m", "4", `,"phenomenonTime":"2026-03-01T01:00:00"`), `!value[0].phenomenonTime: "2026-03-01T01:00:00" has no offset: Z or +07:00 is due`},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.stream.id = 11
			s := newSTA(t, reservoir(1, test.stream))
			h := newWebHub(t, "sensorthings", s.root)
			h.read()
			got := h.one("SELECT parameter || ' ' || coalesce(value::text, '-') || ' ' || unit || ' ' || quality FROM readings UNION ALL SELECT '!' || regexp_replace(coalesce(place, ''), '^line \\d+, ', '') || ': ' || reason FROM quarantine")
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if strings.HasPrefix(test.want, "!") || strings.HasSuffix(test.want, " SUSPECT") || strings.HasSuffix(test.want, " CALIBRATION") {
				h.want("SELECT coalesce(level_m::text, 'none') FROM dams", "none")
			}
		})
	}
}

// What was refused comes in once it is mended, as it knows whose it is.
func TestSensorThingsReplay(t *testing.T) {
	s := newSTA(t, reservoir(1, &staStream{id: 11, property: "Water level", unit: "m", obs: []staObs{
		{at: staHour(1), result: `"cao"`}, {at: staHour(2), result: "2", more: `,"phenomenonTime":"2026-03-01T02:00:00"`}, {at: staHour(3), result: "3"}}}))
	h := newWebHub(t, "sensorthings", s.root)
	if r := h.read(); r.Quarantined != 2 {
		t.Fatalf("%+v", r)
	}
	h.want(staCount, "dam:R1 level 1")
	for _, mend := range [][2]string{{`"cao"`, "1.5"}, {`"2026-03-01T02:00:00"`, `"2026-03-01T02:00:00Z"`}} {
		var id int64
		var text []byte
		if err := h.db.QueryRow(context.Background(), "SELECT id, record FROM quarantine WHERE position(convert_to($1, 'UTF8') IN record) > 0", mend[0]).Scan(&id, &text); err != nil {
			t.Fatal(err)
		}
		r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: id, Record: []byte(strings.ReplaceAll(string(text), mend[0], mend[1]))})
		if err != nil || r.Changed != 1 || r.Quarantined != 0 {
			t.Errorf("%s: %+v %v: %s", mend[0], r, err, h.one("SELECT reason FROM quarantine WHERE id = $1", id))
		}
	}
	h.want("SELECT string_agg(value::text, ' ' ORDER BY at) FROM readings", "1.5 2 3")
}

func TestSensorThingsGone(t *testing.T) {
	s := newSTA(t, reservoir(1), reservoir(2), &staThing{id: 3, properties: `{"type":"windmill"}`})
	h := newWebHub(t, "sensorthings", s.root, "deleteAfter: 2")
	if r := h.read(); r.Quarantined != 1 {
		t.Errorf("%+v", r)
	}
	h.want("SELECT place || ': ' || reason FROM quarantine", `properties.type: "windmill" is neither a reservoir nor a kind of station`)
	s.things = s.things[:1]
	s.broken["Things "] = true
	h.fails("list Things")
	h.fails("list Things")
	s.broken = nil
	h.read()
	h.want("SELECT count(*)::text FROM dams", "2")
	h.read()
	h.want("SELECT string_agg(id, ' ') FROM dams", "dam:R1")
}

func TestSensorThingsLayer(t *testing.T) {
	s := newSTA(t, &staThing{id: 7, properties: `{}`, streams: []*staStream{{id: 71, property: "Water level", unit: "m", obs: staLevels(0, 2)}}})
	h := newWebHub(t, "sensorthings", s.root, "layer: stations")
	h.read()
	h.want("SELECT id || ' ' || water_level_m || ' ' || parameters::text FROM stations", "station:7 1 {level}")
}

// A clock that writes local time as UTC runs seven hours ahead.
func TestSensorThingsClockAhead(t *testing.T) {
	s := newSTA(t, reservoir(1, &staStream{id: 11, property: "Water level", unit: "m", obs: staLevels(7, 9)}))
	h := newWebHub(t, "sensorthings", s.root, "clockAhead: 7h", "overlap: 1m")
	h.read()
	h.want("SELECT string_agg(to_char(at AT TIME ZONE 'UTC', 'HH24'), ' ' ORDER BY at) FROM readings", "00 01")
	s.questions()
	s.things[0].streams[0].obs = staLevels(7, 10)
	h.read()
	h.want("SELECT count(*)::text FROM readings", "3")
	if got := s.questions(); got[0] != "11 phenomenonTime gt 2026-03-01T07:59:00.000Z" {
		t.Errorf("asked by another clock: %q", got)
	}
}

func TestSensorThingsAnswers(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"a page for people", "<!DOCTYPE html><html></html>", "breaks off or is no JSON"},
		{"cut off", `{"value":[{"@iot.id":1,"name":"x","properties":{"type":"reservoir"},"Locations":[],"Datastreams":[]}`, "breaks off or is no JSON"},
		{"its own next page", `{"value":[],"@iot.nextLink":"SELF"}`, "leads back to its own page"},
		{"something else", `{"value":[{"result":1,"phenomenonTime":"2026-03-01T00:00:00Z"}]}`, "Observation where Things are due"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, strings.Replace(test.body, "SELF", "http://"+r.Host+r.URL.RequestURI(), 1))
			}))
			defer server.Close()
			newWebHub(t, "sensorthings", server.URL+"/v1.1").fails(test.want)
		})
	}
}
