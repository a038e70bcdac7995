package ais

import (
	"fmt"
	"math"
	"strconv"
)

// sentencePayload is how much armour fits NMEA's 82 characters.
const sentencePayload = 60

// Encode appends m to dst as sentences, each with CR LF, under a TAG block
// when m.Tag has a source or a time. Types 1, 2, 3, 5, 18, 19, 24 and 27 can
// be written; what is not set is written as not available. seq, 0 to 9, is the
// sequence id of a message of several sentences: take the next for each.
//
// A value that has no place in the message (longitude 200, a name in small
// letters or with diacritics, or one that is too long) is an error.
func Encode(dst []byte, m Message, seq int) ([]byte, error) {
	w := writer{armour: make([]byte, 0, 80)}
	w.header(m)
	switch m.Type {
	case 1, 2, 3:
		w.classA(m)
	case 5:
		w.voyage(m)
	case 18:
		w.classB(m)
	case 19:
		w.extended(m)
	case 24:
		w.static(m)
	case 27:
		w.longRange(m)
	default:
		w.fail("type %d is not written here", m.Type)
	}
	if seq < 0 || seq > 9 {
		w.fail("sequence id %d is outside 0 to 9", seq)
	}
	if len(m.Channel) > 1 {
		w.fail("channel %q is not one character", m.Channel)
	}
	fill := w.finish()
	if w.err != nil {
		return dst, w.err
	}
	return sentences(dst, m, w.armour, fill, seq), nil
}

func sentences(dst []byte, m Message, armour []byte, fill, seq int) []byte {
	formatter := "AIVDM"
	if m.Own {
		formatter = "AIVDO"
	}
	total := (len(armour) + sentencePayload - 1) / sentencePayload
	for i := range total {
		part, id, pad := armour[i*sentencePayload:], "", 0
		if i < total-1 {
			part = part[:sentencePayload]
		} else {
			pad = fill
		}
		if total > 1 {
			id = strconv.Itoa(seq)
		}
		dst = tagBlock(dst, m.Tag, i+1, total, seq)
		dst = append(dst, '!')
		start := len(dst)
		dst = fmt.Appendf(dst, "%s,%d,%d,%s,%s,%s,%d", formatter, total, i+1, id, m.Channel, part, pad)
		sum, _ := checked(dst[start:], []byte("00"))
		dst = fmt.Appendf(dst, "*%02X\r\n", sum)
	}
	return dst
}

