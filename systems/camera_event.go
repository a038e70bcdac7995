package systems

import (
	"context"
	"time"

	"geohub/layer"
)

// CameraEvent is what the analytics of a camera took notice of, in the terms of
// ONVIF Profile M. It lies where its camera stands, and keeps no picture and no
// face; of a number plate only what is left after masking.
type CameraEvent struct {
	layer.Base
	CameraId      *string            `layer:"filter,group,for=camera"`
	Topic         *string            `layer:"filter,group,count"`
	Rule          *string            `layer:"filter,group"`
	ObjectClass   *string            `layer:"filter,group,tile"`
	Likelihood    *float64           `layer:"filter,order"`
	StartAt       *time.Time         `layer:"filter,order"`
	EndAt         *time.Time         `layer:"filter,order"`
	EventSeverity *EventSeverity     `layer:"filter,group,count,tile"`
	Verification  *EventVerification `layer:"filter,group,count,tile"`
	Count         *int               `layer:"filter,order"`
	WaterLevelM   *float64           `layer:"filter,order"`
	PlateMasked   *string
}

// EventSeverity is how grave an event is, by the scale of FIWARE's Alert.
type EventSeverity string

// EventVerification is what a person who looked at an event found.
type EventVerification string

// CameraEvents is the layer of camera events. They happen when they happen: none is due.
var CameraEvents = layer.New[CameraEvent]("cameraEvents", layer.Spec{
	Agency: "H57.02",
	Points: true,
})

// Camera is the camera that saw it; nil when it is not known here.
func (e *CameraEvent) Camera(ctx context.Context) (*Camera, error) {
	return Cameras.Follow(ctx, &e.Base, e.CameraId)
}
