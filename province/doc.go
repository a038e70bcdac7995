// Package province simulates Huế: what the systems of its agencies hold, for a
// demonstration and for tests. Reservoirs, stations, places and units are the
// real ones; what happens in them is invented, except the flood of October
// 2025, which passes through the published figures. Persons, telephones and
// plates are invented.
//
// The one rule: everything follows from (seed, now). The same two give the same
// rows, whatever is asked first, and each topic draws from its own stream.
//
//	p := province.New(1, time.Now())
//	rows := p.Dams()
//	result, err := ingest.Upsert(ctx, tx, systems.Dams, rows)
package province
