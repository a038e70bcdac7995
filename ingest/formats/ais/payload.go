package ais

import (
	"fmt"
	"math"
)

// refusal is why a sentence or message is not understood, and where in it.
type refusal struct{ path, reason string }

func (r *refusal) Error() string { return r.reason }

func refusef(path, format string, args ...any) error {
	return &refusal{path, fmt.Sprintf(format, args...)}
}

// lengths are the bits a type may have, from M.1371-5 and what is received in
// the field: type 5 with its last bits missing or padded, part A of type 24
// without its spare, type 27 in a whole slot.
var lengths = [28]struct{ low, high int }{
	1: {168, 168}, 2: {168, 168}, 3: {168, 168}, 4: {168, 168}, 5: {420, 426},
	6: {72, 1013}, 7: {72, 168}, 8: {56, 1013}, 9: {168, 168}, 10: {72, 72},
	11: {168, 168}, 12: {72, 1013}, 13: {72, 168}, 14: {40, 1013}, 15: {88, 168},
	16: {96, 168}, 17: {80, 821}, 18: {168, 168}, 19: {312, 312}, 20: {70, 186},
	21: {272, 368}, 22: {168, 168}, 23: {160, 168}, 24: {160, 168}, 25: {40, 168},
	26: {60, maxPayload * 6}, 27: {96, 168},
}

// message reads the payload's fields.
func (b *bits) message(m *Message) error {
	if b.n < 38 {
		return refusef("payload", "%d bits are too short for a message", b.n)
	}
	m.Type, m.Repeat, m.MMSI = b.uint(0, 6), b.uint(6, 2), b.uint(8, 30)
	if m.Type < 1 || m.Type > 27 {
		return refusef("type", "type %d is none of M.1371's 27", m.Type)
	}
	if l := lengths[m.Type]; b.n < l.low || b.n > l.high || m.Type == 27 && b.n != 96 && b.n != 168 {
		if l.low == l.high {
			return refusef("payload", "%d bits; type %d has %d", b.n, m.Type, l.low)
		}
		return refusef("payload", "%d bits; type %d has %d to %d", b.n, m.Type, l.low, l.high)
	}
	if m.MMSI < 1 || m.MMSI > 999_999_999 {
		return refusef("mmsi", "%d is not an MMSI", m.MMSI)
	}
	switch m.Type {
	case 1, 2, 3:
		return b.classA(m)
	case 5:
		return b.voyage(m)
	case 18, 19:
		return b.classB(m)
	case 24:
		return b.static(m)
	case 27:
		return b.longRange(m)
	}
	return nil
}

func (b *bits) classA(m *Message) error {
	m.Status = Some(b.uint(38, 4))
	m.Turn = turn(b.int(42, 8))
	m.Maneuver = nonzero(b.uint(143, 2))
	m.RAIM = b.bool(148)
	m.Radio = Some(b.uint(149, 19))
	return b.motion(m, 50)
}

func (b *bits) classB(m *Message) error {
	if m.Type == 18 {
		m.CS, m.Display, m.DSC, m.Band = b.bool(141), b.bool(142), b.bool(143), b.bool(144)
		m.Msg22, m.Assigned, m.RAIM = b.bool(145), b.bool(146), b.bool(147)
		m.Radio = Some(b.uint(148, 20))
		return b.motion(m, 46)
	}
	m.Shipname = b.text(143, 20)
	m.ShipType = nonzero(b.uint(263, 8))
	b.dimensions(m, 271)
	m.EPFD = nonzero(b.uint(301, 4))
	m.RAIM, m.DTE, m.Assigned = b.bool(305), Some(b.uint(306, 1)), b.bool(307)
	return b.motion(m, 46)
}

// motion reads what classes A and B lay out alike, from the speed at start.
func (b *bits) motion(m *Message, start int) error {
	if v := b.uint(start, 10); v != 1023 {
		m.Speed = Some(float64(v) / 10)
	}
	m.Accuracy = b.bool(start + 10)
	if err := b.position(m, b.int(start+11, 28), b.int(start+39, 27), 600_000); err != nil {
		return err
	}
	switch v := b.uint(start+66, 12); {
	case v < 3600:
		m.Course = Some(float64(v) / 10)
	case v > 3600:
		return refusef("course", "%.1f° is outside 0 to 359.9", float64(v)/10)
	}
	switch v := b.uint(start+78, 9); {
	case v < 360:
		m.Heading = Some(v)
	case v != 511:
		return refusef("heading", "%d° is outside 0 to 359", v)
	}
	if v := b.uint(start+87, 6); v != 60 {
		m.Second = Some(v)
	}
	return nil
}

