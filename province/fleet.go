package province

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// Vessels are 400 of the fishing fleet, 341 of them offshore and fitted with
// monitoring devices, then 3 that are registered nowhere and 12 that only AIS
// has heard of. Each is where its newest position has it.
func (p *Province) Vessels() []*systems.Vessel {
	var rows []*systems.Vessel
	for _, v := range p.fleet() {
		if track := p.track(v, p.now); len(track) > 0 { // else nobody has heard of it yet
			rows = append(rows, p.row(v, track))
		}
	}
	return rows
}

// row is a vessel as it stands at the end of its track.
func (p *Province) row(v vessel, track []systems.Position) *systems.Vessel {
	row := v.row
	last := track[len(track)-1]
	row.Geom, row.ObservedAt, row.LastSignalAt = last.Geom, &last.At, &last.At
	row.SpeedKn, row.CourseDeg, row.HeadingDeg, row.PositionSource = last.SpeedKn, last.CourseDeg, last.HeadingDeg, last.PositionSource
	status := v.fate
	if status == "" {
		status = p.state(v, last.At)
	}
	if v.spell != nil {
		if fate := v.spell.fateAt(p.now); fate != "" {
			status = fate
		}
	}
	row.VesselStatus = &status
	row.Source, row.Sharing = "vms", access.Shared
	// Of its navigational status AIS alone tells.
	for _, at := range slices.Backward(track) {
		if *at.PositionSource == "AIS" {
			row.NavStatus = new(p.navStatus(v, at.At))
			break
		}
	}
	if v.registered {
		row.IUURisk = new(iuuRisk(p.now, v, status, last.At))
	}
	return row
}

// vessel is a row without its present state, and how it spends its time.
type vessel struct {
	row        *systems.Vessel
	registered bool
	vms, ais   bool          // what it is heard by; by hand when neither
	port       port          // zero for passing ships
	berth      orb.Point     // where it lies in port
	offset     time.Duration // of its positions after the full and the half hour
	period     time.Duration // from one trip's start to the next one's; 0 for a vessel that stays
	phase      time.Duration
	atSea      float64              // share of the period
	speedKmh   float64              // when it goes somewhere
	wanderKm   float64              // round its ground
	fate       systems.VesselStatus // what the watch has it down for; empty: as it moves
	spell      *spell               // what befalls it now and then; may be nil
	nav        systems.NavStatus    // what its transponder is set to, whatever it does; may be empty
	lane       orb.LineString       // up and down which it goes for ever; nil for one that has a port
	trips      map[int64]*trip      // those already worked out, by number
}

// port has the way from its quay through lagoon and inlet to the open sea.
type port struct {
	id      string
	channel orb.LineString
}

var ports = []port{
	{"place:CC_THUAN_AN", orb.LineString{{107.632, 16.556}, {107.629, 16.565}, {107.628, 16.574}, {107.65, 16.602}}},
	{"place:CC_TU_HIEN", orb.LineString{{107.907, 16.352}, {107.924, 16.353}, {107.941, 16.362}, {107.965, 16.388}}},
	{"place:KND_PHU_HAI", orb.LineString{{107.69, 16.517}, {107.66, 16.527}, {107.64, 16.536}, {107.631, 16.552}, {107.628, 16.574}, {107.65, 16.602}}},
	{"place:KND_CAU_HAI", orb.LineString{{107.868, 16.291}, {107.872, 16.32}, {107.9, 16.342}, {107.924, 16.353}, {107.941, 16.362}, {107.965, 16.388}}},
}

const (
	aliasMMSI  = "574001234" // of the vessel that was once known by AIS alone
	sampleMMSI = "574901234" // of the AIS lines that the parsers are tested with
)

