// Package sensorthings reads JSON of the OGC SensorThings API 1.1: pages of
// entities, single entities, and observations in the dataArray extension.
//
// Each entity is handed on by itself, as *[Thing], *[Datastream],
// *[Observation] … with what was expanded inside it; each as JSON is one
// object in the standard's names with "entity" naming its kind, which the
// standard's own JSON leaves to the address it came from.
//
// Traps: a page is complete only with the pages behind its NextLink, and an
// expanded list inside an entity has a next link of its own; phenomenonTime is
// a moment or an interval, and one without an offset is refused (seven hours
// either way); resultTime may be null; result may be a number, a string, a
// truth value or null, and stays as it came; an @iot.id may be a number or a
// string; GeoJSON is lon, lat, so a latitude of 107 is refused as swapped.
//
//	page, err := sensorthings.Decode(body, formats.Sink[sensorthings.Entity]{Record: store, Refuse: quarantine})
//	next := page.NextLink // "" on the last page
package sensorthings
