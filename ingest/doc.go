// Package ingest brings records into the layers: it writes features and
// series, and the administrative units that features lie in.
//
// The rule it keeps: the same batch any number of times, in any order, ends in
// the same rows. An older version never overwrites a newer one, and a row that
// does not change is not written.
//
//	result, err := ingest.Upsert(ctx, tx, systems.Dams, dams)
package ingest
