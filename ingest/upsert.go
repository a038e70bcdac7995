package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/layer"
)

// Result counts what became of a batch.
type Result struct {
	In          int // records of the batch
	Changed     int // rows inserted or changed
	Same        int // rows that were so already
	Late        int // rows older than what is there
	Quarantined int // records that could not be understood or stored
	Gone        int // rows that the source no longer has
}

func (r *Result) add(o Result) {
	r.In += o.In
	r.Changed += o.Changed
	r.Same += o.Same
	r.Late += o.Late
	r.Quarantined += o.Quarantined
	r.Gone += o.Gone
}

// Upsert writes rows of a layer in one transaction: newer versions over older
// ones, each row's unit by the one rule of unit_of. A row that names AliasIDs
// takes over what the rows under those ids knew and it does not, with their
// series; the older ids resolve to it from then on, and records that still come
// under them are written to it.
func Upsert[T any](ctx context.Context, tx pgx.Tx, l *layer.Layer[T], rows []*T) (Result, error) {
	return upsertPart(ctx, tx, Whole(l), rows, nil)
}

// upsertPart is Upsert of the fields of one part. communes may be nil.
func upsertPart[T any](ctx context.Context, tx pgx.Tx, part *Part[T], rows []*T, communes func() (communes, error)) (Result, error) {
	if len(rows) == 0 {
		return Result{}, nil
	}
	w := writer{tx: tx, s: part.layer.System, parts: part.fields(), communes: communes}
	all := make([]layer.Row, len(rows))
	for i, row := range rows {
		all[i] = any(row).(layer.Row)
	}
	r, err := w.upsert(ctx, all)
	if err != nil {
		return Result{}, fmt.Errorf("write %s: %w", part.layer.Field, err)
	}
	r.In = len(rows)
	return r, nil
}

type writer struct {
	tx    pgx.Tx
	s     *layer.System
	parts []fields // that are written, one or several
	// communes are those of the database; nil: only itself knows them.
	communes func() (communes, error)
}

func (w writer) upsert(ctx context.Context, rows []layer.Row) (Result, error) {
	if done, err := w.straight(ctx, rows); done || err != nil {
		return Result{Changed: len(rows)}, err
	}
	columns := w.s.WriteColumns()
	stage := "stage_" + w.s.Table
	if err := w.stage(ctx, stage); err != nil {
		return Result{}, err
	}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return w.s.WriteValues(rows[i]), nil })
	if _, err := w.tx.CopyFrom(ctx, pgx.Identifier{stage}, columns, source); err != nil {
		return Result{}, fmt.Errorf("copy: %w", err)
	}
	former, err := w.former(ctx, rows)
	if err != nil {
		return Result{}, fmt.Errorf("take aliases: %w", err)
	}
	if err := w.rename(ctx, stage); err != nil {
		return Result{}, fmt.Errorf("resolve aliases: %w", err)
	}
	late, err := w.late(ctx, stage)
	if err != nil {
		return Result{}, err
	}
	changed, err := w.insert(ctx, stage, columns)
	if err != nil {
		return Result{}, err
	}
	for _, f := range former {
		if err := w.fold(ctx, f); err != nil {
			return Result{}, fmt.Errorf("merge %s into %s: %w", f.alias, f.id, err)
		}
	}
	if err := w.complete(ctx, stage); err != nil {
		return Result{}, fmt.Errorf("complete merged rows: %w", err)
	}
	return Result{Changed: changed, Late: late, Same: max(0, len(rows)-changed-late)}, nil
}

// stage makes the connection's own table for rows on their way, or empties it.
func (w writer) stage(ctx context.Context, stage string) error {
	var there bool
	if err := w.tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", "pg_temp."+stage).Scan(&there); err != nil {
		return err
	}
	if there {
		return w.exec(ctx, clause.Of("DELETE FROM ?", clause.Name(stage)))
	}
	if err := w.exec(ctx, clause.Of("CREATE TEMP TABLE ? (LIKE ? INCLUDING DEFAULTS) ON COMMIT DELETE ROWS", clause.Name(stage), clause.Name(w.s.Table))); err != nil {
		return err
	}
	return w.exec(ctx, clause.Of("ALTER TABLE ? ALTER updated_at SET DEFAULT now()", clause.Name(stage)))
}

// late counts the staged rows that are older than what is there.
func (w writer) late(ctx context.Context, stage string) (n int, err error) {
	var older []clause.C
	for _, p := range w.parts {
		older = append(older, clause.Of("? > f.version_at", p.version()))
	}
	sql, args := clause.Of("SELECT count(*) FROM ? f JOIN ? t ON t.id = f.id WHERE ?", clause.Name(stage), clause.Name(w.s.Table), clause.Join(" AND ", older...)).SQL()
	return n, w.tx.QueryRow(ctx, sql, args...).Scan(&n)
}

