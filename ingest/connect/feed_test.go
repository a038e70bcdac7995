package connect_test

import (
	"strings"
	"testing"
)

const feedHead = `<?xml version="1.0"?><rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel><title>Báo Thử</title><link>https://bao.example/</link><language>vi</language>`

func feedItem(guid, link, title, more string) string {
	return "<item><guid isPermaLink=\"false\">" + guid + "</guid><link>" + link + "</link><title>" + title + "</title><description>d</description><pubDate>Sun, 01 Mar 2026 08:00:00 +0700</pubDate>" + more + "</item>"
}

func TestFeed(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "feed", s.URL+"/rss")
	if _, err := h.db.Exec(t.Context(), `INSERT INTO units (code, valid_from, kind, name, name_en, geom) VALUES ('19753', '2025-07-01', 'COMMUNE', 'Phường Phú Xuân', 'Phu Xuan Ward', ST_Multi(ST_MakeEnvelope(107.5, 16.4, 107.6, 16.5, 4326)))`); err != nil {
		t.Fatal(err)
	}
	s.put("/rss", feedHead+
		feedItem("1", "https://BAO.example/a?utm_source=rss&amp;id=7#top", "Ngập tại Phú Xuân", "")+
		feedItem("2", "/b", "Tại Phú Xuân", "<georss:point>16.41 107.51</georss:point>")+
		feedItem("3", "/c", "Không nơi nào", "")+
		strings.Replace(feedItem("4", "/d", "Ngày sai", ""), "Sun, 01 Mar 2026 08:00:00 +0700", "10/11/2025", 1)+
		"</channel></rss>")
	if r := h.read(); r.In != 4 || r.Quarantined != 1 {
		t.Fatalf("%+v", r)
	}
	h.want("SELECT canonical_url FROM articles WHERE guid = '1'", "https://bao.example/a?id=7")
	h.want("SELECT canonical_url FROM articles WHERE guid = '2'", s.URL+"/b")
	h.want("SELECT place_names[1] || ' ' || ST_X(geom) || ' ' || ST_Y(geom) || ' ' || (position_accuracy_m > 1000) FROM articles WHERE guid = '1'", "Phú Xuân 107.55 16.45 true")
	h.want("SELECT ST_X(geom) || ' ' || place_names[1] FROM articles WHERE guid = '2'", "107.51 Phú Xuân")
	h.want("SELECT outlet || language || handling_status || (geom IS NULL) FROM articles WHERE guid = '3'", "Báo ThửviDETECTEDtrue")
	h.want("SELECT place FROM quarantine", "line 1, published")

	s.since()
	h.read()
	if got := s.since(); got != "=/rss" {
		t.Errorf("the second read asked for %s", got)
	}
}

// All items have new guids: they are the same articles.
func TestFeedNewGUIDs(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "feed", s.URL+"/rss")
	items := func(prefix string) string {
		return feedHead + feedItem(prefix+"1", "https://bao.example/a?utm_campaign="+prefix, "Một", "") + feedItem(prefix+"2", "https://bao.example/b", "Hai", "") + "</channel></rss>"
	}
	s.put("/rss", items("old-"))
	h.read()
	s.put("/rss", items("quite-new-"))
	h.read()
	h.want("SELECT string_agg(id || ' ' || guid, ', ' ORDER BY id) FROM articles", "article:old-1 old-1, article:old-2 old-2")

	// Both at once, in one feed that was never read before.
	s = newSite(t)
	h = newWebHub(t, "feed", s.URL+"/rss")
	s.put("/rss", feedHead+feedItem("x", "https://bao.example/a", "Một", "")+feedItem("y", "https://bao.example/a#2", "Một", "")+"</channel></rss>")
	h.read()
	h.want("SELECT string_agg(id, ', ') FROM articles", "article:x")
}

func TestFeedMonitoring(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "feed", s.URL+"/json")
	s.put("/json", `{"version":"https://jsonfeed.org/version/1.1","title":"Giám sát","items":[
		{"id":"1","url":"https://bao.example/a","title":"T","content_text":"c","_hue":{"outlet":"Báo A","sentiment":"NEG","sentiment_score":-0.5,"reach":10,"handling":"CHUYEN_XU_LY","agency":"H57.05","due":"2026-03-05T00:00:00+07:00","places":[{"name":"Ga Huế","lat":16.45,"lon":107.57,"radius_m":300}]}},
		{"id":"2","url":"https://bao.example/b","title":"U","content_text":"c","_hue":{"sentiment":7}}]}`)
	if r := h.read(); r.Quarantined != 1 {
		t.Fatalf("%+v", r)
	}
	h.want("SELECT outlet || sentiment || sentiment_score || reach || handling_status || assigned_agency_code || place_names[1] || position_accuracy_m FROM articles", "Báo ANEGATIVE-0.510FORWARDEDH57.05Ga Huế300")
}

func TestFeedNotAFeed(t *testing.T) {
	s := newSite(t)
	h := newWebHub(t, "feed", s.URL+"/rss")
	s.put("/rss", "<html><body>Đăng nhập</body></html>")
	h.fails("does not answer with its standard")
	s.put("/rss", "")
	h.fails("does not answer with its standard")
	h.want("SELECT count(*)::text FROM quarantine", "0")
}
