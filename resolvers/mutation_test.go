package resolvers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/internal/hubtest"
	"geohub/layer"
	"geohub/resolvers"
	"geohub/systems"
)

const receiptFields = `{ token kind state serviceRequestId reason submittedAt sentAt report { id label } }`

type receipt struct {
	Token, Kind, State string
	ServiceRequestID   *string
	Reason             *string
	SubmittedAt        time.Time
	SentAt             *time.Time
	Report             *struct{ ID, Label string }
}

// flood is a report that is right, with changes.
func flood(changes map[string]any) map[string]any {
	in := map[string]any{"serviceCode": "FLOODING", "description": "Ngập nửa mét", "lon": 107.58, "lat": 16.46,
		"attributes": []any{map[string]any{"code": "DEPTH", "values": []any{"0.5"}}}}
	maps.Copy(in, changes)
	return in
}

const submitReport = `mutation($in: SubmitReportInput!, $c: String!) { submitReport(input: $in, clientId: $c) ` + receiptFields + ` }`

func submit(h *hubtest.Hub, in map[string]any, clientID string) receipt {
	var got struct{ SubmitReport receipt }
	h.Ask(submitReport, map[string]any{"in": in, "c": clientID}, &got)
	return got.SubmitReport
}

func receiptOf(h *hubtest.Hub, token string) *receipt {
	var got struct{ ReportReceipt *receipt }
	h.Alone().Ask(`query($t: String!) { reportReceipt(token: $t) `+receiptFields+` }`, map[string]any{"t": token}, &got)
	return got.ReportReceipt
}

func settled(t *testing.T, h *hubtest.Hub, token, state string) *receipt {
	t.Helper()
	var last *receipt
	until(t, "receipt "+state, func() bool {
		last = receiptOf(h, token)
		return last != nil && last.State == state
	})
	return last
}

// TestSubmit: handed in, sent by the standard, and back on the map as the same
// feature.
func TestSubmit(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	r := submit(d.Hub, flood(map[string]any{"contact": map[string]any{"firstName": "An", "phone": "0234 3823 456"}, "mediaUrls": []any{"https://a.example/1.jpg"}}), "c-1")
	if r.Kind != "SUBMIT" || len(r.Token) < 20 || r.Report != nil {
		t.Errorf("the first receipt is %+v", r)
	}
	done := settled(t, d.Hub, r.Token, "SENT")
	if *done.ServiceRequestID != "HUE-1" || done.SentAt == nil || done.Reason != nil || done.Report != nil {
		t.Errorf("the receipt says %+v", done)
	}
	want := url.Values{"api_key": {"key-of-the-hub"}, "service_code": {"FLOODING"}, "description": {"Ngập nửa mét"}, "lat": {"16.46"}, "long": {"107.58"},
		"first_name": {"An"}, "phone": {"0234 3823 456"}, "media_url": {"https://a.example/1.jpg"}, "attribute[DEPTH]": {"0.5"}, "attribute[client_id]": {"c-1"}}
	if diff := cmp.Diff([]url.Values{want}, s.posts); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
	var payload string
	if err := d.pool.QueryRow(t.Context(), "SELECT payload::text FROM outbox").Scan(&payload); err != nil || strings.Contains(payload, "3823") {
		t.Errorf("who reported is still kept: %s %v", payload, err)
	}
	now := hubtest.Now
	put(t, d.pool, systems.Reports, &systems.Report{Base: layer.Base{ID: "report:HUE-1", LabelVI: "Ngập úng", Geom: orb.Point{107.58, 16.46}, Source: "hue-s", ObservedAt: &now}, ServiceRequestId: new("HUE-1")})
	if back := receiptOf(d.Hub, r.Token); back.Report == nil || back.Report.ID != "report:HUE-1" || back.Report.Label != "Ngập úng" {
		t.Errorf("when it is back: %+v", back)
	}
}

