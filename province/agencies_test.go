package province

import (
	"encoding/json"
	"hash/fnv"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// evening is a moment of the flood season, years after the great flood's data begin.
var evening = time.Date(2026, 11, 23, 19, 47, 0, 0, geo.Saigon)

// moments are some that differ in what may go wrong: by day and night, in the
// flood and in the dry months, on a holiday, at a month's first hour.
var moments = []time.Time{
	evening, time.Date(2025, 10, 27, 20, 0, 0, 0, geo.Saigon), time.Date(2026, 6, 10, 9, 20, 0, 0, geo.Saigon),
	time.Date(2026, 1, 1, 0, 0, 0, 0, geo.Saigon), time.Date(2026, 2, 28, 16, 30, 0, 0, geo.Saigon),
}

// whole is all that this half of the province gives, layer by layer.
func whole(p *Province) []struct {
	system    *layer.System
	low, high int
	rows      []layer.Row
} {
	type part = struct {
		system    *layer.System
		low, high int
		rows      []layer.Row
	}
	return []part{
		{systems.Reports.System, 18_500, 21_500, asRows(p.Reports())},
		{systems.Alerts.System, 90, 150, asRows(p.Alerts())},
		{systems.Articles.System, 1_300, 1_900, asRows(p.Articles())},
		{systems.Cameras.System, 650, 650, asRows(p.Cameras())},
		{systems.CameraEvents.System, 7_500, 8_500, asRows(p.CameraEvents())},
		{systems.Billboards.System, 120, 120, asRows(p.Billboards())},
		{systems.Offices.System, 160, 160, asRows(p.Offices())},
		{systems.Dossiers.System, 11_000, 13_000, asRows(p.Dossiers())},
		{systems.CardReaders.System, 300, 300, asRows(p.CardReaders())},
		{systems.SecurityIncidents.System, 180, 220, asRows(p.SecurityIncidents())},
	}
}

func asRows[T any](rows []*T) []layer.Row {
	all := make([]layer.Row, len(rows))
	for i, row := range rows {
		all[i] = any(row).(layer.Row)
	}
	return all
}

func TestEveryRow(t *testing.T) {
	world := orb.Bound{Min: orb.Point{106.9, 15.8}, Max: orb.Point{109.5, 17.2}}
	for _, now := range moments {
		p := New(1, now)
		agencies := map[string]bool{}
		for _, a := range p.Agencies() {
			agencies[a.Code] = true
		}
		for _, part := range whole(p) {
			if n := len(part.rows); n < part.low || n > part.high {
				t.Errorf("%s %s: %d rows", now, part.system.Field, n)
			}
			ids := map[string]bool{}
			for _, row := range part.rows {
				b := layer.BaseOf(row)
				if ids[b.ID] || b.ID != part.system.One+":"+b.RecordKey || b.LabelVI == "" || b.Source == "" {
					t.Fatalf("%s: id, key, label or source: %+v", part.system.Field, b)
				}
				ids[b.ID] = true
				if b.Geom != nil {
					if err := geo.Check(b.Geom); err != nil || !world.Contains(b.Geom.Bound().Min) || !world.Contains(b.Geom.Bound().Max) {
						t.Fatalf("%s: %v: %v", b.ID, b.Geom, err)
					}
				}
				if b.AgencyCode != "" && !agencies[b.AgencyCode] || !agencies[part.system.Agency] {
					t.Fatalf("%s: agency %s is not known", b.ID, b.AgencyCode)
				}
				if b.ObservedAt != nil && b.ObservedAt.After(p.now) || b.VersionAt == nil || b.VersionAt.After(p.now) || b.ObservedAt != nil && b.VersionAt.Before(*b.ObservedAt) {
					t.Fatalf("%s: observed %v, version %v, now %v", b.ID, b.ObservedAt, b.VersionAt, p.now)
				}
			}
		}
	}
}

func TestSameSeedSameRows(t *testing.T) {
	sum := func(seed uint64, now time.Time) map[string]uint64 {
		sums := map[string]uint64{}
		for _, part := range whole(New(seed, now)) {
			h := fnv.New64a()
			if err := json.NewEncoder(h).Encode(part.rows); err != nil {
				t.Fatal(err)
			}
			sums[part.system.Field] = h.Sum64()
		}
		return sums
	}
	first, again, other := sum(1, evening), sum(1, evening.Add(3*time.Minute)), sum(2, evening)
	for field, s := range first {
		if again[field] != s {
			t.Errorf("%s: twice the same, and not the same rows", field)
		}
		if other[field] == s {
			t.Errorf("%s: the seed says nothing", field)
		}
	}
}

// What happened doesn't change as now moves on, so that a hub that asks again
// finds the same records, only further along.
func TestRecordsStay(t *testing.T) {
	before, after := whole(New(1, evening)), whole(New(1, evening.Add(26*time.Hour)))
	for i, part := range before {
		if part.system.Field == "alerts" {
			continue // bulletins leave with their round
		}
		places := map[string]orb.Geometry{}
		for _, row := range after[i].rows {
			places[layer.BaseOf(row).ID] = layer.BaseOf(row).Geom
		}
		missing := 0
		for _, row := range part.rows {
			b := layer.BaseOf(row)
			at, ok := places[b.ID]
			if !ok {
				missing++
			} else if (at == nil) != (b.Geom == nil) || at != nil && !orb.Equal(at, b.Geom) {
				t.Fatalf("%s moved", b.ID)
			}
		}
		if missing > len(part.rows)/8 {
			t.Errorf("%s: %d of %d rows are gone a day later", part.system.Field, missing, len(part.rows))
		}
	}
}

func TestAgencies(t *testing.T) {
	p := New(1, evening)
	seen, leads, units := map[string]bool{"": true}, map[string]int{}, map[string]bool{}
	for _, a := range p.Agencies() {
		if seen[a.Code] || !seen[a.Parent] || a.Name == "" || a.NameEN == "" {
			t.Errorf("%+v", a)
		}
		seen[a.Code] = true
		if a.UnitCode != "" {
			units[a.UnitCode] = true
			continue
		}
		for _, s := range a.Services {
			leads[s]++
		}
	}
	for _, s := range services {
		if leads[s.code] != 1 {
			t.Errorf("%s has %d agencies of the province", s.code, leads[s.code])
		}
	}
	if len(units) != 40 {
		t.Errorf("%d units have a committee", len(units))
	}
	for _, r := range p.Reports() {
		if r.AgencyResponsibleCode != nil && !seen[*r.AgencyResponsibleCode] {
			t.Fatal(*r.AgencyResponsibleCode)
		}
	}
	for _, a := range p.Articles() {
		if a.AssignedAgencyCode != nil && !seen[*a.AssignedAgencyCode] {
			t.Fatal(*a.AssignedAgencyCode)
		}
	}
	for code := range seen {
		if code != "" && !strings.HasPrefix(code, "H57") {
			t.Errorf("%s is no code of the province", code)
		}
	}
}

// Values of enums are strings in Go: each must be one that the schema knows.
func TestEnumValues(t *testing.T) {
	known := map[string]bool{}
	files, err := filepath.Glob("../systems/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: string(text)})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range doc.Definitions {
			for _, v := range d.EnumValues {
				known[d.Name+"."+v.Name] = true
			}
		}
	}
	for _, now := range moments {
		for _, part := range whole(New(1, now)) {
			for _, row := range part.rows {
				v := reflect.ValueOf(row).Elem()
				for i := 1; i < v.NumField(); i++ {
					f := v.Field(i)
					if f.Kind() == reflect.Pointer && !f.IsNil() {
						f = f.Elem()
					}
					values := []reflect.Value{f}
					if f.Kind() == reflect.Slice {
						values = nil
						for k := range f.Len() {
							values = append(values, f.Index(k))
						}
					}
					for _, value := range values {
						if value.Kind() == reflect.String && value.Type().PkgPath() != "" && !known[value.Type().Name()+"."+value.String()] {
							t.Fatalf("%s: %s has no value %q", layer.BaseOf(row).ID, value.Type().Name(), value.String())
						}
					}
				}
			}
		}
	}
}
