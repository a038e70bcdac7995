package pmtiles

// maxZoom is the deepest zoom whose ids fit into 64 bits with room to spare.
const maxZoom = 30

// tileID numbers all tiles: those of lower zooms first, of a zoom along a Hilbert
// curve.
func tileID(z, x, y int) uint64 {
	id := (uint64(1)<<(2*z) - 1) / 3 // 1 + 4 + 16 + … tiles above
	for s := 1 << z >> 1; s > 0; s >>= 1 {
		var rx, ry int
		if x&s > 0 {
			rx = 1
		}
		if y&s > 0 {
			ry = 1
		}
		id += uint64(s) * uint64(s) * uint64(3*rx^ry)
		if ry == 0 {
			if rx == 1 {
				x, y = s-1-x, s-1-y
			}
			x, y = y, x
		}
	}
	return id
}
