package sensorthings

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// Entity is one of *Thing, *Location, *HistoricalLocation, *Datastream,
// *Sensor, *ObservedProperty, *Observation and *FeatureOfInterest.
type Entity interface {
	// Kind is the entity type's name in the standard: "Thing", "MultiDatastream" …
	Kind() string
}

// Head is what every entity begins with.
type Head struct {
	Entity   string `json:"entity"`
	ID       ID     `json:"@iot.id,omitempty"`
	SelfLink string `json:"@iot.selfLink,omitempty"`
}

// Kind is the entity type's name.
func (h Head) Kind() string { return h.Entity }

// ID is an @iot.id as it stands in an address: 42 or 'abc', with its quotes.
type ID string

// Text is the id without quotes.
func (id ID) Text() string {
	if n := len(id); n >= 2 && id[0] == '\'' {
		return strings.ReplaceAll(string(id[1:n-1]), "''", "'")
	}
	return string(id)
}

// MarshalJSON writes a number as a number and a string as a string.
func (id ID) MarshalJSON() ([]byte, error) {
	if strings.HasPrefix(string(id), "'") {
		return json.Marshal(id.Text())
	}
	return []byte(id), nil
}

// Described is what most entities say of themselves.
type Described struct {
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Properties  json.RawMessage `json:"properties,omitempty"` // an object
}

// Thing is what is observed: a reservoir, a station. Lists are nil when they
// were not expanded, and empty when there is nothing in them.
type Thing struct {
	Head
	Described
	Locations           []*Location           `json:"Locations,omitempty"`
	LocationsNext       string                `json:"Locations@iot.nextLink,omitempty"`
	LocationsLink       string                `json:"Locations@iot.navigationLink,omitempty"` // where they are to be had when they were not expanded
	HistoricalLocations []*HistoricalLocation `json:"HistoricalLocations,omitempty"`
	Datastreams         []*Datastream         `json:"Datastreams,omitempty"`
	DatastreamsNext     string                `json:"Datastreams@iot.nextLink,omitempty"`
	DatastreamsLink     string                `json:"Datastreams@iot.navigationLink,omitempty"`
	MultiDatastreams    []*Datastream         `json:"MultiDatastreams,omitempty"`
}

// Location is where a thing is.
type Location struct {
	Head
	Described
	EncodingType string          `json:"encodingType,omitempty"`
	Location     json.RawMessage `json:"location,omitempty"` // GeoJSON when EncodingType says so
	Things       []*Thing        `json:"Things,omitempty"`
}

// Geometry is the location in WGS 84, lon before lat; nil when it is not GeoJSON.
func (l *Location) Geometry() orb.Geometry {
	g, _ := geometry(l.EncodingType, l.Location)
	return g
}

// HistoricalLocation says where a thing was from a moment on.
type HistoricalLocation struct {
	Head
	Time      *TimeObject `json:"time,omitempty"`
	Thing     *Thing      `json:"Thing,omitempty"`
	Locations []*Location `json:"Locations,omitempty"`
}

// Datastream is a series of observations of one property by one sensor; a
// MultiDatastream, of several properties at once.
type Datastream struct {
	Head
	Described
	ObservationType           string              `json:"observationType,omitempty"`
	UnitOfMeasurement         *Unit               `json:"unitOfMeasurement,omitempty"`
	MultiObservationDataTypes []string            `json:"multiObservationDataTypes,omitempty"`
	UnitOfMeasurements        []*Unit             `json:"unitOfMeasurements,omitempty"`
	ObservedArea              json.RawMessage     `json:"observedArea,omitempty"` // GeoJSON
	PhenomenonTime            *TimeObject         `json:"phenomenonTime,omitempty"`
	ResultTime                *TimeObject         `json:"resultTime,omitempty"`
	Thing                     *Thing              `json:"Thing,omitempty"`
	Sensor                    *Sensor             `json:"Sensor,omitempty"`
	ObservedProperty          *ObservedProperty   `json:"ObservedProperty,omitempty"`
	ObservedProperties        []*ObservedProperty `json:"ObservedProperties,omitempty"`
	Observations              []*Observation      `json:"Observations,omitempty"`
	ObservationsNext          string              `json:"Observations@iot.nextLink,omitempty"`
	ObservationsLink          string              `json:"Observations@iot.navigationLink,omitempty"`
	ObservedPropertyLink      string              `json:"ObservedProperty@iot.navigationLink,omitempty"`
}

