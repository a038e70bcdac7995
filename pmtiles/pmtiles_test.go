package pmtiles_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geohub/internal/pmtest"
	"geohub/pmtiles"
)

// TestTiles: each tile of an archive is found at its place, and no other is there.
func TestTiles(t *testing.T) {
	tiles := map[[3]int]string{}
	for z := range 6 {
		for x := range 1 << z {
			for y := range 1 << z {
				switch {
				case (x+y)%5 == 3: // a hole
				case x%8 < 4 && y%8 < 4 && z > 2: // sea, which is the same everywhere
					tiles[[3]int{z, x, y}] = "sea"
				default:
					tiles[[3]int{z, x, y}] = fmt.Sprintf("tile %d/%d/%d", z, x, y)
				}
			}
		}
	}
	for _, a := range []pmtest.Archive{
		{Type: 1, Tiles: tiles},
		{Type: 2, Tiles: tiles, Leaf: 7, Metadata: `{"name": "Huế"}`},
		{Type: 1, Tiles: tiles, Leaf: 64, Gzip: true, Metadata: `{"attribution": "us", "vector_layers": [{"id": "water"}]}`},
	} {
		f, err := pmtiles.Open(pmtest.Write(t, a))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Type != pmtiles.Type(a.Type) || f.Gzip != a.Gzip || f.MinZoom != 0 || f.MaxZoom != 5 || f.Bounds != [4]float64{106.5, 15.9, 108.3, 16.8} {
			t.Errorf("%+v", f.Header)
		}
		for z := range 7 {
			for x := -1; x <= 1<<z; x++ {
				for y := -1; y <= 1<<z; y++ {
					tile, err := f.Tile(z, x, y)
					if err != nil {
						t.Fatal(err)
					}
					want, there := tiles[[3]int{z, x, y}]
					if a.Gzip && tile != nil {
						if tile, err = pmtiles.Unpack(tile); err != nil {
							t.Fatal(err)
						}
					}
					if (tile != nil) != there || string(tile) != want {
						t.Fatalf("leaf %d: %d/%d/%d is %q, want %q", a.Leaf, z, x, y, tile, want)
					}
				}
			}
		}
		if a.Gzip && (f.Metadata.Attribution != "us" || len(f.Metadata.VectorLayers) != 1 || f.Metadata.VectorLayers[0].ID != "water") {
			t.Errorf("%+v", f.Metadata)
		}
	}
}

// TestOpenRefuses names what is wrong with a file.
func TestOpenRefuses(t *testing.T) {
	good := func() []byte {
		return pmtest.Archive{Type: 1, Tiles: map[[3]int]string{{0, 0, 0}: "world"}, Metadata: "{}"}.Bytes()
	}
	for _, test := range []struct {
		name, says string
		spoil      func([]byte) []byte
	}{
		{"empty", "no PMTiles archive", func([]byte) []byte { return nil }},
		{"another format", "no PMTiles archive", func(b []byte) []byte { return append([]byte("SQLite format 3"), b...) }},
		{"version 2", "of version 2", func(b []byte) []byte { b[7] = 2; return b }},
		{"zstd", "another method than gzip", func(b []byte) []byte { b[98] = 4; return b }},
		{"no such type", "tiles of type 9", func(b []byte) []byte { b[99] = 9; return b }},
		{"zooms", "zooms from 5 to 0", func(b []byte) []byte { b[100] = 5; return b }},
		{"root far away", "root directory", func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 1<<60); return b }},
		{"root too long", "root directory", func(b []byte) []byte { binary.LittleEndian.PutUint64(b[16:], 1<<60); return b }},
		{"root of a billion", "root directory", func(b []byte) []byte { copy(b[127:], "\xff\xff\xff\xff\x0f"); return b }},
		{"root not packed", "root directory", func(b []byte) []byte { b[97] = 2; return b }},
		{"metadata", "metadata", func(b []byte) []byte { b[127+5] = '['; return b }},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "spoilt.pmtiles")
			if err := os.WriteFile(path, test.spoil(good()), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := pmtiles.Open(path); err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "spoilt.pmtiles") {
				t.Errorf("%v, want %q", err, test.says)
			}
		})
	}
}

// FuzzOpen: whatever a file holds, reading it ends, with a tile or an error.
func FuzzOpen(f *testing.F) {
	tiles := map[[3]int]string{{0, 0, 0}: "world", {1, 0, 1}: "a", {1, 1, 1}: "a", {2, 3, 3}: "b"}
	f.Add(pmtest.Archive{Type: 1, Tiles: tiles, Leaf: 2}.Bytes())
	f.Add(pmtest.Archive{Type: 1, Tiles: tiles, Leaf: 2, Gzip: true}.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.pmtiles")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := pmtiles.Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		for _, at := range [][3]int{{0, 0, 0}, {1, 0, 1}, {2, 3, 3}, {20, 1 << 19, 1}} {
			file.Tile(at[0], at[1], at[2])
		}
	})
}

func Example() {
	f, err := pmtiles.Open("hue.pmtiles")
	if err != nil {
		return
	}
	defer f.Close()
	tile, err := f.Tile(8, 204, 116)
	fmt.Println(len(tile), f.Gzip, err)
}
