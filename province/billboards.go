package province

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// citadel is the middle of the Imperial City, round which the monuments lie thickest.
var citadel = orb.Point{107.5778, 16.4695}

// suspendedOn is when the screens that are suspended began to go dark.
var suspendedOn = time.Date(2025, time.September, 1, 8, 0, 0, 0, geo.Saigon)

// Billboards are all 120. Permits run for years and are renewed, some too late.
func (p *Province) Billboards() []*systems.Billboard {
	r, today := p.rand("billboards"), p.dayRand("billboards' day", midnight(p.now))
	var busy []spot
	for _, s := range spots {
		if s.purpose == "traffic" || s.purpose == "security" {
			busy = append(busy, s)
		}
	}
	weights := make([]float64, len(busy))
	for i, s := range busy {
		weights[i] = s.weight * s.weight
	}
	var rows []*systems.Billboard
	for n := 1; n <= 120; n++ {
		s := busy[byShare(r, weights)]
		rows = append(rows, p.billboard(r, today, n, s))
	}
	return rows
}

func (p *Province) billboard(r, today *rand.Rand, n int, s spot) *systems.Billboard {
	code := fmt.Sprintf("QC-%03d", n)
	at := away(s.at, 0.03+0.5*r.Float64(), 360*r.Float64())
	kind := []systems.BillboardKind{"LED", "LCD", "PRINT", "TRIVISION"}[byShare(r, []float64{30, 16, 44, 10})]
	screen := kind == "LED" || kind == "LCD"
	row := &systems.Billboard{
		Base: layer.Base{
			ID: "billboard:" + code, Geom: at, Source: "billboards", RecordKey: code, VersionAt: new(p.now), Sharing: access.Open,
			LabelVI: fmt.Sprintf("%s %s (%s)", map[systems.BillboardKind]string{"LED": "Màn hình LED", "LCD": "Màn hình LCD", "PRINT": "Bảng quảng cáo", "TRIVISION": "Bảng lật ba mặt"}[kind], s.name, code),
			LabelEN: "Billboard " + code,
		},
		BillboardKind: new(kind), Address: new(fmt.Sprintf("%d %s, thành phố Huế", 1+r.IntN(250), s.road)),
		VenueType:      new([]string{"outdoor.billboards.roadside", "outdoor.billboards.highway", "outdoor.urban_panels", "outdoor.bus_shelters", "retail.malls"}[byShare(r, []float64{5, 2, 3, 1, 1})]),
		FaceAzimuthDeg: new(float64(r.IntN(360))),
		OwnerName:      new(pick(r, []string{"Công ty Cổ phần Quảng cáo Sông Hương", "Công ty TNHH Truyền thông Cố Đô", "Công ty Quảng cáo Ngự Bình", "Trung tâm Văn hóa – Điện ảnh thành phố", "Công ty TNHH Quảng cáo Miền Trung Xanh"})),
		OperatorName:   new(pick(r, []string{"Công ty TNHH Truyền thông Cố Đô", "Công ty Quảng cáo Ngự Bình", "Công ty TNHH Màn hình số Phú Xuân"})),
	}
	width, height := float64(3+r.IntN(8)), float64(2+r.IntN(4))
	switch kind {
	case "LCD":
		width, height = 1.21, 0.68
		row.Resolution, row.BrightnessNits = new("1920x1080"), new(float64(1500+500*r.IntN(3)))
	case "LED":
		row.Resolution = new(fmt.Sprintf("%dx%d", int(width)*160, int(height)*160))
		row.BrightnessNits = new(float64(4000 + 500*r.IntN(7)))
	case "PRINT", "TRIVISION":
		if chance(r, 0.3) {
			width, height = 14, 6
		}
	}
	row.WidthM, row.HeightM, row.AreaM2 = new(width), new(height), new(round(width*height, 2))
	zone := systems.HeritageZone("NONE")
	if km := apartKm(at, citadel); km < 0.55 {
		zone = "ZONE_I"
	} else if km < 1.1 {
		zone = "ZONE_II"
	}
	row.HeritageZone = new(zone)
	if row.AreaM2 != nil && *row.AreaM2 >= 20 {
		row.StructurePermitNo = new(fmt.Sprintf("%d/GPXD", 100+r.IntN(800)))
	}

	// A permit of one to three years, renewed on the day or some weeks too late.
	days, gap := 365*(1+r.IntN(3)), 0
	if chance(r, 0.5) {
		gap = 30 + r.IntN(150)
	}
	from := geo.Date{Year: 2023, Month: time.January, Day: 1}.AddDays(-r.IntN(days))
	now := geo.DateOf(p.now)
	for next := from.AddDays(days + gap); !now.Before(next); next = from.AddDays(days + gap) {
		from = next
	}
	status := systems.BillboardStatus("ACTIVE")
	switch licensed := !chance(r, 0.05); {
	case !licensed:
		status = "UNLICENSED"
	default:
		row.PermitNo = new(fmt.Sprintf("%d/GP-SVHTT-%03d", from.Year, n))
		row.PermitFrom, row.PermitTo = new(from), new(from.AddDays(days-1))
		if row.PermitTo.Before(now) {
			status = "EXPIRED"
		}
	}
	suspended, offline, stray, unknown := chance(r, 0.03), chance(today, 0.08), chance(today, 0.05), chance(today, 0.08)
	dark, show := midnight(p.now).Add(hours(8*today.Float64())), fmt.Sprintf("CR-%04d", 1+today.IntN(400))
	if status == "ACTIVE" && suspended {
		status = "SUSPENDED"
	} else if status == "ACTIVE" && offline && screen && !p.now.Before(dark) {
		status = "OFFLINE"
	}
	row.BillboardStatus = new(status)
	inspected := midnight(p.now).AddDate(0, 0, -1-r.IntN(60))
	if screen {
		until := p.now
		switch status {
		case "OFFLINE":
			until = dark
		case "SUSPENDED":
			until = row.PermitFrom.Start()
			if later := suspendedOn.AddDate(0, 0, n); later.After(until) && !later.After(p.now) {
				until = later
			}
		}
		beat := lastBeat(n, until)
		row.LastHeartbeatAt, row.ObservedAt = new(beat), new(beat)
	} else {
		row.ObservedAt = new(inspected)
	}
	if status == "ACTIVE" || status == "UNLICENSED" || status == "EXPIRED" {
		row.CurrentCreative = new(show)
		if !unknown {
			row.CreativeApproved = new(!stray && status == "ACTIVE")
		}
	}
	return row
}

