package layer

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/fault"
)

// maxIndicatorValues bounds indicators × units × buckets of one field.
const maxIndicatorValues = 10_000

func tooManyValues() error {
	return fault.Invalid("COST_LIMIT", "indicators × units × buckets are over %d; ask for fewer of them", maxIndicatorValues).With("limit", maxIndicatorValues)
}

// IndicatorStatus says whether a value can be relied on.
type IndicatorStatus string

// The statuses.
const (
	IndicatorOK         IndicatorStatus = "OK"
	IndicatorStale      IndicatorStatus = "STALE"
	IndicatorSuppressed IndicatorStatus = "SUPPRESSED"
	IndicatorNoData     IndicatorStatus = "NO_DATA"
)

// IndicatorQuery is what `indicators` is asked; nil says nothing.
type IndicatorQuery struct {
	IDs      []string
	Units    []string // codes, as the units stand at At
	UnitKind *UnitKind
	At       *geo.Date
	Observed *DateTimeRange
	Bucket   *IndicatorBucket
}

// Indicator is a figure with its values for some units and times.
type Indicator struct {
	ID            string
	Layer         Name
	Statistic     IndicatorStatistic
	Period        bool
	MeasureUnit   string
	LowerIsBetter bool
	Least         *int
	Query         string
	Targets       []*IndicatorTarget
	NewestAt      *time.Time
	Freshness     *Freshness
	Values        []*IndicatorValue

	spec *indicator
}

// Title is what people call it.
func (i *Indicator) Title(lang *Lang) string { return i.spec.Title.In(lang) }

// Definition says in plain words what it is.
func (i *Indicator) Definition(lang *Lang) string { return i.spec.Definition.In(lang) }

// IndicatorValue is an indicator's value for a unit and a time.
type IndicatorValue struct {
	Unit                          *Unit      // nil: the whole province
	From, To                      *time.Time // nil: of now
	Status                        IndicatorStatus
	Value, Numerator, Denominator *float64
	Former, Trend                 *float64
	Target                        *float64
	Met                           *bool
}

