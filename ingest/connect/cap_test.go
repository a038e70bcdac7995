package connect_test

import (
	"fmt"
	"strings"
	"testing"

	"geohub/ingest"
)

// capDoc is a message; inside stands in its info's area.
func capDoc(id, kind, sent, references, inside string) string {
	if references != "" {
		references = "<references>" + references + "</references>"
	}
	return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>` + id + `</identifier><sender>kttv@hue.example</sender><sent>` + sent + `</sent>
<status>Actual</status><msgType>` + kind + `</msgType><scope>Public</scope>` + references + `<info><language>vi-VN</language><category>Met</category><event>Lũ trên sông Hương</event>
<urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty><headline>Tin lũ ` + id + `</headline><area><areaDesc>Hạ du</areaDesc>` + inside + `</area></info>
<info><language>en-US</language><category>Met</category><event>Flood</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty><headline>Flood ` + id + `</headline></info></alert>`
}

const (
	capHue   = `<polygon>16.4,107.5 16.4,107.6 16.5,107.6 16.5,107.5 16.4,107.5</polygon>`
	capNext  = `<polygon>16.45,107.55 16.45,107.7 16.55,107.7 16.55,107.55 16.45,107.55</polygon>`
	capFirst = "2026-03-01T08:00:00+07:00"
	capLater = "2026-03-01T12:00:00+07:00"
)

// capFeed names documents of a site: path and time, in turn.
func capFeed(pathAndTime ...string) string {
	var out strings.Builder
	out.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>Cảnh báo</title>`)
	for i := 0; i < len(pathAndTime); i += 2 {
		fmt.Fprintf(&out, `<entry><id>%s</id><title>t</title><updated>%s</updated><link type="application/cap+xml" href="%s"/></entry>`, pathAndTime[i], pathAndTime[i+1], pathAndTime[i])
	}
	return out.String() + `</feed>`
}

func TestCAPFeed(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/feed")
	ref := "kttv@hue.example,A," + capFirst
	// The Update comes before what it updates, which can't be had yet.
	s.put("/feed", capFeed("/b.xml", capLater, "/a.xml", capFirst))
	s.put("/b.xml", capDoc("B", "Update", capLater, ref, capHue))
	s.fail("/a.xml", 500)
	h.fails("1 documents of the feed could not be fetched")
	h.want("SELECT string_agg(id || ' ' || superseded, ', ' ORDER BY id) FROM alerts", "alert:B false")
	s.since()

	s.put("/a.xml", capDoc("A", "Alert", capFirst, "", capHue))
	h.read()
	h.want("SELECT string_agg(id || ' ' || superseded, ', ' ORDER BY id) FROM alerts", "alert:A true, alert:B false")
	if got := s.since(); got != "/feed /a.xml" {
		t.Errorf("the second read asked for %s", got)
	}
	h.read()
	if got := s.since(); got != "=/feed" {
		t.Errorf("the third read asked for %s", got)
	}

	// The old message again, with a new time of its entry: the mark stays.
	s.put("/feed", capFeed("/a.xml", "2026-03-01T08:30:00+07:00", "/b.xml", capLater)+" ")
	h.read()
	if got := s.since(); got != "/feed /a.xml" {
		t.Errorf("the fourth read asked for %s", got)
	}
	h.want("SELECT superseded::text FROM alerts WHERE id = 'alert:A'", "true")
	h.want("SELECT label || ', ' || label_en || ', ' || hazard || ', ' || severity FROM alerts WHERE id = 'alert:A'", "Tin lũ A, Flood A, FLOOD, SEVERE")

	// What the feed no longer names is forgotten.
	s.put("/feed", capFeed("/b.xml", capLater))
	h.read()
	h.want("SELECT string_agg(k, ' ') FROM sources, jsonb_object_keys(checkpoint->'fetched') k", s.URL+"/b.xml")
}

