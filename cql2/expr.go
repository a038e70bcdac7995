package cql2

// Expr is one node of a filter: one of the types of this package, by value, and
// no other. They are told apart by a type switch.
//
// Conditions: [And], [Or], [Not], [Comparison], [Like], [Between], [In],
// [IsNull], [Spatial], [Temporal], [Boolean] and [Function]. What Parse and
// ParseJSON give is a condition.
//
// Values: [Property], [String], [CaseI], [AccentI], [Number], [Arithmetic],
// [Boolean], [Date], [Timestamp], [Interval], [Geometry], [BBox], [Array] and
// [Function].
type Expr interface{ expr() }

func (And) expr()        {}
func (Or) expr()         {}
func (Not) expr()        {}
func (Boolean) expr()    {}
func (Comparison) expr() {}
func (Like) expr()       {}
func (Between) expr()    {}
func (In) expr()         {}
func (IsNull) expr()     {}
func (Spatial) expr()    {}
func (Geometry) expr()   {}
func (BBox) expr()       {}
func (Temporal) expr()   {}
func (Date) expr()       {}
func (Timestamp) expr()  {}
func (Interval) expr()   {}
func (Property) expr()   {}
func (String) expr()     {}
func (CaseI) expr()      {}
func (AccentI) expr()    {}
func (Number) expr()     {}
func (Arithmetic) expr() {}
func (Function) expr()   {}
func (Array) expr()      {}

// children are the nodes right below e, in order.
func children(e Expr) []Expr {
	switch e := e.(type) {
	case And:
		return e.Args
	case Or:
		return e.Args
	case Not:
		return []Expr{e.Arg}
	case Comparison:
		return []Expr{e.Left, e.Right}
	case Like:
		return []Expr{e.Value, e.Pattern}
	case Between:
		return []Expr{e.Value, e.Low, e.High}
	case In:
		return append([]Expr{e.Value}, e.List...)
	case IsNull:
		return []Expr{e.Value}
	case Spatial:
		return []Expr{e.Left, e.Right}
	case Temporal:
		return []Expr{e.Left, e.Right}
	case Interval:
		var ends []Expr
		for _, end := range []Expr{e.Start, e.End} {
			if end != nil {
				ends = append(ends, end)
			}
		}
		return ends
	case CaseI:
		return []Expr{e.Value}
	case AccentI:
		return []Expr{e.Value}
	case Arithmetic:
		return []Expr{e.Left, e.Right}
	case Function:
		return e.Args
	case Array:
		return e.Items
	}
	return nil
}