// BeatEvery is the time between two heartbeats of a screen.
const BeatEvery = time.Minute

// lastBeat is the last heartbeat of the n-th billboard up to a moment: each
// screen beats at its own second of the minute.
func lastBeat(n int, until time.Time) time.Time {
	second := time.Duration(n*37%60) * time.Second
	beat := until.Truncate(BeatEvery).Add(second)
	if beat.After(until) {
		beat = beat.Add(-BeatEvery)
	}
	return beat
}

// Heartbeat is a sign of life of a screen.
type Heartbeat struct {
	At        time.Time
	Billboard string // code
	Creative  string // what is on show; "" for one that goes dark
	Approved  *bool  // whether it is on the list; nil when nobody knows
	Off       bool   // it goes dark now
}

// LastHeartbeats are those that each screen sent last.
func (p *Province) LastHeartbeats() []Heartbeat {
	var all []Heartbeat
	for _, b := range p.Billboards() {
		if b.LastHeartbeatAt != nil {
			all = append(all, heartbeat(b, *b.LastHeartbeatAt))
		}
	}
	return all
}

// Heartbeats are those of the hour of the clock that begins at hour, in order;
// what Now is doesn't matter.
func (p *Province) Heartbeats(hour time.Time) []Heartbeat {
	morning, evening := *p, *p
	morning.now = midnight(hour)
	evening.now = morning.now.AddDate(0, 0, 1).Add(-15 * time.Minute)
	before := morning.Billboards()
	var all []Heartbeat
	for i, b := range evening.Billboards() {
		if b.LastHeartbeatAt == nil {
			continue
		}
		for minute := range 60 {
			at := lastBeat(i+1, hour.Add(time.Duration(minute+1)*BeatEvery-time.Second))
			switch dark := *b.BillboardStatus == "OFFLINE"; {
			case (dark || *b.BillboardStatus == "SUSPENDED") && at.After(*b.LastHeartbeatAt):
			case dark && at.Before(*b.LastHeartbeatAt):
				all = append(all, heartbeat(before[i], at))
			default:
				all = append(all, heartbeat(b, at))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Heartbeat) int { return a.At.Compare(b.At) })
	return all
}

func heartbeat(b *systems.Billboard, at time.Time) Heartbeat {
	h := Heartbeat{At: at, Billboard: b.RecordKey, Approved: b.CreativeApproved}
	if h.Off = b.CurrentCreative == nil; !h.Off {
		h.Creative = *b.CurrentCreative
	}
	return h
}

// Play is a creative on a billboard for some time: of a screen all its plays
// of an hour, of a printed face what hangs there from a day on.
type Play struct {
	Billboard string
	Creative  string
	Approved  *bool
	StartAt   time.Time
	Plays     int
	Seconds   float64 // each; 0: nobody counts them
}

// Plays are those of the 24 whole hours of the clock before now, and what hangs
// on the printed faces since midnight.
func (p *Province) Plays() []Play {
	var all []Play
	add := func(b *systems.Billboard, at time.Time, plays int, seconds float64) {
		if b.CurrentCreative != nil {
			all = append(all, Play{b.RecordKey, *b.CurrentCreative, b.CreativeApproved, at, plays, seconds})
		}
	}
	for hour := p.CardsSince().Add(-time.Hour); hour.Add(time.Hour).Before(p.now) || hour.Add(time.Hour).Equal(p.now); hour = hour.Add(time.Hour) {
		then := *p
		then.now = hour.Add(45 * time.Minute)
		for _, b := range then.Billboards() {
			if b.LastHeartbeatAt != nil {
				add(b, hour, 30, 15) // a loop of eight spots of 15 s
			}
		}
	}
	for _, b := range p.Billboards() {
		if b.LastHeartbeatAt == nil {
			add(b, midnight(p.now), 1, 0)
		}
	}
	return all
}
