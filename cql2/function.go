package cql2

// Names that a [Function] has when it compares two arrays. It then has two
// arguments: an [Array], a [Property] or another Function each.
const (
	AEquals      = "a_equals"
	AContains    = "a_contains"
	AContainedBy = "a_containedBy"
	AOverlaps    = "a_overlaps"
)

// Function is a comparison of arrays or a function that the standard does not
// know, its name as it was written. What it takes and gives is the caller's to
// know.
type Function struct {
	Name string
	Args []Expr
}

// Array is a list of values as an argument of a [Function], or in another Array.
// It may be empty.
type Array struct{ Items []Expr }
