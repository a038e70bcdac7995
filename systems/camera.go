package systems

import (
	"context"
	"math"
	"time"

	"github.com/paulmach/orb"
	sphere "github.com/paulmach/orb/geo"

	"geohub/geo"
	"geohub/layer"
)

// Camera is a camera that watches a public place, in the terms of ONVIF. The
// hub knows where it looks and keeps nothing of what it shows. StreamUrl is the
// source's own address of its stream; it never leaves the hub, which hands the
// stream on itself (package media).
type Camera struct {
	layer.Base
	CameraKind   *CameraKind   `layer:"filter,group,tile"`
	CameraStatus *CameraStatus `layer:"filter,group,tile"`
	RoadName     *string       `layer:"filter,group,text"`
	HeightM      *float64
	AzimuthDeg   *float64   `layer:"tile,for=coverage,for=sees"`
	FovDeg       *float64   `layer:"for=coverage,for=sees"`
	RangeM       *float64   `layer:"filter,order,for=coverage,for=sees"`
	OnvifProfile *string    `layer:"filter,group"`
	AiSolutions  []string   `layer:"filter"`
	LastSeenAt   *time.Time `layer:"filter,order"`
	StreamUrl    *string    `layer:"hidden,for=stream"`
}

// CameraKind is how a camera is built, or what it is for.
type CameraKind string

// CameraStatus says whether a camera can be relied on.
type CameraStatus string

// Cameras is the layer of cameras. One that is silent for five minutes is missed.
var Cameras = layer.New[Camera]("cameras", layer.Spec{
	Agency: "H57.02",
	Due:    5 * time.Minute,
	Points: true,
	Drawn:  []layer.Drawn{{Field: "coverage", Draw: coverage, Function: "camera_coverage", Seen: "sees"}},
})

// Coverage is the polygon in EPSG:4326 that the camera sees, if nothing stands
// in the way; nil when its position, direction, angle or range is not known.
func (c *Camera) Coverage() *geo.Geometry {
	at, ok := c.Geom.(orb.Point)
	if !ok {
		return nil
	}
	seen := coverage(at, []*float64{c.AzimuthDeg, c.FovDeg, c.RangeM})
	if seen == nil {
		return nil
	}
	return &geo.Geometry{Shape: seen}
}

// Sees is what lies in the camera's coverage, of some layers or all; nil without one.
func (c *Camera) Sees(ctx context.Context, layers []layer.Name, first *int, after *string) (*layer.FeatureConnection, error) {
	return c.Seen(ctx, c.Coverage(), layers, first, after)
}

// coverage is what a camera at a point sees by its azimuth, angle and range.
func coverage(at orb.Point, figures []*float64) orb.Geometry {
	azimuthDeg, fovDeg, rangeM := figures[0], figures[1], figures[2]
	if fovDeg == nil || rangeM == nil || !(*fovDeg > 0) || !(*rangeM > 0) {
		return nil
	}
	switch {
	case azimuthDeg != nil:
		return sector(at[0], at[1], *azimuthDeg, *fovDeg, *rangeM)
	case *fovDeg >= 360:
		return sector(at[0], at[1], 0, *fovDeg, *rangeM)
	}
	return nil
}

// sector is the part of a circle of rangeM metres round a point that lies
// within fovDeg/2 on either side of azimuthDeg, clockwise from north; with
// fovDeg of 360 or more, the circle. Its one ring is closed, counterclockwise
// and of 33 points at most. It must reach neither a pole nor the antimeridian.
func sector(lon, lat, azimuthDeg, fovDeg, rangeM float64) orb.Polygon {
	const maxSteps = 32
	at := orb.Point{lon, lat}
	arc := func(fromDeg, sweepDeg float64, steps int) orb.Ring {
		ring := make(orb.Ring, 0, maxSteps+1)
		for i := range steps + 1 {
			// Bearings run clockwise, so the ring goes through them backwards.
			bearing := fromDeg - sweepDeg*float64(i)/float64(steps)
			ring = append(ring, sphere.PointAtBearingAndDistance(at, bearing, rangeM))
		}
		return ring
	}
	if fovDeg >= 360 {
		ring := arc(azimuthDeg, 360, maxSteps)
		ring[maxSteps] = ring[0] // closed to the last bit
		return orb.Polygon{ring}
	}
	steps := max(2, int(math.Ceil(fovDeg*(maxSteps-2)/360)))
	ring := append(orb.Ring{at}, arc(azimuthDeg+fovDeg/2, fovDeg, steps)...)
	return orb.Polygon{append(ring, at)}
}
