package layer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// UnitKind is the kind of an administrative unit: PROVINCE, DISTRICT, COMMUNE.
type UnitKind string

// Unit is an administrative unit in one epoch; (Code, ValidFrom) is its key.
type Unit struct {
	Code        string
	Kind        UnitKind
	Type        *string
	ValidFrom   geo.Date
	ValidTo     *geo.Date
	AreaKm2     *float64
	Population  *int
	Approximate bool

	id         int32
	title      Title
	parentCode *string
	r          *Reader
	siblings   *[]int32 // all units read together with it; what one needs they will
}

// unitKey is a code on a day.
type unitKey struct {
	code string
	day  geo.Date
}

// Day is the day asked for, or today.
func (r *Reader) Day(at *geo.Date) geo.Date {
	if at != nil {
		return *at
	}
	return r.today()
}

// scanUnit reads a unit's columns, with others behind them, and puts it among
// its siblings.
func (r *Reader) scanUnit(rows pgx.Rows, siblings *[]int32, others ...any) (*Unit, error) {
	u := &Unit{r: r, siblings: siblings}
	dest := []any{&u.id, &u.Code, &u.Kind, &u.Type, &u.ValidFrom, &u.ValidTo, &u.AreaKm2, &u.Population, &u.Approximate, &u.title.VI, &u.title.EN, &u.parentCode}
	if err := rows.Scan(append(dest, others...)...); err != nil {
		return nil, err
	}
	*siblings = append(*siblings, u.id)
	if u.parentCode != nil && r.wants.Wants("Unit", "parent") {
		r.unitKeys.Want(unitKey{*u.parentCode, u.ValidFrom})
	}
	return u, nil
}

func unitColumns() clause.C {
	return clause.Of("f.id, f.code, f.kind, f.type, f.valid_from, f.valid_to, f.area_km2, f.population, f.approximate, f.name, f.name_en, f.parent_code")
}

// StandsOn holds for units f that stood on a day.
func StandsOn(day clause.C) clause.C {
	return clause.Of("f.valid_from <= ? AND (f.valid_to IS NULL OR f.valid_to > ?)", day, day)
}

func (r *Reader) fetchUnits(ctx context.Context, ids []int32) (map[int32]*Unit, error) {
	out := map[int32]*Unit{}
	var siblings []int32
	c := clause.Of("SELECT ? FROM units f WHERE f.id = ANY (?)", unitColumns(), ids)
	err := r.query(ctx, "find units", c, func(rows pgx.Rows) error {
		u, err := r.scanUnit(rows, &siblings)
		if err == nil {
			out[u.id] = u
		}
		return err
	})
	return out, err
}

func (r *Reader) fetchUnitKeys(ctx context.Context, keys []unitKey) (map[unitKey]*Unit, error) {
	codes, days := make([]string, len(keys)), make([]geo.Date, len(keys))
	for i, k := range keys {
		codes[i], days[i] = k.code, k.day
	}
	out := map[unitKey]*Unit{}
	var siblings []int32
	c := clause.Of(`SELECT ?, k.i FROM unnest(?::text[], ?::date[]) WITH ORDINALITY k(code, day, i)
		JOIN units f ON f.code = k.code AND ?`, unitColumns(), codes, days, StandsOn(clause.Of("k.day")))
	err := r.query(ctx, "find units", c, func(rows pgx.Rows) error {
		var i int
		u, err := r.scanUnit(rows, &siblings, &i)
		if err == nil {
			out[keys[i-1]] = u
		}
		return err
	})
	return out, err
}

// UnitOn gives a unit as it stood on a day (nil: today); nil when there was none.
func (r *Reader) UnitOn(ctx context.Context, code string, at *geo.Date) (*Unit, error) {
	u, _, err := r.unitKeys.Load(ctx, unitKey{code, r.Day(at)})
	return u, err
}

