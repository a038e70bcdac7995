package ais

import (
	"bytes"
	"slices"
)

// assembly is a message some of whose sentences have come.
type assembly struct {
	line    int // of the first to come
	talker  string
	channel string
	seq     int
	total   int
	tag     Tag
	parts   [9][]byte
	fill    int
	raw     []byte // the sentences as they came
}

// takes tells whether s, with the tag t, is of the same message. A sentence
// that names no station belongs to that of any.
func (a *assembly) takes(s *sentence, t Tag) bool {
	if a.seq != s.seq || a.total != s.total || a.channel != string(s.channel) || a.talker != string(s.talker) {
		return false
	}
	return a.tag.Source == t.Source || t.Source == "" || a.tag.Source == ""
}

func (a *assembly) complete() bool {
	return !slices.ContainsFunc(a.parts[:a.total], func(p []byte) bool { return p == nil })
}

// part takes one sentence of several, and decodes the message with its last.
func (d *Decoder) part(s *sentence, t Tag, text []byte) error {
	if len(s.payload) > maxPayload {
		return d.refuse(text, refusef("payload", "%d characters are longer than any AIS message (%d)", len(s.payload), maxPayload))
	}
	i := slices.IndexFunc(d.pending, func(a *assembly) bool { return a.takes(s, t) })
	if i >= 0 {
		if had := d.pending[i].parts[s.number-1]; had != nil {
			if bytes.Equal(had, s.payload) {
				return nil // heard twice
			}
			if err := d.abandon(i); err != nil { // the sequence id is used again
				return err
			}
			i = -1
		}
	}
	if i < 0 {
		if len(d.pending) == maxPending {
			if err := d.abandon(0); err != nil {
				return err
			}
		}
		d.pending = append(d.pending, &assembly{line: d.line, talker: string(s.talker), channel: d.intern(s.channel), seq: s.seq, total: s.total, tag: t})
		i = len(d.pending) - 1
	}
	a := d.pending[i]
	a.tag = t.under(a.tag)
	a.parts[s.number-1] = bytes.Clone(s.payload)
	if s.number == s.total {
		a.fill = s.fill
	}
	if len(a.raw) > 0 {
		a.raw = append(a.raw, '\n')
	}
	a.raw = append(a.raw, text[:min(len(text), 1<<10)]...)
	if !a.complete() {
		return nil
	}
	d.pending = slices.Delete(d.pending, i, i+1)
	return d.assembled(a)
}

func (d *Decoder) assembled(a *assembly) error {
	d.bits.reset()
	for i, p := range a.parts[:a.total] {
		fill := 0
		if i == a.total-1 {
			fill = a.fill
		}
		if err := d.bits.add(p, fill); err != nil {
			return d.refuseAt(a.line, a.raw, refusef("payload", "sentence %d of %d: %s", i+1, a.total, err))
		}
	}
	m := Message{Tag: a.tag, Channel: a.channel, Own: a.talker[4] == 'O', Line: a.line}
	if err := d.bits.message(&m); err != nil {
		return d.refuseAt(a.line, a.raw, err)
	}
	return d.sink.Record(m)
}

// expire gives up the messages that began too many lines ago.
func (d *Decoder) expire() error {
	for len(d.pending) > 0 && d.line-d.pending[0].line > maxGapLines {
		if err := d.abandon(0); err != nil {
			return err
		}
	}
	return nil
}

// stale gives up the messages that began too long before t, by their own
// station's clock.
func (d *Decoder) stale(t Tag) error {
	if t.Time.IsZero() {
		return nil
	}
	for i := 0; i < len(d.pending); {
		a := d.pending[i]
		if a.tag.Time.IsZero() || a.tag.Source != t.Source || t.Time.Sub(a.tag.Time).Abs() <= maxGap {
			i++
			continue
		}
		if err := d.abandon(i); err != nil {
			return err
		}
	}
	return nil
}

// abandon refuses an incomplete message at the line of its first sentence.
func (d *Decoder) abandon(i int) error {
	a := d.pending[i]
	d.pending = slices.Delete(d.pending, i, i+1)
	missing := 1 + slices.IndexFunc(a.parts[:a.total], func(p []byte) bool { return p == nil })
	return d.refuseAt(a.line, a.raw, refusef("", "sentence %d of %d is missing", missing, a.total))
}
