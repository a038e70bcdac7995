package serve_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/media"
	"geohub/outbox"
	"geohub/province/serve"
	"geohub/resolvers"
)

// TestBackToTheSource: reports handed in at the hub while the reporting service
// is away arrive there once each, come back by ingest as the same features, and
// are rated; a picture of the service is shown by the hub.
func TestBackToTheSource(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return hubtest.Now.Add(time.Duration(ahead.Load())) }
	s, err := serve.Start(serve.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	db := pgtest.DB(t, hubtest.Empty())
	r := runnerOf(t, db, strings.Replace(s.Sources(), "/open311/v2\n", "/open311/v2?start_date=2026-02-28\n", 1))
	r.Clock = clock
	box, err := outbox.New(db, r.Sources, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		box.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	gate := &media.Gate{DB: db, Sources: r.Sources, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}
	hub := hubtest.Server(t, db, func(c *resolvers.Config) { c.Outbox, c.Media = box, gate })

	type receipt struct {
		Token, State     string
		ServiceRequestID *string
		Reason           *string
		Report           *struct {
			ID, ServiceCode, ReportStatus string
			Satisfaction, FirstName       *string
		}
	}
	const fields = `{ token state serviceRequestId reason report { id serviceCode reportStatus satisfaction firstName } }`
	submit := func(service, clientID string) string {
		var got struct{ SubmitReport receipt }
		hub.Ask(`mutation($s: String!, $c: String!) { submitReport(clientId: $c, input: {serviceCode: $s, description: "Thử nghiệm", lon: 107.58, lat: 16.46, contact: {firstName: "An"}}) `+fields+` }`,
			map[string]any{"s": service, "c": clientID}, &got)
		return got.SubmitReport.Token
	}
	of := func(token string) receipt {
		var got struct{ ReportReceipt receipt }
		hub.Alone().Ask(`query($t: String!) { reportReceipt(token: $t) `+fields+` }`, map[string]any{"t": token}, &got)
		return got.ReportReceipt
	}
	until := func(what string, yes func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !yes(); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%s: not within 30 s", what)
			}
		}
	}

	if err := s.Stop("reports"); err != nil {
		t.Fatal(err)
	}
	plain, batch := submit("ROAD_DAMAGE", "c-1"), submit("RESCUE", "c-2")
	if again := submit("ROAD_DAMAGE", "c-1"); again != plain || of(plain).State != "PENDING" {
		t.Errorf("while the service is away: %+v", of(plain))
	}
	if err := s.Resume("reports"); err != nil {
		t.Fatal(err)
	}
	until("both have their numbers", func() bool { return of(plain).ServiceRequestID != nil && of(batch).ServiceRequestID != nil })
	read(t, r, "hue-s")
	for token, code := range map[string]string{plain: "ROAD_DAMAGE", batch: "RESCUE"} {
		got := of(token)
		if got.Report == nil || got.Report.ID != "report:"+*got.ServiceRequestID || got.Report.ServiceCode != code || got.Report.FirstName != nil {
			t.Errorf("%s is back as %+v", code, got.Report)
		}
	}
	var again int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM reports WHERE description = 'Thử nghiệm'").Scan(&again); err != nil || again != 2 {
		t.Errorf("%d reports (%v)", again, err)
	}

	rate := func(opinion string) receipt {
		var got struct{ RateReport receipt }
		hub.Ask(`mutation($t: String!, $s: Satisfaction!) { rateReport(token: $t, satisfaction: $s) `+fields+` }`, map[string]any{"t": plain, "s": opinion}, &got)
		return got.RateReport
	}
	early := rate("SATISFIED")
	until("a rating before there is a result", func() bool { return of(early.Token).State == "REJECTED" })
	if got := of(early.Token); got.Reason == nil || !strings.Contains(*got.Reason, "not resolved") {
		t.Errorf("it is rejected as %+v", got)
	}
	ahead.Store(int64(7 * time.Hour))
	rated := rate("SATISFIED")
	until("the rating is sent", func() bool { return of(rated.Token).State == "SENT" })
	read(t, r, "hue-s")
	if got := of(plain).Report; got.ReportStatus != "RATED" || got.Satisfaction == nil || *got.Satisfaction != "SATISFIED" {
		t.Errorf("after the rating: %+v", got)
	}

	var shown struct {
		Reports struct {
			Nodes []struct{ Media []struct{ URL string } }
		}
	}
	hub.Ask(`{ reports(first: 500) { nodes { media { url(widthPx: 100) } } } }`, nil, &shown)
	address := ""
	for _, n := range shown.Reports.Nodes {
		for _, m := range n.Media {
			address = m.URL
		}
	}
	web := httptest.NewServer(gate)
	t.Cleanup(web.Close)
	res, err := http.Get(web.URL + address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || http.DetectContentType(body) != "image/jpeg" {
		t.Errorf("picture %q: %s, %d bytes, %v", address, res.Status, len(body), err)
	}
}