// version is that of the part in the row t that is there.
func (p fields) version() clause.C { return clause.Of("(t.versions->>?)::timestamptz", p.name) }

// holds says that the row t has no newer version of the part than the excluded one.
func (p fields) holds() clause.C {
	return clause.Of("(? IS NULL OR ? <= excluded.version_at)", p.version(), p.version())
}

// of is the part that owns a column; none is the zero one.
func (w writer) of(column string) fields {
	if column == "unit_id" {
		column = "geom"
	}
	for _, p := range w.parts {
		if p.owns(column) {
			return p
		}
	}
	return fields{}
}

// insert moves the newest version of each staged row into the layer: all of a
// new row, of another the columns that the parts own.
func (w writer) insert(ctx context.Context, stage string, columns []string) (int, error) {
	var names, values, sets, old, fresh []clause.C
	for _, c := range append(columns, "unit_id") {
		p := w.of(c)
		names = append(names, clause.Name(c))
		switch c {
		case "search":
			values = append(values, w.unlessKept(p, clause.Of("fold(f.search)")))
		case "unit_id":
			values = append(values, w.unlessKept(p, postgis.UnitOfFeature()))
		default:
			values = append(values, clause.Column("f", c))
		}
		if c == "id" || c == "version_at" || c == "exchange" || p.owns == nil {
			continue
		}
		value := clause.Column("excluded", c)
		if p.sparse {
			value = w.either(c, value, clause.Column("t", c))
		}
		if len(w.parts) > 1 {
			value = clause.Of("CASE WHEN ? THEN ? ELSE ? END", p.holds(), value, clause.Column("t", c))
		}
		sets = append(sets, clause.Of("? = ?", clause.Name(c), value))
		old = append(old, clause.Column("t", c))
		fresh = append(fresh, value)
	}
	var made, holds []clause.C
	versions := clause.Of("t.versions")
	for _, p := range w.parts {
		made = append(made, clause.Of("?::text, f.version_at", p.name))
		holds = append(holds, p.holds())
		versions = clause.Of("? || CASE WHEN ? THEN jsonb_build_object(?::text, excluded.versions->?) ELSE '{}' END", versions, p.holds(), p.name, p.name)
	}
	if len(w.parts) == 1 {
		versions = clause.Of("t.versions || excluded.versions")
	}
	differs := clause.Of("(?) IS DISTINCT FROM (?)", clause.Join(", ", old...), clause.Join(", ", fresh...))
	statement := clause.Of(`WITH written AS (INSERT INTO ? AS t (?, versions, updated_at)
		SELECT ?, jsonb_strip_nulls(jsonb_build_object(?)), now() FROM (SELECT DISTINCT ON (id) * FROM ? ORDER BY id, version_at DESC NULLS LAST) f
			LEFT JOIN (SELECT id AS kept_id FROM ?) kept ON kept_id = f.id
		ON CONFLICT (id) DO UPDATE SET ?, version_at = greatest(t.version_at, excluded.version_at), versions = ?,
			exchange = CASE WHEN ? THEN excluded.exchange ELSE t.exchange END, updated_at = CASE WHEN ? THEN stamped(t.updated_at) ELSE t.updated_at END
		WHERE (?) AND (? OR NOT t.versions @> excluded.versions)
		RETURNING t.updated_at >= now() AS changed)
		SELECT count(*) FROM written WHERE changed`,
		clause.Name(w.s.Table), clause.Join(", ", names...), clause.Join(", ", values...), clause.Join(", ", made...), clause.Name(stage), clause.Name(w.s.Table),
		clause.Join(", ", sets...), versions, differs, differs, clause.Join(" OR ", holds...), differs)
	sql, args := statement.SQL()
	var changed int
	return changed, w.tx.QueryRow(ctx, sql, args...).Scan(&changed)
}

// unlessKept is a value that is dear to work out, and not needed of a row that
// is there when no part that is written has it.
func (w writer) unlessKept(p fields, value clause.C) clause.C {
	if p.owns != nil {
		return value
	}
	return clause.Of("CASE WHEN kept_id IS NULL THEN ? END", value)
}

