package cql2

import (
	"strings"
	"unicode"

	"geohub/internal/fault"
)

// Limits on one filter. What is over one is refused; the fault's extensions say
// "limit" and "actual". What Text and JSON print may be longer than MaxBytes.
const (
	MaxBytes    = 10_000
	MaxDepth    = 32  // nodes in nodes, and brackets in brackets
	MaxNodes    = 500 // a geometry is one
	MaxItems    = 200 // of one IN list or array
	MaxVertices = 2_000
)

func overLimit(what string, limit, actual int) *fault.Error {
	return fault.Invalid("BAD_INPUT", "filter: %d %s; the limit is %d", actual, what, limit).
		With("limit", limit).With("actual", actual)
}

// withinLimits looks at a whole tree.
func withinLimits(e Expr) error {
	nodes, depth := size(e)
	switch {
	case depth > MaxDepth:
		return overLimit("nodes, one in the other", MaxDepth, depth)
	case nodes > MaxNodes:
		return overLimit("nodes", MaxNodes, nodes)
	}
	return nil
}

func size(e Expr) (nodes, depth int) {
	nodes = 1
	for _, child := range children(e) {
		n, d := size(child)
		nodes += n
		depth = max(depth, d)
	}
	return nodes, depth + 1
}

// clip shortens what is quoted back in a message.
func clip(s string) string {
	const keep = 40
	s = printable(s)
	runes := 0
	for i := range s {
		if runes == keep {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// printable has nothing in it that would break a line of a log.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsPrint(c):
			return c
		}
		return unicode.ReplacementChar
	}, s)
}
