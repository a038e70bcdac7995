// Package onvif reads the events of ONVIF Profile M as JSON over MQTT (ONVIF
// Core Specification 22.06 and later, "JSON event payload").
//
// An event has a topic, the moment it happened, what it is about (Source and
// Key) and what was found (Data). Over MQTT the topic stands in the MQTT topic,
// behind the device's prefix and without the namespace; in files it stands
// beside the payload, one JSON object a line.
//
// Traps: the MQTT topic drops "tns1:", which is put back; devices write items
// as plain fields or as SimpleItem lists with Name and Value, both become
// fields; some write every value as a string, so [Items] reads "true" and true
// alike; UtcTime without an offset is UTC, as the standard says; frames of
// analytics metadata ("onvif-mj") are no events and are refused.
//
//	event, err := onvif.DecodeMessage(msg.Topic(), msg.Payload())
//	fmt.Println(event.Topic, event.Source.Text("Rule"), event.Data.Text("ObjectId"))
package onvif
