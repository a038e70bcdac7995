package mvt_test

import (
	"fmt"

	"geohub/tiles/mvt"
	"github.com/paulmach/orb"
	judge "github.com/paulmach/orb/encoding/mvt"
)

func Example() {
	var e mvt.Encoder
	tile := mvt.CellAt(10, 107.6, 16.4)
	e.Begin(tile, "dams", mvt.Options{})
	id, height := e.Key("id"), e.Key("heightM")
	if e.PointAt(107.63, 16.32) {
		e.Unique(id, []byte("dam:TT-01"))
		e.Float(height, 60.5)
	}
	body := e.Append(nil)

	e.Begin(tile, "units", mvt.Options{Tolerance: 1})
	if e.Geometry(orb.Bound{Min: orb.Point{100, 10}, Max: orb.Point{110, 20}}) {
		e.Unique(e.Key("id"), []byte("unit:46"))
	}
	body = e.Append(body)

	layers, err := judge.Unmarshal(body)
	if err != nil {
		fmt.Println(err)
	}
	for _, layer := range layers {
		for _, f := range layer.Features {
			fmt.Println(layer.Name, f.Properties["id"], f.Geometry)
		}
	}
	// Output:
	// dams dam:TT-01 [604 3842]
	// units unit:46 [[[-64 -64] [4160 -64] [4160 4160] [-64 4160] [-64 -64]]]
}
