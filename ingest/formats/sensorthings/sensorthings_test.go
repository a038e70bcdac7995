package sensorthings_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/sensorthings"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestDecodeGolden(t *testing.T) {
	for _, name := range []string{"things.json", "observations.jsonl"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			var out, refused bytes.Buffer
			page, err := sensorthings.Decode(bytes.NewReader(in), formats.Sink[sensorthings.Entity]{
				Record: func(e sensorthings.Entity) error { return json.NewEncoder(&out).Encode(e) },
				Refuse: func(r formats.Refusal) error {
					_, err := fmt.Fprintln(&refused, r)
					return err
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			count := "?"
			if page.Count != nil {
				count = fmt.Sprint(*page.Count)
			}
			got := fmt.Sprintf("%s---\n%s---\nnext %q count %s complete %v\n", &out, &refused, page.NextLink, count, page.Complete)
			golden := "testdata/" + name + ".golden"
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

func TestDecodePages(t *testing.T) {
	one := `{"@iot.id":1,"phenomenonTime":"2025-10-27T06:00:00Z","result":1}`
	for _, test := range []struct {
		name, in, next   string
		records, refused int
		complete         bool
	}{
		{"an empty page", `{"value":[]}`, "", 0, 0, true},
		{"nothing", ``, "", 0, 0, true},
		{"the next link first", `{"@iot.nextLink":"n","value":[` + one + `]}`, "n", 1, 0, true},
		{"OData's name", `{"value":[` + one + `],"@odata.nextLink":"n"}`, "n", 1, 0, true},
		{"cut off", `{"@iot.nextLink":"n","value":[` + one + `,` + one[:20], "n", 1, 2, false},
		{"HTML", "<html><body>502 Bad Gateway\n</body></html>", "", 0, 1, false},
		{"a string in place of the array", `{"value":"x","@iot.count":1}`, "", 0, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, bad := 0, 0
			page, err := sensorthings.Decode(strings.NewReader(test.in), formats.Sink[sensorthings.Entity]{
				Record: func(sensorthings.Entity) error { n++; return nil },
				Refuse: func(formats.Refusal) error { bad++; return nil },
			})
			if err != nil || n != test.records || bad != test.refused || page.NextLink != test.next || page.Complete != test.complete {
				t.Errorf("%d records, %d refused, %+v, %v", n, bad, page, err)
			}
		})
	}
}

// A dataArray far over MaxRecord goes by row by row.
func TestDecodeLargeDataArray(t *testing.T) {
	const rows = 30_000
	r := strings.NewReader(`{"value":[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[` +
		strings.Repeat(`["2025-10-27T06:00:00Z",42.18],`+strings.Repeat(" ", 300), rows) + `["2025-10-27T06:00:00Z",1]]}],"@iot.nextLink":"n"}`)
	n := 0
	page, err := sensorthings.Decode(r, formats.Sink[sensorthings.Entity]{
		Record: func(e sensorthings.Entity) error { n++; return nil },
		Refuse: func(r formats.Refusal) error { return r },
	})
	if err != nil || n != rows+1 || page.NextLink != "n" || !page.Complete {
		t.Errorf("%d rows, %+v, %v", n, page, err)
	}
}

func ExampleDecode() {
	in := `{"value":[
  {"@iot.id":1,"phenomenonTime":"2025-10-27T13:00:00+07:00","resultTime":null,"result":57.01},
  {"@iot.id":2,"phenomenonTime":"2025-10-27T13:00:00","result":57.02}
 ],"@iot.nextLink":"https://sta.example.vn/v1.1/Observations?$skip=2"}`
	page, err := sensorthings.Decode(strings.NewReader(in), formats.Sink[sensorthings.Entity]{
		Record: func(e sensorthings.Entity) error {
			line, err := json.Marshal(e)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	fmt.Println(page.NextLink, err)
	// Output:
	// {"entity":"Observation","@iot.id":1,"phenomenonTime":"2025-10-27T13:00:00+07:00","result":57.01}
	// line 3: value[1].phenomenonTime: "2025-10-27T13:00:00" has no offset: Z or +07:00 is due
	// https://sta.example.vn/v1.1/Observations?$skip=2 <nil>
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"things.json", "observations.jsonl"} {
		in, _ := os.ReadFile("testdata/" + name)
		f.Add(in)
		for line := range bytes.Lines(in) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > 8*len(b)+8 {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		_, err := sensorthings.Decode(bytes.NewReader(b), formats.Sink[sensorthings.Entity]{
			Record: func(e sensorthings.Entity) error {
				count()
				if o, ok := e.(*sensorthings.Observation); ok {
					o.Number()
				}
				_, err := json.Marshal(e)
				return err
			},
			Refuse: func(formats.Refusal) error { count(); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
