package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"geohub/access"
	"geohub/internal/fault"
)

// maxPending is how many rows may wait at once: some gigabyte at the worst.
const maxPending = 100_000

// Submit takes in a report. The same clientID of the same viewer gives the same
// receipt; an anonymous caller has to say the same again, since anybody may
// come upon another's clientId.
func (o *Outbox) Submit(ctx context.Context, viewer access.Viewer, in SubmitReportInput, clientID string) (*ReportReceipt, error) {
	if err := o.open(); err != nil {
		return nil, err
	}
	in.tidy()
	if err := checkText("clientId", &clientID, maxClientID, true); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	payload, sum, err := digest(in)
	if err != nil {
		return nil, err
	}
	name := nameOf(viewer)
	found, err := receipt(ctx, o.db, "o.kind = 'SUBMIT' AND o.viewer = $1 AND o.client_id = $2", name, clientID)
	if err != nil {
		return nil, fmt.Errorf("find receipt: %w", unavailable(err))
	}
	if found == nil {
		if err := o.checkService(ctx, &in); err != nil {
			return nil, err
		}
		found, err = o.insert(ctx, o.db, KindSubmit, name, clientID, payload, sum, nil, nil)
		if err != nil {
			return nil, err
		}
		o.stir()
	}
	if viewer.Anonymous() && !bytes.Equal(found.digest, sum) {
		return nil, wrong("clientId", "it was used for another report; make a new one for each")
	}
	return found, nil
}

// checkService asks the list of services, and once more the source itself when
// that doesn't know the service: it may be new.
func (o *Outbox) checkService(ctx context.Context, in *SubmitReportInput) error {
	list, err := o.known(ctx)
	if err != nil {
		return fmt.Errorf("find services: %w", unavailable(err))
	}
	wrong := in.checkAgainst(list.services)
	if wrong == nil || o.clock().Sub(list.readAt) < refreshAgain {
		return wrong
	}
	if err := o.refreshServices(ctx); err != nil {
		return nil // the source itself will judge
	}
	if list, err = o.known(ctx); err != nil {
		return fmt.Errorf("find services: %w", unavailable(err))
	}
	return in.checkAgainst(list.services)
}

// Rate takes in what the reporter thinks of a report's result: of the one with
// that number or, if it is empty, of the one handed in here under token. The
// same rating as before gives the same receipt.
func (o *Outbox) Rate(ctx context.Context, viewer access.Viewer, serviceRequestID, token, satisfaction, comment string) (*ReportReceipt, error) {
	if err := o.open(); err != nil {
		return nil, err
	}
	comment = strings.TrimSpace(comment)
	if err := checkText("comment", &comment, maxComment, false); err != nil {
		return nil, err
	}
	var submission *int64
	about := "number " + serviceRequestID
	if serviceRequestID == "" {
		rated, err := o.Receipt(ctx, token)
		if err != nil {
			return nil, err
		}
		switch {
		case rated == nil || rated.Kind != KindSubmit:
			return nil, fault.NotFound("token: there is no receipt of a report with it").With("field", "token")
		case rated.State == StateRejected:
			return nil, wrong("token", "that report was rejected, so there is no result to rate")
		}
		submission = &rated.id
		about = fmt.Sprint("submission ", rated.id)
	}
	payload, sum, err := digest(rating{satisfaction, comment})
	if err != nil {
		return nil, err
	}
	name, fresh := nameOf(viewer), false
	var given *ReportReceipt
	err = pgx.BeginFunc(ctx, o.db, func(tx pgx.Tx) error {
		// One rating of a report at a time: the next one looks at it.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('rate report'), hashtext($1))", about); err != nil {
			return err
		}
		last, err := receipt(ctx, tx, `o.id = (SELECT max(r.id) FROM outbox r WHERE r.kind = 'RATE' AND r.viewer = $1
			AND r.submission IS NOT DISTINCT FROM $2 AND ($2::bigint IS NOT NULL OR r.service_request_id = $3))`, name, submission, serviceRequestID)
		if err != nil {
			return err
		}
		if last != nil && bytes.Equal(last.digest, sum) && last.State != StateRejected {
			given = last
			return nil
		}
		fresh = true
		given, err = o.insert(ctx, tx, KindRate, name, newToken(), payload, sum, submission, nullable(serviceRequestID))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep rating: %w", unavailable(err))
	}
	if fresh {
		o.stir()
	}
	return given, nil
}

// insert keeps something, or gives the receipt of the same thing kept before.
func (o *Outbox) insert(ctx context.Context, db querier, kind ReceiptKind, viewer, clientID string, payload, sum []byte, submission *int64, serviceRequestID *string) (*ReportReceipt, error) {
	rows, err := db.Query(ctx, `INSERT INTO outbox AS o (kind, viewer, client_id, token, payload, digest, submission, service_request_id, created_at, next_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9
		WHERE (SELECT count(*) FROM (SELECT FROM outbox WHERE next_at IS NOT NULL LIMIT $10) waiting) < $10
		ON CONFLICT (kind, viewer, client_id) DO NOTHING RETURNING `+receiptColumns,
		kind, viewer, clientID, newToken(), payload, sum, submission, serviceRequestID, o.clock(), maxPending)
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", strings.ToLower(string(kind)), unavailable(err))
	}
	kept, err := pgx.CollectOneRow(rows, scanReceipt)
	if errors.Is(err, pgx.ErrNoRows) {
		// Somebody else was quicker with the same clientId, or there is no room.
		if kept, err = receipt(ctx, db, "o.kind = $1 AND o.viewer = $2 AND o.client_id = $3", kind, viewer, clientID); err == nil && kept == nil {
			return nil, fault.Unavailable("UNAVAILABLE", "%d reports wait to be delivered; no more are taken until the reports system answers again", maxPending)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", strings.ToLower(string(kind)), unavailable(err))
	}
	return kept, nil
}

// unavailable is a fault when the database can't answer now, else err.
func unavailable(err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case fault.Of(err) != nil:
		return err
	case errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "53") && !strings.HasPrefix(pg.Code, "57") && !strings.HasPrefix(pg.Code, "08"):
		return err
	case errors.As(err, &pg), errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded), pgconn.SafeToRetry(err):
		return fault.Unavailable("UNAVAILABLE", "what is handed in can't be kept now; try again with the same clientId").Because(err)
	}
	return err
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
