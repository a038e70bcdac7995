// Package pmtiles reads map tiles from a PMTiles archive, version 3: one file with
// all tiles of a pyramid, found by directories of varints along a Hilbert curve, see
// https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md.
//
// The one rule: nothing that the file says of its own sizes is believed. A section
// lies within the file, a directory and a tile have a bound, so that a broken archive
// is an error and never a gigabyte.
//
//	f, err := pmtiles.Open("hue.pmtiles")
//	…
//	tile, err := f.Tile(8, 204, 116) // nil: there is none
package pmtiles
