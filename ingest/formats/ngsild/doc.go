// Package ngsild reads entities of NGSI-LD (ETSI GS CIM 009) as brokers answer
// GET /entities: normalized, concise, or simplified (keyValues), and NGSI v2's
// forms of the same.
//
// An entity has an id, a type, attributes, and a location that is GeoJSON, lon
// before lat.
//
// The rule it keeps: an attribute means the same in whichever form it came.
//
// Traps: null is "urn:ngsi-ld:null" in a notification; an attribute may have
// several values, told apart by datasetId, of which the one without stands; a
// type may be a list, or expanded to an address, of which the last step is
// taken; modifiedAt is there only if asked for (options=sysAttrs), and data
// models have dateModified beside it; a broker's error is an object, too, and
// is refused.
//
//	page, err := ngsild.Decode(body, formats.Sink[ngsild.Entity]{Record: store, Refuse: quarantine})
package ngsild
