package cap

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
)

var update = flag.Bool("update", false, "write the goldens anew")

// printed is what a decoder found, as `hub decode` shows it: records as JSON, a
// refusal as a line of its own.
func printed(t testing.TB, r io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	err := Decode(r, formats.Sink[Alert]{
		Record: func(a Alert) error {
			b, err := json.Marshal(a)
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
	for _, name := range []string{"alert.xml", "feed.atom"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, bytes.NewReader(in))
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
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			crlf := append([]byte("\uFEFF"), bytes.ReplaceAll(bytes.TrimSpace(in), []byte("\n"), []byte("\r\n"))...)
			if diff := cmp.Diff(got, printed(t, iotest.HalfReader(bytes.NewReader(crlf)))); diff != "" {
				t.Error("with BOM and CRLF:", diff)
			}
		})
	}
}

const valid = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>VN.HUE.1</identifier><sender>pctt@hue.example</sender><sent>2025-10-27T20:30:00+07:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>Lũ</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty><area><areaDesc>Huế</areaDesc><polygon>16.4,107.5 16.5,107.5 16.5,107.6 16.4,107.5</polygon></area></info></alert>`

func TestDecode(t *testing.T) {
	ring := "16.4,107.5 16.5,107.5 16.5,107.6 16.4,107.5"
	for _, test := range []struct {
		name, old, new string // one change to valid
		want           string // of the note or the refusal, empty when there is neither
		refused        bool
	}{
		{"valid", "", "", "", false},
		{"sent without offset", "20:30:00+07:00", "20:30:00", `line 1: sent: "2025-10-27T20:30:00" has no offset`, true},
		{"sent with Z", "20:30:00+07:00", "20:30:00Z", `sent: "2025-10-27T20:30:00Z" says Z where CAP wants -00:00`, false},
		{"sent with -00:00", "20:30:00+07:00", "20:30:00-00:00", "", false},
		{"sent with fractions", "20:30:00+", "20:30:00.25+", "fractions of a second", false},
		{"sent as text", "2025-10-27T20:30:00+07:00", "27/10/2025 20:30", "is no time like", true},
		{"sent on no day", "2025-10-27", "2025-02-30", "day out of range", true},
		{"sent with offset of a day", "+07:00", "+24:00", "offset beyond 14 hours", true},
		{"sent missing", "<sent>2025-10-27T20:30:00+07:00</sent>", "", "sent: it is required", true},
		{"identifier missing", "<identifier>VN.HUE.1</identifier>", "<identifier> </identifier>", "identifier: it is required", true},
		{"identifier with a comma", "VN.HUE.1", "VN,1", `identifier: "VN,1" holds a space, a comma`, true},
		{"status missing", "<status>Actual</status>", "", "status: it is required", true},
		{"status twice", "<status>Actual</status>", "<status>Actual</status><status>Test</status>", "status: it stands more than once", true},
		{"status unknown", "Actual", "Real", `status: "Real" is none of Actual, Exercise`, true},
		{"status in small letters", "Actual", "actual", `status: "Actual" is written "actual"`, false},
		{"msgType unknown", ">Alert<", ">Warn<", "msgType:", true},
		{"scope restricted", "Public", "Restricted", "restriction: it is required with scope Restricted", true},
		{"scope private", "Public", "Private", "addresses: it is required with scope Private", true},
		{"cancel of nothing", ">Alert<", ">Cancel<", "references: a Cancel that names no message", true},
		{"update of nothing", ">Alert<", ">Update<", "references: it names no message", false},
		{"references", "<info>", "<references>a,b</references><info>", `references[0]: "a,b" is not "sender,identifier,sent"`, true},
		{"references without offset", "<info>", "<references>a,b,2025-10-27T20:30:00</references><info>", `references[0]: "2025-10-27T20:30:00" has no offset`, true},
		{"category missing", "<category>Met</category>", "", "info[0].category: it is required", true},
		{"category unknown", "Met", "Meteo", `info[0].category[0]: "Meteo" is none of Geo, Met`, true},
		{"event missing", "<event>Lũ</event>", "", "info[0].event: it is required", true},
		{"urgency unknown", "Expected", "Soon", "info[0].urgency:", true},
		{"severity missing", "<severity>Severe</severity>", "", "info[0].severity: it is required", true},
		{"certainty unknown", "Likely", "Very Likely", "info[0].certainty:", true},
		{"expires without offset", "<area>", "<expires>2025-10-28T20:30:00</expires><area>", "info[0].expires:", true},
		{"expired before", "<area>", "<expires>2025-10-26T20:30:00+07:00</expires><area>", "info[0].expires: it has expired before", false},
		{"language", "<category>", "<language>vi_VN</language><category>", "info[0].language:", false},
		{"risk level", "<area>", "<parameter><valueName>VN.riskLevel</valueName><value>6</value></parameter><area>", `VN.riskLevel "6" is no level from 1 to 5`, false},
		{"parameter without name", "<area>", "<parameter><value>6</value></parameter><area>", "info[0].parameter[0].valueName: it is required", true},
		{"areaDesc missing", "<areaDesc>Huế</areaDesc>", "", "info[0].area[0].areaDesc: it is required", true},
		{"polygon unclosed", ring, "16.4,107.5 16.5,107.5 16.5,107.6 16.4,107.6", "info[0].area[0].polygon[0]: it is not closed: it begins with 16.4,107.5 and ends with 16.4,107.6", true},
		{"polygon of three pairs", ring, "16.4,107.5 16.5,107.5 16.4,107.5", "3 pairs, a polygon has 4 or more", true},
		{"polygon swapped", ring, "107.5,16.4 107.5,16.5 107.6,16.5 107.5,16.4", "polygon[0]: pair 1: lat and lon are swapped: 107.5,16.4 begins with a longitude", true},
		{"polygon of nonsense", ring, "16.4,107.5 16.5 107.5 16.4,107.5", `pair 2: "16.5" is not "lat,lon"`, true},
		{"polygon with decimal commas", ring, "16,4,107,5 16,5,107,5 16,4,107,5 16,4,107,5", `is not "lat,lon"`, true},
		{"polygon of NaN", ring, "NaN,107.5 16.5,107.5 16.5,107.6 NaN,107.5", `"NaN,107.5" is not "lat,lon"`, true},
		{"polygon beyond", ring, "16.4,187.5 16.5,107.5 16.5,107.6 16.4,187.5", "longitude 187.5 is beyond ±180", true},
		{"polygon crossing itself", ring, "16.4,107.5 16.5,107.6 16.5,107.5 16.4,107.6 16.4,107.5", "it crosses itself: side 1 and side 3", true},
		{"polygon far away", ring, "38.4,-120.1 38.5,-120.1 38.5,-120.2 38.4,-120.1", "it lies outside of Vietnam", false},
		{"circle", "<polygon>", "<circle>16.4,107.5 5</circle><polygon>", "", false},
		{"circle without radius", "<polygon>", "<circle>16.4,107.5</circle><polygon>", `circle[0]: "" is no radius`, true},
		{"circle swapped", "<polygon>", "<circle>107.5,16.4 5</circle><polygon>", "circle[0]: lat and lon are swapped", true},
		{"ceiling alone", "</polygon>", "</polygon><ceiling>5</ceiling>", "info[0].area[0].ceiling: it needs an altitude", true},
		{"other element", "<info>", "<muc>5</muc><info>", "<muc> is not of CAP", false},
		{"two faults", "<status>Actual</status><msgType>Alert</msgType>", "", "status: it is required, and is missing or empty (and 1 more: msgType: it is required", true},
		{"CAP 1.1", "cap:1.2", "cap:1.1", "older version", false},
		{"another vocabulary", "urn:oasis:names:tc:emergency:cap:1.2", "http://xyz.example/ns", "another vocabulary", true},
		{"no namespace", ` xmlns="urn:oasis:names:tc:emergency:cap:1.2"`, "", "names no namespace", false},
		{"not UTF-8", "Huế", "Hu\xff", "it is not UTF-8", true},
		{"not well formed", "</info>", "", "not well formed", true},
		{"unknown entity", "Huế", "&hue;", "invalid character entity &hue;: no DTD is read", true},
		{"elements in text", "Huế", "<b>Huế</b>", "elements where text should be", true},
		{"deep", "Huế", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), "deeper than 64", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(valid, test.old) {
				t.Fatalf("valid has no %q", test.old)
			}
			got := printed(t, strings.NewReader(strings.Replace(valid, test.old, test.new, 1)))
			if strings.HasPrefix(got, "refused: ") != test.refused {
				t.Fatalf("refused %v: %s", !test.refused, got)
			}
			if !test.refused {
				var a Alert
				if err := json.Unmarshal([]byte(got), &a); err != nil {
					t.Fatal(err)
				}
				got = strings.Join(a.Notes, "; ")
			}
			if !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// A bad alert costs itself only.
func TestNeighbours(t *testing.T) {
	for _, test := range []struct{ name, bad string }{
		{"broken tag", "<alert><identifier>x</alert>"},
		{"no end", "<alert><identifier>x</identifier>"},
		{"open CDATA", "<alert><note><![CDATA[ x</note></alert>"},
		{"open comment", "<alert><!-- x</alert>"},
		{"open attribute", `<alert xmlns="urn><sent/></alert>`},
		{"bytes", "<alert>\xff\xfe</alert>"},
		{"too large", "<alert>" + strings.Repeat("<note>dài</note>", formats.MaxRecord/12) + "</alert>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := printed(t, strings.NewReader("<feed>\n"+valid+"\n"+test.bad+"\n"+valid+"</feed>"))
			if strings.Count(got, `{"identifier":"VN.HUE.1"`) != 2 || strings.Count(got, "refused: line 3") != 1 {
				t.Error(got)
			}
		})
	}
}

