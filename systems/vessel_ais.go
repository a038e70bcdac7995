package systems

import (
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats/ais"
	"geohub/layer"
)

// vesselOfAIS is what AIS says of a vessel: its positions under way, its name and
// voyage every few minutes. A message of another type is only a sign of life
// of who knows what, and makes nothing.
var vesselOfAIS = ingest.Map("ais", 1, func(in *ingest.Intake, m ais.Message) error {
	switch m.Type {
	case 1, 2, 3, 5, 18, 19, 24, 27:
	default:
		return nil
	}
	at := aisTime(in, m)
	row := aisVessel(m, at)
	if lon, lat, ok := m.Position(); ok {
		aisMoved(in, m, row, at, orb.Point{lon, lat})
	} else {
		ingest.Put(in, vesselSignal, row)
	}
	if m.Type == 5 || m.Type == 19 || m.Type == 24 {
		called := *row
		if m.Shipname == "" {
			// The name may be in the other half of the message (24); the row is there.
			called.LabelVI, called.LabelEN = "", ""
		}
		ingest.Put(in, vesselCalled, &called)
	}
	return nil
})

func aisMoved(in *ingest.Intake, m ais.Message, row *Vessel, at time.Time, where orb.Point) {
	row.Geom, row.SpeedKn, row.CourseDeg = where, available(m.Speed), available(m.Course)
	if m.Heading.Valid {
		row.HeadingDeg = new(float64(m.Heading.Value))
	}
	if m.Type == 27 {
		row.PositionAccuracyM = new(longRangeM)
	}
	row.PositionSource = &byAIS
	ingest.Add(in, PositionSeries, row.ID, Position{at, where, row.SpeedKn, row.CourseDeg, row.HeadingDeg, row.PositionSource})
	if row.NavStatus == nil {
		ingest.Put(in, vesselHeard, row)
	} else {
		ingest.Put(in, vesselMoved, row)
	}
}

// byAIS is shared by all rows that came so.
var byAIS = PositionSource("AIS")

// longRangeM is half the step in which type 27 gives a position, metres, both
// ways together.
const longRangeM = 140.0

func aisVessel(m ais.Message, at time.Time) *Vessel {
	mmsi := strconv.Itoa(1_000_000_000 + m.MMSI)[1:]
	key := "mmsi-" + mmsi
	row := &Vessel{
		Base: layer.Base{ID: mmsiID(mmsi), RecordKey: key, LabelVI: "Tàu MMSI " + mmsi, LabelEN: "Vessel MMSI " + mmsi,
			ObservedAt: &at, Sharing: access.Shared},
		MMSI: &mmsi, LastSignalAt: &at,
		CallSign: some(m.Callsign), VesselName: some(m.Shipname), ShipType: available(m.ShipType),
		Destination: some(m.Destination), DraughtM: available(m.Draught),
	}
	if m.Shipname != "" {
		row.LabelVI, row.LabelEN = "Tàu "+m.Shipname, "Vessel "+m.Shipname
	}
	if m.IMO.Valid {
		row.IMO = new(strconv.Itoa(m.IMO.Value))
	}
	if m.ToBow.Valid && m.ToStern.Valid {
		row.LengthM = new(float64(m.ToBow.Value + m.ToStern.Value))
	}
	if m.Status.Valid {
		row.NavStatus = &navStatuses[m.Status.Value]
		row.VesselStatus = doing[*row.NavStatus]
	}
	return row
}

// aisTime is when a message was sent. A receiver says when it came, the hub
// knows when it was read; the message itself tells the second of its minute,
// which holds when the two are near: two receivers that heard the same message
// then give one position.
func aisTime(in *ingest.Intake, m ais.Message) time.Time {
	at := m.Tag.Time
	if at.IsZero() {
		at = in.ReadAt
	}
	if !m.Second.Valid || m.Second.Value > 59 {
		return at
	}
	sent := at.Truncate(time.Minute).Add(time.Duration(m.Second.Value) * time.Second)
	if sent.After(at.Add(30 * time.Second)) {
		sent = sent.Add(-time.Minute)
	}
	if d := at.Sub(sent); d < -3*time.Second || d > 15*time.Second {
		return at
	}
	return sent
}

// navStatuses are the codes 0 to 15.
var navStatuses = [16]NavStatus{
	"UNDER_WAY_USING_ENGINE", "AT_ANCHOR", "NOT_UNDER_COMMAND", "RESTRICTED_MANOEUVRABILITY", "CONSTRAINED_BY_HER_DRAUGHT", "MOORED", "AGROUND",
	"ENGAGED_IN_FISHING", "UNDER_WAY_SAILING", "RESERVED_HSC", "RESERVED_WIG", "TOWING_ASTERN", "PUSHING_AHEAD_OR_TOWING_ALONGSIDE", "RESERVED_13",
	"AIS_SART_ACTIVE", "UNDEFINED",
}

// doing is what a navigational status says of a vessel that nobody watches.
var doing = map[NavStatus]*VesselStatus{
	"UNDER_WAY_USING_ENGINE": &sailing, "UNDER_WAY_SAILING": &sailing, "RESTRICTED_MANOEUVRABILITY": &sailing, "CONSTRAINED_BY_HER_DRAUGHT": &sailing,
	"TOWING_ASTERN": &sailing, "PUSHING_AHEAD_OR_TOWING_ALONGSIDE": &sailing, "RESERVED_HSC": &sailing, "RESERVED_WIG": &sailing,
	"AT_ANCHOR": &atPort, "MOORED": &atPort, "ENGAGED_IN_FISHING": &atWork, "AIS_SART_ACTIVE": &inDistress,
}

var (
	atPort     = VesselStatus("AT_PORT")
	sailing    = VesselStatus("SAILING")
	atWork     = VesselStatus("FISHING")
	inDistress = VesselStatus("DISTRESS")
)

// available is a value that the ship has sent.
func available[T any](o ais.Opt[T]) *T {
	if !o.Valid {
		return nil
	}
	return &o.Value
}
