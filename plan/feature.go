package plan

import (
	"errors"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// feature compiles a selection of a row f of a layer.
func (c *compiler) feature(s *layer.System, cols *columns, f graphql.CollectedField) (printer, error) {
	return c.object(s.Type, c.collect(f, s.Type, "Feature", "_Entity"), func(f graphql.CollectedField) (printer, error) {
		if !c.r.Sees(s, f.Name) {
			return c.masked(s, f)
		}
		if column, ok := s.Lookup(f.Name); ok && !column.Hidden {
			i := cols.add(column.Column, always(clause.Column("f", column.Column)))
			if (column.Kind == layer.KindStrings || column.Kind == layer.KindEnums) && !nullable(f) {
				return orEmpty(i, column.Kind), nil
			}
			return value(i, column.Kind), nil
		}
		if n, ok := s.NestedOf(f.Name); ok {
			return c.nested(s, n, cols, f)
		}
		if d, ok := s.DrawnOf(f.Name); ok {
			return c.drawn(s, d, cols), nil
		}
		if column, to, ok := c.r.Catalog().Info(s).Refers(f.Name); ok {
			key := clause.Column("f", column)
			if to == nil {
				return c.agencyOf(key, cols, f)
			}
			return c.follow(to, key, cols, f)
		}
		return c.base(s, cols, f)
	})
}

// masked compiles a field that is withheld from the viewer.
func (c *compiler) masked(s *layer.System, f graphql.CollectedField) (printer, error) {
	if !c.r.SeesRows(s) {
		return null, nil // and no row will print it
	}
	of := s.MadeOf(f.Name)
	for _, field := range of {
		if !field.Hidden && c.r.Sees(s, field.Name) {
			return nil, unfit("masked " + f.Name)
		}
	}
	_, column := s.Lookup(f.Name)
	switch f.Name {
	case "label", "geometry", "position", "unit", "provenance", "observedAt", "positionAccuracyM":
		column = true
	}
	switch {
	case !column && of == nil:
	case nullable(f):
		return null, nil
	case f.Definition.Type.Elem != nil:
		return constant("[]"), nil
	}
	return nil, unfit("masked " + f.Name)
}

// drawn compiles a geometry that is drawn about the row's point.
func (c *compiler) drawn(s *layer.System, d *layer.Drawn, cols *columns) printer {
	at := cols.add("geom", always(postgis.Geom()))
	var of []int
	for _, f := range s.MadeOf(d.Field) {
		of = append(of, cols.add(f.Column, always(clause.Column("f", f.Column))))
	}
	return func(_ *run, b []byte, columns [][]byte) []byte {
		p, ok := postgis.PointOf(columns[at])
		if !ok {
			return append(b, "null"...)
		}
		figures := make([]*float64, len(of))
		for i, column := range of {
			if columns[column] != nil {
				figure := pgbinary.Float(columns[column])
				figures[i] = &figure
			}
		}
		return geo.AppendGeoJSON(b, d.Draw(p, figures), -1)
	}
}

// base compiles a field that every layer has.
func (c *compiler) base(s *layer.System, cols *columns, f graphql.CollectedField) (printer, error) {
	column := func(name string, kind layer.Kind) (printer, error) {
		return value(cols.add(name, always(clause.Column("f", name))), kind), nil
	}
	switch f.Name {
	case "id":
		return column("id", layer.KindString)
	case "layer":
		return constant(`"` + s.Name + `"`), nil
	case "positionAccuracyM":
		return column("position_accuracy_m", layer.KindFloat)
	case "observedAt":
		return column("observed_at", layer.KindDateTime)
	case "updatedAt":
		return column("updated_at", layer.KindDateTime)
	case "label":
		return c.title(s.Type, "label", cols, f), nil
	case "aliases":
		return orEmpty(cols.add("aliases", func(x *run) (clause.C, error) {
			return clause.Of("ARRAY(SELECT a.alias FROM ? a WHERE a.id = f.id ORDER BY a.alias)", x.r.Aliases()), nil
		}), layer.KindStrings), nil
	case "masked":
		b := []byte("[")
		for i, name := range c.r.MaskedOf(s) {
			if i > 0 {
				b = append(b, ',')
			}
			b = layer.AppendString(b, name)
		}
		return constant(string(append(b, ']'))), nil
	case "geometry":
		return c.geometry(s.Type, cols, f, postgis.Geom()), nil
	case "position":
		return c.position(s, cols, f)
	case "freshness":
		return c.freshness(s, cols.add("observed_at", always(clause.Of("f.observed_at"))), f)
	case "unit":
		return c.unitOf(clause.Of("f.unit_id"), cols, f)
	case "provenance":
		return c.provenance(cols, f)
	}
	return nil, unfit("field " + s.Type + "." + f.Name)
}

// title prints a text in the language asked for, of the columns name and name_en.
func (c *compiler) title(typ, name string, cols *columns, f graphql.CollectedField) printer {
	vi := cols.add(name, always(clause.Column("f", name)))
	en := cols.add(name+"_en", always(clause.Column("f", name+"_en")))
	args := c.arguments(typ, f)
	return func(x *run, b []byte, columns [][]byte) []byte {
		lang, _ := x.args[args].(map[string]any)["lang"].(*layer.Lang)
		text := columns[vi]
		if lang != nil && *lang == layer.EN && len(columns[en]) > 0 {
			text = columns[en]
		}
		if len(text) == 0 && nullable(f) {
			return append(b, "null"...)
		}
		return layer.AppendString(b, text)
	}
}

// shape is the arguments of a geometry field.
type shape struct {
	form     postgis.Form
	decimals int
}

// shapes gives the place of the arguments of a geometry field.
func (c *compiler) shapes(typ string, f graphql.CollectedField) int {
	return c.reads(c.once(f, func(x *run) (any, error) {
		args, err := c.p.options.Arguments(x.ctx, typ, f.Name, f.ArgumentMap(x.vars))
		if err != nil {
			return nil, err
		}
		crs, _ := args["crs"].(*int)
		simplifyM, _ := args["simplifyM"].(*float64)
		precision, _ := args["precision"].(*int)
		form, err := x.r.Shape(x.ctx, crs, simplifyM, precision)
		decimals := -1
		if precision != nil {
			decimals = *precision
		}
		return shape{form, decimals}, err
	}))
}

// geometry prints a geometry in the form asked for.
func (c *compiler) geometry(typ string, cols *columns, f graphql.CollectedField, g clause.C) printer {
	args := c.shapes(typ, f)
	i := cols.own(func(x *run) (clause.C, error) { return x.args[args].(shape).form.In(g), nil })
	return shaped(i, args)
}

func shaped(i, args int) printer {
	return func(x *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		out, err := postgis.AppendGeoJSON(b, columns[i], x.args[args].(shape).decimals)
		if err != nil {
			x.fail(err)
		}
		return out
	}
}

// position prints the feature's point, or one on its surface.
func (c *compiler) position(s *layer.System, cols *columns, f graphql.CollectedField) (printer, error) {
	place := postgis.OnSurface()
	if s.Points {
		place = postgis.Geom()
	}
	i := cols.add("position", always(place))
	point, err := c.lonLat(f)
	if err != nil {
		return nil, err
	}
	return func(x *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		return point(x, b, columns[i:])
	}, nil
}

// lonLat prints the point in the first column.
func (c *compiler) lonLat(f graphql.CollectedField) (printer, error) {
	return c.object("LonLatPoint", c.collect(f, "LonLatPoint"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "lon":
			return ordinate(0, 0), nil
		case "lat":
			return ordinate(0, 1), nil
		}
		return nil, unfit("field LonLatPoint." + f.Name)
	})
}

