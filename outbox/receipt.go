package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReceiptKind is what a receipt is for.
type ReceiptKind string

// The kinds.
const (
	KindSubmit ReceiptKind = "SUBMIT"
	KindRate   ReceiptKind = "RATE"
)

// ReceiptState is how far something handed in has come.
type ReceiptState string

// The states.
const (
	StatePending  ReceiptState = "PENDING"
	StateSent     ReceiptState = "SENT"
	StateRejected ReceiptState = "REJECTED"
)

// ReportReceipt is what the hub gives for something handed in.
type ReportReceipt struct {
	Token            string
	Kind             ReceiptKind
	State            ReceiptState
	ServiceRequestID *string
	Reason           *string // why it was rejected
	SubmittedAt      time.Time
	SentAt           *time.Time

	id     int64
	digest []byte
}

// ReportID is the feature that the report is once it has come back; "" while
// its number is not known.
func (r *ReportReceipt) ReportID() string {
	if r.ServiceRequestID == nil {
		return ""
	}
	return reportPrefix + *r.ServiceRequestID
}

// reportPrefix is what the ids of reports begin with, before their number.
const reportPrefix = "report:"

// receiptColumns are what scanReceipt reads of the row o. A rating's number is
// that of the report it rates.
const receiptColumns = `o.id, o.token, o.kind, o.state, coalesce(o.service_request_id, (SELECT s.service_request_id FROM outbox s WHERE s.id = o.submission)),
	CASE WHEN o.state = 'REJECTED' THEN o.error END, o.created_at, o.sent_at, o.digest`

func scanReceipt(row pgx.CollectableRow) (*ReportReceipt, error) {
	var r ReportReceipt
	err := row.Scan(&r.id, &r.Token, &r.Kind, &r.State, &r.ServiceRequestID, &r.Reason, &r.SubmittedAt, &r.SentAt, &r.digest)
	return &r, err
}

// receipt finds one by a condition on o; nil when there is none.
func receipt(ctx context.Context, db querier, where string, args ...any) (*ReportReceipt, error) {
	rows, err := db.Query(ctx, "SELECT "+receiptColumns+" FROM outbox o WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	r, err := pgx.CollectOneRow(rows, scanReceipt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Receipt finds a receipt by its token; nil when there is none. The token is
// all that is asked for: it is as good as a key for this one thing.
func (o *Outbox) Receipt(ctx context.Context, token string) (*ReportReceipt, error) {
	if o == nil || len(token) != tokenLength {
		return nil, nil
	}
	for _, c := range []byte(token) {
		if c < '2' || c > 'Z' {
			return nil, nil // not even text that could be stored, perhaps
		}
	}
	r, err := receipt(ctx, o.db, "o.token = $1", token)
	if err != nil {
		return nil, fmt.Errorf("find receipt: %w", unavailable(err))
	}
	return r, nil
}

// tokenLength is that of rand.Text.
const tokenLength = 26

// newToken is 130 bits that nobody guesses.
func newToken() string { return rand.Text() }
