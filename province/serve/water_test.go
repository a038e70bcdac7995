package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/serve"
)

// waterSources are those of dams and stations; stations' register comes before
// what is only measured there.
var waterSources = []string{"dams", "stations", "air", "water"}

func TestWaterOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "dams", "stations", "readings")
	for _, source := range waterSources {
		read(t, r, source)
	}
	compareLayer(t, r.DB, "dams", "source", "version_at")
	compareLayer(t, r.DB, "stations", "source", "version_at")

	want, have := readingsIn(t, pgtest.Shared(t, hubtest.Province())), readingsIn(t, r.DB)
	horizon := hubtest.Now.Add(-48 * time.Hour)
	missing, differ := 0, 0
	for key, w := range want {
		h, ok := have[key]
		switch {
		case !ok && w.byFile && !w.at.After(horizon):
		case !ok:
			if missing++; missing < 5 {
				t.Errorf("%s is missing", key)
			}
		case h.text != w.text:
			if differ++; differ < 5 {
				t.Errorf("%s is %s, not %s", key, h.text, w.text)
			}
		}
	}
	if missing+differ > 0 {
		t.Errorf("%d readings are missing, %d differ", missing, differ)
	}
	derived := 0
	for key := range have {
		if _, ok := want[key]; ok {
			continue
		}
		derived++
		if !strings.Contains("storage turbine downstreamLevel gatesOpen vnWqi", strings.Fields(key)[1]) {
			t.Fatalf("%s is none of the province's", key)
		}
	}
	if len(have)-derived < 30_000 {
		t.Errorf("%d readings came", len(have)-derived)
	}

	for _, source := range waterSources {
		if again := read(t, r, source); again.Changed != 0 || again.In > 100 {
			t.Errorf("%s: a second read brought %d records, %d of them changed something", source, again.In, again.Changed)
		}
	}
}

type storedReading struct {
	text   string
	at     time.Time
	byFile bool
}

