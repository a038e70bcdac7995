package vms

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"geohub/ingest/formats"
)

// Options are what a provider's positions need to be understood.
type Options struct {
	Location     *time.Location // of times without an offset; nil is Vietnam's, +07
	DecimalComma bool           // "16,75" in a string is 16.75
	// Next, when not nil, gets the envelope's "next": where its next page is.
	Next *string
}

func (o Options) location() *time.Location {
	if o.Location != nil {
		return o.Location
	}
	return time.FixedZone("+07", 7*60*60)
}

// Decode reads positions as they are written when nothing is said of them.
func Decode(r io.Reader, sink formats.Sink[Position]) error {
	return Options{}.Decode(r, sink)
}

// Decode reads positions until r ends, one record in memory at a time.
func (o Options) Decode(r io.Reader, sink formats.Sink[Position]) error {
	return decode(o, r, sink, o.position, "positions", "vesselReg", "deviceId", "lat", "lon")
}

// DecodeVessels reads the entries of a fleet's register until r ends, one in
// memory at a time: an array, an object with a "vessels" or "data" array, or an
// object a line.
func (o Options) DecodeVessels(r io.Reader, sink formats.Sink[Vessel]) error {
	return decode(o, r, sink, o.vessel, "vessels", "vesselReg", "code", "owner", "lmax")
}

// decode reads records of a list, told from its envelope by keys of their own.
func decode[T any](o Options, r io.Reader, sink formats.Sink[T], read func([]byte) (T, error), list string, own ...string) error {
	d := decoder{next: o.Next, list: list, own: own, in: scanner{r: r, line: 1}, refused: sink.Refuse}
	d.take = func(raw []byte) (bad, err error) {
		v, bad := read(raw)
		if bad != nil {
			return bad, nil
		}
		return nil, sink.Record(v)
	}
	d.in.mark()
	for {
		c, err := d.in.space()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = d.document(c)
		}
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
	}
}

// errLost says that the structure around a broken record was lost with it: what
// the scanner has gone on to is read as if it stood by itself.
var errLost = errors.New("structure is lost")

// decoder hands on what the scanner finds. The errors of its methods are the
// reader's, the sink's, or errLost.
type decoder struct {
	next    *string
	list    string   // what an envelope calls its records
	own     []string // keys that only a record has
	take    func(raw []byte) (bad, err error)
	refused func(formats.Refusal) error
	in      scanner
}

// document reads what stands outside of everything: an array, an envelope or
// one record.
func (d *decoder) document(c byte) error {
	d.in.begin()
	switch c {
	case '[':
		d.in.next()
		return d.array("")
	case '{':
		return d.object("")
	}
	if err := d.in.value(0); err != nil {
		return d.recover(err, "")
	}
	return d.recover(refusef("", "neither an object nor an array"), "")
}

// object reads a record, or an envelope: an object that has its list's name or
// "data" with an array or another object in it, and nothing of a record.
func (d *decoder) object(path string) error {
	d.in.begin()
	envelope, record := false, false
	err := d.in.object(0, func(key string, c byte) (taken bool, err error) {
		switch {
		case slices.Contains(d.own, key):
			record = true
		case key == "next" && c == '"' && d.next != nil && !record:
			from := len(d.in.buf)
			if err := d.in.value(0); err != nil {
				return true, err
			}
			*d.next = ""
			if err := json.Unmarshal(d.in.buf[from:], d.next); err != nil {
				return true, refusef("next", "%v", err)
			}
			return true, nil
		case key == d.list || key == "data":
			if record || c != '[' && c != '{' {
				return false, nil
			}
			envelope = true
			if c == '{' {
				return true, d.object(join(path, key))
			}
			d.in.next()
			return true, d.array(join(path, key))
		}
		return false, nil
	})
	switch {
	case err != nil:
		return d.recover(err, path)
	case envelope:
		return nil
	}
	return d.record(path)
}

// array reads records behind "[" up to "]".
func (d *decoder) array(path string) error {
	for i := 0; ; {
		c, err := d.in.space()
		switch {
		case errors.Is(err, io.EOF):
			d.in.begin()
			return cmp.Or(d.refuse(path, refusef("", "the array is not closed: the input ends in it")), errLost)
		case err != nil:
			return err
		case c == ']':
			d.in.next()
			return nil
		case c == ',':
			d.in.next()
			continue
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		i++
		d.in.begin()
		if err := d.in.value(0); err != nil {
			// in an array the next record, or its end, can be found
			if err := d.recover(err, at); !errors.Is(err, errLost) {
				return err
			} else if _, err := d.in.peek(); err != nil {
				return errLost
			}
			continue
		}
		if c != '{' {
			err = d.refuse(at, refusef("", "not an object"))
		} else {
			err = d.record(at)
		}
		if err != nil {
			return err
		}
	}
}

// record reads the object the scanner has just gone over.
func (d *decoder) record(path string) error {
	if d.in.size > formats.MaxRecord {
		return d.refuse(path, refusef("", "record of %d bytes is larger than %d", d.in.size, formats.MaxRecord))
	}
	bad, err := d.take(d.in.buf)
	if bad != nil {
		return d.refuse(path, bad)
	}
	return err
}

// recover refuses the record the scanner stopped in and goes on to the next:
// errLost. Any other error is the reader's or the sink's.
func (d *decoder) recover(err error, path string) error {
	var r *refusal
	switch {
	case errors.Is(err, io.EOF):
		r = &refusal{"", "the input ends in the middle of a record"}
	case !errors.As(err, &r):
		return err
	}
	skip := d.in.resync()
	if err := d.refuse(path, r); err != nil {
		return err
	}
	if skip != nil && !errors.Is(skip, io.EOF) {
		return skip
	}
	return errLost
}

func (d *decoder) refuse(path string, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	return d.refused(formats.Reject(d.in.start, join(path, r.path), d.in.buf, "%s", r.reason))
}

func join(path, field string) string {
	if path == "" || field == "" {
		return path + field
	}
	return path + "." + field
}
