package open311

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats"
)

var update = flag.Bool("update", false, "write the goldens anew")

// printed is what a decoder found, as `hub decode` shows it: records as JSON, a
// refusal as a line of its own.
func printed(t testing.TB, r io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	err := Decode(r, formats.Sink[Record]{
		Record: func(rec Record) error {
			b, err := json.Marshal(rec)
			fmt.Fprintf(&out, "%s\n", b)
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Fprintf(&out, "refused: %v\n", r)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, name := range files {
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, bytes.NewReader(in))
			if *update {
				if err := os.WriteFile(name+".golden", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			crlf := append([]byte("\uFEFF"), bytes.ReplaceAll(bytes.TrimSpace(in), []byte("\n"), []byte("\r\n"))...)
			if diff := cmp.Diff(got, printed(t, iotest.OneByteReader(bytes.NewReader(crlf)))); diff != "" {
				t.Error("with BOM and CRLF:", diff)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty list", "[]", ""},
		{"empty page", `{"service_requests":[]}`, ""},
		{"empty XML", "<service_requests/>", ""},
		{"empty", " \n", "refused: line 1: it is empty\n"},
		{"a page of HTML", "<html><body>502</body></html>", "refused: line 1: no record in it: its root is <html>\n"},
		{"text", "Bad gateway", "refused: line 1: it is neither JSON nor XML\n"},
		{"single", `{"service_request_id":"1","status":"open"}`, `{"service_request_id":"1","status":"open"}` + "\n"},
		{"single, named", `{"service_request":{"service_request_id":"1","status":"open"}}`, `{"service_request_id":"1","status":"open"}` + "\n"},
		{"nested page", `{"data":{"service_requests":[{"service_request_id":"1","status":"open"}],"n":1},"ok":true}`, `{"service_request_id":"1","status":"open"}` + "\n"},
		{"other members", `[{"z":1, "service_request_id":"1","status":"open","a":{"b": [1, 2]}}]`, `{"service_request_id":"1","status":"open","a":{"b":[1,2]},"z":1}` + "\n"},
		{"nothing known", `[{"a":1}]`, "refused: line 1: it is neither a request nor a service: there is no service_request_id and no service_code\n"},
		{"not objects", `[1,"x",[2],null]`, strings.Repeat("refused: line 1: it is not an object\n", 4)},
		{"id of no text", `[{"service_request_id":{"a":1},"status":"open"}]`, "refused: line 1: service_request_id: it is not text\n"},
		{"no id", "[\n{\"status\":\"open\",\"lat\":16.4,\"long\":107.5,\"description\":\"Ổ gà\"}]", "refused: line 2: service_request_id: it is missing\n"},
		{"description of no text", `[{"service_request_id":7,"status":"open","description":["a"]}]`, "refused: line 1: description: service_request_id 7: it is not text\n"},
		{"no number", `[{"service_request_id":7,"status":"open","lat":"NaN","long":"107"}]`, "refused: line 1: lat: service_request_id 7: \"NaN\" is no number of degrees\n"},
		{"coordinates of null", `[{"service_request_id":7,"status":"open","lat":null,"long":""}]`, `{"service_request_id":"7","status":"open"}` + "\n"},
		{"called lon", `[{"service_request_id":7,"status":"open","lat":16.4,"lon":107.5}]`, `{"service_request_id":"7","status":"open","lat":16.4,"long":107.5,"notes":["long: it is called lon"]}` + "\n"},
		{"no such day", `[{"service_request_id":7,"status":"open","updated_datetime":"2025-02-30T00:00:00+07:00"}]`, "refused: line 1: updated_datetime: service_request_id 7: \"2025-02-30T00:00:00+07:00\" is no time like 2025-10-27T20:30:00+07:00\n"},
		{"offset without a colon", `[{"service_request_id":7,"status":"open","updated_datetime":"2025-02-03T00:00:00+0700"}]`, `{"service_request_id":"7","status":"open","updated_datetime":"2025-02-03T00:00:00+07:00"}` + "\n"},
		{"not UTF-8", "[{\"service_request_id\":\"\xff\"}]", "refused: line 1: it is not UTF-8\n"},
		{"errors in a page", `{"errors":[{"code":400,"description":"service_code was not provided"}]}`, "refused: line 1: the server answered with an error: 400 service_code was not provided\n"},
		{"billion laughs", `<!DOCTYPE r [<!ENTITY a "&b;&b;">]><service_requests><request><service_request_id>&a;</service_request_id></request></service_requests>`, "refused: line 1: invalid character entity &a;: no DTD is read, so nothing defines it\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, printed(t, strings.NewReader(test.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLocation(t *testing.T) {
	var got time.Time
	err := Options{Location: time.UTC}.Decode(strings.NewReader(`{"service_request_id":"1","status":"open","updated_datetime":"2025-10-27 08:00:00"}`), formats.Sink[Record]{
		Record: func(rec Record) error { got = *rec.Request.UpdatedDatetime; return nil },
	})
	if err != nil || !got.Equal(time.Date(2025, 10, 27, 8, 0, 0, 0, time.UTC)) {
		t.Error(got, err)
	}
}

// page is a page of n requests that is never whole in memory.
type page struct {
	xml  bool
	n, i int
	rest []byte
}

func (p *page) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		p.i++
		switch {
		case p.i > p.n+2:
			return 0, io.EOF
		case p.xml && p.i == 1:
			p.rest = []byte("<service_requests>")
		case p.xml && p.i == p.n+2:
			p.rest = []byte("</service_requests>")
		case p.xml:
			p.rest = fmt.Appendf(nil, "<request><service_request_id>%d</service_request_id><status>open</status><lat>16.4</lat><long>107.5</long></request>\n", p.i)
		case p.i == 1:
			p.rest = []byte(`{"page":1,"service_requests":[`)
		case p.i == p.n+2:
			p.rest = []byte("]}")
		default:
			p.rest = fmt.Appendf(nil, "{\"service_request_id\":%d,\"status\":\"open\",\"lat\":16.4,\"long\":107.5},\n", p.i)
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func TestLongPages(t *testing.T) {
	for _, test := range []struct {
		xml bool
		n   int
	}{{false, 100_000}, {true, 20_000}} {
		n, most := 0, uint64(0)
		err := Decode(&page{xml: test.xml, n: test.n}, formats.Sink[Record]{
			Record: func(Record) error {
				if n++; n%10_000 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
				return nil
			},
			Refuse: func(r formats.Refusal) error { return r },
		})
		if err != nil || n != test.n {
			t.Error(test.xml, n, err)
		}
		if most > 16<<20 {
			t.Errorf("XML %v: it held %d bytes", test.xml, most)
		}
	}
}

func TestTooLarge(t *testing.T) {
	big := strings.Repeat("dài ", formats.MaxRecord/4)
	for name, in := range map[string]string{
		"JSON": `[{"service_request_id":"1","status":"open"},{"service_request_id":"2","description":"` + big + `"},{"service_request_id":"3","status":"open"}]`,
		"XML": "<service_requests><request><service_request_id>1</service_request_id><status>open</status></request><request><description>" + big +
			"</description></request><request><service_request_id>3</service_request_id><status>open</status></request></service_requests>",
	} {
		want := `{"service_request_id":"1","status":"open"}` + "\nrefused: line 1: the record is larger than 8 MiB\n" + `{"service_request_id":"3","status":"open"}` + "\n"
		if got := printed(t, strings.NewReader(in)); got != want {
			t.Error(name, got)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	broken := errors.New("broken")
	sink := formats.Sink[Record]{Record: func(Record) error { return broken }, Refuse: func(formats.Refusal) error { return broken }}
	for name, r := range map[string]io.Reader{
		"reader":          iotest.ErrReader(broken),
		"reader, later":   io.MultiReader(strings.NewReader("["), iotest.ErrReader(broken)),
		"reader, in XML":  io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(broken)),
		"record":          strings.NewReader(`{"service_code":"1"}`),
		"refuse":          strings.NewReader(`{}`),
		"refuse an empty": strings.NewReader(""),
	} {
		if err := Decode(r, sink); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleDecode() {
	in := strings.NewReader(`[
  {"service_request_id": "HUE-1", "status": "open", "service_code": "NGAP_UNG", "lat": "16.4633", "long": "107.5847"},
  {"service_request_id": "HUE-2", "status": "open", "lat": "107.5847", "long": "16.4633"}
]`)
	err := Decode(in, formats.Sink[Record]{
		Record: func(rec Record) error {
			fmt.Println(rec.Request.ServiceRequestID, *rec.Request.Lat, *rec.Request.Long)
			return nil
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// HUE-1 16.4633 107.5847
	// line 3: lat: service_request_id HUE-2: lat 107.5847 and long 16.4633 are swapped
	// <nil>
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, in string) {
		n := 0
		err := Decode(strings.NewReader(in), formats.Sink[Record]{
			Record: func(rec Record) error {
				n++
				b, err := json.Marshal(rec)
				if err != nil {
					t.Errorf("%+v: %v", rec, err)
				}
				if r := rec.Request; r != nil && r.Lat != nil && (*r.Lat < -90 || *r.Lat > 90 || *r.Long < -180 || *r.Long > 180) {
					t.Errorf("%s", b)
				}
				return nil
			},
			Refuse: func(formats.Refusal) error { n++; return nil },
		})
		if err != nil {
			t.Error(err)
		}
		if n > len(in)+1 {
			t.Errorf("%d records of %d bytes", n, len(in))
		}
	})
}
