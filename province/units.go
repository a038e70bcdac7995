package province

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
)

// Epoch is what the map was divided into between two days.
type Epoch struct {
	From  geo.Date
	To    *geo.Date // the first day on which it was no more; nil: it stands
	Units []ingest.UnitRow
}

// Links say what the units of the epoch that began on Old went into in the one
// that began on New.
type Links struct {
	Old, New geo.Date
	Pairs    []ingest.UnitPair
}

// Units are the administrative units of Huế in their three epochs, oldest
// first, and how they followed each other. Codes, names, areas and successors
// are facts. The communes' polygons are sketches of the program's own: each
// present unit is what lies nearest to its label point in a rough outline, each
// former one a piece of the unit that it went into; the pieces fit together
// without gaps. Districts and the province get theirs from the database, as
// unions. The province was Tỉnh Thừa Thiên Huế until 2024-12-31 and is Thành phố
// Huế since: the first two epochs are its own.
//
// The first epoch is the map as known on 2024-12-31; it is dated 2021-07-01,
// when the city of Huế was enlarged to what it was then.
func Units() ([]Epoch, []Links) {
	epochs := []Epoch{{From: epochStarts[0], To: &epochStarts[1]}, {From: epochStarts[1]}} // the province's own
	for i, from := range epochStarts {
		e := Epoch{From: from}
		if i+1 < len(epochStarts) {
			to := epochStarts[i+1]
			e.To = &to
		}
		epochs = append(epochs, e)
	}
	links := []Links{{Old: epochStarts[0], New: epochStarts[1]}, {Old: epochStarts[1], New: epochStarts[2]}}
	for _, r := range table("units_crosswalk.csv") {
		l := &links[slices.IndexFunc(links, func(l Links) bool { return l.Old.String() == r["old_from"] })]
		l.Pairs = append(l.Pairs, ingest.UnitPair{OldCode: r["old_code"], NewCode: r["new_code"], Whole: r["whole"] == "true"})
	}
	cells := cellsOf(links)
	for _, r := range table("units_all.csv") {
		u := ingest.UnitRow{Code: r["code"], Kind: r["kind"], Type: r["type"], Name: r["name"], NameEN: r["name_en"], ParentCode: r["parent_code"], Approximate: true}
		if r["area_km2"] != "" {
			area := number(r["area_km2"])
			u.AreaKm2 = &area
		}
		e := slices.IndexFunc(epochStarts, func(d geo.Date) bool { return d.String() == r["valid_from"] })
		if u.Kind == "COMMUNE" {
			u.Geom = orb.MultiPolygon{{cells[e][u.Code]}}
		}
		if u.Kind != "PROVINCE" {
			e += 2
		}
		epochs[e].Units = append(epochs[e].Units, u)
	}
	return epochs, links
}

// LoadUnits writes all of Units.
func LoadUnits(ctx context.Context, tx pgx.Tx) (ingest.Result, error) {
	var sum ingest.Result
	epochs, links := Units()
	for _, e := range epochs {
		r, err := ingest.Units(ctx, tx, e.From, e.To, e.Units)
		if err != nil {
			return ingest.Result{}, err
		}
		sum.In += r.In
		sum.Changed += r.Changed
	}
	for _, l := range links {
		if err := ingest.Crosswalk(ctx, tx, l.Old, l.New, l.Pairs); err != nil {
			return ingest.Result{}, err
		}
	}
	return sum, nil
}

var epochStarts = []geo.Date{{Year: 2021, Month: 7, Day: 1}, {Year: 2025, Month: 1, Day: 1}, {Year: 2025, Month: 7, Day: 1}}

// sketch is the outline: convex, drawn by hand, with a strip of near-shore
// water in the north-east, so that ports, beaches and lagoons lie in a unit.
var sketch = cell{
	{107.02, 16.40}, {107.10, 16.23}, {107.26, 16.08}, {107.42, 16.01}, {107.62, 15.99}, {107.82, 16.01}, {108.02, 16.08}, {108.17, 16.16},
	{108.22, 16.22}, {108.20, 16.28}, {107.82, 16.54}, {107.46, 16.75}, {107.38, 16.75}, {107.25, 16.68}, {107.10, 16.55},
}

// cell is a convex polygon: its corners, counter-clockwise, the first not repeated.
type cell []orb.Point

// cellsOf gives the communes' rings of each epoch by code.
func cellsOf(links []Links) []map[string]orb.Ring {
	levels := make([]map[string]cell, len(links)+1)
	var codes []string
	var labels []orb.Point
	for _, r := range table("units_all.csv") {
		if r["label_lon"] != "" {
			codes = append(codes, r["code"])
			labels = append(labels, orb.Point{number(r["label_lon"]), number(r["label_lat"])})
		}
	}
	newest := len(levels) - 1
	levels[newest] = map[string]cell{}
	for i, c := range sketch.nearest(labels) {
		levels[newest][codes[i]] = c
	}
	for i := newest - 1; i >= 0; i-- {
		levels[i] = map[string]cell{}
		from := map[string][]string{}
		for _, p := range links[i].Pairs {
			if _, commune := levels[i+1][p.NewCode]; commune {
				from[p.NewCode] = append(from[p.NewCode], p.OldCode)
			}
		}
		for code, olds := range from {
			for j, piece := range levels[i+1][code].pieces(len(olds)) {
				levels[i][olds[j]] = piece
			}
		}
	}
	return noded(levels)
}

