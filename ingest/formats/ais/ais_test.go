package ais_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"geohub/ingest/formats"
	"geohub/ingest/formats/ais"
)

var update = flag.Bool("update", false, "write the goldens anew")

// decode is what the sink is given: records as JSON, refusals as text.
func decode(t testing.TB, r io.Reader) (records []ais.Message, refused []formats.Refusal) {
	t.Helper()
	err := ais.Decode(r, formats.Sink[ais.Message]{
		Record: func(m ais.Message) error { records = append(records, m); return nil },
		Refuse: func(f formats.Refusal) error { refused = append(refused, f); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, refused
}

func reasons(refused []formats.Refusal) (lines []string) {
	for _, f := range refused {
		lines = append(lines, f.Error())
	}
	return lines
}

// sealed is the text between "!" and "*" as a sentence.
func sealed(text string) string {
	sum := byte(0)
	for _, c := range []byte(text) {
		sum ^= c
	}
	return fmt.Sprintf("!%s*%02X", text, sum)
}

func tagged(text string) string {
	s := sealed(text)
	return `\` + s[1:] + `\`
}

func TestDecodeGoldens(t *testing.T) {
	for _, name := range []string{"annex", "coast"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.Open("testdata/" + name + ".nmea")
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			records, refused := decode(t, in)
			var out bytes.Buffer
			for _, m := range records {
				line, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				out.Write(append(line, '\n'))
			}
			for _, r := range reasons(refused) {
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

// The vectors of systems.md, Annex A, against the values it gives.
func TestAnnexA(t *testing.T) {
	in, err := os.ReadFile("testdata/annex.nmea")
	if err != nil {
		t.Fatal(err)
	}
	records, refused := decode(t, bytes.NewReader(in))
	if len(refused) > 0 {
		t.Fatal(reasons(refused))
	}
	want := []string{
		`{"type":1,"mmsi":477553000,"status":5,"speed":0,"lon":-122.345833,"lat":47.582833,"course":51.0,"heading":181,"second":15}`,
		`{"type":1,"mmsi":366053209,"status":3,"speed":0,"lon":-122.341618,"lat":37.802118,"course":219.3,"heading":1,"second":59}`,
		`{"type":3,"mmsi":367581220,"status":5,"speed":0.1,"lon":-122.3343,"lat":37.81065,"course":254.2,"heading":217,"second":40}`,
		`{"type":1,"mmsi":538090443,"speed":10.9,"course":87.0,"lon":-8.6612,"lat":35.690633}`,
		`{"type":5,"mmsi":351759000,"imo":9134270,"callsign":"3FOF8","shipname":"EVER DIADEM","shiptype":70,"to_bow":225,"to_stern":70,"to_port":1,"to_starboard":31,"eta":"05-15T14:00Z","draught":12.2,"destination":"NEW YORK"}`,
		`{"type":18,"mmsi":367430530,"speed":0,"lon":-122.26732,"lat":37.785035,"heading":null,"second":55}`,
		`{"type":18,"mmsi":574901234,"speed":7.4,"lon":107.85,"lat":16.75,"course":68.5,"heading":70}`,
		`{"type":18,"mmsi":574901234,"speed":null,"lon":null,"lat":null,"course":null,"heading":null,"second":null}`,
		`{"type":24,"mmsi":574901234,"shipname":"TTH-91234-TS","part":"A"}`,
		`{"type":24,"mmsi":574901234,"shiptype":30,"callsign":"XVAB1","to_bow":8,"to_stern":9,"to_port":2,"to_starboard":3,"part":"B"}`,
	}
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d", len(records), len(want))
	}
	for i, m := range records {
		var got, expect map[string]any
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(json.Unmarshal(b, &got), json.Unmarshal([]byte(want[i]), &expect)); err != nil {
			t.Fatal(err)
		}
		for key, value := range expect {
			same := cmp.Equal(got[key], value)
			if f, ok := value.(float64); ok {
				g, _ := got[key].(float64)
				same = math.Abs(f-g) < 1e-6
			}
			if !same {
				t.Errorf("vector %d: %s is %v, want %v", i+1, key, got[key], value)
			}
		}
	}
	if _, _, ok := records[7].Position(); ok {
		t.Error("a type 18 with nothing available has a position")
	}
	// As systems.md prints vector 4, on channel A, its checksum is wrong; the
	// published sentence is on channel B.
	records, refused = decode(t, strings.NewReader("!AIVDM,1,1,,A,181:Kjh01ewHFRPDK1s3IRcn06sd,0*08"))
	if diff := cmp.Diff([]string{"line 1: checksum is 08, the sentence gives 0B"}, reasons(refused)); diff != "" || len(records) > 0 {
		t.Error(diff)
	}
}

const (
	good     = "!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B"
	first    = "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C"
	second   = "!AIVDM,2,2,1,A,88888888880,2*25"
	firstOf  = "AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0"
	secondOf = "AIVDM,2,2,1,A,88888888880,2"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name  string
		in    string
		types []int // of the records
		why   []string
	}{
		{name: "nothing", in: ""},
		{name: "byte order mark, CRLF, no end", in: "\xef\xbb\xbf" + good + "\r\n\r\n" + good, types: []int{18, 18}},
		{name: "own vessel and another talker", in: sealed("ANVDO,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0") + "\n" + sealed("BSVDM,1,1,,,B8TA;tP0BasK:p2IFM0blS64P000,0"), types: []int{18, 18}},
		{name: "checksum in small letters", in: strings.Replace(good, "*4B", "*4b", 1), types: []int{18}},
		{name: "other sentences of NMEA", in: "$GPRMC,213950.00,A,5250.53669,N,00542.34920,E,0.020,,070420,,,A*7D\n" + good, types: []int{18}},
		{name: "type understood but not read", in: "!AIVDM,1,1,,A,403OviQuMGCqWrRO9>E6fE700@GO,0*4D", types: []int{4}},
		{name: "long range in a whole slot", in: sealed("AIVDM,1,1,,A,KCQ9r=hrFUnH7P00000000000000,0"), types: []int{27}},

		{name: "checksum", in: good[:len(good)-2] + "4C\n" + good, types: []int{18}, why: []string{"line 1: checksum is 4C, the sentence gives 4B"}},
		{name: "checksum not hex", in: good[:len(good)-2] + "G!\n" + good, types: []int{18}, why: []string{"line 1: checksum is G!, the sentence gives 4B"}},
		{name: "no checksum", in: "!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0\n" + good, types: []int{18}, why: []string{"line 1: sentence has no checksum"}},
		{name: "cut off", in: good[:30] + "\n" + good, types: []int{18}, why: []string{"line 1: sentence has no checksum"}},
		{name: "cut off and run together", in: good[:30] + good + "\n", types: []int{18}, why: []string{"line 1: sentence has no checksum"}},
		{name: "run together", in: good + good + tagged("s:a,c:1793156400") + good + "\n", types: []int{18, 18, 18}},
		{name: "armour", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P0Z0,0") + "\n" + good, types: []int{18}, why: []string{"line 1: payload: character 27 is 'Z', which is none of the six-bit armour"}},
		{name: "armour past its end", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P0x0,0"), why: []string{"line 1: payload: character 27 is 'x'"}},
		{name: "too short", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P00,0") + "\n" + good, types: []int{18}, why: []string{"line 1: payload: 162 bits; type 18 has 168"}},
		{name: "too long", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P0000,0"), why: []string{"line 1: payload: 174 bits; type 18 has 168"}},
		{name: "longer than any", in: sealed("AIVDM,1,1,,B," + strings.Repeat("8", 200) + ",0"), why: []string{"line 1: payload: 200 characters are longer than any AIS message (178)"}},
		{name: "fill bits of a whole payload", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,2"), why: []string{"line 1: payload: 166 bits; type 18 has 168"}},
		{name: "fill bits over five", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,6") + "\n" + good, types: []int{18}, why: []string{`line 1: fill bits "6" are none of 0 to 5`}},
		{name: "fill bits before the last", in: sealed("AIVDM,2,1,1,A,55?MbV02;H;s<HtKR2,2"), why: []string{"line 1: fill bits 2 in sentence 1 of 2: only the last has any"}},
		{name: "empty payload", in: sealed("AIVDM,1,1,,B,,0"), why: []string{"line 1: payload: empty"}},
		{name: "fields", in: sealed("AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000"), why: []string{"line 1: sentence has 6 fields, not 7"}},
		{name: "sentence three of two", in: sealed("AIVDM,2,3,1,B,B8TA,0"), why: []string{`line 1: sentence number "3" is none of 1 to 2`}},
		{name: "type of none", in: sealed("AIVDM,1,1,,B,a8TA;tP0BasK:p2IFM0blS64P000,0"), why: []string{"line 1: type: type 41 is none of M.1371's 27"}},
		{name: "part C of type 24", in: sealed("AIVDM,1,1,,B,H8TA;taA@RoW7;?BmA<00000000,2"), why: []string{"line 1: partno: part 2 of type 24"}},
		{name: "not NMEA", in: "<html>502 Bad Gateway</html>\nPhản ánh hiện trường\n" + good, types: []int{18}, why: []string{"line 1: no NMEA sentence", "line 2: no NMEA sentence"}},
		{name: "characters on the line before", in: "\x00\xff~12:00 " + good, types: []int{18}},

		{name: "two sentences", in: first + "\n" + second, types: []int{5}},
		{name: "two sentences the other way round", in: second + "\n" + first, types: []int{5}},
		{name: "others between them", in: first + "\n" + good + "\n" + second, types: []int{18, 5}},
		{name: "heard twice", in: first + "\n" + first + "\n" + second, types: []int{5}},
		{name: "second missing", in: good + "\n" + first + "\n" + good, types: []int{18, 18}, why: []string{"line 2: sentence 2 of 2 is missing"}},
		{name: "first missing", in: second, why: []string{"line 1: sentence 1 of 2 is missing"}},
		{name: "second on another channel", in: first + "\n" + sealed(strings.Replace(secondOf, ",A,", ",B,", 1)), why: []string{"line 1: sentence 2 of 2 is missing", "line 2: sentence 1 of 2 is missing"}},
		{name: "second of another sequence", in: first + "\n" + sealed(strings.Replace(secondOf, "2,2,1", "2,2,2", 1)), why: []string{"line 1: sentence 2 of 2 is missing", "line 2: sentence 1 of 2 is missing"}},
		{name: "second of another station", in: tagged("s:hue1") + first + "\n" + tagged("s:hue2") + second, why: []string{"line 1: sentence 2 of 2 is missing", "line 2: sentence 1 of 2 is missing"}},
		{name: "two stations at once", in: tagged("s:hue1") + first + "\n" + tagged("s:hue2") + first + "\n" + tagged("s:hue2") + second + "\n" + tagged("s:hue1") + second, types: []int{5, 5}},
		{name: "TAG block only before the first", in: tagged("s:hue1,c:1793156400") + first + "\n" + second, types: []int{5}},
		{name: "a group", in: tagged("g:1-2-77,s:hue1,c:1793156400") + first + "\n" + tagged("g:2-2-77") + second, types: []int{5}},
		{name: "sequence used again", in: first + "\n" + sealed(strings.Replace(firstOf, "55?", "54?", 1)) + "\n" + second, types: []int{5}, why: []string{"line 1: sentence 2 of 2 is missing"}},
		{name: "too far away", in: first + "\n" + strings.Repeat("\n", 600) + second, why: []string{"line 1: sentence 2 of 2 is missing", "line 602: sentence 1 of 2 is missing"}},
		{name: "too late by the station's clock", in: tagged("s:hue1,c:1793156400") + first + "\n" + tagged("s:hue1,c:1793156430") + second, why: []string{"line 1: sentence 2 of 2 is missing", "line 2: sentence 1 of 2 is missing"}},
		{name: "given up when the clock has gone on", in: tagged("s:hue1,c:1793156400") + first + "\n" + tagged("s:hue1,c:1793156430") + good + "\n" + second, types: []int{18}, why: []string{"line 1: sentence 2 of 2 is missing", "line 3: sentence 1 of 2 is missing"}},
		{name: "armour in the second", in: first + "\n" + sealed("AIVDM,2,2,1,A,8888888888_,2"), why: []string{"line 1: payload: sentence 2 of 2: character 11 is '_'"}},

		{name: "TAG block's checksum", in: `\s:hue1,c:1793156400*00\` + good + "\n" + good, types: []int{18}, why: []string{"line 1: tag: TAG block's checksum is 00, its text gives 7F"}},
		{name: "TAG block without checksum", in: `\s:hue1\` + good, why: []string{"line 1: tag: TAG block has no checksum"}},
		{name: "TAG block not closed", in: `\s:hue1,c:17` + "\n" + good, types: []int{18}, why: []string{"line 1: tag: TAG block is not closed"}},
		{name: "TAG block alone", in: tagged("s:hue1"), why: []string{"line 1: tag: TAG block has no sentence"}},
		{name: "TAG time no number", in: tagged("c:28/10/2026") + good, why: []string{`line 1: tag: time "28/10/2026" is neither`}},
		{name: "TAG group no numbers", in: tagged("g:1-x") + good, why: []string{`line 1: tag: group 1-x- is not sentence-of-id in numbers`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, iotest.HalfReader(strings.NewReader(tt.in)))
			var types []int
			for _, m := range records {
				types = append(types, m.Type)
			}
			if diff := cmp.Diff(tt.types, types); diff != "" {
				t.Errorf("types: %s", diff)
			}
			if len(refused) != len(tt.why) {
				t.Fatalf("refused %q, want %q", reasons(refused), tt.why)
			}
			for i, r := range reasons(refused) {
				if !strings.HasPrefix(r, tt.why[i]) {
					t.Errorf("refused %q, want %q", r, tt.why[i])
				}
			}
		})
	}
}

func TestTag(t *testing.T) {
	at := time.Date(2026, 10, 28, 3, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		in   string
		want ais.Tag
	}{
		{name: "none", in: good},
		{name: "seconds", in: tagged("s:r003669945,c:1793156400") + good, want: ais.Tag{Source: "r003669945", Time: at}},
		{name: "milliseconds", in: tagged("c:1793156400250") + good, want: ais.Tag{Time: at.Add(250 * time.Millisecond)}},
		{name: "decimals", in: tagged("c:1793156400.5") + good, want: ais.Tag{Time: at.Add(500 * time.Millisecond)}},
		{name: "two blocks", in: tagged("s:hue1") + tagged("c:1793156400") + good, want: ais.Tag{Source: "hue1", Time: at}},
		{name: "of IEC 62320", in: tagged("1G1:9,s:hue1,i:x") + good, want: ais.Tag{Source: "hue1", Text: "x"}},
		{name: "group with time on both", in: tagged("g:1-2-7,s:hue1,c:1793156400") + first + "\n" + tagged("g:2-2-7,c:1793156401") + second, want: ais.Tag{Source: "hue1", Time: at}},
		{name: "behind, as the Coast Guard logs", in: good + ",s28089,d-103,T39.44353985,x147521,r08TPHI1,1793156400", want: ais.Tag{Source: "r08TPHI1", Time: at}},
		{name: "station that is not UTF-8", in: tagged("s:hu\xeb1") + good, want: ais.Tag{Source: "hu\uFFFD1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader(tt.in))
			if len(records) != 1 {
				t.Fatal(reasons(refused))
			}
			if diff := cmp.Diff(tt.want, records[0].Tag); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// armoured is a sentence of (value, width) fields, for values Encode would not
// write.
func armoured(fields ...[2]int) string {
	var bits strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&bits, "%0*b", f[1], uint64(f[0])&(1<<f[1]-1))
	}
	var out strings.Builder
	for s := bits.String(); s != ""; s = s[6:] {
		v := 0
		fmt.Sscanf(s[:6], "%b", &v)
		if v > 39 {
			v += 8
		}
		out.WriteByte(byte('0' + v))
	}
	return sealed("AIVDM,1,1,,A," + out.String() + ",0")
}

func TestRanges(t *testing.T) {
	// class A with what a test changes: turn, speed, lon, lat, course, heading, second
	position := func(turn, speed, lon, lat, course, heading, second int) string {
		return armoured([2]int{1, 6}, [2]int{0, 2}, [2]int{574001234, 30}, [2]int{7, 4}, [2]int{turn, 8}, [2]int{speed, 10},
			[2]int{1, 1}, [2]int{lon, 28}, [2]int{lat, 27}, [2]int{course, 12}, [2]int{heading, 9}, [2]int{second, 6}, [2]int{0, 25})
	}
	const lon, lat = 107.85 * 600_000, 16.75 * 600_000
	tests := []struct {
		name string
		in   string
		want string // a part of the JSON, or the refusal
		not  string // what the JSON has not
	}{
		{name: "all there", in: position(0, 74, lon, lat, 685, 70, 12), want: `"turn":0,"speed":7.4,"accuracy":true,"lon":107.85,"lat":16.75,"course":68.5,"heading":70,"second":12`},
		{name: "turn right", in: position(20, 74, lon, lat, 685, 70, 12), want: `"turn":17.86`},
		{name: "turn left", in: position(-20, 74, lon, lat, 685, 70, 12), want: `"turn":-17.86`},
		{name: "turn fast right", in: position(127, 74, lon, lat, 685, 70, 12), want: `"turn":"fastright"`},
		{name: "turn fast left", in: position(-127, 74, lon, lat, 685, 70, 12), want: `"turn":"fastleft"`},
		{name: "turn unknown", in: position(-128, 74, lon, lat, 685, 70, 12), want: `"speed":7.4`, not: `"turn"`},
		{name: "speed unknown", in: position(0, 1023, lon, lat, 685, 70, 12), want: `"lon":107.85`, not: `"speed"`},
		{name: "speed beyond measure", in: position(0, 1022, lon, lat, 685, 70, 12), want: `"speed":102.2`},
		{name: "position unknown", in: position(0, 74, 181*600_000, 91*600_000, 685, 70, 12), want: `"course":68.5`, not: `"lon"`},
		{name: "longitude unknown", in: position(0, 74, 181*600_000, lat, 685, 70, 12), want: `"lat":16.75`, not: `"lon"`},
		{name: "course unknown", in: position(0, 74, lon, lat, 3600, 70, 12), want: `"heading":70`, not: `"course"`},
		{name: "heading unknown", in: position(0, 74, lon, lat, 685, 511, 12), want: `"second":12`, not: `"heading"`},
		{name: "second unknown", in: position(0, 74, lon, lat, 685, 70, 60), want: `"heading":70`, not: `"second"`},
		{name: "second of a dead reckoning", in: position(0, 74, lon, lat, 685, 70, 62), want: `"second":62`},
		{name: "antimeridian", in: position(0, 74, -180*600_000, -90*600_000, 685, 70, 62), want: `"lon":-180,"lat":-90`},
		{name: "longitude 200", in: position(0, 74, 200*600_000, lat, 685, 70, 12), want: "lon: 200° is outside −180 to 180"},
		{name: "longitude −181", in: position(0, 74, -181*600_000, lat, 685, 70, 12), want: "lon: -181° is outside −180 to 180"},
		{name: "latitude 95", in: position(0, 74, lon, 95*600_000, 685, 70, 12), want: "lat: 95° is outside −90 to 90"},
		{name: "course 400", in: position(0, 74, lon, lat, 4000, 70, 12), want: "course: 400.0° is outside 0 to 359.9"},
		{name: "heading 400", in: position(0, 74, lon, lat, 685, 400, 12), want: "heading: 400° is outside 0 to 359"},
		{name: "MMSI of ten digits", in: armoured([2]int{1, 6}, [2]int{0, 2}, [2]int{1_000_000_000, 30}, [2]int{0, 64}, [2]int{0, 64}, [2]int{0, 2}), want: "mmsi: 1000000000 is not an MMSI"},
		{name: "long range", in: armoured([2]int{27, 6}, [2]int{0, 2}, [2]int{574001234, 30}, [2]int{0, 2}, [2]int{7, 4}, [2]int{64710, 18}, [2]int{10050, 17}, [2]int{7, 6}, [2]int{68, 9}, [2]int{0, 2}), want: `"lon":107.85,"lat":16.75,"course":68`},
		{name: "long range, nothing known", in: armoured([2]int{27, 6}, [2]int{0, 2}, [2]int{574001234, 30}, [2]int{0, 2}, [2]int{15, 4}, [2]int{108600, 18}, [2]int{54600, 17}, [2]int{63, 6}, [2]int{511, 9}, [2]int{0, 2}), want: `"status_text":"Not defined"`, not: `"lon"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, refused := decode(t, strings.NewReader(tt.in))
			got := strings.Join(reasons(refused), "\n")
			for _, m := range records {
				b, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				got += string(b)
			}
			if !strings.Contains(got, tt.want) || tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("got %s, want %s and not %q", got, tt.want, tt.not)
			}
		})
	}
}