// rename gives staged rows that come under a former id the id they have now, and
// lets no staged row of a merged feature wipe out what another source knows of
// it. The label stays the one it has: the source that knows the feature by its
// older id knows less of it.
func (w writer) rename(ctx context.Context, stage string) error {
	var sets []clause.C
	for _, c := range w.s.WriteColumns() {
		switch {
		case c == "id" || w.of(c).exact:
		case c == "label" || c == "label_en" || c == "search" || w.of(c).yields:
			sets = append(sets, clause.Of("? = ?", clause.Name(c), w.either(c, clause.Column("t", c), clause.Column("f", c))))
		default:
			sets = append(sets, clause.Of("? = ?", clause.Name(c), w.either(c, clause.Column("f", c), clause.Column("t", c))))
		}
	}
	err := w.exec(ctx, clause.Of("UPDATE ? f SET id = a.id, ? FROM feature_aliases a LEFT JOIN ? t ON t.id = a.id WHERE f.id = a.alias",
		clause.Name(stage), clause.Join(", ", sets...), clause.Name(w.s.Table)))
	if err != nil {
		return err
	}
	var keeps []clause.C
	for _, c := range w.s.WriteColumns() {
		if c != "id" && !w.of(c).exact {
			keeps = append(keeps, clause.Of("? = ?", clause.Name(c), w.either(c, clause.Column("f", c), clause.Column("t", c))))
		}
	}
	return w.exec(ctx, clause.Of("UPDATE ? f SET ? FROM ? t WHERE t.id = f.id AND EXISTS (SELECT FROM feature_aliases a WHERE a.id = f.id)",
		clause.Name(stage), clause.Join(", ", keeps...), clause.Name(w.s.Table)))
}

// complete gives rows of merged features what staged rows know and they don't:
// those too old to be written, or of the same batch as a newer one.
func (w writer) complete(ctx context.Context, stage string) error {
	var sets, old, fresh []clause.C
	for _, c := range w.s.WriteColumns() {
		switch c {
		case "id", "source", "record_key", "sharing", "exchange", "search", "label", "label_en", "version_at":
			continue
		}
		if p := w.of(c); p.owns == nil || p.exact {
			continue
		}
		value := w.either(c, clause.Column("t", c), clause.Column("f", c))
		sets = append(sets, clause.Of("? = ?", clause.Name(c), value))
		old, fresh = append(old, clause.Column("t", c)), append(fresh, value)
	}
	if sets == nil {
		return nil
	}
	return w.exec(ctx, clause.Of("UPDATE ? t SET ?, updated_at = stamped(t.updated_at) FROM ? f WHERE f.id = t.id AND EXISTS (SELECT FROM feature_aliases a WHERE a.id = f.id) AND (?) IS DISTINCT FROM (?)",
		clause.Name(w.s.Table), clause.Join(", ", sets...), clause.Name(stage), clause.Join(", ", old...), clause.Join(", ", fresh...)))
}

// either is the column of the row first, or where that row doesn't know it, of
// the row then. An empty list knows nothing, nor words to search that are none.
func (w writer) either(column string, first, then clause.C) clause.C {
	if column == "search" {
		return clause.Of("coalesce(nullif(btrim(?), ''), ?)", first, then)
	}
	for _, f := range w.s.Fields {
		if f.Column == column && (f.Kind == layer.KindStrings || f.Kind == layer.KindEnums) {
			return clause.Of("coalesce(nullif(?, '{}'), ?, '{}')", first, then)
		}
	}
	return clause.Of("coalesce(?, ?)", first, then)
}

// formerRow is a row under a former id, taken out of the table, and the id it
// has now.
type formerRow struct{ alias, id string }

// former takes the rows out whose ids the staged rows claim as their own, into
// a table old_x, and remembers the aliases. The newest comes first.
func (w writer) former(ctx context.Context, rows []layer.Row) ([]formerRow, error) {
	var aliases, ids []string
	for _, row := range rows {
		b := layer.BaseOf(row)
		for _, alias := range b.AliasIDs {
			if alias != b.ID {
				aliases, ids = append(aliases, alias), append(ids, b.ID)
			}
		}
	}
	if len(aliases) == 0 {
		return nil, nil
	}
	// One that claims under a former id of its own claims for what it is now, unless
	// it claims just that back.
	pairs := clause.Of(`(SELECT DISTINCT ON (c.alias) c.alias, coalesce(a.id, c.id) AS id FROM unnest(?::text[], ?::text[]) c(alias, id)
		LEFT JOIN feature_aliases a ON a.alias = c.id AND a.id <> c.alias) k`, aliases, ids)
	old := clause.Name("old_" + w.s.Table)
	for _, statement := range []clause.C{
		clause.Of("CREATE TEMP TABLE IF NOT EXISTS ? (LIKE ?) ON COMMIT DROP", old, clause.Name(w.s.Table)),
		clause.Of("TRUNCATE ?", old),
		clause.Of("WITH gone AS (DELETE FROM ? o USING ? WHERE o.id = k.alias RETURNING o.*) INSERT INTO ? SELECT * FROM gone", clause.Name(w.s.Table), pairs, old),
		clause.Of("UPDATE feature_aliases a SET id = k.id, recorded_at = stamped(recorded_at) FROM ? WHERE a.id = k.alias AND a.id <> k.id", pairs),
		clause.Of("INSERT INTO feature_aliases (alias, id) SELECT k.alias, k.id FROM ? ON CONFLICT (alias) DO UPDATE SET id = excluded.id, recorded_at = stamped(feature_aliases.recorded_at) WHERE feature_aliases.id <> excluded.id", pairs),
		clause.Of("DELETE FROM feature_aliases WHERE alias = id"), // claimed back
	} {
		if err := w.exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	sql, args := clause.Of("SELECT o.id, k.id FROM ? o JOIN ? ON k.alias = o.id ORDER BY o.version_at DESC NULLS LAST", old, pairs).SQL()
	found, err := w.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(row pgx.CollectableRow) (f formerRow, err error) {
		return f, row.Scan(&f.alias, &f.id)
	})
}

