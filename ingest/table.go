package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"geohub/geo"
	"geohub/ingest/formats"
	"geohub/ingest/formats/table"
	"geohub/layer"
)

// TableMapping says what a row of any table becomes: a row of the layer that
// its source names, by the source's map.
//
// The map makes of {id, properties, geometry} an object with any of id, key,
// label, labelEn, geometry, lon, lat, crs, positionAccuracyM, observedAt,
// versionAt, sharing, agency, aliases and the layer's fields by their GraphQL
// names. What it leaves out stays as it is on the map of the hub, so that two
// sources can fill different fields of one layer; null takes a value away. Only
// geometry is taken from the record when the map says nothing of a place;
// "geometry: false" leaves it alone. Without a map, columns called like fields
// are taken.
func TableMapping(layers []*layer.System, words layer.Lexicon) Mapping {
	t := &tables{layers: layers, words: words}
	m := Map("table", 1, func(in *Intake, r table.Record) error {
		plan, err := t.plan(in.Source)
		if err != nil {
			return err
		}
		return plan.put(in, r)
	})
	m.check = func(s *Source) error {
		_, err := t.plan(s)
		return err
	}
	m.judge = func(ctx context.Context, tx pgx.Tx, in *Intake) error { return t.judge(ctx, tx, in) }
	return m
}

// tables keeps the plans of the sources, which are a few.
type tables struct {
	layers []*layer.System
	words  layer.Lexicon
	plans  sync.Map // of *tablePlan by planKey
}

type planKey struct{ layer, program string }

func (t *tables) plan(s *Source) (*tablePlan, error) {
	key := planKey{s.Layer, s.Map}
	if known, ok := t.plans.Load(key); ok {
		return known.(*tablePlan), nil
	}
	var names []string
	for _, l := range t.layers {
		if s.Layer == l.Field || s.Layer == l.One || s.Layer == l.Name {
			p := &tablePlan{s: l, words: t.words, byKey: map[string]string{}}
			for _, name := range append(p.fields(), "label", "labelEn", "key", "observedAt", "versionAt", "sharing", "agency", "positionAccuracyM") {
				p.byKey[table.Key(name)] = name
			}
			if s.Map != "" {
				var err error
				if p.program, err = CompileMap(s.Map); err != nil {
					return nil, err
				}
			}
			t.plans.Store(key, p)
			return p, nil
		}
		names = append(names, l.Field)
	}
	return nil, fmt.Errorf("layer %q: there is none; layers are %s", s.Layer, strings.Join(names, ", "))
}

// tablePlan is how the rows of one source become rows of a layer.
type tablePlan struct {
	s       *layer.System
	words   layer.Lexicon
	program *Program
	byKey   map[string]string // what a column may be called like, by its folded name
}

func (p *tablePlan) fields() []string {
	var names []string
	for _, f := range p.s.Fields {
		names = append(names, f.Name)
	}
	return names
}

// put maps one record.
func (p *tablePlan) put(in *Intake, r table.Record) error {
	out, err := p.apply(r)
	if err != nil {
		return err
	}
	row := tableRow{row: p.s.NewRow(), given: map[string]bool{}, read: valueReader{in.Source, p.words.Enums}}
	b := layer.BaseOf(row.row)
	b.Sharing = p.words.Sharing[p.s.Type]
	for _, name := range sortedKeys(out) {
		if err := p.set(row, b, name, out[name]); err != nil {
			return formats.Refusal{Path: name, Reason: err.Error()}
		}
	}
	if err := p.identify(b, out, r, row); err != nil {
		return err
	}
	place, err := p.place(in.Source, out, r)
	if err != nil {
		return err
	}
	if place.given {
		row.own("geom", "position_accuracy_m")
		b.Geom = place.geom
	}
	row.place = place
	putTable(in, p.s, row)
	return nil
}

// apply gives the object that the map makes of a record.
func (p *tablePlan) apply(r table.Record) (map[string]any, error) {
	if p.program == nil {
		out := map[string]any{}
		for column, v := range r.Properties {
			if name, ok := p.byKey[table.Key(column)]; ok {
				out[name] = v
			}
		}
		return out, nil
	}
	made, err := p.program.Run(context.Background(), map[string]any{"id": r.ID, "properties": r.Properties, "geometry": r.Geometry})
	if err != nil {
		return nil, err
	}
	out, ok := made.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("map: it makes %T of the record, not an object", made)
	}
	return out, nil
}