// What is published is written again bit by bit.
func TestEncodeAnnexA(t *testing.T) {
	in, err := os.ReadFile("testdata/annex.nmea")
	if err != nil {
		t.Fatal(err)
	}
	// Those are padded with spaces and without the spare bits, others differently.
	differently := []string{"!AIVDM,2,", "!AIVDM,1,1,,B,H8TA;tQA"}
	want := slices.DeleteFunc(slices.Collect(strings.Lines(string(in))), func(line string) bool {
		return slices.ContainsFunc(differently, func(start string) bool { return strings.HasPrefix(line, start) })
	})
	records, _ := decode(t, strings.NewReader(strings.Join(want, "")))
	var out []byte
	for _, m := range records {
		if out, err = ais.Encode(out, m, 1); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Join(want, ""), strings.ReplaceAll(string(out), "\r\n", "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := message(t)
		out, err := ais.Encode(nil, m, rapid.IntRange(0, 9).Draw(t, "seq"))
		if err != nil {
			t.Fatal(err)
		}
		var got []ais.Message
		err = ais.Decode(bytes.NewReader(out), formats.Sink[ais.Message]{
			Record: func(m ais.Message) error { got = append(got, m); return nil },
			Refuse: func(f formats.Refusal) error { return f },
		})
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		m.Line = 1
		if diff := cmp.Diff([]ais.Message{m}, got); diff != "" {
			t.Fatalf("%s: %s", out, diff)
		}
		for line := range strings.Lines(string(out)) {
			if sentence := line[strings.IndexByte(line, '!'):]; len(sentence) > 82 {
				t.Fatalf("%d characters are more than NMEA's 82: %s", len(sentence), sentence)
			}
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := ais.Message{Channel: m.Channel, Own: m.Own, Line: m.Line}
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, back); diff != "" {
			t.Fatalf("%s: %s", b, diff)
		}
	})
}

