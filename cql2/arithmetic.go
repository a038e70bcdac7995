package cql2

// Operator is what an [Arithmetic] does, as both encodings write it.
type Operator string

// The operators of arithmetic. Power binds closest and stands alone: 2 ^ 3 ^ 2
// is refused, since some count it from the left and some from the right. Then
// come Multiply, Divide, Modulo and IntegerDivide, then Add and Subtract, each
// group from the left.
const (
	Add           Operator = "+"
	Subtract      Operator = "-"
	Multiply      Operator = "*"
	Divide        Operator = "/"
	Modulo        Operator = "%"
	IntegerDivide Operator = "div"
	Power         Operator = "^"
)

// Arithmetic counts with two numbers.
type Arithmetic struct {
	Op          Operator
	Left, Right Expr
}
