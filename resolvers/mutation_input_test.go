package resolvers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/layer"
	"geohub/systems"
)

func TestRate(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	now := hubtest.Now
	put(t, d.pool, systems.Reports, &systems.Report{Base: layer.Base{ID: "report:HUE/9 a", LabelVI: "Cây đổ", Source: "hue-s", ObservedAt: &now}, ServiceRequestId: new("HUE/9 a")})
	const rate = `mutation($id: ID, $t: String, $s: Satisfaction!, $c: String) { rateReport(id: $id, token: $t, satisfaction: $s, comment: $c) ` + receiptFields + ` }`
	for _, test := range []struct {
		name  string
		hub   *hubtest.Hub
		vars  map[string]any
		code  string
		field any
	}{
		{"anonymous by id", d.Hub, map[string]any{"id": "report:HUE/9 a", "s": "SATISFIED"}, "DENIED", "id"},
		{"neither", d.As(0), map[string]any{"s": "SATISFIED"}, "BAD_INPUT", nil},
		{"both", d.As(0), map[string]any{"id": "report:HUE/9 a", "t": "x", "s": "SATISFIED"}, "BAD_INPUT", nil},
		{"no such report", d.As(0), map[string]any{"id": "report:NOPE", "s": "SATISFIED"}, "NOT_FOUND", "id"},
		{"no such token", d.Hub, map[string]any{"t": strings.Repeat("A", 26), "s": "SATISFIED"}, "NOT_FOUND", "token"},
		{"a token that is none", d.Hub, map[string]any{"t": "\x00", "s": "SATISFIED"}, "NOT_FOUND", "token"},
		{"no such opinion", d.As(0), map[string]any{"id": "report:HUE/9 a", "s": "GREAT"}, "BAD_INPUT", nil},
		{"a long comment", d.As(0), map[string]any{"id": "report:HUE/9 a", "s": "SATISFIED", "c": strings.Repeat("a", 2001)}, "BAD_INPUT", "comment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := test.hub.Post(rate, test.vars)
			if len(a.Errors) != 1 || a.Errors[0].Code() != test.code || a.Errors[0].Extensions["field"] != test.field {
				t.Errorf("%+v", a.Errors)
			}
		})
	}
	opinion := func(o string) receipt {
		var got struct{ RateReport receipt }
		d.As(0).Ask(rate, map[string]any{"id": "report:HUE/9 a", "s": o}, &got)
		return got.RateReport
	}
	first := opinion("SATISFIED")
	if again := opinion("SATISFIED"); again.Token != first.Token {
		t.Error("the same rating again is another")
	}
	if done := settled(t, d.Hub, first.Token, "SENT"); done.Report == nil || done.Report.ID != "report:HUE/9 a" {
		t.Errorf("%+v", done)
	}
	second := opinion("DISSATISFIED")
	settled(t, d.Hub, second.Token, "SENT")
	if second.Token == first.Token || s.ratings["HUE/9 a"].Get("satisfaction") != "DISSATISFIED" {
		t.Errorf("a change of mind: %v", s.ratings)
	}
}

// TestBadReports: each names its field, and nothing of it is kept.
func TestBadReports(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	until(t, "the services", func() bool {
		var n int
		return d.pool.QueryRow(t.Context(), "SELECT count(*) FROM report_services").Scan(&n) == nil && n == 1
	})
	for _, test := range []struct {
		name, clientID, field string
		change                map[string]any
	}{
		{"no clientId", "", "clientId", nil},
		{"a long clientId", strings.Repeat("a", 101), "clientId", nil},
		{"NUL in the clientId", "a\x00", "clientId", nil},
		{"no words", "c", "input.description", map[string]any{"description": " "}},
		{"outside", "c", "input.lon", map[string]any{"lon": 2.35, "lat": 48.86}},
		{"no such service", "c", "input.serviceCode", map[string]any{"serviceCode": "NOPE"}},
		{"an unanswered question", "c", "input.attributes", map[string]any{"attributes": []any{}}},
		{"a bad telephone", "c", "input.contact.phone", map[string]any{"contact": map[string]any{"phone": "x"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := d.Post(submitReport, map[string]any{"in": flood(test.change), "c": test.clientID})
			if len(a.Errors) != 1 || a.Errors[0].Code() != "BAD_INPUT" || a.Errors[0].Extensions["field"] != test.field {
				t.Errorf("%+v", a.Errors)
			}
		})
	}
	var n int
	if err := d.pool.QueryRow(t.Context(), "SELECT count(*) FROM outbox").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows were kept (%v)", n, err)
	}
	if receiptOf(d.Hub, "no-such-token") != nil || receiptOf(d.Hub, strings.Repeat("A", 26)) != nil {
		t.Error("a receipt of nothing")
	}
}

