package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

var (
	eventPlace = ingest.NewPart(systems.CameraEvents, "place", "geometry")
	eventPart  = ingest.Rest(systems.CameraEvents, "event", eventPlace)
	cameraPart = ingest.Whole(systems.Cameras)
)

// sighted is a record that is a camera or, with a camera's id, an event.
type sighted struct {
	id, camera string
	at         orb.Geometry
}

// placeRunner reads one source with the batches given, one a read.
func placeRunner(t *testing.T, db *pgxpool.Pool, source string) func(records ...any) {
	t.Helper()
	var next []any
	format := ingest.Format{Name: "sighted", Stream: true, Connect: func(*ingest.Source) (ingest.Reader, error) {
		return readerOf(func(ctx context.Context, take func(context.Context, *ingest.Batch) error) error {
			return take(ctx, &ingest.Batch{Records: next})
		}), nil
	}}
	version := day0
	mapping := ingest.Map("sighted", 1, func(in *ingest.Intake, s sighted) error {
		version = version.Add(time.Second)
		base := layer.Base{ID: s.id, LabelVI: s.id, VersionAt: ptr(version), ObservedAt: ptr(day0), Geom: s.at}
		if s.camera == "" {
			base.PositionAccuracyM = ptr(5.0)
			ingest.Put(in, cameraPart, &systems.Camera{Base: base})
		} else {
			ingest.Put(in, eventPart, &systems.CameraEvent{Base: base, CameraId: ptr(s.camera)})
		}
		return nil
	})
	r := &ingest.Runner{DB: db, Sources: []*ingest.Source{{Name: source, Format: "sighted", Address: "test"}}, Formats: map[string]ingest.Format{"sighted": format},
		Mappings: []ingest.Mapping{mapping}, Derivations: []ingest.Derivation{ingest.PlacedBy(systems.CameraEvents.System, "cameraId", systems.Cameras.System)},
		Layers: systems.All, Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}
	if err := r.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return func(records ...any) {
		next = records
		if _, err := r.Read(t.Context(), source); err != nil {
			t.Error(err)
		}
	}
}

type readerOf func(context.Context, func(context.Context, *ingest.Batch) error) error

func (r readerOf) Read(ctx context.Context, _ json.RawMessage, take func(context.Context, *ingest.Batch) error) error {
	return r(ctx, take)
}

// TestPlacedBy: an event lies where its camera stands, whichever came first,
// and goes where the camera goes.
func TestPlacedBy(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	read := placeRunner(t, db, "sightings")
	lies := func(want string) {
		t.Helper()
		var got string
		err := db.QueryRow(t.Context(), `SELECT coalesce(string_agg(id || ' ' || coalesce(ST_X(geom)::text || ' ' || coalesce(position_accuracy_m, 0)::text || ' ' || coalesce(unit_id::text, 'no unit'), 'nowhere'), ', ' ORDER BY id), '') FROM camera_events`).Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("events lie at %s, want %s", got, want)
		}
	}
	_, err := db.Exec(t.Context(), `INSERT INTO units (code, valid_from, kind, name, name_en, geom) VALUES ('1', '2025-07-01', 'COMMUNE', 'A', 'A', ST_Multi(ST_MakeEnvelope(107, 16, 108, 17, 4326)))`)
	if err != nil {
		t.Fatal(err)
	}
	event := sighted{id: "cameraEvent:1", camera: "camera:1"}
	read(event)
	lies("cameraEvent:1 nowhere")
	read(sighted{id: "camera:1", at: orb.Point{107.5, 16.5}})
	lies("cameraEvent:1 107.5 5 1")
	read(event, sighted{id: "cameraEvent:2", camera: "camera:1"})
	lies("cameraEvent:1 107.5 5 1, cameraEvent:2 107.5 5 1")
	var before, after time.Time
	if err := db.QueryRow(t.Context(), "SELECT max(updated_at) FROM camera_events").Scan(&before); err != nil {
		t.Fatal(err)
	}
	read(sighted{id: "camera:1", at: orb.Point{107.5, 16.5}}, event)
	if err := db.QueryRow(t.Context(), "SELECT max(updated_at) FROM camera_events").Scan(&after); err != nil || !after.Equal(before) {
		t.Errorf("an event that stays where it is was written at %v, %v", after, err)
	}
	read(sighted{id: "camera:1", at: orb.Point{109, 16.5}})
	lies("cameraEvent:1 109 5 no unit, cameraEvent:2 109 5 no unit")
	read(sighted{id: "camera:2", at: orb.Point{107.25, 16.5}}, sighted{id: "cameraEvent:2", camera: "camera:2"})
	lies("cameraEvent:1 109 5 no unit, cameraEvent:2 107.25 5 1")
	if _, err := db.Exec(t.Context(), "INSERT INTO feature_aliases (alias, id) VALUES ('camera:old', 'camera:2')"); err != nil {
		t.Fatal(err)
	}
	read(sighted{id: "cameraEvent:1", camera: "camera:old"})
	lies("cameraEvent:1 107.25 5 1, cameraEvent:2 107.25 5 1")
	read(sighted{id: "camera:2", at: orb.Point{107.75, 16.5}})
	lies("cameraEvent:1 107.75 5 1, cameraEvent:2 107.75 5 1")
}

// TestPlacedByAtOnce: events and cameras of two sources that are written at the
// same time find one another.
func TestPlacedByAtOnce(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	cameras, events := placeRunner(t, db, "cameras"), placeRunner(t, db, "events")
	var both sync.WaitGroup
	const n = 40
	both.Go(func() {
		for i := range n {
			cameras(sighted{id: fmt.Sprint("camera:", i), at: orb.Point{107.5, 16.5}}, sighted{id: "camera:all", at: orb.Point{107 + float64(i)/100, 16.5}})
		}
	})
	both.Go(func() {
		for i := range n {
			events(sighted{id: fmt.Sprint("cameraEvent:", i), camera: fmt.Sprint("camera:", i)}, sighted{id: fmt.Sprint("cameraEvent:all", i), camera: "camera:all"})
		}
	})
	both.Wait()
	var lost int
	err := db.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE e.geom IS DISTINCT FROM c.geom) + $1 - count(*) FROM camera_events e JOIN cameras c ON c.id = e.camera_id", 2*n).Scan(&lost)
	if err != nil {
		t.Fatal(err)
	}
	if lost != 0 {
		t.Errorf("%d events don't lie where their camera stands", lost)
	}
}
