package layer

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/fault"
)

// Bucket is a span of the calendar in Asia/Ho_Chi_Minh, one of the keys of time.
type Bucket string

// The buckets.
const (
	Hour  Bucket = "HOUR"
	Day   Bucket = "DAY"
	Week  Bucket = "WEEK"
	Month Bucket = "MONTH"
)

// start is when the bucket began in which t lies; weeks begin on Monday.
func (b Bucket) start(t time.Time) time.Time {
	t = t.In(geo.Saigon)
	y, m, d := t.Date()
	switch b {
	case Hour:
		return time.Date(y, m, d, t.Hour(), 0, 0, 0, geo.Saigon)
	case Week:
		d -= (int(t.Weekday()) + 6) % 7
	case Month:
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, geo.Saigon)
}

// next is when the bucket after the one that began at start begins.
func (b Bucket) next(start time.Time) time.Time {
	switch b {
	case Hour:
		return start.Add(time.Hour)
	case Week:
		return start.AddDate(0, 0, 7)
	case Month:
		return start.AddDate(0, 1, 0)
	}
	return start.AddDate(0, 0, 1)
}

// form is how the start of a bucket is written: as long as it needs to be.
func (b Bucket) form() string {
	switch b {
	case Hour:
		return time.RFC3339
	case Month:
		return "2006-01"
	}
	return time.DateOnly
}

// of is start in SQL, of a row f.
func (b Bucket) of() clause.C {
	switch b {
	case Hour:
		return clause.Of("date_trunc('hour', f.observed_at, 'Asia/Ho_Chi_Minh')")
	case Week:
		return clause.Of("date_trunc('week', f.observed_at, 'Asia/Ho_Chi_Minh')")
	case Month:
		return clause.Of("date_trunc('month', f.observed_at, 'Asia/Ho_Chi_Minh')")
	}
	return clause.Of("date_trunc('day', f.observed_at, 'Asia/Ho_Chi_Minh')")
}

// TimelineBucket is one step of a timeline: what was observed From <= t < To.
type TimelineBucket struct {
	From, To time.Time
	Count    int
	Groups   []*Group
}

// TimelineQuery is what a timeline is asked.
type TimelineQuery struct {
	Filter LayerFilter
	Area   *geo.Area
	Bucket Bucket
	By     map[string]any // keys by the layer's list field, as the client wrote them; nil: none
	During *DateTimeRange // where an end is nil, the rows end
}

// Timeline counts the features of a layer bucket by bucket, those without any too,
// and within each by further keys: every key of the timeline stands in each of its
// buckets, those with the most features first. The first and the last bucket are
// cut where the time asked for begins and ends. Features of no known time are
// left out.
func (r *Reader) Timeline(ctx context.Context, q TimelineQuery) ([]*TimelineBucket, error) {
	s, filter, err := r.layerOf("filter", q.Filter)
	if err != nil {
		return nil, err
	}
	by, err := keysOf(s, q.By)
	if err != nil {
		return nil, err
	}
	span := DateTimeRange{}
	if q.During != nil {
		span = *q.During
	}
	if span.From != nil && span.To != nil {
		if _, err := q.Bucket.between(*span.From, *span.To); err != nil {
			return nil, err
		}
	}
	l, err := r.Ask(ctx, s, Query{Filter: filter, Area: q.Area, Observed: q.During})
	if err != nil {
		return nil, err
	}
	l.where = clause.And(l.where, clause.Of("f.observed_at IS NOT NULL"))
	found, err := l.groups(ctx, GroupQuery{By: append([]GroupField{GroupField(q.Bucket)}, by...)})
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if span.From == nil {
			span.From = found[0].Keys[0].From
		}
		if span.To == nil {
			span.To = found[len(found)-1].Keys[0].To
		}
	}
	if span.From == nil || span.To == nil {
		return []*TimelineBucket{}, nil
	}
	out, err := q.Bucket.between(*span.From, *span.To)
	if err != nil {
		return nil, err
	}
	return out, fill(out, found, len(by) > 0)
}

// keysOf reads the keys of a layer.
func keysOf(s *System, by map[string]any) ([]GroupField, error) {
	if by == nil {
		return nil, nil
	}
	field, value, err := oneOf("by", by)
	if err != nil {
		return nil, err
	}
	if field != s.Field {
		return nil, fault.Invalid("BAD_INPUT", "by: the keys are of %s, the filter of %s", field, s.Field)
	}
	return asList(value, func(v any) (GroupField, error) {
		key, err := asString(v)
		return GroupField(key), err
	})
}

// between are the buckets of from <= t < to.
func (b Bucket) between(from, to time.Time) ([]*TimelineBucket, error) {
	out := []*TimelineBucket{}
	for start := b.start(from); start.Before(to); {
		if len(out) == maxGroups {
			return nil, tooManyBuckets()
		}
		next := b.next(start)
		out = append(out, &TimelineBucket{From: start, To: next, Groups: []*Group{}})
		start = next
	}
	if len(out) > 0 {
		out[0].From, out[len(out)-1].To = from, to
	}
	return out, nil
}

func tooManyBuckets() error {
	return fault.Invalid("COST_LIMIT", "the timeline has over %d cells; ask for larger buckets, fewer keys or a shorter time (during)", maxGroups).With("limit", maxGroups)
}

// fill puts the cells of a grouping, whose first key is the bucket, into theirs.
func fill(buckets []*TimelineBucket, cells []*Group, keyed bool) error {
	type series struct {
		group *Group
		name  string
		at    map[int]int // how many by bucket
	}
	known := map[string]*series{}
	for _, c := range cells {
		// The bucket was cut where the time begins; the last that begins before it ends holds it.
		i, _ := slices.BinarySearchFunc(buckets, *c.Keys[0].To, func(b *TimelineBucket, end time.Time) int {
			if b.From.Before(end) {
				return -1
			}
			return 1
		})
		i = max(0, i-1)
		buckets[i].Count += c.Count
		if !keyed {
			continue
		}
		name := nameOf(c.Keys[1:])
		s := known[name]
		if s == nil {
			s = &series{&Group{Keys: c.Keys[1:]}, name, map[int]int{}}
			known[name] = s
		}
		s.at[i] += c.Count
		s.group.Count += c.Count
	}
	if len(known)*len(buckets) > maxGroups {
		return tooManyBuckets()
	}
	all := make([]*series, 0, len(known))
	for _, s := range known {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *series) int {
		return cmp.Or(cmp.Compare(b.group.Count, a.group.Count), cmp.Compare(a.name, b.name))
	})
	for i, b := range buckets {
		for _, s := range all {
			b.Groups = append(b.Groups, &Group{Keys: s.group.Keys, Count: s.at[i], Measures: []*Measure{}})
		}
	}
	return nil
}

// nameOf tells keys from others.
func nameOf(keys []*GroupKey) string {
	var b strings.Builder
	for _, k := range keys {
		if k.Value == nil {
			b.WriteByte(0) // no text holds it
		} else {
			b.WriteString(*k.Value)
		}
		if k.From != nil { // units are told apart by their epoch
			b.WriteString(k.From.String())
		}
		b.WriteByte(1)
	}
	return b.String()
}
