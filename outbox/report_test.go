package outbox

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats/open311"
	"geohub/internal/fault"
)

func valid() SubmitReportInput {
	return SubmitReportInput{ServiceCode: "FLOODING", Description: "Ngập nửa mét", Lon: new(107.58), Lat: new(16.46)}
}

func TestCheck(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ạ", n) }
	answers := func(n int) (out []*ReportAttributeInput) {
		for i := range n {
			out = append(out, &ReportAttributeInput{Code: "Q" + string(rune('A'+i%26)) + string(rune('a'+i/26)), Values: []string{"1"}})
		}
		return out
	}
	for _, test := range []struct {
		name   string
		change func(*SubmitReportInput)
		field  string // "": it is right
	}{
		{"as it is", func(*SubmitReportInput) {}, ""},
		{"no service", func(in *SubmitReportInput) { in.ServiceCode = "  " }, "input.serviceCode"},
		{"a long service", func(in *SubmitReportInput) { in.ServiceCode = long(101) }, "input.serviceCode"},
		{"no words", func(in *SubmitReportInput) { in.Description = "\n" }, "input.description"},
		{"as many words as may be", func(in *SubmitReportInput) { in.Description = long(4000) }, ""},
		{"too many words", func(in *SubmitReportInput) { in.Description = long(4001) }, "input.description"},
		{"NUL", func(in *SubmitReportInput) { in.Description = "a\x00b" }, "input.description"},
		{"bad UTF-8", func(in *SubmitReportInput) { in.Description = "a\xff" }, "input.description"},
		{"nowhere", func(in *SubmitReportInput) { in.Lon, in.Lat = nil, nil }, "input.lon"},
		{"an empty address is none", func(in *SubmitReportInput) { in.Lon, in.Lat, in.AddressString = nil, nil, new(" ") }, "input.lon"},
		{"an address only", func(in *SubmitReportInput) { in.Lon, in.Lat, in.AddressString = nil, nil, new("12 Lê Lợi") }, ""},
		{"a long address", func(in *SubmitReportInput) { in.AddressString = new(long(501)) }, "input.addressString"},
		{"no lat", func(in *SubmitReportInput) { in.Lat = nil }, "input.lat"},
		{"no lon", func(in *SubmitReportInput) { in.Lon = nil }, "input.lon"},
		{"swapped", func(in *SubmitReportInput) { in.Lon, in.Lat = in.Lat, in.Lon }, "input.lon"},
		{"in Paris", func(in *SubmitReportInput) { in.Lon, in.Lat = new(2.35), new(48.86) }, "input.lon"},
		{"too far north", func(in *SubmitReportInput) { in.Lat = new(26.) }, "input.lat"},
		{"0,0", func(in *SubmitReportInput) { in.Lon, in.Lat = new(0.), new(0.) }, "input.lon"},
		{"no number", func(in *SubmitReportInput) { in.Lon = new(math.NaN()) }, "input.lon"},
		{"infinite", func(in *SubmitReportInput) { in.Lat = new(math.Inf(1)) }, "input.lat"},
		{"Trường Sa", func(in *SubmitReportInput) { in.Lon, in.Lat = new(114.3), new(10.4) }, ""},
		{"pictures", func(in *SubmitReportInput) {
			in.MediaUrls = []string{"https://a.example/1.jpg", "http://b.example:8080/2"}
		}, ""},
		{"six pictures", func(in *SubmitReportInput) {
			in.MediaUrls = strings.Split(strings.Repeat("https://a.example/1.jpg ", 6), " ")[:6]
		}, "input.mediaUrls"},
		{"a picture of another scheme", func(in *SubmitReportInput) { in.MediaUrls = []string{"https://a.example/1", "file:///etc/passwd"} }, "input.mediaUrls[1]"},
		{"a picture with a password", func(in *SubmitReportInput) { in.MediaUrls = []string{"https://a:b@a.example/1"} }, "input.mediaUrls[0]"},
		{"a picture nowhere", func(in *SubmitReportInput) { in.MediaUrls = []string{"https:///1"} }, "input.mediaUrls[0]"},
		{"a contact", func(in *SubmitReportInput) {
			in.Contact = &ReportContactInput{FirstName: new("An"), LastName: new("Nguyễn"), Phone: new("+84 (234) 3823-456"), Email: new("an@thu.example")}
		}, ""},
		{"an empty contact", func(in *SubmitReportInput) { in.Contact = &ReportContactInput{Phone: new(""), Email: new(" ")} }, ""},
		{"a long name", func(in *SubmitReportInput) { in.Contact = &ReportContactInput{LastName: new(long(101))} }, "input.contact.lastName"},
		{"a bad telephone", func(in *SubmitReportInput) { in.Contact = &ReportContactInput{Phone: new("call me")} }, "input.contact.phone"},
		{"a bad e-mail", func(in *SubmitReportInput) { in.Contact = &ReportContactInput{Email: new("an@thu, b@thu.example")} }, "input.contact.email"},
		{"fifty answers", func(in *SubmitReportInput) { in.Attributes = answers(50) }, ""},
		{"fifty-one", func(in *SubmitReportInput) { in.Attributes = answers(51) }, "input.attributes"},
		{"a bad code", func(in *SubmitReportInput) {
			in.Attributes = []*ReportAttributeInput{{Code: "a]=1&api_key[", Values: []string{"1"}}}
		}, "input.attributes[0].code"},
		{"the hub's own code", func(in *SubmitReportInput) {
			in.Attributes = []*ReportAttributeInput{{Code: "client_id", Values: []string{"1"}}}
		}, "input.attributes[0].code"},
		{"twice", func(in *SubmitReportInput) { in.Attributes = append(answers(1), answers(1)...) }, "input.attributes[1].code"},
		{"without a value", func(in *SubmitReportInput) { in.Attributes = []*ReportAttributeInput{{Code: "A"}} }, "input.attributes[0].values"},
		{"a long value", func(in *SubmitReportInput) {
			in.Attributes = []*ReportAttributeInput{{Code: "A", Values: []string{"1", long(1001)}}}
		}, "input.attributes[0].values[1]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			test.change(&in)
			in.tidy()
			err := in.check()
			if test.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f := fault.Of(err)
			if f == nil || f.Code != "BAD_INPUT" || f.Details["field"] != test.field || !strings.HasPrefix(f.Message, test.field+": ") {
				t.Errorf("got %v (%+v), want a fault of %s", err, f, test.field)
			}
		})
	}
}

