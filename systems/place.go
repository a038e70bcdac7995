package systems

import "geohub/layer"

// Place is a named place that others refer to: a port, a shelter, a beach, a
// hospital. A port's terms are those of the fishing ports' list (Decree 37/2024).
type Place struct {
	layer.Base
	Code            *string    `layer:"key,filter,order"`
	PlaceKind       *PlaceKind `layer:"filter,group,tile"`
	Address         *string    `layer:"filter,text"`
	PortClass       *string    `layer:"filter,group"`
	ShelterVessels  *int       `layer:"filter,order"`
	ChannelDepthM   *float64   `layer:"filter,order"`
	BerthM          *float64   `layer:"filter,order"`
	LandingTPerYear *float64   `layer:"filter,order"`
	LandHa          *float64   `layer:"filter,order"`
}

// PlaceKind is what a place is.
type PlaceKind string

// Places is the layer of named places. They stand: nothing is due.
var Places = layer.New[Place]("places", layer.Spec{
	Agency: "H57.12",
	Points: true,
	Named:  true,
})
