package layer

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// snapshot is the one moment of the database that the statements of an operation
// see together. It costs two trips to the database, so an operation with one
// statement does without: it sees one moment anyhow.
//
// Statements wait for each other then. That is little loss, since a hub has more
// operations to run than connections.
type snapshot struct {
	mu     sync.Mutex
	wanted bool
	tx     pgx.Tx  // nil until the first statement
	memory *memory // nil unless moments gone by are asked for
}

// beginner is a database that transactions can be begun on. A transaction is
// none: what is read on it sees what it sees.
type beginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// one begins the transaction. Nothing is ever written, so one savepoint undoes
// whatever fails in it, and the snapshot stays.
var one = pgx.TxOptions{BeginQuery: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT begun"}

// Together has the statements that follow see one snapshot of the database, until
// Done: for an operation that asks more than one. Without it, each sees its own.
func (r *Reader) Together() {
	r.snapshot.mu.Lock()
	defer r.snapshot.mu.Unlock()
	r.snapshot.wanted = true
}

// Anew is a reader for another operation of the same viewer and moment, within the
// same snapshot, which ends with the first reader's. It remembers nothing of what
// was read before.
func (r *Reader) Anew(wants Selection) *Reader {
	next := r.catalog.Read(r.db, r.viewer, r.now, wants)
	next.snapshot, next.guest = r.snapshot, true
	return next
}

// Done ends what Together began; the reader can still be asked.
func (r *Reader) Done() {
	if r.guest {
		return
	}
	s := r.snapshot
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = false
	if s.tx != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) // the request may be over
		defer cancel()
		s.tx.Rollback(ctx) // a connection that fails here is thrown away by its pool
		s.tx = nil
	}
}

// recall reads what the database can tell of moments gone by, once.
func (s *snapshot) recall(ctx context.Context, db Querier) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.ask(ctx, db)
}

// on calls ask with what the next statement has to be asked of.
func (s *snapshot) on(ctx context.Context, db Querier, ask func(Querier) error) error {
	b, can := db.(beginner)
	s.mu.Lock()
	if !s.wanted || !can {
		s.mu.Unlock()
		return ask(db)
	}
	defer s.mu.Unlock()
	if s.tx == nil {
		if s.memory != nil {
			if err := s.memory.ask(ctx, db); err != nil {
				return err
			}
		}
		tx, err := b.BeginTx(ctx, one)
		if err != nil {
			return err
		}
		s.tx = tx
	}
	err := ask(s.tx)
	if err != nil {
		s.tx.Exec(ctx, "ROLLBACK TO begun") // should this fail, the next statement will say so
	}
	return err
}
