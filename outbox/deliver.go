package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// lease is how long a row stays with the hub that took it, unless that dies:
// longer than an attempt can last.
const lease = 45 * time.Second

// row is a row of the outbox that is to be delivered now.
type row struct {
	id               int64
	kind             ReceiptKind
	clientID         string // unique over all viewers
	payload          []byte
	serviceRequestID string
	sourceToken      string
	attempts         int
	unclear          bool // an attempt before may have arrived
	createdAt        time.Time
}

// outcome is what became of an attempt; exactly one of its first three is set.
type outcome struct {
	taken   bool
	refused string // why the source will never take it
	failed  error  // try again
	unclear bool   // of failed: it may have arrived all the same

	serviceRequestID, sourceToken string        // of taken
	wait                          time.Duration // of failed: what the source asks for; 0: as usual
}

// deliverOne takes the row that is due longest and tries it once. worked says
// that there was one; the error is why it has to be tried again.
func (o *Outbox) deliverOne(ctx context.Context) (worked bool, err error) {
	r, err := o.claim(ctx)
	if r == nil {
		return false, err
	}
	result := o.attempt(ctx, r)
	if ctx.Err() != nil && result.failed != nil {
		result.wait = time.Millisecond // this hub stops: another may have the row at once
	}
	// What the source said is written down even while the hub stops.
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := o.settle(settling, r, result); err != nil {
		return true, err
	}
	return true, result.failed
}

// claim takes the row that is due longest. That an attempt begins is committed
// before it does: whoever comes after a crash knows that it may have arrived.
func (o *Outbox) claim(ctx context.Context) (*row, error) {
	now := o.clock()
	var r row
	var viewer string
	err := o.db.QueryRow(ctx, `WITH due AS (
			SELECT o.id, o.unclear, coalesce(o.service_request_id, s.service_request_id, '') AS number
			FROM outbox o LEFT JOIN outbox s ON s.id = o.submission
			WHERE o.next_at <= $1 AND (o.submission IS NULL OR s.service_request_id IS NOT NULL OR s.state = 'REJECTED')
			ORDER BY o.next_at, o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED)
		UPDATE outbox o SET attempts = o.attempts + 1, unclear = o.source_token IS NULL, next_at = $2 FROM due WHERE o.id = due.id
		RETURNING o.id, o.kind, o.client_id, o.viewer, o.payload, due.number, coalesce(o.source_token, ''), o.attempts, due.unclear, o.created_at`,
		now, now.Add(lease)).Scan(&r.id, &r.kind, &r.clientID, &viewer, &r.payload, &r.serviceRequestID, &r.sourceToken, &r.attempts, &r.unclear, &r.createdAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take what is due: %w", err)
	}
	r.clientID = abroad(viewer, r.clientID)
	return &r, nil
}

// attempt speaks with the source once about a row.
func (o *Outbox) attempt(ctx context.Context, r *row) outcome {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	switch {
	case r.kind == KindRate && r.serviceRequestID == "":
		return outcome{refused: "the report itself was rejected, so there is no result to rate"}
	case r.kind == KindRate:
		var in rating
		if err := json.Unmarshal(r.payload, &in); err != nil {
			return outcome{refused: "what was kept can't be read any more"}
		}
		return o.rate(ctx, r.serviceRequestID, in)
	case r.sourceToken != "":
		return o.resolve(ctx, r.sourceToken)
	}
	var in SubmitReportInput
	if err := json.Unmarshal(r.payload, &in); err != nil {
		return outcome{refused: "what was kept can't be read any more"}
	}
	if r.unclear {
		if found := o.find(ctx, r.clientID, r.createdAt); found.taken || found.failed != nil {
			return found
		}
	}
	return o.post(ctx, in.form(r.clientID))
}

// settle writes down what became of an attempt, unless the row has gone to
// another hub meanwhile. Who reported is forgotten once nothing is left to do.
func (o *Outbox) settle(ctx context.Context, r *row, result outcome) error {
	const fence = "id = $1 AND attempts = $2"
	var err error
	now := o.clock()
	switch {
	case result.taken:
		var next *time.Time
		if result.serviceRequestID == "" && r.kind == KindSubmit {
			at := now.Add(backoff(0))
			next = &at
		}
		_, err = o.db.Exec(ctx, `UPDATE outbox SET state = 'SENT', sent_at = coalesce(sent_at, $3), service_request_id = coalesce(nullif($4, ''), service_request_id),
			source_token = coalesce(nullif($5, ''), source_token), payload = payload - 'contact', unclear = false, error = NULL, next_at = $6, attempts = 0 WHERE `+fence,
			r.id, r.attempts, now, result.serviceRequestID, result.sourceToken, next)
	case result.refused != "":
		_, err = o.db.Exec(ctx, "UPDATE outbox SET state = 'REJECTED', payload = payload - 'contact', unclear = false, error = $3, next_at = NULL WHERE "+fence,
			r.id, r.attempts, clean(result.refused))
	default:
		wait := result.wait
		if wait == 0 {
			wait = backoff(r.attempts)
		}
		_, err = o.db.Exec(ctx, "UPDATE outbox SET unclear = $3, error = $4, next_at = $5 WHERE "+fence,
			r.id, r.attempts, result.unclear, clean(result.failed.Error()), now.Add(wait))
	}
	if err != nil {
		return fmt.Errorf("write down what became of a report: %w", err)
	}
	return nil
}

// backoff is how long to wait after so many attempts: a few seconds at most, so
// that a source is served soon after its return, but minutes for what has been
// tried for an hour.
func backoff(attempts int) time.Duration {
	wait := 5 * time.Minute
	if attempts < 500 {
		wait = min(8*time.Second, 250*time.Millisecond<<min(attempts, 8))
	}
	return wait/2 + rand.N(wait/2)
}
