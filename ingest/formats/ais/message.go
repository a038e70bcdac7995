package ais

import (
	"encoding/json"
	"fmt"
	"time"
)

// Message is one AIS message. Which fields are set follows from Type; a field
// that is not set, or that the ship sent as not available, is not in the JSON.
type Message struct {
	Type   int `json:"type"`   // 1 to 27
	Repeat int `json:"repeat"` // how often it was repeated, 0 to 3
	MMSI   int `json:"mmsi"`   // the sender, 1 to 999999999

	// Of position reports: types 1, 2, 3, 18, 19 and 27.

	Status   Opt[int]     `json:"status,omitzero"`   // navigational status, 0 to 15; 7 is fishing
	Turn     Opt[Turn]    `json:"turn,omitzero"`     // degrees a minute, right positive
	Speed    Opt[float64] `json:"speed,omitzero"`    // over ground, knots; 102.2 is that or more
	Accuracy Opt[bool]    `json:"accuracy,omitzero"` // true for better than 10 m
	Lon      Opt[float64] `json:"lon,omitzero"`      // degrees east, WGS 84
	Lat      Opt[float64] `json:"lat,omitzero"`      // degrees north, WGS 84
	Course   Opt[float64] `json:"course,omitzero"`   // over ground, degrees from true north
	Heading  Opt[int]     `json:"heading,omitzero"`  // degrees from true north, 0 to 359
	Second   Opt[int]     `json:"second,omitzero"`   // of the UTC minute; 61 manual, 62 dead reckoning, 63 inoperative
	Maneuver Opt[int]     `json:"maneuver,omitzero"` // 1 none, 2 special
	CS       Opt[bool]    `json:"cs,omitzero"`       // carrier sense unit
	Display  Opt[bool]    `json:"display,omitzero"`
	DSC      Opt[bool]    `json:"dsc,omitzero"`
	Band     Opt[bool]    `json:"band,omitzero"`
	Msg22    Opt[bool]    `json:"msg22,omitzero"`
	RAIM     Opt[bool]    `json:"raim,omitzero"`
	GNSS     Opt[bool]    `json:"gnss,omitzero"`  // the bit as sent: false is a current GNSS position
	Radio    Opt[int]     `json:"radio,omitzero"` // communication state, bits as sent

	// Of static reports: types 5, 19 and 24.

	AISVersion     Opt[int]     `json:"ais_version,omitzero"`
	PartNo         Opt[int]     `json:"partno,omitzero"` // of type 24: 0 is part A, 1 is part B
	IMO            Opt[int]     `json:"imo,omitzero"`
	Callsign       string       `json:"callsign,omitempty"`
	Shipname       string       `json:"shipname,omitempty"`
	ShipType       Opt[int]     `json:"shiptype,omitzero"` // 30 is fishing
	VendorID       string       `json:"vendorid,omitempty"`
	Model          Opt[int]     `json:"model,omitzero"`
	Serial         Opt[int]     `json:"serial,omitzero"`
	ToBow          Opt[int]     `json:"to_bow,omitzero"` // metres from the antenna, as the next three
	ToStern        Opt[int]     `json:"to_stern,omitzero"`
	ToPort         Opt[int]     `json:"to_port,omitzero"`
	ToStarboard    Opt[int]     `json:"to_starboard,omitzero"`
	MothershipMMSI Opt[int]     `json:"mothership_mmsi,omitzero"` // of a craft with an MMSI of 98…
	EPFD           Opt[int]     `json:"epfd,omitzero"`            // what the position is fixed with
	ETA            string       `json:"eta,omitempty"`            // "05-15T14:00Z"; hour 24, minute 60 are unknown
	Draught        Opt[float64] `json:"draught,omitzero"`         // metres
	Destination    string       `json:"destination,omitempty"`
	DTE            Opt[int]     `json:"dte,omitzero"` // 0 ready, 1 not
	Assigned       Opt[bool]    `json:"assigned,omitzero"`

	Tag Tag `json:"tag,omitzero"`

	// Of the sentence rather than the message.

	Channel string `json:"-"` // the radio channel: "A", "B", or empty
	Own     bool   `json:"-"` // sent as VDO: the receiver's own vessel
	Line    int    `json:"-"` // the line its first sentence stood on
}

// Tag is what a TAG block says of the sentence behind it.
type Tag struct {
	Source      string    `json:"source,omitempty"` // s: the station
	Time        time.Time `json:"time,omitzero"`    // c: when it was received, UTC
	Destination string    `json:"destination,omitempty"`
	Text        string    `json:"text,omitempty"`
}

// Position is where the sender is, degrees on WGS 84, and whether it said so.
func (m Message) Position() (lon, lat float64, ok bool) {
	return m.Lon.Value, m.Lat.Value, m.Lon.Valid && m.Lat.Valid
}

// MarshalJSON writes the message as gpsd does, with the texts of its codes.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	part := ""
	if m.PartNo.Valid {
		part = [...]string{"A", "B"}[m.PartNo.Value&1]
	}
	return json.Marshal(struct {
		Class string `json:"class"`
		plain
		StatusText   string `json:"status_text,omitempty"`
		ShipTypeText string `json:"shiptype_text,omitempty"`
		EPFDText     string `json:"epfd_text,omitempty"`
		Part         string `json:"part,omitempty"`
		Scaled       bool   `json:"scaled"`
	}{"AIS", plain(m), statusText(m.Status), shipTypeText(m.ShipType), epfdText(m.EPFD), part, true})
}

// Opt is a value that may be unavailable. The zero Opt is.
type Opt[T any] struct {
	Value T
	Valid bool
}

// Some is a value that is available.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// IsZero leaves an unavailable value out of JSON.
func (o Opt[T]) IsZero() bool { return !o.Valid }

func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*o = Opt[T]{}
		return nil
	}
	o.Valid = true
	return json.Unmarshal(b, &o.Value)
}

// Turn is a rate of turn, degrees a minute, right positive. What an indicator
// measures lies within ±708.
type Turn float64

// A ship with no indicator says only that it turns by more than 5° in 30 s.
const (
	FastLeft  Turn = -720
	FastRight Turn = 720
)

func (t Turn) MarshalJSON() ([]byte, error) {
	switch t {
	case FastLeft:
		return []byte(`"fastleft"`), nil
	case FastRight:
		return []byte(`"fastright"`), nil
	}
	return json.Marshal(float64(t))
}

func (t *Turn) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"fastleft"`:
		*t = FastLeft
		return nil
	case `"fastright"`:
		*t = FastRight
		return nil
	}
	if err := json.Unmarshal(b, (*float64)(t)); err != nil {
		return fmt.Errorf("read turn: %w", err)
	}
	return nil
}