// message draws a message whose values are all such as can be sent.
func message(t *rapid.T) ais.Message {
	optional := func(name string, low, high int) ais.Opt[int] {
		if rapid.Bool().Draw(t, name+" known") {
			return ais.Some(rapid.IntRange(low, high).Draw(t, name))
		}
		return ais.Opt[int]{}
	}
	tenths := func(name string, high int) (v ais.Opt[float64]) {
		if n := optional(name, 0, high); n.Valid {
			v = ais.Some(float64(n.Value) / 10)
		}
		return v
	}
	flag := func(name string) ais.Opt[bool] { return ais.Some(rapid.Bool().Draw(t, name)) }
	text := func(name string, chars int) string {
		return rapid.StringMatching(fmt.Sprintf(`([A-Z0-9 .-]{0,%d}[A-Z0-9?!])?`, chars-1)).Draw(t, name)
	}
	m := ais.Message{
		Type:    rapid.SampledFrom([]int{1, 2, 3, 5, 18, 19, 24, 27}).Draw(t, "type"),
		Repeat:  rapid.IntRange(0, 3).Draw(t, "repeat"),
		MMSI:    rapid.IntRange(1, 999_999_999).Draw(t, "mmsi"),
		Channel: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "channel"),
		Own:     rapid.Bool().Draw(t, "own"),
	}
	if rapid.Bool().Draw(t, "tagged") {
		m.Tag = ais.Tag{Source: rapid.StringMatching(`[a-z0-9]{1,15}`).Draw(t, "source"), Time: time.UnixMilli(rapid.Int64Range(1.6e12, 1.9e12).Draw(t, "time")).UTC()}
	}
	dimensions := func() {
		if rapid.Bool().Draw(t, "dimensions known") {
			m.ToBow, m.ToStern = ais.Some(rapid.IntRange(1, 511).Draw(t, "bow")), ais.Some(rapid.IntRange(0, 511).Draw(t, "stern"))
			m.ToPort, m.ToStarboard = ais.Some(rapid.IntRange(0, 63).Draw(t, "port")), ais.Some(rapid.IntRange(0, 63).Draw(t, "starboard"))
		}
	}
	degrees := func(name string, most, scale int, digits float64) (v ais.Opt[float64]) {
		if n := optional(name, -most*scale, most*scale); n.Valid {
			v = ais.Some(math.Round(float64(n.Value)*digits/float64(scale)) / digits)
		}
		return v
	}
	motion := func() {
		m.Speed, m.Course = tenths("speed", 1022), tenths("course", 3599)
		m.Lon, m.Lat = degrees("lon", 180, 600_000, 1e7), degrees("lat", 90, 600_000, 1e7)
		m.Heading, m.Second = optional("heading", 0, 359), optional("second", 0, 59)
		m.Accuracy, m.RAIM = flag("accuracy"), flag("raim")
	}
	switch m.Type {
	case 1, 2, 3:
		motion()
		m.Status, m.Maneuver = ais.Some(rapid.IntRange(0, 15).Draw(t, "status")), optional("maneuver", 1, 2)
		m.Radio = ais.Some(rapid.IntRange(0, 1<<19-1).Draw(t, "radio"))
		if raw := optional("turn", -127, 127); raw.Valid {
			rate := float64(raw.Value) / 4.733
			m.Turn = ais.Some(ais.Turn(math.Copysign(math.Round(rate*rate*100)/100, rate)))
			if raw.Value == 127 || raw.Value == -127 {
				m.Turn.Value = ais.FastRight * ais.Turn(raw.Value/127)
			}
		}
	case 5:
		m.AISVersion, m.IMO = ais.Some(rapid.IntRange(0, 3).Draw(t, "version")), optional("imo", 1, 9_999_999)
		m.Callsign, m.Shipname, m.Destination = text("callsign", 7), text("shipname", 20), text("destination", 20)
		m.ShipType, m.EPFD = optional("shiptype", 1, 255), optional("epfd", 1, 15)
		dimensions()
		if rapid.Bool().Draw(t, "eta known") {
			m.ETA = fmt.Sprintf("%02d-%02dT%02d:%02dZ", rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 31).Draw(t, "day"), rapid.IntRange(0, 24).Draw(t, "hour"), rapid.IntRange(0, 60).Draw(t, "minute"))
		}
		if m.Draught = tenths("draught", 255); m.Draught.Value == 0 {
			m.Draught.Valid = false
		}
		m.DTE = ais.Some(rapid.IntRange(0, 1).Draw(t, "dte"))
	case 18:
		motion()
		m.CS, m.Display, m.DSC, m.Band = flag("cs"), flag("display"), flag("dsc"), flag("band")
		m.Msg22, m.Assigned = flag("msg22"), flag("assigned")
		m.Radio = ais.Some(rapid.IntRange(0, 1<<20-1).Draw(t, "radio"))
	case 19:
		motion()
		m.Shipname, m.ShipType, m.EPFD = text("shipname", 20), optional("shiptype", 1, 255), optional("epfd", 1, 15)
		dimensions()
		m.DTE, m.Assigned = ais.Some(rapid.IntRange(0, 1).Draw(t, "dte")), flag("assigned")
	case 24:
		m.PartNo = ais.Some(rapid.IntRange(0, 1).Draw(t, "part"))
		if m.PartNo.Value == 0 {
			m.Shipname = text("shipname", 20)
			break
		}
		m.ShipType, m.EPFD = optional("shiptype", 1, 255), optional("epfd", 1, 15)
		m.VendorID, m.Callsign = text("vendor", 3), text("callsign", 7)
		m.Model, m.Serial = optional("model", 1, 15), optional("serial", 1, 1<<20-1)
		if m.MMSI/10_000_000 == 98 {
			m.MothershipMMSI = optional("mothership", 1, 999_999_999)
		} else {
			dimensions()
		}
	case 27:
		m.Status, m.Accuracy, m.RAIM, m.GNSS = ais.Some(rapid.IntRange(0, 15).Draw(t, "status")), flag("accuracy"), flag("raim"), flag("gnss")
		m.Lon, m.Lat = degrees("lon", 180, 600, 1e4), degrees("lat", 90, 600, 1e4)
		if n := optional("speed", 0, 62); n.Valid {
			m.Speed = ais.Some(float64(n.Value))
		}
		if n := optional("course", 0, 359); n.Valid {
			m.Course = ais.Some(float64(n.Value))
		}
	}
	return m
}

