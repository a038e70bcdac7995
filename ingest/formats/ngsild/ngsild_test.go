package ngsild_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/ngsild"
)

var update = flag.Bool("update", false, "write the golden anew")

func TestDecodeGolden(t *testing.T) {
	in, err := os.ReadFile("testdata/cameras.json")
	if err != nil {
		t.Fatal(err)
	}
	var out, refused bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	page, err := ngsild.Decode(bytes.NewReader(in), formats.Sink[ngsild.Entity]{
		Record: func(e ngsild.Entity) error { return lines.Encode(e) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintln(&refused, r)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s---\n%s---\n%+v\n", &out, &refused, page)
	if *update {
		if err := os.WriteFile("testdata/cameras.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/cameras.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDecodePages(t *testing.T) {
	one := `{"id":"urn:x:1","type":"Camera"}`
	for _, test := range []struct {
		name, in         string
		records, refused int
		complete         bool
	}{
		{"empty", `[]`, 0, 0, true},
		{"one entity", one, 1, 0, true},
		{"lines", one + "\n" + one, 2, 0, true},
		{"cut off", `[` + one + `,{"id":"urn:x:2","ty`, 1, 2, false},
		{"HTML", "<html>502 Bad Gateway</html>", 0, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, bad := 0, 0
			page, err := ngsild.Decode(strings.NewReader(test.in), formats.Sink[ngsild.Entity]{
				Record: func(ngsild.Entity) error { n++; return nil },
				Refuse: func(formats.Refusal) error { bad++; return nil },
			})
			if err != nil || n != test.records || bad != test.refused || page.Complete != test.complete {
				t.Errorf("%d records, %d refused, %+v, %v", n, bad, page, err)
			}
		})
	}
}

func ExampleDecode() {
	in := `[{"id":"urn:ngsi-ld:Camera:CAM-0001","type":"Camera","height":{"type":"Property","value":6.5},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[107.5925,16.4635]}}}]`
	page, err := ngsild.Decode(strings.NewReader(in), formats.Sink[ngsild.Entity]{
		Record: func(e ngsild.Entity) error {
			fmt.Println(e.Key(), e.Text("height"), string(e.Location))
			return nil
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	fmt.Println(page.Complete, err)
	// Output:
	// CAM-0001 6.5 {"type":"Point","coordinates":[107.5925,16.4635]}
	// true <nil>
}

func FuzzDecode(f *testing.F) {
	in, err := os.ReadFile("testdata/cameras.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(in)
	for line := range bytes.Lines(in) {
		f.Add(bytes.Trim(line, " ,\n"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_, err := ngsild.Decode(bytes.NewReader(in), formats.Sink[ngsild.Entity]{
			Record: func(e ngsild.Entity) error {
				if e.ID == "" || e.Type == "" {
					t.Errorf("%+v", e)
				}
				_, err := json.Marshal(e)
				return err
			},
			Refuse: func(r formats.Refusal) error {
				if r.Reason == "" {
					t.Errorf("%+v", r)
				}
				return nil
			},
		})
		if err != nil {
			t.Error(err)
		}
	})
}
