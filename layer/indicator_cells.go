package layer

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// whereabouts are the units that indicators are asked of, and the communes that
// make them up.
type whereabouts struct {
	units []*Unit       // nil: the whole province
	all   []*Unit       // units, and those beside them that suppression looks at
	index map[int32]int // of all, by id
	parts map[int32][]unitPart
}

// whereOf finds the units asked for.
func (r *Reader) whereOf(ctx context.Context, q IndicatorQuery) (*whereabouts, error) {
	w := &whereabouts{index: map[int32]int{}}
	switch {
	case q.Units != nil && q.UnitKind != nil:
		return nil, fault.Invalid("BAD_INPUT", "units or unitKind: give one of them")
	case q.UnitKind != nil:
		units, err := r.Units(ctx, UnitQuery{Kind: q.UnitKind, At: q.At})
		if err != nil {
			return nil, err
		}
		w.units = units
	case q.Units != nil:
		w.units = []*Unit{}
		for _, code := range q.Units {
			r.unitKeys.Want(unitKey{code, r.Day(q.At)})
		}
		for _, code := range q.Units {
			u, err := r.UnitOn(ctx, code, q.At)
			if err != nil {
				return nil, err
			}
			if u == nil {
				return nil, fault.NotFound("units: there is no unit %q on %s", code, r.Day(q.At))
			}
			if !slices.Contains(w.units, u) {
				w.units = append(w.units, u)
			}
		}
	default:
		return w, nil
	}
	w.add(w.units)
	return w, r.findParts(ctx, w)
}

// count is how many units there are values for: the whole province is one.
func (w *whereabouts) count() int {
	if w.units == nil {
		return 1
	}
	return len(w.units)
}

func (w *whereabouts) add(units []*Unit) {
	for _, u := range units {
		if _, known := w.index[u.id]; !known {
			w.index[u.id] = len(w.all)
			w.all = append(w.all, u)
		}
	}
}

func (r *Reader) findParts(ctx context.Context, w *whereabouts) (err error) {
	ids := make([]int32, len(w.all))
	for i, u := range w.all {
		ids[i] = u.id
	}
	if len(ids) > 0 {
		w.parts, err = r.fetchUnitParts(ctx, ids)
	}
	return err
}

// addSiblings adds the units that make up, with those asked for, the units above them.
func (r *Reader) addSiblings(ctx context.Context, w *whereabouts) error {
	type family struct {
		kind   UnitKind
		parent string
		day    geo.Date
	}
	seen := map[family]bool{}
	for _, u := range w.units {
		if u.parentCode == nil {
			continue
		}
		f := family{u.Kind, *u.parentCode, u.ValidFrom}
		if seen[f] {
			continue
		}
		seen[f] = true
		siblings, err := r.Units(ctx, UnitQuery{Kind: &f.kind, Parent: &f.parent, At: &f.day})
		if err != nil {
			return err
		}
		w.add(siblings)
	}
	return r.findParts(ctx, w)
}

// families are the places in all of the units that lie beside each other.
func (w *whereabouts) families() [][]int {
	var out [][]int
	at := map[string]int{}
	for i, u := range w.all {
		if u.parentCode == nil {
			continue
		}
		key := string(u.Kind) + " " + *u.parentCode
		if _, known := at[key]; !known {
			at[key] = len(out)
			out = append(out, nil)
		}
		out[at[key]] = append(out[at[key]], i)
	}
	return out
}

// cells are empty ones by unit, as in all (one for the whole province), and by span.
func (w *whereabouts) cells(t spans) [][]*cell {
	out := make([][]*cell, max(w.count(), len(w.all)))
	for u := range out {
		out[u] = make([]*cell, t.count())
		for n := range out[u] {
			out[u][n] = &cell{}
		}
	}
	return out
}

// readCells fills the cells of an indicator in one statement on its rows; shift
// moves them to another span.
func (r *Reader) readCells(ctx context.Context, i *indicator, w *whereabouts, t spans, cells [][]*cell, shift int) error {
	c, err := r.cellsQuery(ctx, i, w, t)
	if err != nil {
		return err
	}
	return r.query(ctx, "indicator "+i.ID, c, func(rows pgx.Rows) error {
		var unit int32
		var span int
		var numerator, denominator *float64
		err := rows.Scan(&unit, &span, &numerator, &denominator)
		if err == nil && numerator != nil && denominator != nil {
			*cells[w.index[unit]][span-1+shift] = cell{numerator: *numerator, denominator: *denominator}
		}
		return err
	})
}

