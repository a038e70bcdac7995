package onvif

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// Decode reads JSON objects {"topic": …, "payload": {…}}, one a line or in an
// array; a payload in a string is read too, and a payload alone that holds its
// own "topic". It refuses what [DecodeMessage] refuses.
func Decode(r io.Reader, sink formats.Sink[Event]) error {
	refuse := func(v records.Value, p *records.Problem) error {
		return sink.Refuse(formats.Reject(v.Line, place(v.Path, p.Path), v.Raw, "%s", p.Reason))
	}
	_, err := records.Walk(r, records.Walker{
		Item: func(v records.Value) error {
			e, p := message(v.Raw)
			if p != nil {
				return refuse(v, p)
			}
			return sink.Record(e)
		},
		Bad: func(v records.Value) error { return refuse(v, &records.Problem{Reason: v.Problem}) },
	})
	return err
}

// DecodeMessage reads one MQTT message. The topic may be empty when the
// payload holds one. The error is a [formats.Refusal].
func DecodeMessage(topic string, payload []byte) (Event, error) {
	reject := func(path, reason string) (Event, error) {
		return Event{}, formats.Reject(0, path, payload, "%s", reason)
	}
	switch {
	case len(payload) > formats.MaxRecord:
		return reject("", fmt.Sprintf("longer than %d MiB", formats.MaxRecord>>20))
	case !utf8.Valid(payload):
		return reject("", records.NotUTF8(payload))
	case !utf8.ValidString(topic):
		return reject("topic", "not UTF-8")
	case len(strings.TrimSpace(string(payload))) == 0:
		return reject("", "an empty payload")
	}
	payload = []byte(strings.TrimSpace(strings.TrimPrefix(string(payload), "\ufeff")))
	if !json.Valid(payload) {
		return reject("", "the payload is not JSON")
	}
	e, p := event(topic, records.NewObject(payload, ""))
	if p != nil {
		return reject(p.Path, p.Reason)
	}
	return e, nil
}

func place(outer, inner string) string {
	if outer == "" || inner == "" {
		return outer + inner
	}
	return outer + "." + inner
}

// message reads a topic and its payload from one object.
func message(raw []byte) (Event, *records.Problem) {
	o := lower(records.NewObject(raw, ""))
	topic := o.Text("topic")
	payload := o.Raw("payload")
	if payload == nil {
		return event(topic, o)
	}
	if p := o.Problem(); p != nil {
		return Event{}, p
	}
	if payload[0] == '"' {
		text := o.Text("payload")
		if payload = json.RawMessage(strings.TrimSpace(text)); !json.Valid(payload) {
			return Event{}, &records.Problem{Path: "payload", Reason: "the string is not JSON"}
		}
	}
	return event(topic, records.NewObject(payload, "payload"))
}

// lower gives an object's fields by their names in the case used here; devices
// differ in it.
func lower(o *records.Object) *records.Object {
	names := []string{"topic", "payload", "UtcTime", "PropertyOperation", "Source", "Key", "Data", "timestamp", "message"}
	for _, name := range names {
		if _, exact := o.Fields[name]; exact {
			continue
		}
		for _, k := range sorted(o.Fields) {
			if strings.EqualFold(k, name) {
				o.Fields[name] = o.Fields[k]
			}
		}
	}
	return o
}

