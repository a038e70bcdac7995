package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/internal/fault"
	"geohub/layer"
)

// Runner reads the sources: those that are asked at intervals on river's
// schedule, streams under a lock that one hub holds at a time.
type Runner struct {
	DB          *pgxpool.Pool // without a statement timeout
	Sources     []*Source
	Formats     map[string]Format
	Mappings    []Mapping
	Derivations []Derivation
	Layers      []*layer.System
	Clock       func() time.Time
	Log         *slog.Logger
	// Hub names this hub beside others on the same database.
	Hub string
	// Spool is the folder for what a stream sends while the database is away;
	// "" keeps nothing.
	Spool string

	mu       sync.Mutex
	breakers map[string]circuitbreaker.CircuitBreaker[any]
	names    names
	communes communesKept
}

func (r *Runner) source(name string) (*Source, error) {
	for _, s := range r.Sources {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, fault.NotFound("there is no source %q; `hub source list` names them", name)
}

func (r *Runner) mapping(s *Source) (Mapping, bool) {
	for _, m := range r.Mappings {
		if m.Format == s.Format {
			return m, true
		}
	}
	return Mapping{}, false
}

// version names the mapping that a source's records went through: the
// program's own and, where the declaration has one, its map.
func (r *Runner) version(s *Source) string {
	m, _ := r.mapping(s)
	v := fmt.Sprintf("%s/%d", s.Format, m.Version)
	if s.Map != "" {
		v += "+" + digestOf(s.Map)
	}
	return v
}

// Declare writes the declarations into the sources' state; a source that is no
// longer declared keeps its state and stands still.
func (r *Runner) Declare(ctx context.Context) error {
	return pgx.BeginFunc(ctx, r.DB, func(tx pgx.Tx) error {
		var names []string
		for _, s := range r.Sources {
			names = append(names, s.Name)
			var every any
			if s.Every > 0 {
				every = time.Duration(s.Every)
			}
			_, err := tx.Exec(ctx, `INSERT INTO sources (name, format, agency_code, stream, every, due) VALUES ($1, $2, nullif($3, ''), $4, $5, $6)
				ON CONFLICT (name) DO UPDATE SET format = excluded.format, agency_code = excluded.agency_code, stream = excluded.stream,
					every = excluded.every, due = excluded.due, declared = true,
					checkpoint = CASE WHEN sources.format = excluded.format THEN sources.checkpoint END`,
				s.Name, s.Format, s.Agency, r.Formats[s.Format].Stream, every, s.StaleAfter())
			if err != nil {
				return fmt.Errorf("declare source %s: %w", s.Name, err)
			}
		}
		_, err := tx.Exec(ctx, "UPDATE sources SET declared = false WHERE declared AND name <> ALL ($1)", append([]string{}, names...))
		return err
	})
}

// Read reads a source once, to its end, from where the last read stopped; for
// a stream until ctx ends. It counts what became of the records and keeps the
// source's state.
func (r *Runner) Read(ctx context.Context, name string) (Result, error) {
	s, err := r.source(name)
	if err != nil {
		return Result{}, err
	}
	from, err := r.checkpoint(ctx, s)
	if err != nil {
		return Result{}, err
	}
	return r.read(ctx, s, from, func(Result) {})
}

// read reads a source from a checkpoint; each is told of every batch.
func (r *Runner) read(ctx context.Context, s *Source, from json.RawMessage, each func(Result)) (Result, error) {
	var sum Result
	reader, err := r.connect(s)
	if err == nil {
		err = reader.Read(ctx, from, func(ctx context.Context, b *Batch) error {
			result, err := r.commit(ctx, s, b)
			if err != nil {
				return err
			}
			sum.add(result)
			each(result)
			return r.succeeded(ctx, s)
		})
	}
	if err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return sum, err
		}
		r.failed(s, err)
		return sum, fmt.Errorf("read source %s: %w", s.Name, err)
	}
	return sum, r.succeeded(ctx, s)
}

// connect makes a reader, once the mapping too takes the declaration.
func (r *Runner) connect(s *Source) (Reader, error) {
	if m, _ := r.mapping(s); m.check != nil {
		if err := m.check(s); err != nil {
			return nil, fault.Invalid("BAD_INPUT", "%v", err).Because(err)
		}
	}
	return r.Formats[s.Format].Connect(s)
}

