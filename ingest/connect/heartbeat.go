package connect

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/billboard"
)

// heartbeatFormat is signs of life of screens as JSON over MQTT.
func heartbeatFormat() ingest.Format {
	open := func(s *ingest.Source) func(mqttMessage, formats.Sink[*billboard.Heartbeat]) error {
		return func(msg mqttMessage, sink formats.Sink[*billboard.Heartbeat]) error {
			if len(bytes.TrimSpace(msg.payload)) == 0 {
				return nil // how a retained message is taken back
			}
			return heartbeats(s, bytes.NewReader(msg.payload), sink)
		}
	}
	return mqttFormat("heartbeat", open, heartbeats, nil)
}

func heartbeats(s *ingest.Source, r io.Reader, sink formats.Sink[*billboard.Heartbeat]) error {
	return billboard.Decode(r, formats.Sink[billboard.Record]{
		Record: func(record billboard.Record) error {
			beat, ok := record.(*billboard.Heartbeat)
			if !ok {
				return sink.Refuse(formats.Reject(0, "", fmt.Append(nil, record), "no heartbeat: neither a time nor a state of a screen"))
			}
			beat.Time = beat.Time.Add(-time.Duration(s.ClockAhead))
			return sink.Record(beat)
		},
		Refuse: sink.Refuse,
	})
}