// Indicators gives indicators in the order of the ids, or of their declaration:
// one statement on the rows of each, for all units and times.
func (r *Reader) Indicators(ctx context.Context, all *Indicators, q IndicatorQuery) ([]*Indicator, error) {
	r.Together()
	picked, err := all.pick(q.IDs)
	if err != nil {
		return nil, err
	}
	times, err := r.spansOf(q.Observed, q.Bucket)
	if err != nil {
		return nil, err
	}
	where, err := r.whereOf(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(picked)*where.count()*times.count() > maxIndicatorValues {
		return nil, tooManyValues()
	}
	if slices.ContainsFunc(picked, func(i *indicator) bool { return i.Least > 0 }) {
		if err := r.addSiblings(ctx, where); err != nil {
			return nil, err
		}
	}
	fresh, err := r.ages(ctx, picked)
	if err != nil {
		return nil, err
	}
	out := make([]*Indicator, len(picked))
	for n, i := range picked {
		out[n] = &Indicator{ID: i.ID, Layer: Name(i.Layer.Name), Statistic: i.Statistic, Period: i.Period, MeasureUnit: i.Unit, LowerIsBetter: i.LowerIsBetter,
			Query: i.query, Targets: i.targets, NewestAt: fresh[i.Layer].newest, Freshness: fresh[i.Layer].freshness, spec: i}
		if i.Least > 0 {
			out[n].Least = &i.Least
		}
		t := present
		if i.Period {
			t = times
		}
		if out[n].Values, err = r.valuesOf(ctx, i, where, t, fresh[i.Layer].freshness); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pick gives the indicators of the ids, all when nil, each once.
func (all *Indicators) pick(ids []string) ([]*indicator, error) {
	if all == nil {
		all = &Indicators{}
	}
	if ids == nil {
		return all.all, nil
	}
	var out []*indicator
	for _, id := range ids {
		i := all.byID[id]
		if i == nil {
			return nil, fault.Invalid("BAD_INPUT", "ids: there is no indicator %q", id)
		}
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out, nil
}

// valuesOf are an indicator's values, by unit and time.
func (r *Reader) valuesOf(ctx context.Context, i *indicator, where *whereabouts, t spans, fresh *Freshness) ([]*IndicatorValue, error) {
	cells, err := r.cellsOf(ctx, i, where, t)
	if err != nil && !ofKind(err, fault.KindDenied) {
		return nil, err
	}
	denied := err != nil
	if !denied && i.Least > 0 {
		i.suppress(cells, where.families())
	}
	var out []*IndicatorValue
	for u := range where.count() { // those asked for come first, then their siblings
		for n := range t.count() {
			if n == 0 && t.before {
				continue
			}
			v := &IndicatorValue{Status: IndicatorSuppressed}
			if where.units != nil {
				v.Unit = where.units[u]
			}
			day := r.today()
			if i.Period {
				v.From, v.To = &t.bounds[n], &t.bounds[n+1]
				day = geo.DateOf(v.To.Add(-time.Microsecond))
			}
			v.Target = i.targetOn(day)
			if !denied {
				i.fill(v, cells[u], n, t)
			}
			if v.Status == IndicatorOK && fresh.Stale && (v.To == nil || v.To.After(*fresh.DueAt)) {
				v.Status = IndicatorStale
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// cellsOf reads the cells of an indicator, of the present state those of a day ago
// too, if somebody wants to know and they are remembered.
func (r *Reader) cellsOf(ctx context.Context, i *indicator, where *whereabouts, t spans) ([][]*cell, error) {
	cells := where.cells(t)
	if len(cells) == 0 {
		return cells, nil
	}
	if err := r.readCells(ctx, i, where, t, cells, 0); err != nil {
		return nil, err
	}
	if !i.Period && (r.wants.Wants("IndicatorValue", "former") || r.wants.Wants("IndicatorValue", "trend")) {
		if err := r.At(r.now.Add(-dayBefore)).readCells(ctx, i, where, t, cells, -1); err != nil && !ofKind(err, fault.KindInvalid) {
			return nil, err
		}
	}
	return cells, nil
}

func ofKind(err error, kind fault.Kind) bool {
	f := fault.Of(err)
	return f != nil && f.Kind == kind
}

// fill writes what a cell says, beside the cell before it.
func (i *indicator) fill(v *IndicatorValue, line []*cell, n int, t spans) {
	c := line[n]
	switch {
	case c.hidden:
		return
	case !(c.denominator > 0):
		v.Status, v.Denominator = IndicatorNoData, new(0.0)
		return
	}
	v.Status, v.Value, v.Denominator = IndicatorOK, new(i.value(c)), &c.denominator
	if i.hasNumerator() {
		v.Numerator = &c.numerator
	}
	if v.Target != nil {
		v.Met = new(*v.Value >= *v.Target)
		if i.LowerIsBetter {
			v.Met = new(*v.Value <= *v.Target)
		}
	}
	if n > 0 && t.whole[n] && t.whole[n-1] && !line[n-1].hidden && line[n-1].denominator > 0 {
		v.Former = new(i.value(line[n-1]))
		v.Trend = new(*v.Value - *v.Former)
	}
}

// cell is what the rows of a unit and a time come to.
type cell struct {
	numerator   float64 // the value itself, where it is no quotient
	denominator float64
	hidden      bool
}

// value is the figure of a cell that has rows.
func (i *indicator) value(c *cell) float64 {
	switch i.Statistic {
	case IndicatorShare, IndicatorRatio, IndicatorMean:
		return c.numerator / c.denominator
	}
	return c.numerator
}

// hasNumerator says whether the value is a number of rows or amounts, or a quotient with one.
func (i *indicator) hasNumerator() bool {
	switch i.Statistic {
	case IndicatorMedian, IndicatorP90, IndicatorMin, IndicatorMax:
		return false
	}
	return true
}

// targetOn is the target in force on a day: the one that began last; nil: none.
func (i *indicator) targetOn(day geo.Date) *float64 {
	var in *IndicatorTarget
	for _, t := range i.targets {
		if !day.Before(t.From) && (t.To == nil || day.Before(*t.To)) && (in == nil || in.From.Before(t.From)) {
			in = t
		}
	}
	if in == nil {
		return nil
	}
	return &in.Value
}

// age is how fresh a layer is.
type age struct {
	newest    *time.Time
	freshness *Freshness
}

// ages tells how fresh the layers of indicators are: the next observation is due
// by the layer's rhythm, and by that of the source that brought the newest one.
// How sources fared is known of now only.
func (r *Reader) ages(ctx context.Context, of []*indicator) (map[*System]age, error) {
	out := map[*System]age{}
	var layers []*System
	var newest []clause.C
	for _, i := range of {
		s := i.Layer
		if _, known := out[s]; known {
			continue
		}
		out[s] = age{freshness: &Freshness{}}
		if r.SeesRows(s) {
			newest = append(newest, clause.Of("(SELECT ?::int AS layer, f.observed_at, f.source FROM ? f WHERE ? AND f.observed_at <= ? ORDER BY f.observed_at DESC LIMIT 1)",
				len(layers), r.table(s.Table), clause.And(r.policy(s)), r.now))
			layers = append(layers, s)
		}
	}
	if len(layers) == 0 {
		return out, nil
	}
	due := clause.Of("s.succeeded_at + s.due")
	if !r.asOf.Empty() {
		due = clause.Of("NULL::timestamptz")
	}
	c := clause.Of("SELECT n.layer, n.observed_at, ? FROM (?) n LEFT JOIN sources s ON s.name = n.source AND NOT s.paused", due, clause.Join(" UNION ALL ", newest...))
	err := r.query(ctx, "newest observations", c, func(rows pgx.Rows) error {
		var n int
		var at, due *time.Time
		err := rows.Scan(&n, &at, &due)
		if err != nil {
			return err
		}
		a := age{at, r.freshness(layers[n], at)}
		if due != nil && (a.freshness.DueAt == nil || due.Before(*a.freshness.DueAt)) {
			a.freshness.DueAt = due
		}
		a.freshness.Stale = a.freshness.DueAt != nil && a.freshness.DueAt.Before(r.now)
		out[layers[n]] = a
		return nil
	})
	return out, err
}
