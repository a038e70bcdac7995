// Package ais reads and writes AIS messages (ITU-R M.1371-5) in NMEA 0183
// sentences: !AIVDM, !AIVDO and the same of any other talker (!BSVDM, !ABVDM),
// with NMEA 4.10 TAG blocks before them and the US Coast Guard's suffix behind.
//
// The one rule: a message speaks gpsd's JSON in its scaled form (mmsi, lon,
// lat, speed, course, …), and what the ship said is not available is not
// there: longitude 181, latitude 91, speed 1023, course 3600, heading 511,
// turn −128, second 60. A value outside its range (longitude 200) refuses the
// whole message, and so does a sentence whose checksum, armour, length or fill
// bits are wrong; the next line is read as if nothing had happened.
//
// Types 1, 2, 3, 5, 18, 19, 24 and 27 are read in full, the other types of
// the standard down to type, repeat and mmsi. Messages of several sentences
// are put together by talker, station, sequence and channel, in any order;
// one whose sentence is missing is refused at the line of its first.
//
// Differences from gpsd: turn is a number (degrees a minute) but for
// "fastleft" and "fastright"; speed 1022 is 102.2 (that or more); vendorid is
// the three letters of M.1371-5, its model and serial apart; TAG blocks show
// as "tag".
//
//	err := ais.Decode(conn, formats.Sink[ais.Message]{Record: store, Refuse: quarantine})
package ais
