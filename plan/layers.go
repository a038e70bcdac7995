package plan

import (
	"bytes"

	"github.com/99designs/gqlgen/graphql"

	"geohub/clause"
	"geohub/layer"
)

// layers compiles the catalogue: of the layers' rows only what is asked for is
// reckoned, in one row.
func (c *compiler) layers(f graphql.CollectedField) (plan, error) {
	cols := &columns{}
	var infos []printer
	for _, s := range c.r.Catalog().Systems() {
		info, err := c.layerInfo(s, cols, f)
		if err != nil {
			return plan{}, err
		}
		infos = append(infos, info)
	}
	catalogue := list(infos)
	return plan{print: func(x *run, b []byte) ([]byte, error) {
		selected, err := cols.sql(x)
		if err != nil {
			return nil, err
		}
		if selected.Empty() {
			return catalogue(x, b, nil), nil
		}
		err = x.r.Query(x.ctx, "read layers", clause.Of("SELECT ?", selected), func(values [][]byte) error {
			b = catalogue(x, b, values)
			return nil
		})
		return b, err
	}}, nil
}

func (c *compiler) layerInfo(s *layer.System, cols *columns, f graphql.CollectedField) (printer, error) {
	info := c.r.LayerInfo(s)
	of := func(reckon func(*layer.List) clause.C) int {
		return cols.own(func(x *run) (clause.C, error) { return reckon(x.r.All(s)), nil })
	}
	return c.object("LayerInfo", c.collect(f, "LayerInfo"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "name":
			return text(string(info.Name)), nil
		case "field":
			return text(info.Field), nil
		case "title":
			return c.titled("LayerInfo", f, info.Title), nil
		case "description":
			return c.titled("LayerInfo", f, func(lang *layer.Lang) string { return *info.Description(lang) }), nil
		case "agency":
			return c.agencyOf(clause.Of("?::text", s.Agency), cols, f)
		case "sharing":
			return enum(info.Sharing), nil
		case "count":
			return value(of((*layer.List).CountOf), layer.KindInt), nil
		case "extent":
			if !c.r.Sees(s, "geometry") {
				return null, nil
			}
			return box(of((*layer.List).ExtentOf)), nil
		case "freshness":
			return c.freshness(s, of((*layer.List).NewestOf), f)
		case "fields":
			var fields []printer
			for _, field := range info.Fields {
				one, err := c.fieldInfo(field, f)
				if err != nil {
					return nil, err
				}
				fields = append(fields, one)
			}
			return list(fields), nil
		case "tiles":
			return text(info.Tiles), nil
		}
		return nil, unfit("field LayerInfo." + f.Name)
	})
}

func (c *compiler) fieldInfo(info *layer.FieldInfo, f graphql.CollectedField) (printer, error) {
	return c.object("FieldInfo", c.collect(f, "FieldInfo"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "name":
			return text(info.Name), nil
		case "title":
			return c.titled("FieldInfo", f, info.Title), nil
		case "type":
			return text(info.Type), nil
		case "unit":
			if info.Unit == nil {
				return null, nil
			}
			return text(*info.Unit), nil
		case "sharing":
			return enum(info.Sharing), nil
		case "personal":
			return enum(info.Personal), nil
		case "values":
			if info.Values == nil {
				return null, nil
			}
			var values []printer
			for _, v := range info.Values {
				one, err := c.enumTitle(v, f)
				if err != nil {
					return nil, err
				}
				values = append(values, one)
			}
			return list(values), nil
		}
		return nil, unfit("field FieldInfo." + f.Name)
	})
}

func (c *compiler) enumTitle(v *layer.EnumTitle, f graphql.CollectedField) (printer, error) {
	return c.object("EnumTitle", c.collect(f, "EnumTitle"), func(f graphql.CollectedField) (printer, error) {
		switch f.Name {
		case "value":
			return text(v.Value), nil
		case "title":
			return c.titled("EnumTitle", f, v.Title), nil
		}
		return nil, unfit("field EnumTitle." + f.Name)
	})
}

// titled prints a title in the language asked for.
func (c *compiler) titled(typ string, f graphql.CollectedField, title func(*layer.Lang) string) printer {
	args := c.arguments(typ, f)
	return func(x *run, b []byte, _ [][]byte) []byte {
		lang, _ := x.args[args].(map[string]any)["lang"].(*layer.Lang)
		return layer.AppendString(b, title(lang))
	}
}

func text(s string) printer { return constant(string(layer.AppendString(nil, s))) }

func enum(v graphql.Marshaler) printer {
	var b bytes.Buffer
	v.MarshalGQL(&b)
	return constant(b.String())
}

// box prints a column of four numbers, or null.
func box(i int) printer {
	return func(_ *run, b []byte, columns [][]byte) []byte {
		if columns[i] == nil {
			return append(b, "null"...)
		}
		return boxOf(columns[i]).Append(b)
	}
}

// list prints things that are known beforehand.
func list(of []printer) printer {
	return func(x *run, b []byte, columns [][]byte) []byte {
		b = append(b, '[')
		for i, one := range of {
			if i > 0 {
				b = append(b, ',')
			}
			b = one(x, b, columns)
		}
		return append(b, ']')
	}
}