func TestCheckAgainst(t *testing.T) {
	services := []service{{ServiceCode: "FLOODING", Attributes: []open311.Attribute{{Code: "NOTE", Variable: new(false), Required: new(true)}, {Code: "DEPTH", Required: new(true)}}}, {ServiceCode: "TREE"}}
	in := valid()
	if err := in.checkAgainst(nil); err != nil {
		t.Errorf("without a list: %v", err)
	}
	if f := fault.Of(in.checkAgainst(services)); f == nil || f.Details["field"] != "input.attributes" || !strings.Contains(f.Message, "DEPTH") {
		t.Errorf("an unanswered question: %v", f)
	}
	in.Attributes = []*ReportAttributeInput{{Code: "DEPTH", Values: []string{"0.5"}}}
	if err := in.checkAgainst(services); err != nil {
		t.Errorf("answered: %v", err)
	}
	in.ServiceCode = "NOPE"
	if f := fault.Of(in.checkAgainst(services)); f == nil || f.Details["field"] != "input.serviceCode" {
		t.Errorf("an unknown service: %v", f)
	}
}

func TestForm(t *testing.T) {
	in := valid()
	in.AddressString = new("12 Lê Lợi")
	in.Contact = &ReportContactInput{FirstName: new("An"), Email: new("an@thu.example")}
	in.MediaUrls = []string{"https://a.example/1.jpg"}
	in.Attributes = []*ReportAttributeInput{{"DEPTH", []string{"0.5"}}, {"SEEN", []string{"CAR", "BOAT"}}}
	want := url.Values{"service_code": {"FLOODING"}, "description": {"Ngập nửa mét"}, "lat": {"16.46"}, "long": {"107.58"}, "address_string": {"12 Lê Lợi"},
		"first_name": {"An"}, "email": {"an@thu.example"}, "media_url": {"https://a.example/1.jpg"},
		"attribute[DEPTH]": {"0.5"}, "attribute[SEEN][]": {"CAR", "BOAT"}, "attribute[client_id]": {"c-1"}}
	if diff := cmp.Diff(want, in.form("c-1")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAbroad: two apps that count their reports from one don't meet at the source.
func TestAbroad(t *testing.T) {
	if a, b := abroad("H57.02/app", "1"), abroad("H57.02/web", "1"); a == b || !strings.HasPrefix(a, "1.") {
		t.Errorf("%q and %q", a, b)
	}
	if a := abroad("", "1"); a != "1" {
		t.Errorf("anonymous: %q", a)
	}
}

func TestCarries(t *testing.T) {
	for _, test := range []struct {
		name string
		r    open311.Request
		want bool
	}{
		{"nothing", open311.Request{}, false},
		{"a member", open311.Request{Extra: map[string]json.RawMessage{"client_id": json.RawMessage(`"c-1"`)}}, true},
		{"extended", open311.Request{ExtendedAttributes: json.RawMessage(`{"client_id":"c-1"}`)}, true},
		{"another's", open311.Request{ExtendedAttributes: json.RawMessage(`{"client_id":"c-2"}`)}, false},
		{"a list", open311.Request{Attributes: json.RawMessage(`[{"code":"DEPTH","value":1},{"code":"client_id","value":"c-1"}]`)}, true},
		{"a list of names", open311.Request{Attributes: json.RawMessage(`[{"name":"client_id","values":"c-1"}]`)}, true},
		{"not text", open311.Request{Attributes: json.RawMessage(`{"client_id":["c-1"]}`)}, false},
	} {
		if got := carries(&test.r, "c-1"); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name    string
		a       answer
		refused string
		unclear bool
	}{
		{"taken, without a receipt", answer{status: 200}, "", true},
		{"a bad request", answer{status: 400, refused: []string{"the server answered with an error: 400 no such service"}}, "400 no such service", false},
		{"a bad request without words", answer{status: 422}, "the reports system answered 422 Unprocessable Entity", false},
		{"no such jurisdiction", answer{status: 404, refused: []string{"the server answered with an error: 404 jurisdiction"}}, "404 jurisdiction", false},
		{"a wrong address", answer{status: 404, refused: []string{"it is not JSON"}}, "", false},
		{"a wrong key", answer{status: 403, refused: []string{"the server answered with an error: 403 api_key"}}, "", false},
		{"no login", answer{status: 401}, "", false},
		{"too slow", answer{status: 408}, "", true},
		{"too many", answer{status: 429, wait: time.Minute}, "", false},
		{"broken", answer{status: 500}, "", true},
		{"away", answer{status: 503}, "", false},
		{"gateway", answer{status: 504}, "", true},
		{"elsewhere", answer{status: 302}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.a.judge("POST")
			if got.refused != test.refused || (got.failed == nil) != (test.refused != "") || got.unclear != test.unclear || got.failed != nil && got.wait != test.a.wait {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestBaseOf(t *testing.T) {
	for address, want := range map[string]resource{
		"https://a.example/open311/v2":  {"https://a.example/open311/v2", ".json", url.Values{}},
		"https://a.example/open311/v2/": {"https://a.example/open311/v2", ".json", url.Values{}},
		"https://a.example/open311/v2/requests.json?jurisdiction_id=hue&start_date=2024-01-01": {"https://a.example/open311/v2", ".json", url.Values{"jurisdiction_id": {"hue"}}},
		"http://127.0.0.1:8090/reports/requests.xml":                                           {"http://127.0.0.1:8090/reports", ".xml", url.Values{}},
		"/var/reports.json": {},
		"mqtt://a.example":  {},
	} {
		got, err := baseOf(address)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(resource{})); diff != "" || (err == nil) != (want.address != "") {
			t.Errorf("%s: %v (-want +got):\n%s", address, err, diff)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-3": 0, "99999999": maxWait, "soon": 0,
		"Mon, 02 Mar 2026 02:01:00 GMT": time.Minute, "Mon, 02 Mar 2026 01:00:00 GMT": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestBackoff: never longer than ten seconds while a source may come back any
// moment.
func TestBackoff(t *testing.T) {
	for n := range 1000 {
		if d := backoff(n); d <= 0 || n < 500 && d > 10*time.Second || d > 5*time.Minute {
			t.Fatalf("after %d attempts: %v", n, d)
		}
	}
}
