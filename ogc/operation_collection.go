package ogc

import (
	"strings"

	"geohub/geo"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/persisted"
)

// operationStart begins the id of a collection that is a stored operation; its hash
// follows.
const operationStart = "q-"

// ofEither answers for a layer or for a stored operation, whichever the path names.
func ofEither(layer, operation func(*request) error) func(*request) error {
	return func(q *request) error {
		if strings.HasPrefix(q.r.PathValue("collection"), operationStart) && q.Operations != nil {
			return operation(q)
		}
		return layer(q)
	}
}

// operationOfPath is the stored operation that the path names.
func (q *request) operationOfPath() (*persisted.Operation, *persisted.View, error) {
	return q.operation(strings.TrimPrefix(q.r.PathValue("collection"), operationStart))
}

// describeOperation describes a stored operation; the box is that of its layer.
func (q *request) describeOperation(op *persisted.Operation, view *persisted.View, box *geo.BBox) collection {
	at := q.base() + "/collections/" + operationStart + op.Hash
	title := q.operationTitle(op, view)
	c := collection{ID: operationStart + op.Hash, Title: title, Description: "A stored operation.", ItemType: "feature",
		Extent: extentOf(box), CRS: []string{crs84}, StorageCRS: crs84, Links: []link{
			{at, "self", typeJSON, "", false},
			{at + "?f=html", "alternate", typeHTML, "", false},
			{at + "/items", "items", typeGeoJSON, title, false},
			{at + "/items?f=html", "items", typeHTML, title, false},
			{at + "/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", typeSchema, "", false},
		}}
	if parameters := view.Parameters(); len(parameters) > 0 {
		c.Description += " Parameters of its items beside the standard's: " + strings.Join(parameters, ", ") + "."
	}
	if q.Exports != nil {
		c.Links = append(c.Links, wholes(q.host()+"/q/"+op.Hash)...)
	}
	if q.Tiles != nil {
		c.Links = append(c.Links, link{at + "/tiles", relTilesets, typeJSON, "", false})
	}
	return c
}

func (q *request) operationTitle(op *persisted.Operation, view *persisted.View) string {
	if op.Title != nil {
		return *op.Title
	}
	t := q.Catalog.Info(view.System).Title
	return t.VI + " · " + t.EN + " (" + op.Hash[:8] + ")"
}

// storedOperation is one with how it is a layer.
type storedOperation struct {
	*persisted.Operation
	view *persisted.View
}

// ownOperations are those of the viewer that are layers.
func (q *request) ownOperations() ([]storedOperation, error) {
	if q.Operations == nil {
		return nil, nil
	}
	all, err := q.Operations.Of(q.ctx, q.viewer)
	if err != nil {
		return nil, err
	}
	var out []storedOperation
	for _, op := range all {
		if view, err := q.Operations.View(op); err == nil {
			out = append(out, storedOperation{op, view})
		}
	}
	return out, nil
}

func (q *request) operationCollection() error {
	op, view, err := q.operationOfPath()
	if err != nil {
		return err
	}
	html, err := q.plain()
	if err != nil {
		return err
	}
	reader := q.read(q.DB, view.System, nil)
	defer reader.Done()
	box, err := reader.All(view.System).Extent(q.ctx)
	if err != nil {
		return err
	}
	c := q.describeOperation(op, view, box)
	if html {
		return q.page(page{VI: c.Title, Text: c.Description, Links: c.Links})
	}
	return q.json(typeJSON, c)
}

// operationSchema says what the features of a stored operation consist of.
func (q *request) operationSchema() error {
	op, view, err := q.operationOfPath()
	if err != nil {
		return err
	}
	properties := map[string]any{"geometry": propertyOf(layer.Queryable{Geometry: true})}
	for _, c := range view.Columns {
		properties[c.Name] = columnSchema(c)
	}
	return q.sendSchema(q.operationTitle(op, view), "", operationStart+op.Hash+"/schema", properties, false)
}

// columnSchema is a column by JSON Schema; what has no plain kind can be any JSON.
func columnSchema(c persisted.Column) map[string]any {
	switch c.Kind {
	case layer.KindStrings:
		return map[string]any{}
	case layer.KindEnum:
		return map[string]any{"type": "string"}
	}
	return propertyOf(layer.Queryable{Kind: c.Kind})
}

// noQueryables tells what there is instead.
func (q *request) noQueryables() error {
	return fault.NotFound("a stored operation has no queryables: it is asked by its variables, by bbox and by datetime")
}
