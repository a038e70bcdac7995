package plan

import (
	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/layer"
)

// agency compiles an agency by its code.
func (c *compiler) agency(f graphql.CollectedField) (plan, error) {
	return c.rows(f, func(_ *run, a map[string]any) (clause.C, error) {
		return layer.AgenciesWhere(clause.Of("f.code = ?", a["code"].(string))), nil
	}, func(cols *columns) (printer, error) { return c.agencyRow(cols, f) })
}

// agencies compiles the agencies under one and of a name.
func (c *compiler) agencies(f graphql.CollectedField) (plan, error) {
	return c.rows(f, func(_ *run, a map[string]any) (clause.C, error) {
		parent, _ := a["parent"].(*string)
		text, _ := a["text"].(*string)
		return layer.AskAgencies(parent, text), nil
	}, func(cols *columns) (printer, error) { return c.agencyRow(cols, f) })
}

// agencyOf compiles the agency whose code is key.
func (c *compiler) agencyOf(key clause.C, cols *columns, f graphql.CollectedField) (printer, error) {
	return c.lookup(clause.Of("? AS key", key), cols, now(layer.AgenciesWhere(clause.Of("f.code = k.key"))), func(in *columns) (printer, error) { return c.agencyRow(in, f) })
}

// agencyRow compiles a selection of the row f of agencies.
func (c *compiler) agencyRow(cols *columns, f graphql.CollectedField) (printer, error) {
	return c.object("Agency", c.collect(f, "Agency", "_Entity"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "code":
			return value(cols.add("code", always(clause.Of("f.code"))), layer.KindString), nil
		case "name":
			return c.title("Agency", "name", cols, f), nil
		case "parent":
			return c.agencyOf(clause.Of("f.parent_code"), cols, f)
		case "children":
			return c.several(clause.Of("f.code"), cols, now(layer.AgenciesWhere(clause.Of("f.parent_code = k.key"))), func(in *columns) (printer, error) { return c.agencyRow(in, f) })
		case "unit":
			return c.unitOfCode(clause.Of("f.unit_code"), func(x *run) clause.C { return clause.Of("?::date", x.r.Day(nil)) }, cols, f)
		}
		return nil, unfit("field Agency." + f.Name)
	})
}
