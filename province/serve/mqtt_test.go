package serve_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province"
	"geohub/province/serve"
	"geohub/systems"
)

// overMQTT listens to streams until a question to the hub's database has the
// answer it has in the province's own.
func overMQTT(t *testing.T, r *ingest.Runner, question string, sources ...string) {
	t.Helper()
	var want, got string
	if err := pgtest.Shared(t, hubtest.Province()).QueryRow(t.Context(), question).Scan(&want); err != nil {
		t.Fatal(err)
	}
	untilMQTT(t, r, question, want, &got, sources...)
}

func untilMQTT(t *testing.T, r *ingest.Runner, question, want string, got *string, sources ...string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer stop()
	for _, name := range sources {
		reading.Go(func() {
			if _, err := r.Read(ctx, name); err != nil && ctx.Err() == nil {
				t.Errorf("%s: %v", name, err)
				stop()
			}
		})
	}
	for *got != want {
		if err := r.DB.QueryRow(ctx, question).Scan(got); err != nil {
			t.Fatalf("%s gives %s, not %s: %v", question, *got, want, err)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s gives %s, not %s", question, *got, want)
		case <-time.After(50 * time.Millisecond):
		}
	}
	var reason string
	if r.DB.QueryRow(ctx, "SELECT stage || ' ' || coalesce(place, '') || ': ' || reason FROM quarantine LIMIT 1").Scan(&reason) == nil {
		t.Errorf("in quarantine: %s", reason)
	}
}

// TestCamerasOverTheWire: the cameras' register and fourteen days of events.
func TestCamerasOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "cameras", "camera_events")
	read(t, r, "ioc-cameras")
	compareLayer(t, r.DB, "cameras", "version_at", "stream_url")
	overMQTT(t, r, "SELECT count(*) || ' ' || count(end_at) || ' ' || count(*) FILTER (WHERE verification <> 'PENDING') FROM camera_events", "ioc-events")
	compareLayer(t, r.DB, "camera_events", "version_at")
	var streams, rtsp, plates int
	err := r.DB.QueryRow(t.Context(), "SELECT count(stream_url), count(*) FILTER (WHERE stream_url LIKE 'rtsp:%') FROM cameras").Scan(&streams, &rtsp)
	if err == nil {
		err = r.DB.QueryRow(t.Context(), `SELECT count(*) FROM camera_events WHERE plate_masked !~ '^[0-9]{2}[A-Z]-\*\*\*\.[0-9]{2}$'`).Scan(&plates)
	}
	if err != nil || streams != 650 || rtsp == 0 || rtsp == streams || plates > 0 {
		t.Errorf("%d cameras with a stream, %d by RTSP, %d plates that are not masked: %v", streams, rtsp, plates, err)
	}
}

// TestCardsOverTheWire: the readers' list, and their counts from 24 hours of events.
func TestCardsOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "card_readers", "card_counts", "card_findings")
	read(t, r, "cards")
	counted := "SELECT coalesce(sum(granted24h), 0) || ' ' || coalesce(sum(denied24h), 0) || ' ' || coalesce(sum(payments24h), 0) FROM card_readers"
	overMQTT(t, r, counted, "card-events")
	compareLayer(t, r.DB, "card_readers", "version_at")
	var found string
	if err := r.DB.QueryRow(t.Context(), "SELECT string_agg(rule || ' ' || n, ', ' ORDER BY rule) FROM (SELECT rule, sum(count) AS n FROM card_findings GROUP BY rule) f").Scan(&found); err != nil {
		t.Fatal(err)
	}
	t.Logf("found: %s", found)
	// No table holds a card's reference.
	for table, column := range map[string]string{"card_counts": "c::text", "card_findings": "c::text", "counted_events": "encode(digest, 'escape')", "quarantine": "convert_from(record, 'UTF8')"} {
		var n int
		if err := r.DB.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" c WHERE "+column+" LIKE '%tok-%'").Scan(&n); err != nil || n > 0 {
			t.Errorf("%s: %d rows with a card's reference: %v", table, n, err)
		}
	}
}