func (r *Runner) checkpoint(ctx context.Context, s *Source) (json.RawMessage, error) {
	var from []byte
	err := r.DB.QueryRow(ctx, "UPDATE sources SET attempted_at = $2, flawed = false WHERE name = $1 RETURNING checkpoint", s.Name, r.Clock()).Scan(&from)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("source %s is not declared in this database", s.Name)
	}
	return from, err
}

func (r *Runner) succeeded(ctx context.Context, s *Source) error {
	now := r.Clock()
	var next any
	if s.Every > 0 {
		next = now.Add(time.Duration(s.Every))
	}
	_, err := r.DB.Exec(ctx, "UPDATE sources SET succeeded_at = $2, error = NULL, failures = 0, next_at = $3 WHERE name = $1", s.Name, now, next)
	return err
}

// failed notes a failure, if the database takes it: the next attempt says it again.
func (r *Runner) failed(s *Source, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := r.DB.Exec(ctx, "UPDATE sources SET failed_at = $2, error = $3, failures = failures + 1 WHERE name = $1", s.Name, r.Clock(), clean(cause.Error()))
	if err != nil {
		r.Log.Warn("the state of a source could not be written", "source", s.Name, "err", err)
	}
}

// errShown ends a check behind its first batch.
var errShown = errors.New("that is enough")

// Check makes one read of a source, gives what would become of the records and
// writes nothing. At most batches batches are looked at.
func (r *Runner) Check(ctx context.Context, name string, batches int) (Checked, error) {
	s, err := r.source(name)
	if err != nil {
		return Checked{}, err
	}
	return r.check(ctx, s, batches)
}

func (r *Runner) check(ctx context.Context, s *Source, batches int) (Checked, error) {
	reader, err := r.connect(s)
	if err != nil {
		return Checked{}, err
	}
	var found Checked
	tx, err := r.DB.Begin(ctx)
	if err != nil {
		return Checked{}, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	var from []byte
	var began time.Time
	_, err = tx.Exec(ctx, "INSERT INTO sources (name, format, stream) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", s.Name, s.Format, r.Formats[s.Format].Stream)
	if err == nil {
		err = tx.QueryRow(ctx, "SELECT now()").Scan(&began)
	}
	if err == nil && !s.once {
		err = tx.QueryRow(ctx, "SELECT checkpoint FROM sources WHERE name = $1", s.Name).Scan(&from)
	}
	if err != nil {
		return Checked{}, err
	}
	err = reader.Read(ctx, from, func(ctx context.Context, b *Batch) error {
		result, err := r.store(ctx, tx, s, b)
		if err != nil {
			return err
		}
		found.Result.add(result)
		for _, record := range b.Records {
			if len(found.Records) < 3 {
				found.Records = append(found.Records, record)
			}
		}
		if found.Batches++; found.Batches >= batches {
			return errShown
		}
		return nil
	})
	if err != nil && !errors.Is(err, errShown) {
		return found, fmt.Errorf("read source %s: %w", s.Name, err)
	}
	found.More = errors.Is(err, errShown)
	// Those that were there before are no news to a read, but to who asks.
	found.Quarantined, found.Reasons, err = reasons(ctx, tx, s.Name, began)
	return found, err
}

// reasons counts the records of a source that wait in quarantine since a
// moment, and gives the reasons of the first few.
func reasons(ctx context.Context, db layer.Querier, source string, since time.Time) (n int, first []string, err error) {
	rows, err := db.Query(ctx, `SELECT count(*) OVER (), stage || ': ' || coalesce(place || ': ', '') || reason FROM quarantine
		WHERE source = $1 AND last_at >= $2 AND replayed_at IS NULL ORDER BY id LIMIT 5`, source, since)
	if err != nil {
		return 0, nil, fmt.Errorf("read quarantine: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var reason string
		if err := rows.Scan(&n, &reason); err != nil {
			return 0, nil, fmt.Errorf("read quarantine: %w", err)
		}
		first = append(first, reason)
	}
	return n, first, rows.Err()
}

// Checked is what a read would change.
type Checked struct {
	Result
	Batches int
	More    bool     // there was more to read
	Records []any    // the first few
	Reasons []string // why the first few were refused
}