func TestCAPBrokenDocuments(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/feed")
	shapes := map[string]struct{ inside, reason string }{
		"unclosed":  {`<polygon>16.4,107.5 16.4,107.6 16.5,107.6</polygon>`, "info[0].area[0].polygon[0]: it is not closed"},
		"crossing":  {`<polygon>16.4,107.5 16.5,107.6 16.5,107.5 16.4,107.6 16.4,107.5</polygon>`, "info[0].area[0].polygon[0]: it crosses itself"},
		"swapped":   {`<polygon>15.5,8.5 15.5,8.6 15.6,8.6 15.5,8.5</polygon>`, "info[0].area[0].polygon[0]: 15.5,8.5 lies outside of Vietnam"},
		"swapped2":  {`<polygon>21.5,10.4 21.5,10.5 21.6,10.5 21.5,10.4</polygon>`, "info[0].area[0].polygon[0]: 21.5,10.4 lies outside of Vietnam"},
		"elsewhere": {`<circle>48.8,2.3 10</circle>`, "info[0].area[0].circle[0]: "},
		"good":      {capHue, ""},
	}
	feed := []string{"/html", capFirst, "/gone", capFirst, "../../etc/passwd", capFirst}
	for name, shape := range shapes {
		s.put("/"+name, capDoc(name, "Alert", capFirst, "", shape.inside))
		feed = append(feed, "/"+name, capFirst)
	}
	s.put("/html", "<html><body>Đăng nhập</body></html>")
	doc := strings.Replace(capFeed(feed...), "../../etc/passwd", "file:///etc/passwd", 2)
	s.put("/feed", doc)
	h.read()
	h.want("SELECT string_agg(id, ' ') FROM alerts", "alert:good")
	for name, shape := range shapes {
		if shape.reason == "" {
			continue
		}
		reason := h.one("SELECT coalesce(string_agg(coalesce(place, '') || ': ' || reason, '; '), '') FROM quarantine WHERE encode(record, 'escape') LIKE '%>" + name + "<%' OR encode(record, 'escape') LIKE '%\"" + name + "\"%'")
		if !strings.Contains(reason, shape.reason) {
			t.Errorf("%s is in quarantine for %q, not for %q", name, reason, shape.reason)
		}
	}
	h.want("SELECT count(*)::text FROM quarantine WHERE reason LIKE '%no address on the web%'", "1")
	h.want("SELECT count(*)::text FROM quarantine WHERE reason LIKE '%<html>%' AND record <> ''", "1")
	h.want("SELECT count(*)::text FROM quarantine WHERE reason LIKE '%404%' AND place LIKE '%/gone'", "1")
	s.since()
	h.read()
	if got := s.since(); got != "/feed /gone" {
		t.Errorf("the second read asked for %s", got)
	}

	// A refused message comes in once it is mended.
	id := h.one("SELECT id::text FROM quarantine WHERE encode(record, 'escape') LIKE '%>unclosed<%'")
	var n int64
	fmt.Sscan(id, &n)
	result, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: n, Record: []byte(capDoc("unclosed", "Alert", capFirst, "", capHue))})
	if err != nil || result.Quarantined != 0 {
		t.Fatalf("replay: %+v %v", result, err)
	}
	h.want("SELECT count(*)::text FROM alerts", "2")
}

func TestCAPAreas(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/one.xml")
	if _, err := h.db.Exec(t.Context(), `INSERT INTO units (code, valid_from, kind, name, name_en, geom) VALUES ('1', '2025-07-01', 'COMMUNE', 'A', 'A', ST_Multi(ST_MakeEnvelope(107, 16, 107.5, 17, 4326))),
		('2', '2025-07-01', 'COMMUNE', 'B', 'B', ST_Multi(ST_MakeEnvelope(107.5, 16, 108, 17, 4326)))`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, inside, want string }{
		{"polygons that overlap", capHue + capNext, "ST_Polygon 1 true"},
		{"a circle", "<circle>16.46,107.59 2</circle>", "ST_Polygon 1 true"},
		{"a point", "<circle>16.46,107.59 0</circle>", "ST_Polygon 1 true"},
		{"polygon and circle apart", capHue + "<circle>16.2,108 2</circle>", "ST_MultiPolygon 2 true"},
		{"codes of units", "<geocode><valueName>GSO</valueName><value>1</value></geocode><geocode><valueName>GSO</valueName><value>2</value></geocode>", "ST_Polygon 1 true"},
		{"codes nobody knows", "<geocode><valueName>GSO</valueName><value>99</value></geocode>", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h
			h.t = t
			s.put("/one.xml", capDoc("X"+strings.ReplaceAll(c.name, " ", "-"), "Alert", capFirst, "", c.inside)+strings.Repeat(" ", len(c.name)))
			h.read()
			h.want("SELECT ST_GeometryType(geom) || ' ' || ST_NumGeometries(geom) || ' ' || ST_IsValid(geom) FROM alerts WHERE id = 'alert:X"+strings.ReplaceAll(c.name, " ", "-")+"'", c.want)
		})
	}
}

func TestCAPScopes(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/feed")
	closed := strings.Replace(capDoc("R", "Alert", capFirst, "", capHue), "<scope>Public</scope>", "<scope>Restricted</scope><restriction>Chủ hồ</restriction>", 1)
	drill := strings.Replace(capDoc("E", "Update", capLater, "kttv@hue.example,P,"+capFirst, capHue), "<status>Actual", "<status>Exercise", 1)
	s.put("/feed", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content type="text/xml">`+closed+`</content></entry><entry><id>2</id><content type="text/xml">`+
		capDoc("P", "Alert", capFirst, "", capHue)+drill+`</content></entry></feed>`)
	h.read()
	h.want("SELECT string_agg(identifier || sharing || superseded, ' ' ORDER BY id) FROM alerts", "E0false P0false R2false")
}

func TestCAPPages(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/feed")
	s.put("/feed", strings.Replace(capFeed("/a.xml", capFirst), "<entry>", `<link rel="next" href="/feed?page=2"/><entry>`, 1))
	s.put("/feed?page=2", strings.Replace(capFeed("/b.xml", capFirst), "<entry>", `<link rel="next" href="http://elsewhere.example/feed"/><entry>`, 1))
	s.put("/a.xml", capDoc("A", "Alert", capFirst, "", capHue))
	s.put("/b.xml", capDoc("B", "Alert", capFirst, "", capHue))
	h.read()
	h.want("SELECT string_agg(id, ' ' ORDER BY id) FROM alerts", "alert:A alert:B")
}

func TestCAPNotAFeed(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "cap", s.URL+"/feed")
	s.put("/feed", "<html><body>Đăng nhập</body></html>")
	h.fails("does not answer with its standard")
	h.want("SELECT count(*)::text FROM quarantine", "0")
}
