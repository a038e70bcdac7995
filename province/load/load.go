// Package load writes the simulated province straight through ingest's upsert.
//
// It is a short cut for the time before the simulated systems speak their
// standards over the wire: then the hub's own sources bring everything in and
// this package goes.
package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/ingest"
	"geohub/layer"
	"geohub/province"
	"geohub/systems"
)

// When says what to do with a database that holds something already.
type When int

// The choices.
const (
	IfEmpty  When = iota // leave it alone
	OrRefuse             // say so
)

// Keys are the demo's keys: of a citizens' app, of the fisheries agency and of
// the provincial operations centre. They are public; only a database with the
// demo in it takes them.
func Keys() []access.Key {
	return []access.Key{
		{Secret: "hub_live_citizens_demo-key-of-the-app", Name: "Ứng dụng công dân (citizens' app)", Agency: "H57.02",
			Grants: []access.Grant{{Sharing: access.Open, Personal: access.NotPersonal}}},
		{Secret: "hub_live_fishery0_demo-key-of-fisheries", Name: "Chi cục Thủy sản (fisheries agency)", Agency: "H57.12",
			Grants: []access.Grant{{Sharing: access.Shared}, {Layer: "vessels", Sharing: access.Private, Personal: access.Basic}}},
		{Secret: "hub_live_province_demo-key-of-operations", Name: "Trung tâm điều hành (operations centre)", Agency: "H57.01",
			Grants: []access.Grant{{Sharing: access.Private, Personal: access.Basic}}},
	}
}

// KeysIn are the demo's keys that a database takes.
func KeysIn(ctx context.Context, db *pgxpool.Pool) ([]access.Key, error) {
	var out []access.Key
	for _, k := range Keys() {
		var there bool
		err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM api_keys WHERE hash = $1 AND revoked_at IS NULL)", access.Hash(k.Secret)).Scan(&there)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, k)
		}
	}
	return out, nil
}

// Province loads everything in one transaction and gives the number of rows.
// progress, which may be nil, is told each step.
func Province(ctx context.Context, conn *pgx.Conn, now time.Time, when When, progress func(done, all int, what string)) (int, error) {
	var full bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM units) OR EXISTS (SELECT FROM reports)").Scan(&full); err != nil {
		return 0, err
	}
	if full {
		if when == IfEmpty {
			return 0, nil
		}
		return 0, fmt.Errorf("the database is not empty: use another (--data or HUB_DATABASE_URL)")
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx)
	l := loader{tx: tx, p: province.New(province.Seed, now)}
	steps := l.steps()
	for i, s := range steps {
		if progress != nil {
			progress(i, len(steps), s.name)
		}
		if err := s.run(ctx); err != nil {
			return 0, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if progress != nil {
		progress(len(steps), len(steps), "done")
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, err
	}
	_, err = conn.Exec(ctx, "ANALYZE")
	return l.rows, err
}

type loader struct {
	tx   pgx.Tx
	p    *province.Province
	rows int
}

type step struct {
	name string
	run  func(context.Context) error
}

func (l *loader) steps() []step {
	p := l.p
	return []step{
		{"units", l.units}, {"agencies", l.agencies}, {"keys", l.keys},
		rows(l, systems.Places, p.Places), rows(l, systems.Zones, p.Zones),
		rows(l, systems.Dams, p.Dams), rows(l, systems.Stations, p.Stations), series(l, systems.ReadingSeries, p.Readings),
		rows(l, systems.Vessels, p.Vessels), series(l, systems.PositionSeries, p.Positions),
		rows(l, systems.Offices, p.Offices), rows(l, systems.Dossiers, p.Dossiers),
		rows(l, systems.Cameras, p.Cameras), rows(l, systems.CameraEvents, p.CameraEvents),
		rows(l, systems.Billboards, p.Billboards), rows(l, systems.Articles, p.Articles),
		rows(l, systems.Alerts, p.Alerts), rows(l, systems.CardReaders, p.CardReaders),
		rows(l, systems.SecurityIncidents, p.SecurityIncidents), rows(l, systems.Reports, p.Reports),
	}
}

func rows[T any](l *loader, to *layer.Layer[T], make func() []*T) step {
	return step{to.Field, func(ctx context.Context) error {
		r, err := ingest.Upsert(ctx, l.tx, to, make())
		l.rows += r.Changed
		return err
	}}
}

func series[T any](l *loader, to *layer.Series[T], make func() []ingest.Point[T]) step {
	return step{to.Table, func(ctx context.Context) error {
		r, err := ingest.Append(ctx, l.tx, to, make())
		l.rows += r.Changed
		return err
	}}
}

func (l *loader) agencies(ctx context.Context) error {
	for _, a := range l.p.Agencies() {
		_, err := l.tx.Exec(ctx, `INSERT INTO agencies (code, name, name_en, parent_code, unit_code, services)
			VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6)`, a.Code, a.Name, a.NameEN, a.Parent, a.UnitCode, append([]string{}, a.Services...))
		if err != nil {
			return err
		}
		l.rows++
	}
	return nil
}

func (l *loader) keys(ctx context.Context) error {
	for _, k := range Keys() {
		if err := access.StoreKey(ctx, l.tx, k); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) units(ctx context.Context) error {
	r, err := province.LoadUnits(ctx, l.tx)
	l.rows += r.Changed
	return err
}
