package connect

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/vms"
)

// vmsRegisterFormat is the register of a fleet as JSON over HTTP: each read
// lists all of it, page after page.
func vmsRegisterFormat() ingest.Format {
	return define("vms-register", []string{"headers", "user", "decimalComma", "deleteAfter"}, func(s *ingest.Source) (ingest.Reader, error) {
		w, err := newWeb(s)
		if err != nil {
			return nil, err
		}
		return reading(func(ctx context.Context, _ json.RawMessage, take taker) error {
			p := &pour{ctx: ctx, take: take, snapshot: true}
			sink := vesselSink(s, into[vms.Vessel](p))
			err := paged(ctx, w, s.Address, func(body io.Reader, next *string) error {
				return vmsOptions(s, next).DecodeVessels(body, sink)
			})
			if err != nil {
				return err
			}
			return p.flush(nil, true)
		}), nil
	}, func(s *ingest.Source, r io.Reader, sink formats.Sink[vms.Vessel]) error {
		return vmsOptions(s, nil).DecodeVessels(r, vesselSink(s, sink))
	}, nil)
}

func vesselSink(s *ingest.Source, sink formats.Sink[vms.Vessel]) formats.Sink[vms.Vessel] {
	record := sink.Record
	sink.Record = func(v vms.Vessel) error {
		for _, t := range []*time.Time{v.StateAt, v.UpdatedAt} {
			if t != nil {
				*t = t.Add(-time.Duration(s.ClockAhead))
			}
		}
		return record(v)
	}
	return sink
}
