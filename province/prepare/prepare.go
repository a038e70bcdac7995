// Package prepare sets a hub up for the demo province, as a deployment would by
// hand before its first source is read: administrative units, rivers, agencies
// and keys. What moves comes by the sources alone.
//
//	err := prepare.Hub(ctx, conn)
package prepare

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/province"
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

// Hub writes units, rivers, agencies and keys into a database that has no units, in one
// transaction; one that has is left alone.
func Hub(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM units)").Scan(&there); err != nil || there {
			return err
		}
		if _, err := province.LoadUnits(ctx, tx); err != nil {
			return fmt.Errorf("prepare units: %w", err)
		}
		if _, err := province.LoadRivers(ctx, tx); err != nil {
			return fmt.Errorf("prepare rivers: %w", err)
		}
		for _, a := range province.New(province.Seed, time.Now()).Agencies() {
			_, err := tx.Exec(ctx, `INSERT INTO agencies (code, name, name_en, parent_code, unit_code, services)
				VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6)`, a.Code, a.Name, a.NameEN, a.Parent, a.UnitCode, append([]string{}, a.Services...))
			if err != nil {
				return fmt.Errorf("prepare agency %s: %w", a.Code, err)
			}
		}
		for _, k := range Keys() {
			if err := access.StoreKey(ctx, tx, k); err != nil {
				return fmt.Errorf("prepare keys: %w", err)
			}
		}
		return nil
	})
}
