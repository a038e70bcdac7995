package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/ingest/formats/vms"
	"geohub/province"
	"geohub/systems"
)

const (
	vmsPage      = 5000 // positions
	registerPage = 200  // vessels
)

// vmsService is the fisheries' monitoring centre: the positions of devices and
// skippers, and the fleet's register with what the watch takes each vessel to
// be doing.
func vmsService() service {
	return service{name: "vms", handler: func(s *Server) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /positions", s.vmsPositions)
		mux.HandleFunc("GET /vessels", s.vmsVessels)
		return mux
	}, sources: `
  - name: vms
    format: vms
    address: {{.HTTP}}/positions
    every: 30s
  - name: fleet-register
    format: vms-register
    address: {{.HTTP}}/vessels
    every: 1m
`}
}

// vmsPositions answers since=&until=&skip=, oldest first. The next page is named
// in the body.
func (s *Server) vmsPositions(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	since, until, skip := time.Time{}, s.Now(), 0
	var err error
	if text := q.Get("since"); text != "" {
		since, err = time.Parse(time.RFC3339, text)
	}
	if text := q.Get("until"); text != "" && err == nil {
		until, err = time.Parse(time.RFC3339Nano, text)
	}
	if text := q.Get("skip"); text != "" && err == nil {
		skip, err = strconv.Atoi(text)
	}
	if err != nil || skip < 0 {
		http.Error(w, "since and until are RFC 3339, skip is a number", http.StatusBadRequest)
		return
	}
	all := rows(s, "vms", monitored)
	from := sortedAfter(all, since.Add(-time.Nanosecond))
	to := sortedAfter(all, until)
	from = min(from+skip, to)
	page := all[from:min(from+vmsPage, to)]
	answer := map[string]any{"positions": page}
	if from+len(page) < to {
		answer["next"] = "positions?" + url.Values{"since": {since.Format(time.RFC3339)}, "until": {until.Format(time.RFC3339Nano)}, "skip": {strconv.Itoa(skip + len(page))}}.Encode()
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

// sortedAfter is where in positions by time those after a moment begin.
func sortedAfter(all []vms.Position, at time.Time) int {
	i, _ := slices.BinarySearchFunc(all, at, func(p vms.Position, at time.Time) int {
		if p.Time.After(at) {
			return 1
		}
		return -1
	})
	return i
}

// monitored are the positions that didn't come by AIS, by time, up to the
// quarter of an hour's end.
func monitored(p *province.Province) []vms.Position {
	all := []vms.Position{}
	for _, ship := range p.Fleet() {
		track := ship.Positions(p.Now())
		for _, at := range ship.Positions(p.Now().Add(15 * time.Minute)) {
			if at.At.After(p.Now()) {
				track = append(track, at)
			}
		}
		was := systems.VesselStatus("")
		for _, at := range track {
			is := ship.State(at.At)
			if *at.PositionSource != "AIS" {
				all = append(all, reported(ship.Row(), at, eventOf(was, is)))
			}
			was = is
		}
	}
	slices.SortStableFunc(all, func(a, b vms.Position) int { return a.Time.Compare(b.Time) })
	return all
}

func reported(row *systems.Vessel, at systems.Position, event vms.Event) vms.Position {
	p := vms.Position{VesselReg: row.RecordKey, Provider: "VNPT", Lat: new(at.Geom.Lat()), Lon: new(at.Geom.Lon()), Time: at.At,
		Speed: at.SpeedKn, Heading: at.CourseDeg, Event: event, Source: vms.Sat}
	switch {
	case *at.PositionSource == "MANUAL":
		p.Source, p.Provider = vms.Manual6H, ""
	case at.CourseDeg == nil:
		p.Source = vms.GSM
	}
	if len(row.VmsDeviceIds) > 0 {
		p.DeviceID = row.VmsDeviceIds[0]
	}
	return p
}

// eventOf is what a device reports when its vessel's state has changed.
func eventOf(was, is systems.VesselStatus) vms.Event {
	switch {
	case was == "" || was == is:
		return vms.Pos
	case is == "DISTRESS":
		return vms.SOS
	case is == "AT_PORT":
		return vms.PortIn
	case was == "AT_PORT":
		return vms.PortOut
	}
	return vms.Pos
}

// vmsVessels answers page=1, 2, …; the next one is named in a Link.
func (s *Server) vmsVessels(w http.ResponseWriter, r *http.Request) {
	page := 1
	if text := r.URL.Query().Get("page"); text != "" {
		var err error
		if page, err = strconv.Atoi(text); err != nil || page < 1 {
			http.Error(w, "page is a number from 1", http.StatusBadRequest)
			return
		}
	}
	var all []vms.Vessel
	at := s.Province().Now()
	for _, ship := range fleetOf(s) {
		if ship.Registered() {
			all = append(all, entered(ship.Row(), at))
		}
	}
	from := min((page-1)*registerPage, len(all))
	to := min(from+registerPage, len(all))
	if to < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<vessels?page=%d>; rel="next"`, page+1))
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"vessels": all[from:to]})
}

// entered is a vessel as the register has it.
func entered(row *systems.Vessel, at time.Time) vms.Vessel {
	v := vms.Vessel{
		VesselReg: orNone(row.Registration), Owner: orNone(row.OwnerName), OwnerPhone: orNone(row.OwnerPhone), LMax: row.LengthM, EnginePower: row.EnginePowerKw,
		LicenceNo: orNone(row.LicenceNo), MMSI: orNone(row.MMSI), DeviceIDs: row.VmsDeviceIds, IUURisk: string(orNone(row.IUURisk)), Unregistered: row.Unregistered,
		State: vms.State(orNone(row.VesselStatus)), StateAt: &at, UpdatedAt: &at, HomePort: strings.TrimPrefix(orNone(row.HomePortId), "place:"),
		Gear: registerGear[orNone(row.Gear)], Zone: registerZone[orNone(row.VesselClass)],
	}
	if v.VesselReg == "" {
		v.Code = row.RecordKey
	}
	if row.LicenceTo != nil {
		v.LicenceTo = row.LicenceTo.String()
	}
	if row.FoodSafetyCertTo != nil {
		v.FoodSafetyTo = row.FoodSafetyCertTo.String()
	}
	return v
}

var registerGear = map[systems.FishingGear]vms.Gear{"TRAWL": vms.Trawl, "PURSE_SEINE": vms.PurseSeine, "GILLNET": vms.Gillnet, "LONGLINE": vms.Line,
	"SQUID_JIG": vms.SquidJig, "TRAP": vms.Trap, "OTHER": vms.OtherGear}

var registerZone = map[systems.VesselClass]vms.Zone{"COASTAL": vms.Coastal, "INSHORE": vms.Inshore, "OFFSHORE": vms.Offshore}
