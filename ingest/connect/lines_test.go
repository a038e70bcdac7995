package connect

import (
	"bytes"
	"testing"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/ais"
	"geohub/ingest/formats/cef"
)

// Sentences that are kept for later say when they came, unless they do already.
func TestAISLinesKeepTheirTime(t *testing.T) {
	now, said := time.Unix(1772416800, 0).UTC(), time.Unix(1772413200, 0).UTC()
	position := []byte("!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C")
	tagged, err := ais.Encode(nil, ais.Message{Type: 5, MMSI: 574000001, Shipname: "A", Tag: ais.Tag{Time: said}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	lines := stamped(nil, position, now)
	for line := range bytes.Lines(tagged) {
		lines = stamped(lines, line, now)
	}
	var times []time.Time
	err = ais.Decode(bytes.NewReader(lines), formats.Sink[ais.Message]{
		Record: func(m ais.Message) error { times = append(times, m.Tag.Time.UTC()); return nil },
		Refuse: func(r formats.Refusal) error { return r },
	})
	if err != nil || len(times) != 2 || !times[0].Equal(now) || !times[1].Equal(said) {
		t.Errorf("%v: %v from %s", err, times, lines)
	}
}

// Messages that are kept for later are a line each, whatever is in them.
func TestCEFLines(t *testing.T) {
	lines := framed(framed(nil, []byte("CEF:0|a|b|1|c|d|3|msg=one\ntwo")), []byte("CEF:0|a|b|1|c|d|3|msg=three"))
	var said []string
	err := cef.Decode(bytes.NewReader(lines), formats.Sink[cef.Event]{
		Record: func(e cef.Event) error { said = append(said, e.Extension["msg"]); return nil },
		Refuse: func(r formats.Refusal) error { return r },
	})
	if err != nil || len(said) != 2 || said[0] != "one\ntwo" || said[1] != "three" {
		t.Errorf("%v: %q", err, said)
	}
}