// nearest divides the cell into what lies nearest to each of some points in it.
func (c cell) nearest(points []orb.Point) []cell {
	out := make([]cell, len(points))
	for i, p := range points {
		out[i] = c
		for j, q := range points {
			if j != i {
				out[i] = out[i].nearer(p, q)
			}
		}
	}
	return out
}

// nearer is the part of the cell that is nearer to p than to q.
func (c cell) nearer(p, q orb.Point) cell {
	// How far a point lies on p's side of the line midway.
	side := func(x orb.Point) float64 {
		return (x[0]-(p[0]+q[0])/2)*(p[0]-q[0]) + (x[1]-(p[1]+q[1])/2)*(p[1]-q[1])
	}
	var out cell
	for i, a := range c {
		b := c[(i+1)%len(c)]
		sa, sb := side(a), side(b)
		if sa >= 0 {
			out = append(out, a)
		}
		if sa > 0 && sb < 0 || sa < 0 && sb > 0 {
			t := sa / (sa - sb)
			out = append(out, orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])})
		}
	}
	return out
}

// pieces divides the cell into n of about one size.
func (c cell) pieces(n int) []cell {
	low, high := c[0], c[0]
	for _, p := range c {
		low = orb.Point{min(low[0], p[0]), min(low[1], p[1])}
		high = orb.Point{max(high[0], p[0]), max(high[1], p[1])}
	}
	var points []orb.Point
	for i := 1; len(points) < n; i++ {
		// The sequence of Halton: anywhere, but evenly.
		p := orb.Point{low[0] + halton(i, 2)*(high[0]-low[0]), low[1] + halton(i, 3)*(high[1]-low[1])}
		if c.holds(p) {
			points = append(points, p)
		}
	}
	for range 20 {
		for i, piece := range c.nearest(points) {
			points[i] = piece.centroid()
		}
	}
	return c.nearest(points)
}

func halton(i, base int) float64 {
	x, f := 0.0, 1.0
	for ; i > 0; i /= base {
		f /= float64(base)
		x += f * float64(i%base)
	}
	return x
}

func (c cell) holds(p orb.Point) bool {
	for i, a := range c {
		if b := c[(i+1)%len(c)]; cross(a, b, p) <= 0 {
			return false
		}
	}
	return true
}

func (c cell) centroid() orb.Point {
	var x, y, area float64
	for i := 1; i+1 < len(c); i++ {
		w := cross(c[0], c[i], c[i+1])
		x += w * (c[0][0] + c[i][0] + c[i+1][0]) / 3
		y += w * (c[0][1] + c[i][1] + c[i+1][1]) / 3
		area += w
	}
	return orb.Point{x / area, y / area}
}

// cross is twice the area of a triangle, positive when it turns to the left.
func cross(a, b, p orb.Point) float64 {
	return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
}

// noded rounds the corners to 1e-7 degrees and gives each border all corners
// that lie on it, so that neighbours, and epochs, have the very same borders.
func noded(levels []map[string]cell) []map[string]orb.Ring {
	corners := map[orb.Point]bool{}
	for _, cells := range levels {
		for _, c := range cells {
			for _, p := range c {
				corners[rounded(p)] = true
			}
		}
	}
	var all []orb.Point
	for p := range corners {
		all = append(all, p)
	}
	slices.SortFunc(all, func(p, q orb.Point) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	out := make([]map[string]orb.Ring, len(levels))
	for i, cells := range levels {
		out[i] = map[string]orb.Ring{}
		for code, c := range cells {
			out[i][code] = c.through(all)
		}
	}
	return out
}

func (c cell) through(corners []orb.Point) orb.Ring {
	const near = 2e-7
	var ring orb.Ring
	for i := range c {
		a, b := rounded(c[i]), rounded(c[(i+1)%len(c)])
		length := math.Hypot(b[0]-a[0], b[1]-a[1])
		if length == 0 {
			continue
		}
		along := func(p orb.Point) float64 { return ((p[0]-a[0])*(b[0]-a[0]) + (p[1]-a[1])*(b[1]-a[1])) / length }
		on := []orb.Point{a}
		for _, p := range corners {
			if t := along(p); t > 0 && t < length && p != a && p != b && math.Abs(cross(a, b, p)) < near*length {
				on = append(on, p)
			}
		}
		slices.SortStableFunc(on, func(p, q orb.Point) int { return cmp.Compare(along(p), along(q)) })
		ring = append(ring, on...)
	}
	return append(ring, ring[0])
}

func rounded(p orb.Point) orb.Point { return orb.Point{round(p[0], 7), round(p[1], 7)} }
