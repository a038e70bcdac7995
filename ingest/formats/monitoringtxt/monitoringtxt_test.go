package monitoringtxt_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/monitoringtxt"
)

var update = flag.Bool("update", false, "write the goldens anew")

// now is a quarter past one in the afternoon at Huế.
func now() time.Time { return time.Date(2025, 10, 27, 6, 15, 0, 0, time.UTC) }

// decode is what hub decode prints, and below it the refusals.
func decode(t *testing.T, r io.Reader) string {
	t.Helper()
	var out, refused bytes.Buffer
	err := monitoringtxt.Decoder{Now: now}.Decode(r, formats.Sink[monitoringtxt.Record]{
		Record: func(r monitoringtxt.Record) error { return json.NewEncoder(&out).Encode(r) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintln(&refused, r)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "---\n" + refused.String()
}

func TestDecodeGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := decode(t, bytes.NewReader(in))
			golden := strings.TrimSuffix(file, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestParseName(t *testing.T) {
	for _, test := range []struct{ name, file, province, facility, station, bad string }{
		{"plain", "HUE_PHUBAI_NT01_20251027130500.txt", "HUE", "PHUBAI", "NT01", ""},
		{"in a directory", "/in/2025/HUE_PHUBAI_NT01_20251027130500.TXT", "HUE", "PHUBAI", "NT01", ""},
		{"underscores", "TTH_KCN_PHU_BAI_NT01_20251027130500.txt", "TTH", "KCN_PHU_BAI", "NT01", ""},
		{"another ending", "HUE_PHUBAI_NT01_20251027130500.csv", "", "", "", "does not end in .txt"},
		{"too few parts", "HUE_NT01_20251027130500.txt", "", "", "", "is not PROVINCE_FACILITY_STATION"},
		{"an empty part", "HUE__NT01_20251027130500.txt", "", "", "", "a part is empty"},
		{"no such day", "HUE_PHUBAI_NT01_20250230130500.txt", "", "", "", "no possible date"},
		{"a short time", "HUE_PHUBAI_NT01_202510271305.txt", "", "", "", "not yyyyMMddHHmmss"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, err := monitoringtxt.ParseName(test.file)
			if test.bad != "" {
				if err == nil || !strings.Contains(err.Error(), test.bad) {
					t.Errorf("%+v, %v; want %s", n, err, test.bad)
				}
				return
			}
			if err != nil || n.Province != test.province || n.Facility != test.facility || n.Station != test.station || n.Time.Format(time.RFC3339) != "2025-10-27T13:05:00+07:00" {
				t.Errorf("%+v, %v", n, err)
			}
			if again, err := monitoringtxt.ParseName(n.String()); err != nil || again != n {
				t.Errorf("%s: %+v, %v", n, again, err)
			}
		})
	}
}

// A line without end costs itself alone.
func TestDecodeLongLine(t *testing.T) {
	good := "pH\t7.25\t-\t20251027130500\t00\n"
	got := decode(t, io.MultiReader(strings.NewReader(good), strings.NewReader(strings.Repeat("x", 20<<20)), strings.NewReader("\n"+good)))
	if strings.Count(got, `"param":"pH"`) != 2 || !strings.Contains(got, "line 2: a line longer than 8 MiB") {
		t.Error(got)
	}
}

func ExampleDecode() {
	in := "Nhietdo\t28,4\toC\t20251027130500\t00\nCOD\t41.7\tmg/l\t20251027130500\t09\n"
	monitoringtxt.Decode(strings.NewReader(in), formats.Sink[monitoringtxt.Record]{
		Record: func(r monitoringtxt.Record) error {
			line, err := json.Marshal(r)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	// Output:
	// {"param":"Nhietdo","parameter":"temperature","value":28.4,"unit":"oC","ucum":"Cel","time":"2025-10-27T13:05:00+07:00","status":"00","quality":"measuring"}
	// line 2: status: "09" is none of 00, 01, 02
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		in, _ := os.ReadFile(file)
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > len(b)+1 {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		err := monitoringtxt.Decoder{Now: now}.Decode(bytes.NewReader(b), formats.Sink[monitoringtxt.Record]{
			Record: func(r monitoringtxt.Record) error {
				count()
				_, err := json.Marshal(r)
				return err
			},
			Refuse: func(formats.Refusal) error { count(); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		monitoringtxt.ParseName(string(b))
	})
}
