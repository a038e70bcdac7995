package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/access"
	"geohub/internal/fault"
	"geohub/layer"
)

const (
	// MaxStored is how many operations a key may store.
	MaxStored = 1000
	// maxTitle is how long a title may be, characters.
	maxTitle = 200
)

// DB is what Operations need of a database.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Operations is the store of a hub's operations.
type Operations struct {
	db      DB
	schema  *ast.Schema
	catalog *layer.Catalog
	clock   func() time.Time
}

// New makes the store over the table operations.
func New(db DB, schema *ast.Schema, catalog *layer.Catalog, clock func() time.Time) *Operations {
	return &Operations{db, schema, catalog, clock}
}

// Operation is one that is stored.
type Operation struct {
	Hash          string // SHA-256 of the document, hex
	Document      string
	OperationName *string // which of the document's operations it stands for; nil: it has one
	Title         *string
	StoredAt      time.Time
	UsedAt        *time.Time // to the hour

	of *Operations
}

// Layer is the list field of the layer whose features it gives; nil: it is no
// layer of its own.
func (op *Operation) Layer() *string {
	v, err := op.of.View(op)
	if err != nil {
		return nil
	}
	return &v.System.Field
}

// Features is where they are served, without the format; nil as for Layer.
func (op *Operation) Features() *string { return op.address("/q/" + op.Hash) }

// Tiles is the URL template of its tiles; nil as for Layer.
func (op *Operation) Tiles() *string { return op.address("/tiles/q/" + op.Hash + "/{z}/{x}/{y}.mvt") }

func (op *Operation) address(path string) *string {
	if op.Layer() == nil {
		return nil
	}
	return &path
}

// Hash is that of a document.
func Hash(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// Keep stores a document that was checked against the schema and the limits. One
// that is known already stays as it was first stored.
func (o *Operations) Keep(ctx context.Context, viewer access.Viewer, document, name, title string) (*Operation, error) {
	switch {
	case viewer.Anonymous():
		return nil, fault.Denied("operations are stored by holders of a key only")
	case strings.ContainsRune(document+title, 0):
		return nil, fault.Invalid("BAD_INPUT", "the document or its title holds the character NUL")
	case utf8.RuneCountInString(title) > maxTitle:
		return nil, fault.Invalid("BAD_INPUT", "title has over %d characters", maxTitle).With("limit", maxTitle)
	}
	if err := o.names(document, name); err != nil {
		return nil, err
	}
	tx, err := o.db.Begin(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	hash := Hash(document)
	// One after the other for each key, so that none counts what another is about to add.
	_, err = tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('operations of ' || $1))", viewer.Name)
	if err != nil {
		return nil, unavailable(err)
	}
	known, err := o.find(ctx, tx, "hash = decode($1, 'hex')", hash)
	switch {
	case err != nil:
		return nil, err
	case len(known) > 0 && or(known[0].OperationName) != name:
		return nil, fault.Invalid("BAD_INPUT", "this document is stored for its operation %q: store a document with the other one alone", or(known[0].OperationName)).With("hash", hash)
	case len(known) > 0:
		return known[0], nil
	}
	var n int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM operations WHERE stored_by = $1", viewer.Name).Scan(&n); err != nil {
		return nil, unavailable(err)
	}
	if n >= MaxStored {
		return nil, fault.Invalid("QUOTA", "this key has stored %d operations, and can store no more: forgetOperation makes room", n).With("limit", MaxStored)
	}
	_, err = tx.Exec(ctx, `INSERT INTO operations (hash, document, operation_name, title, stored_by, stored_at)
		VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, hash, document, name, title, viewer.Name, o.clock())
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return o.Find(ctx, hash)
}

// names checks that a name says which operation of a document is meant.
func (o *Operations) names(document, name string) error {
	doc, err := Parse(o.schema, document)
	if err != nil {
		return err
	}
	if doc.Operations.ForName(name) == nil {
		var names []string
		for _, op := range doc.Operations {
			names = append(names, op.Name)
		}
		return fault.Invalid("BAD_INPUT", "operationName is to be one of the document's operations: %s", strings.Join(names, ", "))
	}
	return nil
}

// Find gives the operation of a hash; nil when there is none.
func (o *Operations) Find(ctx context.Context, hash string) (*Operation, error) {
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size {
		return nil, nil
	}
	found, err := o.find(ctx, o.db, "hash = decode($1, 'hex')", hash)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Of gives what a viewer has stored, the newest first.
func (o *Operations) Of(ctx context.Context, viewer access.Viewer) ([]*Operation, error) {
	if viewer.Anonymous() {
		return []*Operation{}, nil
	}
	return o.find(ctx, o.db, "stored_by = $1", viewer.Name)
}

// Forget removes what a viewer has stored, and says whether there was such a thing.
func (o *Operations) Forget(ctx context.Context, viewer access.Viewer, hash string) (bool, error) {
	if viewer.Anonymous() {
		return false, fault.Denied("operations are forgotten by the key that stored them")
	}
	return o.change(ctx, "DELETE FROM operations WHERE encode(hash, 'hex') = $1 AND stored_by = $2", hash, viewer.Name)
}

// Used notes that an operation is asked, once an hour.
func (o *Operations) Used(ctx context.Context, op *Operation) error {
	now := o.clock()
	if op.UsedAt != nil && now.Sub(*op.UsedAt) < time.Hour {
		return nil
	}
	_, err := o.change(ctx, "UPDATE operations SET used_at = $2 WHERE hash = decode($1, 'hex')", op.Hash, now)
	return err
}

func (o *Operations) change(ctx context.Context, sql string, args ...any) (some bool, err error) {
	rows, err := o.db.Query(ctx, sql, args...)
	if err != nil {
		return false, unavailable(err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return false, unavailable(err)
	}
	return rows.CommandTag().RowsAffected() > 0, nil
}

// find reads those for which a condition on $1 holds.
func (o *Operations) find(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, where, arg string) ([]*Operation, error) {
	rows, err := db.Query(ctx, `SELECT encode(hash, 'hex'), document, nullif(operation_name, ''), nullif(title, ''), stored_at, used_at
		FROM operations WHERE `+where+` ORDER BY stored_at DESC, hash`, arg)
	if err != nil {
		return nil, unavailable(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Operation, error) {
		op := Operation{of: o}
		return &op, row.Scan(&op.Hash, &op.Document, &op.OperationName, &op.Title, &op.StoredAt, &op.UsedAt)
	})
	if err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}

func unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Unavailable("UNAVAILABLE", "stored operations can't be reached now; try again").Because(fmt.Errorf("operations: %w", err))
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
