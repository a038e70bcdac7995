// Package formats holds what the decoders of the standards share: how a record
// is handed on and how one that can't be understood is refused.
//
// Each package below it reads one standard by itself, without the hub: it
// speaks the standard's own names and units, goes on after a bad record, and
// keeps its memory bounded whatever comes.
//
//	err := ais.Decode(conn, formats.Sink[ais.Message]{Record: store, Refuse: quarantine})
package formats

import "fmt"

// MaxRecord is the largest single record a decoder reads, bytes; a larger one
// is refused and passed over.
const MaxRecord = 8 << 20

// Refusal is a record that can't be understood.
type Refusal struct {
	Line   int    // the line it begins on, from 1; 0 where the format has no lines
	Path   string // the place inside the record: "info[0].area[1].polygon"; may be empty
	Reason string // what is wrong, in plain words
	Raw    []byte // the record as it came, cut at 64 KiB
}

func (r Refusal) Error() string {
	place := ""
	if r.Line > 0 {
		place = fmt.Sprintf("line %d: ", r.Line)
	}
	if r.Path != "" {
		place += r.Path + ": "
	}
	return place + r.Reason
}

// Sink takes what a decoder finds, in the order of the input. An error from
// either stops the decoder, which returns it.
type Sink[T any] struct {
	Record func(T) error
	Refuse func(Refusal) error
}

// maxRaw is how much of a refused record is kept.
const maxRaw = 64 << 10

// Reject makes a refusal of a record at a line.
func Reject(line int, path string, raw []byte, format string, args ...any) Refusal {
	return Refusal{Line: line, Path: path, Reason: fmt.Sprintf(format, args...), Raw: append([]byte(nil), raw[:min(len(raw), maxRaw)]...)}
}