// ordinate prints one of the coordinates of a point.
func ordinate(i, of int) printer {
	return func(x *run, b []byte, columns [][]byte) []byte {
		p, ok := postgis.PointOf(columns[i])
		if !ok {
			x.fail(errors.New("a point was expected"))
		}
		return strconv.AppendFloat(b, p[of], 'g', -1, 64)
	}
}

// freshness compiles how fresh what was observed at column i is.
func (c *compiler) freshness(s *layer.System, i int, f graphql.CollectedField) (printer, error) {
	fresh := func(x *run, columns [][]byte) *layer.Freshness {
		if columns[i] == nil {
			return x.r.FreshnessOf(s, nil)
		}
		t := pgbinary.Time(columns[i])
		return x.r.FreshnessOf(s, &t)
	}
	return c.object("Freshness", c.collect(f, "Freshness"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "dueAt":
			return func(x *run, b []byte, columns [][]byte) []byte {
				if due := fresh(x, columns).DueAt; due != nil {
					return layer.AppendTime(b, *due)
				}
				return append(b, "null"...)
			}, nil
		case "stale":
			return func(x *run, b []byte, columns [][]byte) []byte {
				if fresh(x, columns).Stale {
					return append(b, "true"...)
				}
				return append(b, "false"...)
			}, nil
		}
		return nil, unfit("field Freshness." + f.Name)
	})
}

// unless prints a text, null when it is empty.
func textOrNull(i int) printer {
	return func(_ *run, b []byte, columns [][]byte) []byte {
		if len(columns[i]) == 0 {
			return append(b, "null"...)
		}
		return layer.AppendString(b, columns[i])
	}
}

func (c *compiler) provenance(cols *columns, f graphql.CollectedField) (printer, error) {
	source := cols.add("source", always(clause.Of("f.source")))
	inner, err := c.object("Provenance", c.collect(f, "Provenance"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "source":
			return value(source, layer.KindString), nil
		case "recordKey":
			return textOrNull(cols.add("record_key", always(clause.Of("f.record_key")))), nil
		case "exchange":
			return textOrNull(cols.add("exchange", always(clause.Of("f.exchange")))), nil
		case "agency":
			return c.agencyOf(clause.Of("f.agency_code"), cols, f)
		}
		return nil, unfit("field Provenance." + f.Name)
	})
	if err != nil {
		return nil, err
	}
	return func(x *run, b []byte, columns [][]byte) []byte {
		if len(columns[source]) == 0 {
			return append(b, "null"...)
		}
		return inner(x, b, columns)
	}, nil
}

