package pmtiles

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// File is an open archive. It may be read by several at once.
type File struct {
	Header
	Metadata Metadata

	file *os.File
	size uint64
	root directory

	mu     sync.Mutex
	leaves map[uint64]directory // by their place; never more than keptLeaves
}

// Header is what an archive says of all its tiles.
type Header struct {
	Type             Type
	Gzip             bool // tiles are packed
	MinZoom, MaxZoom int
	Bounds           [4]float64 // west, south, east, north; degrees

	root, metadata, leafs, tiles section
	packed                       bool // directories and metadata are
}

// Type is the format of tiles.
type Type byte

// The formats.
const (
	MVT  Type = 1
	PNG  Type = 2
	JPEG Type = 3
	WebP Type = 4
	AVIF Type = 5
)

// MIME is the media type of tiles of this format; empty for an unknown one.
func (t Type) MIME() string {
	return map[Type]string{MVT: "application/vnd.mapbox-vector-tile", PNG: "image/png", JPEG: "image/jpeg", WebP: "image/webp", AVIF: "image/avif"}[t]
}

// Metadata is what an archive tells in words.
type Metadata struct {
	Name         string `json:"name"`
	Attribution  string `json:"attribution"`
	VectorLayers []struct {
		ID string `json:"id"`
	} `json:"vector_layers"`
}

type section struct{ offset, length uint64 }

const (
	headerLength = 127

	maxDirectory = 16 << 20 // bytes, unpacked
	maxTile      = 16 << 20 // bytes, packed or not
	keptLeaves   = 256
)

// Open opens an archive and checks its header, its root directory and its metadata.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file, leaves: map[uint64]directory{}}
	if err := f.begin(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func (f *File) begin() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.size = uint64(info.Size())
	b := make([]byte, headerLength)
	if _, err := f.file.ReadAt(b, 0); err != nil || string(b[:7]) != "PMTiles" {
		return errors.New("this is no PMTiles archive")
	}
	if err := f.Header.read(b); err != nil {
		return err
	}
	root, err := f.part(f.Header.root, maxDirectory, f.packed)
	if err != nil {
		return fmt.Errorf("root directory: %w", err)
	}
	if f.root, err = readDirectory(root); err != nil {
		return fmt.Errorf("root directory: %w", err)
	}
	if f.Header.metadata.length == 0 {
		return nil
	}
	metadata, err := f.part(f.Header.metadata, maxDirectory, f.packed)
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	if err := json.Unmarshal(metadata, &f.Metadata); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return nil
}

// read reads the header's fields after its first seven bytes.
func (h *Header) read(b []byte) error {
	if b[7] != 3 {
		return fmt.Errorf("this is a PMTiles archive of version %d; 3 is read", b[7])
	}
	at := func(i int) section {
		return section{binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])}
	}
	h.root, h.metadata, h.leafs, h.tiles = at(8), at(24), at(40), at(56)
	var err error
	if h.packed, err = packing(b[97]); err != nil {
		return fmt.Errorf("directories are packed %w", err)
	}
	if h.Gzip, err = packing(b[98]); err != nil {
		return fmt.Errorf("tiles are packed %w", err)
	}
	if h.Type = Type(b[99]); h.Type.MIME() == "" {
		return fmt.Errorf("tiles of type %d are not known; MVT, PNG, JPEG, WebP and AVIF are", h.Type)
	}
	h.MinZoom, h.MaxZoom = int(b[100]), int(b[101])
	if h.MinZoom > h.MaxZoom || h.MaxZoom > maxZoom {
		return fmt.Errorf("zooms from %d to %d", h.MinZoom, h.MaxZoom)
	}
	for i := range h.Bounds {
		h.Bounds[i] = float64(int32(binary.LittleEndian.Uint32(b[102+4*i:]))) / 1e7
	}
	return nil
}

func packing(b byte) (packed bool, err error) {
	switch b {
	case 0, 1: // unknown is taken for none
		return false, nil
	case 2:
		return true, nil
	}
	return false, errors.New("by another method than gzip, which is not read: pack them anew (pmtiles convert)")
}

// part reads a part of the file.
func (f *File) part(s section, bound uint64, packed bool) ([]byte, error) {
	if s.length > bound || s.offset > f.size || s.length > f.size-s.offset {
		return nil, fmt.Errorf("%d bytes at %d are too many, or not in the file", s.length, s.offset)
	}
	b := make([]byte, s.length)
	if _, err := f.file.ReadAt(b, int64(s.offset)); err != nil {
		return nil, err
	}
	if !packed {
		return b, nil
	}
	return unpack(b, bound)
}

// Tile gives a tile as it lies in the file, packed when Gzip says so; nil when there
// is none.
func (f *File) Tile(z, x, y int) ([]byte, error) {
	if z < f.MinZoom || z > f.MaxZoom || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, nil
	}
	id, in := tileID(z, x, y), f.root
	for range 4 { // a root and at most three leaves, by the specification
		e, found := in.find(id)
		if !found {
			return nil, nil
		}
		if e.run > 0 {
			at, err := within(f.tiles, e)
			if err != nil {
				return nil, err
			}
			return f.part(at, maxTile, false)
		}
		var err error
		if in, err = f.leaf(e); err != nil {
			return nil, fmt.Errorf("leaf directory: %w", err)
		}
	}
	return nil, errors.New("directories are nested too deep")
}

// within is where an entry of a section lies in the file.
func within(s section, e entry) (section, error) {
	if e.offset > s.length || uint64(e.length) > s.length-e.offset {
		return section{}, errors.New("a directory points outside of its section")
	}
	return section{s.offset + e.offset, uint64(e.length)}, nil
}

func (f *File) leaf(e entry) (directory, error) {
	f.mu.Lock()
	d, kept := f.leaves[e.offset]
	f.mu.Unlock()
	if kept {
		return d, nil
	}
	at, err := within(f.leafs, e)
	if err != nil {
		return nil, err
	}
	b, err := f.part(at, maxDirectory, f.packed)
	if err != nil {
		return nil, err
	}
	if d, err = readDirectory(b); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.leaves) >= keptLeaves {
		clear(f.leaves)
	}
	f.leaves[e.offset] = d
	return d, nil
}

// Unpack gives a tile of an archive whose tiles are packed as it was before.
func Unpack(tile []byte) ([]byte, error) { return unpack(tile, maxTile) }

func unpack(b []byte, bound uint64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(bound)+1))
	if err == nil && uint64(len(out)) > bound {
		err = fmt.Errorf("over %d bytes unpacked", bound)
	}
	return out, err
}
