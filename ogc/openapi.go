package ogc

import (
	"slices"

	"geohub/layer"
)

// openAPI describes this API by OpenAPI 3.0, or in words.
func (q *request) openAPI() error {
	html, err := q.plain()
	if err != nil {
		return err
	}
	if html {
		p := page{VI: titleVI, EN: titleEN, Links: q.selves(typeOpenAPI, true), Head: []string{"GET", ""}}
		for _, path := range q.paths() {
			p.Rows = append(p.Rows, []string{"/ogc" + path.path, path.summary})
		}
		for _, name := range append(questions, pages...) {
			p.Rows = append(p.Rows, []string{name, parameters[name]["description"].(string)})
		}
		return q.page(p)
	}
	return q.json(typeOpenAPI, q.apiOf())
}

type object = map[string]any

// path is one of the API with the parameters that it takes.
type path struct {
	path, id, summary string
	media             string
	parameters        []string
}

func (q *request) paths() []path {
	if q.Tiles == nil {
		return paths
	}
	return slices.Concat(paths, tilePaths)
}

var paths = []path{
	{"/", "getLandingPage", "Where to begin", typeJSON, []string{"f"}},
	{"/conformance", "getConformance", "What a client may rely on", typeJSON, []string{"f"}},
	{"/api", "getAPI", "This description", typeOpenAPI, []string{"f"}},
	{"/collections", "getCollections", "All collections", typeJSON, []string{"f"}},
	{"/collections/{collectionId}", "getCollection", "One collection", typeJSON, []string{"collectionId", "f"}},
	{"/collections/{collectionId}/queryables", "getQueryables", "What features can be filtered by", typeSchema, []string{"collectionId", "f"}},
	{"/collections/{collectionId}/schema", "getSchema", "What features consist of", typeSchema, []string{"collectionId", "f"}},
	{"/collections/{collectionId}/items", "getFeatures", "Features, page by page", typeGeoJSON,
		append(append([]string{"collectionId"}, append(questions, pages...)...), "properties")},
	{"/collections/{collectionId}/items/{featureId}", "getFeature", "One feature", typeGeoJSON, []string{"collectionId", "featureId", "crs", "asOf", "f"}},
}

// tilePaths end in the names that OGC API – Tiles has for them.
var tilePaths = []path{
	{"/tileMatrixSets", "getTileMatrixSetsList", "How tiles are cut", typeJSON, []string{"f"}},
	{"/tileMatrixSets/{tileMatrixSetId}", "getTileMatrixSet", "One way of cutting tiles", typeJSON, []string{"tileMatrixSetId", "f"}},
	{"/collections/{collectionId}/tiles", "layer.collection.vector.getTileSetsList", "A collection's tilesets", typeJSON, []string{"collectionId", "f"}},
	{"/collections/{collectionId}/tiles/{tileMatrixSetId}", "layer.collection.vector.getTileSet", "A collection's tiles", typeJSON, []string{"collectionId", "tileMatrixSetId", "f"}},
	{"/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", "layer.collection.vector.getTile", "One tile", typeMVT,
		[]string{"collectionId", "tileMatrixSetId", "tileMatrix", "tileRow", "tileCol", "filter", "active", "asOf"}},
}

func inPath(name, description string, schema object) object {
	return object{"name": name, "in": "path", "required": true, "description": description, "schema": schema}
}

func inQuery(name, description string, schema object) object {
	return object{"name": name, "in": "query", "required": false, "description": description, "schema": schema, "style": "form", "explode": false}
}

