package layer

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/internal/fault"
)

// This file reads what the hub knew at a moment (migrations/025_history.sql). The
// viewer is today's: who may see what is never another day's.

// AsOf is the argument of root fields that names a moment.
const AsOf = "asOf"

// At is the reader of what was known at a moment, within the same operation. The
// clock stands at that moment, so that freshness, "active" and today's units are
// what they were then.
func (r *Reader) At(moment time.Time) *Reader {
	moment = moment.Truncate(time.Microsecond) // as the database has it
	r.mu.Lock()
	defer r.mu.Unlock()
	then := r.past[moment]
	if then == nil {
		r.snapshot.looksBack(moment)
		then = r.catalog.Read(r.db, r.viewer, moment, r.wants)
		then.grounds, then.snapshot, then.asOf = r.grounds, r.snapshot, clause.Value(moment)
		r.past[moment] = then
	}
	return then
}

// LooksBack says that some question of the operation will be of a moment gone by.
// It is best said before the first statement: what is settled has to be known
// before the snapshot is taken.
func (r *Reader) LooksBack() { r.snapshot.looksBack(time.Time{}) }

func (s *snapshot) looksBack(moment time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		s.memory = &memory{}
	}
	if moment.After(s.memory.latest) {
		s.memory.latest = moment
	}
}

// memory is what the database can tell of moments gone by.
type memory struct {
	latest  time.Time // the latest moment asked for so far
	asked   bool
	settled time.Time            // nothing will be written any more that is known before
	since   map[string]time.Time // from when on each table remembers
}

// What connections call themselves. A transaction on one that is for Writing may
// still write what counts as known since it began; on one for Reading, never.
const (
	Writing = "geohub writing"
	Reading = "geohub"
)

const (
	lag      = 100 * time.Millisecond // more than it takes a transaction that has begun to be seen to have
	patience = 400 * time.Millisecond // how long a question waits for its moment to be settled
)

// ask reads the memory of a database, once. What has only just been is waited for.
func (m *memory) ask(ctx context.Context, db Querier) error {
	if m.asked {
		return nil
	}
	for began := time.Now(); ; {
		if err := m.read(ctx, db); err != nil {
			return err
		}
		if m.latest.Before(m.settled) || m.latest.After(began) || time.Since(began) > patience {
			m.asked = true
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lag / 4):
		}
	}
}

func (m *memory) read(ctx context.Context, db Querier) error {
	rows, err := db.Query(ctx, `SELECT NULL, least(now() - $2::interval, (SELECT min(xact_start) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_xid IS NOT NULL OR application_name = $1)))
		UNION ALL SELECT name, since FROM history WHERE since <> '-infinity'`, Writing, lag)
	if err != nil {
		return err
	}
	m.since = map[string]time.Time{}
	var name *string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&name, &at}, func() error {
		if name == nil {
			m.settled = at
		} else {
			m.since[*name] = at
		}
		return nil
	})
	return err
}

// table is a table that keeps former versions, as it was known at the reader's moment.
func (r *Reader) table(name string) clause.C {
	if r.asOf.Empty() {
		return clause.Table(name)
	}
	return clause.Reads(clause.Of("?(?)", clause.Name(name+"_as_of"), r.asOf), name)
}

// Table is a layer's, as it was known at the reader's moment.
func (r *Reader) Table(s *System) clause.C { return r.table(s.Table) }

// Aliases are the former ids of features: alias and id.
func (r *Reader) Aliases() clause.C { return r.table("feature_aliases") }

// remembers notes what a statement reads, and fails when that can't be told of the
// reader's moment.
func (r *Reader) remembers(ctx context.Context, c clause.C) (err error) {
	if r.asOf.Empty() {
		c.Tables(r.restsOn)
		return nil
	}
	if err := r.snapshot.recall(ctx, r.db); err != nil {
		return translate(err)
	}
	m := r.snapshot.memory
	if !r.now.Before(m.settled) {
		if r.now.After(time.Now().Add(time.Minute)) {
			return fault.Invalid("BAD_INPUT", "asOf: %s is still to come", r.now.UTC().Format(time.RFC3339))
		}
		return fault.Unavailable("UNAVAILABLE", "asOf: what was known then is still being written; ask again in a moment, or for a moment before %s",
			m.settled.UTC().Format(time.RFC3339Nano))
	}
	c.Tables(func(table string) {
		r.restsOn(table)
		if since, some := m.since[table]; some && r.now.Before(since) && err == nil {
			err = fault.Invalid("BAD_INPUT", "asOf: %s are remembered since %s only", table, since.UTC().Format(time.RFC3339)).With("since", since)
		}
	})
	return err
}