// UnitsOn gives the units that stood on each (code, day), nil where there was none.
func (r *Reader) UnitsOn(ctx context.Context, codes []string, days []geo.Date) ([]*Unit, error) {
	out := make([]*Unit, len(codes))
	for i := range codes {
		r.unitKeys.Want(unitKey{codes[i], days[i]})
	}
	for i := range codes {
		var err error
		if out[i], err = r.UnitOn(ctx, codes[i], &days[i]); err != nil {
			return nil, err
		}
		if out[i] != nil && out[i].ValidFrom != days[i] {
			out[i] = nil // the key names the first day of an epoch
		}
	}
	return out, nil
}

// UnitAt gives the commune of a point on a day (nil: today).
func (r *Reader) UnitAt(ctx context.Context, p geo.LonLat, at *geo.Date) (*Unit, error) {
	var id *int32
	c := clause.Of("SELECT ?", postgis.UnitOf(postgis.Point(p), clause.Of("?::date", r.Day(at))))
	err := r.query(ctx, "locate", c, func(rows pgx.Rows) error { return rows.Scan(&id) })
	if err != nil || id == nil {
		return nil, err
	}
	u, _, err := r.units.Load(ctx, *id)
	return u, err
}

// UnitQuery is what `units` is asked.
type UnitQuery struct {
	Kind   *UnitKind
	Parent *string
	Text   *string
	Area   *geo.Area
	At     *geo.Date
}

// Units gives the units that stood on a day, by code.
func (r *Reader) Units(ctx context.Context, q UnitQuery) ([]*Unit, error) {
	from, err := r.AskUnits(ctx, q)
	if err != nil {
		return nil, err
	}
	out := []*Unit{}
	var siblings []int32
	err = r.query(ctx, "find units", clause.Of("SELECT ? FROM ?", unitColumns(), from), func(rows pgx.Rows) error {
		u, err := r.scanUnit(rows, &siblings)
		out = append(out, u)
		return err
	})
	return out, err
}

// AskUnits checks a query on units and gives FROM … of Units.
func (r *Reader) AskUnits(ctx context.Context, q UnitQuery) (from clause.C, err error) {
	where := []clause.C{StandsOn(clause.Of("?::date", r.Day(q.At)))}
	if q.Kind != nil {
		where = append(where, clause.Of("f.kind = ?", string(*q.Kind)))
	}
	if q.Parent != nil {
		where = append(where, clause.Of("f.parent_code = ?", *q.Parent))
	}
	if q.Text != nil {
		where = append(where, clause.Of("fold(f.name || ' ' || f.name_en) LIKE '%' || fold(?) || '%'", likeEscape(*q.Text)))
	}
	area, err := r.area(ctx, unitsAsLayer, q.Area, &reach{})
	return clause.Of(`units f WHERE ? ORDER BY f.code COLLATE "C", f.valid_from LIMIT 2000`, clause.And(append(where, area)...)), err
}

// unitsAsLayer lets an area be asked of units, which are no layer: open polygons.
var unitsAsLayer = &System{Field: "units", Table: "units"}

// Name is the unit's name.
func (u *Unit) Name(lang *Lang) string { return u.title.In(lang) }

// Geometry is the unit's polygon in the form asked for.
func (u *Unit) Geometry(ctx context.Context, crs *int, simplifyM *float64, precision *int) (*geo.Geometry, error) {
	return shaped(ctx, u.r, crs, simplifyM, precision, func(form postgis.Form) (g orb.Geometry, err error) {
		return ofUnit(ctx, u, fmt.Sprintf("unit shape %v", form), u.r.fetchUnitShapes(form))
	})
}

// Parent is the unit it belonged to on its first day.
func (u *Unit) Parent(ctx context.Context) (*Unit, error) {
	if u.parentCode == nil {
		return nil, nil
	}
	return u.r.UnitOn(ctx, *u.parentCode, &u.ValidFrom)
}

// Children are the units it was divided into, those of its last day.
func (u *Unit) Children(ctx context.Context) ([]*Unit, error) {
	return u.relatives(ctx, "children")
}

// Predecessors are the units it was made from.
func (u *Unit) Predecessors(ctx context.Context) ([]*Unit, error) {
	return u.relatives(ctx, "predecessors")
}

