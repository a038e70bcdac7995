package mvt

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"math/rand/v2"
)

// dictionary is the values of a layer, each written once.
type dictionary struct {
	written []byte // each a field of the layer
	n       uint32

	texts, doubles, integers index
	truth                    [2]uint32 // numbers + 1 of false and true

	seed  maphash.Seed
	salts [2]uint64
}

// Fields of the format's Value.
const (
	valueString = 1<<3 | 2
	valueDouble = 3<<3 | 1
	valueSint   = 6 << 3
	valueBool   = 7 << 3
)

func (d *dictionary) reset() {
	if d.salts[1] == 0 {
		// Salted, so that nobody can prepare values that all collide.
		d.seed, d.salts = maphash.MakeSeed(), [2]uint64{rand.Uint64(), rand.Uint64() | 1}
	}
	d.texts.reset()
	d.doubles.reset()
	d.integers.reset()
	d.written, d.n, d.truth = d.written[:0], 0, [2]uint32{}
}

func (d *dictionary) cap() int {
	return cap(d.written) + 16*(cap(d.texts.slots)+cap(d.doubles.slots)+cap(d.integers.slots))
}

func (d *dictionary) text(value []byte) uint32 {
	hash := d.hashText(value)
	mask := uint32(len(d.texts.slots) - 1)
	at := hash & mask
	for ; ; at = (at + 1) & mask {
		known := &d.texts.slots[at]
		if known.number == 0 {
			break
		}
		if known.hash == hash {
			start, size := known.what>>32, known.what&math.MaxUint32
			if string(d.written[start:start+size]) == string(value) {
				return known.number - 1
			}
		}
	}
	number := d.unique(value)
	what := uint64(len(d.written)-len(value))<<32 | uint64(len(value))
	d.texts.put(at, slot{hash, number + 1, what})
	return number
}

func (d *dictionary) unique(value []byte) uint32 {
	if n := len(value); n < 0x80-2 {
		d.written = append(append(d.written, layerValue, byte(n+2), valueString, byte(n)), value...)
	} else {
		b := appendVarint(append(d.written, layerValue), uint64(fieldSize(n)))
		d.written = appendField(b, valueString, value)
	}
	return d.next()
}

func (d *dictionary) double(value float64) uint32 {
	what := math.Float64bits(value)
	number, at, hash := d.number(&d.doubles, what)
	if number > 0 {
		return number - 1
	}
	b := append(d.written, layerValue, 9, valueDouble)
	d.written = binary.LittleEndian.AppendUint64(b, what)
	number = d.next()
	d.doubles.put(at, slot{hash, number + 1, what})
	return number
}

func (d *dictionary) integer(value int64) uint32 {
	what := uint64(value<<1) ^ uint64(value>>63)
	number, at, hash := d.number(&d.integers, what)
	if number > 0 {
		return number - 1
	}
	b := append(d.written, layerValue, byte(1+varintSize(what)), valueSint)
	d.written = appendVarint(b, what)
	number = d.next()
	d.integers.put(at, slot{hash, number + 1, what})
	return number
}

func (d *dictionary) boolean(value bool) uint32 {
	var bit byte
	if value {
		bit = 1
	}
	if d.truth[bit] == 0 {
		d.written = append(d.written, layerValue, 2, valueBool, bit)
		d.truth[bit] = d.next() + 1
	}
	return d.truth[bit] - 1
}

// next is the index of the value just written.
func (d *dictionary) next() uint32 {
	d.n++
	return d.n - 1
}

// number looks for 64 bits: the value's number + 1, or 0 and the slot to take.
func (d *dictionary) number(x *index, what uint64) (number, at, hash uint32) {
	hash = d.mix(what, 0)
	mask := uint32(len(x.slots) - 1)
	at = hash & mask
	for {
		known := &x.slots[at]
		if known.number == 0 || known.what == what {
			return known.number, at, hash
		}
		at = (at + 1) & mask
	}
}

// hashText takes the short texts, which most are, by words that may overlap.
func (d *dictionary) hashText(value []byte) uint32 {
	switch n := len(value); {
	case n > 16:
		return uint32(maphash.Bytes(d.seed, value))
	case n >= 8:
		return d.mix(binary.LittleEndian.Uint64(value)+uint64(n), binary.LittleEndian.Uint64(value[n-8:]))
	case n >= 4:
		return d.mix(uint64(n)<<32|uint64(binary.LittleEndian.Uint32(value)), uint64(binary.LittleEndian.Uint32(value[n-4:])))
	case n > 0:
		return d.mix(uint64(n)<<24|uint64(value[0])<<16|uint64(value[n/2])<<8|uint64(value[n-1]), 0)
	}
	return 0
}

// mix folds the product of two salted words.
func (d *dictionary) mix(a, b uint64) uint32 {
	high, low := bits.Mul64(a^d.salts[0], b^d.salts[1])
	return uint32(high ^ low ^ low>>32)
}

// index finds values by their hash, by open addressing.
type index struct {
	slots []slot // a power of two of them
	used  int
	spare []slot // the slots before they grew, to grow into in a later layer
}

type slot struct {
	hash   uint32
	number uint32 // the value's index + 1; 0 means that the slot is free
	what   uint64 // the bits of a number, or where a text lies: start<<32 | length
}

// smallest is the length of slots at the start.
const smallest = 64

// reset frees the slots. Their number follows what layers need: clearing many
// for a small layer and growing few for a large one both take time.
func (x *index) reset() {
	switch n := len(x.slots); {
	case n == 0:
		x.slots = make([]slot, smallest)
	case n > smallest && x.used < n/8:
		x.slots = x.slots[:n/2]
	}
	clear(x.slots)
	x.used = 0
}

// put fills the free slot at which the search for its value ended.
func (x *index) put(at uint32, s slot) {
	x.slots[at] = s
	if x.used++; 2*x.used <= len(x.slots) {
		return
	}
	longer := 2 * len(x.slots)
	if cap(x.spare) < longer {
		x.spare = make([]slot, longer)
	}
	grown := x.spare[:longer]
	clear(grown)
	mask := uint32(longer - 1)
	for _, s := range x.slots {
		if s.number == 0 {
			continue
		}
		at := s.hash & mask
		for grown[at].number != 0 {
			at = (at + 1) & mask
		}
		grown[at] = s
	}
	x.slots, x.spare = grown, x.slots
}
