package province

import (
	"sync"
	"time"

	"geohub/systems"
)

// Ship is a vessel of the fleet, to be asked where it is at any moment. It may
// be asked by several goroutines.
type Ship struct {
	p   *Province
	row *systems.Vessel

	mu sync.Mutex // v notes the trips that were worked out
	v  vessel
}

// Now is the province's moment.
func (p *Province) Now() time.Time { return p.now }

// Fleet are the vessels, each as Vessels has it.
func (p *Province) Fleet() []*Ship {
	var ships []*Ship
	for _, v := range p.fleet() {
		if track := p.track(v, p.now); len(track) > 0 {
			ships = append(ships, &Ship{p: p, row: p.row(v, track), v: v})
		}
	}
	return ships
}

// Row is the vessel as it stands at the province's moment.
func (s *Ship) Row() *systems.Vessel { return s.row }

// Transponder says whether the vessel has AIS.
func (s *Ship) Transponder() bool { return s.v.ais }

// Registered says whether the fisheries' watch has the vessel on its list: all
// of the register, and those that are registered nowhere.
func (s *Ship) Registered() bool {
	return s.v.registered || s.row.Unregistered != nil && *s.row.Unregistered
}

// Positions are those of the week before now, as Positions has them.
func (s *Ship) Positions(now time.Time) []systems.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.p.track(s.v, now)
}

// Heard is where the vessel is at a moment, when its transponder is heard then.
// due says that it sends its position: at sea at any moment, in port at those
// that Positions has.
func (s *Ship) Heard(at time.Time) (position systems.Position, heard, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.v.ais || s.v.spell != nil && s.v.spell.silent(at) {
		return position, false, false
	}
	where, moving := s.p.whereabouts(s.v, at)
	position = s.p.position(s.v, at, where, moving)
	return position, *position.PositionSource == "AIS", moving || s.v.rings(at)
}

// NavStatus is what the vessel's transponder is set to at a moment.
func (s *Ship) NavStatus(at time.Time) systems.NavStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.p.navStatus(s.v, at)
}

// State is what the vessel does at a moment, or what befalls it then.
func (s *Ship) State(at time.Time) systems.VesselStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.p.state(s.v, at)
}
