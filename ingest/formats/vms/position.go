package vms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Position is what a device reported. What it did not is nil or empty.
type Position struct {
	VesselReg string    `json:"vesselReg,omitempty"` // "TTH-91234-TS"
	DeviceID  string    `json:"deviceId,omitempty"`
	Provider  string    `json:"provider,omitempty"`
	Lat       *float64  `json:"lat,omitempty"` // degrees north, WGS 84
	Lon       *float64  `json:"lon,omitempty"` // degrees east
	Time      time.Time `json:"time"`
	Speed     *float64  `json:"speed,omitempty"`   // knots
	Heading   *float64  `json:"heading,omitempty"` // degrees from true north
	Event     Event     `json:"event,omitempty"`
	Source    Source    `json:"source,omitempty"`
}

// Event is why a device reports.
type Event string

const (
	Pos      Event = "POS"
	SOS      Event = "SOS"
	PortOut  Event = "PORT_OUT"
	PortIn   Event = "PORT_IN"
	PowerOff Event = "POWER_OFF"
	Tamper   Event = "TAMPER"
)

// Source is how the report came.
type Source string

const (
	Sat      Source = "SAT"
	GSM      Source = "GSM"
	Manual6H Source = "MANUAL_6H" // by the skipper, every six hours while the device is broken
)

// maxSpeed is more than any vessel makes, knots.
const maxSpeed = 100

// refusal is why a record is refused, and where in it.
type refusal struct{ path, reason string }

func (r *refusal) Error() string { return r.reason }

func refusef(path, format string, args ...any) error {
	return &refusal{path, fmt.Sprintf(format, args...)}
}

// position makes a position of one JSON object.
func (o Options) position(raw []byte) (p Position, err error) {
	if !utf8.Valid(raw) {
		return p, refusef("", "text is not UTF-8")
	}
	var in struct {
		VesselReg json.RawMessage `json:"vesselReg"`
		DeviceID  json.RawMessage `json:"deviceId"`
		Provider  json.RawMessage `json:"provider"`
		Lat       json.RawMessage `json:"lat"`
		Lon       json.RawMessage `json:"lon"`
		Time      json.RawMessage `json:"time"`
		Speed     json.RawMessage `json:"speed"`
		Heading   json.RawMessage `json:"heading"`
		Event     json.RawMessage `json:"event"`
		Source    json.RawMessage `json:"source"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return p, refusef("", "not a JSON object: %v", err)
	}
	f := fields{comma: o.DecimalComma}
	p = Position{
		VesselReg: f.text("vesselReg", in.VesselReg),
		DeviceID:  f.text("deviceId", in.DeviceID),
		Provider:  f.text("provider", in.Provider),
		Lat:       f.number("lat", in.Lat),
		Lon:       f.number("lon", in.Lon),
		Speed:     f.number("speed", in.Speed),
		Heading:   f.number("heading", in.Heading),
		Event:     Event(f.text("event", in.Event)),
		Source:    Source(f.text("source", in.Source)),
	}
	p.Time = f.time("time", in.Time, o.location())
	if f.err != nil {
		return p, f.err
	}
	return p, p.check()
}

func (p Position) check() error {
	if p.VesselReg == "" && p.DeviceID == "" {
		return refusef("vesselReg", "neither vesselReg nor deviceId is there")
	}
	switch p.Event {
	case "", Pos, SOS, PortOut, PortIn, PowerOff, Tamper:
	default:
		return refusef("event", "%q is none of POS, SOS, PORT_OUT, PORT_IN, POWER_OFF, TAMPER", string(p.Event))
	}
	switch p.Source {
	case "", Sat, GSM, Manual6H:
	default:
		return refusef("source", "%q is none of SAT, GSM, MANUAL_6H", string(p.Source))
	}
	if err := p.place(); err != nil {
		return err
	}
	if p.Speed != nil && (*p.Speed < 0 || *p.Speed > maxSpeed) {
		return refusef("speed", "%v kn is outside 0 to %d", *p.Speed, maxSpeed)
	}
	if p.Heading != nil && (*p.Heading < 0 || *p.Heading > 360) {
		return refusef("heading", "%v° is outside 0 to 360", *p.Heading)
	}
	return nil
}

func (p Position) place() error {
	switch {
	case p.Lat == nil && p.Lon == nil && p.Event != "" && p.Event != Pos:
		return nil
	case p.Lat == nil:
		return refusef("lat", "missing")
	case p.Lon == nil:
		return refusef("lon", "missing")
	}
	lat, lon := *p.Lat, *p.Lon
	switch {
	case lat == 0 && lon == 0:
		return refusef("lat", "coordinates are 0/0: the device had no fix")
	case (lat < -90 || lat > 90) && lat >= -180 && lat <= 180 && lon >= -90 && lon <= 90:
		return refusef("lat", "%v° is outside −90 to 90: lat and lon look swapped", lat)
	case lat < -90 || lat > 90:
		return refusef("lat", "%v° is outside −90 to 90", lat)
	case lon < -180 || lon > 180:
		return refusef("lon", "%v° is outside −180 to 180", lon)
	}
	return nil
}

// fields reads values; the first that can't be read is kept in err.
type fields struct {
	comma bool
	err   error
}

func (f *fields) fail(path, format string, args ...any) {
	if f.err == nil {
		f.err = refusef(path, format, args...)
	}
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// text takes a string, or a number as it is written.
func (f *fields) text(path string, raw json.RawMessage) string {
	if absent(raw) {
		return ""
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		f.fail(path, "%s is not a text", short(raw))
	}
	return strings.TrimSpace(s)
}

func (f *fields) number(path string, raw json.RawMessage) *float64 {
	if absent(raw) {
		return nil
	}
	s := string(raw)
	if raw[0] == '"' {
		if s = f.text(path, raw); s == "" {
			return nil
		}
	}
	if strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		if !f.comma {
			f.fail(path, "%q has a decimal comma", s)
			return nil
		}
		s = strings.Replace(s, ",", ".", 1)
	}
	if strings.Trim(s, "+-.0123456789eE") != "" {
		f.fail(path, "%s is not a number", short(raw))
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		f.fail(path, "%s is not a number", short(raw))
		return nil
	}
	return &v
}

func (f *fields) time(path string, raw json.RawMessage, local *time.Location) time.Time {
	if absent(raw) {
		f.fail(path, "missing")
		return time.Time{}
	}
	var s string
	if raw[0] == '"' {
		s = f.text(path, raw)
	}
	t, err := time.Parse(time.RFC3339, s)
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
		if err != nil {
			t, err = time.ParseInLocation(layout, s, local)
		}
	}
	_, offset := t.Zone()
	switch {
	case err == nil && (offset < -14*60*60 || offset > 14*60*60):
		f.fail(path, "%s: no place on earth has that offset", short(raw))
	case err != nil:
		f.fail(path, "%s is neither RFC 3339 nor yyyy-MM-dd HH:mm:ss", short(raw))
	case t.Year() < 2000 || t.Year() > 2200:
		f.fail(path, "%s: the device's clock is not set", short(raw))
	}
	return t
}

// short is a value as it stands in a reason.
func short(raw []byte) string {
	if len(raw) <= 40 {
		return string(raw)
	}
	return string(bytes.ToValidUTF8(raw[:40], nil)) + "…"
}
