package layer

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/fault"
)

// Bounds of a grouping.
const (
	maxGroupKeys = 4
	maxGroups    = 10_000
)

// Group is one cell of a grouping.
type Group struct {
	Keys     []*GroupKey
	Count    int
	Measures []*Measure
}

// Measure is a named figure of a cell.
type Measure struct {
	Name  string
	Value *float64
}

// GroupKey is what the features of a cell have in common.
type GroupKey struct {
	Field string
	Value *string
	From  *time.Time
	To    *time.Time
	title Title
}

// Title is what people call the key; nil when it has no value.
func (k *GroupKey) Title(lang *Lang) *string {
	t := k.title.In(lang)
	if t == "" {
		return k.Value
	}
	return &t
}

// BaseGroups are the keys that every layer can be grouped by.
var BaseGroups = []GroupField{"UNIT", "AGENCY", "HOUR", "DAY", "WEEK", "MONTH"}

// grouping is one key: its SQL, and how to read it as text.
type grouping struct {
	field GroupField
	sql   clause.C
	key   func(ctx context.Context, value string) (*GroupKey, error)
	want  func(value string)
}

// keyOf is what a text of the key stands for; nil: no value.
func (g grouping) keyOf(ctx context.Context, value *string) (*GroupKey, error) {
	k := &GroupKey{}
	if value != nil {
		var err error
		if k, err = g.key(ctx, *value); err != nil {
			return nil, err
		}
	}
	k.Field = string(g.field)
	return k, nil
}