// Unit is a unit of measurement. Definition is a URI or a UCUM code.
type Unit struct {
	Name       string `json:"name,omitempty"`
	Symbol     string `json:"symbol,omitempty"`
	Definition string `json:"definition,omitempty"`
}

// Sensor is the instrument or procedure.
type Sensor struct {
	Head
	Described
	EncodingType string          `json:"encodingType,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
}

// ObservedProperty is what is measured. Definition is a URI.
type ObservedProperty struct {
	Head
	Described
	Definition string `json:"definition,omitempty"`
}

// FeatureOfInterest is what an observation is about.
type FeatureOfInterest struct {
	Head
	Described
	EncodingType string          `json:"encodingType,omitempty"`
	Feature      json.RawMessage `json:"feature,omitempty"` // GeoJSON when EncodingType says so
}

// Geometry is the feature's in WGS 84, lon before lat; nil when it is not GeoJSON.
func (f *FeatureOfInterest) Geometry() orb.Geometry {
	g, _ := geometry(f.EncodingType, f.Feature)
	return g
}

// Observation is one result.
type Observation struct {
	Head
	PhenomenonTime *TimeObject     `json:"phenomenonTime,omitempty"`
	ResultTime     *TimeObject     `json:"resultTime,omitempty"`
	ValidTime      *TimeObject     `json:"validTime,omitempty"`
	Result         json.RawMessage `json:"result"` // any JSON value; null when the sensor gave none
	ResultQuality  json.RawMessage `json:"resultQuality,omitempty"`
	Parameters     json.RawMessage `json:"parameters,omitempty"`
	// DatastreamLink is where the datastream is to be had when it was not expanded.
	DatastreamLink    string             `json:"Datastream@iot.navigationLink,omitempty"`
	Datastream        *Datastream        `json:"Datastream,omitempty"`
	MultiDatastream   *Datastream        `json:"MultiDatastream,omitempty"`
	FeatureOfInterest *FeatureOfInterest `json:"FeatureOfInterest,omitempty"`
}

// Number is a result that is a number, also one in a string.
func (o *Observation) Number() (float64, bool) {
	text := string(o.Result)
	json.Unmarshal(o.Result, &text) // any other value stays as it is and is no number
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f-f == 0
}

// TimeObject is a moment or an interval, with the offsets given.
type TimeObject struct {
	Start time.Time
	End   time.Time // zero for a moment
}

// MarshalJSON writes ISO 8601: "start" or "start/end".
func (t TimeObject) MarshalJSON() ([]byte, error) {
	s := t.Start.Format(time.RFC3339Nano)
	if !t.End.IsZero() {
		s += "/" + t.End.Format(time.RFC3339Nano)
	}
	return json.Marshal(s)
}

// parseTime reads a moment or an interval.
func parseTime(s string) (*TimeObject, error) {
	first, second, interval := strings.Cut(s, "/")
	start, err := parseMoment(first)
	if err != nil {
		return nil, err
	}
	t := &TimeObject{Start: start}
	if interval {
		if t.End, err = parseMoment(second); err != nil {
			return nil, err
		}
		if t.End.Before(t.Start) {
			return nil, fmt.Errorf("%q ends before it begins", s)
		}
	}
	return t, nil
}

func parseMoment(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07", "20060102T150405Z0700"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02"} {
		if _, err := time.Parse(layout, s); err == nil {
			return time.Time{}, fmt.Errorf("%q has no offset: Z or +07:00 is due", s)
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a moment like 2025-10-27T06:00:00Z, nor an interval of two", s)
}
