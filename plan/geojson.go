package plan

import (
	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// geojson compiles a row f of a layer as GeoJSON.
func (c *compiler) geojson(s *layer.System, cols *columns) printer {
	members := c.r.Catalog().Info(s).GeoJSON()
	values := make([]printer, len(members))
	for i, m := range members {
		values[i] = c.geojsonValue(s, m.Field, cols)
	}
	return func(x *run, b []byte, columns [][]byte) []byte {
		for i := range members {
			b = append(b, members[i].Text...)
			b = values[i](x, b, columns)
		}
		return b
	}
}

func (c *compiler) geojsonValue(s *layer.System, field string, cols *columns) printer {
	column := func(name string) int { return cols.add(name, always(clause.Column("f", name))) }
	switch {
	case field == "":
		return constant("")
	case !c.r.Sees(s, field):
		return null
	}
	switch field {
	case "id":
		return value(column("id"), layer.KindString)
	case "geometry":
		plain := c.reads(func(*run) (any, error) { return shape{postgis.Plain, -1}, nil })
		return shaped(cols.add("geom", always(postgis.Geom())), plain)
	case "label":
		return textOrNull(column("label"))
	case "observedAt":
		return value(column("observed_at"), layer.KindDateTime)
	case "updatedAt":
		return value(column("updated_at"), layer.KindDateTime)
	}
	f, _ := s.Lookup(field)
	switch i := column(f.Column); f.Kind {
	case layer.KindFloat:
		return number(i)
	case layer.KindStrings, layer.KindEnums:
		return orEmpty(i, f.Kind)
	default:
		return value(i, f.Kind)
	}
}

// number prints a number as GeoJSON has it, or null.
func number(i int) printer {
	return func(_ *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		return geo.AppendNumber(b, pgbinary.Float(columns[i]), -1)
	}
}
