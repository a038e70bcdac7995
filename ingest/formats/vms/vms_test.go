package vms_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats"
	"geohub/ingest/formats/vms"
)

var update = flag.Bool("update", false, "write the goldens anew")

func decode(t testing.TB, o vms.Options, r io.Reader) (records []vms.Position, refused []string) {
	t.Helper()
	err := o.Decode(r, formats.Sink[vms.Position]{
		Record: func(p vms.Position) error { records = append(records, p); return nil },
		Refuse: func(f formats.Refusal) error { refused = append(refused, f.Error()); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, refused
}

func TestDecodeGoldens(t *testing.T) {
	for _, name := range []string{"envelope.json", "lines.jsonl"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.Open("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			records, refused := decode(t, vms.Options{}, in)
			var out bytes.Buffer
			for _, p := range records {
				line, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				out.Write(append(line, '\n'))
			}
			for _, r := range refused {
				out.WriteString("refused: " + r + "\n")
			}
			golden := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// position is a good record with what a test changes.
func position(reg string, change ...string) string {
	fields := [][2]string{{"vesselReg", `"` + reg + `"`}, {"lat", "16.75"}, {"lon", "107.85"}, {"time", `"2026-10-28T10:00:00+07:00"`}}
	for i := 0; i < len(change); i += 2 {
		f := [2]string{change[i], change[i+1]}
		if j := slices.IndexFunc(fields, func(of [2]string) bool { return of[0] == f[0] }); j >= 0 {
			fields[j] = f
		} else {
			fields = append(fields, f)
		}
	}
	var out []string
	for _, f := range fields {
		if f[1] != "" {
			out = append(out, fmt.Sprintf("%q:%s", f[0], f[1]))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

func TestShapes(t *testing.T) {
	a, b, c := position("A"), position("B"), position("C")
	tests := []struct {
		name string
		in   string
		regs string
		why  []string
	}{
		{name: "nothing", in: " \n"},
		{name: "array", in: "[" + a + "," + b + "]", regs: "AB"},
		{name: "empty array", in: "[]"},
		{name: "byte order mark and CRLF", in: "\xef\xbb\xbf" + a + "\r\n" + b, regs: "AB"},
		{name: "envelope", in: `{"total":2,"positions":[` + a + "," + b + `],"next":null}`, regs: "AB"},
		{name: "data", in: `{"data":[` + a + "]}", regs: "A"},
		{name: "data with positions", in: `{"code":0,"data":{"page":1,"positions":[` + a + "]}}", regs: "A"},
		{name: "empty envelope", in: `{"positions":[]}`},
		{name: "an envelope a line", in: `{"positions":[` + a + "]}\n" + `{"positions":[` + b + "]}", regs: "AB"},
		{name: "one over many lines", in: strings.ReplaceAll(a, ",", ",\n  ") + "\n" + b, regs: "AB"},
		{name: "run together", in: a + b, regs: "AB"},
		{name: "a record's own data", in: position("A", "data", `{"volt":12.6}`), regs: "A"},

		{name: "an error for an answer", in: `{"error":"unauthorized"}`, why: []string{"line 1: time: missing"}},
		{name: "a page of HTML", in: "<html>\n<body>{color}</body>\n</html>", why: []string{`line 1: broken JSON at line 1: '<' where a value should be`}},
		{name: "no objects", in: `[1,"a",null,[` + a + "]," + b + "]", regs: "B", why: []string{"line 1: [0]: not an object", "line 1: [1]: not an object", "line 1: [2]: not an object", "line 1: [3]: not an object"}},
		{name: "a number", in: "12\n" + a, regs: "A", why: []string{"line 1: neither an object nor an array"}},
		{name: "cut off in a record", in: "[" + a + "," + b[:30], regs: "A", why: []string{"line 1: [1]: the input ends in the middle of a record"}},
		{name: "cut off between records", in: "[" + a + ",", regs: "A", why: []string{"line 1: the array is not closed: the input ends in it"}},
		{name: "envelope cut off", in: `{"positions":[` + a, regs: "A", why: []string{"line 1: positions: the array is not closed"}},
		{name: "value missing", in: "[" + a + `,{"vesselReg":"B","lat": },` + c + "]", regs: "AC", why: []string{"line 1: [1]: broken JSON at line 1: '}' where a value should be"}},
		{name: "value missing in the last", in: `{"positions":[` + a + `,{"vesselReg":"B","lat": }],"next":{}}` + "\n" + c, regs: "AC", why: []string{"line 1: positions[1]: broken JSON"}},
		{name: "brace missing", in: "[" + a[:len(a)-1] + "," + b + "," + c + "]", regs: "BC", why: []string{"line 1: [0]: broken JSON at line 1: '{' where a name in quotes should be"}},
		{name: "brace missing in a line", in: a[:len(a)-1] + "\n" + b, regs: "B", why: []string{`line 1: broken JSON at line 2: '{' where "," or "}" should be`}},
		{name: "quote missing at the end", in: "[" + `{"lat":16.75,"event":"POS},` + b + "," + c + "]", regs: "BC", why: []string{"line 1: [0]: broken JSON"}},
		{name: "quote missing at the beginning", in: "[" + `{"vesselReg":A","lat":16.75},` + b + "," + c + "]", regs: "BC", why: []string{"line 1: [0]: broken JSON"}},
		{name: "quote missing at the end of a line", in: `{"lat":16.75,"event":"POS}` + "\n" + b, regs: "B", why: []string{"line 1: broken JSON at line 1: a text without its closing quote"}},
		{name: "decimal comma in a bare number", in: `[{"vesselReg":"A","lat":16,75,"lon":107,85},` + b + "]", regs: "B", why: []string{"line 1: [0]: broken JSON at line 1: '7' where a name in quotes should be"}},
		{name: "number with a leading zero", in: `[{"vesselReg":"A","lat":016.75},` + b + "]", regs: "B", why: []string{"line 1: [0]: broken JSON at line 1: 016.75 is not a number"}},
		{name: "too deep", in: `{"vesselReg":"A","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}\n" + b, regs: "B", why: []string{"line 1: nested more than 32 deep"}},
		{name: "not UTF-8", in: position("A", "provider", "\"\xb0\"") + "\n" + b, regs: "B", why: []string{"line 1: text is not UTF-8"}},
		{name: "comma too many and too few", in: "[" + a + ",," + b + c + ",]", regs: "ABC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, vms.Options{}, strings.NewReader(tt.in))
			again, _ := decode(t, vms.Options{}, iotest.OneByteReader(strings.NewReader(tt.in)))
			if diff := cmp.Diff(records, again); diff != "" {
				t.Errorf("byte by byte: %s", diff)
			}
			regs := ""
			for _, p := range records {
				regs += p.VesselReg
			}
			if regs != tt.regs || len(refused) != len(tt.why) {
				t.Fatalf("read %s, refused %q; want %s, %q", regs, refused, tt.regs, tt.why)
			}
			for i, r := range refused {
				if !strings.HasPrefix(r, tt.why[i]) {
					t.Errorf("refused %q, want %q", r, tt.why[i])
				}
			}
		})
	}
}

func TestValues(t *testing.T) {
	tests := []struct {
		name    string
		in      string
		options vms.Options
		want    string // the JSON, or the refusal
	}{
		{name: "least", in: position("A"), want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00"}`},
		{name: "numbers as texts", in: position("A", "lat", `"16.75"`, "lon", `" 107.85 "`, "speed", `"6"`), want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00","speed":6}`},
		{name: "texts as numbers", in: position("A", "deviceId", "300234063904190"), want: `{"vesselReg":"A","deviceId":"300234063904190","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00"}`},
		{name: "nulls and empty texts", in: position("A", "speed", "null", "heading", `""`, "event", "null", "provider", `""`), want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00"}`},
		{name: "standing still", in: position("A", "speed", "0", "heading", "0"), want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00","speed":0,"heading":0}`},
		{name: "time without offset", in: position("A", "time", `"2026-10-28 10:00:00"`), want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00"}`},
		{name: "time without offset, of elsewhere", in: position("A", "time", `"2026-10-28T10:00:00"`), options: vms.Options{Location: time.UTC}, want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00Z"}`},
		{name: "decimal comma allowed", in: position("A", "lat", `"16,75"`, "lon", `"107,85"`), options: vms.Options{DecimalComma: true}, want: `{"vesselReg":"A","lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00+07:00"}`},
		{name: "sent for help without a fix", in: position("A", "lat", "", "lon", "", "event", `"SOS"`), want: `"event":"SOS"`},

		{name: "decimal comma", in: position("A", "lat", `"16,75"`), want: `lat: "16,75" has a decimal comma`},
		{name: "0/0", in: position("A", "lat", "0", "lon", "0.0"), want: "lat: coordinates are 0/0"},
		{name: "swapped", in: position("A", "lat", "107.85", "lon", "16.75"), want: "lat: 107.85° is outside −90 to 90: lat and lon look swapped"},
		{name: "latitude", in: position("A", "lat", "-91"), want: "lat: -91° is outside −90 to 90"},
		{name: "longitude", in: position("A", "lon", "200"), want: "lon: 200° is outside −180 to 180"},
		{name: "no latitude", in: position("A", "lat", "null"), want: "lat: missing"},
		{name: "no position", in: position("A", "lat", "", "lon", "", "event", `"POS"`), want: "lat: missing"},
		{name: "no number", in: position("A", "lat", `"16°45'N"`), want: `lat: "16°45'N" is not a number`},
		{name: "NaN", in: position("A", "lat", `"NaN"`), want: `lat: "NaN" is not a number`},
		{name: "too large a number", in: position("A", "lat", "1e999"), want: "lat: 1e999 is not a number"},
		{name: "no vessel", in: `{"lat":16.75,"lon":107.85,"time":"2026-10-28T10:00:00Z"}`, want: "vesselReg: neither vesselReg nor deviceId is there"},
		{name: "no time", in: position("A", "time", "null"), want: "time: missing"},
		{name: "time of another form", in: position("A", "time", `"28/10/2026 10:00"`), want: `time: "28/10/2026 10:00" is neither RFC 3339`},
		{name: "time as a number", in: position("A", "time", "1793156400"), want: "time: 1793156400 is neither RFC 3339"},
		{name: "clock not set", in: position("A", "time", `"1980-01-06 00:00:00"`), want: `time: "1980-01-06 00:00:00": the device's clock is not set`},
		{name: "offset of nowhere", in: position("A", "time", `"2026-10-28T10:00:00+24:00"`), want: "time: "},
		{name: "event", in: position("A", "event", `"LOST"`), want: `event: "LOST" is none of POS, SOS`},
		{name: "source", in: position("A", "source", `"AIS"`), want: `source: "AIS" is none of SAT, GSM, MANUAL_6H`},
		{name: "speed", in: position("A", "speed", "-1"), want: "speed: -1 kn is outside 0 to 100"},
		{name: "heading", in: position("A", "heading", "361"), want: "heading: 361° is outside 0 to 360"},
		{name: "an object for a text", in: position("A", "provider", "{}"), want: "provider: {} is not a text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, tt.options, strings.NewReader(tt.in))
			got := strings.Join(refused, "\n")
			for _, p := range records {
				b, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				got += string(b)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// endless gives the same text over and over, n bytes of it.
func endless(text string, n int64) io.Reader {
	return io.LimitReader(&repeated{text: strings.Repeat(text, 1+32<<10/len(text))}, n)
}

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestBounded(t *testing.T) {
	tests := []struct {
		name string
		in   io.Reader
	}{
		{name: "a record without end", in: io.MultiReader(strings.NewReader(`[{"vesselReg":"`), endless("A", 9<<20), strings.NewReader(`"},`+position("B")+"]"))},
		{name: "an array without end in a record", in: io.MultiReader(strings.NewReader(`[{"x":[0`), endless(`,"`+strings.Repeat("A", 4096)+`"`, 4099<<11), strings.NewReader(`]},`+position("B")+"]"))},
		{name: "one line of no JSON", in: io.MultiReader(endless("x", 9<<20), strings.NewReader("\n"+position("B")))},
		{name: "braces", in: io.MultiReader(endless("{", 1<<16), strings.NewReader("\n"+position("B")))},
		{name: "brackets", in: io.MultiReader(endless("[", 1<<16), strings.NewReader("\n"+position("B")))},
		{name: "records in a text", in: io.MultiReader(strings.NewReader(`[{"x":"`), endless("},{", 1<<18), strings.NewReader(`", `+"\n"+position("B")))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			err := vms.Decode(tt.in, formats.Sink[vms.Position]{
				Record: func(p vms.Position) error { got += p.VesselReg; return nil },
				Refuse: func(f formats.Refusal) error {
					if len(f.Raw) > 64<<10 {
						t.Errorf("%d bytes kept", len(f.Raw))
					}
					return nil
				},
			})
			if err != nil || got != "B" {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	keep := formats.Sink[vms.Position]{Record: func(vms.Position) error { return nil }, Refuse: func(formats.Refusal) error { return nil }}
	failing := formats.Sink[vms.Position]{Record: func(vms.Position) error { return broken }, Refuse: func(formats.Refusal) error { return broken }}
	tests := []struct {
		name string
		in   io.Reader
		sink formats.Sink[vms.Position]
	}{
		{name: "of the reader", in: io.MultiReader(strings.NewReader(`{"positions":[`+position("A")), iotest.ErrReader(broken)), sink: keep},
		{name: "of the reader in a record", in: io.MultiReader(strings.NewReader(`{"vesselReg":`), iotest.ErrReader(broken)), sink: keep},
		{name: "of the sink's record", in: strings.NewReader(`{"data":{"positions":[` + position("A") + "]}}"), sink: failing},
		{name: "of the sink's refuse", in: strings.NewReader(`{"positions":[1]}`), sink: failing},
		{name: "of the sink's refuse at the end", in: strings.NewReader(`[`), sink: failing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := vms.Decode(tt.in, tt.sink); !errors.Is(err, broken) {
				t.Error(err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"envelope.json", "lines.jsonl"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`[{"lat":16.75,"event":"POS},{"vesselReg":"B"},{"x":[{}]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		records, refused := decode(t, vms.Options{DecimalComma: true}, bytes.NewReader(in))
		for _, p := range records {
			if _, err := json.Marshal(p); err != nil {
				t.Fatal(err)
			}
		}
		if len(records)+len(refused) > len(in) {
			t.Fatalf("%d records and %d refusals of %d bytes", len(records), len(refused), len(in))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	in := "[" + strings.Repeat(position("TTH-91234-TS", "speed", "6.4", "event", `"POS"`)+",", 999) + position("TTH-91234-TS") + "]"
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		err := vms.Decode(strings.NewReader(in), formats.Sink[vms.Position]{
			Record: func(vms.Position) error { return nil },
			Refuse: func(f formats.Refusal) error { return f },
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleDecode() {
	page := `{"positions":[
{"vesselReg":"TTH-91234-TS","lat":"16.75","lon":"107.85","time":"2026-10-28 10:00:00","event":"POS","source":"SAT"},
{"vesselReg":"TTH-91235-TS","lat":107.85,"lon":16.75,"time":"2026-10-28 10:00:00"}
]}`
	err := vms.Decode(strings.NewReader(page), formats.Sink[vms.Position]{
		Record: func(p vms.Position) error {
			fmt.Println(p.VesselReg, "at", *p.Lon, *p.Lat, p.Time.Format(time.RFC3339))
			return nil
		},
		Refuse: func(f formats.Refusal) error {
			fmt.Println(f)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// TTH-91234-TS at 107.85 16.75 2026-10-28T10:00:00+07:00
	// line 3: positions[1].lat: 107.85° is outside −90 to 90: lat and lon look swapped
}
