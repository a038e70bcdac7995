package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/province"
	"geohub/systems"
)

// camerasService is the city's camera system: its register at an NGSI-LD
// broker, pictures of some of them, and what their analytics notice, by ONVIF
// over MQTT.
func camerasService() service {
	return service{name: "cameras", handler: func(s *Server) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /ngsi-ld/v1/entities", s.cameraEntities)
		cameraStreams(mux)
		return mux
	}, sources: `
  - name: ioc-cameras
    format: ngsi-ld
    address: {{.HTTP}}/ngsi-ld/v1
    every: 30s
    due: 5m
    deleteAfter: 3
  - name: ioc-events
    format: onvif
    address: mqtt://{{.Port "mqtt"}}
    topics: [cameras/+/+/onvif-ej/#]
`}
}

const ngsiContext = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"

// cameraEntities answers as a broker does: by type, a page at a time, whole or
// simplified.
func (s *Server) cameraEntities(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, offset := 20, 0
	for name, to := range map[string]*int{"limit": &limit, "offset": &offset} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "limit" && n > 1000 {
				ngsiProblem(w, "Bad request data", name+" can't be "+text)
				return
			}
			*to = n
		}
	}
	if q.Get("type") == "" && q.Get("q") == "" && q.Get("attrs") == "" {
		ngsiProblem(w, "Bad request data", "type, attrs or q is due")
		return
	}
	cameras := rows(s, "cameras", (*province.Province).Cameras)
	if !slices.Contains(strings.Split(q.Get("type"), ","), "Camera") {
		cameras = nil
	}
	if q.Get("count") == "true" {
		w.Header().Set("NGSILD-Results-Count", strconv.Itoa(len(cameras)))
	}
	simple := strings.Contains(q.Get("options"), "keyValues") || strings.Contains(q.Get("options"), "simplified")
	page := []map[string]any{}
	for _, c := range cameras[min(offset, len(cameras)):min(offset+limit, len(cameras))] {
		page = append(page, s.cameraEntity(c, simple, r.Host))
	}
	if offset+limit < len(cameras) && limit > 0 {
		q.Set("offset", strconv.Itoa(offset+limit))
		w.Header().Set("Link", fmt.Sprintf("<%s?%s>; rel=\"next\"", "/cameras"+r.URL.Path, q.Encode()))
	}
	w.Header().Set("Content-Type", "application/ld+json")
	json.NewEncoder(w).Encode(page)
}

func ngsiProblem(w http.ResponseWriter, title, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(map[string]string{"type": "https://uri.etsi.org/ngsi-ld/errors/BadRequestData", "title": title, "detail": detail})
}

// cameraEntity is a camera by the smart data models.
func (s *Server) cameraEntity(c *systems.Camera, simple bool, host string) map[string]any {
	e := map[string]any{"id": "urn:ngsi-ld:Camera:" + c.RecordKey, "type": "Camera", "@context": ngsiContext, "modifiedAt": c.VersionAt.UTC().Format(time.RFC3339)}
	set := func(name string, value any) {
		if simple {
			e[name] = value
		} else {
			e[name] = map[string]any{"type": "Property", "value": value}
		}
	}
	measure := func(name string, value *float64, unit string) {
		if value == nil {
			return
		}
		if set(name, *value); !simple {
			e[name].(map[string]any)["unitCode"] = unit
		}
	}
	set("name", c.LabelVI)
	set("cameraType", *c.CameraKind)
	set("deviceState", *c.CameraStatus)
	set("streamURL", cameraStream(c.RecordKey, host))
	set("aiSolutions", c.AiSolutions)
	set("onvifProfile", *c.OnvifProfile)
	if c.RoadName != nil {
		set("roadName", *c.RoadName)
	}
	if c.LastSeenAt != nil {
		set("dateLastValueReported", map[string]string{"@type": "DateTime", "@value": c.LastSeenAt.UTC().Format(time.RFC3339Nano)})
		if simple {
			e["dateLastValueReported"] = c.LastSeenAt.UTC().Format(time.RFC3339Nano)
		}
	}
	measure("height", c.HeightM, "MTR")
	measure("azimuth", c.AzimuthDeg, "DD")
	measure("fieldOfView", c.FovDeg, "DD")
	measure("range", c.RangeM, "MTR")
	measure("positionAccuracy", c.PositionAccuracyM, "MTR")
	at := c.Geom.(orb.Point)
	place := map[string]any{"type": "Point", "coordinates": []float64{at[0], at[1]}}
	owner := "urn:ngsi-ld:Agency:" + c.AgencyCode
	e["location"], e["owner"] = any(place), any(owner)
	if !simple {
		e["location"] = map[string]any{"type": "GeoProperty", "value": place}
		e["owner"] = map[string]any{"type": "Relationship", "object": owner}
	}
	if c.AgencyCode == "" {
		delete(e, "owner")
	}
	return e
}

