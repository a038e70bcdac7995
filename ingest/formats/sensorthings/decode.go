package sensorthings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// Page is what a response says of itself.
type Page struct {
	NextLink string // "@iot.nextLink", also OData 4's "@nextLink"; "" on the last page
	Count    *int   // "@iot.count": entities in all pages; nil when it was not asked for
	// Complete says that the response was read to its own end. What is missing
	// from an incomplete one may exist all the same.
	Complete bool
}

// Decode reads a page {"value": […]}, a single entity, an array of entities or
// entities one a line; observations in dataArray form become [Observation]s.
// When the input holds several pages the Page is the last one's.
//
// It refuses, with the place: JSON that is broken, objects that are no known
// entity, a service's error message, times without offset or that can't be,
// intervals that end before they begin, geometries off the globe, observations
// without a result or a phenomenonTime, rows of a dataArray that do not fit
// its components.
func Decode(r io.Reader, sink formats.Sink[Entity]) (Page, error) {
	d := decoder{sink: sink}
	whole, err := records.Walk(r, records.Walker{
		Lists:  []string{"value", "dataArray"},
		Nested: []string{"value", "dataArray"},
		Item:   d.item,
		Bad: func(v records.Value) error {
			return sink.Refuse(formats.Reject(v.Line, v.Path, v.Raw, "%s", v.Problem))
		},
		Open:  d.open,
		Close: d.close,
	})
	d.page.Complete = whole && err == nil
	return d.page, err
}

type decoder struct {
	sink formats.Sink[Entity]
	page Page

	// Of the dataArray being read: its columns, what it belongs to, and its
	// rows kept back (up to formats.MaxRecord) because the columns are not yet known.
	columns []string
	stream  Observation
	waiting []records.Value
	held    int
	closed  bool
}

func (d *decoder) refuse(v records.Value, p *records.Problem) error {
	return d.sink.Refuse(formats.Reject(v.Line, p.Path, v.Raw, "%s", p.Reason))
}

func (d *decoder) item(v records.Value) error {
	if v.List != nil && v.List.Name == "dataArray" {
		return d.row(v)
	}
	o := records.NewObject(v.Raw, v.Path)
	e := entity(o)
	if p := o.Problem(); p != nil {
		return d.refuse(v, p)
	}
	return d.sink.Record(e)
}

func (d *decoder) open(l *records.List) error {
	if l.Name == "dataArray" {
		d.columns, d.stream, d.waiting, d.held, d.closed = nil, Observation{}, nil, 0, false
		d.header(l)
	}
	return nil
}

// header reads what a dataArray says of its rows.
func (d *decoder) header(l *records.List) {
	json.Unmarshal(l.Fields["components"], &d.columns) // rows say when it is missing
	raw, _ := json.Marshal(l.Fields)
	o := records.NewObject(raw, "")
	d.stream.DatastreamLink = o.Text("Datastream@iot.navigationLink")
	d.stream.Datastream, d.stream.MultiDatastream = stream(o, "Datastream"), stream(o, "MultiDatastream")
	if d.stream.Datastream == nil && d.stream.MultiDatastream == nil {
		if m := streamLink.FindStringSubmatch(d.stream.DatastreamLink); m != nil {
			d.stream.Datastream = &Datastream{Head: Head{Entity: "Datastream", ID: ID(m[1])}}
		}
	}
}

var streamLink = regexp.MustCompile(`/Datastreams\((\d+|'(?:[^']|'')*')\)$`)

func (d *decoder) close(l *records.List) error {
	if l.Name == "dataArray" {
		d.header(l)
		d.closed = true
		for _, v := range d.waiting {
			if err := d.row(v); err != nil {
				return err
			}
		}
		d.waiting = nil
		return nil
	}
	d.page = Page{}
	for _, name := range []string{"@iot.nextLink", "@odata.nextLink", "@nextLink"} {
		if d.page.NextLink == "" {
			json.Unmarshal(l.Fields[name], &d.page.NextLink)
		}
	}
	for _, name := range []string{"@iot.count", "@odata.count", "@count"} {
		if d.page.Count == nil {
			json.Unmarshal(l.Fields[name], &d.page.Count)
		}
	}
	return nil
}

