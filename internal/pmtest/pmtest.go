// Package pmtest writes small PMTiles archives for tests, from the
// specification and without the reader's code: ids by walking the curve, sections in
// an order of its own.
package pmtest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Archive is what an archive holds.
type Archive struct {
	Type     byte
	Gzip     bool // directories, metadata and tiles are packed
	Metadata string
	// Tiles are by zoom, column and row. Neighbours on the curve with the same
	// contents are written once.
	Tiles map[[3]int]string
	// Leaf is how many entries a leaf directory has; 0: all are in the root.
	Leaf int
}

type entry struct{ id, offset, length, run uint64 }

// Write writes an archive into a folder of the test's own.
func Write(t testing.TB, a Archive) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "base.pmtiles")
	if err := os.WriteFile(path, a.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Bytes is the archive.
func (a Archive) Bytes() []byte {
	var entries []entry
	var tiles []byte
	deepest, lowest := 0, 99
	for at := range a.Tiles {
		deepest, lowest = max(deepest, at[0]), min(lowest, at[0])
	}
	id, last := uint64(0), ""
	for z := range deepest + 1 {
		for d := range 1 << (2 * z) {
			x, y := along(1<<z, d)
			tile, there := a.Tiles[[3]int{z, x, y}]
			if n := len(entries); there && n > 0 && tile == last && entries[n-1].id+entries[n-1].run == id {
				entries[n-1].run++
			} else if there {
				packed := a.pack([]byte(tile))
				entries = append(entries, entry{id, uint64(len(tiles)), uint64(len(packed)), 1})
				tiles, last = append(tiles, packed...), tile
			}
			id++
		}
	}
	root, leaves := entries, []byte(nil)
	if a.Leaf > 0 {
		root = nil
		for from := 0; from < len(entries); from += a.Leaf {
			leaf := a.pack(directory(entries[from:min(from+a.Leaf, len(entries))]))
			root = append(root, entry{entries[from].id, uint64(len(leaves)), uint64(len(leaf)), 0})
			leaves = append(leaves, leaf...)
		}
	}
	var metadata []byte
	if a.Metadata != "" {
		metadata = a.pack([]byte(a.Metadata))
	}

	out := make([]byte, 127)
	copy(out, "PMTiles\x03")
	for i, section := range [][]byte{a.pack(directory(root)), metadata, leaves, tiles} {
		binary.LittleEndian.PutUint64(out[8+16*i:], uint64(len(out)))
		binary.LittleEndian.PutUint64(out[16+16*i:], uint64(len(section)))
		out = append(out, section...)
	}
	out[97], out[98] = 1, 1
	if a.Gzip {
		out[97], out[98] = 2, 2
	}
	out[99], out[100], out[101] = a.Type, byte(lowest), byte(deepest)
	for i, degrees := range []float64{106.5, 15.9, 108.3, 16.8} {
		binary.LittleEndian.PutUint32(out[102+4*i:], uint32(int32(degrees*1e7)))
	}
	return out
}

func (a Archive) pack(b []byte) []byte {
	if !a.Gzip {
		return b
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func directory(entries []entry) []byte {
	b := binary.AppendUvarint(nil, uint64(len(entries)))
	last := uint64(0)
	for _, e := range entries {
		b, last = binary.AppendUvarint(b, e.id-last), e.id
	}
	for _, e := range entries {
		b = binary.AppendUvarint(b, e.run)
	}
	for _, e := range entries {
		b = binary.AppendUvarint(b, e.length)
	}
	for i, e := range entries {
		if i > 0 && e.offset == entries[i-1].offset+entries[i-1].length {
			b = binary.AppendUvarint(b, 0)
		} else {
			b = binary.AppendUvarint(b, e.offset+1)
		}
	}
	return b
}

// along is the d-th cell of a Hilbert curve through n by n cells.
func along(n, d int) (x, y int) {
	for s := 1; s < n; s *= 2 {
		rx := 1 & (d / 2)
		ry := 1 & (d ^ rx)
		if ry == 0 {
			if rx == 1 {
				x, y = s-1-x, s-1-y
			}
			x, y = y, x
		}
		x, y, d = x+s*rx, y+s*ry, d/4
	}
	return x, y
}
