package plan

import (
	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/layer"
)

// unit compiles a unit by its code and a day.
func (c *compiler) unit(f graphql.CollectedField) (plan, error) {
	return c.rows(f, func(x *run, a map[string]any) (clause.C, error) {
		at, _ := a["at"].(*geo.Date)
		return unitOn(clause.Of("?", a["code"].(string)), clause.Of("?::date", x.r.Day(at))), nil
	}, func(cols *columns) (printer, error) { return c.unitRow(cols, f) })
}

// units compiles the units that stood on a day.
func (c *compiler) units(f graphql.CollectedField) (plan, error) {
	return c.rows(f, func(x *run, a map[string]any) (clause.C, error) {
		var q layer.UnitQuery
		q.Kind, _ = a["kind"].(*layer.UnitKind)
		q.Parent, _ = a["parent"].(*string)
		q.Text, _ = a["text"].(*string)
		q.Area, _ = a["area"].(*geo.Area)
		q.At, _ = a["at"].(*geo.Date)
		return x.r.AskUnits(x.ctx, q)
	}, func(cols *columns) (printer, error) { return c.unitRow(cols, f) })
}

// unitOf compiles the unit whose id is key.
func (c *compiler) unitOf(key clause.C, cols *columns, f graphql.CollectedField) (printer, error) {
	return c.lookup(clause.Of("? AS key", key), cols, now(clause.Of("units f WHERE f.id = k.key")), func(in *columns) (printer, error) { return c.unitRow(in, f) })
}

// unitOn is FROM … WHERE of the unit f of a code that stood on a day.
func unitOn(code, day clause.C) clause.C {
	return clause.Of("units f WHERE f.code = ? AND ?", code, layer.StandsOn(day))
}

// unitOfCode compiles the unit of a code that stood on a day.
func (c *compiler) unitOfCode(code clause.C, day func(*run) clause.C, cols *columns, f graphql.CollectedField) (printer, error) {
	return c.find(func(x *run) clause.C { return clause.Of("? AS key, ? AS day", code, day(x)) }, cols, now(unitOn(clause.Of("k.key"), clause.Of("k.day"))),
		func(in *columns) (printer, error) { return c.unitRow(in, f) })
}

// unitRow compiles a selection of the row f of units.
func (c *compiler) unitRow(cols *columns, f graphql.CollectedField) (printer, error) {
	return c.object("Unit", c.collect(f, "Unit", "_Entity"), func(f graphql.CollectedField) (printer, error) {
		if column, kind, ok := layer.UnitColumn(f.Name); ok {
			return value(cols.add(column, always(clause.Column("f", column))), kind), nil
		}
		if relatives, ok := layer.Relatives(f.Name, clause.Of("k.key")); ok {
			return c.several(clause.Of("f.id"), cols, now(relatives), func(in *columns) (printer, error) { return c.unitRow(in, f) })
		}
		switch f.Name {
		case "name":
			return c.title("Unit", "name", cols, f), nil
		case "geometry":
			return c.geometry("Unit", cols, f, postgis.Geom()), nil
		case "parent":
			return c.unitOfCode(clause.Of("f.parent_code"), func(*run) clause.C { return clause.Of("f.valid_from") }, cols, f)
		}
		return nil, unfit("field Unit." + f.Name)
	})
}