// row reads one row of a dataArray as an observation.
func (d *decoder) row(v records.Value) error {
	if _, known := v.List.Fields["components"]; !known && !d.closed {
		if d.held += len(v.Raw) + 64; d.held <= formats.MaxRecord {
			v.Raw = bytes.Clone(v.Raw)
			d.waiting = append(d.waiting, v)
			return nil
		}
		d.held -= len(v.Raw) + 64
		return d.refuse(v, &records.Problem{Path: v.Path, Reason: "components, which name the columns, come after too many rows"})
	}
	if len(d.columns) == 0 {
		return d.refuse(v, &records.Problem{Path: v.Path, Reason: "the dataArray has no components that name its columns"})
	}
	var cells []json.RawMessage
	if json.Unmarshal(v.Raw, &cells) != nil {
		return d.refuse(v, &records.Problem{Path: v.Path, Reason: records.Kind(v.Raw) + " where a row, an array, is due"})
	}
	if len(cells) != len(d.columns) {
		return d.refuse(v, &records.Problem{Path: v.Path, Reason: fmt.Sprintf("%d values for %d components", len(cells), len(d.columns))})
	}
	o := records.NewObject([]byte("{}"), v.Path)
	for i, name := range d.columns {
		switch name {
		case "id":
			name = "@iot.id"
		case "FeatureOfInterest/id", "FeatureOfInterest/@iot.id":
			if string(cells[i]) != "null" {
				o.Fields["FeatureOfInterest"] = append(append([]byte(`{"@iot.id":`), cells[i]...), '}')
			}
			continue
		}
		o.Fields[name] = cells[i]
	}
	obs := observation(o)
	if p := o.Problem(); p != nil {
		return d.refuse(v, p)
	}
	obs.DatastreamLink, obs.Datastream, obs.MultiDatastream = d.stream.DatastreamLink, d.stream.Datastream, d.stream.MultiDatastream
	return d.sink.Record(obs)
}

// kind tells what an object is: by its own address, or by the properties that
// only one entity type has.
func kind(o *records.Object) string {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := o.Fields[n]; return ok })
	}
	if m := selfLink.FindStringSubmatch(o.Text("@iot.selfLink")); m != nil {
		return singular[m[1]]
	}
	switch {
	case has("result"):
		return "Observation"
	case has("multiObservationDataTypes", "unitOfMeasurements"):
		return "MultiDatastream"
	case has("unitOfMeasurement", "observationType"):
		return "Datastream"
	case has("feature"):
		return "FeatureOfInterest"
	case has("metadata"):
		return "Sensor"
	case has("location"):
		return "Location"
	case has("definition"):
		return "ObservedProperty"
	case has("time"):
		return "HistoricalLocation"
	case has("phenomenonTime") && !has("name"):
		return "Observation"
	case has("Datastreams", "Datastreams@iot.navigationLink", "Locations", "Locations@iot.navigationLink", "HistoricalLocations", "HistoricalLocations@iot.navigationLink"),
		has("name") && has("@iot.id"), has("name") && has("properties"):
		return "Thing"
	}
	return ""
}

var (
	selfLink = regexp.MustCompile(`/(Things|Locations|HistoricalLocations|Datastreams|MultiDatastreams|Sensors|ObservedProperties|Observations|FeaturesOfInterest)\([^()/]+\)/?$`)
	singular = map[string]string{
		"Things": "Thing", "Locations": "Location", "HistoricalLocations": "HistoricalLocation", "Datastreams": "Datastream", "MultiDatastreams": "MultiDatastream",
		"Sensors": "Sensor", "ObservedProperties": "ObservedProperty", "Observations": "Observation", "FeaturesOfInterest": "FeatureOfInterest",
	}
)

func entity(o *records.Object) Entity {
	switch kind := kind(o); kind {
	case "Thing":
		return thing(o)
	case "Location":
		return location(o)
	case "HistoricalLocation":
		return historical(o)
	case "Datastream", "MultiDatastream":
		return datastream(o, kind)
	case "Sensor":
		return sensor(o)
	case "ObservedProperty":
		return property(o)
	case "Observation":
		return observation(o)
	case "FeatureOfInterest":
		return feature(o)
	}
	if code, message := o.Word("code"), o.Word("message"); message != "" {
		o.Fail("", "the service answered with an error: %s %s", code, records.Quote(message))
	} else if in := o.Under("error"); in != nil {
		o.Fail("", "the service answered with an error: %s %s", in.Word("code"), records.Quote(in.Word("message")))
	}
	o.Fail("", "no entity of SensorThings 1.1: its properties are those of none")
	return nil
}

func head(o *records.Object, kind string) Head {
	h := Head{Entity: kind, SelfLink: o.Text("@iot.selfLink")}
	raw := o.Raw("@iot.id")
	if raw == nil {
		return h
	}
	switch raw[0] {
	case '"':
		h.ID = ID("'" + strings.ReplaceAll(o.Text("@iot.id"), "'", "''") + "'")
	case '{', '[', 't', 'f':
		o.Fail("@iot.id", "%s where a number or a string is due", records.Kind(raw))
	default:
		h.ID = ID(raw)
	}
	return h
}

func described(o *records.Object) Described {
	d := Described{Name: o.Text("name"), Description: o.Text("description"), Properties: o.Raw("properties")}
	if d.Properties != nil && d.Properties[0] != '{' {
		o.Fail("properties", "%s where an object is due", records.Kind(d.Properties))
	}
	return d
}

func timeObject(o *records.Object, name string) *TimeObject {
	text := o.Text(name)
	if text == "" {
		if o.Raw(name) != nil {
			o.Fail(name, "%s is not a moment", o.Raw(name))
		}
		return nil
	}
	t, err := parseTime(text)
	if err != nil {
		o.Fail(name, "%v", err)
	}
	return t
}

