package ais

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// sentence is one !xxVDM or !xxVDO, its slices lying in the line it came in.
type sentence struct {
	talker  []byte // "AIVDM": talker and formatter
	total   int
	number  int // from 1
	seq     int // 0 to 9, −1 where it has none
	channel []byte
	payload []byte
	fill    int
}

func (s *sentence) own() bool { return s.talker[4] == 'O' }

// vessel tells whether text, from its "!" on, begins a VDM or VDO sentence.
func vessel(text []byte) bool {
	return len(text) > 6 && text[0] == '!' && text[3] == 'V' && text[4] == 'D' && (text[5] == 'M' || text[5] == 'O') && text[6] == ','
}

// begins tells whether text, from its "!" or "$" on, begins any sentence.
func begins(text []byte) bool {
	if len(text) < 7 || text[6] != ',' {
		return false
	}
	for _, c := range text[1:6] {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// parse reads the text between "!" and "*".
func (s *sentence) parse(text []byte) error {
	var fields [8][]byte
	n := 0
	for rest := text; n < len(fields); n++ {
		i := bytes.IndexByte(rest, ',')
		if i < 0 {
			fields[n] = rest
			n++
			break
		}
		fields[n], rest = rest[:i], rest[i+1:]
	}
	if n != 7 {
		return refusef("", "sentence has %d fields, not 7", 1+bytes.Count(text, []byte{','}))
	}
	s.talker, s.channel, s.payload = fields[0], fields[4], fields[5]
	var ok bool
	if s.total, ok = digit(fields[1]); !ok || s.total == 0 {
		return refusef("", "number of sentences %q is none of 1 to 9", fields[1])
	}
	if s.number, ok = digit(fields[2]); !ok || s.number == 0 || s.number > s.total {
		return refusef("", "sentence number %q is none of 1 to %d", fields[2], s.total)
	}
	s.seq = -1
	if len(fields[3]) > 0 {
		if s.seq, ok = digit(fields[3]); !ok {
			return refusef("", "sequence id %q is none of 0 to 9", fields[3])
		}
	}
	if len(s.channel) > 1 {
		return refusef("", "channel %q is not one character", s.channel)
	}
	if s.fill, ok = digit(fields[6]); !ok || s.fill > 5 {
		return refusef("", "fill bits %q are none of 0 to 5", fields[6])
	}
	if s.fill > 0 && s.number < s.total {
		return refusef("", "fill bits %d in sentence %d of %d: only the last has any", s.fill, s.number, s.total)
	}
	if len(s.payload) == 0 {
		return refusef("payload", "empty")
	}
	return nil
}

func digit(b []byte) (int, bool) {
	if len(b) != 1 || b[0] < '0' || b[0] > '9' {
		return 0, false
	}
	return int(b[0] - '0'), true
}

// checked tells whether sum, two hex digits, is the checksum of text, and what
// it should be.
func checked(text, sum []byte) (want byte, ok bool) {
	for _, c := range text {
		want ^= c
	}
	high, low := hex(sum[0]), hex(sum[1])
	return want, high < 16 && low < 16 && high<<4|low == want
}

func hex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// label is a TAG block as it stands before a sentence.
type label struct {
	source, destination, text []byte
	time                      time.Time
	group, groupAt, groupOf   int // the group's id, which sentence this is, of how many
}

// parse reads the text between the backslashes, checksum included, into what
// earlier blocks of the same sentence said.
func (l *label) parse(block []byte) error {
	star := bytes.LastIndexByte(block, '*')
	if star < 0 || len(block)-star != 3 {
		return refusef("tag", "TAG block has no checksum")
	}
	if want, ok := checked(block[:star], block[star+1:]); !ok {
		return refusef("tag", "TAG block's checksum is %s, its text gives %02X", block[star+1:], want)
	}
	for field := range bytes.SplitSeq(block[:star], []byte{','}) {
		key, value, ok := bytes.Cut(field, []byte{':'})
		if !ok {
			return refusef("tag", "%q is not key:value", field)
		}
		switch {
		case len(key) == 3 && key[1] == 'G': // IEC 62320-1 writes 1G2:73874
			if err := l.grouped(key[:1], key[2:], value); err != nil {
				return err
			}
		case len(key) != 1:
		case key[0] == 's':
			l.source = value
		case key[0] == 'd':
			l.destination = value
		case key[0] == 't' || key[0] == 'i':
			l.text = value
		case key[0] == 'c':
			if l.time, ok = unix(value); !ok {
				return refusef("tag", "time %q is neither seconds nor milliseconds since 1970", value)
			}
		case key[0] == 'g':
			at, rest, _ := bytes.Cut(value, []byte{'-'})
			of, id, _ := bytes.Cut(rest, []byte{'-'})
			if err := l.grouped(at, of, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *label) grouped(at, of, id []byte) error {
	var ok [3]bool
	l.groupAt, ok[0] = positive(at)
	l.groupOf, ok[1] = positive(of)
	l.group, ok[2] = positive(id)
	if ok != [3]bool{true, true, true} {
		return refusef("tag", "group %s-%s-%s is not sentence-of-id in numbers", at, of, id)
	}
	return nil
}

// suffix reads what the US Coast Guard logs behind a checksum: the station
// (r… or b…) and, last, the unix time.
func (l *label) suffix(text []byte) {
	for field := range bytes.SplitSeq(text, []byte{','}) {
		if len(field) > 1 && (field[0] == 'r' || field[0] == 'b') && l.source == nil {
			l.source = field
		}
	}
	last := text[bytes.LastIndexByte(text, ',')+1:]
	if t, ok := unix(last); ok && len(last) >= 9 && l.time.IsZero() {
		l.time = t
	}
}

// unix reads seconds, or milliseconds from 1973 on, with or without decimals.
func unix(b []byte) (time.Time, bool) {
	whole, fraction, _ := bytes.Cut(b, []byte{'.'})
	n, ok := positive(whole)
	if !ok || n >= 1e14 {
		return time.Time{}, false
	}
	if n >= 1e11 {
		return time.UnixMilli(int64(n)).UTC(), true
	}
	var nanos float64
	if len(fraction) > 0 {
		if _, ok := positive(fraction); !ok {
			return time.Time{}, false
		}
		nanos, _ = strconv.ParseFloat("0."+string(fraction), 64)
	}
	return time.Unix(int64(n), int64(math.Round(nanos*1e3))*1e6).UTC(), true
}

func positive(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