// cameraFeed is the events of the cameras' analytics, of as many days as their
// system keeps.
func cameraFeed() mqttFeed {
	var days cameraDays
	return mqttFeed{system: "cameras", root: "cameras",
		begin: func(s *Server) ([]post, time.Time) { return nil, s.Province().EventsSince() },
		hour:  days.hour,
	}
}

// cameraDays keeps the steps of two days.
type cameraDays struct {
	day   time.Time
	steps []province.CameraStep
}

func (d *cameraDays) hour(s *Server, hour time.Time) []post {
	p := s.Province()
	if day := midnight(hour); !day.Equal(d.day) {
		// What began the day before goes on into this one.
		d.day, d.steps = day, append(p.CameraSteps(day.AddDate(0, 0, -1)), p.CameraSteps(day)...)
		slices.SortStableFunc(d.steps, func(a, b province.CameraStep) int { return a.At.Compare(b.At) })
	}
	since := p.EventsSince()
	var posts []post
	for _, step := range d.steps {
		if !step.At.Before(hour) && step.At.Before(hour.Add(time.Hour)) && step.Event.StartAt.After(since) {
			posts = append(posts, cameraPost(step))
		}
	}
	return posts
}

// cameraPost is a notification: it tells all that is known of the event.
func cameraPost(step province.CameraStep) post {
	e := step.Event
	data := map[string]any{"Description": e.LabelVI, "DescriptionEn": e.LabelEN, "Severity": *e.EventSeverity, "Verification": *e.Verification}
	if e.ObjectClass != nil {
		data["ClassTypes"], data["Likelihood"] = *e.ObjectClass, strconv.FormatFloat(*e.Likelihood, 'f', -1, 64)
	}
	if e.Count != nil {
		data["Count"] = *e.Count
	}
	if e.WaterLevelM != nil {
		data["WaterLevel"] = *e.WaterLevelM
	}
	if step.Plate != "" {
		data["LicensePlateInfo"] = map[string]string{"PlateNumber": step.Plate, "CountryCode": "VN"}
	}
	message := map[string]any{
		"UtcTime": step.At.UTC().Format(time.RFC3339Nano),
		"Source":  map[string]string{"VideoSourceConfigurationToken": "VSC-1", "VideoAnalyticsConfigurationToken": "VAC-1", "Rule": *e.Rule},
		"Key":     map[string]string{"UUID": e.RecordKey},
		"Data":    data,
	}
	begins, ends := step.At.Equal(*e.StartAt), e.EndAt != nil && step.At.Equal(*e.EndAt)
	if step.Lasts || !begins {
		message["PropertyOperation"] = "Changed"
	}
	if step.Lasts && (begins || ends) {
		data["State"] = begins
	}
	agency := e.AgencyCode
	if agency == "" {
		agency = "H57.02"
	}
	// ONVIF drops its own namespace and names others before the topic.
	topic, own := strings.CutPrefix(*e.Topic, "tns1:")
	if !own {
		topic = "tns:" + strings.Replace(topic, ":", "/", 1)
	}
	payload, err := json.Marshal(message)
	if err != nil {
		panic(err) // texts and numbers of our own
	}
	return post{at: step.At, topic: "cameras/" + agency + "/" + strings.TrimPrefix(*e.CameraId, "camera:") + "/onvif-ej/" + topic, payload: payload}
}

// cameraStream is where a camera's picture is: of most behind RTSP inside the
// system's own network, of some over HTTP.
func cameraStream(key, host string) string {
	n := 0
	for _, c := range key {
		n = n*31 + int(c)
	}
	at := url.URL{Scheme: "http", Host: host}
	switch n % 5 {
	case 0:
		return at.JoinPath("/cameras/streams", key, "index.m3u8").String()
	case 1:
		return at.JoinPath("/cameras/streams", key, "live.mjpeg").String()
	case 2:
		return at.JoinPath("/cameras/streams", key, "snapshot.jpg").String()
	}
	return fmt.Sprintf("rtsp://10.57.%d.%d:554/Streaming/Channels/101", n%200, n/7%250)
}

func midnight(t time.Time) time.Time { return geo.DateOf(t).Start() }
