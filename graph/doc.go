// Package graph is what gqlgen generates from schema.graphqls and
// systems/*.graphqls, and the tests that hold the schema to its contract.
//
// Nothing here is written by hand but this file and the tests; `make generate`
// writes the rest anew.
package graph
