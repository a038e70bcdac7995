package ngsild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// Page is what an answer says of itself.
type Page struct {
	Entities int // understood or not
	// Complete says that the answer was read to its own end. What is missing
	// from an incomplete one may exist all the same.
	Complete bool
}

// Decode reads an array of entities, a single one, or one a line.
//
// It refuses, with the place: JSON that is broken, objects without id or type,
// a broker's error, attributes without a value, moments that are none,
// locations that are no GeoJSON geometry or lie off the globe.
func Decode(r io.Reader, sink formats.Sink[Entity]) (Page, error) {
	var page Page
	whole, err := records.Walk(r, records.Walker{
		Item: func(v records.Value) error {
			page.Entities++
			o := records.NewObject(v.Raw, v.Path)
			e := entity(o)
			if p := o.Problem(); p != nil {
				return sink.Refuse(formats.Reject(v.Line, p.Path, v.Raw, "%s", p.Reason))
			}
			return sink.Record(e)
		},
		Bad: func(v records.Value) error {
			page.Entities++
			return sink.Refuse(formats.Reject(v.Line, v.Path, v.Raw, "%s", v.Problem))
		},
	})
	page.Complete = whole && err == nil
	return page, err
}

func entity(o *records.Object) Entity {
	e := Entity{Attributes: map[string]Attribute{}}
	if o.Problem() != nil {
		return e
	}
	if o.Raw("id") == nil && o.Raw("title") != nil {
		o.Fail("", "not an entity but the broker's error: %s", records.Quote(strings.TrimSuffix(o.Word("title")+": "+o.Word("detail"), ": ")))
		return e
	}
	if e.ID = o.Text("id"); e.ID == "" {
		o.Fail("id", "no id")
	} else if strings.ContainsAny(e.ID, " \t\r\n<>\"'\x00") {
		o.Fail("id", "%s can't be an id", records.Quote(e.ID))
	}
	e.Type = typeOf(o)
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		switch name {
		case "id", "type", "@context", "scope":
			continue
		case "createdAt", "modifiedAt":
			if raw := o.Raw(name); name == "modifiedAt" && raw != nil && raw[0] == '"' {
				e.newest(moment(o, name, o.Text(name)))
			}
			continue
		}
		a, ok := attribute(o, name, o.Raw(name))
		if !ok {
			continue
		}
		if name == "location" {
			e.Location = geometry(o, name, a.Value)
			continue
		}
		e.Attributes[name] = a
		if name == "dateModified" {
			e.newest(moment(o, name, e.Text(name)))
		}
	}
	return e
}

func (e *Entity) newest(at time.Time) {
	if !at.IsZero() && (e.ModifiedAt == nil || at.After(*e.ModifiedAt)) {
		e.ModifiedAt = &at
	}
}

// typeOf is the first type, without the address before it.
func typeOf(o *records.Object) string {
	raw := o.Raw("type")
	name := ""
	if raw != nil && raw[0] == '[' {
		var all []string
		if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
			o.Fail("type", "a list of names is due")
			return ""
		}
		name = all[0]
	} else {
		name = o.Text("type")
	}
	if name = name[strings.LastIndexAny(name, "/#")+1:]; name == "" {
		o.Fail("type", "no type")
	}
	return name
}

// valued are the fields that hold an attribute's value, by the kinds of
// attributes that have them.
var valued = []string{"value", "object", "languageMap", "vocab", "json", "valueList", "objectList"}

