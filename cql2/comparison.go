package cql2

// Compare is the operator of a [Comparison], as both encodings write it.
type Compare string

// The six comparisons.
const (
	Equal          Compare = "="
	NotEqual       Compare = "<>"
	Less           Compare = "<"
	Greater        Compare = ">"
	LessOrEqual    Compare = "<="
	GreaterOrEqual Compare = ">="
)

// Comparison compares two scalars, of which either may be a property.
type Comparison struct {
	Op          Compare
	Left, Right Expr
}

// Like matches a text with a pattern: a [String], or one within [CaseI] or
// [AccentI]. In it % stands for any characters, _ for one, and \ takes the
// meaning from the character after it.
type Like struct{ Value, Pattern Expr }

// Between is Low <= Value <= High, of numbers.
type Between struct{ Value, Low, High Expr }

// In holds where Value equals one of a list, which is not empty.
type In struct {
	Value Expr
	List  []Expr
}

// IsNull holds where Value is missing. Value may be anything but an [Array].
type IsNull struct{ Value Expr }
