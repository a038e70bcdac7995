package postgis

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"geohub/geo"
)

// AppendGeoJSON appends a geometry, as it travels in binary, as [geo.AppendGeoJSON]
// does.
func AppendGeoJSON(b, raw []byte, decimals int) ([]byte, error) {
	if p, ok := PointOf(raw); ok && !math.IsNaN(p[0]) {
		return geo.AppendGeoJSON(b, p, decimals), nil
	}
	g, _, err := ewkb.Unmarshal(raw)
	if err != nil {
		return b, fmt.Errorf("read a geometry: %w", err)
	}
	return geo.AppendGeoJSON(b, g, decimals), nil
}

// PointOf reads a point with an SRID as a machine of little endian sends it; ok
// is false for anything else.
func PointOf(raw []byte) (p orb.Point, ok bool) {
	if len(raw) != 25 || raw[0] != 1 || binary.LittleEndian.Uint32(raw[1:]) != 0x20000001 {
		return p, false
	}
	x, y := binary.LittleEndian.Uint64(raw[9:]), binary.LittleEndian.Uint64(raw[17:])
	return orb.Point{math.Float64frombits(x), math.Float64frombits(y)}, true
}

// GeometryOf reads any geometry as it travels in binary.
func GeometryOf(raw []byte) (orb.Geometry, error) {
	g, _, err := ewkb.Unmarshal(raw)
	if err != nil {
		return nil, fmt.Errorf("read geometry: %w", err)
	}
	return g, nil
}
