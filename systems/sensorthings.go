package systems

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/sensorthings"
	"geohub/layer"
)

// ofSensorThings makes reservoirs and stations of Things and readings of
// Observations, which come with their Datastream and Thing inside.
var ofSensorThings = ingest.Map("sensorthings", 1, func(in *ingest.Intake, e sensorthings.Entity) error {
	switch v := e.(type) {
	case *sensorthings.Thing:
		t, err := thingOf(in, v)
		if err != nil {
			return err
		}
		if t.kind == reservoirThing {
			ingest.Put(in, damRegister, damOf(t))
			return nil
		}
		putStation(in, t)
		return nil
	case *sensorthings.Observation:
		return addObservation(in, v)
	}
	return unfit("", "a %s becomes nothing here: Things and Observations do", e.Kind())
})

// unfit is a record that can't be mapped, with the place inside it.
func unfit(path, format string, args ...any) error {
	return formats.Refusal{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// thingKind is what a Thing becomes.
type thingKind string

const (
	reservoirThing thingKind = "reservoir"
	stationThing   thingKind = "station" // of a kind that it doesn't say
)

// thingKinds are the words under which Things say what they are; those in
// capitals are StationKinds.
var thingKinds = map[string]thingKind{
	"reservoir": reservoirThing, "dam": reservoirThing, "ho chua": reservoirThing, "ho": reservoirThing, "dap": reservoirThing, "barrage": reservoirThing,
	"station": stationThing, "monitoring station": stationThing, "tram": stationThing, "tram quan trac": stationThing,
	"hydrology": "HYDROLOGY", "thuy van": "HYDROLOGY", "river gauge": "HYDROLOGY", "water level": "HYDROLOGY", "muc nuoc": "HYDROLOGY",
	"rain": "RAIN", "rain gauge": "RAIN", "do mua": "RAIN", "mua": "RAIN",
	"meteorology": "METEOROLOGY", "khi tuong": "METEOROLOGY", "weather": "METEOROLOGY", "weather station": "METEOROLOGY",
	"air": "AIR", "air quality": "AIR", "khong khi": "AIR",
	"water": "WATER", "water quality": "WATER", "nuoc": "WATER", "nuoc mat": "WATER", "nuoc thai": "WATER", "wastewater": "WATER",
}

// unversioned is the version of what a source lists without saying since when
// it is so: the list as it was read last is right, and is written only where
// it differs.
var unversioned = time.Unix(0, 0)

// thing is a Thing with its properties by name.
type thing struct {
	*sensorthings.Thing
	kind       thingKind
	code       string
	properties map[string]any // by name in small letters
}

// thingOf reads what a Thing is and its code: properties type (or kind, loai)
// and code. Without a type the source's layer decides, without a code the id.
func thingOf(in *ingest.Intake, v *sensorthings.Thing) (*thing, error) {
	t := &thing{Thing: v, properties: propertiesOf(v.Properties)}
	if said := t.text("type", "kind", "stationKind", "loai"); said != nil {
		t.kind = thingKinds[word(*said)]
		if t.kind == "" && in.Source.Layer == "" {
			return nil, unfit("properties.type", "%q is neither a reservoir nor a kind of station", *said)
		}
	}
	if t.kind == "" {
		switch in.Source.Layer {
		case Dams.System.Field:
			t.kind = reservoirThing
		case Stations.System.Field:
			t.kind = stationThing
		default:
			return nil, unfit("properties.type", "nothing says whether it is a reservoir or a station; the source's declaration can: `layer: dams` or `layer: stations`")
		}
	}
	if code := t.text("code", "ma"); code != nil {
		t.code = *code
	} else {
		t.code = v.ID.Text()
	}
	if t.code == "" {
		return nil, unfit("@iot.id", "neither an id nor properties.code")
	}
	return t, nil
}

// featureID is the row's id.
func (t *thing) featureID() string {
	if t.kind == reservoirThing {
		return Dams.System.IDPrefix() + t.code
	}
	return Stations.System.IDPrefix() + t.code
}

// base is what every feature keeps: the place is that of the first Location
// that is GeoJSON, and how near that is its properties.accuracyM.
func (t *thing) base(prefix string) layer.Base {
	b := layer.Base{ID: prefix + t.code, LabelVI: t.Name, RecordKey: t.code, VersionAt: &unversioned, Sharing: access.Open}
	if en := t.text("nameEn"); en != nil {
		b.LabelEN = *en
	}
	if agency := t.text("agency"); agency != nil {
		b.AgencyCode = *agency
	}
	for _, l := range t.Locations {
		if g := l.Geometry(); g != nil {
			b.Geom = g
			b.PositionAccuracyM = (&thing{properties: propertiesOf(l.Properties)}).number("accuracy")
			break
		}
	}
	return b
}

func propertiesOf(raw json.RawMessage) map[string]any {
	var named map[string]any
	json.Unmarshal(raw, &named) // the decoder saw to it that it is an object
	out := make(map[string]any, len(named))
	for name, value := range named {
		out[strings.ToLower(name)] = value
	}
	return out
}

// property is the first that is there; a trailing M, for metres, is passed over.
func (t *thing) property(names ...string) any {
	for _, name := range names {
		name = strings.ToLower(name)
		for _, n := range []string{name, name + "m"} {
			if v, ok := t.properties[n]; ok && v != nil {
				return v
			}
		}
	}
	return nil
}

func (t *thing) text(names ...string) *string {
	switch v := t.property(names...).(type) {
	case string:
		if s := strings.TrimSpace(v); s != "" {
			return &s
		}
	case float64:
		return new(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return nil
}

func (t *thing) number(names ...string) *float64 {
	switch v := t.property(names...).(type) {
	case float64:
		return &v
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && f-f == 0 {
			return &f
		}
	}
	return nil
}

func (t *thing) truth(names ...string) *bool {
	if v, ok := t.property(names...).(bool); ok {
		return &v
	}
	return nil
}

func (t *thing) texts(name string) []string {
	list, _ := t.property(name).([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok && s != "" {
			out = append(out, s)
		}
	}
	return out
}
