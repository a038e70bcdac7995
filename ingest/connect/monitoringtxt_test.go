package connect_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"geohub/ingest"
	"geohub/ingest/connect"
)

// txtFolder is a folder of files with times of their own.
type txtFolder struct {
	t   *testing.T
	dir string
}

func (f txtFolder) put(name, text string, at time.Time) {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		f.t.Fatal(err)
	}
}

// txtNoon is when the files of the tests were sent.
var txtNoon = time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)

const (
	txtReadings = "SELECT string_agg(feature_id || ' ' || parameter || ' ' || to_char(at AT TIME ZONE 'UTC', 'HH24:MI') || ' ' || coalesce(value::text, '-') || ' ' || unit || ' ' || quality, '; ' ORDER BY feature_id, parameter, at) FROM readings"
	txtCount    = "SELECT count(*)::text FROM readings"
)

func TestMonitoringFolder(t *testing.T) {
	f := txtFolder{t, t.TempDir()}
	f.put("HUE_KK_PHU_BAI_20260301120000.txt", "PM2.5\t12,5\tµg/Nm3\t20260301120000\t00\nNhietdo\t28,4\toC\t20260301120000\t00\n", txtNoon)
	f.put("nuoc/HUE_NT_PHU_BAI_20260301120000.TXT", "\ufeffpH\t7.25\t-\t20260301120000\t01\r\nCOD\t-\tmg/l\t20260301120000\t02\r\n", txtNoon)
	f.put("README.md", "not ours", txtNoon)
	f.put("nuoc/deep/HUE_NT_PHU_BAI_20260301110000.txt", "pH\t7\t-\t20260301110000\t00\n", txtNoon)
	h := newWebHub(t, "monitoring-txt", f.dir)
	if r := h.read(); r.Quarantined != 0 || r.In != 4 {
		t.Fatalf("%+v %s", r, h.one("SELECT reason FROM quarantine LIMIT 1"))
	}
	h.want(txtReadings, "station:KK_PHU_BAI pm25 05:00 12.5 ug/m3 GOOD; station:KK_PHU_BAI temperature 05:00 28.4 Cel GOOD; station:NT_PHU_BAI cod 05:00 - mg/L FAULT; station:NT_PHU_BAI ph 05:00 7.25 [pH] CALIBRATION")
	h.want("SELECT string_agg(code || ' ' || label || ' ' || station_status || ' ' || coalesce(ph::text, '-') || ' ' || coalesce(pm25_ug_m3::text, '-'), '; ' ORDER BY id) FROM stations",
		"KK_PHU_BAI KK_PHU_BAI MEASURING - 12.5; NT_PHU_BAI NT_PHU_BAI FAULT - -")
	if r := h.read(); r.In != 0 {
		t.Errorf("a second read brought %+v", r)
	}

	// A back-fill sends what was sent in a file of its own; one comes hours late.
	f.put("HUE_KK_PHU_BAI_20260301121500.txt", "PM2.5\t12,5\tµg/Nm3\t20260301120000\t00\nPM2.5\t13,0\tµg/Nm3\t20260301121500\t00\n", txtNoon.Add(15*time.Minute))
	f.put("HUE_KK_PHU_BAI_20260301090000.txt", "PM2.5\t9,1\tµg/Nm3\t20260301090000\t00\n", txtNoon.Add(-3*time.Hour))
	if r := h.read(); r.In != 3 || r.Quarantined != 0 {
		t.Errorf("%+v", r)
	}
	h.want("SELECT count(*) || ' ' || sum(value) FROM readings WHERE parameter = 'pm25'", "3 34.6")

	// What is deleted there stays here.
	if err := os.Remove(filepath.Join(f.dir, "HUE_KK_PHU_BAI_20260301120000.txt")); err != nil {
		t.Fatal(err)
	}
	if r := h.read(); r.In != 0 {
		t.Errorf("%+v", r)
	}
	h.want("SELECT count(*) || ' ' || sum(value) FROM readings WHERE parameter = 'pm25'", "3 34.6")
}

// A file that is being written is read as far as its lines have ends, and again
// when there is more.
func TestMonitoringGrowing(t *testing.T) {
	f := txtFolder{t, t.TempDir()}
	name := "HUE_KK_PHU_BAI_20260301120000.txt"
	line := "PM2.5\t12.5\tug/m3\t20260301120000\t01\n"
	f.put(name, "", txtNoon)
	h := newWebHub(t, "monitoring-txt", f.dir)
	h.read()
	h.want(txtCount, "0")
	// "…\t0" would be status 00.
	f.put(name, line+"PM10\t20\tug/m3\t20260301120000\t0", txtNoon.Add(time.Second))
	h.read()
	h.want(txtReadings, "station:KK_PHU_BAI pm25 05:00 12.5 ug/m3 CALIBRATION")
	f.put(name, line+"PM10\t20\tug/m3\t20260301120000\t02\nNhietdo\t2", txtNoon.Add(2*time.Second))
	h.read()
	h.want(txtCount, "2")
	h.want("SELECT quality FROM readings WHERE parameter = 'pm10'", "FAULT")
	h.want("SELECT count(*)::text FROM quarantine", "0")
	// It stays so: then the line is what it is.
	h.read()
	h.want("SELECT place || ': ' || reason FROM quarantine", "line 3: 2 columns: parameter, value, unit, yyyyMMddHHmmss, status are due, with tabs between")
	if r := h.read(); r.In != 0 {
		t.Errorf("%+v", r)
	}
}