// Successors are the units it went into.
func (u *Unit) Successors(ctx context.Context) ([]*Unit, error) {
	return u.relatives(ctx, "successors")
}

// Features are what lies in it.
func (u *Unit) Features(ctx context.Context, layers []Name, first *int, after *string) (*FeatureConnection, error) {
	loaderOf(u.r, "unit parts", u.r.fetchUnitParts).Want(*u.siblings...)
	key := fmt.Sprintf("features of unit %d %v %v %v", u.id, layers, value(first), value(after))
	return u.r.once(key, func() (*FeatureConnection, error) {
		return u.r.Features(ctx, layers, Query{Area: &geo.Area{Units: []geo.UnitRef{{Code: u.Code, At: &u.ValidFrom}}}, First: first, After: after})
	})
}

func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// Counts are how many features of each layer it holds.
func (u *Unit) Counts(ctx context.Context) ([]*LayerCount, error) {
	return ofUnit(ctx, u, "unit counts", u.r.fetchUnitCounts)
}

// LayerCount is how many features of a layer there are.
type LayerCount struct {
	Layer Name
	Count int
}

// Relatives is FROM … of the relatives f, by code, of the units u whose id is of;
// ok is false for a field that gives no units.
func Relatives(field string, of clause.C) (from clause.C, ok bool) {
	var related clause.C
	switch field {
	case "children":
		related = clause.Of("units f ON f.parent_code = u.code AND f.valid_from < coalesce(u.valid_to, 'infinity') AND coalesce(f.valid_to, 'infinity') >= coalesce(u.valid_to, 'infinity')")
	case "predecessors":
		related = clause.Of("unit_crosswalk x ON x.new_id = u.id JOIN units f ON f.id = x.old_id")
	case "successors":
		related = clause.Of("unit_crosswalk x ON x.old_id = u.id JOIN units f ON f.id = x.new_id")
	default:
		return related, false
	}
	return clause.Of(`units u JOIN ? WHERE u.id = ? ORDER BY f.code COLLATE "C", f.valid_from`, related, of), true
}

// relatives reads the relatives of a unit together with those of its siblings.
func (u *Unit) relatives(ctx context.Context, field string) ([]*Unit, error) {
	units, err := ofUnit(ctx, u, "unit "+field, u.r.fetchRelatives(field))
	if units == nil {
		units = []*Unit{}
	}
	return units, err
}

// ofUnit reads something of a unit and its siblings, once.
func ofUnit[V any](ctx context.Context, u *Unit, what string, fetch func(context.Context, []int32) (map[int32]V, error)) (V, error) {
	l := loaderOf(u.r, what, fetch)
	l.Want(*u.siblings...)
	v, _, err := l.Load(ctx, u.id)
	return v, err
}

func (r *Reader) fetchRelatives(field string) func(context.Context, []int32) (map[int32][]*Unit, error) {
	return func(ctx context.Context, ids []int32) (map[int32][]*Unit, error) {
		out := map[int32][]*Unit{}
		var siblings []int32
		from, _ := Relatives(field, clause.Of("ANY (?)", ids))
		err := r.query(ctx, "find units", clause.Of("SELECT ?, u.id FROM ?", unitColumns(), from), func(rows pgx.Rows) error {
			var of int32
			u, err := r.scanUnit(rows, &siblings, &of)
			out[of] = append(out[of], u)
			return err
		})
		return out, err
	}
}

func (r *Reader) fetchUnitShapes(form postgis.Form) func(context.Context, []int32) (map[int32]orb.Geometry, error) {
	return func(ctx context.Context, ids []int32) (map[int32]orb.Geometry, error) {
		out := map[int32]orb.Geometry{}
		c := clause.Of("SELECT f.id, ? FROM units f WHERE f.id = ANY (?)", form.In(postgis.Geom()), ids)
		err := r.query(ctx, "shape units", c, func(rows pgx.Rows) error {
			var id int32
			var g orb.Geometry
			err := rows.Scan(&id, &g)
			out[id] = g
			return err
		})
		return out, err
	}
}