// fold gives the row that stands what a former one knew and it does not: the
// fields of another part by which version of that is newer, else each field by
// itself, place and time by which row is newer. The former one's series
// follow; where both have a value of one moment, that of the standing row stays.
func (w writer) fold(ctx context.Context, f formerRow) error {
	others := w.parts[0].others // the parts together name no former rows
	var sets []clause.C
	for _, c := range w.s.WriteColumns() {
		if i := slices.IndexFunc(others, func(p fields) bool { return p.owns(c) }); i >= 0 {
			sets = append(sets, clause.Of("? = ?", clause.Name(c), w.newer(others[i], c)))
			continue
		}
		switch c {
		case "id", "source", "record_key", "sharing", "exchange":
		case "search":
			sets = append(sets, clause.Of("search = concat_ws(' ', f.search, o.search)"))
		case "geom", "position_accuracy_m", "observed_at":
			sets = append(sets, clause.Of("? = CASE WHEN o.version_at > f.version_at THEN coalesce(?, ?) ELSE coalesce(?, ?) END", clause.Name(c),
				clause.Column("o", c), clause.Column("f", c), clause.Column("f", c), clause.Column("o", c)))
		case "version_at":
			sets = append(sets, clause.Of("version_at = greatest(f.version_at, o.version_at)"))
		default:
			sets = append(sets, clause.Of("? = ?", clause.Name(c), w.either(c, clause.Column("f", c), clause.Column("o", c))))
		}
	}
	versions := clause.Of("o.versions || f.versions")
	for _, p := range others {
		versions = clause.Of("? || CASE WHEN ? THEN jsonb_build_object(?::text, o.versions->?) ELSE '{}' END", versions, overtakes(p), p.name, p.name)
	}
	sets = append(sets, clause.Of("versions = ?", versions))
	table := clause.Name(w.s.Table)
	statements := []clause.C{
		clause.Of("UPDATE ? f SET ?, updated_at = stamped(f.updated_at) FROM ? o WHERE f.id = ? AND o.id = ?", table, clause.Join(", ", sets...), clause.Name("old_"+w.s.Table), f.id, f.alias),
		clause.Of("UPDATE ? f SET unit_id = ? WHERE f.id = ?", table, postgis.UnitOfFeature(), f.id),
	}
	for series, same := range map[string]clause.C{"readings": clause.Of("o.at = s.at AND o.parameter = s.parameter"), "vessel_positions": clause.Of("o.at = s.at")} {
		name := clause.Name(series)
		statements = append(statements,
			clause.Of("UPDATE ? s SET feature_id = ?, recorded_at = stamped(s.recorded_at) WHERE s.feature_id = ? AND NOT EXISTS (SELECT FROM ? o WHERE o.feature_id = ? AND ?)", name, f.id, f.alias, name, f.id, same),
			clause.Of("DELETE FROM ? s WHERE s.feature_id = ?", name, f.alias))
	}
	for _, statement := range statements {
		if err := w.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// newer is a column of a part in the one of two rows f and o that has the
// newer version of it; where neither has any, in either.
func (w writer) newer(p fields, column string) clause.C {
	f, o := clause.Column("f", column), clause.Column("o", column)
	if p.sparse {
		return clause.Of("CASE WHEN ? THEN ? ELSE ? END", overtakes(p), w.either(column, o, f), w.either(column, f, o))
	}
	return clause.Of("CASE WHEN ? THEN ? WHEN f.versions->>? IS NULL THEN ? ELSE ? END", overtakes(p), o, p.name, w.either(column, f, o), f)
}

// overtakes says that the row o has a newer version of a part than the row f.
func overtakes(p fields) clause.C {
	return clause.Of("coalesce((o.versions->>?)::timestamptz, '-infinity') > coalesce((f.versions->>?)::timestamptz, '-infinity')", p.name, p.name)
}

func (w writer) exec(ctx context.Context, c clause.C) error {
	sql, args := c.SQL()
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}
