package layer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
)

// grounds are what an operation's answers rest on, noted as they are read.
type grounds struct {
	mu     sync.Mutex
	tables []string
	until  time.Time
	turns  []clause.C
	more   bool
}

// common are the tables that any answer may rest on; statements name them in
// their text.
var common = []string{"units", "unit_crosswalk", "agencies"}

// RestsOnMore notes that an answer rests on more than statements tell of.
func (r *Reader) RestsOnMore() {
	r.grounds.mu.Lock()
	defer r.grounds.mu.Unlock()
	r.grounds.more = true
}

// Grounds tells what the answers given so far rest on: they stay the same until
// one of the tables changes, or until a moment, zero for never; ok is false when
// nobody can tell. It may ask the database when the next moment comes.
func (r *Reader) Grounds(ctx context.Context) (tables []string, until time.Time, ok bool) {
	r.grounds.mu.Lock()
	tables, turns := append(slices.Clone(common), r.grounds.tables...), r.grounds.turns
	r.grounds.mu.Unlock()
	for _, next := range turns {
		err := r.query(ctx, "find the next turn", next, func(rows pgx.Rows) error {
			var at *time.Time
			err := rows.Scan(&at)
			if at != nil {
				r.holdsUntil(*at)
			}
			return err
		})
		if err != nil {
			return nil, time.Time{}, false // what was said stands; it is read anew next time
		}
	}
	r.grounds.mu.Lock()
	defer r.grounds.mu.Unlock()
	return tables, r.grounds.until, !r.grounds.more
}

// restsOn notes a table.
func (r *Reader) restsOn(table string) {
	r.grounds.mu.Lock()
	defer r.grounds.mu.Unlock()
	if !slices.Contains(r.grounds.tables, table) {
		r.grounds.tables = append(r.grounds.tables, table)
	}
}

// holdsUntil notes a moment from which on an answer may be another.
func (r *Reader) holdsUntil(at time.Time) {
	if !r.asOf.Empty() { // the clock stands still
		return
	}
	r.grounds.mu.Lock()
	defer r.grounds.mu.Unlock()
	if r.grounds.until.IsZero() || at.Before(r.grounds.until) {
		r.grounds.until = at
	}
}

// today is the operation's day in Asia/Ho_Chi_Minh.
func (r *Reader) today() geo.Date {
	day := geo.DateOf(r.now)
	r.holdsUntil(day.AddDays(1).Start())
	return day
}

// holdsNow is what a condition says now.
func (r *Reader) holdsNow(c Condition) clause.C {
	if !r.asOf.Empty() || c.Turns == nil {
		return c.Where(r.now)
	}
	r.grounds.mu.Lock()
	defer r.grounds.mu.Unlock()
	r.grounds.turns = append(r.grounds.turns, c.Turns(r.now))
	return c.Where(r.now)
}

// freshness says when the next observation of a layer is due.
func (r *Reader) freshness(s *System, observed *time.Time) *Freshness {
	if s.Due == 0 || observed == nil {
		return &Freshness{}
	}
	due := observed.Add(s.Due)
	stale := due.Before(r.now)
	if !stale {
		r.holdsUntil(due)
	}
	return &Freshness{DueAt: &due, Stale: stale}
}