func each[T any](o *records.Object, name string, read func(*records.Object) T) (list []T) {
	if o.Raw(name) != nil {
		list = []T{}
	}
	o.Each(name, func(o *records.Object) { list = append(list, read(o)) })
	return list
}

func one[T any](o *records.Object, name string, read func(*records.Object) *T) *T {
	if in := o.Under(name); in != nil {
		return read(in)
	}
	return nil
}

func thing(o *records.Object) *Thing {
	return &Thing{
		Head: head(o, "Thing"), Described: described(o),
		Locations: each(o, "Locations", location), LocationsNext: o.Text("Locations@iot.nextLink"), LocationsLink: o.Text("Locations@iot.navigationLink"),
		HistoricalLocations: each(o, "HistoricalLocations", historical),
		Datastreams:         each(o, "Datastreams", single), DatastreamsNext: o.Text("Datastreams@iot.nextLink"), DatastreamsLink: o.Text("Datastreams@iot.navigationLink"),
		MultiDatastreams: each(o, "MultiDatastreams", multi),
	}
}

func location(o *records.Object) *Location {
	l := &Location{Head: head(o, "Location"), Described: described(o), EncodingType: o.Text("encodingType"), Location: o.Raw("location"), Things: each(o, "Things", thing)}
	if _, err := geometry(l.EncodingType, l.Location); err != nil {
		o.Fail("location", "%v", err)
	}
	return l
}

func historical(o *records.Object) *HistoricalLocation {
	return &HistoricalLocation{Head: head(o, "HistoricalLocation"), Time: timeObject(o, "time"), Thing: one(o, "Thing", thing), Locations: each(o, "Locations", location)}
}

func single(o *records.Object) *Datastream { return datastream(o, "Datastream") }
func multi(o *records.Object) *Datastream  { return datastream(o, "MultiDatastream") }

// stream reads a datastream that an observation names.
func stream(o *records.Object, name string) *Datastream {
	if name == "MultiDatastream" {
		return one(o, name, multi)
	}
	return one(o, name, single)
}

func datastream(o *records.Object, kind string) *Datastream {
	d := &Datastream{
		Head: head(o, kind), Described: described(o),
		ObservationType: o.Text("observationType"), UnitOfMeasurement: one(o, "unitOfMeasurement", unit), UnitOfMeasurements: each(o, "unitOfMeasurements", unit),
		ObservedArea: o.Raw("observedArea"), PhenomenonTime: timeObject(o, "phenomenonTime"), ResultTime: timeObject(o, "resultTime"),
		Thing: one(o, "Thing", thing), Sensor: one(o, "Sensor", sensor),
		ObservedProperty: one(o, "ObservedProperty", property), ObservedProperties: each(o, "ObservedProperties", property),
		Observations: each(o, "Observations", observation), ObservationsNext: o.Text("Observations@iot.nextLink"),
		ObservationsLink: o.Text("Observations@iot.navigationLink"), ObservedPropertyLink: o.Text("ObservedProperty@iot.navigationLink"),
	}
	if raw := o.Raw("multiObservationDataTypes"); raw != nil && json.Unmarshal(raw, &d.MultiObservationDataTypes) != nil {
		o.Fail("multiObservationDataTypes", "not an array of strings")
	}
	return d
}

func unit(o *records.Object) *Unit {
	return &Unit{Name: o.Text("name"), Symbol: o.Text("symbol"), Definition: o.Text("definition")}
}

func sensor(o *records.Object) *Sensor {
	return &Sensor{Head: head(o, "Sensor"), Described: described(o), EncodingType: o.Text("encodingType"), Metadata: o.Raw("metadata")}
}

func property(o *records.Object) *ObservedProperty {
	return &ObservedProperty{Head: head(o, "ObservedProperty"), Described: described(o), Definition: o.Text("definition")}
}

func feature(o *records.Object) *FeatureOfInterest {
	f := &FeatureOfInterest{Head: head(o, "FeatureOfInterest"), Described: described(o), EncodingType: o.Text("encodingType"), Feature: o.Raw("feature")}
	if _, err := geometry(f.EncodingType, f.Feature); err != nil {
		o.Fail("feature", "%v", err)
	}
	return f
}

func observation(o *records.Object) *Observation {
	obs := &Observation{
		Head: head(o, "Observation"), PhenomenonTime: timeObject(o, "phenomenonTime"), ResultTime: timeObject(o, "resultTime"), ValidTime: timeObject(o, "validTime"),
		Result: o.Raw("result"), ResultQuality: o.Raw("resultQuality"), Parameters: o.Raw("parameters"),
		DatastreamLink: o.Text("Datastream@iot.navigationLink"), Datastream: stream(o, "Datastream"), MultiDatastream: stream(o, "MultiDatastream"),
		FeatureOfInterest: one(o, "FeatureOfInterest", feature),
	}
	if _, given := o.Fields["result"]; !given {
		o.Fail("result", "no result")
	}
	if obs.PhenomenonTime == nil {
		o.Fail("phenomenonTime", "no phenomenonTime")
	}
	return obs
}
