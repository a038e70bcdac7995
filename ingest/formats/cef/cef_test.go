package cef_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats"
	"geohub/ingest/formats/cef"
)

var update = flag.Bool("update", false, "write the goldens anew")

// november is when the tests take place.
var november = cef.Options{Now: func() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }}

func decode(t testing.TB, r io.Reader) (records []cef.Event, refused []string) {
	t.Helper()
	err := november.Decode(r, formats.Sink[cef.Event]{
		Record: func(e cef.Event) error { records = append(records, e); return nil },
		Refuse: func(f formats.Refusal) error { refused = append(refused, f.Error()); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, refused
}

func counted(s string) string { return fmt.Sprintf("%d %s", len(s), s) }

func TestDecodeGoldens(t *testing.T) {
	in, err := os.ReadFile("testdata/soc.log")
	if err != nil {
		t.Fatal(err)
	}
	var octets strings.Builder
	for line := range strings.Lines(string(in)) {
		if line[0] == '<' {
			octets.WriteString(counted(strings.TrimSuffix(line, "\n")))
		} else {
			octets.WriteString("\n" + line)
		}
	}
	for _, tt := range []struct{ name, in string }{
		{name: "lines", in: string(in)},
		{name: "octets", in: octets.String()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader(tt.in))
			var out bytes.Buffer
			for _, e := range records {
				line, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				out.Write(append(line, '\n'))
			}
			for _, r := range refused {
				out.WriteString("refused: " + r + "\n")
			}
			golden := "testdata/soc." + tt.name + ".golden"
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

// message is an event whose name is told apart by a test.
func message(name string) string {
	return "<134>1 2026-10-28T03:14:00Z soc-fw1 cef - - - CEF:0|Bkav|Firewall|7.2|100200|" + name + "|5|src=10.64.3.7 cnt=5"
}

func TestFraming(t *testing.T) {
	a, b, c := message("A"), message("B"), message("C")
	long := message(strings.Repeat("L", formats.MaxRecord))
	tests := []struct {
		name  string
		in    string
		names string
		why   []string
	}{
		{name: "nothing", in: ""},
		{name: "lines", in: a + "\n" + b + "\r\n\n" + c, names: "ABC"},
		{name: "lines that end in NUL", in: a + "\x00\n" + b + "\x00", names: "AB"},
		{name: "octets", in: counted(a) + counted(b) + counted(c), names: "ABC"},
		{name: "octets and a line's end", in: counted(a) + "\n" + counted(b+"\n") + "\n", names: "AB"},
		{name: "each its own", in: counted(a) + b + "\n" + counted(c), names: "ABC"},
		{name: "byte order marks", in: "\xef\xbb\xbf" + strings.Replace(a, "CEF", "\xef\xbb\xbfCEF", 1), names: "A"},
		{name: "count too small", in: fmt.Sprintf("%d %s", len(a)-9, a) + counted(b) + counted(c), names: "BC", why: []string{"line 1: frame 1: octet count is 91, the message goes on behind it"}},
		{name: "count too large", in: fmt.Sprintf("%d %s", len(a)+40, a) + counted(b) + counted(c), names: "BC", why: []string{"line 1: frame 1: octet count is 140, the message has 100: another begins in it"}},
		{name: "count too large over a line's end", in: fmt.Sprintf("%d %s\n", len(a)+40, a) + b + "\n", names: "B", why: []string{"line 1: frame 1: octet count is 140, the message has 100: another begins in it"}},
		{name: "count too large at the end", in: fmt.Sprintf("%d %s", len(a)+40, a), why: []string{"line 1: frame 1: octet count is 140, the input ends after 100"}},
		{name: "count beyond all measure", in: "9999999999 " + a + counted(b), names: "B", why: []string{"line 1: frame 1: message of 9999999999 octets is larger than 8388608"}},
		{name: "octets overlong", in: counted(long) + counted(b), names: "B", why: []string{"line 1: frame 1: message of 8388707 octets is larger than 8388608"}},
		{name: "line overlong", in: long + "\n" + b, names: "B", why: []string{"line 1: line of 8388707 bytes is larger than 8388608"}},
		{name: "line overlong to the end", in: long, why: []string{"line 1: line of 8388707 bytes"}},
		{name: "line of digits", in: "20261028 10:00 CEF:\n" + a, names: "A", why: []string{"line 1: syslog: "}},
		{name: "not UTF-8", in: strings.Replace(a, "|A|", "|\xb0|", 1) + "\n" + b, names: "B", why: []string{"line 1: text is not UTF-8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader(tt.in))
			names := ""
			for _, e := range records {
				names += e.Name
			}
			if names != tt.names || len(refused) != len(tt.why) {
				t.Fatalf("read %s, refused %q; want %s, %q", names, refused, tt.names, tt.why)
			}
			for i, r := range refused {
				if !strings.HasPrefix(r, tt.why[i]) {
					t.Errorf("refused %q, want %q", r, tt.why[i])
				}
			}
		})
	}
}

// A message is handed on when it has come, whatever its frame: it does not
// wait for the next.
func TestPrompt(t *testing.T) {
	for _, tt := range []struct{ name, in string }{
		{name: "line", in: message("A") + "\n"},
		{name: "octets", in: counted(message("A"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, w := io.Pipe()
			seen, done := make(chan string), make(chan error)
			go func() {
				done <- cef.Decode(r, formats.Sink[cef.Event]{
					Record: func(e cef.Event) error { seen <- e.Name; return nil },
					Refuse: func(f formats.Refusal) error { return f },
				})
			}()
			for range 3 {
				if _, err := io.WriteString(w, tt.in); err != nil {
					t.Fatal(err)
				}
				if name := <-seen; name != "A" {
					t.Error(name)
				}
			}
			w.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEvent(t *testing.T) {
	tests := []struct {
		name string
		in   string // behind "CEF:0|v|p|1|id|n|5|"
		want map[string]string
		tags map[string]string
		why  string
	}{
		{name: "none", in: ""},
		{name: "one", in: "src=10.0.0.1", want: map[string]string{"src": "10.0.0.1"}},
		{name: "spaces in a value", in: "msg=a b  c src=10.0.0.1 ", want: map[string]string{"msg": "a b  c", "src": "10.0.0.1"}},
		{name: "empty value", in: "suser= src=10.0.0.1 duser=", want: map[string]string{"suser": "", "src": "10.0.0.1", "duser": ""}},
		{name: "escapes", in: `a=x\=y b=x\\y c=x\ny d=x\|y e=x\\ny f=\\`, want: map[string]string{"a": "x=y", "b": `x\y`, "c": "x\ny", "d": "x|y", "e": `x\ny`, "f": `\`}},
		{name: "other backslashes", in: `filePath=C:\Temp\a.exe b=1`, want: map[string]string{"filePath": `C:\Temp\a.exe`, "b": "1"}},
		{name: "equals signs in an address", in: `request=https://hue.gov.vn/?a=b&c=d e=f=g`, want: map[string]string{"request": "https://hue.gov.vn/?a=b&c=d", "e": "f=g"}},
		{name: "bar in a value", in: "msg=a|b", want: map[string]string{"msg": "a|b"}},
		{name: "keys of other forms", in: "ad.x-y_1[0]=a", want: map[string]string{"ad.x-y_1[0]": "a"}},
		{name: "labels", in: "cs1=SSH-02 cs1Label=Rule Name cn1Label=Score cn1=12 cs2Label=Nothing", want: map[string]string{"cs1": "SSH-02", "cs1Label": "Rule Name", "cn1": "12", "cn1Label": "Score", "cs2Label": "Nothing"}, tags: map[string]string{"Rule Name": "SSH-02", "Score": "12"}},
		{name: "labels that are the same", in: "cs1=a cs1Label=Rule cs2=b cs2Label=Rule", want: map[string]string{"cs1": "a", "cs1Label": "Rule", "cs2": "b", "cs2Label": "Rule"}, tags: map[string]string{"Rule (cs1)": "a", "Rule (cs2)": "b"}},
		{name: "the same twice", in: "src=10.0.0.1 src=10.0.0.1", want: map[string]string{"src": "10.0.0.1"}},
		{name: "twice", in: "src=10.0.0.1 src=10.0.0.2", why: `line 1: extension.src: given twice: "10.0.0.1" and "10.0.0.2"`},
		{name: "no key", in: "nothing", why: `line 1: extension: "nothing" stands before the first key`},
		{name: "text before the first key", in: "a b src=10.0.0.1", why: `line 1: extension: "a b" stands before the first key`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader("CEF:0|v|p|1|id|n|5|"+tt.in))
			if tt.why != "" {
				if diff := cmp.Diff([]string{tt.why}, refused); diff != "" || len(records) > 0 {
					t.Error(diff)
				}
				return
			}
			if len(records) != 1 {
				t.Fatal(refused)
			}
			if diff := cmp.Diff(tt.want, records[0].Extension); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.tags, records[0].Labels); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // the JSON, or the refusal
	}{
		{name: "escapes", in: `CEF:0|v\|w|p\\q|1|id=2|a \= b|5|`, want: `{"version":0,"deviceVendor":"v|w","deviceProduct":"p\\q","deviceVersion":"1","deviceEventClassId":"id=2","name":"a \\= b","severity":5}`},
		{name: "no last bar", in: "CEF:1|v|p|1|id|n|High", want: `"severity":"High"`},
		{name: "RFC 3164 of this year", in: "<34>Oct 28 10:13:00 edr-01 CEF:0|v|p|1|id|n|5|", want: `{"syslog":{"facility":4,"severity":2,"timestamp":"2026-10-28T10:13:00+07:00","hostname":"edr-01"},`},
		{name: "RFC 3164 of last year", in: "<34>Dec 31 23:59:59 edr-01 agent[12]: CEF:0|v|p|1|id|n|5|", want: `"timestamp":"2025-12-31T23:59:59+07:00","hostname":"edr-01","appName":"agent","procId":"12"},`},
		{name: "RFC 3164 with a whole time", in: "<34>2026-10-28T10:13:00Z edr-01 CEF:0|v|p|1|id|n|5|", want: `"timestamp":"2026-10-28T10:13:00Z"`},
		{name: "RFC 3164 without a priority", in: "Oct  8 10:13:00 edr-01 CEF:0|v|p|1|id|n|5|", want: `{"syslog":{"timestamp":"2026-10-08T10:13:00+07:00","hostname":"edr-01"},`},
		{name: "nothing known of RFC 5424", in: "<0>1 - - - - - - CEF:0|v|p|1|id|n|5|", want: `{"syslog":{"facility":0,"severity":0,"version":1},`},
		{name: "structured data", in: `<34>1 - - - - - [a@1 b="c\"d"][e@1] CEF:0|v|p|1|id|n|5|`, want: `"structuredData":{"a@1":{"b":"c\"d"},"e@1":{}}`},
		{name: "version", in: "CEF:x|v|p|1|id|n|5|", want: `line 1: version: CEF version "x" is neither 0 nor 1`},
		{name: "severity", in: "CEF:0|v|p|1|id|n|urgent|", want: `line 1: severity: "urgent" is neither 0 to 10`},
		{name: "fields", in: "CEF:0|v|p|1|id", want: "line 1: CEF header has 5 fields, not 7"},
		{name: "no CEF", in: "<34>1 2026-10-28T10:13:00Z h a - - - LEEF:1.0|v|p|1|id|", want: `line 1: the message is not CEF: it begins with "LEEF:1.0|v|p|1|id|"`},
		{name: "no message", in: "<34>1 2026-10-28T10:13:00Z h a - - -", want: `line 1: the message is not CEF`},
		{name: "priority", in: "<999>1 - - - - - - CEF:0|v|p|1|id|n|5|", want: "line 1: syslog: expecting a priority value"},
		{name: "time", in: "<34>1 2026-10-28 - - - - - CEF:0|v|p|1|id|n|5|", want: "line 1: syslog: expecting a RFC3339MICRO timestamp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader(tt.in))
			got := strings.Join(refused, "\n")
			for _, e := range records {
				b, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				got += string(b)
				var back cef.Event
				if err := json.Unmarshal(b, &back); err != nil || back.Severity != e.Severity {
					t.Errorf("%s read again: %v, %v", b, back, err)
				}
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLevel(t *testing.T) {
	for s, want := range map[cef.Severity]int{"0": 0, "10": 10, "Low": 3, "Medium": 6, "High": 8, "Very-High": 10} {
		if got, ok := s.Level(); got != want || !ok {
			t.Errorf("%s is %d, %v; want %d", s, got, ok, want)
		}
	}
	if _, ok := cef.Severity("Unknown").Level(); ok {
		t.Error("Unknown has a level")
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
		{name: "equals signs", in: io.MultiReader(strings.NewReader("CEF:0|v|p|1|id||5|a"), endless("=", 1<<20), strings.NewReader("\n"+message("A")))},
		{name: "a line without end", in: io.MultiReader(endless("<134>1 CEF:0|", 64<<20), strings.NewReader("\n"+message("A")))},
		{name: "octets without end", in: io.MultiReader(strings.NewReader("9000000000 <134>1 "), endless("CEF:0|v|", 64<<20), strings.NewReader(counted(message("A"))))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			err := cef.Decode(tt.in, formats.Sink[cef.Event]{
				Record: func(e cef.Event) error { got += e.Name; return nil },
				Refuse: func(f formats.Refusal) error {
					if len(f.Raw) > 64<<10 {
						t.Errorf("%d bytes kept", len(f.Raw))
					}
					return nil
				},
			})
			if err != nil || got != "A" {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	keep := formats.Sink[cef.Event]{Record: func(cef.Event) error { return nil }, Refuse: func(formats.Refusal) error { return nil }}
	failing := formats.Sink[cef.Event]{Record: func(cef.Event) error { return broken }, Refuse: func(formats.Refusal) error { return broken }}
	tests := []struct {
		name string
		in   io.Reader
		sink formats.Sink[cef.Event]
	}{
		{name: "of the reader", in: io.MultiReader(strings.NewReader(message("A")+"\n"), iotest.ErrReader(broken)), sink: keep},
		{name: "of the reader in a line", in: io.MultiReader(strings.NewReader(message("A")), iotest.ErrReader(broken)), sink: keep},
		{name: "of the reader in octets", in: io.MultiReader(strings.NewReader(counted(message("A"))[:50]), iotest.ErrReader(broken)), sink: keep},
		{name: "of the reader in what is lost", in: io.MultiReader(strings.NewReader("9999999999 <134>"), iotest.ErrReader(broken)), sink: keep},
		{name: "of the sink's record", in: strings.NewReader(message("A")), sink: failing},
		{name: "of the sink's refuse", in: strings.NewReader("CEF:"), sink: failing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := cef.Decode(tt.in, tt.sink); !errors.Is(err, broken) {
				t.Error(err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	b, err := os.ReadFile("testdata/soc.log")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(counted(message("A")) + "200 " + message("B") + counted(message("C"))))
	f.Fuzz(func(t *testing.T, in []byte) {
		records, refused := decode(t, bytes.NewReader(in))
		for _, e := range records {
			if _, err := json.Marshal(e); err != nil {
				t.Fatal(err)
			}
		}
		if len(records)+len(refused) > len(in) {
			t.Fatalf("%d records and %d refusals of %d bytes", len(records), len(refused), len(in))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct{ name, in string }{
		{"lines", strings.Repeat(message("A")+"\n", 1000)},
		{"octets", strings.Repeat(counted(message("A")), 1000)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.in)))
			b.ReportAllocs()
			for b.Loop() {
				err := cef.Decode(strings.NewReader(bench.in), formats.Sink[cef.Event]{
					Record: func(cef.Event) error { return nil },
					Refuse: func(f formats.Refusal) error { return f },
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleDecode() {
	feed := `<134>1 2026-10-28T10:11:12+07:00 soc-fw1 cef - - - CEF:0|Bkav|Firewall|7.2|100200|Port scan|7|src=203.0.113.7 dpt=22 cs1=SSH-02 cs1Label=Rule
<134>1 2026-10-28T10:11:13+07:00 soc-fw1 cef - - - CEF:0|Bkav|Firewall|7.2|100200
`
	err := cef.Decode(strings.NewReader(feed), formats.Sink[cef.Event]{
		Record: func(e cef.Event) error {
			fmt.Println(e.Syslog.Hostname, e.Name, e.Extension["src"], e.Labels["Rule"])
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
	// soc-fw1 Port scan 203.0.113.7 SSH-02
	// line 2: CEF header has 5 fields, not 7
}