func (p *Province) fleet() []vessel {
	r := p.rand("fleet")
	var all []vessel
	for i := range 341 {
		v := p.fishing(r, i, registration(i), 15+11*math.Pow(r.Float64(), 1.6))
		v.vms = true
		v.row.VmsDeviceIds = []string{fmt.Sprintf("VMS-TTH-%06d", 100_000+r.IntN(900_000))}
		if r.IntN(25) == 0 {
			v.row.VmsDeviceIds = append(v.row.VmsDeviceIds, fmt.Sprintf("VMS-TTH-%06d", r.IntN(100_000)))
		}
		if i < 233 {
			p.transponder(r, &v, i)
		}
		days := 5 + 8*r.Float64()
		v.period = time.Duration(days * 24 * float64(time.Hour)).Truncate(time.Minute)
		v.phase = time.Duration(r.Float64() * float64(v.period)).Truncate(time.Minute)
		v.atSea = 0.42 + 0.13*r.Float64()
		switch {
		case i == 60 || i == 120 || i == 180 || i == 240:
			v.wanderKm = 1.5
			v.spell = inTurn("DISTRESS", i/60-1)
		case i == 90 || i == 150 || i == 210 || i == 270:
			v.wanderKm = 0.8
			v.spell = inTurn("BOUNDARY", i/60-1)
			v.spell.ground = away(orb.Point{109.3, 16.75}, 1.5, 240)
		case i%17 == 8:
			v.spell = silence(i / 17)
		}
		all = append(all, v)
	}
	for i := range 34 {
		v := p.fishing(r, 341+i, registration(341+i), 15+4*r.Float64())
		if i < 12 {
			v.fate = "INACTIVE"
		}
		all = append(all, v)
	}
	for i := range 25 {
		v := p.fishing(r, 375+i, fmt.Sprintf("TTH-%05d-S", 40_000+(i*3571+517)%9_000), 9+5.9*r.Float64())
		if i < 17 {
			p.transponder(r, &v, 375+i)
			v.period, v.atSea, v.wanderKm = 24*time.Hour, 0.55, 1+1.5*r.Float64()
			v.phase = time.Duration((8 + 3*r.Float64()) * float64(time.Hour)).Truncate(time.Minute) // UTC: they leave in the afternoon
		}
		all = append(all, v)
	}
	for i := range 3 {
		v := p.fishing(r, 400+i, "", 8+5*r.Float64())
		key := fmt.Sprintf("3K-%03d", i+1)
		v.row.Base = layer.Base{ID: systems.Vessels.System.IDPrefix() + key, RecordKey: key, LabelVI: "Tàu cá “3 không” số " + strconv.Itoa(i+1), LabelEN: "Unregistered fishing vessel " + strconv.Itoa(i+1)}
		v.row.Registration, v.row.LicenceNo, v.row.LicenceTo, v.row.FoodSafetyCertTo = nil, nil, nil, nil
		v.row.Unregistered = new(true)
		v.row.IUURisk = new(systems.IUURisk("HIGH"))
		v.registered = false
		all = append(all, v)
	}
	return append(all, p.passing(r)...)
}

// registration is the i-th number of the offshore fleet; no two are the same.
func registration(i int) string {
	switch i {
	case 0:
		return "TTH-90123-TS"
	case 1:
		return "TTH-91234-TS"
	}
	n := 90_000 + i*7919%9_000
	if n == 90_123 || n == 91_234 {
		n = 99_000 + i
	}
	return fmt.Sprintf("TTH-%d-TS", n)
}

