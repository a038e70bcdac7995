package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/layer"
)

// PlacedBy declares that features of one layer lie where a feature of another
// does: an event where its camera stands, a dossier where its office is. ref is
// the field that holds the other's id, by its GraphQL name. Geometry, accuracy
// and unit are filled in after each write of either, so that it doesn't matter
// which came first, and move when the other moves; a feature whose other is not
// known stays as it was written.
//
// The mapping leaves Geom empty, and its part must not own the geometry, or
// each write would take the place away and give it back:
//
//	var eventPlace = ingest.NewPart(CameraEvents, "place", "geometry")
//	var event = ingest.Rest(CameraEvents, "event", eventPlace)
//
//	// in Derivations:
//	ingest.PlacedBy(CameraEvents.System, "cameraId", Cameras.System)
//
// It panics on a field there isn't. ref's column wants an index.
func PlacedBy(placed *layer.System, ref string, places *layer.System) Derivation {
	p := placement{placed, places, placed.ColumnsOf(ref)[0]}
	return Derivation{before: p.lock, run: p.run}
}

type placement struct {
	placed, places *layer.System
	ref            string // column of placed with an id of places
}

// lock keeps a place and what lies there from being written at the same time,
// in which neither transaction would see the other's row. It is taken before
// the rows' own locks, in one order, so that nobody waits in a circle.
func (p placement) lock(ctx context.Context, tx pgx.Tx, in *Intake) error {
	how := ""
	switch {
	case in.writesTo(p.places):
		how = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
	case in.writesTo(p.placed):
		how = "SELECT pg_advisory_xact_lock_shared($1, hashtext($2))"
	default:
		return nil
	}
	if _, err := tx.Exec(ctx, how, placeSpace, p.placed.Table+" "+p.ref); err != nil {
		return fmt.Errorf("lock places of %s: %w", p.placed.Field, err)
	}
	return nil
}

// placeSpace keeps the places' locks apart from all other advisory locks.
const placeSpace = 0x706c6163 // "plac"

func (p placement) run(ctx context.Context, tx pgx.Tx, in *Intake) error {
	placed, err := named(ctx, tx, p.placed, in.rowIDs())
	if err == nil && len(placed) > 0 {
		err = p.place(ctx, tx, clause.Of("f.id = ANY (?)", placed))
	}
	if err != nil {
		return fmt.Errorf("place %s: %w", p.placed.Field, err)
	}
	places, err := named(ctx, tx, p.places, in.rowIDs())
	if err == nil && len(places) > 0 {
		places, err = p.moved(ctx, tx, places)
	}
	if err == nil && len(places) > 0 {
		err = p.place(ctx, tx, clause.Of("? = ANY (?)", clause.Column("f", p.ref), places))
	}
	if err != nil {
		return fmt.Errorf("move %s: %w", p.placed.Field, err)
	}
	return nil
}

// place gives those of placed that which holds for the place of their other.
func (p placement) place(ctx context.Context, tx pgx.Tx, which clause.C) error {
	sql, args := clause.Of(`UPDATE ? t SET geom = n.geom, position_accuracy_m = n.accuracy, unit_id = n.unit, updated_at = stamped(t.updated_at)
		FROM (SELECT f.id, p.geom, p.position_accuracy_m AS accuracy, ? AS unit
			FROM ? f LEFT JOIN feature_aliases a ON a.alias = ? JOIN ? p ON p.id = coalesce(a.id, ?) WHERE ?) n
		WHERE t.id = n.id AND (t.geom, t.position_accuracy_m, t.unit_id) IS DISTINCT FROM (n.geom, n.accuracy, n.unit)`,
		clause.Name(p.placed.Table), postgis.UnitOfFeatureAt(clause.Column("p", "geom")),
		clause.Name(p.placed.Table), clause.Column("f", p.ref), clause.Name(p.places.Table), clause.Column("f", p.ref), which).SQL()
	_, err := tx.Exec(ctx, sql, args...)
	return err
}

// moved are those of some places, under all their names, at which something
// lies that isn't there. One is looked at for all: they are moved together.
func (p placement) moved(ctx context.Context, tx pgx.Tx, ids []string) (names []string, err error) {
	ref := clause.Column("f", p.ref)
	sql, args := clause.Of(`SELECT coalesce(array_agg(k.name), '{}') FROM ? p
		CROSS JOIN LATERAL (SELECT p.id AS name UNION ALL SELECT a.alias FROM feature_aliases a WHERE a.id = p.id) k
		CROSS JOIN LATERAL (SELECT f.geom, f.position_accuracy_m FROM ? f WHERE ? = k.name LIMIT 1) one
		WHERE p.id = ANY (?) AND (one.geom, one.position_accuracy_m) IS DISTINCT FROM (p.geom, p.position_accuracy_m)`,
		clause.Name(p.places.Table), clause.Name(p.placed.Table), ref, ids).SQL()
	return names, tx.QueryRow(ctx, sql, args...).Scan(&names)
}

// rowIDs are the ids of all features that are written.
func (in *Intake) rowIDs() []string {
	var ids []string
	for _, w := range in.writes {
		if w.features() {
			ids = append(ids, w.ids()...)
		}
	}
	return ids
}

// writesTo says whether rows of a layer are written.
func (in *Intake) writesTo(s *layer.System) bool {
	for _, id := range in.rowIDs() {
		if strings.HasPrefix(id, s.IDPrefix()) {
			return true
		}
	}
	return false
}
