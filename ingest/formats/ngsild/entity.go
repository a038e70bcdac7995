package ngsild

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Entity is one thing that a broker knows.
type Entity struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Location is a GeoJSON geometry; nil when there is none.
	Location json.RawMessage `json:"location,omitempty"`
	// ModifiedAt is the newest the entity says of itself: modifiedAt, or
	// dateModified of its data model; nil when it says neither.
	ModifiedAt *time.Time           `json:"modifiedAt,omitempty"`
	Attributes map[string]Attribute `json:"attributes,omitempty"`
}

// Attribute is one property, or a relationship, whose value is the id it
// points at.
type Attribute struct {
	Value      json.RawMessage `json:"value"`
	ObservedAt *time.Time      `json:"observedAt,omitempty"`
	UnitCode   string          `json:"unitCode,omitempty"` // UN/CEFACT: "MTR", "DD"
}

// Key is the last part of the id: "CAM-0001" of "urn:ngsi-ld:Camera:CAM-0001".
func (e *Entity) Key() string { return e.ID[strings.LastIndexAny(e.ID, ":/")+1:] }

// first gives the first of some attributes that has a value.
func (e *Entity) first(names []string) (Attribute, bool) {
	for _, name := range names {
		if a, ok := e.Attributes[name]; ok && string(a.Value) != "null" {
			return a, true
		}
	}
	return Attribute{}, false
}

// Text is the first of some attributes that there is, as text; a number or
// truth value as written, "" when there is none.
func (e *Entity) Text(names ...string) string {
	a, _ := e.first(names)
	var s string
	if json.Unmarshal(a.Value, &s) == nil {
		return strings.TrimSpace(s)
	}
	return string(a.Value)
}

// Number is the first of some attributes that there is, as a number, also one
// in a string.
func (e *Entity) Number(names ...string) (float64, bool) {
	f, err := strconv.ParseFloat(e.Text(names...), 64)
	return f, err == nil
}

// Texts are the values of a list, or of one value alone.
func (e *Entity) Texts(names ...string) []string {
	a, ok := e.first(names)
	var all []string
	if !ok || json.Unmarshal(a.Value, &all) == nil {
		return all
	}
	if text := e.Text(names...); text != "" {
		return []string{text}
	}
	return nil
}

// Time is the first of some attributes that there is, as a moment; ok is false
// when it is none.
func (e *Entity) Time(names ...string) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, e.Text(names...))
	return at, err == nil
}
