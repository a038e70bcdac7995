package cql2

// role is what a node may stand for: a set, since a property may be anything but
// a condition.
type role uint8

const (
	boolean role = 1 << iota
	scalar
	character
	pattern
	numeric
	geometric
	temporal
	array

	anything = ^role(0)
	nullable = anything &^ array
)

// roles are all that e can stand for. An Expr that could not be read, nil, fits
// everywhere, so that nobody complains twice.
func roles(e Expr) role {
	switch e := e.(type) {
	case And, Or, Not, Comparison, Like, Between, In, IsNull, Spatial, Temporal:
		return boolean
	case Boolean:
		return boolean | scalar
	case Property:
		return anything &^ (boolean | pattern)
	case Function:
		return anything &^ pattern
	case String:
		return scalar | character | pattern
	case CaseI:
		return scalar | character | roles(e.Value)&pattern
	case AccentI:
		return scalar | character | roles(e.Value)&pattern
	case Number, Arithmetic:
		return scalar | numeric
	case Date, Timestamp:
		return scalar | temporal
	case Interval:
		return temporal
	case Geometry, BBox:
		return geometric
	case Array:
		return array
	}
	return anything
}

// misplaced says that e can't stand where one of want must, or nothing.
func misplaced(e Expr, want role) string {
	if roles(e)&want != 0 {
		return ""
	}
	return "found " + describe(e) + ", wanted " + want.String()
}

func (r role) String() string {
	switch r {
	case boolean:
		return "a condition, such as a = 1 or S_INTERSECTS(a, b)"
	case scalar:
		return "a scalar: a string, number, boolean, date, timestamp, property or function"
	case character:
		return "a string, a property or a function"
	case pattern:
		return "a string as the pattern"
	case numeric:
		return "a number, a property or a function"
	case geometric:
		return "a geometry, a property or a function"
	case temporal:
		return "a date, a timestamp, an interval, a property or a function"
	case array:
		return "an array, a property or a function"
	case nullable:
		return "anything but an array"
	}
	return "an expression"
}

// describe names what was found.
func describe(e Expr) string {
	switch e := e.(type) {
	case Property:
		return "the property " + clip(string(e))
	case Function:
		return "the function " + clip(e.Name)
	case Boolean:
		return "a boolean"
	case String:
		return "a string"
	case CaseI:
		return "CASEI"
	case AccentI:
		return "ACCENTI"
	case Number:
		return "a number"
	case Arithmetic:
		return "arithmetic"
	case Date:
		return "a date"
	case Timestamp:
		return "a timestamp"
	case Interval:
		return "an interval"
	case Geometry, BBox:
		return "a geometry"
	case Array:
		return "an array"
	}
	return "a condition"
}