// fishing is a fishing vessel of the register, in port until it has a rhythm.
func (p *Province) fishing(r *rand.Rand, i int, registration string, lengthM float64) vessel {
	home := ports[0]
	switch x := r.IntN(100); {
	case x < 20:
		home = ports[1]
	case x < 36:
		home = ports[2]
	case x < 46:
		home = ports[3]
	}
	if i == 1 {
		lengthM = 17
	}
	lengthM = round(lengthM, 1)
	class := systems.VesselClass("OFFSHORE")
	gears := []systems.FishingGear{"TRAWL", "PURSE_SEINE", "PURSE_SEINE", "GILLNET", "GILLNET", "LONGLINE", "SQUID_JIG", "OTHER"}
	powerKw := 12*lengthM + 250*r.Float64()
	if lengthM < 15 {
		class, gears, powerKw = "INSHORE", []systems.FishingGear{"GILLNET", "GILLNET", "SQUID_JIG", "TRAP", "LONGLINE"}, 4*lengthM+40*r.Float64()
	}
	if lengthM < 12 {
		class = "COASTAL"
	}
	today := geo.DateOf(p.now)
	licenceTo := nextDay(today, r.IntN(1_700), 1_700, 170)
	v := vessel{
		registered: true, trips: map[int64]*trip{}, port: home, berth: away(home.channel[0], 0.25*r.Float64(), 360*r.Float64()),
		offset: time.Duration(r.IntN(30)) * time.Minute, speedKmh: 12 + 5*r.Float64(), wanderKm: 3 + 7*r.Float64(),
		row: &systems.Vessel{
			Base: layer.Base{ID: systems.Vessels.System.IDPrefix() + registration, RecordKey: registration,
				LabelVI: "Tàu cá " + registration, LabelEN: "Fishing vessel " + registration},
			Registration: new(registration), OwnerName: new(pick(r, surnames) + " " + pick(r, menNames)), OwnerPhone: new(phone(r)),
			LengthM: &lengthM, EnginePowerKw: new(round(powerKw, 0)), Gear: new(pick(r, gears)), VesselClass: &class,
			LicenceNo: new(fmt.Sprintf("%04d/%d/TTH-GPKTTS", 1+r.IntN(1_500), licenceTo.Year-5)), LicenceTo: &licenceTo,
			HomePortId: new(home.id), Unregistered: new(false),
		},
	}
	if class == "OFFSHORE" && r.IntN(10) < 8 {
		v.row.FoodSafetyCertTo = new(nextDay(today, r.IntN(1_100), 1_100, 90))
	}
	return v
}

// transponder fits AIS.
func (p *Province) transponder(r *rand.Rand, v *vessel, i int) {
	mmsi := strconv.Itoa(574_100_000 + i*1_013 + r.IntN(1_000))
	call := "XV" + string(rune('A'+i/26%26)) + string(rune('A'+i%26)) + strconv.Itoa(2+i%8)
	switch i {
	case 0:
		mmsi = aliasMMSI
		v.row.AliasIDs = []string{systems.Vessels.System.IDPrefix() + "mmsi-" + aliasMMSI}
	case 1:
		mmsi, call = sampleMMSI, "XVAB1"
	}
	v.ais = true
	v.row.MMSI, v.row.CallSign, v.row.ShipType, v.row.VesselName = &mmsi, &call, new(30), v.row.Registration
	if r.IntN(3) > 0 {
		v.row.DraughtM = new(round(1.2+0.08**v.row.LengthM, 1))
	}
}

