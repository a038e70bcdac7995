// Package geo is what the hub says about place: the words of the contract's
// inputs (Area, Near, BBox, …) on orb's geometries, GeoJSON in and out, days of
// the local calendar, and distances on the spheroid. It knows no SQL and no
// GraphQL server; its types implement gqlgen's MarshalGQL and UnmarshalGQL by
// shape.
//
// The one rule: what a user draws is checked here, exactly, and refused with
// the place of the fault; it is never repaired. A geometry that [Parse] or
// [Check] accepts is finite, closed and valid as ST_IsValid has it, so it can go
// to PostGIS as it is. Lon comes before lat everywhere.
//
//	shape, err := geo.Parse(variables["within"], geo.Options{})
//	if err != nil {
//		return err // a fault: BAD_GEOMETRY, with "at": "coordinates[0][3]"
//	}
package geo

import "time"

// Saigon is Asia/Ho_Chi_Minh: +07:00 all year round, since Vietnam keeps no
// summer time. It needs no time zone database.
var Saigon = time.FixedZone("+07", 7*60*60)
