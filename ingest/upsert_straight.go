package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/layer"
)

// straightFrom is how many rows it takes for a look whether all are new to pay.
const straightFrom = 100

// straight copies rows into a layer's table when not one of them, under any
// name, is there yet, as in the first read of an archive. It costs half of what
// going by a stage does. Otherwise it has done nothing.
func (w writer) straight(ctx context.Context, rows []layer.Row) (done bool, err error) {
	if len(rows) < straightFrom {
		return false, nil
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		b := layer.BaseOf(row)
		if ids[i] = b.ID; len(b.AliasIDs) > 0 {
			return false, nil
		}
	}
	// In one order, as by a stage: two that write the same rows at the same time
	// don't wait for each other.
	rows = slices.SortedFunc(slices.Values(rows), func(a, b layer.Row) int { return cmp.Compare(layer.BaseOf(a).ID, layer.BaseOf(b).ID) })
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) < len(ids) {
		return false, nil
	}
	var some bool
	var now time.Time
	sql, args := clause.Of("SELECT EXISTS (SELECT FROM ? t WHERE t.id = ANY (?)) OR EXISTS (SELECT FROM feature_aliases a WHERE a.alias = ANY (?)), now()",
		clause.Name(w.s.Table), ids, ids).SQL()
	if err := w.tx.QueryRow(ctx, sql, args...).Scan(&some, &now); err != nil || some {
		return false, err
	}
	columns := w.s.WriteColumns()
	values := make([][]any, len(rows))
	for i, row := range rows {
		values[i] = w.s.WriteValues(row)
	}
	if values, err = w.completed(ctx, columns, values, now); err != nil {
		return false, err
	}
	columns = append(columns, "unit_id", "versions", "updated_at")
	err = pgx.BeginFunc(ctx, w.tx, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{w.s.Table}, columns, pgx.CopyFromRows(values))
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return false, nil // somebody else has written one meanwhile
	}
	return err == nil, err
}

// completed gives each row's values what the hub fills in by itself: the words
// to search folded, and behind all its unit, its parts' versions and the time.
func (w writer) completed(ctx context.Context, columns []string, rows [][]any, now time.Time) ([][]any, error) {
	column := func(name string) int { return slices.Index(columns, name) }
	geom, observed, version, search := column("geom"), column("observed_at"), column("version_at"), column("search")
	var known communes
	if w.communes != nil {
		var err error
		if known, err = w.communes(); err != nil {
			return nil, err
		}
	}
	// What remains for the database to say.
	shapes := make([]postgis.Shape, len(rows))
	days, versions, words := make([]*time.Time, len(rows)), make([]*time.Time, len(rows)), make([]*string, len(rows))
	units := make([]*int32, len(rows))
	for i, row := range rows {
		shape := row[geom].(postgis.Shape)
		days[i], versions[i] = row[observed].(*time.Time), row[version].(*time.Time)
		day := geo.DateOf(now)
		if days[i] != nil {
			day = geo.DateOf(*days[i])
		}
		var sure bool
		if p, ok := shape.Geometry.(orb.Point); ok && known != nil {
			units[i], sure = known.at(p, day)
		}
		if !sure {
			shapes[i] = shape
		}
		if text := row[search].(*string); text == nil {
			continue
		} else if folded, ok := folded(*text); ok {
			row[search] = &folded
		} else {
			words[i] = text
		}
	}
	var made []clause.C
	for _, p := range w.parts {
		made = append(made, clause.Of("?::text, f.version_at", p.name))
	}
	sql, args := clause.Of(`SELECT CASE WHEN f.geom IS NOT NULL THEN (?) END, jsonb_strip_nulls(jsonb_build_object(?))::text, fold(f.search)
		FROM (SELECT f.*, ? AS day FROM unnest(?::geometry[], ?::timestamptz[], ?::timestamptz[], ?::text[])
			WITH ORDINALITY f(geom, observed_at, version_at, search, n) OFFSET 0) f ORDER BY f.n`,
		postgis.CommuneOn(clause.Of("f.day")), clause.Join(", ", made...), postgis.DayOfFeature(), shapes, days, versions, words).SQL()
	found, err := w.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	i := 0
	var unit *int32
	var parts string
	var text *string
	_, err = pgx.ForEachRow(found, []any{&unit, &parts, &text}, func() error {
		if unit == nil {
			unit = units[i]
		}
		if text != nil {
			rows[i][search] = text
		}
		rows[i] = append(rows[i], unit, parts, now)
		i++
		return nil
	})
	return rows, err
}
