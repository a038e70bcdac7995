package province

import (
	"math"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// week are the full hours of the last seven days, oldest first.
func (p *Province) week() []time.Time {
	end := p.now.Truncate(time.Hour)
	times := make([]time.Time, 0, 7*24+1)
	for h := 7 * 24; h >= 0; h-- {
		times = append(times, end.Add(-time.Duration(h)*time.Hour))
	}
	return times
}

// rain is millimetres in the hour that ends at at. In the flood it is Bạch
// Mã's own, and elsewhere a share of it.
func (p *Province) rain(name string, where orb.Point, at time.Time, floodShare float64) float64 {
	local := p.noise("rain "+name, at, 5*time.Hour)
	if i, in := p.october.index(at); in {
		if name == bachMa {
			return p.october.rainMm[i]
		}
		return p.october.rainMm[i] * floodShare * (1 + 0.4*local)
	}
	s := 0.85*p.noise("storm", at, 20*time.Hour) + 0.4*p.noise("front", at, 7*time.Hour) + 0.45*local + 0.8*wetness(at) - 0.75
	if s <= 0 {
		return 0
	}
	hills := 1 + 0.8*min(max((16.5-where.Lat())/0.3, 0), 1)
	return math.Pow(s, 1.6) * 9 * hills * (0.6 + 0.8*p.chance("drops "+name, int64(epochHours(at))))
}

// wetness is the season's, 0 dry to 1 in October and November.
func wetness(at time.Time) float64 {
	return ofMonth(at, [12]float64{0.35, 0.2, 0.12, 0.15, 0.25, 0.2, 0.15, 0.25, 0.6, 1, 0.95, 0.65})
}

// filling is the share of the useful volume that a reservoir holds in the
// season: room is kept for the floods, and full is the end of the year.
func filling(at time.Time) float64 {
	return ofMonth(at, [12]float64{0.96, 0.93, 0.88, 0.81, 0.72, 0.62, 0.5, 0.42, 0.38, 0.48, 0.66, 0.86})
}

// ofMonth goes straight from the middle of a month to the next one's.
func ofMonth(at time.Time, middles [12]float64) float64 {
	x := float64(at.YearDay()-1)/365.25*12 - 0.5 + 12
	i := int(x)
	t := x - float64(i)
	return middles[i%12]*(1-t) + middles[(i+1)%12]*t
}

func epochHours(at time.Time) float64 { return float64(at.Unix()) / 3600 }

// noise wavers between −1 and 1, from one value to the next in a period, and
// is the same for a moment whenever it is asked.
func (p *Province) noise(topic string, at time.Time, period time.Duration) float64 {
	x := epochHours(at) / period.Hours()
	i := math.Floor(x)
	t := x - i
	t = t * t * (3 - 2*t)
	key := keyed(p.seed, topic)
	return 2*(mixed(key, int64(i))*(1-t)+mixed(key, int64(i)+1)*t) - 1
}

// chance is a number from 0 to under 1 of a topic's n-th occasion.
func (p *Province) chance(topic string, n int64) float64 { return mixed(keyed(p.seed, topic), n) }

func keyed(seed uint64, topic string) uint64 {
	const prime = 1099511628211 // FNV's
	key := seed*prime ^ 14695981039346656037
	for i := range len(topic) {
		key = (key ^ uint64(topic[i])) * prime
	}
	return key
}

// mixed is splitmix64's finish.
func mixed(key uint64, n int64) float64 {
	z := key + uint64(n)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// keyOf is a unit's name as codes have it: "CHAN_MAY_LANG_CO".
func keyOf(c commune) string {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(c.nameEN, "Commune "), " Ward"), " Commune")
	return strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(name, " - ", "_"), " ", "_"))
}

// known is nil of NaN.
func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