// readingsIn are the readings of a database by feature, parameter and time.
func readingsIn(t *testing.T, db *pgxpool.Pool) map[string]storedReading {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT r.feature_id || ' ' || parameter || ' ' || extract(epoch FROM at)::bigint, coalesce(value::text, '-') || ' ' || unit || ' ' || quality,
		at, coalesce(station_kind IN ('AIR', 'WATER'), false) FROM readings r LEFT JOIN stations s ON s.id = r.feature_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]storedReading{}
	for rows.Next() {
		var key string
		var r storedReading
		if err := rows.Scan(&key, &r.text, &r.at, &r.byFile); err != nil {
			t.Fatal(err)
		}
		all[key] = r
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// The flood of October 2025 as it was published, read while it went on.
func TestFloodOverTheWire(t *testing.T) {
	at := time.Date(2025, 10, 27, 14, 0, 0, 0, geo.Saigon)
	s, err := serve.Start(serve.Options{Clock: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := runnerOf(t, pgtest.DB(t, hubtest.Empty()), s.Sources())
	r.Clock = func() time.Time { return at }
	read(t, r, "dams")
	read(t, r, "stations")
	for _, dam := range []struct {
		code                   string
		level, inflow, release float64
	}{{"HUONG_DIEN", 57.01, 3795, 1799}, {"BINH_DIEN", 82.24, 4154, 2655}, {"TA_TRACH", 42.18, 6921, 423}} {
		var level, inflow, release float64
		var observed time.Time
		err := r.DB.QueryRow(t.Context(), "SELECT level_m, inflow_m3s, outflow_m3s, observed_at FROM dams WHERE code = $1", dam.code).Scan(&level, &inflow, &release, &observed)
		if err != nil {
			t.Fatal(err)
		}
		if level != dam.level || inflow != dam.inflow || release != dam.release || !observed.Equal(at) {
			t.Errorf("%s: %v m, %v in, %v out at %v; published: %+v", dam.code, level, inflow, release, observed, dam)
		}
	}

	at = time.Date(2025, 10, 27, 20, 0, 0, 0, geo.Saigon)
	read(t, r, "dams")
	read(t, r, "stations")
	var level float64
	var alarm int
	if err := r.DB.QueryRow(t.Context(), "SELECT water_level_m, flood_alarm_level FROM stations WHERE id = 'station:KIM_LONG'").Scan(&level, &alarm); err != nil {
		t.Fatal(err)
	}
	if level != 5.05 || alarm != 3 {
		t.Errorf("Kim Long stands at %v, alarm %d", level, alarm)
	}
	for _, dam := range []struct {
		code         string
		lowest, peak float64
	}{{"HUONG_DIEN", 52.94, 5261}, {"BINH_DIEN", 77, 6512}, {"TA_TRACH", 29.34, 6921}} {
		var lowest, peak float64
		err := r.DB.QueryRow(t.Context(), `SELECT max(value) FILTER (WHERE parameter = 'level' AND at = '2025-10-19 07:00+07'), max(value) FILTER (WHERE parameter = 'inflow')
			FROM readings WHERE feature_id = $1`, "dam:"+dam.code).Scan(&lowest, &peak)
		if err != nil || lowest != dam.lowest || peak != dam.peak {
			t.Errorf("%s: drawn down to %v m, at most %v m³/s, %v; published: %+v", dam.code, lowest, peak, err, dam)
		}
	}
}

// The services answer as those of the standard do.
func TestSensorThingsServer(t *testing.T) {
	s, err := serve.Start(serve.Options{Clock: fixed})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	root := "http://" + s.Address("http") + "/dams/v1.1/"
	get := func(t *testing.T, path string, query ...string) (int, map[string]any) {
		t.Helper()
		address := root + path
		for i := 0; i < len(query); i += 2 {
			address += map[bool]string{true: "?", false: "&"}[i == 0] + query[i] + "=" + url.QueryEscape(query[i+1])
		}
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		var out map[string]any
		if err != nil || json.Unmarshal(text, &out) != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return res.StatusCode, out
	}
	for _, test := range []struct {
		name, path string
		query      []string
		want       string // ids of value, or of the one entity
	}{
		{"one by id", "Things('TA_TRACH')", nil, "TA_TRACH"},
		{"a link of many", "Things('TA_TRACH')/Datastreams", []string{"$top", "2"}, "TA_TRACH:muc-nuoc-ho TA_TRACH:luu-luong-den"},
		{"a link of one", "Datastreams('TA_TRACH:muc-nuoc-ho')/Thing", nil, "TA_TRACH"},
		{"a property of a property", "Things", []string{"$filter", "properties/basin eq 'A Sáp'"}, "A_LUOI"},
		{"and, or, not", "Things", []string{"$filter", "(properties/code eq 'TRUOI' or properties/code eq 'HOA_MY') and not name eq 'Hồ Truồi'"}, "HOA_MY"},
		{"words", "Things", []string{"$filter", "substringof('Bình', name)"}, "BINH_DIEN"},
		{"order and skip", "Things", []string{"$orderby", "properties/code desc", "$skip", "1", "$top", "1"}, "THUY_YEN"},
		{"through a link", "Datastreams", []string{"$filter", "Thing/id eq 'TA_TRACH' and ObservedProperty/id eq 'muc-nuoc-ho'"}, "TA_TRACH:muc-nuoc-ho"},
		{"observations of a time", "Datastreams('TA_TRACH:muc-nuoc-ho')/Observations", []string{"$filter", "phenomenonTime eq 2025-10-27T07:00:00Z"}, fmt.Sprint("TA_TRACH:muc-nuoc-ho:", time.Date(2025, 10, 27, 7, 0, 0, 0, time.UTC).Unix())},
		{"intervals after", "Datastreams('TA_TRACH:luong-mua-1-gio')/Observations", []string{"$filter", "phenomenonTime gt 2025-10-27T06:30:00Z and phenomenonTime lt 2025-10-27T08:30:00Z"}, fmt.Sprint("TA_TRACH:luong-mua-1-gio:", time.Date(2025, 10, 27, 8, 0, 0, 0, time.UTC).Unix())},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, out := get(t, test.path, test.query...)
			if status != http.StatusOK {
				t.Fatal(status, out)
			}
			var ids []string
			if list, ok := out["value"].([]any); ok {
				for _, v := range list {
					ids = append(ids, v.(map[string]any)["@iot.id"].(string))
				}
			} else {
				ids = append(ids, out["@iot.id"].(string))
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	t.Run("pages", func(t *testing.T) {
		seen := 0
		address := "Things?$top=9&$count=true&$expand=Datastreams($top=1;$count=true)"
		for pages := 0; address != ""; pages++ {
			_, out := get(t, address)
			if out["@iot.count"] != 22.0 || pages > 3 {
				t.Fatal(out["@iot.count"], pages)
			}
			for _, v := range out["value"].([]any) {
				thing := v.(map[string]any)
				if next, _ := thing["Datastreams@iot.nextLink"].(string); len(thing["Datastreams"].([]any)) != 1 || !strings.Contains(next, "skip=1") {
					t.Errorf("%v: %v", thing["@iot.id"], next)
				}
				seen++
			}
			next, _ := out["@iot.nextLink"].(string)
			address = strings.TrimPrefix(next, root)
		}
		if seen != 22 {
			t.Errorf("%d Things", seen)
		}
	})
	for _, test := range []struct {
		name, path, query string
		status            int
	}{
		{"no such entity", "Things('NOWHERE')", "", 404},
		{"no such set", "Rivers", "", 404},
		{"an open bracket", "Things", "$expand=Datastreams(", 400},
		{"no such link", "Things", "$expand=Rivers", 400},
		{"half a filter", "Things", "$filter=name%20eq", 400},
		{"no number", "Things", "$top=many", 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.path
			if test.query != "" {
				path += "?" + test.query
			}
			if status, out := get(t, path); status != test.status || out["message"] == "" {
				t.Errorf("%d %v", status, out)
			}
		})
	}
}

// A logger's server that was stopped is dead, and the next read after it is
// back brings everything.
func TestWaterStopped(t *testing.T) {
	r, s := newRunner(t, "stations", "readings")
	for _, system := range []string{"stations", "air", "water"} {
		if err := s.Stop(system); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(t.Context(), system); err == nil {
			t.Errorf("%s was read though it is stopped", system)
		}
		if err := s.Resume(system); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for {
			result, err := r.Read(t.Context(), system)
			if err == nil {
				if result.In == 0 {
					t.Errorf("%s brought nothing", system)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
}
