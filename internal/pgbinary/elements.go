package pgbinary

import "encoding/binary"

// Elements walks an array of one dimension, nil for an element that is NULL.
func Elements(raw []byte, each func([]byte)) {
	if binary.BigEndian.Uint32(raw) == 0 {
		return
	}
	n := int(binary.BigEndian.Uint32(raw[12:]))
	raw = raw[20:]
	for range n {
		size := int(int32(binary.BigEndian.Uint32(raw)))
		raw = raw[4:]
		if size < 0 {
			each(nil)
			continue
		}
		each(raw[:size])
		raw = raw[size:]
	}
}

// Keep copies values that are to outlive their row; NULL stays nil.
func Keep(values [][]byte) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		if v != nil {
			out[i] = append([]byte{}, v...)
		}
	}
	return out
}
