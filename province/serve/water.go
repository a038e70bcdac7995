package serve

import (
	"sync"

	"geohub/province"
	"geohub/systems"
)

// water is what the systems of reservoirs and stations know at one moment,
// and what each of them makes of it.
type water struct {
	dams     []*systems.Dam
	stations []*systems.Station
	readings map[string][]systems.Reading // by feature; series after series, each from its oldest

	damsService, stationsService func() *staService
	files                        func() *fileTree
}

func waterOf(s *Server) *water {
	return rows(s, "water", func(p *province.Province) *water {
		w := &water{dams: p.Dams(), stations: p.Stations(), readings: map[string][]systems.Reading{}}
		for _, r := range p.Readings() {
			w.readings[r.FeatureID] = append(w.readings[r.FeatureID], r.Row)
		}
		for _, r := range p.Operations() {
			w.readings[r.FeatureID] = append(w.readings[r.FeatureID], r.Row)
		}
		w.damsService = sync.OnceValue(w.reservoirs)
		w.stationsService = sync.OnceValue(w.gauges)
		w.files = sync.OnceValue(w.transmissions)
		return w
	})
}

// sendsFiles says that the station's readings come by file, not by SensorThings.
func sendsFiles(st *systems.Station) bool {
	return *st.StationKind == "AIR" || *st.StationKind == "WATER"
}