// position sets lon and lat, sent in units of 1/scale degree.
func (b *bits) position(m *Message, lon, lat, scale int) error {
	if lon != 181*scale {
		if lon < -180*scale || lon > 180*scale {
			return refusef("lon", "%g° is outside −180 to 180", degrees(lon, scale))
		}
		m.Lon = Some(degrees(lon, scale))
	}
	if lat != 91*scale {
		if lat < -90*scale || lat > 90*scale {
			return refusef("lat", "%g° is outside −90 to 90", degrees(lat, scale))
		}
		m.Lat = Some(degrees(lat, scale))
	}
	return nil
}

// degrees keeps gpsd's digits: seven for 1/600000°, four for 1/600°.
func degrees(v, scale int) float64 {
	digits := 1e7
	if scale == 600 {
		digits = 1e4
	}
	return math.Round(float64(v)*digits/float64(scale)) / digits
}

func (b *bits) voyage(m *Message) error {
	m.AISVersion = Some(b.uint(38, 2))
	m.IMO = nonzero(b.uint(40, 30))
	m.Callsign = b.text(70, 7)
	m.Shipname = b.text(112, 20)
	m.ShipType = nonzero(b.uint(232, 8))
	b.dimensions(m, 240)
	m.EPFD = nonzero(b.uint(270, 4))
	if v := b.uint(294, 8); v != 0 {
		m.Draught = Some(float64(v) / 10)
	}
	m.Destination = b.text(302, min(20, (b.n-302)/6))
	if b.n > 422 {
		m.DTE = Some(b.uint(422, 1))
	}
	month, day, hour, minute := b.uint(274, 4), b.uint(278, 5), b.uint(283, 5), b.uint(288, 6)
	if month > 12 || hour > 24 || minute > 60 {
		return refusef("eta", "%02d-%02dT%02d:%02dZ is not a time", month, day, hour, minute)
	}
	if month != 0 && day != 0 {
		m.ETA = eta(month, day, hour, minute)
	}
	return nil
}

func eta(month, day, hour, minute int) string {
	digits := func(n int) (byte, byte) { return byte('0' + n/10), byte('0' + n%10) }
	b := [...]byte{0, 0, '-', 0, 0, 'T', 0, 0, ':', 0, 0, 'Z'}
	b[0], b[1] = digits(month)
	b[3], b[4] = digits(day)
	b[6], b[7] = digits(hour)
	b[9], b[10] = digits(minute)
	return string(b[:])
}

func (b *bits) static(m *Message) error {
	part := b.uint(38, 2)
	switch part {
	case 0:
		m.Shipname = b.text(40, 20)
	case 1:
		if b.n < 162 {
			return refusef("payload", "%d bits; part B of type 24 has 168", b.n)
		}
		m.ShipType = nonzero(b.uint(40, 8))
		m.VendorID = b.text(48, 3)
		m.Model, m.Serial = nonzero(b.uint(66, 4)), nonzero(b.uint(70, 20))
		m.Callsign = b.text(90, 7)
		if auxiliary(m.MMSI) {
			m.MothershipMMSI = nonzero(b.uint(132, 30))
		} else {
			b.dimensions(m, 132)
		}
		if b.n >= 166 {
			m.EPFD = nonzero(b.uint(162, 4))
		}
	default:
		return refusef("partno", "part %d of type 24 is neither A (0) nor B (1)", part)
	}
	m.PartNo = Some(part)
	return nil
}

// auxiliary tells a tender, whose MMSI is 98, its country and a number.
func auxiliary(mmsi int) bool { return mmsi/10_000_000 == 98 }

func (b *bits) longRange(m *Message) error {
	m.Accuracy, m.RAIM, m.Status = b.bool(38), b.bool(39), Some(b.uint(40, 4))
	m.GNSS = b.bool(94)
	if err := b.position(m, b.int(44, 18), b.int(62, 17), 600); err != nil {
		return err
	}
	if v := b.uint(79, 6); v != 63 {
		m.Speed = Some(float64(v))
	}
	switch v := b.uint(85, 9); {
	case v < 360:
		m.Course = Some(float64(v))
	case v != 511:
		return refusef("course", "%d° is outside 0 to 359", v)
	}
	return nil
}

// dimensions are unknown when all four are zero; a zero among others is said.
func (b *bits) dimensions(m *Message, start int) {
	if b.uint(start, 30) == 0 {
		return
	}
	m.ToBow, m.ToStern = Some(b.uint(start, 9)), Some(b.uint(start+9, 9))
	m.ToPort, m.ToStarboard = Some(b.uint(start+18, 6)), Some(b.uint(start+24, 6))
}

func turn(v int) Opt[Turn] {
	switch v {
	case -128:
		return Opt[Turn]{}
	case -127:
		return Some(FastLeft)
	case 127:
		return Some(FastRight)
	}
	rate := float64(v) / 4.733
	return Some(Turn(math.Copysign(math.Round(rate*rate*100)/100, rate)))
}

func nonzero(v int) Opt[int] { return Opt[int]{v, v != 0} }
