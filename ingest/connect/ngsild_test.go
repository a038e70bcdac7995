package connect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// ngsiBroker answers lists of entities: its pages are named by Link, by a count
// or by nothing.
type ngsiBroker struct {
	*httptest.Server
	mu       sync.Mutex
	entities []string
	by       string // link, count, v2, nothing
	breaks   int    // the page that breaks off; 0: none
	asked    []string
}

func newNGSI(t *testing.T, by string, n int) *ngsiBroker {
	b := &ngsiBroker{by: by}
	for i := range n {
		b.entities = append(b.entities, fmt.Sprintf(`{"id":"urn:ngsi-ld:Camera:C-%03d","type":"Camera","name":{"type":"Property","value":"Camera %d"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[107.5,16.4]}}}`, i, i))
	}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *ngsiBroker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, r.URL.RequestURI())
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	page := b.entities[min(offset, len(b.entities)):min(offset+limit, len(b.entities))]
	switch b.by {
	case "link":
		if offset+limit < len(b.entities) {
			q.Set("offset", strconv.Itoa(offset+limit))
			w.Header().Add("Link", `<https://context.example/x.jsonld>; rel="http://www.w3.org/ns/json-ld#context"`)
			w.Header().Add("Link", fmt.Sprintf(`<%s?%s>;rel="next"`, r.URL.Path, q.Encode()))
		}
	case "count":
		w.Header().Set("NGSILD-Results-Count", strconv.Itoa(len(b.entities)))
	case "v2":
		w.Header().Set("Fiware-Total-Count", strconv.Itoa(len(b.entities)))
	case "liar":
		w.Header().Set("NGSILD-Results-Count", strconv.Itoa(len(b.entities)+5))
	}
	text := "[" + strings.Join(page, ",") + "]"
	if b.breaks > 0 && len(b.asked) == b.breaks {
		text = text[:len(text)/2]
	}
	w.Write([]byte(text))
}

func (b *ngsiBroker) set(by string, breaks int, entities []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.by, b.breaks, b.entities, b.asked = by, breaks, entities, nil
}

// TestNGSIPages: all ways to name the next page, to the last one.
func TestNGSIPages(t *testing.T) {
	for by, pages := range map[string]int{"link": 3, "count": 3, "v2": 3, "nothing": 3} {
		for _, n := range []int{0, 1, 10, 25, 30} {
			t.Run(fmt.Sprint(by, n), func(t *testing.T) {
				b := newNGSI(t, by, n)
				h := newWebHub(t, "ngsi-ld", b.URL+map[bool]string{true: "/v2", false: "/ngsi-ld/v1"}[by == "v2"], "pageSize: 10")
				if got := h.read(); got.In != n || got.Changed != n || got.Quarantined > 0 {
					t.Errorf("%+v", got)
				}
				want := max(1, (n+9)/10)
				if by == "link" && n == 10 {
					want = 2 // a full page, and no link ever: there may be more
				}
				if by != "nothing" && len(b.asked) != want || len(b.asked) > pages+1 {
					t.Errorf("asked %d times, not %d: %s", len(b.asked), want, b.asked)
				}
				if !strings.Contains(b.asked[0], "/entities?") || !strings.Contains(b.asked[0], "type=Camera%2CDevice") {
					t.Error(b.asked[0])
				}
			})
		}
	}
}

// TestNGSIGone: a camera that complete lists leave out is gone; lists that
// break off, or that hold less than they say, remove nothing.
func TestNGSIGone(t *testing.T) {
	b := newNGSI(t, "count", 25)
	h := newWebHub(t, "ngsi-ld", b.URL, "pageSize: 10", "deleteAfter: 2")
	all := b.entities
	h.read()
	b.set("count", 2, all[:20])
	h.fails("cut off")
	b.set("liar", 0, all[:20])
	h.fails("names 25 entities and gives 20")
	h.want("SELECT count(*)::text FROM cameras", "25")
	b.set("link", 0, all[:20])
	h.read()
	h.want("SELECT count(*)::text FROM cameras", "25")
	h.read()
	h.want("SELECT count(*)::text FROM cameras", "20")
	h.want("SELECT count(*)::text FROM tombstones", "5")
}

