package ingest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

// What a mapping may ask of what is there already. An error of these is the
// database's, not the record's: hand it on, and the read stops.

// Places are the units and places that a text names.
func (in *Intake) Places(text string) ([]Toponym, error) {
	if in.gazetteer == nil {
		return nil, nil
	}
	g, err := in.gazetteer()
	if err != nil {
		return nil, unasked("read the names of places", err)
	}
	return g.Find(text), nil
}

// UnitsArea is the area of the units of today that have these codes; nil when
// there is none.
func (in *Intake) UnitsArea(codes []string) (orb.Geometry, error) {
	if in.ask == nil || len(codes) == 0 || slices.ContainsFunc(codes, func(c string) bool { return c != clean(c) }) {
		return nil, nil
	}
	var area orb.Geometry
	err := in.ask(clause.Of("SELECT ? FROM units f WHERE f.valid_to IS NULL AND f.code = ANY (?)", postgis.JoinedRows(), codes), &area)
	if err != nil {
		return nil, unasked("join units", err)
	}
	return area, nil
}

// Joined is the union of valid polygons that may overlap.
func (in *Intake) Joined(polygons orb.MultiPolygon) (orb.Geometry, error) {
	if in.ask == nil {
		return polygons, nil
	}
	var area orb.Geometry
	if err := in.ask(clause.Of("SELECT ?", postgis.Joined(polygons)), &area); err != nil {
		return nil, unasked("join polygons", err)
	}
	return area, nil
}

// Known is the id and the source of the row whose field, by its GraphQL name,
// has a value; both are empty when there is none. "id" and former ids count as
// a field as well. Rows of the same batch are not yet there.
func (in *Intake) Known(s *layer.System, field, value string) (id, source string, err error) {
	if in.ask == nil || value == "" || value != clean(value) {
		return "", "", nil
	}
	where := clause.Of("f.id = coalesce((SELECT a.id FROM feature_aliases a WHERE a.alias = ?), ?)", value, value)
	if field != "id" {
		where = clause.Of("? = ?", clause.Column("f", s.ColumnsOf(field)[0]), value)
	}
	err = in.ask(clause.Of("SELECT f.id, f.source FROM ? f WHERE ? ORDER BY f.id LIMIT 1", clause.Name(s.Table), where), &id, &source)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", unasked("look for "+s.Field, err)
	}
	return id, source, nil
}

func unasked(what string, err error) error {
	return fault.Unavailable("UNAVAILABLE", "%s: %v", what, err).Because(err)
}

// isUnasked says that a mapping could not ask what it had to.
func isUnasked(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Kind == fault.KindUnavailable
}

// lookups lets an intake ask inside a transaction.
func (r *Runner) lookups(ctx context.Context, tx pgx.Tx, in *Intake) {
	in.ask = func(c clause.C, dest ...any) error {
		sql, args := c.SQL()
		return tx.QueryRow(ctx, sql, args...).Scan(dest...)
	}
	in.gazetteer = func() (*Gazetteer, error) { return r.names.of(ctx, tx, r.Clock()) }
	in.communes = func() (communes, error) { return r.communes.of(ctx, tx) }
}

// namesKept is how long the gazetteer is taken as it was read.
const namesKept = 5 * time.Minute

// names is the gazetteer of the database, read when it is asked for.
type names struct {
	mu   sync.Mutex
	read time.Time
	g    *Gazetteer
}

func (n *names) of(ctx context.Context, tx pgx.Tx, now time.Time) (*Gazetteer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.g != nil && now.Sub(n.read).Abs() < namesKept {
		return n.g, nil
	}
	all, err := toponyms(ctx, tx)
	if err != nil {
		return nil, err
	}
	if n.g, n.read = NewGazetteer(all), now; len(all) == 0 {
		n.read = time.Time{} // the units are still to come
	}
	return n.g, nil
}

// toponyms are the names of all communes and districts, of today and before,
// and of all places. The province's own names are left out: everything here
// lies in it.
func toponyms(ctx context.Context, tx pgx.Tx) ([]Toponym, error) {
	sql, args := clause.Of(`WITH u AS (SELECT code, kind, valid_to, geom,
			(regexp_match(name, '^(Phường|Xã|Thị trấn|Huyện|Thị xã|Quận|Thành phố|Tỉnh) (.+)$'))[1] AS type,
			coalesce((regexp_match(name, '^(Phường|Xã|Thị trấn|Huyện|Thị xã|Quận|Thành phố|Tỉnh) (.+)$'))[2], name) AS name FROM units)
		SELECT f.name, coalesce(lower(f.type), ''), f.code, f.valid_to IS NULL, ?, ? FROM u f
		WHERE f.kind <> 'PROVINCE' AND f.geom IS NOT NULL AND f.name NOT IN (SELECT p.name FROM u p WHERE p.kind = 'PROVINCE')
		UNION ALL SELECT f.label, '', '', true, ?, coalesce(f.position_accuracy_m, 300) FROM places f WHERE f.geom IS NOT NULL AND f.label IS NOT NULL
			AND f.sharing = 0 LIMIT 100000`,
		postgis.PointOn(), postgis.ReachM(), postgis.PointOn()).SQL()
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Toponym, err error) {
		var at orb.Geometry
		if err := row.Scan(&t.Name, &t.Kind, &t.Unit, &t.Now, &at, &t.AccuracyM); err != nil {
			return t, err
		}
		t.At, _ = at.(orb.Point)
		return t, nil
	})
}

// Written is the first row of a part among those of the same batch that fits;
// nil when there is none.
func Written[T any](in *Intake, part *Part[T], fits func(*T) bool) *T {
	i, ok := in.by[part]
	if !ok {
		return nil
	}
	for _, row := range in.writes[i].(*rowsWrite[T]).rows {
		if fits(row) {
			return row
		}
	}
	return nil
}
