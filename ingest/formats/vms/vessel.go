package vms

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Vessel is an entry of the fleet's register, with what the fisheries' watch
// takes the vessel to be doing. What is not known is nil or empty.
type Vessel struct {
	VesselReg    string     `json:"vesselReg,omitempty"` // "TTH-91234-TS"; empty for one that is registered nowhere
	Code         string     `json:"code,omitempty"`      // the watch's own of such a one: "3K-001"
	Owner        string     `json:"owner,omitempty"`
	OwnerPhone   string     `json:"ownerPhone,omitempty"`
	LMax         *float64   `json:"lmax,omitempty"`         // greatest length, metres
	EnginePower  *float64   `json:"enginePower,omitempty"`  // kW
	Gear         Gear       `json:"gear,omitempty"`         // what it is licensed for
	Zone         Zone       `json:"zone,omitempty"`         // where it may fish
	LicenceNo    string     `json:"licenceNo,omitempty"`    // giấy phép khai thác
	LicenceTo    string     `json:"licenceTo,omitempty"`    // its last day, yyyy-mm-dd
	FoodSafetyTo string     `json:"foodSafetyTo,omitempty"` // the food safety certificate's last day
	HomePort     string     `json:"homePort,omitempty"`     // the port's code
	MMSI         string     `json:"mmsi,omitempty"`         // nine digits
	DeviceIDs    []string   `json:"deviceIds,omitempty"`    // its monitoring devices
	IUURisk      string     `json:"iuuRisk,omitempty"`      // LOW, MED or HIGH
	Unregistered *bool      `json:"unregistered,omitempty"` // “3 không”
	State        State      `json:"state,omitempty"`
	StateAt      *time.Time `json:"stateAt,omitempty"` // when the watch saw that
	UpdatedAt    *time.Time `json:"updatedAt,omitempty"`
}

// Gear is the register's class of fishing gear.
type Gear string

const (
	Trawl      Gear = "LUOI_KEO"
	PurseSeine Gear = "LUOI_VAY"
	Gillnet    Gear = "LUOI_RE"
	Line       Gear = "CAU"
	SquidJig   Gear = "CAU_MUC"
	Trap       Gear = "LONG_BAY"
	OtherGear  Gear = "KHAC"
)

// Zone is the waters of a class of length.
type Zone string

const (
	Coastal  Zone = "VEN_BO" // under 12 m
	Inshore  Zone = "LONG"   // 12 m to under 15 m
	Offshore Zone = "KHOI"   // 15 m and more
)

// State is what the watch takes a vessel to be doing.
type State string

const (
	AtPort     State = "AT_PORT"
	Sailing    State = "SAILING"
	Fishing    State = "FISHING"
	LostSignal State = "LOST_SIGNAL"
	Boundary   State = "BOUNDARY"
	Distress   State = "DISTRESS"
	Inactive   State = "INACTIVE"
)

// vessel makes an entry of one JSON object.
func (o Options) vessel(raw []byte) (v Vessel, err error) {
	if !utf8.Valid(raw) {
		return v, refusef("", "text is not UTF-8")
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(raw, &in); err != nil {
		return v, refusef("", "not a JSON object: %v", err)
	}
	f := fields{comma: o.DecimalComma}
	text := func(name string) string { return f.text(name, in[name]) }
	when := func(name string) *time.Time {
		if absent(in[name]) {
			return nil
		}
		t := f.time(name, in[name], o.location())
		return &t
	}
	v = Vessel{
		VesselReg: text("vesselReg"), Code: text("code"), Owner: text("owner"), OwnerPhone: text("ownerPhone"),
		LMax: f.number("lmax", in["lmax"]), EnginePower: f.number("enginePower", in["enginePower"]),
		Gear: Gear(text("gear")), Zone: Zone(text("zone")), LicenceNo: text("licenceNo"), LicenceTo: text("licenceTo"),
		FoodSafetyTo: text("foodSafetyTo"), HomePort: text("homePort"), MMSI: text("mmsi"), IUURisk: text("iuuRisk"),
		State: State(text("state")), StateAt: when("stateAt"), UpdatedAt: when("updatedAt"),
	}
	if raw := in["deviceIds"]; !absent(raw) && json.Unmarshal(raw, &v.DeviceIDs) != nil {
		f.fail("deviceIds", "%s is not a list of texts", short(raw))
	}
	if raw := in["unregistered"]; !absent(raw) && json.Unmarshal(raw, &v.Unregistered) != nil {
		f.fail("unregistered", "%s is neither true nor false", short(raw))
	}
	if f.err != nil {
		return v, f.err
	}
	return v, v.check()
}

func (v Vessel) check() error {
	if v.VesselReg == "" && v.Code == "" {
		return refusef("vesselReg", "neither vesselReg nor code is there")
	}
	switch v.Gear {
	case "", Trawl, PurseSeine, Gillnet, Line, SquidJig, Trap, OtherGear:
	default:
		return refusef("gear", "%q is none of LUOI_KEO, LUOI_VAY, LUOI_RE, CAU, CAU_MUC, LONG_BAY, KHAC", string(v.Gear))
	}
	switch v.Zone {
	case "", Coastal, Inshore, Offshore:
	default:
		return refusef("zone", "%q is none of VEN_BO, LONG, KHOI", string(v.Zone))
	}
	switch v.State {
	case "", AtPort, Sailing, Fishing, LostSignal, Boundary, Distress, Inactive:
	default:
		return refusef("state", "%q is none of AT_PORT, SAILING, FISHING, LOST_SIGNAL, BOUNDARY, DISTRESS, INACTIVE", string(v.State))
	}
	switch v.IUURisk {
	case "", "LOW", "MED", "HIGH":
	default:
		return refusef("iuuRisk", "%q is none of LOW, MED, HIGH", v.IUURisk)
	}
	if _, err := strconv.Atoi(v.MMSI); v.MMSI != "" && (err != nil || len(v.MMSI) != 9) {
		return refusef("mmsi", "%q is not nine digits", v.MMSI)
	}
	for name, day := range map[string]string{"licenceTo": v.LicenceTo, "foodSafetyTo": v.FoodSafetyTo} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return refusef(name, "%q is not a day, yyyy-mm-dd", day)
		}
	}
	if v.LMax != nil && (*v.LMax <= 0 || *v.LMax > 500) {
		return refusef("lmax", "%v m is outside 0 to 500", *v.LMax)
	}
	if v.EnginePower != nil && *v.EnginePower < 0 {
		return refusef("enginePower", "%v kW is less than nothing", *v.EnginePower)
	}
	return nil
}