// tagBlock says the station and time once, and in a group which sentences
// belong together.
func tagBlock(dst []byte, t Tag, number, total, seq int) []byte {
	if t.Source == "" && t.Time.IsZero() {
		return dst
	}
	dst = append(dst, '\\')
	start := len(dst)
	if total > 1 {
		dst = fmt.Appendf(dst, "g:%d-%d-%d,", number, total, seq+1)
	}
	if number == 1 && t.Source != "" {
		dst = fmt.Appendf(dst, "s:%s,", t.Source)
	}
	if number == 1 && !t.Time.IsZero() {
		c := t.Time.Unix()
		if t.Time.Nanosecond() >= 1e6 {
			c = t.Time.UnixMilli()
		}
		dst = fmt.Appendf(dst, "c:%d,", c)
	}
	dst = dst[:len(dst)-1]
	sum, _ := checked(dst[start:], []byte("00"))
	return fmt.Appendf(dst, `*%02X\`, sum)
}

func (w *writer) header(m Message) {
	w.put(m.Type, 6)
	w.number("repeat", Some(m.Repeat), 0, 3, 0, 2)
	w.number("mmsi", Some(m.MMSI), 1, 999_999_999, 0, 30)
}

func (w *writer) classA(m Message) {
	w.number("status", m.Status, 0, 15, 15, 4)
	w.turn(m.Turn)
	w.motion(m)
	w.number("maneuver", m.Maneuver, 0, 3, 0, 2)
	w.put(0, 3)
	w.bool(m.RAIM)
	w.number("radio", m.Radio, 0, 1<<19-1, 0, 19)
}

func (w *writer) classB(m Message) {
	w.put(0, 8)
	w.motion(m)
	w.put(0, 2)
	for _, flag := range []Opt[bool]{m.CS, m.Display, m.DSC, m.Band, m.Msg22, m.Assigned, m.RAIM} {
		w.bool(flag)
	}
	w.number("radio", m.Radio, 0, 1<<20-1, 0, 20)
}

func (w *writer) extended(m Message) {
	w.put(0, 8)
	w.motion(m)
	w.put(0, 4)
	w.text("shipname", m.Shipname, 20)
	w.number("shiptype", m.ShipType, 0, 255, 0, 8)
	w.dimensions(m)
	w.number("epfd", m.EPFD, 0, 15, 0, 4)
	w.bool(m.RAIM)
	w.number("dte", m.DTE, 0, 1, 1, 1)
	w.bool(m.Assigned)
	w.put(0, 4)
}

func (w *writer) motion(m Message) {
	w.scaled("speed", m.Speed, 0, 102.2, 10, 1023, 10)
	w.bool(m.Accuracy)
	w.scaled("lon", m.Lon, -180, 180, 600_000, 181*600_000, 28)
	w.scaled("lat", m.Lat, -90, 90, 600_000, 91*600_000, 27)
	w.scaled("course", m.Course, 0, 359.949, 10, 3600, 12)
	w.number("heading", m.Heading, 0, 359, 511, 9)
	w.number("second", m.Second, 0, 63, 60, 6)
}

func (w *writer) turn(v Opt[Turn]) {
	switch rate := float64(v.Value); {
	case !v.Valid:
		w.put(-128, 8)
	case v.Value == FastRight:
		w.put(127, 8)
	case v.Value == FastLeft:
		w.put(-127, 8)
	case !(rate >= -709 && rate <= 709):
		w.fail("turn %v is outside −709 to 709", rate)
	default:
		w.put(int(math.Copysign(math.Round(4.733*math.Sqrt(math.Abs(rate))), rate)), 8)
	}
}

func (w *writer) voyage(m Message) {
	w.number("ais_version", m.AISVersion, 0, 3, 2, 2)
	w.number("imo", m.IMO, 0, 1<<30-1, 0, 30)
	w.text("callsign", m.Callsign, 7)
	w.text("shipname", m.Shipname, 20)
	w.number("shiptype", m.ShipType, 0, 255, 0, 8)
	w.dimensions(m)
	w.number("epfd", m.EPFD, 0, 15, 0, 4)
	w.eta(m.ETA)
	w.scaled("draught", m.Draught, 0, 25.5, 10, 0, 8)
	w.text("destination", m.Destination, 20)
	w.number("dte", m.DTE, 0, 1, 1, 1)
	w.put(0, 1)
}

func (w *writer) eta(s string) {
	month, day, hour, minute := 0, 0, 24, 60
	if s != "" {
		if _, err := fmt.Sscanf(s, "%02d-%02dT%02d:%02dZ", &month, &day, &hour, &minute); err != nil || len(s) != 12 ||
			month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 24 || minute < 0 || minute > 60 {
			w.fail("eta %q is not MM-DDTHH:MMZ", s)
			return
		}
	}
	w.put(month, 4)
	w.put(day, 5)
	w.put(hour, 5)
	w.put(minute, 6)
}

func (w *writer) static(m Message) {
	w.number("partno", m.PartNo, 0, 1, 0, 2)
	if m.PartNo.Value == 0 {
		w.text("shipname", m.Shipname, 20)
		w.put(0, 8)
		return
	}
	w.number("shiptype", m.ShipType, 0, 255, 0, 8)
	w.text("vendorid", m.VendorID, 3)
	w.number("model", m.Model, 0, 15, 0, 4)
	w.number("serial", m.Serial, 0, 1<<20-1, 0, 20)
	w.text("callsign", m.Callsign, 7)
	if auxiliary(m.MMSI) {
		w.number("mothership_mmsi", m.MothershipMMSI, 0, 999_999_999, 0, 30)
	} else {
		w.dimensions(m)
	}
	w.number("epfd", m.EPFD, 0, 15, 0, 4)
	w.put(0, 2)
}

func (w *writer) longRange(m Message) {
	w.bool(m.Accuracy)
	w.bool(m.RAIM)
	w.number("status", m.Status, 0, 15, 15, 4)
	w.scaled("lon", m.Lon, -180, 180, 600, 181*600, 18)
	w.scaled("lat", m.Lat, -90, 90, 600, 91*600, 17)
	w.scaled("speed", m.Speed, 0, 62.49, 1, 63, 6)
	w.scaled("course", m.Course, 0, 359.49, 1, 511, 9)
	w.bool(m.GNSS)
	w.put(0, 1)
}

func (w *writer) dimensions(m Message) {
	w.number("to_bow", m.ToBow, 0, 511, 0, 9)
	w.number("to_stern", m.ToStern, 0, 511, 0, 9)
	w.number("to_port", m.ToPort, 0, 63, 0, 6)
	w.number("to_starboard", m.ToStarboard, 0, 63, 0, 6)
}
