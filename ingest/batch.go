package ingest

import (
	"context"
	"encoding/json"
	"io"

	"geohub/ingest/formats"
)

// Format is a standard as the hub reads it: how its servers are spoken to and
// its records told apart. What a record becomes is the mapping's.
type Format struct {
	Name string
	// Stream says that the source sends by itself: its Reader ends only when the
	// connection does.
	Stream bool
	// Keys are the keys of a declaration that the format understands beside the
	// common ones.
	Keys []string
	// Connect makes a reader of a source; it says what is wrong with the
	// declaration and connects to nothing yet.
	Connect func(*Source) (Reader, error)
	// Decode reads records from bytes as they came: one that was refused comes in
	// by it once it has been mended.
	Decode func(*Source, io.Reader, formats.Sink[any]) error
	// Record reads a record from its own JSON.
	Record func([]byte) (any, error)
}

// Reader reads a source, batch after batch.
type Reader interface {
	// Read goes on from a checkpoint that it gave before (nil: from the
	// beginning) and hands each batch to take, which stores it with its
	// checkpoint or fails; Read ends with that error, with the source's or, when
	// all is read, with nil.
	Read(ctx context.Context, from json.RawMessage, take func(context.Context, *Batch) error) error
}

// Batch is what is stored in one transaction: some records, those that were
// refused, and where reading goes on behind them.
type Batch struct {
	Records []any
	Refused []formats.Refusal
	// Checkpoint is where the next read goes on; nil leaves it where it is.
	Checkpoint any
	// Exchange names the request at a gateway that brought the batch (X-Road).
	Exchange string
	// Snapshot says that the reader lists everything the source has, and Last
	// that this batch ends such a list, to its last record.
	Snapshot, Last bool
	// Lines is the raw input of a stream that can't be asked again; kept until
	// the database takes the batch. May be nil.
	Lines []byte
}

// Into is a sink that puts what a decoder finds into the batch.
func Into[T any](b *Batch) formats.Sink[T] {
	return formats.Sink[T]{
		Record: func(v T) error {
			b.Records = append(b.Records, v)
			return nil
		},
		Refuse: func(r formats.Refusal) error {
			b.Refused = append(b.Refused, r)
			return nil
		},
	}
}

// Len is how many records came, understood or not.
func (b *Batch) Len() int { return len(b.Records) + len(b.Refused) }
