// Package layertest holds every layer to the same promises. It walks the
// catalogue, so a new layer is tested without a line here, and names what its
// declaration forgot.
package layertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/layer"
)

// Suite runs all promises over a database with rows in every layer.
func Suite(t *testing.T, pool *pgxpool.Pool, catalog *layer.Catalog, now time.Time) {
	for _, s := range catalog.Systems() {
		t.Run(s.Field, func(t *testing.T) {
			l := suite{t: t, pool: pool, catalog: catalog, s: s, now: now}
			t.Run("columns", l.columns)
			t.Run("counts", l.counts)
			t.Run("indexes", l.indexes)
			t.Run("words", l.words)
			t.Run("classes", l.classes)
			t.Run("rows", l.rows)
			t.Run("pages", l.pages)
		})
	}
}

type suite struct {
	t       *testing.T
	pool    *pgxpool.Pool
	catalog *layer.Catalog
	s       *layer.System
	now     time.Time
}

var all = access.Viewer{Name: "all", Grants: []access.Grant{{Sharing: access.Private, Personal: access.Sensitive}}}

func (l suite) reader(v access.Viewer) *layer.Reader {
	return l.catalog.Read(l.pool, v, l.now, nil)
}

func (l suite) strings(t *testing.T, sql string, args ...any) []string {
	rows, err := l.pool.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// columns: the table has a column for each declared field and none beside.
func (l suite) columns(t *testing.T) {
	have := l.strings(t, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1
		EXCEPT SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'features' ORDER BY 1`, l.s.Table)
	var want []string
	for _, f := range l.s.Fields {
		want = append(want, f.Column)
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("table %s has the columns\n%v\nthe declaration has the fields\n%v", l.s.Table, have, want)
	}
}

// counts: where the layer has fields to be counted by, and only there, a table
// counts by these, and has counted each row.
func (l suite) counts(t *testing.T) {
	table := l.s.Table + "_counts"
	have := l.strings(t, "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY 1", table)
	var want []string
	for _, f := range l.s.Fields {
		if f.Count {
			want = append(want, f.Column)
		}
	}
	if want != nil {
		want = append(want, "grain", "observed_at", "unit_id", "agency_code", "sharing", "n", "recorded_at")
	}
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Fatalf("table %s has the columns\n%v\nby the declaration it has\n%v", table, have, want)
	}
	if want == nil {
		return
	}
	name := pgx.Identifier{table}.Sanitize()
	for _, grain := range []string{"1", "2", "3"} {
		counted := l.strings(t, "SELECT coalesce(sum(n), 0)::text FROM "+name+" WHERE grain IN (0, "+grain+") UNION ALL SELECT count(*)::text FROM "+pgx.Identifier{l.s.Table}.Sanitize())
		if counted[0] != counted[1] {
			t.Errorf("%s rows are counted at grain %s, %s are there", counted[0], grain, counted[1])
		}
	}
}

// indexes: place, words, unit and time can be asked for by index; natural keys
// are unique.
func (l suite) indexes(t *testing.T) {
	defs := strings.Join(l.strings(t, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1", l.s.Table), "\n")
	for _, want := range []string{"gist (geom)", "gin (search gin_trgm_ops)", "(unit_id)", "(observed_at)", "(updated_at)"} {
		if !strings.Contains(defs, want) {
			t.Errorf("no index on %s: make the table LIKE features INCLUDING ALL", want)
		}
	}
	for _, f := range l.s.Fields {
		if f.Key && !strings.Contains(defs, "UNIQUE INDEX") || f.Key && !strings.Contains(defs, "("+f.Column+")") {
			t.Errorf("key %s is not UNIQUE in the table", f.Name)
		}
	}
}

// words: the layer, its fields and their values are described and have titles.
func (l suite) words(t *testing.T) {
	info := l.catalog.Info(l.s)
	if info.Title.VI == "" || info.Title.EN == "" || info.Description == "" {
		t.Errorf("type %s has no title or description", l.s.Type)
	}
	for _, m := range info.Fields {
		if m.Description == "" {
			t.Errorf("field %s has no description", m.Name)
		}
		if _, declared := l.s.Lookup(m.Name); declared && (m.Title.VI == "" || m.Title.EN == "") {
			t.Errorf("field %s has no @title", m.Name)
		}
		for _, v := range m.Values {
			if _, declared := l.s.Lookup(m.Name); declared && (v.Title.VI == "" || v.Title.EN == "") {
				t.Errorf("value %s of field %s has no @title", v.Value, m.Name)
			}
		}
	}
	for _, f := range l.s.Fields {
		if m := info.Field(f.Name); m != nil && !m.Leaf {
			t.Errorf("field %s is a column and not a leaf", f.Name)
		}
	}
}

// classes: what `text` looks into and what is computed by a method is as open
// as the layer; fields closed or personal can't be searched by.
func (l suite) classes(t *testing.T) {
	info := l.catalog.Info(l.s)
	open := access.Class{Sharing: info.Class.Sharing}
	for _, f := range l.s.Fields {
		if m := info.Field(f.Name); m != nil && f.Text && m.Class != open {
			t.Errorf("field %s is searched by text and more closed than its layer", f.Name)
		}
	}
	from := map[string]bool{}
	for _, f := range l.s.Fields {
		for _, name := range f.For {
			from[name] = true // its column is not even read for those who may not see it
		}
	}
	for _, m := range info.Fields {
		if _, declared := l.s.Lookup(m.Name); !declared && !from[m.Name] && !open.Covers(m.Class) {
			t.Errorf("field %s is computed and more closed than its layer: nothing would mask it", m.Name)
		}
	}
}

// rows: there are some, ids begin with the layer's prefix, and what was written
// is what is read.
func (l suite) rows(t *testing.T) {
	features, err := l.reader(all).Rows(context.Background(), l.s, layer.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(features) == 0 {
		t.Fatal("no rows: the province has no sample of this layer")
	}
	set := map[string]bool{}
	for _, f := range features {
		row := f.(layer.Row)
		if b := layer.BaseOf(row); !strings.HasPrefix(b.ID, l.s.IDPrefix()) || b.Source == "" {
			t.Errorf("row %q from %q: the id begins with %q and the source is named", b.ID, b.Source, l.s.IDPrefix())
		}
		values := l.s.WriteValues(row)[12:]
		for i, f := range l.s.Fields {
			if text := fmt.Sprintf("%#v", values[i]); !strings.HasSuffix(text, "(nil)") && text != "[]string{}" {
				set[f.Name] = true
			}
		}
	}
	for _, f := range l.s.Fields {
		if !set[f.Name] && !f.Hidden {
			var n int
			err := l.pool.QueryRow(context.Background(), "SELECT count("+pgx.Identifier{f.Column}.Sanitize()+") FROM "+pgx.Identifier{l.s.Table}.Sanitize()).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				t.Errorf("field %s is never set: the province has no sample of it", f.Name)
			}
		}
	}
}

// pages: walking the pages by any order gives each row once, and as many as
// the count says.
func (l suite) pages(t *testing.T) {
	orders := []*layer.Order{nil, {Field: "ID", Direction: layer.Desc}, {Field: "LABEL"}, {Field: "OBSERVED_AT", Direction: layer.Desc}, {Field: "UPDATED_AT"}}
	for _, f := range l.s.Fields {
		if f.Order {
			name := strings.ToUpper(f.Column)
			orders = append(orders, &layer.Order{Field: layer.OrderField(name)}, &layer.Order{Field: layer.OrderField(name), Direction: layer.Desc})
		}
	}
	var want int
	if err := l.pool.QueryRow(context.Background(), "SELECT least(count(*), 1500) FROM "+pgx.Identifier{l.s.Table}.Sanitize()).Scan(&want); err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		seen := map[string]bool{}
		first := max(7, min(want/3, 400))
		for after := (*string)(nil); ; {
			page, next, err := l.reader(all).PageOf(context.Background(), l.s, layer.Query{Order: o, First: &first, After: after})
			if err != nil {
				t.Fatalf("order %v: %v", o, err)
			}
			for _, id := range page {
				if seen[id] {
					t.Fatalf("order %v: %s comes twice", o, id)
				}
				seen[id] = true
			}
			if next == nil || len(seen) >= want {
				break
			}
			after = next
		}
		if len(seen) < want {
			t.Errorf("order %v: %d rows by pages, %d in the table", o, len(seen), want)
		}
	}
}
