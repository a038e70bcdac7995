package province

import (
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/systems"
)

// spell is what befalls a vessel again and again, by the calendar: it goes out,
// is so for a while, and is back. At any moment as many vessels are under it,
// and what was so stays so, whoever asks when.
type spell struct {
	fate                  systems.VesselStatus
	cycle, phase          time.Duration
	begins, ends, returns time.Duration // after it went out
	ground                orb.Point     // where it goes; zero: as to any trip's
}

// inTurn is what befalls one of four vessels at a time, four days each; it went
// out two days before.
func inTurn(fate systems.VesselStatus, i int) *spell {
	const turn = 96 * time.Hour
	return &spell{fate: fate, cycle: 4 * turn, phase: time.Duration(i)*turn - 48*time.Hour, begins: 48 * time.Hour, ends: 48*time.Hour + turn, returns: 60*time.Hour + turn}
}

// silence is that of about eleven out of twenty vessels, up to a week each: the
// device falls silent on the second day out, and is heard again in port.
func silence(i int) *spell {
	const cycle, begins, ends = 336 * time.Hour, 40 * time.Hour, 226 * time.Hour
	return &spell{fate: "LOST_SIGNAL", cycle: cycle, phase: time.Duration(i) * cycle / 20, begins: begins, ends: ends, returns: ends}
}

// start is when the vessel last went out to it.
func (s *spell) start(at time.Time) time.Time {
	since := time.Duration(at.Unix())*time.Second - s.phase
	return time.Unix(0, 0).Add(s.phase + since.Truncate(s.cycle)).In(geo.Saigon)
}

// fateAt is what befalls the vessel at a moment; empty when nothing does. One
// that is silent is lost after six hours.
func (s *spell) fateAt(at time.Time) systems.VesselStatus {
	begins := s.begins
	if s.fate == "LOST_SIGNAL" {
		begins += 6 * time.Hour
	}
	if out := at.Sub(s.start(at)); out < begins || out >= s.ends {
		return ""
	}
	return s.fate
}

// silent says whether the vessel is not heard at a moment.
func (s *spell) silent(at time.Time) bool {
	out := at.Sub(s.start(at))
	return s.fate == "LOST_SIGNAL" && out > s.begins && out < s.ends
}

// during says whether the vessel is out on it in some time between.
func (s *spell) during(from, to time.Time) bool { return s.start(to).Add(s.returns).After(from) }

// spellTrip is the trip on which it befalls the vessel; nil at other times.
func (p *Province) spellTrip(v vessel, at time.Time) *trip {
	from := v.spell.start(at)
	to := from.Add(v.spell.returns)
	if at.After(to) {
		return nil
	}
	n := -from.Unix()
	if v.trips[n] == nil {
		name := string(v.spell.fate) + " " + strconv.FormatInt(-n, 10)
		if v.spell.ground == (orb.Point{}) {
			v.trips[n] = p.journey(v, name, from, to)
		} else {
			v.trips[n] = tripTo(v, name, from, to, v.spell.ground)
		}
	}
	return v.trips[n]
}

// shuttle is the way that a ship which passes by is on: one end of its lane to
// the other, then back.
func (v vessel) shuttle(at time.Time) *trip {
	km := lengthKm(v.lane)
	leg := hours(km / v.speedKmh).Truncate(time.Second)
	since := time.Duration(at.Unix())*time.Second - v.phase
	n := int64(since / leg)
	way := v.lane
	if n%2 != 0 {
		way = way.Clone()
		way.Reverse()
	}
	from := time.Unix(0, 0).Add(v.phase + time.Duration(n)*leg).In(geo.Saigon)
	return &trip{from: from, to: from.Add(10 * 24 * time.Hour), way: way, lengthKm: km, topic: v.row.ID}
}