// passing are ships that only AIS knows: some lie at Chân Mây, others go by.
func (p *Province) passing(r *rand.Rand) []vessel {
	chanMay := port{"place:CANG_CHAN_MAY", orb.LineString{{108.016, 16.327}}}
	var all []vessel
	for i, s := range []struct {
		name, destination string
		shipType          int
		lengthM, draughtM float64
	}{
		{"TRUONG GIANG 18", "VN CMY", 70, 92, 5.8}, {"BIEN XANH 09", "VN CMY", 70, 110, 6.4}, {"HOANG MINH STAR", "VN CMY", 80, 118, 6.9},
		{"THUAN PHAT 26", "VN CMY", 70, 79, 4.6}, {"CHAN MAY TUG 2", "VN CMY", 52, 28, 3.2},
		{"SONG THU 88", "VN HPH", 70, 134, 7.7}, {"PHUC AN 15", "VN DAD", 70, 97, 5.9}, {"DONG HAI 36", "VN SGN", 70, 147, 8.2},
		{"MINH KHANG 05", "VN HPH", 80, 104, 6.3}, {"THANH CONG 68", "VN UIH", 70, 88, 5.1}, {"HAI VAN EXPRESS", "VN DAD", 60, 42, 1.9}, {"", "", 30, 21, 0},
	} {
		mmsi := strconv.Itoa(574_700_000 + i*4_177 + r.IntN(4_000))
		key := "mmsi-" + mmsi
		label := s.name
		if label == "" {
			label = "MMSI " + mmsi
		}
		v := vessel{ais: true, offset: time.Duration(r.IntN(30)) * time.Minute, row: &systems.Vessel{
			Base: layer.Base{ID: systems.Vessels.System.IDPrefix() + key, RecordKey: key, LabelVI: "Tàu " + label, LabelEN: "Vessel " + label},
			MMSI: &mmsi, ShipType: new(s.shipType), LengthM: new(s.lengthM),
		}}
		if s.name != "" {
			v.row.VesselName, v.row.Destination, v.row.DraughtM = new(s.name), new(s.destination), new(s.draughtM)
			v.row.CallSign = new(fmt.Sprintf("3W%c%c%d", 'A'+r.IntN(26), 'A'+r.IntN(26), 2+r.IntN(8)))
			if s.lengthM > 75 {
				v.row.IMO = new(strconv.Itoa(imo(912_000 + i*7_411)))
			}
		}
		if i < 5 {
			v.port, v.berth = chanMay, away(chanMay.channel[0], 0.25*float64(i), 315)
			v.nav = []systems.NavStatus{"MOORED", "AT_ANCHOR"}[i%2]
		} else {
			lane := 4*float64(i-5) - 12
			way := orb.LineString{away(orb.Point{108.0, 17.12}, lane, 45), away(orb.Point{109.25, 16.1}, lane, 45)}
			if i%2 == 0 {
				way.Reverse()
			}
			v.speedKmh = 14 + 9*r.Float64()
			v.lane, v.phase = way, hours(24*r.Float64()).Truncate(time.Minute)
			v.nav = "UNDER_WAY_USING_ENGINE"
		}
		all = append(all, v)
	}
	return all
}

// imo puts the check digit behind six digits.
func imo(n int) int {
	sum, rest := 0, n
	for weight := 2; weight <= 7; weight++ {
		sum += rest % 10 * weight
		rest /= 10
	}
	return n*10 + sum%10
}

// nextDay is a day that comes again each so many days, the one that is not
// more than late days ago.
func nextDay(today geo.Date, phase, every, late int) geo.Date {
	past := int(today.Start().Unix()/86_400) + late
	return today.AddDays(((phase-past)%every+every)%every - late)
}

// navStatus is what a vessel's transponder is set to at a moment.
func (p *Province) navStatus(v vessel, at time.Time) systems.NavStatus {
	if v.nav != "" {
		return v.nav
	}
	switch p.state(v, at) {
	case "AT_PORT":
		return "MOORED"
	case "FISHING":
		return "ENGAGED_IN_FISHING"
	case "DISTRESS":
		return "NOT_UNDER_COMMAND"
	}
	return "UNDER_WAY_USING_ENGINE"
}

// iuuRisk is high for a vessel long silent, at the boundary, or at sea on a
// licence that has run out; every tenth offshore one is watched for its past.
func iuuRisk(now time.Time, v vessel, status systems.VesselStatus, heard time.Time) systems.IUURisk {
	expired := v.row.LicenceTo.Before(geo.DateOf(now))
	atSea := status != "AT_PORT" && status != "INACTIVE"
	switch {
	case status == "BOUNDARY", status == "LOST_SIGNAL" && now.Sub(heard) > 24*time.Hour, expired && atSea:
		return "HIGH"
	case status == "LOST_SIGNAL", expired, strings.HasSuffix(v.row.ID, "3-TS"):
		return "MED"
	}
	return "LOW"
}