func TestEncodeRefuses(t *testing.T) {
	tests := []struct {
		name string
		m    ais.Message
		seq  int
		want string
	}{
		{name: "type", m: ais.Message{Type: 4, MMSI: 574001234}, want: "type 4 is not written here"},
		{name: "mmsi", m: ais.Message{Type: 1}, want: "mmsi 0 is outside 1 to 999999999"},
		{name: "longitude", m: ais.Message{Type: 18, MMSI: 574001234, Lon: ais.Some(200.0)}, want: "lon 200 is outside -180 to 180"},
		{name: "no number", m: ais.Message{Type: 18, MMSI: 574001234, Lat: ais.Some(math.NaN())}, want: "lat NaN is outside -90 to 90"},
		{name: "name too long", m: ais.Message{Type: 24, MMSI: 574001234, Shipname: strings.Repeat("A", 21)}, want: "longer than 20 characters"},
		{name: "name with diacritics", m: ais.Message{Type: 24, MMSI: 574001234, Shipname: "THUẬN AN"}, want: "six-bit ASCII"},
		{name: "small letters", m: ais.Message{Type: 5, MMSI: 574001234, Destination: "Hue"}, want: "six-bit ASCII"},
		{name: "eta", m: ais.Message{Type: 5, MMSI: 574001234, ETA: "2026-10-28T03:00:00Z"}, want: "is not MM-DDTHH:MMZ"},
		{name: "sequence", m: ais.Message{Type: 5, MMSI: 574001234}, seq: 10, want: "sequence id 10"},
		{name: "channel", m: ais.Message{Type: 1, MMSI: 574001234, Channel: "AB"}, want: `channel "AB"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := ais.Encode([]byte("before"), tt.m, tt.seq)
			if err == nil || !strings.Contains(err.Error(), tt.want) || string(out) != "before" {
				t.Errorf("got %q, %v; want %s", out, err, tt.want)
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
		{name: "a line without end", in: endless("!AIVDM,1,1,,B,B8TA", 64<<20)},
		{name: "first sentences only", in: endless("!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\n", 1<<20)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			read, refused := 0, 0
			err := ais.Decode(io.MultiReader(tt.in, strings.NewReader("\n"+good+"\n")), formats.Sink[ais.Message]{
				Record: func(m ais.Message) error { read++; return nil },
				Refuse: func(f formats.Refusal) error {
					refused++
					if len(f.Raw) > 64<<10 {
						t.Errorf("%d bytes kept", len(f.Raw))
					}
					return nil
				},
			})
			if err != nil || read != 1 || refused == 0 {
				t.Errorf("%d read, %d refused, %v", read, refused, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	keep := formats.Sink[ais.Message]{Record: func(ais.Message) error { return nil }, Refuse: func(formats.Refusal) error { return nil }}
	t.Run("of the reader", func(t *testing.T) {
		if err := ais.Decode(io.MultiReader(strings.NewReader(good+"\n"), iotest.ErrReader(broken)), keep); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
	t.Run("of the sink's record", func(t *testing.T) {
		sink := keep
		sink.Record = func(ais.Message) error { return broken }
		if err := ais.Decode(strings.NewReader(good), sink); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
	t.Run("of the sink's refuse", func(t *testing.T) {
		sink := keep
		sink.Refuse = func(formats.Refusal) error { return broken }
		if err := ais.Decode(strings.NewReader(first), sink); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"annex", "coast"} {
		b, err := os.ReadFile("testdata/" + name + ".nmea")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		records, refused := decode(t, bytes.NewReader(in))
		for _, m := range records {
			if _, err := json.Marshal(m); err != nil {
				t.Fatal(err)
			}
		}
		if len(records)+len(refused) > len(in) {
			t.Fatalf("%d records and %d refusals of %d bytes", len(records), len(refused), len(in))
		}
	})
}

// The payload decoder behind checksums that fit.
func FuzzPayload(f *testing.F) {
	f.Add("177KQJ5000G?tO`K>RA1wUbN0TKH", 0)
	f.Add("H8TA;tTNF>H0000HF12i00109230", 0)
	f.Fuzz(func(t *testing.T, payload string, fill int) {
		records, _ := decode(t, strings.NewReader(sealed(fmt.Sprintf("AIVDM,1,1,,A,%s,%d", payload, fill))))
		for _, m := range records {
			if _, err := json.Marshal(m); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var feed []byte
	lines := 0
	for i := range 1000 {
		m := ais.Message{Type: 1, MMSI: 574000000 + i, Channel: "A", Lon: ais.Some(107.5 + float64(i)/1000), Lat: ais.Some(16.5), Speed: ais.Some(7.5), Course: ais.Some(60.0), Status: ais.Some(7), Radio: ais.Some(0)}
		switch {
		case i%20 == 0:
			m.Type, m.Shipname, m.Callsign, m.Destination = 5, "HOANG SA 01", "XVAB1", "THUAN AN"
			lines++
		case i%3 == 0:
			m.Type = 18
		}
		var err error
		if feed, err = ais.Encode(feed, m, i%10); err != nil {
			b.Fatal(err)
		}
		lines++
	}
	for _, bench := range []struct {
		name string
		tag  bool
	}{{"bare", false}, {"tagged", true}} {
		b.Run(bench.name, func(b *testing.B) {
			in := feed
			if bench.tag {
				in = nil
				for line := range bytes.Lines(feed) {
					in = append(append(in, tagged("s:r003669945,c:1793156400")...), line...)
				}
			}
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			sink := formats.Sink[ais.Message]{
				Record: func(ais.Message) error { return nil },
				Refuse: func(f formats.Refusal) error { return f },
			}
			for b.Loop() {
				if err := ais.Decode(bytes.NewReader(in), sink); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

func ExampleDecode() {
	feed := `\s:thuanan,c:1793156400*5F\!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B
!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4C
`
	err := ais.Decode(strings.NewReader(feed), formats.Sink[ais.Message]{
		Record: func(m ais.Message) error {
			lon, lat, _ := m.Position()
			fmt.Println(m.MMSI, "at", lon, lat, "seen", m.Tag.Time.Format(time.RFC3339))
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
	// 574901234 at 107.85 16.75 seen 2026-10-28T03:00:00Z
	// line 2: checksum is 4C, the sentence gives 4B
}

func ExampleEncode() {
	out, err := ais.Encode(nil, ais.Message{Type: 18, MMSI: 574901234, Channel: "B", Lon: ais.Some(107.85), Lat: ais.Some(16.75), Speed: ais.Some(7.4)}, 0)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%q\n", out)
	// Output: "!AIVDM,1,1,,B,B8TA;tP0BQsK:p2IFM3Q3wv00000,0*14\r\n"
}
