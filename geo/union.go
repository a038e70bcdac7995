package geo

import "math"

// Union is the box around both; nil is nowhere.
func (b *BBox) Union(o *BBox) *BBox {
	switch {
	case b == nil:
		return o
	case o == nil:
		return b
	}
	return &BBox{math.Min(b[0], o[0]), math.Min(b[1], o[1]), math.Max(b[2], o[2]), math.Max(b[3], o[3])}
}
