package pmtiles

import (
	"encoding/binary"
	"errors"
	"math"
	"sort"
)

// directory is sorted by id.
type directory []entry

// entry is where the tiles from an id on lie: run of them with the same contents.
// Of run 0 it is a directory for the ids from there on.
type entry struct {
	id, offset  uint64
	length, run uint32
}

// find gives the entry that a tile's id falls under.
func (d directory) find(id uint64) (entry, bool) {
	i := sort.Search(len(d), func(i int) bool { return d[i].id > id }) - 1
	if i < 0 {
		return entry{}, false
	}
	e := d[i]
	return e, e.run == 0 || id-e.id < uint64(e.run)
}

var errDirectory = errors.New("it can't be read")

// readDirectory reads the columns of a directory one after the other: ids as
// differences, runs, lengths, offsets.
func readDirectory(b []byte) (directory, error) {
	next := func() (uint64, error) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, errDirectory
		}
		b = b[n:]
		return v, nil
	}
	n, err := next()
	if err != nil || n > uint64(len(b)) { // an entry takes four bytes at least
		return nil, errDirectory
	}
	d := make(directory, n)
	for i := range d {
		v, err := next()
		if err != nil || i > 0 && v == 0 {
			return nil, errDirectory
		}
		d[i].id = v
		if i > 0 {
			d[i].id += d[i-1].id
			if d[i].id < d[i-1].id {
				return nil, errDirectory
			}
		}
	}
	for _, column := range []func(*entry, uint32){
		func(e *entry, v uint32) { e.run = v },
		func(e *entry, v uint32) { e.length = v },
	} {
		for i := range d {
			v, err := next()
			if err != nil || v > math.MaxUint32 {
				return nil, errDirectory
			}
			column(&d[i], uint32(v))
		}
	}
	for i := range d {
		v, err := next()
		switch {
		case err != nil || i == 0 && v == 0:
			return nil, errDirectory
		case v == 0: // right behind the one before
			d[i].offset = d[i-1].offset + uint64(d[i-1].length)
		default:
			d[i].offset = v - 1
		}
	}
	return d, nil
}
