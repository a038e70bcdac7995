// Package connect speaks to the servers of the sources: one file a standard,
// which says how it is asked, paged and gone on with. What the answers say is
// the decoders' business (ingest/formats), what it becomes the mappings'
// (systems).
//
// The rule it keeps: nothing is held in memory but one batch, and a checkpoint
// is handed on only with the records that stand before it.
//
//	formats := connect.Formats()
//	reader, err := formats["open311"].Connect(source)
package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"geohub/ingest"
	"geohub/ingest/formats"
)

// Formats are the standards the hub reads, by name.
func Formats() map[string]ingest.Format {
	out := map[string]ingest.Format{}
	for _, f := range []ingest.Format{
		open311Format(), capFormat(), feedFormat(),
		sensorThingsFormat(), monitoringFormat(),
		aisFormat(), vmsFormat(), vmsRegisterFormat(), cefFormat(),
		onvifFormat(), cardFormat(), ngsiFormat(), billboardFormat(), heartbeatFormat(),
		dossierFormat(), tableFormat(),
	} {
		out[f.Name] = f
	}
	return out
}

// define makes a format of its typed parts. record reads a record's own JSON;
// nil: json.Unmarshal does.
func define[T any](name string, keys []string, connect func(*ingest.Source) (ingest.Reader, error),
	decode func(*ingest.Source, io.Reader, formats.Sink[T]) error, record func([]byte) (T, error)) ingest.Format {
	return ingest.Format{Name: name, Keys: keys, Connect: connect,
		Decode: func(s *ingest.Source, r io.Reader, sink formats.Sink[any]) error {
			return decode(s, r, formats.Sink[T]{Record: func(v T) error { return sink.Record(v) }, Refuse: sink.Refuse})
		},
		Record: func(text []byte) (any, error) {
			if record != nil {
				return record(text)
			}
			var v T
			err := json.Unmarshal(text, &v)
			return v, err
		},
	}
}

// reading is a Reader that is a function.
type reading func(ctx context.Context, from json.RawMessage, take taker) error

func (r reading) Read(ctx context.Context, from json.RawMessage, take func(context.Context, *ingest.Batch) error) error {
	return r(ctx, from, take)
}

// taker stores a batch.
type taker = func(context.Context, *ingest.Batch) error

// maxBatch is how many records are stored at once.
const maxBatch = 1000

// pour fills batches with what a decoder finds and hands each on when it is
// full, so that a page may be as long as it likes.
type pour struct {
	ctx  context.Context
	take taker
	// Every batch is marked with these.
	exchange string
	snapshot bool

	batch *ingest.Batch
}

// into is the decoder's end of a pour.
func into[T any](p *pour) formats.Sink[T] {
	return formats.Sink[T]{
		Record: func(v T) error {
			p.open().Records = append(p.batch.Records, v)
			return p.full()
		},
		Refuse: func(r formats.Refusal) error {
			p.open().Refused = append(p.batch.Refused, r)
			return p.full()
		},
	}
}

func (p *pour) open() *ingest.Batch {
	if p.batch == nil {
		p.batch = &ingest.Batch{Exchange: p.exchange, Snapshot: p.snapshot}
	}
	return p.batch
}

func (p *pour) full() error {
	if p.batch.Len() < maxBatch {
		return nil
	}
	return p.flush(nil, false)
}

// flush stores what is there, even if that is nothing but a checkpoint. last
// says that a complete list ends here.
func (p *pour) flush(checkpoint any, last bool) error {
	b := p.open()
	p.batch = nil
	if b.Len() == 0 && checkpoint == nil && !last {
		return nil
	}
	b.Checkpoint, b.Last = checkpoint, last
	return p.take(p.ctx, b)
}

// resume reads a checkpoint; from may be nil.
func resume(from json.RawMessage, to any) error {
	if len(from) == 0 {
		return nil
	}
	if err := json.Unmarshal(from, to); err != nil {
		return fmt.Errorf("the checkpoint can't be read: %w", err)
	}
	return nil
}

// notOurs says that a whole answer is not what was asked for: a page to log in,
// an error that calls itself a success. There is no record to put aside then.
func notOurs(address string, r formats.Refusal) error {
	return fmt.Errorf("%s does not answer with its standard: %s", address, r.Reason)
}
