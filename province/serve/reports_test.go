package serve_test

import (
	"encoding/json"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

func TestReportsOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "reports")
	first := read(t, r, "hue-s")
	compareLayer(t, r.DB, "reports", "media_urls", "media_moderated")
	var pictures, moderated int
	if err := r.DB.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE media_moderated) FROM reports WHERE media_urls <> '{}'").Scan(&pictures, &moderated); err != nil {
		t.Fatal(err)
	}
	if pictures == 0 || moderated == 0 || moderated == pictures {
		t.Errorf("%d of %d pictures were looked at", moderated, pictures)
	}
	again := read(t, r, "hue-s")
	if again.Changed != 0 || again.In >= first.In/3 {
		t.Errorf("a second read changed %d of %d, the first had %d", again.Changed, again.In, first.In)
	}
}

func TestReportsAsXML(t *testing.T) {
	_, s := newRunner(t)
	db := pgtest.DB(t, hubtest.Province())
	if _, err := db.Exec(t.Context(), "DELETE FROM reports"); err != nil {
		t.Fatal(err)
	}
	sources := strings.Replace(s.Sources(), "/open311/v2\n", "/open311/v2/requests.xml?start_date=2026-02-20\n", 1)
	r := runnerOf(t, db, sources)
	read(t, r, "hue-s")
	want := stored(t, pgtest.Shared(t, hubtest.Province()), "reports", "media_urls", "media_moderated")
	for id, row := range stored(t, db, "reports", "media_urls", "media_moderated") {
		for column, v := range row {
			if clip(v) != clip(want[id][column]) {
				t.Fatalf("%s: %s is %v, not %v", id, column, clip(v), clip(want[id][column]))
			}
		}
	}
}

func TestPostReport(t *testing.T) {
	_, s := newRunner(t)
	base := "http://" + s.Address("http") + "/reports/open311/v2/"
	post := func(form url.Values) (int, map[string]any) {
		t.Helper()
		res, err := http.PostForm(base+"requests.json", form)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, only(t, res)
	}
	form := url.Values{"api_key": {"hue-s-demo-key"}, "service_code": {"ROAD_DAMAGE"}, "lat": {"16.46"}, "long": {"107.59"}, "description": {"Ổ gà lớn"}, "attribute[client_id]": {"hub-1"}}
	status, answer := post(form)
	id, _ := answer["service_request_id"].(string)
	if status != http.StatusCreated || id == "" {
		t.Fatalf("status %d, %v", status, answer)
	}
	if _, answer := post(form); answer["service_request_id"] != id {
		t.Errorf("the same report was taken in twice: %v and %s", answer, id)
	}
	if got := get(t, base+"requests/"+id+".json"); got["status"] != "open" || got["lat"] != 16.46 || got["description"] != "Ổ gà lớn" {
		t.Errorf("it reads %v", got)
	}
	for name, change := range map[string]url.Values{
		"without a key":            {"api_key": {""}},
		"of an unknown service":    {"service_code": {"NONE"}},
		"that lies nowhere at all": {"lat": {""}},
	} {
		bad := url.Values{}
		for k, v := range form {
			bad[k] = v
		}
		for k, v := range change {
			bad[k] = v
		}
		if status, answer := post(bad); status < 400 || answer["code"] == nil {
			t.Errorf("a report %s: %d %v", name, status, answer)
		}
	}

	form.Set("service_code", "RESCUE")
	form.Set("attribute[client_id]", "hub-2")
	_, answer = post(form)
	token, _ := answer["token"].(string)
	if first := get(t, base+"tokens/"+token+".json"); token == "" || first["service_request_id"] != nil {
		t.Fatalf("the token %q answers %v at once", token, first)
	}
	if second := get(t, base+"tokens/"+token+".json"); second["service_request_id"] == nil {
		t.Errorf("the token answers %v", second)
	}
}

func TestReportsAnswerByTheStandard(t *testing.T) {
	_, s := newRunner(t)
	base := "http://" + s.Address("http") + "/reports/"
	if got := get(t, base+"open311/v2/requests.json?page_size=1"); got["first_name"] != nil || got["service_request_id"] == nil {
		t.Errorf("without a key: %v", got)
	}
	for _, path := range []string{"services.json", "services.xml", "services/NOISE.json", "requests.xml?status=open", "requests.json?service_code=NOISE,TREE"} {
		if status := statusOf(t, base+"open311/v2/"+path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"requests.json?start_date=yesterday", "requests.json?page=0", "requests.json?start_date=2025-01-01T00:00:00Z&end_date=2025-12-01T00:00:00Z", "requests/NONE.json", "services/NONE.xml"} {
		if status := statusOf(t, base+"open311/v2/"+path); status < 400 {
			t.Errorf("%s: %d", path, status)
		}
	}
	var all []map[string]any
	res, err := http.Get(base + "open311/v2/requests.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		if media, _ := q["media_url"].(string); media != "" {
			picture, err := http.Get(media)
			if err != nil {
				t.Fatal(err)
			}
			defer picture.Body.Close()
			if _, err := jpeg.Decode(picture.Body); err != nil {
				t.Errorf("%s: %v", media, err)
			}
			return
		}
	}
	t.Error("no report has a picture")
}

func get(t *testing.T, address string) map[string]any {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return only(t, res)
}

// only is the one object of an answer.
func only(t *testing.T, res *http.Response) map[string]any {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(text, &all); err != nil || len(all) != 1 {
		t.Fatalf("%s: %.200s", res.Request.URL, text)
	}
	return all[0]
}

func statusOf(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestReportsStopped(t *testing.T) {
	r, s := newRunner(t)
	if err := s.Stop("reports"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context(), "hue-s"); err == nil {
		t.Error("a dead system was read")
	}
}
