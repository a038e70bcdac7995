package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

// putTable is [Put] for a row whose layer and part are known only now: the part
// is the source's, of the columns that its map gives.
func putTable(in *Intake, s *layer.System, row tableRow) {
	key := tableKey{s, strings.Join(sortedKeys(row.given), " ")}
	w := writeOf(in, key, func() *tableWrite {
		return &tableWrite{s: s, name: in.Source.Name, columns: row.given, at: map[string]int{}}
	})
	b := layer.BaseOf(row.row)
	b.Source, b.Exchange = in.Source.Name, in.Exchange
	if b.AgencyCode == "" {
		b.AgencyCode = in.Source.Agency
	}
	if b.VersionAt == nil {
		b.VersionAt = b.ObservedAt
	}
	if b.VersionAt == nil {
		b.VersionAt = &in.ReadAt
	}
	if b.ObservedAt != nil {
		in.saw(*b.ObservedAt)
	}
	i, known := w.at[b.ID]
	if !known {
		w.at[b.ID] = len(w.rows)
		w.rows = append(w.rows, row)
		in.undo = append(in.undo, func() { delete(w.at, b.ID); w.rows = w.rows[:len(w.rows)-1] })
		return
	}
	if before := w.rows[i]; !layer.BaseOf(before.row).VersionAt.After(*b.VersionAt) {
		w.rows[i] = row
		in.undo = append(in.undo, func() { w.rows[i] = before })
	}
}

type tableKey struct {
	s       *layer.System
	columns string
}

// tableWrite is rows of a layer with the same columns.
type tableWrite struct {
	s       *layer.System
	name    string
	columns map[string]bool
	rows    []tableRow
	at      map[string]int
}

func (w *tableWrite) run(ctx context.Context, tx pgx.Tx) (Result, error) {
	rows := make([]layer.Row, len(w.rows))
	for i, r := range w.rows {
		rows[i] = r.row
		if !r.place.mend {
			continue
		}
		b := layer.BaseOf(r.row)
		mended, err := mend(ctx, tx, r.place.geom)
		if err != nil {
			return Result{}, err
		}
		b.Geom = mended
	}
	out := writer{tx: tx, s: w.s, parts: []fields{{name: w.name, owns: func(c string) bool { return w.columns[c] }, exact: true}}}
	result, err := out.upsert(ctx, rows)
	if err != nil {
		return Result{}, fmt.Errorf("write %s: %w", w.s.Field, err)
	}
	result.In = len(rows)
	return result, nil
}

// mend makes small polygons valid, or refuses them.
func mend(ctx context.Context, tx pgx.Tx, g orb.Geometry) (orb.Geometry, error) {
	var mended orb.Geometry
	sql, args := clause.Of("SELECT ?", postgis.Mended(g)).SQL()
	if err := tx.QueryRow(ctx, sql, args...).Scan(&mended); err != nil {
		return nil, err
	}
	if many, ok := mended.(orb.MultiPolygon); ok && len(many) == 1 {
		mended = many[0]
	}
	if many, ok := mended.(orb.MultiPolygon); ok && len(many) == 0 {
		return nil, fault.Invalid("BAD_GEOMETRY", "geometry: nothing is left of it once it is mended")
	}
	return mended, geo.Check(mended)
}

func (w *tableWrite) features() bool { return true }

func (w *tableWrite) ids() []string {
	ids := make([]string, len(w.rows))
	for i, r := range w.rows {
		ids[i] = layer.BaseOf(r.row).ID
	}
	return ids
}
