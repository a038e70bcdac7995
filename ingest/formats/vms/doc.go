// Package vms reads positions of fishing vessels from the monitoring systems
// (VMS, thiết bị giám sát hành trình) of Vietnamese providers, as JSON: an
// array, an object with a "positions" or "data" array, or an object a line.
//
// The one rule: a position that is wrong is refused, never mended. Coordinates
// 0/0, out of range or with lat and lon swapped, an event or source that is
// none of the code list, a time that can't be read: each is refused with its
// line and its place ("positions[3].lat"), and the next record is read, also
// behind JSON that is broken.
//
// Numbers may come as strings. A time without an offset ("2026-10-28
// 10:00:00") is Vietnam's. A decimal comma ("16,75") is understood only when
// Options say so. An event other than a position may come without one: the
// POWER_OFF or SOS of a device that has no fix is kept.
//
// DecodeVessels reads the fleet's register, which such a system keeps beside.
//
//	err := vms.Decode(body, formats.Sink[vms.Position]{Record: store, Refuse: quarantine})
package vms