// follow compiles the row of another layer whose id, or former id, is key.
func (c *compiler) follow(to *layer.System, key clause.C, cols *columns, f graphql.CollectedField) (printer, error) {
	return c.lookup(clause.Of("? AS key", key), cols, func(x *run) clause.C { return x.byID(to, clause.Of("k.key")) }, func(in *columns) (printer, error) { return c.feature(to, in, f) })
}

// byID is FROM … WHERE of the row f of a layer whose id, or former id, is key.
func (x *run) byID(s *layer.System, key clause.C) clause.C {
	return clause.Of("? f WHERE ? AND f.id = (SELECT coalesce((SELECT a.id FROM ? a WHERE a.alias = ?), ?))", x.r.Table(s), clause.And(x.r.Policy(s)), x.r.Aliases(), key, key)
}

// lookup compiles one row of another table, found by values of this one, which
// the row k holds.
func (c *compiler) lookup(key clause.C, cols *columns, from source, compile func(*columns) (printer, error)) (printer, error) {
	return c.find(func(*run) clause.C { return key }, cols, from, compile)
}

func (c *compiler) find(key func(*run) clause.C, cols *columns, from source, compile func(*columns) (printer, error)) (printer, error) {
	in := &columns{}
	inner, err := c.inside(func() (printer, error) { return compile(in) })
	if err != nil {
		return nil, err
	}
	i := cols.own(func(x *run) (clause.C, error) {
		row, err := in.row(x)
		return clause.Of("(SELECT (SELECT ? FROM ?) FROM (SELECT ?) k)", row, from(x), key(x)), err
	})
	return c.record(i, inner), nil
}

// several compiles the rows of a table that the value k.key of this one leads to.
func (c *compiler) several(key clause.C, cols *columns, from source, compile func(*columns) (printer, error)) (printer, error) {
	in := &columns{}
	inner, err := c.inside(func() (printer, error) { return compile(in) })
	if err != nil {
		return nil, err
	}
	i := cols.own(func(x *run) (clause.C, error) {
		row, err := in.row(x)
		return clause.Of("(SELECT ARRAY(SELECT ? FROM ?) FROM (SELECT ? AS key) k)", row, from(x), key), err
	})
	return c.records(i, inner), nil
}

// nested compiles a list of a row's own rows.
func (c *compiler) nested(s *layer.System, n *layer.Nested, cols *columns, f graphql.CollectedField) (printer, error) {
	if n.Line {
		args, forms := c.arguments(s.Type, f), c.shapes(s.Type, f)
		i := cols.own(func(x *run) (clause.C, error) {
			a := x.args[args].(map[string]any)
			during, _ := a["during"].(*layer.DateTimeRange)
			last, _ := a["last"].(*int)
			line, err := n.Joined(x.r, x.args[forms].(shape).form, during, last)
			return clause.Of("(SELECT (?) FROM (SELECT f.id) k)", line), err
		})
		return shaped(i, forms), nil
	}
	unless := clause.C{}
	if n.Unless != "" {
		if !c.r.Sees(s, n.Unless) {
			return nil, unfit("masked " + n.Unless)
		}
		column, _ := s.Lookup(n.Unless)
		unless = clause.Of("? IS NOT NULL", clause.Column("f", column.Column))
	}
	args := c.arguments(s.Type, f)
	in := &columns{}
	typ := f.Definition.Type.Name()
	inner, err := c.inside(func() (printer, error) {
		return c.object(typ, c.collect(f, typ), func(f graphql.CollectedField) (printer, error) {
			for _, field := range n.Series.Fields {
				if field.Name == f.Name {
					return value(in.add(field.Column, always(clause.Column("s", field.Column))), field.Kind), nil
				}
			}
			switch f.Name {
			case "lon":
				return ordinate(in.add("geom", always(clause.Of("s.geom"))), 0), nil
			case "lat":
				return ordinate(in.add("geom", always(clause.Of("s.geom"))), 1), nil
			}
			return nil, unfit("field " + typ + "." + f.Name)
		})
	})
	if err != nil {
		return nil, err
	}
	in.add("at", always(clause.Of("s.at"))) // each row has one, whatever is asked of it
	i := cols.own(func(x *run) (clause.C, error) {
		a := x.args[args].(map[string]any)
		during, _ := a["during"].(*layer.DateTimeRange)
		last, _ := a["last"].(*int)
		which, _ := a[n.In].([]string)
		arrays, err := in.arrays(x)
		if err != nil {
			return arrays, err
		}
		newest, err := n.Newest(x.r, arrays, which, during, last)
		list := clause.Of("(SELECT (?) FROM (SELECT f.id) k)", newest)
		if !unless.Empty() {
			list = clause.Of("CASE WHEN ? THEN ? END", unless, list)
		}
		return list, err
	})
	return c.columnar(i, inner), nil
}
