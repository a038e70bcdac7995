package persisted

import (
	"encoding/json"
	"fmt"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"geohub/layer"
)

// Feature is one of an operation's answer.
type Feature struct {
	view   *View
	id     []byte   // JSON
	shape  []byte   // GeoJSON; nil: none
	values [][]byte // JSON, of each column; nil: null
}

// ID is the feature's, as JSON.
func (f *Feature) ID() []byte { return f.id }

// Value is that of a column, by its place, as JSON.
func (f *Feature) Value(i int) []byte {
	if f.values[i] == nil {
		return []byte("null")
	}
	return f.values[i]
}

// AppendText appends the value of a column as text: nothing for null, what is no
// plain value as JSON.
func (f *Feature) AppendText(b []byte, name string) []byte {
	for i := range f.view.Columns {
		if f.view.Columns[i].Name != name || f.values[i] == nil {
			continue
		}
		var s string
		if f.values[i][0] == '"' && json.Unmarshal(f.values[i], &s) == nil {
			return append(b, s...)
		}
		return append(b, f.values[i]...)
	}
	return b
}

// AppendGeoJSON appends the whole of it.
func (f *Feature) AppendGeoJSON(b []byte) []byte {
	b = append(append(b, `{"type":"Feature","id":`...), f.id...)
	b = append(b, `,"geometry":`...)
	if f.shape == nil {
		b = append(b, "null"...)
	}
	b = append(append(b, f.shape...), `,"properties":{`...)
	for i := range f.values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(layer.AppendString(b, f.view.Columns[i].Name), ':')
		b = append(b, f.Value(i)...)
	}
	return append(b, "}}"...)
}

// Shape is the geometry; nil: it has none.
func (f *Feature) Shape() (orb.Geometry, error) {
	if f.shape == nil {
		return nil, nil
	}
	g, err := geojson.UnmarshalGeometry(f.shape)
	if err != nil {
		return nil, fmt.Errorf("read the answer's geometry: %w", err)
	}
	return g.Geometry(), nil
}

// fill takes the values out of an object of the answer.
func (f *Feature) fill(b *branch, object []byte) {
	members(object, func(key, value []byte) {
		name := string(key)
		member, known := b.members[name]
		switch {
		case string(value) == "null":
		case known && member.members == nil:
			f.values[member.at] = value
		case known:
			f.fill(member, value)
		}
		switch name {
		case b.id:
			f.id = value
		case b.shape:
			if string(value) != "null" {
				f.shape = value
			}
		}
	})
}
