package province

import (
	"embed"
	"encoding/csv"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
)

//go:embed data
var data embed.FS

// Seed makes the demo's province; the same moment and seed make the same one.
const Seed = 1975

// Province is Huế as of one moment, out of one seed. Its methods are what each
// system of an agency would answer then; they may be called in any order, and
// at the same time.
type Province struct {
	seed       uint64
	now        time.Time
	units      []commune
	reservoirs []reservoir
	october    *flood
}

// commune is one of the 40 present units.
type commune struct {
	code, name, nameEN string    // "19753", "Phường Phú Xuân", "Phu Xuan Ward"
	at                 orb.Point // a point inside
	areaKm2            float64
	radiusKm           float64 // round at, nearly all of it within the unit
	weight             float64 // share of the city's goings-on
	urban              bool
}

// New takes now down to the quarter of an hour.
func New(seed uint64, now time.Time) *Province {
	p := &Province{seed: seed, now: now.In(geo.Saigon).Truncate(15 * time.Minute)}
	for _, r := range table("communes.csv") {
		p.units = append(p.units, commune{
			code: r["code"], name: r["name"], nameEN: r["name_en"],
			at:       orb.Point{number(r["lon"]), number(r["lat"])},
			areaKm2:  number(r["area_km2"]),
			radiusKm: number(r["radius_km"]),
			weight:   number(r["weight"]),
			urban:    r["urban"] == "1",
		})
	}
	p.reservoirs = reservoirs()
	p.october = newFlood(p.reservoirs)
	return p
}

// rand is the stream of one topic, so that one system's draws don't move another's.
func (p *Province) rand(topic string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(topic))
	return rand.New(rand.NewPCG(p.seed, h.Sum64()))
}

// communes are the present units, by code.
func (p *Province) communes() []commune { return p.units }

// somewhere is a point on land and the unit it was drawn for: more than half
// of them in the ten wards of the old city.
func (p *Province) somewhere(r *rand.Rand) (orb.Point, commune) {
	c := p.units[0]
	total := 0.0
	for _, u := range p.units {
		total += u.weight
	}
	x := r.Float64() * total
	for _, u := range p.units {
		if x -= u.weight; x < 0 {
			c = u
			break
		}
	}
	return c.somewhere(r), c
}

// somewhere is a point on land within the unit, nearer its middle than not.
func (c commune) somewhere(r *rand.Rand) orb.Point {
	for range 50 {
		at := away(c.at, c.radiusKm*math.Pow(r.Float64(), 0.6), 360*r.Float64())
		if onLand(at) {
			return at
		}
	}
	return c.at
}

// short is the name without its kind: "Phú Xuân".
func (c commune) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(c.name, "Phường "), "Xã ")
}

// kmPerLon and kmPerLat hold near 16.4° north to a few parts in a thousand,
// which is plenty for invented places.
const kmPerLon, kmPerLat = 106.8, 110.7

// away is the point so far off in a direction, degrees from north; to a metre.
func away(from orb.Point, km, bearingDeg float64) orb.Point {
	sin, cos := math.Sincos(bearingDeg * math.Pi / 180)
	return orb.Point{round(from[0]+km*sin/kmPerLon, 5), round(from[1]+km*cos/kmPerLat, 5)}
}

// apartKm and bearing are the distance and the direction from one point to another.
func apartKm(a, b orb.Point) float64 {
	return math.Hypot((b[0]-a[0])*kmPerLon, (b[1]-a[1])*kmPerLat)
}

func bearing(a, b orb.Point) float64 {
	deg := math.Atan2((b[0]-a[0])*kmPerLon, (b[1]-a[1])*kmPerLat) * 180 / math.Pi
	return math.Mod(deg+360, 360)
}

// coast goes from north-west to south-east through beaches and capes, within
// about a kilometre of the real one.
// Its ends run on along the neighbours', so that each point of the sea has a side.
var coast = orb.LineString{
	{106.9, 17.3}, {107.1, 17.06}, {107.19, 16.91}, {107.39, 16.742}, {107.445, 16.7}, {107.515, 16.643}, {107.545, 16.62}, {107.595, 16.588}, {107.637, 16.567},
	{107.672, 16.548}, {107.725, 16.512}, {107.795, 16.456}, {107.865, 16.394}, {107.922, 16.357}, {107.95, 16.342},
	{107.98, 16.317}, {108.018, 16.333}, {108.038, 16.318}, {108.05, 16.288}, {108.073, 16.254}, {108.1, 16.222}, {108.2, 16.21},
	{108.34, 16.12}, {108.42, 15.88}, {108.9, 15.4},
}

