package layer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"geohub/access"
	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/loaders"
)

// Querier is what a reader needs of a database: a pool, a connection or a
// transaction of pgx.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Selection is what an operation selects: field names by GraphQL type, with
// those asked of the interface under "Feature". nil selects everything.
type Selection map[string]map[string]bool

// Wants says whether the operation selects a field of a layer's type.
func (s Selection) Wants(typ, field string) bool {
	return s == nil || s[typ][field] || s["Feature"][field] || s[typ]["*"] || s["Feature"]["*"]
}

// Reader answers one operation for one viewer at one moment. It is safe for
// concurrent use; make a new one for each operation.
type Reader struct {
	catalog *Catalog
	db      Querier
	viewer  access.Viewer
	now     time.Time
	wants   Selection

	units    *loaders.Loader[int32, *Unit]
	unitKeys *loaders.Loader[unitKey, *Unit]
	agencies *loaders.Loader[string, *Agency]
	aliases  *loaders.Loader[string, []string]
	features map[*System]*loaders.Loader[string, Row]

	mu      sync.Mutex
	masks   map[*System][]string
	loaders map[string]any // further loaders by name, see loaderOf
	// connections are those asked for by several rows, see once.
	connections map[string]*FeatureConnection

	grounds  *grounds
	snapshot *snapshot
	guest    bool // the snapshot is another reader's

	asOf clause.C              // the moment whose knowledge is read; empty: what is known now
	past map[time.Time]*Reader // readers of moments, by them
}

// Read starts an operation.
func (c *Catalog) Read(db Querier, viewer access.Viewer, now time.Time, wants Selection) *Reader {
	r := &Reader{catalog: c, db: db, viewer: viewer, now: now, wants: wants,
		features: map[*System]*loaders.Loader[string, Row]{}, masks: map[*System][]string{}, loaders: map[string]any{}, connections: map[string]*FeatureConnection{}, grounds: &grounds{}, snapshot: &snapshot{}, past: map[time.Time]*Reader{}}
	r.units = loaders.New(r.fetchUnits)
	r.unitKeys = loaders.New(r.fetchUnitKeys)
	r.agencies = loaders.New(r.fetchAgencies)
	r.aliases = loaders.New(r.fetchAliases)
	return r
}

// rows is the loader of a layer's rows, made when first asked for.
func (r *Reader) rows(s *System) *loaders.Loader[string, Row] {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.features[s]
	if l == nil {
		l = loaders.New(func(ctx context.Context, ids []string) (map[string]Row, error) { return r.fetchFeatures(ctx, s, ids) })
		r.features[s] = l
	}
	return l
}

// loaderOf gives the operation's loader of a name, made when first asked for.
func loaderOf[K comparable, V any](r *Reader, name string, fetch func(context.Context, []K) (map[K]V, error)) *loaders.Loader[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.loaders[name].(*loaders.Loader[K, V])
	if !ok {
		l = loaders.New(fetch)
		r.loaders[name] = l
	}
	return l
}

// once asks for a connection once an operation, however many rows lead to it.
func (r *Reader) once(key string, ask func() (*FeatureConnection, error)) (*FeatureConnection, error) {
	r.mu.Lock()
	c, known := r.connections[key]
	r.mu.Unlock()
	if known {
		return c, nil
	}
	c, err := ask()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, known := r.connections[key]; known {
		return first, nil
	}
	r.connections[key] = c
	return c, nil
}

// policy is the condition on rows f of s that the viewer may see. The layer's
// class is the least that a row has: a row written as more open opens nothing.
func (r *Reader) policy(s *System) clause.C {
	if !r.SeesRows(s) {
		return clause.Of("FALSE")
	}
	return access.Rows(r.viewer, s.Field)
}

// sees says whether the viewer may see a field of a layer.
func (r *Reader) sees(s *System, field string) bool {
	return r.viewer.Sees(s.Field, r.catalog.info[s].class(field))
}

func (r *Reader) maySee(s *System, field string) error {
	if !r.sees(s, field) {
		return fault.Denied("%s of %s is not for this viewer", field, s.Field)
	}
	return nil
}

// masked names the fields of a layer withheld from the viewer.
func (r *Reader) masked(s *System) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, known := r.masks[s]
	if !known {
		names = []string{}
		for _, f := range r.catalog.info[s].Fields {
			if !r.sees(s, f.Name) {
				names = append(names, f.Name)
			}
		}
		r.masks[s] = names
	}
	return names
}

// query runs a statement and hands each row to scan. Options are further ones of
// pgx.
func (r *Reader) query(ctx context.Context, what string, c clause.C, scan func(pgx.Rows) error, options ...any) error {
	if err := r.remembers(ctx, c); err != nil {
		return err
	}
	sql, args := c.SQL()
	return r.run(ctx, what, sql, append(options, args...), scan)
}

// cheapest is the statement that the planner thinks the least costly of some that
// say the same.
func (r *Reader) cheapest(ctx context.Context, ways []clause.C) (clause.C, error) {
	best := math.Inf(1)
	var out clause.C
	for _, way := range ways {
		if len(ways) == 1 {
			return way, nil
		}
		var plans []struct {
			Plan struct {
				Cost float64 `json:"Total Cost"`
			}
		}
		err := r.query(ctx, "plan", clause.Of("EXPLAIN (FORMAT JSON) ?", way), func(rows pgx.Rows) error { return rows.Scan(&plans) })
		if err != nil {
			return out, err
		}
		if cost := plans[0].Plan.Cost; cost < best {
			best, out = cost, way
		}
	}
	return out, nil
}