// attribute reads a value in any form; ok is false for none.
func attribute(o *records.Object, name string, raw json.RawMessage) (a Attribute, ok bool) {
	if raw == nil || string(raw) == `"urn:ngsi-ld:null"` {
		return a, false
	}
	if raw[0] == '[' {
		one, several := instance(raw)
		if !several {
			return Attribute{Value: raw}, true
		}
		raw = one
	}
	if raw[0] != '{' {
		return Attribute{Value: raw}, true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		o.Fail(name, "not JSON")
		return a, false
	}
	for _, key := range valued {
		if v, ok := fields[key]; ok {
			a.Value = v
			break
		}
	}
	var kind string
	_ = json.Unmarshal(fields["type"], &kind) // a value of its own may have a type that is no string
	if a.Value == nil {
		if slices.Contains(kinds, kind) {
			o.Fail(name, "a %s without a value", kind)
			return a, false
		}
		return Attribute{Value: raw}, true // a value that is an object: GeoJSON, an address
	}
	if string(a.Value) == "null" || string(a.Value) == `"urn:ngsi-ld:null"` {
		return a, false
	}
	if v := fields["value"]; bytes.HasPrefix(v, []byte("{")) && (kind == "Property" || kind == "DateTime" || kind == "") {
		var typed struct {
			Type  string          `json:"@type"`
			Value json.RawMessage `json:"@value"`
		}
		if json.Unmarshal(v, &typed) == nil && typed.Value != nil {
			a.Value = typed.Value // {"@type": "DateTime", "@value": "2025-…"}
		}
	}
	if v := fields["languageMap"]; v != nil {
		a.Value = inVietnamese(v)
	}
	var text string
	if json.Unmarshal(fields["observedAt"], &text) == nil {
		if at := moment(o, name+".observedAt", text); !at.IsZero() {
			a.ObservedAt = &at
		}
	}
	_ = json.Unmarshal(fields["unitCode"], &a.UnitCode) // anything but a string is no code
	return a, true
}

var kinds = []string{"Property", "GeoProperty", "Relationship", "LanguageProperty", "VocabProperty", "JsonProperty", "ListProperty", "ListRelationship"}

// instance picks one of several values of an attribute: that without a
// datasetId, else the first. several is false for a plain list.
func instance(raw json.RawMessage) (one json.RawMessage, several bool) {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
		return nil, false
	}
	for _, v := range all {
		var fields map[string]json.RawMessage
		var kind string
		if json.Unmarshal(v, &fields) != nil {
			return nil, false
		}
		_ = json.Unmarshal(fields["type"], &kind)
		if _, set := fields["datasetId"]; !set && !slices.Contains(kinds, kind) {
			return nil, false
		} else if !set && one == nil {
			one = v
		}
	}
	if one == nil {
		one = all[0]
	}
	return one, true
}

// inVietnamese picks a language.
func inVietnamese(raw json.RawMessage) json.RawMessage {
	var by map[string]json.RawMessage
	if json.Unmarshal(raw, &by) != nil {
		return raw
	}
	for _, lang := range []string{"vi", "vi-VN", "@none", "en"} {
		if v := by[lang]; v != nil {
			return v
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(by)) {
		return by[lang]
	}
	return json.RawMessage("null")
}

func moment(o *records.Object, name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		o.Fail(name, "%s is not a moment like 2025-10-27T06:05:00Z", records.Quote(text))
		return time.Time{}
	}
	return at
}

// geometry checks a location: what kind of GeoJSON it is, and that all its
// coordinates are on the globe.
func geometry(o *records.Object, name string, raw json.RawMessage) json.RawMessage {
	var g struct {
		Type        string
		Coordinates json.RawMessage
	}
	if text := ""; json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text) // GeoJSON in a string, as the simplified form had it once
	}
	if json.Unmarshal(raw, &g) != nil {
		o.Fail(name, "not a GeoJSON geometry")
		return nil
	}
	switch g.Type {
	case "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon":
		if why := offGlobe(g.Coordinates); why != "" {
			o.Fail(name, "%s", why)
			return nil
		}
	default:
		o.Fail(name, "%s is no GeoJSON geometry that can be a location", records.Quote(g.Type))
		return nil
	}
	return raw
}

// offGlobe says what is wrong with coordinates, nested as deep as they are.
func offGlobe(raw json.RawMessage) string {
	var pair []float64
	if json.Unmarshal(raw, &pair) == nil {
		switch {
		case len(pair) < 2:
			return "a position needs lon and lat"
		case math.Abs(pair[0]) <= 90 && math.Abs(pair[1]) > 90 && math.Abs(pair[1]) <= 180:
			return fmt.Sprintf("[%v, %v]: lon comes first", pair[0], pair[1])
		case math.Abs(pair[0]) > 180 || math.Abs(pair[1]) > 90:
			return fmt.Sprintf("[%v, %v] is not on the globe", pair[0], pair[1])
		}
		return ""
	}
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return "no coordinates"
	}
	for _, part := range parts {
		if why := offGlobe(part); why != "" {
			return why
		}
	}
	return ""
}
