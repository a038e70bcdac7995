// Package plan is the fast printer: a selection on layers becomes one SQL
// statement of only the selected columns, and its rows, in binary, become JSON
// without a Go value between.
//
// It answers what it is sure of and leaves the rest to the typed printer, whole
// root fields at a time: what an answer means is said there. Both make their
// statements of the same clauses (package layer) and print the same bytes; a
// test asks both the same random questions.
//
//	p := plan.New(catalog, plan.Options{})
//	answer, err := p.Print(ctx, reader, field) // of an error: ask the typed printer
//
// A plan depends on the operation's text, on what @skip and @include leave of
// it, and on what the viewer may see; never on a value. Values are read from the
// variables each time it is run.
package plan