// set puts one member of the map's object into the row.
func (p *tablePlan) set(row tableRow, b *layer.Base, name string, v any) (err error) {
	switch name {
	case "id", "key", "geometry", "lon", "lat", "crs":
		return nil // taken together
	case "label":
		b.LabelVI = textOf(v)
		row.own("label", "search")
	case "labelEn":
		b.LabelEN = textOf(v)
		row.own("label_en")
	case "agency":
		b.AgencyCode = textOf(v)
		row.own("agency_code")
	case "sharing":
		if text := textOf(v); text != "" {
			if err := b.Sharing.UnmarshalGQL(strings.ToUpper(text)); err != nil {
				return err
			}
		}
		row.own("sharing")
	case "observedAt":
		b.ObservedAt, err = row.read.time(v)
		row.own("observed_at")
	case "versionAt":
		b.VersionAt, err = row.read.time(v)
	case "positionAccuracyM":
		b.PositionAccuracyM, err = row.read.float(v)
	case "aliases":
		for _, alias := range listOf(v) {
			b.AliasIDs = append(b.AliasIDs, p.prefixed(alias))
		}
	default:
		f, ok := p.s.Lookup(name)
		if !ok {
			return fmt.Errorf("the layer %s has no such field; its fields are %s", p.s.Field, strings.Join(p.fields(), ", "))
		}
		value, err := row.read.value(f, v)
		if err != nil {
			return err
		}
		row.own(f.Column)
		return f.Set(row.row, value)
	}
	return err
}

// identify gives the row its id and its key at the source.
func (p *tablePlan) identify(b *layer.Base, out map[string]any, r table.Record, row tableRow) error {
	b.RecordKey = textOf(out["key"])
	i := slices.IndexFunc(p.s.Fields, func(f *layer.Field) bool { return f.Key })
	if i >= 0 {
		field := p.s.Fields[i]
		if own := textOf(out[field.Name]); b.RecordKey == "" {
			b.RecordKey = own
		} else if own == "" && field.Kind == layer.KindString {
			row.own(field.Column)
			if err := field.Set(row.row, b.RecordKey); err != nil {
				return err
			}
		}
	}
	switch {
	case textOf(out["id"]) != "":
		b.ID = p.prefixed(textOf(out["id"]))
		if b.RecordKey == "" {
			b.RecordKey = strings.TrimPrefix(b.ID, p.s.IDPrefix())
		}
	case b.RecordKey != "":
		b.ID = p.s.IDPrefix() + b.RecordKey
	case i >= 0:
		return formats.Refusal{Path: "key", Reason: fmt.Sprintf("nothing tells the row from others: the map has to give key, id or %s; columns are %s", p.s.Fields[i].Name, namesOf(r.Properties))}
	default:
		return formats.Refusal{Path: "key", Reason: "nothing tells the row from others: the map has to give key or id"}
	}
	if len(b.ID) > 200 || b.ID != clean(b.ID) || strings.ContainsAny(b.ID, "\t\r\n") {
		return formats.Refusal{Path: "key", Reason: "a key has up to 200 characters on one line"}
	}
	return nil
}

func (p *tablePlan) prefixed(id string) string {
	if strings.HasPrefix(id, p.s.IDPrefix()) {
		return id
	}
	return p.s.IDPrefix() + id
}

// tableRow is a row on its way, with the columns that the map gave.
type tableRow struct {
	row   layer.Row
	given map[string]bool
	read  valueReader
	place tablePlace
}

func (r tableRow) own(columns ...string) {
	for _, c := range columns {
		r.given[c] = true
	}
}

// plane is the CRS of a record: the map's word, the declaration's, the file's.
func plane(s *Source, out map[string]any, r table.Record) (p geo.Plane, err error) {
	switch text := textOf(out["crs"]); {
	case text != "":
		return geo.ParsePlane(text)
	case s.CRS != 0:
		return geo.PlaneOf(s.CRS)
	case r.CRS != "":
		return geo.ParsePlane(r.CRS)
	}
	return geo.PlaneOf(4326)
}