// TestSameClientID: however often and at once, one report and one receipt; of
// another viewer it is another.
func TestSameClientID(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	var all sync.WaitGroup
	var mu sync.Mutex
	tokens := map[string]int{}
	for range 10 {
		all.Go(func() {
			a := d.Post(submitReport, map[string]any{"in": flood(nil), "c": "once"})
			var token string
			if _, after, ok := strings.Cut(string(a.Data), `"token":"`); ok {
				token, _, _ = strings.Cut(after, `"`)
			}
			mu.Lock()
			defer mu.Unlock()
			tokens[token]++
		})
	}
	all.Wait()
	if len(tokens) != 1 || tokens[""] > 0 {
		t.Fatalf("tokens %v", tokens)
	}
	for token := range tokens {
		settled(t, d.Hub, token, "SENT")
		if again := submit(d.Hub, flood(nil), "once"); again.Token != token || again.State != "SENT" {
			t.Errorf("after it was sent: %+v", again)
		}
	}
	app := submit(d.As(0), flood(nil), "once")
	if tokens[app.Token] != 0 {
		t.Error("the app has the receipt of somebody else")
	}
	if other := submit(d.As(0), flood(map[string]any{"description": "khác"}), "once"); other.Token != app.Token {
		t.Error("the same clientId of the app gives another receipt")
	}
	settled(t, d.Hub, app.Token, "SENT")
	if posts, kept := s.count(); posts != 2 || kept != 2 {
		t.Errorf("%d posts, %d kept", posts, kept)
	}
	if s.posts[0].Get("attribute[client_id]") == s.posts[1].Get("attribute[client_id]") {
		t.Error("the source can't tell the two")
	}
	a := d.Post(submitReport, map[string]any{"in": flood(map[string]any{"description": "khác"}), "c": "once"})
	if len(a.Errors) != 1 || a.Errors[0].Code() != "BAD_INPUT" || a.Errors[0].Extensions["field"] != "clientId" {
		t.Errorf("an anonymous clientId for something else: %+v", a.Errors)
	}
}

// TestAway: what was handed in while the source was away arrives once when it
// comes back, whatever it answers in between.
func TestAway(t *testing.T) {
	s := newReportsSystem(t)
	busy := func(status int, keeps bool) func(http.ResponseWriter, func()) {
		return func(w http.ResponseWriter, keep func()) {
			if keeps {
				keep()
			}
			w.WriteHeader(status)
		}
	}
	cut := func(keeps bool) func(http.ResponseWriter, func()) {
		return func(_ http.ResponseWriter, keep func()) {
			if keeps {
				keep()
			}
			panic(http.ErrAbortHandler)
		}
	}
	for _, test := range []struct {
		name   string
		before []func(http.ResponseWriter, func())
		posts  int
	}{
		{"503, then", []func(http.ResponseWriter, func()){busy(503, false), busy(429, false)}, 3},
		{"a bad gateway behind which it arrived", []func(http.ResponseWriter, func()){busy(502, true)}, 1},
		{"a bad gateway behind which it didn't", []func(http.ResponseWriter, func()){busy(502, false)}, 2},
		{"the connection breaks off after it arrived", []func(http.ResponseWriter, func()){cut(true)}, 1},
		{"and before", []func(http.ResponseWriter, func()){cut(false), cut(false)}, 3},
		{"200 without a receipt", []func(http.ResponseWriter, func()){func(w http.ResponseWriter, keep func()) { keep(); fmt.Fprint(w, `[]`) }}, 1},
		{"a wrong key, until somebody mends it", []func(http.ResponseWriter, func()){busy(403, false)}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, s.source())
			s.mu.Lock()
			s.before, s.posts, s.kept = test.before, nil, nil
			s.mu.Unlock()
			r := submit(d.Hub, flood(nil), "c-1")
			done := settled(t, d.Hub, r.Token, "SENT")
			if posts, kept := s.count(); posts != test.posts || kept != 1 || *done.ServiceRequestID != "HUE-1" {
				t.Errorf("%d posts, %d kept, receipt %+v", posts, kept, done)
			}
		})
	}
}

// TestSourceDead: nobody listens; the report is accepted all the same and goes
// out when somebody does.
func TestSourceDead(t *testing.T) {
	s := newReportsSystem(t)
	source := s.source()
	address := s.Listener.Addr().String()
	s.Server.Close()
	d := newDesk(t, source)
	r := submit(d.Hub, flood(nil), "c-1")
	tried := func() (n int) {
		d.pool.QueryRow(t.Context(), "SELECT attempts FROM outbox").Scan(&n)
		return n
	}
	until(t, "two attempts", func() bool { return tried() >= 2 })
	if now := receiptOf(d.Hub, r.Token); now.State != "PENDING" || now.Reason != nil {
		t.Errorf("while it is away: %+v", now)
	}
	revived := &http.Server{Addr: address, Handler: s.Config.Handler}
	failed := make(chan error, 1)
	go func() { failed <- revived.ListenAndServe() }()
	t.Cleanup(func() { revived.Close() })
	settled(t, d.Hub, r.Token, "SENT")
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
	if posts, kept := s.count(); posts != 1 || kept != 1 {
		t.Errorf("%d posts, %d kept", posts, kept)
	}
}