// TestBillboardsOverTheWire: the register, the log of plays and the heartbeats.
func TestBillboardsOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "billboards", "billboard_plays")
	read(t, r, "billboards")
	read(t, r, "billboard-plays")
	overMQTT(t, r, "SELECT count(last_heartbeat_at) || ' ' || coalesce(sum(extract(epoch FROM last_heartbeat_at)), 0) || ' ' || count(current_creative) FROM billboards", "screens")
	compareLayer(t, r.DB, "billboards", "version_at")
	var plays int
	var seconds float64
	if err := r.DB.QueryRow(t.Context(), "SELECT count(*), max(seconds) FROM billboard_plays").Scan(&plays, &seconds); err != nil || plays == 0 || seconds != 450 {
		t.Errorf("%d hours of plays, at most %v s: %v", plays, seconds, err)
	}
	read(t, r, "billboard-plays")
	var again int
	if err := r.DB.QueryRow(t.Context(), "SELECT sum(plays) / count(*) FROM billboard_plays WHERE seconds > 0").Scan(&again); err != nil || again != 30 {
		t.Errorf("%d plays an hour after the log was read twice: %v", again, err)
	}
}

// TestMissedOverMQTT: a hub that was away gets what was published since, and a
// hub that is there what is being published.
func TestMissedOverMQTT(t *testing.T) {
	db := pgtest.DB(t, hubtest.Province())
	for _, table := range []string{"card_counts", "camera_events", "billboards"} {
		if _, err := db.Exec(t.Context(), "TRUNCATE "+table); err != nil {
			t.Fatal(err)
		}
	}
	var passed atomic.Int64
	clock := func() time.Time { return fixed().Add(time.Duration(passed.Load())) }
	s, err := serve.Start(serve.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := runnerOf(t, db, s.Sources())
	r.Clock = clock
	sources := []string{"card-events", "ioc-events", "screens"}
	uses := 0
	p := province.New(province.Seed, fixed())
	counted := func(until time.Time) string {
		uses = 0
		for hour := p.CardsSince(); !hour.After(until); hour = hour.Add(time.Hour) {
			for _, e := range p.CardEvents(hour) {
				if !e.At.After(until) {
					uses++
				}
			}
		}
		now := province.New(province.Seed, until)
		beat := time.Time{}
		for _, h := range now.LastHeartbeats() {
			if h.At.After(beat) {
				beat = h.At
			}
		}
		events := 0
		for _, e := range now.CameraEvents() {
			if e.StartAt.After(p.EventsSince()) {
				events++
			}
		}
		return fmt.Sprintf("%d %d", uses, beat.Unix()) + fmt.Sprintf(" %d", events+len(lapsed(p, now)))
	}
	question := "SELECT (SELECT coalesce(sum(count), 0) FROM card_counts) || ' ' || (SELECT coalesce(max(extract(epoch FROM last_heartbeat_at)), 0)::bigint FROM billboards) || ' ' || (SELECT count(*) FROM camera_events)"
	var got string
	untilMQTT(t, r, question, counted(fixed()), &got, sources...)
	passed.Store(int64(90 * time.Minute)) // while it is away
	untilMQTT(t, r, question, counted(clock()), &got, sources...)
	want := counted(fixed().Add(2 * time.Hour))
	time.AfterFunc(200*time.Millisecond, func() { passed.Store(int64(2 * time.Hour)) }) // while it listens
	untilMQTT(t, r, question, want, &got, sources...)
}

// lapsed are the events that the earlier of two provinces still has, and the
// later has no more.
func lapsed(earlier, later *province.Province) []*systems.CameraEvent {
	var all []*systems.CameraEvent
	for _, e := range earlier.CameraEvents() {
		if !e.StartAt.After(later.EventsSince()) {
			all = append(all, e)
		}
	}
	return all
}