var (
	text       = object{"type": "string"}
	parameters = map[string]object{
		"f":           inQuery("f", "The form of the answer, where Accept doesn't say.", object{"type": "string", "enum": []string{"json", "html"}}),
		"limit":       inQuery("limit", "How many features a page has.", object{"type": "integer", "minimum": 1, "maximum": layer.MaxFirst, "default": layer.DefaultFirst}),
		"after":       inQuery("after", "Where the page before ended; `next` has it.", text),
		"bbox":        inQuery("bbox", "West, south, east, north, in the order of the axes of bbox-crs; west past east crosses the antimeridian.", object{"type": "array", "minItems": 4, "maxItems": 6, "items": object{"type": "number"}}),
		"bbox-crs":    inQuery("bbox-crs", "What bbox is written in.", object{"type": "string", "format": "uri", "default": crs84}),
		"datetime":    inQuery("datetime", "When observed: a moment, a day, or an interval of them with both ends in it; `..` leaves one open.", text),
		"filter":      inQuery("filter", "A filter in CQL2 on the queryables.", text),
		"filter-lang": inQuery("filter-lang", "What the filter is written in.", object{"type": "string", "enum": []string{"cql2-text", "cql2-json"}, "default": "cql2-text"}),
		"filter-crs":  inQuery("filter-crs", "What the filter's geometries are written in.", object{"type": "string", "format": "uri", "default": crs84}),
		"crs":         inQuery("crs", "What geometries are given in.", object{"type": "string", "format": "uri", "default": crs84}),
		"asOf":        inQuery("asOf", "A moment: what was known then is given, instead of what is known now.", object{"type": "string", "format": "date-time"}),
		"properties": {"name": "properties", "in": "query", "required": false, "description": "Any queryable by its name: what it has to be.",
			"schema": object{"type": "object", "additionalProperties": text}, "style": "form", "explode": true},
		"active":          inQuery("active", "Of warnings only those in force.", object{"type": "boolean", "enum": []bool{true}}),
		"featureId":       inPath("featureId", "A feature's id, or a former one.", text),
		"tileMatrixSetId": inPath("tileMatrixSetId", "How tiles are cut.", object{"type": "string", "enum": []string{webMercator}}),
		"tileMatrix":      inPath("tileMatrix", "The zoom, 0 to 22.", text),
		"tileRow":         inPath("tileRow", "The row, 0 in the north.", object{"type": "integer", "minimum": 0}),
		"tileCol":         inPath("tileCol", "The column, 0 in the west.", object{"type": "integer", "minimum": 0}),
	}
)

func (q *request) apiOf() object {
	all, known := object{}, object{}
	var ids []string
	for _, s := range q.Catalog.Systems() {
		ids = append(ids, s.Field)
	}
	for name, p := range parameters {
		known[name] = p
	}
	known["collectionId"] = inPath("collectionId", "A layer, or a stored operation.",
		object{"anyOf": []object{{"type": "string", "enum": ids}, {"type": "string", "pattern": "^" + operationStart + "[0-9a-f]{64}$"}}})
	for _, path := range q.paths() {
		refs := []object{}
		for _, name := range path.parameters {
			refs = append(refs, object{"$ref": "#/components/parameters/" + name})
		}
		forms := object{path.media: object{"schema": object{"type": "object"}}, typeHTML: object{"schema": text}}
		if path.media == typeMVT {
			forms = object{typeMVT: object{"schema": object{"type": "string", "format": "binary"}}}
		}
		all[path.path] = object{"get": object{"operationId": path.id, "summary": path.summary, "parameters": refs, "responses": object{
			"200":     object{"description": path.summary, "content": forms},
			"default": object{"$ref": "#/components/responses/problem"},
		}}}
	}
	return object{
		"openapi": "3.0.3",
		"info":    object{"title": titleEN, "description": titleVI, "version": "1.0.0"},
		"servers": []object{{"url": q.base()}},
		"paths":   all,
		"components": object{
			"parameters": known,
			"responses": object{"problem": object{"description": "What is wrong, with a stable code.", "content": object{typeProblem: object{"schema": object{
				"type": "object", "required": []string{"title", "status", "code", "detail"},
				"properties": object{"type": text, "title": text, "status": object{"type": "integer"}, "code": text, "detail": text}}}}}},
			"securitySchemes": object{"key": object{"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
		},
		"security": []object{{}, {"key": []string{}}},
	}
}
