package systems

import (
	"strings"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats/vms"
	"geohub/layer"
)

// vesselOfVMS is what monitoring devices report. Their "heading" is the GPS': the
// way over ground, not that of the bow.
var vesselOfVMS = ingest.Map("vms", 1, func(in *ingest.Intake, p vms.Position) error {
	row := &Vessel{Base: vesselBase(p.VesselReg), Registration: some(p.VesselReg), LastSignalAt: &p.Time}
	if p.VesselReg == "" {
		row.ID, row.RecordKey = deviceID(p.DeviceID), "device-"+p.DeviceID
		row.LabelVI, row.LabelEN = "Tàu có thiết bị "+p.DeviceID, "Vessel with device "+p.DeviceID
	}
	row.ObservedAt = &p.Time
	if p.Lat != nil && p.Lon != nil {
		at := orb.Point{*p.Lon, *p.Lat}
		source := PositionSource("VMS")
		if p.Source == vms.Manual6H {
			source = "MANUAL"
		}
		if p.Heading != nil && *p.Heading == 360 {
			p.Heading = new(0.0)
		}
		row.Geom, row.SpeedKn, row.CourseDeg, row.PositionSource = at, p.Speed, p.Heading, &source
		ingest.Add(in, PositionSeries, row.ID, Position{p.Time, at, p.Speed, p.Heading, nil, &source})
		ingest.Put(in, vesselHeard, row)
	} else {
		ingest.Put(in, vesselSignal, row)
	}
	switch p.Event {
	case vms.SOS:
		row.VesselStatus = &inDistress
	case vms.PortIn:
		row.VesselStatus = &atPort
	case vms.PortOut:
		row.VesselStatus = &sailing
	default:
		return nil // of a device that is switched off or tampered with the watch says what it means
	}
	ingest.Put(in, vesselWatch, row)
	return nil
})

// vesselOfRegister is a vessel as the fleet's register has it. Its transponder and
// its devices may have been heard before.
var vesselOfRegister = ingest.Map("vms-register", 1, func(in *ingest.Intake, v vms.Vessel) error {
	key := v.VesselReg
	if key == "" {
		key = v.Code
	}
	row := &Vessel{
		Base: vesselBase(key), Registration: some(v.VesselReg), MMSI: some(v.MMSI), OwnerName: some(v.Owner), OwnerPhone: some(v.OwnerPhone),
		LengthM: v.LMax, EnginePowerKw: v.EnginePower, LicenceNo: some(v.LicenceNo), Unregistered: v.Unregistered, VmsDeviceIds: v.DeviceIDs,
		Gear: some(gears[v.Gear]), VesselClass: some(vesselClasses[v.Zone]), IUURisk: some(IUURisk(v.IUURisk)), VesselStatus: some(VesselStatus(v.State)),
	}
	if v.VesselReg == "" {
		number := strings.TrimLeft(strings.TrimPrefix(v.Code, "3K-"), "0")
		row.LabelVI, row.LabelEN = "Tàu cá “3 không” số "+number, "Unregistered fishing vessel "+number
	}
	if v.HomePort != "" {
		row.HomePortId = new(Places.IDPrefix() + v.HomePort)
	}
	var err error
	if row.LicenceTo, err = day(v.LicenceTo); err != nil {
		return err
	}
	if row.FoodSafetyCertTo, err = day(v.FoodSafetyTo); err != nil {
		return err
	}
	if v.MMSI != "" {
		row.AliasIDs = append(row.AliasIDs, mmsiID(v.MMSI))
	}
	for _, device := range v.DeviceIDs {
		row.AliasIDs = append(row.AliasIDs, deviceID(device))
	}
	row.VersionAt = v.UpdatedAt
	ingest.Put(in, vesselRegister, row)
	if v.State != "" {
		watched := *row
		watched.AliasIDs, watched.VersionAt = nil, v.StateAt
		ingest.Put(in, vesselWatch, &watched)
	}
	return nil
})

func vesselBase(key string) layer.Base {
	return layer.Base{ID: Vessels.IDPrefix() + key, RecordKey: key, LabelVI: "Tàu cá " + key, LabelEN: "Fishing vessel " + key, Sharing: access.Shared}
}

// deviceID is the id of a vessel that is known by its monitoring device alone.
func deviceID(device string) string { return Vessels.IDPrefix() + "device-" + device }

var gears = map[vms.Gear]FishingGear{
	vms.Trawl: "TRAWL", vms.PurseSeine: "PURSE_SEINE", vms.Gillnet: "GILLNET", vms.Line: "LONGLINE",
	vms.SquidJig: "SQUID_JIG", vms.Trap: "TRAP", vms.OtherGear: "OTHER",
}

var vesselClasses = map[vms.Zone]VesselClass{vms.Coastal: "COASTAL", vms.Inshore: "INSHORE", vms.Offshore: "OFFSHORE"}

// day reads a day that may be missing.
func day(text string) (*geo.Date, error) {
	if text == "" {
		return nil, nil
	}
	d, err := geo.ParseDate(text)
	return &d, err
}

// some is a value that is there; the zero value is none.
func some[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
