package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"geohub/internal/fault"
)

// commit stores a batch of a source: what its records become, what could not
// be understood, and where reading goes on, all or nothing.
func (r *Runner) commit(ctx context.Context, s *Source, b *Batch) (Result, error) {
	for attempt := 1; ; attempt++ {
		var result Result
		err := pgx.BeginFunc(ctx, r.DB, func(tx pgx.Tx) (err error) {
			result, err = r.store(ctx, tx, s, b)
			return err
		})
		if !collided(err) || attempt == maxCollisions {
			return result, err
		}
	}
}

// maxCollisions is how often a batch is stored anew that met another in the
// same rows.
const maxCollisions = 10

// collided says that the database ended a transaction for the sake of another.
func collided(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// store is commit inside a transaction.
func (r *Runner) store(ctx context.Context, tx pgx.Tx, s *Source, b *Batch) (Result, error) {
	var read int64
	var flawed bool
	// The row's lock lets one hub at a time move a source on.
	if err := tx.QueryRow(ctx, "SELECT reads, flawed FROM sources WHERE name = $1 FOR UPDATE", s.Name).Scan(&read, &flawed); err != nil {
		return Result{}, fmt.Errorf("lock source %s: %w", s.Name, err)
	}
	in := &Intake{Source: s, ReadAt: r.Clock(), Exchange: b.Exchange}
	bad := make([]quarantined, 0, len(b.Refused))
	for _, refusal := range b.Refused {
		bad = append(bad, refusedRecord(refusal))
	}
	sum, unfit, err := r.write(ctx, tx, in, b.Records)
	if err != nil {
		return Result{}, err
	}
	result := Result{In: b.Len(), Changed: sum.Changed, Same: sum.Same, Late: sum.Late}
	if result.Quarantined, err = r.quarantine(ctx, tx, s, append(bad, unfit...)); err != nil {
		return Result{}, err
	}
	counts := b.Last
	flawed = b.Snapshot && (flawed || len(bad)+len(unfit) > 0)
	if b.Snapshot && s.DeleteAfter > 0 {
		if result.Gone, counts, err = r.gone(ctx, tx, in, read+1, flawed, b.Last); err != nil {
			return Result{}, err
		}
	}
	for _, gone := range in.removed {
		n, err := r.remove(ctx, tx, s.Name, []string{gone.id}, gone.reason)
		if err != nil {
			return Result{}, err
		}
		result.Gone += n
	}
	var checkpoint []byte
	if b.Checkpoint != nil {
		if checkpoint, err = json.Marshal(b.Checkpoint); err != nil {
			return Result{}, fmt.Errorf("checkpoint of %s: %w", s.Name, err)
		}
	}
	var newest any
	if !in.newest.IsZero() {
		newest = in.newest
	}
	_, err = tx.Exec(ctx, `UPDATE sources SET checkpoint = coalesce($2::jsonb, checkpoint), newest_at = greatest(newest_at, $3::timestamptz),
		reads = reads + $4, records_in = records_in + $5, records_changed = records_changed + $6, records_same = records_same + $7,
		records_late = records_late + $8, records_quarantined = records_quarantined + $9, records_gone = records_gone + $10, flawed = $11 WHERE name = $1`,
		s.Name, checkpoint, newest, map[bool]int{true: 1}[counts], result.In, result.Changed, result.Same, result.Late, result.Quarantined, result.Gone, flawed && !b.Last)
	if err != nil {
		return Result{}, fmt.Errorf("move source %s on: %w", s.Name, err)
	}
	return result, nil
}

// write maps records and writes what they become into in. Those that don't fit
// come back with the reason; the others are written.
func (r *Runner) write(ctx context.Context, tx pgx.Tx, in *Intake, records []any) (Result, []quarantined, error) {
	m, ok := r.mapping(in.Source)
	if !ok {
		return Result{}, nil, fmt.Errorf("source %s: nothing says what a record of %s becomes", in.Source.Name, in.Source.Format)
	}
	var unfit []quarantined
	fit := make([]any, 0, len(records))
	r.lookups(ctx, tx, in)
	for _, record := range records {
		if err := in.take(m, record); isUnasked(err) {
			return Result{}, nil, err
		} else if err != nil {
			unfit = append(unfit, unfitRecord(stageMap, record, err))
			continue
		}
		fit = append(fit, record)
	}
	if m.judge != nil {
		if err := m.judge(ctx, tx, in); err != nil && (in.Source.once || !isData(err)) {
			return Result{}, nil, err
		} else if err != nil {
			in.writes, in.by, in.removed = nil, nil, nil
			for _, record := range fit {
				unfit = append(unfit, unfitRecord(stageMap, record, err))
			}
			return Result{}, unfit, nil
		}
	}
	sum, err := r.run(ctx, tx, in)
	if !isData(err) {
		return sum, unfit, err
	}
	// Some record can't be stored: halves, until it stands alone.
	in.writes, in.by, in.removed = nil, nil, nil
	if len(fit) == 1 {
		return Result{}, append(unfit, unfitRecord(stageStore, fit[0], err)), nil
	}
	sum = Result{}
	for half := range slices.Chunk(fit, (len(fit)+1)/2) {
		part := &Intake{Source: in.Source, ReadAt: in.ReadAt, Exchange: in.Exchange}
		res, bad, err := r.write(ctx, tx, part, half)
		if err != nil {
			return Result{}, nil, err
		}
		sum.add(res)
		unfit = append(unfit, bad...)
		in.adopt(part)
	}
	return sum, unfit, nil
}

// adopt remembers what a part of the batch wrote, for what looks at it later.
func (in *Intake) adopt(part *Intake) {
	in.writes = append(in.writes, part.writes...)
	in.removed = append(in.removed, part.removed...)
	in.saw(part.newest)
}

// run writes what an intake holds under a savepoint, so that a failure leaves
// the transaction fit for more.
func (r *Runner) run(ctx context.Context, tx pgx.Tx, in *Intake) (sum Result, err error) {
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		for _, d := range r.Derivations {
			if d.before == nil {
				continue
			}
			if err := d.before(ctx, tx, in); err != nil {
				return err
			}
		}
		for _, w := range in.writes {
			res, err := w.run(ctx, tx)
			if err != nil {
				return err
			}
			sum.add(res)
		}
		for _, d := range r.Derivations {
			if err := d.run(ctx, tx, in); err != nil {
				return err
			}
		}
		return nil
	})
	return sum, err
}

// isData says that the fault is in what was to be stored, not in the storing.
func isData(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23") || pg.Code == "XX000"
	}
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.KindInvalid
}
