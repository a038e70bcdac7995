package mvt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"geohub/tiles/mvt"
	"github.com/paulmach/orb"
)

// BenchmarkPoints encodes tiles of 10,000 points, each with its id, two enums
// and a number that seldom repeats.
func BenchmarkPoints(b *testing.B) {
	const n = 10_000
	type row struct {
		lon, lat     float64
		id, kind, of []byte
		height       float64
	}
	tile := mvt.CellAt(8, 107.6, 16.4)
	bound := tile.Bounds(0)
	rnd := rand.New(rand.NewPCG(1, 2))
	kinds := [][]byte{[]byte("CARGO"), []byte("FISHING"), []byte("PASSENGER"), []byte("TANKER"), []byte("TUG")}
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{
			lon:    bound.Min[0] + rnd.Float64()*(bound.Max[0]-bound.Min[0]),
			lat:    bound.Min[1] + rnd.Float64()*(bound.Max[1]-bound.Min[1]),
			id:     fmt.Appendf(nil, "vessel:TTH-%05d-TS", i),
			kind:   kinds[rnd.IntN(len(kinds))],
			of:     kinds[rnd.IntN(2)],
			height: float64(rnd.IntN(4000)) / 10,
		}
	}
	var e mvt.Encoder
	var body []byte
	for _, bench := range []struct {
		name     string
		geometry func(*row) bool
	}{
		{"projected", func(r *row) bool { return e.PointAt(r.lon, r.lat) }},
		{"units", func(r *row) bool { return e.Point(int32(r.height), int32(r.height)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Begin(tile, "vessels", mvt.Options{})
				id, kind, of, height := e.Key("id"), e.Key("kind"), e.Key("of"), e.Key("heightM")
				for i := range rows {
					r := &rows[i]
					if bench.geometry(r) {
						e.Unique(id, r.id)
						e.String(kind, r.kind)
						e.String(of, r.of)
						e.Float(height, r.height)
					}
				}
				body = e.Append(body[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/feature")
			b.ReportMetric(float64(len(body))/n, "B/feature")
		})
	}
}

// BenchmarkPolygons encodes 300 polygons of 1,000 corners, a third of them
// across the tile's edge.
func BenchmarkPolygons(b *testing.B) {
	tile := mvt.CellAt(10, 107.6, 16.4)
	bound := tile.Bounds(0)
	width := bound.Max[0] - bound.Min[0]
	rnd := rand.New(rand.NewPCG(1, 2))
	shapes := make([]orb.Geometry, 300)
	for i := range shapes {
		centre := orb.Point{bound.Min[0] + rnd.Float64()*width, bound.Min[1] + rnd.Float64()*width}
		shapes[i] = orb.Polygon{star(rnd, centre, width/4, 1000)}
	}
	var e mvt.Encoder
	var body []byte
	b.ReportAllocs()
	for b.Loop() {
		e.Begin(tile, "units", mvt.Options{Tolerance: 1})
		for _, shape := range shapes {
			e.Geometry(shape)
		}
		body = e.Append(body[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/300/1000, "ns/corner")
}