// TestKilledInBetween: the hub dies after the source took the report and before
// it could write that down. The next hub asks, and sends nothing twice.
func TestKilledInBetween(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain %v", plain), func(t *testing.T) {
			s := newReportsSystem(t)
			s.plain = plain
			pool := emptyHub(t)
			dying, err := pgxpool.NewWithConfig(t.Context(), pool.Config())
			if err != nil {
				t.Fatal(err)
			}
			s.before = []func(http.ResponseWriter, func()){func(w http.ResponseWriter, keep func()) {
				keep()
				dying.Close()
				fmt.Fprint(w, `[{"service_request_id":"HUE-1"}]`)
			}}
			first := outboxOf(t, dying, time.Now, s.source())
			h := hubtest.Server(t, pool, func(c *resolvers.Config) { c.Outbox = first })
			r := submit(h, flood(nil), "c-1")
			stop := run(t, first)
			until(t, "the first post", func() bool { posts, _ := s.count(); return posts == 1 })
			stop()
			if now := receiptOf(hubtest.Server(t, pool, func(c *resolvers.Config) { c.Outbox = outboxOf(t, pool, time.Now, s.source()) }), r.Token); now.State != "PENDING" {
				t.Fatalf("the dead hub wrote %+v", now)
			}
			// Its lease is over for the next one.
			next := outboxOf(t, pool, func() time.Time { return time.Now().Add(time.Minute) }, s.source())
			run(t, next)
			h = hubtest.Server(t, pool, func(c *resolvers.Config) { c.Outbox = next })
			settled(t, h, r.Token, "SENT")
			want := 1
			if plain { // at least once, and the clientId says that it is the same
				want = 2
			}
			if posts, kept := s.count(); posts != want || kept != want || s.posts[0].Get("attribute[client_id]") != s.posts[posts-1].Get("attribute[client_id]") {
				t.Errorf("%d posts, %d kept", posts, kept)
			}
		})
	}
}

// TestTwoHubs on one database send each report once.
func TestTwoHubs(t *testing.T) {
	s := newReportsSystem(t)
	d := newDesk(t, s.source())
	run(t, outboxOf(t, d.pool, time.Now, s.source()))
	for i := range 50 {
		submit(d.Hub, flood(nil), fmt.Sprint("c-", i))
	}
	until(t, "all sent", func() bool {
		var left int
		err := d.pool.QueryRow(t.Context(), "SELECT count(*) FROM outbox WHERE state <> 'SENT'").Scan(&left)
		return err == nil && left == 0
	})
	if posts, kept := s.count(); posts != 50 || kept != 50 {
		t.Errorf("%d posts, %d kept", posts, kept)
	}
}

func TestRejected(t *testing.T) {
	s := newReportsSystem(t)
	s.before = []func(http.ResponseWriter, func()){func(w http.ResponseWriter, _ func()) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `[{"code":400,"description":"ngoài phạm vi tiếp nhận"}]`)
	}}
	d := newDesk(t, s.source())
	r := submit(d.Hub, flood(nil), "c-1")
	done := settled(t, d.Hub, r.Token, "REJECTED")
	if done.Reason == nil || *done.Reason != "400 ngoài phạm vi tiếp nhận" || done.SentAt != nil || done.ServiceRequestID != nil {
		t.Errorf("%+v", done)
	}
	a := d.Post(`mutation($t: String!) { rateReport(token: $t, satisfaction: SATISFIED) { token } }`, map[string]any{"t": r.Token})
	if len(a.Errors) != 1 || a.Errors[0].Code() != "BAD_INPUT" {
		t.Errorf("rating it: %+v", a.Errors)
	}
	if posts, _ := s.count(); posts != 1 {
		t.Errorf("%d posts", posts)
	}
}

// TestSourceToken: a source that gives a token first is asked until it knows the
// number; a rating waits for that.
func TestSourceToken(t *testing.T) {
	s := newReportsSystem(t)
	s.tokens = true
	d := newDesk(t, s.source())
	r := submit(d.Hub, flood(nil), "c-1")
	if sent := settled(t, d.Hub, r.Token, "SENT"); sent.ServiceRequestID != nil {
		t.Errorf("%+v", sent)
	}
	var got struct{ RateReport receipt }
	d.Ask(`mutation($t: String!) { rateReport(token: $t, satisfaction: ACCEPTED, comment: "tạm được") `+receiptFields+` }`, map[string]any{"t": r.Token}, &got)
	until(t, "asked for the number", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.asked) > 0
	})
	if now := receiptOf(d.Hub, got.RateReport.Token); now.State != "PENDING" || now.Kind != "RATE" {
		t.Errorf("the rating went ahead: %+v", now)
	}
	s.mu.Lock()
	s.known = true
	s.mu.Unlock()
	done := settled(t, d.Hub, got.RateReport.Token, "SENT")
	if *done.ServiceRequestID != "HUE-1" || *receiptOf(d.Hub, r.Token).ServiceRequestID != "HUE-1" {
		t.Errorf("%+v", done)
	}
	want := map[string]url.Values{"HUE-1": {"satisfaction": {"ACCEPTED"}, "comment": {"tạm được"}, "api_key": {"key-of-the-hub"}}}
	if diff := cmp.Diff(want, s.ratings); diff != "" {
		t.Errorf("ratings (-want +got):\n%s", diff)
	}
	if posts, kept := s.count(); posts != 1 || kept != 1 {
		t.Errorf("%d posts, %d kept", posts, kept)
	}
}
