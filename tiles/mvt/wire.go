package mvt

import "math/bits"

// This file is what of protobuf the format needs.

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func varintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// appendField appends bytes or a text with their length; field is below 128.
func appendField[T []byte | string](b []byte, field byte, content T) []byte {
	return append(appendVarint(append(b, field), uint64(len(content))), content...)
}

// fieldSize is the length of what appendField appends.
func fieldSize(n int) int { return 1 + varintSize(uint64(n)) + n }

func zigzag(v int32) uint64 { return uint64(uint32(v<<1) ^ uint32(v>>31)) }