// TestNGSICamera: what becomes of an entity, in each form, and what is refused.
func TestNGSICamera(t *testing.T) {
	b := newNGSI(t, "count", 0)
	h := newWebHub(t, "ngsi-ld", b.URL+"/entities?type=Camera&q=x", "clockAhead: 7h")
	attributes := map[string]any{
		"name": "Camera cầu", "cameraType": "ANPR", "deviceState": "ok", "height": 6.5, "azimuth": 90, "fieldOfView": 60, "range": "120", "positionAccuracy": 5,
		"onvifProfile": "S T", "aiSolutions": []string{"RED_LIGHT"}, "roadName": "Lê Lợi", "streamURL": "rtsp://10.1.2.3/1", "dateLastValueReported": "2026-03-02T08:59:00Z",
	}
	point := map[string]any{"type": "Point", "coordinates": []float64{107.5, 16.4}}
	entity := func(id, kind, form string) string {
		e := map[string]any{"id": "urn:ngsi-ld:Camera:" + id, "type": kind, "modifiedAt": "2026-03-02T09:00:00Z"}
		for name, v := range attributes {
			e[name] = map[string]any{"normalized": map[string]any{"type": "Property", "value": v}, "concise": map[string]any{"value": v}, "simple": v}[form]
		}
		e["location"] = map[string]any{"normalized": map[string]any{"type": "GeoProperty", "value": point}, "concise": map[string]any{"value": point}, "simple": point}[form]
		e["owner"] = map[string]any{"normalized": map[string]any{"type": "Relationship", "object": "urn:ngsi-ld:Agency:H57.40"}, "concise": map[string]any{"object": "urn:ngsi-ld:Agency:H57.40"}, "simple": "urn:ngsi-ld:Agency:H57.40"}[form]
		text, _ := json.Marshal(e)
		return string(text)
	}
	b.entities = []string{
		entity("A", "Camera", "normalized"), entity("B", "Camera", "concise"), entity("C", "Camera", "simple"),
		`{"id":"urn:ngsi-ld:Device:D","type":"Device","category":["sensor"]}`,
		`{"id":"urn:ngsi-ld:Device:E","type":"Device","category":{"type":"Property","value":["camera"]}}`,
		`{"id":"urn:ngsi-ld:Camera:F","type":"Camera","location":{"type":"Polygon","coordinates":[[[107,16],[108,16],[108,17],[107,16]]]}}`,
		`{"id":"urn:ngsi-ld:Camera:","type":"Camera"}`,
		`{"id":"urn:ngsi-ld:Camera:G","type":"Camera","location":{"type":"Point","coordinates":[16.4,107.5]}}`,
	}
	h.read()
	whole := "Camera cầu Camera %s 107.5 16.4 LICENSE_PLATE ONLINE Lê Lợi 6.5 90 60 120 S T RED_LIGHT 2026-03-02 01:59:00 H57.40 rtsp://10.1.2.3/1 5 2026-03-02 02:00:00"
	h.want(`SELECT string_agg(concat_ws(' ', label, label_en, ST_X(geom), ST_Y(geom), camera_kind, camera_status, road_name, height_m, azimuth_deg, fov_deg, range_m, onvif_profile,
		array_to_string(ai_solutions, ','), last_seen_at AT TIME ZONE 'UTC', agency_code, stream_url, position_accuracy_m, version_at AT TIME ZONE 'UTC'), E'\n' ORDER BY id) FROM cameras WHERE id < 'camera:E'`,
		fmt.Sprintf(whole+"\n"+whole+"\n"+whole, "A", "B", "C"))
	h.want("SELECT string_agg(concat_ws(' ', id, label, camera_status, geom), ', ') FROM cameras WHERE id > 'camera:C'", "camera:E E UNKNOWN")
	h.want("SELECT string_agg(stage || ' ' || place, ', ' ORDER BY (stage || place) COLLATE \"C\") FROM quarantine", "DECODE line 1, [7].location, MAP id, MAP location")
}
