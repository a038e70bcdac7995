package ogc

import (
	"maps"
	"slices"

	"geohub/layer"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// queryables says what the viewer may filter by.
func (q *request) queryables() error {
	s, err := q.system()
	if err != nil {
		return err
	}
	reader := q.read(q.DB, s, nil)
	properties := map[string]any{}
	for _, p := range q.Catalog.Info(s).Queryables() {
		if reader.Sees(s, p.Name) {
			properties[p.Name] = propertyOf(p)
		}
	}
	return q.schemaOf(s, "queryables", properties, false)
}

// schema says what features consist of.
func (q *request) schema() error {
	s, err := q.system()
	if err != nil {
		return err
	}
	info := q.Catalog.Info(s)
	properties := map[string]any{"layer": map[string]any{"type": "string", "const": s.Name}}
	for _, m := range info.GeoJSON() {
		if m.Field == "" || m.Field == "id" {
			continue
		}
		p := layer.Queryable{Name: m.Field, Geometry: m.Field == "geometry"}
		if m.Field == "observedAt" || m.Field == "updatedAt" {
			p.Kind = layer.KindDateTime
		}
		if f, ok := s.Lookup(m.Field); ok {
			p.Kind = f.Kind
		}
		if meta := info.Field(m.Field); meta != nil {
			p.Title, p.Values, p.Measure = meta.Title, meta.Values, meta.Measure
		}
		properties[m.Field] = propertyOf(p)
	}
	return q.schemaOf(s, "schema", properties, true)
}

func (q *request) schemaOf(s *layer.System, name string, properties map[string]any, more bool) error {
	t := q.Catalog.Info(s).Title
	return q.sendSchema(t.VI, t.EN, s.Field+"/"+name, properties, more)
}

// sendSchema answers with properties as a JSON Schema, at a path below the collections.
func (q *request) sendSchema(vi, en, path string, properties map[string]any, more bool) error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	if html {
		p := page{VI: vi, EN: en, Text: path, Links: q.selves(typeSchema, true), Head: []string{"", "", ""}}
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			property := properties[name].(map[string]any)
			title, _ := property["title"].(string)
			kind, _ := property["type"].(string)
			p.Rows = append(p.Rows, []string{name, title, kind})
		}
		return q.page(p)
	}
	title := vi
	if en != "" {
		title += " · " + en
	}
	return q.json(typeSchema, map[string]any{"$schema": draft, "$id": q.base() + "/collections/" + path, "type": "object",
		"title": title, "properties": properties, "additionalProperties": more})
}

// propertyOf is a property by JSON Schema.
func propertyOf(p layer.Queryable) map[string]any {
	if p.Geometry {
		return map[string]any{"format": "geometry-any", "x-ogc-role": "primary-geometry"}
	}
	out := map[string]any{"type": "string"}
	switch p.Kind {
	case layer.KindFloat:
		out["type"] = "number"
	case layer.KindInt:
		out["type"] = "integer"
	case layer.KindBool:
		out["type"] = "boolean"
	case layer.KindDateTime:
		out["format"] = "date-time"
	case layer.KindDate:
		out["format"] = "date"
	case layer.KindStrings, layer.KindEnums:
		out = map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	case layer.KindEnum:
		var values []string
		for _, v := range p.Values {
			values = append(values, v.Value)
		}
		out["enum"] = values
	}
	switch p.Name {
	case "id":
		out["x-ogc-role"] = "id"
	case "observedAt":
		out["x-ogc-role"] = "primary-instant"
	}
	if p.Title.VI != "" {
		out["title"] = p.Title.VI + " · " + p.Title.EN
	}
	if p.Measure != "" {
		out["x-ogc-unit"] = p.Measure
		out["x-ogc-unitLang"] = "UCUM"
	}
	return out
}
