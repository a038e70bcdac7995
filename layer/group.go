package layer

import (
	"context"
	"slices"
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

// GroupQuery is what a grouping is asked: by which keys, and what of each cell.
type GroupQuery struct {
	By       []GroupField
	Measures []Measuring
	Level    *UnitKind // of the key UNIT; nil: communes
	At       *geo.Date // the day whose units they are; nil: each feature's own
}

// cells are those of a grouping that is ready to be put.
type cells struct {
	keys     []grouping
	measures []measure
	// statement selects the cells: n rows, the keys as text in columns k2, k3, …, and
	// the measures m0, m1, …. One more than there may be says that there are too many.
	statement clause.C
}

func (l *List) groups(ctx context.Context, q GroupQuery) ([]*Group, error) {
	c, err := l.cells(ctx, q)
	if err != nil {
		return nil, err
	}
	return c.read(ctx, l)
}

func tooManyGroups() error {
	return fault.Invalid("COST_LIMIT", "the grouping has over %d cells; ask for fewer keys or a smaller area", maxGroups).With("limit", maxGroups)
}

// cells makes a grouping of the list.
func (l *List) cells(ctx context.Context, q GroupQuery) (*cells, error) {
	if len(q.By) == 0 || len(q.By) > maxGroupKeys {
		return nil, fault.Invalid("BAD_INPUT", "groups takes 1 to %d keys, not %d", maxGroupKeys, len(q.By)).With("limit", maxGroupKeys)
	}
	if (q.Level != nil || q.At != nil) && !slices.Contains(q.By, "UNIT") {
		return nil, fault.Invalid("BAD_INPUT", "level and at say which units: they go with the key UNIT")
	}
	c := &cells{keys: make([]grouping, len(q.By))}
	columns, groups := make([]clause.C, len(q.By)), make([]clause.C, len(q.By))
	for i, field := range q.By {
		var err error
		if c.keys[i], err = l.grouping(field); err != nil {
			return nil, err
		}
	}
	var err error
	if c.measures, err = l.r.measures(l.s, q.Measures); err != nil {
		return nil, err
	}
	units, err := l.r.regroup(ctx, l.s, q.Level, q.At)
	if err != nil {
		return nil, err
	}
	n, from := l.tally(q.By...)
	if len(c.measures) > 0 || units != nil && len(units.split) > 0 {
		n, from = clause.Of("count(*)"), l.r.table(l.s.Table)
	}
	from = clause.Of("? f", from)
	if units != nil {
		unit, join := units.key(l)
		from = clause.Of("? ?", from, join)
		for i, field := range q.By {
			if field == "UNIT" {
				c.keys[i].sql = unit
			}
		}
	}
	for i, k := range c.keys {
		columns[i], groups[i] = clause.Of("(?)::text AS ?", k.sql, keyColumn(i)), k.sql
	}
	for i, m := range c.measures {
		columns = append(columns, clause.Of("? AS ?", m.sql, measureColumn(i)))
	}
	c.statement = clause.Of("SELECT ? AS n, ? FROM ? WHERE ? GROUP BY ? HAVING ? > 0 ORDER BY ? LIMIT ?", n, clause.Join(", ", columns...),
		from, l.where, clause.Join(", ", groups...), n, ordinals(len(q.By)), maxGroups+1)
	return c, nil
}

// read runs the statement of the list's cells.
func (c *cells) read(ctx context.Context, l *List) ([]*Group, error) {
	type cell struct {
		count   int
		values  []*string
		figures []*float64
	}
	var found []cell
	err := l.r.query(ctx, "group "+l.s.Field, c.statement, func(rows pgx.Rows) error {
		cell := cell{values: make([]*string, len(c.keys)), figures: make([]*float64, len(c.measures))}
		dest := []any{&cell.count}
		for i := range cell.values {
			dest = append(dest, &cell.values[i])
		}
		for i := range cell.figures {
			dest = append(dest, &cell.figures[i])
		}
		err := rows.Scan(dest...)
		found = append(found, cell)
		for i, v := range cell.values {
			if v != nil && c.keys[i].want != nil {
				c.keys[i].want(*v)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) > maxGroups {
		return nil, tooManyGroups()
	}
	out := make([]*Group, len(found))
	for i, cell := range found {
		out[i] = &Group{Count: cell.count, Measures: []*Measure{}}
		for j, v := range cell.values {
			k, err := c.keys[j].keyOf(ctx, v)
			if err != nil {
				return nil, err
			}
			out[i].Keys = append(out[i].Keys, k)
		}
		for j, v := range cell.figures {
			out[i].Measures = append(out[i].Measures, c.measures[j].of(v))
		}
	}
	return out, nil
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
	case "HOUR", "DAY", "WEEK", "MONTH":
		return timeGrouping(Bucket(field)), nil
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
// the start.
func timeGrouping(bucket Bucket) grouping {
	return grouping{field: GroupField(bucket), sql: bucket.of(), key: func(_ context.Context, v string) (*GroupKey, error) {
		from, err := time.Parse("2006-01-02 15:04:05-07", v)
		if err != nil {
			return nil, err
		}
		local := from.In(geo.Saigon)
		to := bucket.next(local)
		value := local.Format(bucket.form())
		return &GroupKey{Value: &value, From: &from, To: &to}, nil
	}}
}

func unitID(v string) int32 {
	id, _ := strconv.ParseInt(v, 10, 32)
	return int32(id)
}
