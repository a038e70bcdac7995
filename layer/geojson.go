package layer

import (
	"encoding/json"
	"reflect"
	"time"

	"geohub/access"
	"geohub/geo"
)

// featureCollection prints rows as GeoJSON; the properties are the layer's open
// leaf fields, whoever asks: a file that leaves the hub must be fit to pass on.
func featureCollection(rows []Row) (geo.FeatureCollection, error) {
	b := []byte(`{"type":"FeatureCollection","features":[`)
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		f := row.feature()
		b = append(b, `{"type":"Feature","id":`...)
		b = appendJSON(b, f.ID)
		b = append(b, `,"geometry":`...)
		b = geo.AppendGeoJSON(b, f.Geom, -1)
		b = append(b, `,"properties":{"layer":`...)
		b = appendJSON(b, f.page.s.Name)
		b = append(b, `,"label":`...)
		b = appendJSON(b, f.Label(nil))
		b = append(b, `,"observedAt":`...)
		b = appendJSON(b, f.ObservedAt)
		b = append(b, `,"updatedAt":`...)
		b = appendJSON(b, f.UpdatedAt)
		info := f.page.r.catalog.info[f.page.s]
		v := reflect.ValueOf(row).Elem()
		for _, field := range f.page.s.Fields {
			if field.Hidden || info.class(field.Name) != (access.Class{}) {
				continue
			}
			b = append(b, ',')
			b = appendJSON(b, field.Name)
			b = append(b, ':')
			b = appendJSON(b, v.FieldByIndex(field.index).Interface())
		}
		b = append(b, "}}"...)
	}
	return append(b, "]}"...), nil
}

func appendJSON(b []byte, v any) []byte {
	switch x := v.(type) {
	case *time.Time:
		if x != nil {
			v = x.UTC()
		}
	case time.Time:
		v = x.UTC()
	case *geo.Date:
		if x != nil {
			v = x.String()
		}
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice && rv.IsNil() {
		return append(b, "[]"...)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}
