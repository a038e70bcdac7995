package tiles

import (
	"time"

	"geohub/internal/pgbinary"
	"geohub/layer"
	"geohub/tiles/mvt"
)

// property is a column that features carry beside their id.
type property struct {
	name, column string
	kind         layer.Kind
	key          mvt.Key // in the layer that was begun last
}

// propertiesOf are those of a layer that the viewer may see. Lists are none: the
// format has no such values.
func propertiesOf(r *layer.Reader, s *layer.System) []property {
	var out []property
	if r.Sees(s, "label") {
		out = append(out, property{name: "label", column: "label", kind: layer.KindString})
	}
	for _, f := range s.Fields {
		if f.Tile && !f.Hidden && f.Kind != layer.KindStrings && f.Kind != layer.KindEnums && r.Sees(s, f.Name) {
			out = append(out, property{name: f.Name, column: f.Column, kind: f.Kind})
		}
	}
	return out
}

// set sets a property of the open feature to a value that is not NULL.
func (d *drawing) set(p *property, value []byte) {
	e := d.encoder
	switch p.kind {
	case layer.KindFloat:
		e.Float(p.key, pgbinary.Float(value))
	case layer.KindInt:
		e.Float(p.key, float64(pgbinary.Int(value)))
	case layer.KindBool:
		e.Bool(p.key, pgbinary.Bool(value))
	case layer.KindDateTime:
		d.text = pgbinary.Time(value).AppendFormat(d.text[:0], time.RFC3339Nano)
		e.String(p.key, d.text)
	case layer.KindDate:
		d.text = pgbinary.Date(value).AppendFormat(d.text[:0], time.DateOnly)
		e.String(p.key, d.text)
	default:
		if len(value) > 0 { // an empty label is none
			e.String(p.key, value)
		}
	}
}
