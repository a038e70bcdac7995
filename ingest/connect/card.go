package connect

import (
	"io"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/card"
)

// cardFormat is uses of cards as JSON over MQTT. They are counted, so what
// comes here is all that is ever seen of a card: the rules that need to tell
// one card from another are applied to the stream (cardWatch).
func cardFormat() ingest.Format {
	open := func(s *ingest.Source) func(mqttMessage, formats.Sink[card.Event]) error {
		watch := newCardWatch()
		return func(msg mqttMessage, sink formats.Sink[card.Event]) error {
			e, err := card.DecodeMessage(msg.payload)
			if err != nil {
				return refuse(sink, err)
			}
			watch.see(&e)
			return cardTimes(s, sink).Record(e)
		}
	}
	all := func(s *ingest.Source, r io.Reader, sink formats.Sink[card.Event]) error {
		return card.Decode(r, cardTimes(s, sink))
	}
	return mqttFormat("card", open, all, nil)
}

// cardTimes sets the times of a clock that runs ahead right.
func cardTimes(s *ingest.Source, sink formats.Sink[card.Event]) formats.Sink[card.Event] {
	record := sink.Record
	sink.Record = func(e card.Event) error {
		e.Time = e.Time.Add(-time.Duration(s.ClockAhead))
		for i := range e.Findings {
			e.Findings[i].OtherAt = e.Findings[i].OtherAt.Add(-time.Duration(s.ClockAhead))
		}
		return record(e)
	}
	return sink
}
