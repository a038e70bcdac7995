package cql2

import (
	"regexp"
	"strings"
	"time"

	"geohub/geo"
)

// TemporalOp is the function of a [Temporal], as cql2-json writes it.
type TemporalOp string

// The temporal functions. The standard defines most of them for intervals only.
const (
	TAfter        TemporalOp = "t_after"
	TBefore       TemporalOp = "t_before"
	TContains     TemporalOp = "t_contains"
	TDisjoint     TemporalOp = "t_disjoint"
	TDuring       TemporalOp = "t_during"
	TEquals       TemporalOp = "t_equals"
	TFinishedBy   TemporalOp = "t_finishedBy"
	TFinishes     TemporalOp = "t_finishes"
	TIntersects   TemporalOp = "t_intersects"
	TMeets        TemporalOp = "t_meets"
	TMetBy        TemporalOp = "t_metBy"
	TOverlappedBy TemporalOp = "t_overlappedBy"
	TOverlaps     TemporalOp = "t_overlaps"
	TStartedBy    TemporalOp = "t_startedBy"
	TStarts       TemporalOp = "t_starts"
)

// Temporal compares two instants or intervals.
type Temporal struct {
	Op          TemporalOp
	Left, Right Expr
}

// Date is a day of the calendar, years 1 to 9999.
type Date geo.Date

// String is yyyy-mm-dd.
func (d Date) String() string { return geo.Date(d).String() }

// Timestamp is an instant, in UTC.
type Timestamp struct{ time.Time }

// String ends in Z and has as many fractions of a second as are needed.
func (t Timestamp) String() string { return t.UTC().Format(timestampLayout) }

// Interval is a time with two ends: a [Date], [Timestamp], [Property] or
// [Function] each, or nil where it is open.
type Interval struct{ Start, End Expr }

const (
	openEnd         = ".."
	timestampLayout = "2006-01-02T15:04:05.999999999Z"
)

var timestampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// parseDate reads yyyy-mm-dd or says what is wrong with it.
func parseDate(s string) (d Date, problem string) {
	day, err := geo.ParseDate(s)
	if err != nil {
		return d, "found '" + clip(s) + "', wanted a day of the calendar such as '2025-07-01'"
	}
	return Date(day), ""
}

// parseTimestamp reads the standard's one form of an instant or says what is
// wrong with it.
func parseTimestamp(s string) (t Timestamp, problem string) {
	at, err := time.Parse(timestampLayout, s)
	if err != nil || !timestampForm.MatchString(s) || at.Year() == 0 {
		return t, "found '" + clip(s) + "', wanted an instant in UTC, ending in Z, such as '2025-07-01T00:00:00Z'"
	}
	return Timestamp{at}, ""
}

// parseEnd reads an end of an interval that is written as a string.
func parseEnd(s string) (e Expr, problem string) {
	switch {
	case s == openEnd:
		return nil, ""
	case strings.Contains(s, "T"):
		return result(parseTimestamp(s))
	}
	return result(parseDate(s))
}

// result is a literal as a node, which is nil where there is a problem.
func result[E Expr](e E, problem string) (Expr, string) {
	if problem != "" {
		return nil, problem
	}
	return e, ""
}
