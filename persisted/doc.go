// Package persisted keeps GraphQL operations under the hash of their document, and
// shows what such an operation answers as a layer: a table of features for files,
// tiles and whatever else asks no GraphQL.
//
// The rule: there is no second truth. A layer's features are what the operation
// itself answers to the viewer of the request, page by page in one snapshot of the
// database; this package only puts into the document what pages need (id,
// geometry, first, after, a box, a time), and lays out flat what comes. So whatever can be
// selected of a feature is a property, masked as it is there, and the one who
// stored the operation gives none of his rights away.
//
//	kept, err := operations.Keep(ctx, viewer, document, "", "Open reports by ward")
//	view, err := operations.View(kept)
//	variables, err := view.Variables(r.URL.Query())
//	err = view.Each(ctx, session, variables, func(f *persisted.Feature) error { … })
package persisted