func sorted(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// event reads a payload; topic is the MQTT topic or the ONVIF one.
func event(topic string, o *records.Object) (e Event, bad *records.Problem) {
	lower(o)
	if p := o.Problem(); p != nil {
		return e, p
	}
	own := o.Text("topic")
	if err := e.setTopic(topic, own); err != nil {
		return e, &records.Problem{Path: "topic", Reason: err.Error()}
	}
	if o.Raw("Frame") != nil || o.Raw("VideoAnalytics") != nil {
		o.Fail("", "a frame of analytics metadata, not an event")
	}
	body := o
	if in := o.Raw("message"); in != nil && o.Raw("Source") == nil && o.Raw("Data") == nil {
		body = lower(o.Under("message")) // as Axis devices write it, with a timestamp
	}
	e.UtcTime = utcTime(o, body)
	e.PropertyOperation = body.Text("PropertyOperation")
	if op := e.PropertyOperation; op != "" && op != "Initialized" && op != "Changed" && op != "Deleted" {
		body.Fail("PropertyOperation", "%s is none of Initialized, Changed, Deleted", records.Quote(op))
	}
	e.Source, e.Key, e.Data = items(body, "Source"), items(body, "Key"), items(body, "Data")
	if len(e.Source)+len(e.Key)+len(e.Data) == 0 {
		body.Fail("", "an event with neither Source, Key nor Data")
	}
	return e, o.Problem()
}

var segment = regexp.MustCompile(`^[A-Za-z_][\w.-]*$`)

// setTopic takes the topic apart: the MQTT topic has a prefix before and
// source items after it, and lacks the namespace.
func (e *Event) setTopic(mqtt, own string) error {
	if strings.ContainsAny(mqtt, "#+\x00") {
		return fmt.Errorf("%s has wildcards: it is a filter, not a topic", records.Quote(mqtt))
	}
	local := ""
	if at := strings.Index("/"+mqtt, "/onvif-mj/"); at >= 0 {
		return errors.New("frames of analytics metadata (onvif-mj), not events")
	} else if at := strings.Index("/"+mqtt, "/onvif-ej/"); at >= 0 {
		e.TopicPrefix, local = strings.Trim(mqtt[:max(0, at-1)], "/"), mqtt[at+len("onvif-ej/"):]
	} else if at := namespace.FindStringIndex(mqtt); at != nil {
		e.TopicPrefix, local = strings.Trim(mqtt[:at[0]], "/"), strings.TrimPrefix(mqtt[at[0]:], "/")
	} else {
		e.TopicPrefix = strings.Trim(mqtt, "/")
	}
	local, sources, ok := strings.Cut(local, "/&")
	if ok && sources != "" {
		e.TopicSource = strings.Split(strings.Trim(sources, "/"), "/")
	}
	if own != "" {
		if at := namespace.FindStringIndex(own); at == nil && strings.Contains(own, ":") || at != nil && at[0] != 0 {
			return fmt.Errorf("%s is no ONVIF topic", records.Quote(own))
		}
		if mqtt == own {
			e.TopicPrefix = ""
		}
		local = own
	}
	if local == "" && mqtt == "" {
		return errors.New("no topic")
	}
	if local == "" {
		return fmt.Errorf("%s holds no ONVIF topic: neither onvif-ej/ nor tns1: is in it", records.Quote(mqtt))
	}
	return e.setLocal(local)
}

// namespace finds where a topic with a namespace begins.
var namespace = regexp.MustCompile(`(^|/)(tns:\w+/|(tns1|tns\w*|onvif):)`)

func (e *Event) setLocal(local string) error {
	space := "tns1"
	local = strings.Trim(local, "/")
	if rest, ok := strings.CutPrefix(local, "tns:"); ok { // "tns:alias/topic": a namespace that is not ONVIF's
		alias, after, _ := strings.Cut(rest, "/")
		space, local = alias, after
	} else if before, after, ok := strings.Cut(local, ":"); ok && !strings.Contains(before, "/") {
		space, local = before, after
	}
	if space == "onvif" {
		space = "tns1"
	}
	steps := strings.Split(local, "/")
	for i, step := range steps {
		if before, after, ok := strings.Cut(step, ":"); ok && (before == space || before == "tns1") {
			steps[i] = after // some devices repeat the namespace at each step
		} else if ok {
			steps[i] = after
			if !segment.MatchString(before) {
				return fmt.Errorf("%s is no ONVIF topic", records.Quote(local))
			}
		}
		if !segment.MatchString(steps[i]) {
			return fmt.Errorf("%s is no ONVIF topic", records.Quote(local))
		}
	}
	if !segment.MatchString(space) {
		return fmt.Errorf("%s is no namespace", records.Quote(space))
	}
	e.Topic = space + ":" + strings.Join(steps, "/")
	return nil
}

func utcTime(o, body *records.Object) time.Time {
	from := body
	if body.Raw("UtcTime") == nil {
		from = o
	}
	if raw := o.Raw("timestamp"); from.Raw("UtcTime") == nil && raw != nil {
		var ms int64
		if json.Unmarshal(raw, &ms) == nil && ms > 1e11 && ms < 1e13 {
			return time.UnixMilli(ms).UTC()
		}
		o.Fail("timestamp", "%s is not a number of milliseconds since 1970", records.Quote(string(raw)))
		return time.Time{}
	}
	text := from.Text("UtcTime")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 2000 && at.Year() < 2200 {
			return at
		} else if err == nil {
			from.Fail("UtcTime", "%s: the device's clock is not set", records.Quote(text))
			return at
		}
	}
	if text == "" {
		from.Fail("UtcTime", "no UtcTime")
	}
	from.Fail("UtcTime", "%s is not a moment like 2025-10-27T06:05:00Z", records.Quote(text))
	return time.Time{}
}

// items reads named values: fields, or lists of SimpleItem and ElementItem.
func items(o *records.Object, name string) Items {
	raw := o.Raw(name)
	if raw == nil {
		return nil
	}
	out := Items{}
	if raw[0] == '[' {
		o.Each(name, func(item *records.Object) { out.add(item) })
		return out
	}
	in := o.Under(name)
	for _, k := range sorted(in.Fields) {
		switch k {
		case "SimpleItem", "ElementItem":
			if raw := in.Raw(k); raw != nil && raw[0] == '{' {
				out.add(in.Under(k))
			} else {
				in.Each(k, func(item *records.Object) { out.add(item) })
			}
		default:
			out[k] = in.Fields[k]
		}
	}
	return out
}

// add adds {"Name": …, "Value": …}; without a Value the item is all the rest.
func (i Items) add(item *records.Object) {
	fields := map[string]json.RawMessage{}
	for k, v := range item.Fields {
		fields[strings.TrimLeft(k, "@_$")] = v // as converters from XML write attributes
	}
	item.Fields = fields
	name := item.Text("Name")
	if name == "" {
		item.Fail("", "an item without a Name")
		return
	}
	if value := item.Raw("Value"); value != nil {
		i[name] = value
		return
	}
	delete(item.Fields, "Name")
	i[name], _ = json.Marshal(item.Fields) // raw JSON read before: can't fail
}
