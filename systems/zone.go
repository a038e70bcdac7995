package systems

import (
	"geohub/geo"
	"geohub/layer"
)

// Zone is an area or a line in which a rule holds: a heritage protection zone,
// fishing waters, a closed area, a boundary, a flood extent. It says which
// decision it rests on.
type Zone struct {
	layer.Base
	ZoneCode      *string   `layer:"key,filter,order"`
	ZoneKind      *ZoneKind `layer:"filter,group,tile"`
	ZoneFrom      *geo.Date `layer:"filter,order"`
	ZoneTo        *geo.Date `layer:"filter,order"`
	Restriction   *string   `layer:"text"`
	HeritageLevel *int      `layer:"filter,group,tile"`
	FloodLevelM   *float64  `layer:"filter,order,tile"`
	LegalBasis    *string   `layer:"filter,text"`
}

// ZoneKind is the kind of rule that holds in a zone.
type ZoneKind string

// Zones is the layer of zones: polygons, and lines for boundaries. Rows of the
// heritage zones carry the code of the culture department.
var Zones = layer.New[Zone]("zones", layer.Spec{
	Agency: "H57.12",
	Named:  true,
})
