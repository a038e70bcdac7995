// Package open311 reads Open311 GeoReport v2: service requests, services and
// their definitions, and the receipts of what was posted, as JSON or XML; which
// of the two is seen from the first byte.
//
//	err := open311.Decode(r, formats.Sink[open311.Record]{Record: store, Refuse: quarantine})
//
// A Record is one of the three kinds, told apart by their members. Lists of any
// length, a single object, objects line by line, and pages in a wrapping object
// ({"service_requests": […], "page": 1}) are all read, one record at a time.
//
// Traps of the standard:
//   - The longitude is "long", and both coordinates come as strings as often as
//     numbers. Empty strings and null mean absent, as does 0,0 (with a note).
//   - A time without an offset is the server's own: it is read at
//     Options.Location and noted.
//   - service_request_id and service_code may be numbers in JSON; they are text.
//   - An error is a list as well: [{"code": 404, "description": "…"}]. It is
//     refused as what the server answered.
//   - There is no standard way to ask for what changed, and a page holds 1,000
//     requests or 90 days: compare updated_datetime.
//
// Members that the standard doesn't know are kept as they came, in Extra, and
// stand beside the others in the JSON.
package open311