func (r *Reader) cellsQuery(ctx context.Context, i *indicator, w *whereabouts, t spans) (clause.C, error) {
	s := i.Layer
	if !r.SeesRows(s) {
		return clause.C{}, fault.Denied("%s are not for this viewer", s.Field)
	}
	q, span, by := Query{Filter: i.of}, clause.Of("?::int", t.count()), []GroupField{"UNIT"}
	if i.Period {
		q.Observed = &DateTimeRange{From: &t.bounds[0], To: &t.bounds[t.count()]}
		span = clause.Of("width_bucket(f.observed_at, ?::timestamptz[])", t.bounds)
		by = append(by, t.grain)
	}
	l, err := r.Ask(ctx, s, q)
	if err != nil {
		return clause.C{}, err
	}
	if i.Period {
		l.reach.times = t.ends()
	}
	counted, err := r.where(s, i.part, l.reach)
	if err != nil {
		return clause.C{}, err
	}
	for _, f := range slices.Concat(i.amount, i.per) {
		l.reach.rows = true
		if err := r.maySee(s, f.Name); err != nil {
			return clause.C{}, err
		}
	}
	if w.units != nil {
		if err := r.maySee(s, "geometry"); err != nil {
			return clause.C{}, err
		}
		l.reach.rows = l.reach.rows || !s.Points || w.split()
	}
	n, from := clause.Of("1"), r.table(s.Table)
	if p, exact := l.period(by); exact {
		r.restsOn(s.Table)
		n, from = clause.Of("f.n"), l.counts(p)
	}
	numerator, denominator := i.aggregates(n, counted)
	return clause.Of("SELECT f.asked, ?, (?)::float8, (?)::float8 FROM ? f WHERE ? GROUP BY 1, 2", span, numerator, denominator, w.placed(s, from), l.where), nil
}

// aggregates are the numbers of a cell, of rows f that stand for n rows each;
// either is NULL where nothing is known. Sums are of numerics: those of floats
// depend on which row comes first.
func (i *indicator) aggregates(n, counted clause.C) (numerator, denominator clause.C) {
	a := sqlOf(i.amount, i.Amount)
	rows := clause.Of("count(?)", a)
	switch i.Statistic {
	case IndicatorShare, IndicatorCount:
		return clause.Of("coalesce(sum(?) FILTER (WHERE ?), 0)", n, counted), clause.Of("sum(?)", n)
	case IndicatorRatio:
		b := sqlOf(i.per, i.Per)
		both := clause.Of("? IS NOT NULL AND ? IS NOT NULL", a, b)
		return clause.Of("sum(?::numeric) FILTER (WHERE ?)", a, both), clause.Of("sum(?::numeric) FILTER (WHERE ?)", b, both)
	case IndicatorMedian:
		return clause.Of("percentile_cont(0.5) WITHIN GROUP (ORDER BY ?)", a), rows
	case IndicatorP90:
		return clause.Of("percentile_cont(0.9) WITHIN GROUP (ORDER BY ?)", a), rows
	case IndicatorMin:
		return clause.Of("min(?)", a), rows
	case IndicatorMax:
		return clause.Of("max(?)", a), rows
	}
	return clause.Of("sum(?::numeric)", a), rows
}

// sqlOf is an amount of a row f; NULL unless all of its fields are known.
func sqlOf(fields []*Field, a Amount) clause.C {
	var sum clause.C
	for n, f := range fields {
		column := clause.Column("f", f.Column)
		switch {
		case f.Kind == KindDateTime && n == 1:
			sum = clause.Of("extract(epoch FROM ? - ?)::float8 / 3600", sum, column)
		case f.Kind == KindDateTime:
			sum = column
		case n == 0:
			sum = clause.Of("?::float8", column)
		case n == len(a.Plus):
			sum = clause.Of("? - ?", sum, column)
		default:
			sum = clause.Of("? + ?", sum, column)
		}
	}
	return clause.Of("(?)", sum)
}

// split says whether some unit has only parts of a commune.
func (w *whereabouts) split() bool {
	for _, parts := range w.parts {
		if slices.ContainsFunc(parts, func(p unitPart) bool { return !p.whole }) {
			return true
		}
	}
	return false
}

// placed are rows with the id of each unit asked for that they lie in, by the
// rules of inUnits, as asked.
func (w *whereabouts) placed(s *System, from clause.C) clause.C {
	if w.units == nil {
		return clause.Of("(SELECT 0 AS asked, f.* FROM ? f)", from)
	}
	if !s.Points {
		ids := make([]int32, len(w.all))
		for i, u := range w.all {
			ids[i] = u.id
		}
		return clause.Of("(SELECT u.id AS asked, f.* FROM units u JOIN ? f ON ? WHERE u.id = ANY (?))", from, postgis.MeetsUnit(), ids)
	}
	var wholeOf, whole, splitOf, split, within []int32
	var days []geo.Date
	for _, u := range w.all {
		for _, p := range w.parts[u.id] {
			if p.whole {
				wholeOf, whole = append(wholeOf, u.id), append(whole, p.communes[0])
				continue
			}
			for _, part := range p.within {
				splitOf, split, within, days = append(splitOf, u.id), append(split, p.communes[0]), append(within, part), append(days, p.day)
			}
		}
	}
	rows := clause.Of("SELECT k.asked, f.* FROM ? f JOIN unnest(?::int[], ?::int[]) k(asked, commune) ON k.commune = f.unit_id", from, wholeOf, whole)
	if len(split) > 0 {
		rows = clause.Of(`? UNION ALL SELECT k.asked, f.* FROM ? f CROSS JOIN (SELECT DISTINCT d.day FROM unnest(?::date[]) d(day)) d CROSS JOIN LATERAL (?) c
			JOIN unnest(?::int[], ?::int[], ?::int[], ?::date[]) k(asked, commune, part, day) ON k.commune = f.unit_id AND k.part = c.id AND k.day = d.day
			WHERE f.unit_id = ANY (?)`, rows, from, days, postgis.CommuneOn(clause.Of("d.day")), splitOf, split, within, days, split)
	}
	return clause.Of("(?)", rows)
}
