package layer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo/postgis"
)

// page is rows of one layer that were read together; what they refer to is
// read together too.
type page struct {
	r    *Reader
	s    *System
	rows []Row

	mu      sync.Mutex
	batches map[string]*batch
}

// batch is something read once for all rows of a page.
type batch struct {
	once  sync.Once
	value any
	err   error
}

// batch runs read once for the page under a key and gives its value.
func (p *page) batch(key string, read func() (any, error)) (any, error) {
	p.mu.Lock()
	if p.batches == nil {
		p.batches = map[string]*batch{}
	}
	b := p.batches[key]
	if b == nil {
		b = &batch{}
		p.batches[key] = b
	}
	p.mu.Unlock()
	b.once.Do(func() {
		b.err = errors.New("reading panicked")
		b.value, b.err = read()
	})
	return b.value, b.err
}

func (p *page) ids() []string {
	ids := make([]string, len(p.rows))
	for i, row := range p.rows {
		ids[i] = row.feature().ID
	}
	return ids
}

// column is one selected expression and where its value goes.
type column struct {
	sql  clause.C
	dest func(Row) any
}

// baseColumn is a column of every layer and the GraphQL fields that need it.
type baseColumn struct {
	sql  clause.C
	dest func(*Base) any
	of   []string // nil: always
}

var baseColumns = []baseColumn{
	{clause.Of("f.id"), func(b *Base) any { return &b.ID }, nil},
	{clause.Of("coalesce(f.label, '')"), func(b *Base) any { return &b.LabelVI }, []string{"label"}},
	{clause.Of("coalesce(f.label_en, '')"), func(b *Base) any { return &b.LabelEN }, []string{"label"}},
	{clause.Of("f.position_accuracy_m"), func(b *Base) any { return &b.PositionAccuracyM }, []string{"positionAccuracyM"}},
	{clause.Of("f.unit_id"), func(b *Base) any { return &b.unitID }, []string{"unit"}},
	{clause.Of("coalesce(f.agency_code, '')"), func(b *Base) any { return &b.AgencyCode }, []string{"provenance"}},
	{clause.Of("f.source"), func(b *Base) any { return &b.Source }, []string{"provenance"}},
	{clause.Of("coalesce(f.record_key, '')"), func(b *Base) any { return &b.RecordKey }, []string{"provenance"}},
	{clause.Of("coalesce(f.exchange, '')"), func(b *Base) any { return &b.Exchange }, []string{"provenance"}},
	{clause.Of("f.observed_at"), func(b *Base) any { return &b.ObservedAt }, []string{"observedAt", "freshness"}},
	{clause.Of("f.updated_at"), func(b *Base) any { return &b.UpdatedAt }, []string{"updatedAt"}},
}

// baseByName holds the fields of the interface Feature.
var baseByName = map[string]bool{
	"id": true, "aliases": true, "layer": true, "label": true, "geometry": true, "position": true,
	"positionAccuracyM": true, "unit": true, "observedAt": true, "updatedAt": true, "provenance": true,
	"freshness": true, "masked": true,
}

// columns are those the operation needs of a layer and the viewer may see.
func (r *Reader) columns(s *System) []column {
	wants := func(names ...string) bool {
		for _, n := range names {
			if r.wants.Wants(s.Type, n) && r.sees(s, n) {
				return true
			}
		}
		return false
	}
	var out []column
	for _, b := range baseColumns {
		if b.of == nil || wants(b.of...) {
			out = append(out, column{b.sql, func(row Row) any { return b.dest(row.feature()) }})
		}
	}
	drawn := slices.ContainsFunc(s.Drawn, func(d Drawn) bool { return wants(d.Field, d.Seen) })
	if drawn || wants("geometry", "position") {
		out = append(out, column{postgis.Geom(), func(row Row) any { return &row.feature().Geom }})
	}
	if !s.Points && wants("position") {
		out = append(out, column{postgis.OnSurface(), func(row Row) any { return &row.feature().onSurface }})
	}
	for _, f := range s.Fields {
		if !f.Hidden && wants(f.Name) || wants(f.For...) {
			out = append(out, column{clause.Column("f", f.Column), func(row Row) any {
				return reflect.ValueOf(row).Elem().FieldByIndex(f.index).Addr().Interface()
			}})
		}
	}
	return out
}

// page reads rows of a layer; extras are further columns, scanned into what they
// give for row i.
func (r *Reader) page(ctx context.Context, s *System, from postgis.Rows, extras []extra) (*page, error) {
	p := &page{r: r, s: s}
	err := r.each(ctx, p, from, extras, func(row Row) error {
		p.rows = append(p.rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.announce(p)
	return p, nil
}

// each is page without keeping the rows, which belong to p: each is handed on as
// it comes.
func (r *Reader) each(ctx context.Context, p *page, from postgis.Rows, extras []extra, take func(Row) error) error {
	columns := r.columns(p.s)
	selected := make([]clause.C, 0, len(columns)+len(extras))
	for _, c := range columns {
		selected = append(selected, c.sql)
	}
	for _, e := range extras {
		selected = append(selected, e.sql)
	}
	dest := make([]any, len(selected))
	statement := clause.Of("?SELECT ? ?", from.With, clause.Join(", ", selected...), from.From)
	n := 0
	return r.query(ctx, "read "+p.s.Field, statement, func(rows pgx.Rows) error {
		row := p.s.newRow()
		row.feature().page = p
		for i, c := range columns {
			dest[i] = c.dest(row)
		}
		for i, e := range extras {
			dest[len(columns)+i] = e.dest(n)
		}
		n++
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return take(row)
	})
}

// extra is a column that is no field: a distance, a cursor's value.
type extra struct {
	sql  clause.C
	dest func(i int) any
}

// announce tells the loaders what the rows of a page refer to.
func (r *Reader) announce(p *page) {
	refs := r.catalog.info[p.s].refs
	for _, row := range p.rows {
		b := row.feature()
		if b.unitID != nil {
			r.units.Want(*b.unitID)
		}
		if b.AgencyCode != "" {
			r.agencies.Want(b.AgencyCode)
		}
		if r.wants.Wants(p.s.Type, "aliases") {
			r.aliases.Want(b.ID)
		}
		for _, ref := range refs {
			key, ok := reflect.ValueOf(row).Elem().FieldByIndex(ref.field.index).Interface().(*string)
			switch {
			case !ok || key == nil:
			case ref.to != nil:
				r.rows(ref.to).Want(*key)
			default:
				r.agencies.Want(*key)
			}
		}
	}
}

// shapes gives the geometries of a page in another form, by id.
func (p *page) shapes(ctx context.Context, form postgis.Form) (map[string]orb.Geometry, error) {
	v, err := p.batch(fmt.Sprintf("shape %v", form), func() (any, error) {
		out := map[string]orb.Geometry{}
		c := clause.Of("SELECT f.id, ? FROM ? f WHERE f.id = ANY (?) AND f.geom IS NOT NULL", form.In(postgis.Geom()), p.r.table(p.s.Table), p.ids())
		err := p.r.query(ctx, "shape "+p.s.Field, c, func(rows pgx.Rows) error {
			var id string
			var g orb.Geometry
			err := rows.Scan(&id, &g)
			out[id] = g
			return err
		})
		return out, err
	})
	shapes, _ := v.(map[string]orb.Geometry)
	return shapes, err
}
