package onvif

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is one notification message.
type Event struct {
	// Topic is the event's kind with its namespace: "tns1:RuleEngine/LineDetector/Crossed".
	Topic string `json:"topic"`
	// TopicPrefix is what the MQTT topic begins with: the device or its place.
	TopicPrefix string `json:"topicPrefix,omitempty"`
	// TopicSource are the source items that the MQTT topic ends with, after "/&".
	TopicSource []string  `json:"topicSource,omitempty"`
	UtcTime     time.Time `json:"UtcTime"`
	// PropertyOperation is Initialized, Changed or Deleted; empty for an event
	// that is no property.
	PropertyOperation string `json:"PropertyOperation,omitempty"`
	// Source says which part of the device: VideoSourceConfigurationToken, Rule …
	Source Items `json:"Source,omitempty"`
	// Key tells apart what one source has several of: ObjectId.
	Key Items `json:"Key,omitempty"`
	// Data is what was found: State, IsMotion, Count, Likelihood 0..1 …
	Data Items `json:"Data,omitempty"`
	// BeganAt is when the state it tells of began. No message says it: whoever
	// follows the stream fills it in. Nil when nobody knows.
	BeganAt *time.Time `json:"beganAt,omitempty"`
}

// Running says whether the state that the event tells of goes on; known is
// false when it tells of none.
func (e *Event) Running() (on, known bool) {
	if e.PropertyOperation == "" {
		return false, false
	}
	if e.PropertyOperation == "Deleted" {
		return false, true
	}
	for _, name := range []string{"State", "IsMotion", "IsInside", "IsLoitering", "IsTampered", "Failed", "Active"} {
		if on, ok := e.Data.Bool(name); ok {
			return on, true
		}
	}
	return false, false
}

// Subject names what the event is about: its device, topic, source and key.
// Messages of one state share it.
func (e *Event) Subject() string {
	parts := []string{e.TopicPrefix, e.Topic}
	for _, items := range []Items{e.Source, e.Key} {
		for _, name := range slices.Sorted(maps.Keys(items)) {
			parts = append(parts, name+"="+items.Text(name))
		}
		parts = append(parts, "")
	}
	return strings.Join(parts, "\x1f")
}

// Items are named values, as the device wrote them.
type Items map[string]json.RawMessage

// Text is an item as text: a string's text, or a number or truth value as
// written; "" when there is none.
func (i Items) Text(name string) string {
	raw := i[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// Number is an item that is a number, also one in a string.
func (i Items) Number(name string) (float64, bool) {
	f, err := strconv.ParseFloat(i.Text(name), 64)
	return f, err == nil
}

// Bool is an item that is a truth value; xs:boolean also writes 1 and 0.
func (i Items) Bool(name string) (value, ok bool) {
	switch strings.ToLower(i.Text(name)) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}
