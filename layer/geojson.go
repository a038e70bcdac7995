package layer

import (
	"reflect"
	"strconv"
	"time"

	"geohub/access"
	"geohub/geo"
)

// A page as GeoJSON stands between these; commas part its features.
const (
	CollectionBegin = `{"type":"FeatureCollection","features":[`
	CollectionEnd   = `]}`
)

// Member is a piece of a feature's GeoJSON: a text and the field whose value
// follows it. The last has no field.
type Member struct {
	Text, Field string
}

// GeoJSON is what a feature of the layer is printed by as GeoJSON. Its properties
// are the layer's open leaf fields, whoever asks: a file that leaves the hub must
// be fit to pass on.
func (i *Info) GeoJSON() []Member { return i.geojson }

func (i *Info) members(s *System) []Member {
	out := []Member{
		{`{"type":"Feature","id":`, "id"},
		{`,"geometry":`, "geometry"},
		{`,"properties":{"layer":"` + s.Name + `","label":`, "label"},
		{`,"observedAt":`, "observedAt"},
		{`,"updatedAt":`, "updatedAt"},
	}
	for _, f := range s.Fields {
		if !f.Hidden && i.class(f.Name) == (access.Class{}) {
			out = append(out, Member{`,"` + f.Name + `":`, f.Name})
		}
	}
	return append(out, Member{Text: "}}"})
}

func featureCollection(rows []Row) (geo.FeatureCollection, error) {
	b := []byte(CollectionBegin)
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		p := row.feature().page
		for _, m := range p.r.catalog.info[p.s].geojson {
			b = append(b, m.Text...)
			b = appendField(b, row, m.Field)
		}
	}
	return append(b, CollectionEnd...), nil
}

// appendField appends what a row has of a field as GeoJSON.
func appendField(b []byte, row Row, field string) []byte {
	f := row.feature()
	switch field {
	case "":
		return b
	case "id":
		return AppendString(b, f.ID)
	case "geometry":
		return geo.AppendGeoJSON(b, f.Geom, -1)
	case "label":
		return appendValue(b, reflect.ValueOf(f.Label(nil)))
	case "observedAt":
		return appendValue(b, reflect.ValueOf(f.ObservedAt))
	case "updatedAt":
		return AppendTime(b, f.UpdatedAt)
	}
	return appendValue(b, reflect.ValueOf(row).Elem().FieldByIndex(f.page.s.byName[field].index))
}

// appendValue appends a value of any kind, a pointer for one that may be null.
func appendValue(b []byte, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	switch v := v.Interface().(type) {
	case time.Time:
		return AppendTime(b, v)
	case geo.Date:
		return AppendString(b, v.String())
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Float64:
		return geo.AppendNumber(b, v.Float(), -1)
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, v.Index(i).String())
		}
		return append(b, ']')
	}
	return AppendString(b, v.String())
}