// TestServices: as the source tells them, also while it is away.
func TestServices(t *testing.T) {
	s := newReportsSystem(t)
	source := s.source()
	d := newDesk(t, source)
	const query = `query($l: Lang) { reportServices(lang: $l) { serviceCode serviceName group keywords attributes { code description datatype required values { key name } } } }`
	type service struct {
		ServiceCode, ServiceName string
		Group                    *string
		Keywords                 []string
		Attributes               []struct {
			Code, Description, Datatype string
			Required                    bool
			Values                      []struct{ Key, Name string }
		}
	}
	var got struct{ ReportServices []service }
	d.Ask(query, map[string]any{"l": "EN"}, &got)
	if len(got.ReportServices) != 2 || got.ReportServices[0].ServiceName != "Flooding" || got.ReportServices[1].ServiceName != "Cây đổ" || *got.ReportServices[0].Group != "Thiên tai" {
		t.Fatalf("%+v", got)
	}
	if a := got.ReportServices[0].Attributes; len(a) != 2 || a[0].Code != "DEPTH" || !a[0].Required || a[1].Code != "SEEN" || len(a[1].Values) != 2 || a[1].Values[1].Name != "BOAT" {
		t.Errorf("the questions are %+v", a)
	}
	s.Server.Close()
	got.ReportServices = nil
	d.Ask(query, nil, &got)
	if len(got.ReportServices) != 2 || got.ReportServices[0].ServiceName != "Ngập úng" {
		t.Errorf("while the source is away: %+v", got)
	}
	other := newDesk(t, source)
	if a := other.Post(query, nil); len(a.Errors) != 1 || a.Errors[0].Code() != "UNAVAILABLE" {
		t.Errorf("a hub that never read them: %+v", a.Errors)
	}
}

// TestNoOutbox: a hub without a reports system says so, and keeps nothing.
func TestNoOutbox(t *testing.T) {
	d := newDesk(t)
	for _, h := range []*hubtest.Hub{d.Hub, hubtest.Server(t, d.pool)} {
		a := h.Post(submitReport, map[string]any{"in": flood(nil), "c": "c-1"})
		if len(a.Errors) != 1 || a.Errors[0].Code() != "UNAVAILABLE" {
			t.Errorf("submitReport: %+v", a.Errors)
		}
		if a := h.Post(`{ reportServices { serviceCode } }`, nil); len(a.Errors) != 1 || a.Errors[0].Code() != "UNAVAILABLE" {
			t.Errorf("reportServices: %+v", a.Errors)
		}
		if receiptOf(h, strings.Repeat("A", 26)) != nil {
			t.Error("a receipt of nothing")
		}
	}
}

// TestMutationsByPOST only, within the limits of roots and of cost.
func TestMutationsByPOST(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	const inline = `submitReport(input: {serviceCode: "TREE", description: "Cây đổ", lon: 107.58, lat: 16.46}, clientId: %q) { token }`
	res, err := http.Get(d.URL + "?query=" + url.QueryEscape("mutation { "+fmt.Sprintf(inline, "get")+" }"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %s, Allow %q", res.Status, res.Header.Get("Allow"))
	}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, d.URL, strings.NewReader(`query=mutation{x}`))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if res, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %s", res.Status)
	}
	var many strings.Builder
	for i := range 16 {
		fmt.Fprintf(&many, "r%d: "+inline+"\n", i, fmt.Sprint("c-", i))
	}
	if a := d.Post("mutation { "+many.String()+" }", nil); len(a.Errors) != 1 || a.Errors[0].Code() != "ROOT_LIMIT" {
		t.Errorf("sixteen at once: %+v", a.Errors)
	}
	if posts, _ := s.count(); posts != 0 {
		t.Errorf("%d posts came of it", posts)
	}
	a := d.Post("mutation { "+fmt.Sprintf(inline, "one")+" }", nil)
	if len(a.Errors) > 0 || !strings.Contains(string(a.Extensions["cost"]), `"requested":100`) {
		t.Errorf("%+v %s", a.Errors, a.Extensions["cost"])
	}
}
