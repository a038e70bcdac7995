package geo_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgtest"
)

var withPostGIS = pgtest.Template{
	Name: "postgis",
	Key:  "1",
	Build: func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, "CREATE EXTENSION postgis")
		return err
	},
	Configure: func(c *pgxpool.Config) { c.AfterConnect = postgis.Register },
}

// Check agrees with ST_IsValid on polygons that were made to be wrong, on a grid
// where nearly everything touches, and on their images off the grid.
func TestCheckAgreesWithPostGIS(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	var accepted, refused int
	rapid.Check(t, func(t *rapid.T) {
		// One draw a batch: rapid's own draws would take longer than the database.
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var shapes []orb.Geometry
		for range 400 {
			g := gridded(rng)
			if rng.IntN(2) == 0 {
				g = offGrid(g, rng)
			}
			shapes = append(shapes, g)
		}
		for i, valid := range isValid(t, db, shapes) {
			err := geo.Check(shapes[i])
			if (err == nil) != valid {
				t.Fatalf("ST_IsValid says %v, Check says %v, of %s", valid, err, geo.AppendGeoJSON(nil, shapes[i], -1))
			}
			if valid {
				accepted++
			} else {
				refused++
			}
		}
	})
	if accepted < 1000 || refused < 1000 {
		t.Errorf("%d accepted, %d refused: too few of one kind to tell", accepted, refused)
	}
}

// Check accepts whole families that are valid by their making.
func TestCheckAcceptsTheValid(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shapes := []orb.Geometry{star(rng), comb(rng), sieve(rng)}
		for i, valid := range isValid(t, db, shapes) {
			if err := geo.Check(shapes[i]); err != nil || !valid {
				t.Fatalf("ST_IsValid says %v, Check says %v, of %s", valid, err, geo.AppendGeoJSON(nil, shapes[i], -1))
			}
		}
	})
}

func isValid(t *rapid.T, db *pgxpool.Pool, shapes []orb.Geometry) []bool {
	rows, err := db.Query(t.Context(), `SELECT ST_IsValid(g) FROM unnest($1::geometry[]) WITH ORDINALITY u(g, n) ORDER BY n`, shapes)
	if err != nil {
		t.Fatal(err)
	}
	valid, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		t.Fatal(err)
	}
	return valid
}

// gridded makes a polygon or several of a few vertices on a small grid.
func gridded(rng *rand.Rand) orb.Geometry {
	corner := func(n int) orb.Point { return orb.Point{float64(rng.IntN(n)), float64(rng.IntN(n))} }
	jagged := func(most int) orb.Ring {
		var r orb.Ring
		for range 3 + rng.IntN(most) {
			r = append(r, corner(7))
		}
		return append(r, r[0])
	}
	small := func() orb.Ring {
		at := corner(7)
		r := slices.Clone([]orb.Ring{
			ring(0, 0, 1, 0, 0, 1), ring(0, 0, 1, 1, 0, 1), ring(0, 1, 1, 0, 2, 1, 1, 2), ring(0, 0, 1, 0, 1, 1, 0, 1), ring(0, 0, 2, 1, 1, 2),
		}[rng.IntN(5)])
		for i := range r {
			r[i][0] += at[0]
			r[i][1] += at[1]
		}
		return r
	}
	box := ring(0, 0, 8, 0, 8, 8, 0, 8)
	switch rng.IntN(5) {
	case 0:
		return orb.Polygon{jagged(5)}
	case 1:
		return orb.Polygon{jagged(3), small()}
	case 2:
		p := orb.Polygon{box}
		for range 1 + rng.IntN(5) {
			p = append(p, small())
		}
		return p
	case 3:
		var m orb.MultiPolygon
		for range 2 + rng.IntN(3) {
			m = append(m, orb.Polygon{small()})
		}
		return m
	default:
		lake := orb.Polygon{box, ring(1, 1, 7, 1, 7, 7, 1, 7)}
		m := orb.MultiPolygon{lake, {small()}, {jagged(2), small()}}
		rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
		return m
	}
}

// offGrid moves a shape to Huế by a map under which equal positions stay equal
// and collinear ones are collinear no longer, but for rounding's whims.
func offGrid(g orb.Geometry, rng *rand.Rand) orb.Geometry {
	sin, cos := math.Sincos(rng.Float64())
	scale := 0.1 * rng.Float64()
	move := func(r orb.Ring) {
		for i, p := range r {
			r[i] = orb.Point{107.5 + scale*(cos*p[0]-sin*p[1]), 16.4 + scale*(sin*p[0]+cos*p[1])}
		}
	}
	g = orb.Clone(g)
	switch g := g.(type) {
	case orb.Polygon:
		for _, r := range g {
			move(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				move(r)
			}
		}
	}
	return g
}

func star(rng *rand.Rand) orb.Geometry {
	n := 3 + rng.IntN(60)
	var r orb.Ring
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.9*rng.Float64()) / float64(n))
		radius := 0.1 + rng.Float64()
		r = append(r, orb.Point{107 + radius*cos, 16 + radius*sin})
	}
	return orb.Polygon{append(r, r[0])}
}

func comb(rng *rand.Rand) orb.Geometry {
	var r orb.Ring
	teeth := 2 + rng.IntN(40)
	for i := range teeth {
		x := float64(i)
		r = append(r, orb.Point{x, 0}, orb.Point{x + 0.1 + 0.8*rng.Float64(), 1 + 9*rng.Float64()})
	}
	r = append(r, orb.Point{float64(teeth), 0}, orb.Point{float64(teeth), -1}, orb.Point{0, -1})
	return offGrid(orb.Polygon{append(r, r[0])}, rng)
}

