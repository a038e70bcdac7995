package systems

import (
	"context"
	"time"

	"geohub/layer"
)

// Dam is a reservoir with its dam, in the terms of Decree 114/2018 and the
// inter-reservoir rule QĐ 1606/QĐ-TTg. Levels are metres above the national
// datum, flows m³/s, volumes millions of m³.
type Dam struct {
	layer.Base
	Code              *string    `layer:"key,filter,order"`
	River             *string    `layer:"filter,group,text"`
	Basin             *string    `layer:"filter,group"`
	DamKind           *DamKind   `layer:"filter,group,tile"`
	DamStatus         *DamStatus `layer:"filter,group,tile"`
	DeadLevelM        *float64
	NormalLevelM      *float64 `layer:"filter,order"`
	DesignFloodLevelM *float64
	CrestLevelM       *float64
	CapacityMcm       *float64 `layer:"filter,order"`
	UsefulMcm         *float64
	CatchmentKm2      *float64
	PowerMw           *float64 `layer:"filter,order"`
	Gated             *bool    `layer:"filter"`
	OperatingRule     *string
	LevelM            *float64 `layer:"filter,order,tile"`
	DownstreamLevelM  *float64
	StorageMcm        *float64
	StorageShare      *float64 `layer:"filter,order,tile"`
	InflowM3s         *float64 `layer:"filter,order"`
	OutflowM3s        *float64 `layer:"filter,order,tile"`
	SpillM3s          *float64
	TurbineM3s        *float64
	GatesOpen         *int
	Rain24hMm         *float64 `layer:"filter"`
}

// DamKind is what a reservoir was built for first.
type DamKind string

// DamStatus is the operating state by the reservoir's rule.
type DamStatus string

// Operating states that the hub itself reasons about.
const (
	DamNormal    DamStatus = "NORMAL"
	DamReleasing DamStatus = "RELEASING"
)

// Dams is the layer of reservoirs: measured each hour, each quarter of an hour in floods.
var Dams = layer.New[Dam]("dams", layer.Spec{
	Agency: "H57.12",
	Due:    2 * time.Hour,
	Points: true,
	Named:  true,
	Nested: []layer.Nested{readings},
})

// Readings are the newest measurements first, of all dams of a page in one statement.
func (d *Dam) Readings(ctx context.Context, parameters []string, during *layer.DateTimeRange, last *int) ([]*Reading, error) {
	return ReadingSeries.Newest(ctx, &d.Base, layer.In("parameter", parameters), during, last)
}