func TestMonitoringRefused(t *testing.T) {
	f := txtFolder{t, t.TempDir()}
	f.put("HUE_KK_PHU_BAI_20260301120000.txt", strings.Join([]string{
		"PM2.5\t12.5\tug/m3\t20260301120000\t07",
		"COD\t1.5\tfurlong\t20260301120000\t00",
		"PM10\t20.5\tppm\t20260301120000\t00",
		"Nhietdo\t999.9\toC\t20260301120000\t00",
		"SO2\t8.5\tppb\t20260301120000\t00",
		"Xyz\t8.5\tug/m3\t20260301120000\t00",
	}, "\n")+"\n", txtNoon)
	f.put("notes.txt", "hello\n", txtNoon)
	h := newWebHub(t, "monitoring-txt", f.dir)
	h.read()
	h.want("SELECT string_agg(stage || ' ' || coalesce(place || ': ', '') || reason, '; ' ORDER BY stage, place, reason) FROM quarantine",
		`DECODE line 1, status: "07" is none of 00, 01, 02; DECODE the file's name: "notes.txt" is not PROVINCE_FACILITY_STATION_yyyyMMddHHmmss.txt; `+
			`MAP unit: unit "furlong" of COD is not known; MAP unit: unit [ppm] of pm10 can't be turned into ug/m3`)
	h.want(txtReadings, "station:KK_PHU_BAI Xyz 05:00 8.5 ug/m3 GOOD; station:KK_PHU_BAI so2 05:00 8.5 [ppb] GOOD; station:KK_PHU_BAI temperature 05:00 999.9 Cel SUSPECT")
	h.want("SELECT coalesce(air_temperature_cel::text, 'none') FROM stations", "none")
	for _, mend := range [][2]string{{"\t07", "\t00"}, {"furlong", "mg/l"}} {
		var id int64
		var text []byte
		if err := h.db.QueryRow(context.Background(), "SELECT id, record FROM quarantine WHERE position(convert_to($1, 'UTF8') IN record) > 0", mend[0]).Scan(&id, &text); err != nil {
			t.Fatal(err)
		}
		mended := strings.ReplaceAll(string(text), mend[0], mend[1])
		if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: id, Record: []byte(mended)}); err != nil || r.Quarantined != 0 || r.Changed == 0 {
			t.Errorf("%s: %+v %v", mended, r, err)
		}
	}
	h.want("SELECT count(*)::text FROM readings WHERE parameter IN ('pm25', 'cod')", "2")
}

func TestMonitoringClocks(t *testing.T) {
	f := txtFolder{t, t.TempDir()}
	f.put("HUE_KK_PHU_BAI_20260301120000.txt", "CO\t1,234\tmg/m3\t20260301190000\t00\n", txtNoon)
	h := newWebHub(t, "monitoring-txt", f.dir, "clockAhead: 7h", "decimalComma: true")
	h.read()
	h.want(txtReadings, "station:KK_PHU_BAI co 05:00 1.234 mg/m3 GOOD")
}

// The checkpoint holds what came within the overlap, and nothing older is read
// again.
func TestMonitoringCheckpoint(t *testing.T) {
	f := txtFolder{t, t.TempDir()}
	for i := range 200 {
		at := txtNoon.Add(time.Duration(i-200) * time.Hour)
		stamp := at.Add(7 * time.Hour).Format("20060102150405")
		f.put("HUE_KK_PHU_BAI_"+stamp+".txt", "PM2.5\t12.5\tug/m3\t"+stamp+"\t00\n", at)
	}
	h := newWebHub(t, "monitoring-txt", f.dir, "overlap: 5h")
	h.read()
	h.want(txtCount, "200")
	h.want("SELECT (length(checkpoint::text) < 250)::text FROM sources", "true")
	if r := h.read(); r.In != 0 {
		t.Errorf("%+v", r)
	}
	f.put("HUE_KK_PHU_BAI_20260301120001.txt", "PM10\t12.5\tug/m3\t20260301120001\t00\n", time.Now().AddDate(3, 0, 0)) // a clock that is years ahead
	h.read()
	f.put("HUE_KK_PHU_BAI_20260301120002.txt", "PM10\t12.5\tug/m3\t20260301120002\t00\n", txtNoon)
	h.read()
	h.want(txtCount, "202")
	if r := h.read(); r.In != 0 {
		t.Errorf("%+v", r)
	}
}

func TestMonitoringDeclarations(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an unknown host", "address: sftp://127.0.0.1/in\n    user: u", "hostKey is missing"},
		{"nobody", "address: sftp://127.0.0.1/in\n    hostKey: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "user is missing"},
		{"no key", "address: sftp://127.0.0.1/in\n    user: u\n    hostKey: abc", "is neither a public key"},
		{"half a fingerprint", "address: sftp://127.0.0.1/in\n    user: u\n    hostKey: SHA256:AAAA", "is no SHA-256"},
		{"nothing to compare with", "address: ftp://127.0.0.1/in\n    hostKey: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nothing that it could be compared with"},
		{"another protocol", "address: http://127.0.0.1/in", "read over ftp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ingest.ParseSources([]byte("sources:\n  - name: s\n    format: monitoring-txt\n    every: 1m\n    "+test.text+"\n"), func(string) string { return "" }, connect.Formats())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
