package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/billboard"
)

// billboardFormat reads a registry of billboards or a log of what was shown:
// CSV, XLSX or JSON over HTTP, or a file. It is read again only if it has
// changed. A registry is a complete list, a log is none.
func billboardFormat() ingest.Format {
	return define("billboard", []string{"headers", "user", "deleteAfter"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, from json.RawMessage, take taker) error {
			return readBillboards(ctx, w, from, take)
		}), nil
	}, billboards, billboardRecord)
}

func readBillboards(ctx context.Context, w *web, from json.RawMessage, take taker) error {
	var had validators
	if err := resume(from, &had); err != nil {
		return err
	}
	if w.s.DeleteAfter > 0 {
		had = validators{} // absence is counted by reads
	}
	a, err := w.get(ctx, w.s.Address, had.header())
	if err != nil {
		return err
	}
	defer a.Close()
	if a.NotModified {
		return nil
	}
	p := &pour{ctx: ctx, take: take, snapshot: w.s.DeleteAfter > 0}
	sink, broken := into[billboard.Record](p), false
	refuse := sink.Refuse
	sink.Refuse = func(r formats.Refusal) error {
		broken = true
		return refuse(r)
	}
	if err := billboards(w.s, a, sink); err != nil {
		return err
	}
	if b := p.open(); len(b.Records) == 0 && len(b.Refused) == 1 && b.Refused[0].Line == 1 && b.Refused[0].Path == "" {
		return notOurs(w.s.Address, b.Refused[0])
	}
	// Whom a broken row was about nobody knows, so the list is not complete.
	return p.flush(validatorsOf(a.Header), p.snapshot && !broken)
}

// billboards reads any of the kinds, and sets the times of a clock that runs
// ahead right.
func billboards(s *ingest.Source, r io.Reader, sink formats.Sink[billboard.Record]) error {
	ahead := time.Duration(s.ClockAhead)
	return billboard.Decode(r, formats.Sink[billboard.Record]{
		Record: func(record billboard.Record) error {
			switch v := record.(type) {
			case *billboard.Heartbeat:
				v.Time = v.Time.Add(-ahead)
			case *billboard.Play:
				v.StartAt = v.StartAt.Add(-ahead)
				v.EndAt = earlier(v.EndAt, ahead)
			case *billboard.Registry:
				v.LastHeartbeat = earlier(v.LastHeartbeat, ahead)
			}
			return sink.Record(record)
		},
		Refuse: sink.Refuse,
	})
}

func earlier(t *time.Time, by time.Duration) *time.Time {
	if t == nil {
		return nil
	}
	at := t.Add(-by)
	return &at
}

// billboardRecord reads a record's own JSON by the kind it names.
func billboardRecord(text []byte) (billboard.Record, error) {
	var head billboard.Head
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	var record billboard.Record
	switch head.Kind {
	case "registry":
		record = &billboard.Registry{}
	case "heartbeat":
		record = &billboard.Heartbeat{}
	case "play":
		record = &billboard.Play{}
	default:
		return nil, fmt.Errorf("kind %q is none of registry, heartbeat, play", head.Kind)
	}
	if err := json.Unmarshal(text, record); err != nil {
		return nil, err
	}
	return record, nil
}
