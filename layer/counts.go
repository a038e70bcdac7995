package layer

import (
	"time"

	"geohub/clause"
	"geohub/geo"
)

// This file decides which questions are answered from the counts of a layer
// (migrations/023_counts.sql) and which by counting its rows. The answers are
// the same. A row of x_counts has the columns that it counts by and begins its
// period as observed_at, so that every condition and key is the one on rows.

// reach is what the conditions of a question look at, beside columns that
// counts have, too.
type reach struct {
	rows  bool        // something that only the rows say
	times []time.Time // the ends of observed times
}

// during adds the ends of a time observed.
func (r *reach) during(d *DateTimeRange) {
	if d == nil {
		return
	}
	for _, end := range []*time.Time{d.From, d.To} {
		if end != nil {
			r.times = append(r.times, *end)
		}
	}
}

// Ends of times that a question answered from counts may name; each may cut a
// day in two, of which the rows are counted.
const maxEnds = 8

// clocks is since when a day in Huế begins at 17:00 UTC: before, the clocks were
// changed now and then.
var clocks = time.Date(1976, 1, 1, 0, 0, 0, 0, geo.Saigon)

// period is a grain of counts, the finest first.
type period int

const (
	eachDay period = iota
	eachMonth
	allTime
)

// around is the period in which a time lies.
func (p period) around(t time.Time) (start, end time.Time) {
	y, m, d := t.In(geo.Saigon).Date()
	if p == eachMonth {
		return time.Date(y, m, 1, 0, 0, 0, 0, geo.Saigon), time.Date(y, m+1, 1, 0, 0, 0, 0, geo.Saigon)
	}
	return time.Date(y, m, d, 0, 0, 0, 0, geo.Saigon), time.Date(y, m, d+1, 0, 0, 0, 0, geo.Saigon)
}

// cut are the periods that the ends of times cut in two: they are counted by
// what is finer. In any other period all conditions hold throughout or nowhere.
type cut struct {
	starts []time.Time
	within []clause.C
}

func (p period) cut(times []time.Time) cut {
	var c cut
	for _, t := range times {
		if start, end := p.around(t); !start.Equal(t) {
			c.starts = append(c.starts, start)
			c.within = append(c.within, clause.Of("c.observed_at >= ? AND c.observed_at < ?", start, end))
		}
	}
	return c
}

// inside holds for what lies in one of the periods.
func (c cut) inside() clause.C { return clause.Or(c.within...) }

// outside holds for counts of other periods, and of no known time.
func (c cut) outside() clause.C {
	if len(c.starts) == 0 {
		return clause.C{}
	}
	return clause.Of("(c.observed_at = ANY (?)) IS NOT TRUE", c.starts)
}

// tally is how the list is counted by some keys: SELECT n FROM from f WHERE the
// list's conditions hold.
func (l *List) tally(by ...GroupField) (n, from clause.C) {
	if p, exact := l.period(by); exact {
		l.r.restsOn(l.s.Table) // its counts change with it
		return clause.Of("coalesce(sum(f.n), 0)"), l.counts(p)
	}
	return clause.Of("count(*)"), l.r.table(l.s.Table)
}

// period is the coarsest grain of counts that knows all keys; exact is false
// when counts don't know all that is asked.
func (l *List) period(by []GroupField) (p period, exact bool) {
	if !l.r.asOf.Empty() || l.reach == nil || l.reach.rows || !l.s.Counted() || len(l.reach.times) > maxEnds {
		return 0, false
	}
	p = allTime
	if len(l.reach.times) > 0 {
		p = eachMonth
	}
	for _, t := range l.reach.times {
		if t.Before(clocks) {
			return 0, false
		}
	}
	for _, key := range by {
		switch key {
		case "UNIT", "AGENCY":
		case "DAY", "WEEK":
			p = eachDay
		case "MONTH":
			p = min(p, eachMonth)
		default:
			if f, ok := l.s.groupField(key); !ok || !f.Count {
				return 0, false
			}
		}
	}
	return p, true
}

// counts are the counts of each period by themselves, with what has changed
// since they were summed up, and the rows of days that are cut in two.
func (l *List) counts(p period) clause.C {
	columns := []clause.C{clause.Of("c.observed_at, c.unit_id, c.agency_code, c.sharing")}
	for _, f := range l.s.Fields {
		if f.Count {
			columns = append(columns, clause.Column("c", f.Column))
		}
	}
	columns = append(columns, clause.Of("c.n"))
	of := func(where ...clause.C) clause.C {
		return clause.Of("SELECT ? FROM ? c WHERE ?", clause.Join(", ", columns...), clause.Name(l.s.Table+"_counts"), clause.And(where...))
	}
	days, months := eachDay.cut(l.reach.times), eachMonth.cut(l.reach.times)
	parts := []clause.C{of(clause.Of("c.grain = 0"), days.outside())}
	switch {
	case p == allTime:
		parts = append(parts, of(clause.Of("c.grain = 3")))
	case p == eachDay:
		parts = append(parts, of(clause.Of("c.grain = 1"), days.outside()))
	default:
		parts = append(parts, of(clause.Of("c.grain = 2"), months.outside()))
		if len(months.starts) > 0 {
			parts = append(parts, of(clause.Of("c.grain = 1"), months.inside(), days.outside()))
		}
	}
	if len(days.starts) > 0 {
		columns[len(columns)-1] = clause.Of("1")
		parts = append(parts, clause.Of("SELECT ? FROM ? c WHERE ?", clause.Join(", ", columns...), l.r.table(l.s.Table), days.inside()))
	}
	return clause.Of("(?)", clause.Join(" UNION ALL ", parts...))
}
