package province

import (
	"math"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
	"geohub/systems"
)

// Positions are the last week's: at sea every half hour, in port every two
// and a half.
func (p *Province) Positions() []ingest.Point[systems.Position] {
	all := make([]ingest.Point[systems.Position], 0, 100_000)
	for _, v := range p.fleet() {
		for _, at := range p.track(v, p.now) {
			all = append(all, ingest.Point[systems.Position]{FeatureID: v.row.ID, Row: at})
		}
	}
	return all
}

// seaBoundary is the line that fishing vessels are watched not to cross; it is
// drawn for the simulation and is no boundary of any treaty.
var seaBoundary = orb.LineString{{108.35, 17.18}, {108.85, 17.08}, {109.3, 16.75}, {109.42, 16.3}, {109.42, 15.85}}

// trip is one journey to a ground and back.
type trip struct {
	from, to time.Time
	way      orb.LineString // port to ground
	lengthKm float64
	topic    string // of the wandering's noise
}

// step is the time between two positions.
const step = 30 * time.Minute

// rings says whether a moment is one at which a vessel in port reports: each
// fifth of those at sea.
func (v vessel) rings(at time.Time) bool {
	since := at.Unix() - int64(v.offset/time.Second)
	return since%int64(step/time.Second) == 0 && (since/int64(step/time.Second)+int64(v.offset/time.Minute))%5 == 0
}

// track are a vessel's positions of the week before now, oldest first; at
// least one, of one not heard of for longer.
func (p *Province) track(v vessel, now time.Time) []systems.Position {
	if !v.vms && !v.ais {
		return p.byHand(v, now)
	}
	end := now
	if v.spell != nil && v.spell.silent(now) {
		end = v.spell.start(now).Add(v.spell.begins)
	}
	from := now.Add(-7 * 24 * time.Hour)
	if end.Before(from.Add(6 * time.Hour)) {
		from = end.Add(-6 * time.Hour)
	}
	var all []systems.Position
	for at := from.Truncate(step).Add(v.offset); !at.After(end); at = at.Add(step) {
		if at.Before(from) || v.spell != nil && v.spell.silent(at) {
			continue
		}
		where, moving := p.whereabouts(v, at)
		if moving || v.rings(at) {
			all = append(all, p.position(v, at, where, moving))
		}
	}
	return all
}

func (p *Province) position(v vessel, at time.Time, where orb.Point, moving bool) systems.Position {
	source := systems.PositionSource("VMS")
	if v.ais && (!v.vms || offshoreKm(where) < 60) {
		source = "AIS"
	}
	pos := systems.Position{At: at, Geom: where, SpeedKn: new(0.0), PositionSource: &source}
	if !moving {
		return pos
	}
	const back = 10 * time.Minute
	before, _ := p.whereabouts(v, at.Add(-back))
	km := apartKm(before, where)
	*pos.SpeedKn = round(km/back.Hours()/1.852, 1)
	if km > 0.02 {
		course := bearing(before, where)
		pos.CourseDeg = new(turn(course))
		if source == "AIS" {
			pos.HeadingDeg = new(math.Mod(round(turn(course+6*p.noise("heading "+v.row.ID, at, time.Hour)), 0), 360))
		}
	}
	return pos
}

// turn brings degrees into 0 to under 360, to a tenth.
func turn(deg float64) float64 { return math.Mod(round(math.Mod(deg+720, 360), 1), 360) }

// byHand are the declarations of a vessel without devices: in port each
// morning; of one laid up the last was weeks ago.
func (p *Province) byHand(v vessel, now time.Time) []systems.Position {
	source := systems.PositionSource("MANUAL")
	at := func(daysAgo int) time.Time {
		day := now.AddDate(0, 0, -daysAgo)
		return time.Date(day.Year(), day.Month(), day.Day(), 6, 0, 0, 0, geo.Saigon).Add(v.offset)
	}
	if v.fate == "INACTIVE" {
		return []systems.Position{{At: at(20 + int(v.offset/time.Minute)), Geom: v.berth, SpeedKn: new(0.0), PositionSource: &source}}
	}
	var all []systems.Position
	for daysAgo := 7; daysAgo >= 0; daysAgo-- {
		if t := at(daysAgo); !t.After(now) {
			all = append(all, systems.Position{At: t, Geom: v.berth, SpeedKn: new(0.0), PositionSource: &source})
		}
	}
	return all
}

// state is what a vessel does at a moment, or what befalls it then.
func (p *Province) state(v vessel, at time.Time) systems.VesselStatus {
	if v.spell != nil && v.spell.fate != "LOST_SIGNAL" {
		if fate := v.spell.fateAt(at); fate != "" {
			return fate
		}
	}
	return p.doing(v, at)
}

