package layer

import (
	"time"

	"geohub/geo"
	"geohub/internal/fault"
)

// IndicatorBucket is a calendar's part of time, in Asia/Ho_Chi_Minh: DAY, WEEK, ….
type IndicatorBucket string

// The buckets; a week begins on Monday.
const (
	EachDay     IndicatorBucket = "DAY"
	EachWeek    IndicatorBucket = "WEEK"
	EachMonth   IndicatorBucket = "MONTH"
	EachQuarter IndicatorBucket = "QUARTER"
	EachYear    IndicatorBucket = "YEAR"
)

// Without a time, indicators are about the last days; in buckets, about the latest of these.
const (
	defaultDays    = 30
	defaultBuckets = 12
)

// start is when the n-th bucket after that of t begins.
func (b IndicatorBucket) start(t time.Time, n int) time.Time {
	y, m, d := t.In(geo.Saigon).Date()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, geo.Saigon) }
	switch b {
	case EachDay:
		return at(y, m, d+n)
	case EachWeek:
		monday := (int(at(y, m, d).Weekday()) + 6) % 7
		return at(y, m, d-monday+7*n)
	case EachQuarter:
		return at(y, (m-1)/3*3+1+time.Month(3*n), 1)
	case EachYear:
		return at(y+n, 1, 1)
	}
	return at(y, m+time.Month(n), 1)
}

// spans are times one after the other, each from a bound to the next. The first
// is told of no more than by the second's trend, where before says so.
type spans struct {
	bounds []time.Time
	before bool
	whole  []bool     // of each span: it is as long as its bucket
	grain  GroupField // what counts of rows must know to be put into the spans
}

func (s spans) count() int { return len(s.bounds) - 1 }

// present is now, after a day ago: of what is not about a time.
var present = spans{bounds: make([]time.Time, 3), before: true, whole: []bool{true, true}}

// dayBefore is how long ago the state was that the present one is held against.
const dayBefore = 24 * time.Hour

// spansOf are the buckets of a time, cut at its ends, after the one before them.
func (r *Reader) spansOf(observed *DateTimeRange, bucket *IndicatorBucket) (spans, error) {
	if observed == nil {
		observed = &DateTimeRange{}
	}
	to := r.now
	if observed.To != nil {
		to = *observed.To
	}
	from := to.AddDate(0, 0, -defaultDays)
	if bucket != nil {
		from = bucket.start(to.Add(-time.Microsecond), 1-defaultBuckets)
	}
	if observed.From != nil {
		from = *observed.From
	}
	from, to = from.Truncate(time.Microsecond), to.Truncate(time.Microsecond)
	if !from.Before(to) {
		return spans{}, fault.Invalid("BAD_INPUT", "observed: %s is not before %s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	if bucket == nil {
		return spans{bounds: []time.Time{from.Add(from.Sub(to)), from, to}, before: true, whole: []bool{true, true}, grain: "MONTH"}, nil
	}
	s := spans{grain: "MONTH"}
	if *bucket == EachDay || *bucket == EachWeek {
		s.grain = "DAY"
	}
	if first := bucket.start(from, 0); first.Equal(from) {
		s.bounds, s.before, s.whole = []time.Time{bucket.start(from, -1)}, true, []bool{true}
	}
	for at := from; at.Before(to); {
		if len(s.bounds) > maxIndicatorValues {
			return s, tooManyValues()
		}
		next := bucket.start(at, 1)
		s.bounds, s.whole = append(s.bounds, at), append(s.whole, at.Equal(bucket.start(at, 0)) && !next.After(to))
		at = next
	}
	s.bounds = append(s.bounds, to)
	return s, nil
}

// ends are the bounds that may lie within a bucket.
func (s spans) ends() []time.Time {
	ends := []time.Time{s.bounds[0], s.bounds[len(s.bounds)-1]}
	if s.before {
		ends = append(ends, s.bounds[1])
	}
	return ends
}
