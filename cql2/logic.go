package cql2

// And holds where all of its two or more conditions do.
type And struct{ Args []Expr }

// Or holds where any of its two or more conditions does.
type Or struct{ Args []Expr }

// Not holds where its condition is false. It stands around a [Like], [Between],
// [In] or [IsNull] for NOT LIKE and its fellows.
type Not struct{ Arg Expr }

// Boolean is TRUE or FALSE.
type Boolean bool