// doing is what a vessel does at a moment.
func (p *Province) doing(v vessel, at time.Time) systems.VesselStatus {
	t := p.tripAt(v, at)
	switch {
	case t == nil:
		return "AT_PORT"
	case v.port.id == "":
		return "SAILING"
	}
	under := time.Duration(t.lengthKm / v.speedKmh * float64(time.Hour))
	if at.Sub(t.from) < under || t.to.Sub(at) < under {
		return "SAILING"
	}
	return "FISHING"
}

// whereabouts is where a vessel is, and whether it is on a trip.
func (p *Province) whereabouts(v vessel, at time.Time) (orb.Point, bool) {
	t := p.tripAt(v, at)
	if t == nil {
		return v.berth, false
	}
	out, home := at.Sub(t.from), t.to.Sub(at)
	under := time.Duration(t.lengthKm / v.speedKmh * float64(time.Hour))
	if left := min(out, home); left < under {
		return downLine(t.way, v.speedKmh*left.Hours()), true
	}
	settled := min(float64(min(out, home)-under)/float64(3*time.Hour), 1)
	settled = settled * settled * (3 - 2*settled) * v.wanderKm
	ground := t.way[len(t.way)-1]
	const period = 7 * time.Hour
	return orb.Point{
		round(ground[0]+settled*p.noise("east "+t.topic, at, period)/kmPerLon, 5),
		round(ground[1]+settled*p.noise("north "+t.topic, at, period)/kmPerLat, 5),
	}, true
}

// tripAt is the trip a vessel is on, nil in port. The same trip holds whoever
// asks when: it follows from the vessel and its number.
func (p *Province) tripAt(v vessel, at time.Time) *trip {
	if v.lane != nil {
		return v.shuttle(at)
	}
	if v.spell != nil {
		if t := p.spellTrip(v, at); t != nil {
			return t
		}
	}
	if v.period == 0 {
		return nil
	}
	since := time.Duration(at.Unix())*time.Second - v.phase
	n := int64(since / v.period)
	out := time.Duration(v.atSea * float64(v.period)).Truncate(time.Minute)
	if since-time.Duration(n)*v.period > out {
		return nil
	}
	from := time.Unix(0, 0).Add(v.phase + time.Duration(n)*v.period).In(geo.Saigon)
	if v.spell != nil && v.spell.during(from, from.Add(out)) {
		return nil // it waits in port for the trip on which something befalls it
	}
	if v.trips[n] == nil {
		v.trips[n] = p.journey(v, strconv.FormatInt(n, 10), from, from.Add(out))
	}
	return v.trips[n]
}

// journey goes to a ground that the time allows for: off the coast, on this
// side of the boundary and away from both ends of the province's sea.
func (p *Province) journey(v vessel, name string, from, to time.Time) *trip {
	topic := *v.row.Registration + " " + name
	mouth := v.port.channel[len(v.port.channel)-1]
	least, most := 22.0, min(125, v.speedKmh*to.Sub(from).Hours()*0.3)
	offshore := 15.0
	if *v.row.VesselClass != "OFFSHORE" {
		least, most, offshore = 6, 18, 1+1.5*v.wanderKm
	}
	for n := range int64(40) {
		km := least + (most-least)*p.chance("far "+topic, n)
		ground := away(mouth, km, 15+75*p.chance("bearing "+topic, n))
		if ground.Lat() > 17.08 || ground.Lon() > 109.3 || offshoreKm(ground) < offshore || boundaryKm(ground) < 14 || !clear(mouth, ground) {
			continue
		}
		return tripTo(v, topic, from, to, ground)
	}
	return tripTo(v, topic, from, to, away(mouth, least, 45))
}

func tripTo(v vessel, topic string, from, to time.Time, ground orb.Point) *trip {
	way := append(orb.LineString{v.berth}, v.port.channel[1:]...)
	way = append(way, ground)
	return &trip{from: from, to: to, way: way, lengthKm: lengthKm(way), topic: topic}
}

// clear says whether the straight way lies at sea.
func clear(a, b orb.Point) bool {
	for i := range 20 {
		t := float64(i+1) / 20
		if offshoreKm(orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}) < 1.5 {
			return false
		}
	}
	return true
}

// boundaryKm is how far a point lies on this side of the boundary; negative beyond.
func boundaryKm(at orb.Point) float64 { return -sideKm(seaBoundary, at) }

func lengthKm(way orb.LineString) float64 {
	km := 0.0
	for i := 1; i < len(way); i++ {
		km += apartKm(way[i-1], way[i])
	}
	return km
}

// downLine is the point so far down a line, its end when that is further.
func downLine(way orb.LineString, km float64) orb.Point {
	for i := 1; i < len(way); i++ {
		a, b := way[i-1], way[i]
		d := apartKm(a, b)
		if km <= d && d > 0 {
			return orb.Point{round(a[0]+(b[0]-a[0])*km/d, 5), round(a[1]+(b[1]-a[1])*km/d, 5)}
		}
		km -= d
	}
	return way[len(way)-1]
}