func TestNothing(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", "refused: line 1: no <alert> in it: it is no XML\n"},
		{"page", "<!DOCTYPE html><html><body>502</body></html>", "refused: line 1: no <alert> in it: its root is <html>\n"},
		{"feed", `<feed xmlns="http://www.w3.org/2005/Atom"/>`, ""},
		{"empty alert", "<alert/>", "refused: line 1: identifier: it is required, and is missing or empty (and 5 more: sender: it is required, and is missing or empty; status: it is required, and is missing or empty; msgType: it is required, and is missing or empty)\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := printed(t, strings.NewReader(test.in)); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// Neither a billion laughs nor a file of the server's comes out.
func TestEntities(t *testing.T) {
	lol := "<!DOCTYPE alert [<!ENTITY lol0 'lol'>"
	for i := range 20 {
		lol += fmt.Sprintf("<!ENTITY lol%d '%s'>", i+1, strings.Repeat(fmt.Sprintf("&lol%d;", i), 10))
	}
	for name, dtd := range map[string]string{
		"billion laughs":  lol + "]>",
		"external entity": `<!DOCTYPE alert [<!ENTITY lol20 SYSTEM "file:///etc/passwd">]>`,
		"external DTD":    `<!DOCTYPE alert SYSTEM "http://127.0.0.1:1/x.dtd">`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := printed(t, strings.NewReader(dtd+strings.Replace(valid, "Huế", "&lol20;", 1)+valid))
			if strings.Count(got, "refused: line 1: invalid character entity &lol20;") != 1 || strings.Count(got, `{"identifier"`) != 1 {
				t.Error(got)
			}
			if d := time.Since(start); d > time.Second {
				t.Error("it took", d)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	broken := errors.New("broken")
	sink := formats.Sink[Alert]{Record: func(Alert) error { return broken }, Refuse: func(formats.Refusal) error { return broken }}
	for name, r := range map[string]io.Reader{
		"reader": iotest.ErrReader(broken),
		"record": strings.NewReader(valid),
		"refuse": strings.NewReader("<alert/>"),
	} {
		if err := Decode(r, sink); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinks(t *testing.T) {
	in, err := os.ReadFile("testdata/feed.atom")
	if err != nil {
		t.Fatal(err)
	}
	rss := `<rss><channel><item><title>a</title><link>https://h.example/a.xml</link><guid>1</guid><pubDate>Tue, 28 Oct 2025 10:00:00 GMT</pubDate></item>
<item><link>https://h.example/b</link><enclosure url="https://h.example/b.cap" type="application/cap+xml"/></item><item><link>https://h.example/c.html</link></item></channel></rss>`
	links, refused, err := Links(io.MultiReader(bytes.NewReader(in), strings.NewReader(rss)))
	if err != nil {
		t.Fatal(err)
	}
	saigon := time.FixedZone("", 7*3600)
	want := []Link{
		{"cap/20251118-gio-1.xml", "VN.HUE.20251118-GIO-1", "Gió mạnh trên biển", time.Date(2025, 11, 18, 8, 0, 0, 0, saigon)},
		{"https://canhbao.hue.example/cap/gio-0.xml", "VN.HUE.20251118-GIO-0", "Hủy tin gió mạnh", time.Date(2025, 11, 18, 0, 30, 0, 0, time.UTC)},
		{"https://h.example/a.xml", "1", "a", time.Date(2025, 10, 28, 10, 0, 0, 0, time.UTC)},
		{URL: "https://h.example/b.cap"},
	}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Error(diff)
	}
	if len(refused) != 2 || !strings.Contains(refused[0].Reason, "not well formed") || !strings.Contains(refused[1].Reason, `"hôm qua" is no time`) {
		t.Error(refused)
	}
}

func TestShapes(t *testing.T) {
	var a Alert
	in, err := os.Open("testdata/alert.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := Decode(in, formats.Sink[Alert]{Record: func(got Alert) error { a = got; return nil }}); err != nil {
		t.Fatal(err)
	}
	area := a.Info[0].Area[0]
	if p := area.Polygons(); len(p) != 1 || len(p[0][0]) != 5 || p[0][0][0] != [2]float64{107.58, 16.43} {
		t.Error(p)
	}
	if c := area.Circles(); len(c) != 1 || c[0] != (Circle{[2]float64{107.5847, 16.4633}, 5.5}) {
		t.Error(c)
	}
	if n, ok := a.Info[0].RiskLevel(); n != 4 || !ok {
		t.Error(n, ok)
	}
}

func ExampleDecode() {
	in := strings.NewReader(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>VN.HUE.20251027-LU-4</identifier><sender>dubao@kttv-hue.example</sender><sent>2025-10-27T20:30:00+07:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info><category>Met</category><event>Lũ</event><urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty></info>
</alert>
<alert><sent>2025-10-27T20:30:00</sent></alert>`)
	err := Decode(in, formats.Sink[Alert]{
		Record: func(a Alert) error {
			fmt.Println(a.Identifier, a.Info[0].Severity, a.Sent)
			return nil
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println("line", r.Line, r.Path)
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// VN.HUE.20251027-LU-4 Extreme 2025-10-27 20:30:00 +0700 +0700
	// line 6 identifier
	// <nil>
}

func FuzzDecode(f *testing.F) {
	f.Add(valid)
	f.Add("<feed>" + valid + "<alert>")
	f.Add("<!DOCTYPE a [<!ENTITY x 'y'>]><alert>&x;</alert>")
	for _, name := range []string{"testdata/alert.xml", "testdata/feed.atom"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, in string) {
		var all []Alert
		n := 0
		err := Decode(strings.NewReader(in), formats.Sink[Alert]{
			Record: func(a Alert) error {
				if _, err := json.Marshal(a); err != nil {
					t.Errorf("%+v: %v", a, err)
				}
				all = append(all, a)
				return nil
			},
			Refuse: func(formats.Refusal) error { n++; return nil },
		})
		if err != nil {
			t.Error(err)
		}
		if len(all)+n > len(in)+1 {
			t.Errorf("%d records of %d bytes", len(all)+n, len(in))
		}
		Active(all, time.Date(2025, 10, 27, 22, 0, 0, 0, time.UTC))
		if _, _, err := Links(strings.NewReader(in)); err != nil {
			t.Error(err)
		}
	})
}