// lagoons are the water behind the coast: rings drawn by hand, half a kilometre rough.
var lagoons = []orb.Ring{
	{{107.418, 16.656}, {107.453, 16.637}, {107.484, 16.612}, {107.513, 16.596}, {107.56, 16.573}, {107.617, 16.551}, {107.628, 16.546},
		{107.636, 16.531}, {107.651, 16.521}, {107.686, 16.506}, {107.705, 16.494}, {107.735, 16.459}, {107.764, 16.43}, {107.805, 16.393},
		{107.837, 16.352}, {107.848, 16.355}, {107.826, 16.387}, {107.785, 16.429}, {107.763, 16.455}, {107.734, 16.488}, {107.713, 16.508},
		{107.674, 16.529}, {107.644, 16.539}, {107.636, 16.554}, {107.626, 16.57}, {107.608, 16.573}, {107.569, 16.593}, {107.524, 16.617},
		{107.495, 16.628}, {107.46, 16.65}, {107.42, 16.657}, {107.418, 16.656}},
	{{107.762, 16.362}, {107.772, 16.341}, {107.798, 16.311}, {107.838, 16.292}, {107.888, 16.297}, {107.902, 16.307}, {107.914, 16.338},
		{107.927, 16.352}, {107.905, 16.346}, {107.858, 16.352}, {107.838, 16.352}, {107.82, 16.348}, {107.79, 16.36}, {107.762, 16.362}},
	{{108.05, 16.25}, {108.045, 16.235}, {108.06, 16.222}, {108.075, 16.218}, {108.078, 16.232}, {108.068, 16.247}, {108.05, 16.25}},
}

// offshoreKm is how far out at sea a point lies; negative on the landward side.
func offshoreKm(at orb.Point) float64 { return sideKm(coast, at) }

// sideKm is how far a point lies to the left of a line, negative to its right.
func sideKm(line orb.LineString, at orb.Point) float64 {
	best, side := math.Inf(1), 1.0
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		bx, by := (b[0]-a[0])*kmPerLon, (b[1]-a[1])*kmPerLat
		px, py := (at[0]-a[0])*kmPerLon, (at[1]-a[1])*kmPerLat
		t := min(max((px*bx+py*by)/(bx*bx+by*by), 0), 1)
		if d := math.Hypot(px-t*bx, py-t*by); d < best {
			best, side = d, bx*py-by*px
		}
	}
	return math.Copysign(best, side)
}

// onLand leaves out the sea, the lagoons and the strip at the waterline.
func onLand(at orb.Point) bool {
	if offshoreKm(at) > -0.3 {
		return false
	}
	for _, l := range lagoons {
		if ringContains(l, at) {
			return false
		}
	}
	return true
}

func ringContains(ring orb.Ring, at orb.Point) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a[1] > at[1]) != (b[1] > at[1]) && at[0] < (b[0]-a[0])*(at[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

var (
	surnames = []string{"Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Lê", "Phạm", "Hoàng", "Phan", "Võ", "Đặng", "Bùi", "Hồ", "Ngô", "Dương",
		"Tôn Thất", "Đỗ", "Trương", "Huỳnh", "Cao", "Mai", "Châu"}
	menNames = []string{"Văn Hùng", "Văn Minh", "Đình Thắng", "Quang Huy", "Văn Dũng", "Thanh Sơn", "Hữu Phước", "Văn Lợi", "Đức Tài", "Công Thành",
		"Viết Cường", "Văn Bình", "Hữu Nghĩa", "Quốc Bảo", "Minh Tuấn", "Văn Chiến", "Ngọc Ánh", "Văn Hải", "Xuân Trường", "Đình Quý"}
	womenNames = []string{"Thị Hoa", "Thị Lan", "Thị Mai", "Thị Hồng", "Thị Thu", "Ngọc Diệp", "Thị Kim Anh", "Thị Bích", "Thị Hương", "Thị Thanh Tâm",
		"Thị Nga", "Thị Tuyết", "Khánh Linh", "Thị Ngọc", "Thị Phương Thảo", "Thị Cúc", "Thị Yến", "Thị Loan", "Thị Hạnh", "Bảo Trân"}
)

// person is an invented name; phone an invented number, "09…".
func person(r *rand.Rand) string {
	given := menNames
	if r.IntN(2) == 0 {
		given = womenNames
	}
	return pick(r, surnames) + " " + pick(r, given)
}

func phone(r *rand.Rand) string { return "09" + strconv.Itoa(10_000_000+r.IntN(90_000_000)) }

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// round leaves so many decimal places.
func round(x float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(x*scale) / scale
}

// table reads a file of facts: its lines by the names in its first one. The
// files are built in, so a fault in one is a fault of the program.
func table(name string) []map[string]string {
	f, err := data.Open("data/" + name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	read := csv.NewReader(f)
	read.Comment = '#'
	lines, err := read.ReadAll()
	if err != nil {
		panic(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range line {
			row[lines[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// number reads a number of a table; an empty cell is NaN.
func number(s string) float64 {
	if s == "" {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return x
}
