package plan

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/geo"
	"geohub/internal/pgbinary"
	"geohub/layer"
)

// across compiles a page of features of several layers.
func (c *compiler) across(ask func(x *run, a map[string]any) (*layer.FeatureConnection, error), bare bool, f graphql.CollectedField) (plan, error) {
	page := pageOf(c, "Feature", clause.Of("x.id"))
	page.node = func(cols *columns, f graphql.CollectedField) (printer, error) {
		return c.anyFeature(cols, func(s *layer.System, of *columns) (printer, error) { return c.feature(s, of, f) })
	}
	page.geojson = func(cols *columns) (printer, error) {
		return c.anyFeature(cols, func(s *layer.System, of *columns) (printer, error) { return c.geojson(s, of), nil })
	}
	if page.bare = bare; bare {
		edge, err := page.edge(f)
		if err != nil {
			return plan{}, err
		}
		page.rows, page.parts = true, []part{{each: edge}}
	} else if err := page.members(f); err != nil {
		return plan{}, err
	}
	args := c.arguments("Query", f)
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		list, err := ask(x, x.args[args].(map[string]any))
		if err != nil {
			return nil, err
		}
		return page.print(x, list, b)
	}}, nil
}

// anyFeature compiles the feature x.id of the layer x.n: one record, made by the
// layer's own expressions.
func (c *compiler) anyFeature(cols *columns, compile func(*layer.System, *columns) (printer, error)) (printer, error) {
	systems := c.r.Catalog().Systems()
	of := make([]*columns, len(systems))
	print := make([]printer, len(systems))
	depth := c.depth
	for n, s := range systems {
		of[n] = &columns{}
		var err error
		print[n], err = c.inside(func() (printer, error) { return compile(s, of[n]) })
		if err != nil {
			return nil, err
		}
	}
	which := cols.add("n", always(clause.Of("x.n")))
	i := cols.own(func(x *run) (clause.C, error) {
		var whens []clause.C
		for _, n := range x.list.(*layer.FeatureConnection).Places() {
			row, err := of[n].row(x)
			if err != nil {
				return row, err
			}
			whens = append(whens, clause.Of("WHEN ? THEN (SELECT ? FROM ? f WHERE f.id = x.id)", n, row, x.r.Table(systems[n])))
		}
		if whens == nil {
			return clause.Of("NULL::record"), nil
		}
		return clause.Of("CASE x.n ? END", clause.Join(" ", whens...)), nil
	})
	return func(x *run, b []byte, columns [][]byte) []byte {
		return print[pgbinary.Int(columns[which])](x, b, x.open(depth, columns[i]))
	}, nil
}

// feature compiles any feature by its id, or a former id.
func (c *compiler) featureByID(f graphql.CollectedField) (plan, error) {
	byPrefix := map[string]plan{}
	for _, s := range c.r.Catalog().Systems() {
		one, err := c.one(s, f)
		if err != nil {
			return plan{}, err
		}
		byPrefix[s.One] = one
	}
	args := c.arguments("Query", f)
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		prefix, _, _ := strings.Cut(x.args[args].(map[string]any)["id"].(string), ":")
		if one, ok := byPrefix[prefix]; ok {
			return one.print(x, b)
		}
		return append(b, "null"...), nil
	}}, nil
}

func (c *compiler) features(f graphql.CollectedField) (plan, error) {
	return c.across(func(x *run, a map[string]any) (*layer.FeatureConnection, error) {
		var q layer.Query
		q.Area, _ = a["area"].(*geo.Area)
		q.Near, _ = a["near"].(*geo.Near)
		q.Observed, _ = a["observed"].(*layer.DateTimeRange)
		q.Text, _ = a["text"].(*string)
		q.First, _ = a["first"].(*int)
		q.After, _ = a["after"].(*string)
		layers, _ := a["layers"].([]layer.Name)
		return x.r.Features(x.ctx, layers, q)
	}, false, f)
}

func (c *compiler) nearby(f graphql.CollectedField) (plan, error) {
	return c.across(func(x *run, a map[string]any) (*layer.FeatureConnection, error) {
		layers, _ := a["layers"].([]layer.Name)
		first, _ := a["first"].(*int)
		return x.r.Near(x.ctx, a["of"].(layer.Origin), layers, a["withinM"].(float64), first)
	}, true, f)
}

func (c *compiler) searchPlaces(f graphql.CollectedField) (plan, error) {
	return c.across(func(x *run, a map[string]any) (*layer.FeatureConnection, error) {
		near, _ := a["near"].(*geo.LonLat)
		first, _ := a["first"].(*int)
		return x.r.Search(x.ctx, a["text"].(string), near, first)
	}, true, f)
}
