package ingest

import (
	"context"
	"errors"
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

// UnitRow is an administrative unit of one epoch, to be written. Of a unit that
// is there already, what is empty here stays as it is.
type UnitRow struct {
	Code       string
	Kind       string // PROVINCE, DISTRICT or COMMUNE
	Type       string // "phuong", "xa", "quan" …
	Name       string
	NameEN     string // empty: Name
	ParentCode string // empty: the province, if there is one only
	AreaKm2    *float64
	Population *int
	// Geom is in EPSG:4326; nil: the union of the unit's children.
	Geom orb.MultiPolygon
	// Approximate says that Geom is a sketch and no boundary.
	Approximate bool
}

// UnitPair says that OldCode went into NewCode, Whole: all of it.
type UnitPair struct {
	OldCode, NewCode string
	Whole            bool
}

// Imported counts what an import did.
type Imported struct {
	Result       // units
	Closed   int // units of former epochs that ended with it
	Features int // features that now lie in another unit
}

// minCover is the least share of the former units' area that a new epoch covers.
const minCover = 0.5

// Units writes the units that stand since from and until the day before to (nil:
// they still stand). Invalid polygons of fewer than postgis.MaxMended vertices
// are mended, larger ones refused with BAD_GEOMETRY: all rows are written or
// none. Units of any epoch that were given no polygon, or a sketch, get the
// union of their children's.
func Units(ctx context.Context, tx pgx.Tx, from geo.Date, to *geo.Date, units []UnitRow) (Result, error) {
	changed, err := unitWriter{transaction{tx}}.write(ctx, from, to, units)
	if err != nil {
		return Result{}, fmt.Errorf("write units since %s: %w", from, err)
	}
	return Result{In: len(units), Changed: changed}, nil
}

// Crosswalk writes which units of the epoch that began on before went into which
// of the one that began on after. A pair that names an unknown unit is NotFound.
func Crosswalk(ctx context.Context, tx pgx.Tx, before, after geo.Date, pairs []UnitPair) error {
	olds, news, wholes := make([]string, len(pairs)), make([]string, len(pairs)), make([]bool, len(pairs))
	for i, p := range pairs {
		olds[i], news[i], wholes[i] = p.OldCode, p.NewCode, p.Whole
	}
	w := unitWriter{transaction{tx}}
	named := clause.Of(`unnest(?::text[], ?::text[], ?::bool[]) p(old_code, new_code, whole)
		LEFT JOIN units o ON o.code = p.old_code AND o.valid_from = ?
		LEFT JOIN units n ON n.code = p.new_code AND n.valid_from = ?`, olds, news, wholes, before, after)
	var oldCode, newCode string
	err := w.row(ctx, clause.Of("SELECT p.old_code, p.new_code FROM ? WHERE o.id IS NULL OR n.id IS NULL LIMIT 1", named), &oldCode, &newCode)
	if err == nil {
		return fault.NotFound("crosswalk: there is no unit %s since %s or no unit %s since %s", oldCode, before, newCode, after)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = w.exec(ctx, clause.Of(`INSERT INTO unit_crosswalk (old_id, new_id, whole) SELECT o.id, n.id, p.whole FROM ?
			ON CONFLICT (old_id, new_id) DO UPDATE SET whole = excluded.whole`, named))
	}
	if err != nil {
		return fmt.Errorf("write crosswalk: %w", err)
	}
	return nil
}

// AssignUnits gives every feature of some layers the unit it lay in on the day
// of its observation, or lies in today, by the one rule of unit_of. It returns
// how many changed.
func AssignUnits(ctx context.Context, tx pgx.Tx, systems []*layer.System) (int, error) {
	changed := 0
	for _, s := range systems {
		n, err := unitWriter{transaction{tx}}.exec(ctx, clause.Of(`
			WITH found AS MATERIALIZED (SELECT f.id, ? AS unit_id FROM ? f)
			UPDATE ? t SET unit_id = found.unit_id, updated_at = stamped(t.updated_at)
			FROM found WHERE found.id = t.id AND found.unit_id IS DISTINCT FROM t.unit_id`,
			postgis.UnitOfFeature(), clause.Name(s.Table), clause.Name(s.Table)))
		if err != nil {
			return 0, fmt.Errorf("assign units to %s: %w", s.Field, err)
		}
		changed += n
	}
	return changed, nil
}

// Import reads the official units of an epoch from a file (see [ReadUnits]) and
// writes them in one transaction.
//
// Rows that begin on from already are updated in place, so that features and
// crosswalk keep them. Otherwise the file is a new epoch: it must hold all units
// of its kinds, since those that stood until then end with it; the crosswalk
// between the two is taken from how the polygons overlap. In the end each
// feature gets its unit anew.
func Import(ctx context.Context, db interface {
	Begin(context.Context) (pgx.Tx, error)
}, path string, from geo.Date, systems []*layer.System) (Imported, error) {
	units, err := ReadUnits(ctx, path, ReadOptions{})
	if err != nil {
		return Imported{}, err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return Imported{}, fmt.Errorf("begin: %w", err)
	}
	// Whatever ends it, ctx included, the transaction is over.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	out := Imported{}
	byKind := map[string][]UnitRow{}
	for _, u := range units {
		byKind[u.Kind] = append(byKind[u.Kind], u)
	}
	for _, kind := range []string{"PROVINCE", "DISTRICT", "COMMUNE"} {
		if err := (unitWriter{transaction{tx}}).epoch(ctx, kind, from, byKind[kind], &out); err != nil {
			return Imported{}, err
		}
	}
	if out.Features, err = AssignUnits(ctx, tx, systems); err != nil {
		return Imported{}, err
	}
	if err := tx.Commit(ctx); err != nil {
		return Imported{}, fmt.Errorf("commit: %w", err)
	}
	return out, nil
}

type unitWriter struct{ transaction }

// epoch writes all units of one kind, between the epochs that are there.
func (w unitWriter) epoch(ctx context.Context, kind string, from geo.Date, units []UnitRow, out *Imported) error {
	if len(units) == 0 {
		return nil
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	var to *geo.Date
	err := w.row(ctx, clause.Of("SELECT min(valid_from) FROM units WHERE kind = ? AND valid_from > ?", kind, from), &to)
	if err != nil {
		return err
	}
	var former []int32
	err = w.row(ctx, clause.Of(`SELECT coalesce(array_agg(id), '{}') FROM units
		WHERE kind = ? AND valid_from < ? AND (valid_to IS NULL OR valid_to > ?)`, kind, from, from), &former)
	if err != nil {
		return err
	}
	if _, err := w.exec(ctx, clause.Of("UPDATE units SET valid_to = ? WHERE id = ANY (?)", from, former)); err != nil {
		return err
	}
	r, err := Units(ctx, w.Tx, from, to, units)
	if err != nil {
		return err
	}
	out.In += r.In
	out.Changed += r.Changed
	out.Closed += len(former)
	return w.succeed(ctx, kind, from, former)
}

// succeed links former units to those of the same kind that began when they
// ended, where more than a sliver overlaps.
func (w unitWriter) succeed(ctx context.Context, kind string, from geo.Date, former []int32) error {
	var before, after *float64
	err := w.row(ctx, clause.Of("SELECT (SELECT ? FROM units f WHERE f.id = ANY (?)), (SELECT ? FROM units f WHERE f.kind = ? AND f.valid_from = ?)",
		postgis.AreaKm2(), former, postgis.AreaKm2(), kind, from), &before, &after)
	if err != nil {
		return err
	}
	if before != nil && after != nil && *after < minCover**before {
		return fault.Invalid("BAD_INPUT", "the file would replace the %d units of kind %s that stood until %s, but covers %.0f km² of their %.0f km²: give all units of the new epoch in one file",
			len(former), kind, from, *after, *before)
	}
	_, err = w.exec(ctx, clause.Of(`INSERT INTO unit_crosswalk (old_id, new_id, whole)
		SELECT old_id, new_id, share > 0.999 FROM (
			SELECT o.id AS old_id, n.id AS new_id, ? AS share FROM units o JOIN units n ON ?
			WHERE o.id = ANY (?) AND n.kind = ? AND n.valid_from = ?) x
		WHERE share > 0.001 ON CONFLICT DO NOTHING`, postgis.ShareOf(), postgis.Meet(), former, kind, from))
	return err
}

func (w unitWriter) write(ctx context.Context, from geo.Date, to *geo.Date, units []UnitRow) (int, error) {
	if to != nil && !from.Before(*to) {
		return 0, fault.Invalid("BAD_INPUT", "units that began on %s can't have ended before %s", from, to)
	}
	units, err := w.mended(ctx, units)
	if err != nil {
		return 0, err
	}
	if err := w.lock(ctx); err != nil {
		return 0, err
	}
	joined, err := w.joined(ctx, from, units)
	if err != nil {
		return 0, err
	}
	changed, err := w.upsert(ctx, from, to, units)
	if err != nil {
		return 0, err
	}
	return changed, w.join(ctx, joined)
}

// lock keeps other writers of units out until the transaction ends.
func (w unitWriter) lock(ctx context.Context) error {
	_, err := w.exec(ctx, clause.Of("LOCK TABLE units IN SHARE ROW EXCLUSIVE MODE"))
	return err
}

func (w unitWriter) upsert(ctx context.Context, from geo.Date, to *geo.Date, units []UnitRow) (int, error) {
	for _, statement := range []clause.C{
		clause.Of("CREATE TEMP TABLE IF NOT EXISTS stage_units (LIKE units) ON COMMIT DROP"),
		clause.Of("ALTER TABLE stage_units ALTER id DROP NOT NULL, ALTER name_en DROP NOT NULL"),
		clause.Of("TRUNCATE stage_units"),
	} {
		if _, err := w.exec(ctx, statement); err != nil {
			return 0, err
		}
	}
	columns := []string{"code", "valid_from", "valid_to", "kind", "type", "name", "name_en", "parent_code", "area_km2", "population", "geom", "approximate"}
	source := pgx.CopyFromSlice(len(units), func(i int) ([]any, error) {
		u := units[i]
		var g orb.Geometry
		if u.Geom != nil {
			g = u.Geom
		}
		return []any{u.Code, from, to, u.Kind, given(u.Type), u.Name, given(u.NameEN), given(u.ParentCode), u.AreaKm2, u.Population,
			postgis.Shape{Geometry: g, SRID: 4326}, u.Approximate}, nil
	})
	if _, err := w.CopyFrom(ctx, pgx.Identifier{"stage_units"}, columns, source); err != nil {
		return 0, fmt.Errorf("copy: %w", err)
	}
	return w.exec(ctx, clause.Of(`
		INSERT INTO units AS t (code, valid_from, valid_to, kind, type, name, name_en, parent_code, area_km2, population, geom, approximate)
		SELECT s.code, s.valid_from, s.valid_to, s.kind, coalesce(s.type, o.type), normalize(s.name, NFC), coalesce(normalize(s.name_en, NFC), o.name_en, normalize(s.name, NFC)),
			coalesce(s.parent_code, o.parent_code, CASE WHEN s.kind <> 'PROVINCE' THEN (SELECT min(p.code) FROM (SELECT code FROM stage_units WHERE kind = 'PROVINCE'
				UNION SELECT code FROM units WHERE kind = 'PROVINCE' AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)) p HAVING count(*) = 1) END),
			coalesce(s.area_km2, o.area_km2), coalesce(s.population, o.population), coalesce(s.geom, o.geom),
			CASE WHEN s.geom IS NULL AND o.geom IS NOT NULL THEN o.approximate ELSE s.approximate END
		FROM stage_units s LEFT JOIN units o ON o.code = s.code AND o.valid_from = s.valid_from ORDER BY s.code
		ON CONFLICT (code, valid_from) DO UPDATE SET valid_to = excluded.valid_to, kind = excluded.kind, type = excluded.type, name = excluded.name,
			name_en = excluded.name_en, parent_code = excluded.parent_code, area_km2 = excluded.area_km2, population = excluded.population,
			geom = excluded.geom, approximate = excluded.approximate
		WHERE (t.valid_to, t.kind, t.type, t.name, t.name_en, t.parent_code, t.area_km2, t.population, t.geom, t.approximate) IS DISTINCT FROM
			(excluded.valid_to, excluded.kind, excluded.type, excluded.name, excluded.name_en, excluded.parent_code, excluded.area_km2, excluded.population, excluded.geom, excluded.approximate)`, from, from))
}

// unions gives each unit of a kind all of whose children have a polygon, with
// the union of these. The children are those of its last day.
func unions(kind string) clause.C {
	return clause.Of(`SELECT p.id, ? AS geom, bool_or(c.approximate) AS approximate
		FROM units p JOIN units c ON c.parent_code = p.code
			AND c.valid_from < coalesce(p.valid_to, 'infinity') AND coalesce(c.valid_to, 'infinity') >= coalesce(p.valid_to, 'infinity')
		WHERE p.kind = ? GROUP BY p.id HAVING bool_and(c.geom IS NOT NULL)`, postgis.UnionOfParts(), kind)
}

// joined are the units whose polygon is the union of their children's and may
// go on being so: those that units, since from, give another one are left out.
func (w unitWriter) joined(ctx context.Context, from geo.Date, units []UnitRow) ([]int32, error) {
	var own []string
	for _, u := range units {
		if u.Geom != nil {
			own = append(own, u.Code)
		}
	}
	ids := []int32{}
	err := w.row(ctx, clause.Of(`SELECT coalesce(array_agg(u.id), '{}') FROM units u JOIN (? UNION ALL ?) n ON n.id = u.id
		WHERE u.geom = n.geom AND NOT (u.valid_from = ? AND u.code = ANY (coalesce(?::text[], '{}')))`,
		unions("DISTRICT"), unions("PROVINCE"), from, own), &ids)
	return ids, err
}

// join gives units their children's union: districts first, of which a province
// may consist.
func (w unitWriter) join(ctx context.Context, joined []int32) error {
	for _, kind := range []string{"DISTRICT", "PROVINCE"} {
		_, err := w.exec(ctx, clause.Of(`UPDATE units u SET geom = n.geom, approximate = n.approximate FROM (?) n
			WHERE n.id = u.id AND (u.geom IS NULL OR u.approximate OR u.id = ANY (?)) AND (u.geom IS DISTINCT FROM n.geom OR u.approximate <> n.approximate)`,
			unions(kind), joined))
		if err != nil {
			return fmt.Errorf("join the polygons of each %s: %w", strings.ToLower(kind), err)
		}
	}
	return nil
}

// mended checks rows and gives them with every polygon valid.
func (w unitWriter) mended(ctx context.Context, units []UnitRow) ([]UnitRow, error) {
	out := make([]UnitRow, len(units))
	seen := map[string]bool{}
	for i, u := range units {
		if u.Code == "" || u.Name == "" {
			return nil, fault.Invalid("BAD_INPUT", "unit %d, %s: it has no code or no name", i+1, u)
		}
		if seen[u.Code] {
			return nil, fault.Invalid("BAD_INPUT", "unit %s: its code is there twice", u)
		}
		seen[u.Code] = true
		mendable, err := u.check()
		if mendable {
			if u.Geom, err = w.mend(ctx, u.Geom); err == nil {
				_, err = u.check()
			}
		}
		if err != nil {
			return nil, fmt.Errorf("unit %s: %w", u, err)
		}
		out[i] = u
	}
	return out, nil
}

func (w unitWriter) mend(ctx context.Context, g orb.MultiPolygon) (out orb.MultiPolygon, err error) {
	err = w.row(ctx, clause.Of("SELECT ?", postgis.Mended(g)), &out)
	return out, err
}

// check tells what is wrong with the unit's polygon and whether it can be mended.
func (u UnitRow) check() (mendable bool, err error) {
	if u.Geom == nil {
		return false, nil
	}
	if _, err = (&geo.Geometry{Shape: u.Geom}).LonLat(); err == nil {
		return false, nil
	}
	f := fault.Of(err)
	_, topology := f.Details["point"]
	vertices := 0
	for _, polygon := range u.Geom {
		for _, ring := range polygon {
			vertices += len(ring)
			// PostGIS can't even read a ring that is not closed.
			topology = topology && len(ring) > 3 && ring[0] == ring[len(ring)-1]
		}
	}
	return topology && vertices < postgis.MaxMended, err
}

// String names the unit in errors.
func (u UnitRow) String() string { return strings.TrimSpace(u.Code + " " + u.Name) }

// given is nil for what is empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
