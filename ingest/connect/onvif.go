package connect

import (
	"errors"
	"io"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/onvif"
)

// onvifFormat is events of ONVIF Profile M as JSON over MQTT. Number plates are
// masked before anything is kept, in messages that are refused, too.
func onvifFormat() ingest.Format {
	open := func(s *ingest.Source) func(mqttMessage, formats.Sink[onvif.Event]) error {
		running := onvifRunning{began: newRecent[time.Time](100_000)}
		return func(msg mqttMessage, sink formats.Sink[onvif.Event]) error {
			sink = onvifMasked(s, sink)
			e, err := onvif.DecodeMessage(msg.topic, msg.payload)
			if err != nil {
				return refuse(sink, err)
			}
			running.follow(&e)
			return sink.Record(e)
		}
	}
	all := func(s *ingest.Source, r io.Reader, sink formats.Sink[onvif.Event]) error {
		return onvif.Decode(r, onvifMasked(s, sink))
	}
	return mqttFormat("onvif", open, all, nil)
}

// refuse hands on a refusal that came as an error.
func refuse[T any](sink formats.Sink[T], err error) error {
	var refusal formats.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	return sink.Refuse(refusal)
}

// onvifMasked masks plates and sets the times of a clock that runs ahead right.
func onvifMasked(s *ingest.Source, sink formats.Sink[onvif.Event]) formats.Sink[onvif.Event] {
	return formats.Sink[onvif.Event]{
		Record: func(e onvif.Event) error {
			e.MaskPlates()
			e.UtcTime = e.UtcTime.Add(-time.Duration(s.ClockAhead))
			return sink.Record(e)
		},
		Refuse: func(r formats.Refusal) error {
			r.Raw, r.Reason = onvif.MaskPlatesIn(r.Raw), string(onvif.MaskPlatesIn([]byte(r.Reason)))
			return sink.Refuse(r)
		},
	}
}

// onvifRunning remembers when the states began that go on, since a message
// that ends one doesn't say it. A restart forgets them.
type onvifRunning struct{ began *recent[time.Time] }

func (o onvifRunning) follow(e *onvif.Event) {
	on, known := e.Running()
	if !known {
		return
	}
	key := e.Subject()
	began, running := o.began.get(key)
	switch {
	case on && !running:
		began = e.UtcTime
		o.began.put(key, began)
	case !on && !running:
		return
	case !on:
		o.began.remove(key)
	}
	e.BeganAt = &began
}