// queryBinary is query with the values as they came, all in binary.
func (r *Reader) queryBinary(ctx context.Context, what string, c clause.C, each func([][]byte) error, options ...any) error {
	if err := r.remembers(ctx, c); err != nil {
		return err
	}
	sql, args := c.SQL()
	args = append(append(options, pgx.QueryResultFormats{pgx.BinaryFormatCode}), args...)
	return r.run(ctx, what, sql, args, func(rows pgx.Rows) error { return each(rows.RawValues()) })
}

func (r *Reader) run(ctx context.Context, what, sql string, args []any, each func(pgx.Rows) error) error {
	given, err := r.attempt(ctx, sql, args, each)
	if !given && lingers(err) {
		if _, again := r.attempt(ctx, sql, args, each); again == nil {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, translate(err))
	}
	return nil
}

// attempt runs a statement; given says that a row came.
func (r *Reader) attempt(ctx context.Context, sql string, args []any, each func(pgx.Rows) error) (given bool, err error) {
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	err = r.snapshot.on(ctx, r.db, func(db Querier) error {
		rows, err := db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			given = true
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return given, err
}

// lingers says whether an error may be of another statement: PROJ keeps one
// error for all transformations of a session, and PostGIS finds one that an
// earlier step left there after a transformation that went well. Finding it
// clears it.
func lingers(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "XX000" && strings.HasPrefix(pg.Message, "transform: ")
}

// Spared is ctx for asking again, in another way, what the database could not
// answer, because it took too long or can't be reached: it is not asked, and each
// statement fails of that at once. After any other error it is ctx as it was.
func Spared(ctx context.Context, err error) context.Context {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.KindUnavailable {
		return ctx
	}
	spared, cancel := context.WithCancelCause(ctx)
	cancel(f)
	return spared
}

// translate turns what the database says into a fault, once.
func translate(err error) error {
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg):
		switch {
		case pg.Code == "57014":
			return fault.Unavailable("TIMEOUT", "the question took too long and was stopped; ask for less").Because(err)
		case pg.Code == "XX000" && strings.Contains(pg.Message, "projection"):
			return fault.Invalid("UNKNOWN_CRS", "the database can't compute with that coordinate system").Because(err)
		case pg.Code == "XX000" && strings.Contains(pg.Message, "transform"):
			return fault.Invalid("BAD_GEOMETRY", "the geometry can't be brought into that coordinate system").Because(err)
		case pg.Code == "22021", pg.Code == "22P05":
			return fault.Invalid("BAD_INPUT", "a text holds a character that can't be stored (NUL?)").Because(err)
		case pg.Code == "22P02", pg.Code == "22007", pg.Code == "22008", pg.Code == "22003", pg.Code == "22009", pg.Code == "22023":
			// Every other argument is typed; only a cursor brings text to be cast.
			return fault.Invalid("BAD_CURSOR", "`after` is not a cursor of this hub; start again without it").Because(err)
		case strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "08"):
			return fault.Unavailable("UNAVAILABLE", "the database can't answer now; try again").Because(err)
		}
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Unavailable("TIMEOUT", "the question took too long and was stopped; ask for less").Because(err)
	case errors.Is(err, context.Canceled):
		return err
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return fault.Unavailable("UNAVAILABLE", "the database can't be reached; try again").Because(err)
	}
	return err
}

func (r *Reader) fetchAliases(ctx context.Context, ids []string) (map[string][]string, error) {
	out := map[string][]string{}
	err := r.query(ctx, "find aliases", clause.Of("SELECT id, alias FROM ? f WHERE id = ANY (?) ORDER BY alias", r.Aliases(), ids),
		func(rows pgx.Rows) error {
			var id, alias string
			err := rows.Scan(&id, &alias)
			out[id] = append(out[id], alias)
			return err
		})
	return out, err
}

// fetchFeatures reads rows by id or alias; a row is found under both.
func (r *Reader) fetchFeatures(ctx context.Context, s *System, ids []string) (map[string]Row, error) {
	out, err := r.byID(ctx, s, ids)
	if err != nil || len(out) == len(ids) {
		return out, err
	}
	var missing []string
	for _, id := range ids {
		if out[id] == nil {
			missing = append(missing, id)
		}
	}
	now := map[string]string{} // alias → id
	err = r.query(ctx, "resolve aliases", clause.Of("SELECT alias, id FROM ? f WHERE alias = ANY (?)", r.Aliases(), missing),
		func(rows pgx.Rows) error {
			var alias, id string
			err := rows.Scan(&alias, &id)
			now[alias] = id
			return err
		})
	if err != nil || len(now) == 0 {
		return out, err
	}
	var targets []string
	for _, id := range now {
		targets = append(targets, id)
	}
	found, err := r.byID(ctx, s, targets)
	for alias, id := range now {
		if row := found[id]; row != nil {
			out[alias] = row
		}
	}
	return out, err
}

func (r *Reader) byID(ctx context.Context, s *System, ids []string) (map[string]Row, error) {
	out := map[string]Row{}
	where := clause.And(r.policy(s), clause.Of("f.id = ANY (?)", ids))
	p, err := r.page(ctx, s, postgis.Rows{From: clause.Of("FROM ? f WHERE ?", r.table(s.Table), where)}, nil)
	if err != nil {
		return nil, err
	}
	for _, row := range p.rows {
		out[row.feature().ID] = row
	}
	return out, nil
}
