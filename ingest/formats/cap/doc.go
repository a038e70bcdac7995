// Package cap reads alerts in the Common Alerting Protocol 1.2 of OASIS
// (ITU-T X.1303): one message, or any XML that holds messages, an Atom or RSS
// feed or an EDXL-DE envelope among them. CAP 1.1 is read too.
//
//	err := cap.Decode(r, formats.Sink[cap.Alert]{Record: store, Refuse: quarantine})
//	now := cap.Active(alerts, time.Now())
//
// An Alert has the standard's own names and text; times, numbers and references
// are parsed. Decode keeps the standard's rules: what breaks one is refused with
// the place inside the message ("info[0].area[1].polygon[0]"), counted from 0.
// What is merely unusual is kept and told in Alert.Notes.
//
// Traps of the standard:
//   - A polygon is "lat,lon lat,lon …", latitude first, and closed: its last pair
//     is its first. Area.Polygons turns it into orb's lon, lat.
//   - A circle is "lat,lon radius", the radius in kilometres; ceiling and altitude
//     are feet.
//   - Times have an offset; the standard writes UTC as "-00:00" and forbids "Z",
//     which is accepted with a note. A time without an offset is refused: it would
//     be seven hours wrong half of the time.
//   - effective, onset and expires belong to an info block, so that one message
//     may expire in parts.
//   - Update and Cancel name what they replace by sender, identifier and sent, and
//     may arrive before it.
package cap
