package geo

import (
	"fmt"
	"io"

	"geohub/internal/fault"
	"github.com/paulmach/orb"
)

// BBox is the scalar BBox: west, south, east, north in degrees. With west > east
// it crosses the antimeridian.
type BBox [4]float64

// BBoxOf is the box of a bound that doesn't cross the antimeridian.
func BBoxOf(b orb.Bound) BBox { return BBox{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} }

// Check refuses what is no box on Earth with BAD_GEOMETRY.
func (b BBox) Check() error {
	for _, corner := range [2]struct {
		name     string
		lon, lat float64
	}{{"south-west", b[0], b[1]}, {"north-east", b[2], b[3]}} {
		if err := withinDegrees(corner.lon, corner.lat); err != nil {
			return badPlace("bbox", "%s corner: %v", corner.name, err)
		}
	}
	if b[1] > b[3] {
		return badPlace("bbox", "south %v is above north %v; the order is west, south, east, north", b[1], b[3])
	}
	return nil
}

// Bounds gives one box, or the two on either side of the antimeridian.
func (b BBox) Bounds() []orb.Bound { return cut(b[0], b[1], b[2], b[3]) }

// UnmarshalGQL takes a list of four numbers and checks them.
func (b *BBox) UnmarshalGQL(v any) error {
	numbers, ok := v.([]any)
	if !ok {
		return badPlace("bbox", "must be [west, south, east, north], not %s", kind(v))
	}
	if len(numbers) != 4 {
		return badPlace("bbox", "must be [west, south, east, north], not %d numbers", len(numbers))
	}
	var read BBox
	for i, v := range numbers {
		x, problem := number(v)
		if problem != "" {
			return badPlace(fmt.Sprintf("bbox[%d]", i), "%s", problem)
		}
		read[i] = x
	}
	if err := read.Check(); err != nil {
		return err
	}
	*b = read
	return nil
}

// MarshalGQL writes a JSON list.
func (b BBox) MarshalGQL(w io.Writer) { _, _ = w.Write(b.Append(nil)) }

// Append appends the JSON list that MarshalGQL writes.
func (b BBox) Append(to []byte) []byte {
	to = append(to, '[')
	for i, x := range b {
		to = AppendNumber(comma(to, i), x, -1)
	}
	return append(to, ']')
}

// cut splits at the antimeridian where west > east.
func cut(west, south, east, north float64) []orb.Bound {
	box := func(west, east float64) orb.Bound {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
	}
	if west <= east {
		return []orb.Bound{box(west, east)}
	}
	return []orb.Bound{box(west, 180), box(-180, east)}
}

func badPlace(at, format string, args ...any) *fault.Error {
	return fault.Invalid("BAD_GEOMETRY", "%s: %s", at, fmt.Sprintf(format, args...)).With("at", at)
}
