// Package card reads events of cards: access, attendance and payment, as JSON
// over MQTT or as JSON lines.
//
// There is no standard for them; the fields are those of OSDP and ONVIF access
// events and of ISO 20022 payments, under the names of [Event].
//
// The rule it keeps: a card's number is never seen. cardRef is a token that
// the issuer made up; where it is the number on the card (13 to 19 digits that
// pass Luhn's check) or the chip's own UID (8, 14 or 20 hexadecimal digits) the
// record is refused, and neither that nor any other card reference is repeated
// in a reason or in the record kept with it. An [Event] as JSON leaves it out.
//
// Traps: a moment without an offset is refused, since an hour's count depends
// on it; an amount is whole đồng, so "25.000" and 25.5 are refused; a number
// in cardRef is a card's number more often than a token and is refused.
//
//	err := card.Decode(r, formats.Sink[card.Event]{Record: count, Refuse: quarantine})
package card