// sieve has holes that touch each other in rows, never round.
func sieve(rng *rand.Rand) orb.Geometry {
	p := orb.Polygon{ring(0, 0, 20, 0, 20, 20, 0, 20)}
	for y := 1.0; y < 19; y += 2 {
		x := 0.5
		for range rng.IntN(9) {
			next := x + 1 + rng.Float64()
			p = append(p, ring(x, y, (x+next)/2, y-0.5*rng.Float64()-0.1, next, y, (x+next)/2, y+0.5*rng.Float64()+0.1))
			x = next
		}
	}
	return offGrid(p, rng)
}

func TestDistanceAgreesWithPostGIS(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	rng := rand.New(rand.NewPCG(1, 2))
	place := func() orb.Point { return orb.Point{360*rng.Float64() - 180, 180*rng.Float64() - 90} }
	var a, b []orb.Geometry
	for i := range 3000 {
		p := place()
		q := place()
		switch i % 3 {
		case 0: // near
			reach := math.Pow(10, -6*rng.Float64())
			q = orb.Point{p[0] + reach*rng.Float64(), min(90, p[1]+reach*rng.Float64())}
			if q[0] > 180 {
				q[0] -= 360
			}
		case 1: // nearly opposite
			q = orb.Point{p[0] + 180 - rng.Float64(), min(90, -p[1]+rng.Float64())}
			if q[0] > 180 {
				q[0] -= 360
			}
		}
		a, b = append(a, p), append(b, q)
	}
	rows, err := db.Query(t.Context(), `SELECT ST_Distance(a::geography, b::geography) FROM unnest($1::geometry[], $2::geometry[]) WITH ORDINALITY u(a, b, n) ORDER BY n`, a, b)
	if err != nil {
		t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		got := geo.DistanceM(a[i].(orb.Point), b[i].(orb.Point))
		if tolerance := 0.001 + 1e-10*want[i]; math.Abs(got-want[i]) > tolerance {
			t.Errorf("%v to %v: got %.5f, want %.5f", a[i], b[i], got, want[i])
		}
	}
}

// What is within the radius is within the boxes, all over the Earth.
func TestAroundBoundsContain(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	far := 0
	for range 20_000 {
		a := geo.Around{Lon: 360*rng.Float64() - 180, Lat: 180*rng.Float64() - 90}
		if rng.IntN(3) == 0 {
			a.Lat = math.Copysign(90-0.01*rng.Float64(), a.Lat)
		}
		if rng.IntN(3) == 0 {
			a.Lon = math.Copysign(180-0.01*rng.Float64(), a.Lon)
		}
		reach := math.Pow(10, 2.3-7*rng.Float64())
		p := orb.Point{a.Lon + reach*(2*rng.Float64()-1), max(-90, min(90, a.Lat+reach*(2*rng.Float64()-1)))}
		p[0] = math.Remainder(p[0], 360)
		a.RadiusM = geo.DistanceM(a.Point(), p) // p is on the circle
		bounds := a.Bounds()
		if !slices.ContainsFunc(bounds, func(b orb.Bound) bool { return b.Contains(p) }) {
			t.Fatalf("%+v: %v is outside %v", a, p, bounds)
		}
		for _, b := range bounds {
			if b.Min[0] < -180 || b.Max[0] > 180 || b.Min[1] < -90 || b.Max[1] > 90 || b.Min[0] > b.Max[0] {
				t.Fatalf("%+v: %v is no box", a, b)
			}
		}
		if len(bounds) == 1 && bounds[0].Max[0]-bounds[0].Min[0] < 1 {
			far++
		}
	}
	if far < 2000 {
		t.Errorf("only %d boxes are small: they may all be the world", far)
	}
}

func TestDateInPostgreSQL(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	day := geo.Date{Year: 2025, Month: 6, Day: 30}
	var text string
	var back, typed geo.Date
	var some, none *geo.Date
	var days []geo.Date
	err := db.QueryRow(t.Context(), `SELECT $1::date::text, $1::date, $2::date, $3::date, DATE '2024-02-29', ARRAY[$1::date, DATE '0001-01-01']`,
		day, &day, none).Scan(&text, &back, &some, &none, &typed, &days)
	if err != nil {
		t.Fatal(err)
	}
	if text != "2025-06-30" || back != day || some == nil || *some != day || none != nil || typed.String() != "2024-02-29" ||
		!slices.Equal(days, []geo.Date{day, {Year: 1, Month: 1, Day: 1}}) {
		t.Error(text, back, some, none, typed, days)
	}
	for _, sql := range []string{"SELECT NULL::date", "SELECT 'infinity'::date", "SELECT DATE '0044-03-15 BC'"} {
		if err := db.QueryRow(t.Context(), sql).Scan(&back); err == nil {
			t.Errorf("%s was read as %v", sql, back)
		}
	}
	if err := db.QueryRow(t.Context(), "SELECT $1::date[]", []geo.Date{day}).Scan(&days); err != nil || !slices.Equal(days, []geo.Date{day}) {
		t.Error(days, err)
	}
	if _, err := db.Exec(t.Context(), "SELECT $1::date", geo.Date{}); err == nil {
		t.Error("the zero Date was written")
	}
}
