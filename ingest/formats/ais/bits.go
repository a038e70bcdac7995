package ais

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// maxBits is the longest message of the standard: type 26 over five slots.
const maxBits = 1064

// maxPayload is its length in armour characters.
const maxPayload = (maxBits + 5) / 6

// bits are the bits of a payload. Eight bytes of room behind the last let any
// field be read in one load.
type bits struct {
	buf  [(maxPayload*6+7)/8 + 8]byte
	n    int    // bits, the fill bits excluded
	acc  uint64 // bits not yet in buf
	nacc int
	end  int // bytes in buf
}

func (b *bits) reset() {
	clear(b.buf[:b.end+1])
	b.n, b.acc, b.nacc, b.end = 0, 0, 0, 0
}

// add takes one sentence's payload. Only a message's last has fill bits.
func (b *bits) add(payload []byte, fill int) error {
	if b.n+6*len(payload) > maxPayload*6 {
		return refusef("payload", "%d characters are longer than any AIS message (%d)", b.n/6+len(payload), maxPayload)
	}
	acc, nacc, end := b.acc, b.nacc, b.end
	for i, c := range payload {
		v := c - '0'
		if v > 'W'-'0' {
			if c < '`' || c > 'w' {
				return refusef("payload", "character %d is %q, which is none of the six-bit armour", i+1, rune(c))
			}
			v -= 8
		}
		acc = acc<<6 | uint64(v)
		if nacc += 6; nacc >= 8 {
			nacc -= 8
			b.buf[end] = byte(acc >> nacc)
			end++
		}
	}
	b.acc, b.nacc, b.end = acc, nacc, end
	b.buf[end] = byte(acc << (8 - nacc))
	b.n += 6*len(payload) - fill
	return nil
}

// uint reads width bits, up to 57, at start.
func (b *bits) uint(start, width int) int {
	w := binary.BigEndian.Uint64(b.buf[start>>3:])
	return int(w << (start & 7) >> (64 - width))
}

func (b *bits) int(start, width int) int {
	w := binary.BigEndian.Uint64(b.buf[start>>3:])
	return int(int64(w<<(start&7)) >> (64 - width))
}

func (b *bits) bool(start int) Opt[bool] { return Some(b.uint(start, 1) == 1) }

// text reads six-bit characters up to the first @, trailing spaces off.
func (b *bits) text(start, chars int) string {
	var s [20]byte
	n := 0
	for i := range chars {
		v := byte(b.uint(start+6*i, 6))
		if v == 0 {
			break
		}
		if v < 32 {
			v += 64
		}
		s[n] = v
		n++
	}
	for n > 0 && s[n-1] == ' ' {
		n--
	}
	return string(s[:n])
}

// writer builds a payload; the first value that does not fit is kept in err.
type writer struct {
	armour []byte
	acc    uint64
	nacc   int
	err    error
}

func (w *writer) put(v, width int) {
	w.acc = w.acc<<width | uint64(v)&(1<<width-1)
	for w.nacc += width; w.nacc >= 6; {
		w.nacc -= 6
		w.symbol(byte(w.acc >> w.nacc & 63))
	}
}

// finish pads to a whole character and says by how many bits.
func (w *writer) finish() (fill int) {
	if w.nacc == 0 {
		return 0
	}
	fill = 6 - w.nacc
	w.put(0, fill)
	return fill
}

func (w *writer) symbol(v byte) {
	if v += '0'; v > 'W' {
		v += 8
	}
	w.armour = append(w.armour, v)
}

func (w *writer) bool(v Opt[bool]) {
	if v.Value && v.Valid {
		w.put(1, 1)
		return
	}
	w.put(0, 1)
}

// number puts v within low and high, or absent where it is not set.
func (w *writer) number(name string, v Opt[int], low, high, absent, width int) {
	if !v.Valid {
		w.put(absent, width)
		return
	}
	if v.Value < low || v.Value > high {
		w.fail("%s %d is outside %d to %d", name, v.Value, low, high)
	}
	w.put(v.Value, width)
}

// scaled puts v in units of 1/scale.
func (w *writer) scaled(name string, v Opt[float64], low, high, scale float64, absent, width int) {
	if !v.Valid {
		w.put(absent, width)
		return
	}
	if !(v.Value >= low && v.Value <= high) {
		w.fail("%s %v is outside %v to %v", name, v.Value, low, high)
		return
	}
	w.put(int(math.Round(v.Value*scale)), width)
}

func (w *writer) text(name, s string, chars int) {
	if len(s) > chars {
		w.fail("%s %q is longer than %d characters", name, s, chars)
		return
	}
	for i := range chars {
		if i >= len(s) {
			w.put(0, 6)
			continue
		}
		c := s[i]
		if c <= ' '-1 || c >= '`' || c == '@' {
			w.fail("%s %q has a character that six-bit ASCII has not", name, s)
			return
		}
		w.put(int(c), 6)
	}
	if strings.HasSuffix(s, " ") {
		w.fail("%s %q ends in a space, which no reader keeps", name, s)
	}
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("encode AIS: "+format, args...)
	}
}