func (l *List) groups(ctx context.Context, by []GroupField) ([]*Group, error) {
	keys, c, err := l.cells(by)
	if err != nil {
		return nil, err
	}
	type cell struct {
		values []*string
		count  int
	}
	var cells []cell
	err = l.r.query(ctx, "group "+l.s.Field, c, func(rows pgx.Rows) error {
		cell := cell{values: make([]*string, len(by))}
		dest := []any{&cell.count}
		for i := range by {
			dest = append(dest, &cell.values[i])
		}
		err := rows.Scan(dest...)
		cells = append(cells, cell)
		for i, v := range cell.values {
			if v != nil && keys[i].want != nil {
				keys[i].want(*v)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(cells) > maxGroups {
		return nil, tooManyGroups()
	}
	out := make([]*Group, len(cells))
	for i, cell := range cells {
		out[i] = &Group{Count: cell.count, Measures: []*Measure{}}
		for j, v := range cell.values {
			k, err := keys[j].keyOf(ctx, v)
			if err != nil {
				return nil, err
			}
			out[i].Keys = append(out[i].Keys, k)
		}
	}
	return out, nil
}

func tooManyGroups() error {
	return fault.Invalid("COST_LIMIT", "the grouping has over %d cells; ask for fewer keys or a smaller area", maxGroups).With("limit", maxGroups)
}

// cells selects the cells of a grouping: how many rows, and the keys as text in
// columns k2, k3, …. One more than there may be says that there are too many.
func (l *List) cells(by []GroupField) ([]grouping, clause.C, error) {
	if len(by) == 0 || len(by) > maxGroupKeys {
		return nil, clause.C{}, fault.Invalid("BAD_INPUT", "groups takes 1 to %d keys, not %d", maxGroupKeys, len(by)).With("limit", maxGroupKeys)
	}
	keys := make([]grouping, len(by))
	columns, groups := make([]clause.C, len(by)), make([]clause.C, len(by))
	for i, field := range by {
		var err error
		if keys[i], err = l.grouping(field); err != nil {
			return nil, clause.C{}, err
		}
		columns[i], groups[i] = clause.Of("(?)::text AS ?", keys[i].sql, keyColumn(i)), keys[i].sql
	}
	n, from := l.tally(by...)
	return keys, clause.Of("SELECT ? AS n, ? FROM ? f WHERE ? GROUP BY ? HAVING ? > 0 ORDER BY ? LIMIT ?", n, clause.Join(", ", columns...),
		from, l.where, clause.Join(", ", groups...), n, ordinals(len(by)), maxGroups+1), nil
}

func keyColumn(i int) clause.C { return clause.Name("k" + strconv.Itoa(i+2)) }

// ordinals are the places of n columns after the count: 2, 3, ….
func ordinals(n int) clause.C {
	out := clause.Of("2")
	for _, next := range []clause.C{clause.Of("3"), clause.Of("4"), clause.Of("5")}[:n-1] {
		out = clause.Join(", ", out, next)
	}
	return out
}

func (l *List) grouping(field GroupField) (grouping, error) {
	g := grouping{field: field}
	r := l.r
	switch field {
	case "UNIT":
		g.sql = clause.Of("f.unit_id")
		g.want = func(v string) { r.units.Want(unitID(v)) }
		g.key = func(ctx context.Context, v string) (*GroupKey, error) {
			u, found, err := r.units.Load(ctx, unitID(v))
			if !found || err != nil {
				return &GroupKey{}, err
			}
			return unitKeyOf(u.Code, u.title, u.ValidFrom, u.ValidTo), nil
		}
		return g, nil
	case "AGENCY":
		g.sql = clause.Of("f.agency_code")
		g.want = func(v string) { r.agencies.Want(v) }
		g.key = func(ctx context.Context, v string) (*GroupKey, error) {
			k := &GroupKey{Value: &v}
			a, found, err := r.agencies.Load(ctx, v)
			if found {
				k.title = a.title
			}
			return k, err
		}
		return g, nil
	case "HOUR":
		return timeGrouping(field, clause.Of("date_trunc('hour', f.observed_at, 'Asia/Ho_Chi_Minh')"), time.RFC3339, func(t time.Time) time.Time { return t.Add(time.Hour) }), nil
	case "DAY":
		return timeGrouping(field, clause.Of("date_trunc('day', f.observed_at, 'Asia/Ho_Chi_Minh')"), time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }), nil
	case "WEEK":
		return timeGrouping(field, clause.Of("date_trunc('week', f.observed_at, 'Asia/Ho_Chi_Minh')"), time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }), nil
	case "MONTH":
		return timeGrouping(field, clause.Of("date_trunc('month', f.observed_at, 'Asia/Ho_Chi_Minh')"), "2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }), nil
	}
	f, ok := l.s.groupField(field)
	if !ok {
		return g, fault.Invalid("BAD_INPUT", "%s can't be grouped by %s", l.s.Field, field)
	}
	titles := map[string]Title{}
	for _, v := range r.catalog.info[l.s].byName[f.Name].Values {
		titles[v.Value] = v.Title
	}
	g.sql = clause.Column("f", f.Column)
	g.key = func(_ context.Context, v string) (*GroupKey, error) {
		return &GroupKey{Value: &v, title: titles[v]}, nil
	}
	return g, r.maySee(l.s, f.Name)
}

func unitKeyOf(code string, title Title, from geo.Date, to *geo.Date) *GroupKey {
	start := from.Start()
	k := &GroupKey{Value: &code, title: title, From: &start}
	if to != nil {
		end := to.Start()
		k.To = &end
	}
	return k
}

// timeGrouping is a key of half-open times in Asia/Ho_Chi_Minh, whose value is
// the start in a form as long as it needs to be.
func timeGrouping(field GroupField, sql clause.C, form string, next func(time.Time) time.Time) grouping {
	return grouping{field: field, sql: sql, key: func(_ context.Context, v string) (*GroupKey, error) {
		from, err := time.Parse("2006-01-02 15:04:05-07", v)
		if err != nil {
			return nil, err
		}
		local := from.In(geo.Saigon)
		to := next(local)
		value := local.Format(form)
		return &GroupKey{Value: &value, From: &from, To: &to}, nil
	}}
}

func unitID(v string) int32 {
	id, _ := strconv.ParseInt(v, 10, 32)
	return int32(id)
}
