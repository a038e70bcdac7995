package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/ingest/formats"
	"geohub/internal/fault"
)

// Stage is how far a record came before it was stopped.
type Stage string

const (
	stageDecode Stage = "DECODE" // it is not of its standard
	stageMap    Stage = "MAP"    // it is, but makes no row
	stageStore  Stage = "STORE"  // the database refused the row
)

// quarantined is a record on its way into quarantine.
type quarantined struct {
	stage         Stage
	reason, place string
	record        []byte
}

func refusedRecord(r formats.Refusal) quarantined {
	place := r.Path
	if r.Line > 0 {
		place = fmt.Sprintf("line %d", r.Line)
		if r.Path != "" {
			place += ", " + r.Path
		}
	}
	return quarantined{stageDecode, r.Reason, place, r.Raw}
}

func unfitRecord(stage Stage, record any, err error) quarantined {
	text, bad := json.Marshal(record)
	if bad != nil {
		text = fmt.Appendf(nil, "%+v", record)
	}
	q := quarantined{stage: stage, reason: err.Error(), record: text}
	var refusal formats.Refusal
	if errors.As(err, &refusal) {
		q.reason, q.place = refusal.Reason, refusal.Path
	}
	return q
}

// quarantine keeps records, each once; it gives how many are new.
func (r *Runner) quarantine(ctx context.Context, tx pgx.Tx, s *Source, records []quarantined) (int, error) {
	fresh := 0
	for _, q := range records {
		digest := sha256.Sum256(append([]byte(q.stage+"\x00"), q.record...))
		var first bool
		err := tx.QueryRow(ctx, `INSERT INTO quarantine AS q (source, format, stage, reason, place, record, mapping_version, digest)
			VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7, $8)
			ON CONFLICT (source, digest) DO UPDATE SET times = q.times + 1, last_at = now(), reason = excluded.reason, place = excluded.place,
				mapping_version = excluded.mapping_version RETURNING times = 1`,
			s.Name, s.Format, q.stage, clean(q.reason), clean(q.place), q.record, r.version(s), digest[:16]).Scan(&first)
		if err != nil {
			return fresh, fmt.Errorf("quarantine: %w", err)
		}
		if first {
			fresh++
		}
	}
	return fresh, nil
}

// clean leaves out what PostgreSQL's text can't hold.
func clean(s string) string {
	return string(bytes.ToValidUTF8(bytes.ReplaceAll([]byte(s), []byte{0}, nil), []byte("\uFFFD")))
}

// digestOf names a text shortly.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// Quarantined is a record that could not be understood, mapped or stored.
type Quarantined struct {
	ID             int64     `json:"id"`
	Source         string    `json:"source"`
	Format         string    `json:"format"`
	Stage          Stage     `json:"stage"`
	Reason         string    `json:"reason"`
	Place          *string   `json:"place,omitempty"`
	Record         string    `json:"record"` // bytes that are no UTF-8 are replaced
	MappingVersion string    `json:"mappingVersion"`
	Times          int       `json:"times"`
	FirstAt        time.Time `json:"firstAt"`
	LastAt         time.Time `json:"lastAt"`
}

// Quarantined are the records of a source that wait, the oldest first.
func (r *Runner) Quarantined(ctx context.Context, source string) ([]*Quarantined, error) {
	rows, err := r.DB.Query(ctx, `SELECT id, source, format, stage, reason, place, record, mapping_version, times, first_at, last_at
		FROM quarantine WHERE source = $1 AND replayed_at IS NULL ORDER BY id`, source)
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Quarantined, error) {
		q := &Quarantined{}
		var record []byte
		err := row.Scan(&q.ID, &q.Source, &q.Format, &q.Stage, &q.Reason, &q.Place, &record, &q.MappingVersion, &q.Times, &q.FirstAt, &q.LastAt)
		q.Record = clean(string(record))
		return q, err
	})
}

// Replay asks for records of a source to be brought in after all.
type Replay struct {
	Source string
	ID     int64  // one record; 0: all of the source
	Record []byte // what to take in its place, mended; nil: the record as it is
}

// Replay brings quarantined records in by the mapping of today, each with its
// mark in one transaction, so that it comes in once. Those that fail stay, with
// the new reason.
func (r *Runner) Replay(ctx context.Context, ask Replay) (Result, error) {
	s, err := r.find(ctx, ask.Source)
	if err != nil {
		return Result{}, err
	}
	rows, err := r.DB.Query(ctx, "SELECT id FROM quarantine WHERE source = $1 AND replayed_at IS NULL AND ($2::bigint = 0 OR id = $2) ORDER BY id", s.Name, ask.ID)
	if err != nil {
		return Result{}, fmt.Errorf("find quarantined records: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return Result{}, fmt.Errorf("find quarantined records: %w", err)
	}
	if ask.ID != 0 && len(ids) == 0 {
		return Result{}, fault.NotFound("source %s has no record %d in quarantine", s.Name, ask.ID)
	}
	var sum Result
	for _, id := range ids {
		var result Result
		err := pgx.BeginFunc(ctx, r.DB, func(tx pgx.Tx) (err error) {
			result, err = r.replay(ctx, tx, s, id, ask.Record)
			return err
		})
		if err != nil {
			return sum, fmt.Errorf("replay record %d: %w", id, err)
		}
		sum.add(result)
	}
	return sum, nil
}

func (r *Runner) replay(ctx context.Context, tx pgx.Tx, s *Source, id int64, mended []byte) (Result, error) {
	var stage Stage
	var record []byte
	err := tx.QueryRow(ctx, "SELECT stage, record FROM quarantine WHERE id = $1 AND replayed_at IS NULL FOR UPDATE", id).Scan(&stage, &record)
	if errors.Is(err, pgx.ErrNoRows) {
		return Result{}, nil // somebody else was quicker
	}
	if err != nil {
		return Result{}, err
	}
	if mended != nil {
		record = mended
	}
	var b Batch
	f := r.Formats[s.Format]
	if stage == stageDecode {
		if err := f.Decode(s, bytes.NewReader(record), Into[any](&b)); err != nil {
			b.Refused = append(b.Refused, formats.Reject(0, "", record, "%v", err))
		}
		if b.Len() == 0 {
			b.Refused = append(b.Refused, formats.Reject(0, "", record, "there is no record in it"))
		}
	} else if v, err := f.Record(record); err != nil {
		b.Refused = append(b.Refused, formats.Reject(0, "", record, "%v", err))
	} else {
		b.Records = append(b.Records, v)
	}
	in := &Intake{Source: s, ReadAt: r.Clock()}
	var unfit []quarantined
	result := Result{In: 1}
	if len(b.Refused) == 0 {
		sum, bad, err := r.write(ctx, tx, in, b.Records)
		if err != nil {
			return Result{}, err
		}
		sum.In = 1
		result, unfit = sum, bad
	} else {
		unfit = append(unfit, refusedRecord(b.Refused[0]))
	}
	if len(unfit) > 0 {
		result.Quarantined = 1
		_, err := tx.Exec(ctx, "UPDATE quarantine SET reason = $2, place = nullif($3, ''), mapping_version = $4 WHERE id = $1",
			id, clean(unfit[0].reason), clean(unfit[0].place), r.version(s))
		return result, err
	}
	_, err = tx.Exec(ctx, "UPDATE quarantine SET replayed_at = now(), record = $2 WHERE id = $1", id, record)
	return result, err
}
