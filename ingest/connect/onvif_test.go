package connect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"geohub/internal/hubtest"
)

func onvifMessage(second int, more string) string {
	return fmt.Sprintf(`{"UtcTime":%q,"Source":{"VideoSource":"VSC-1","Rule":"Vùng cấm đỗ"},%s}`, hubtest.Now.Add(time.Duration(second-3600)*time.Second).UTC().Format(time.RFC3339), more)
}

// TestONVIFStates: a device that names its events by nothing but numbers of
// objects, which it uses again, tells of each of them twice.
func TestONVIFStates(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("onvif", "hue/#")
	say := func(second int, operation, object, state string) {
		b.say("hue/H57.40/CAM-7/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&VSC-1",
			onvifMessage(second, fmt.Sprintf(`"PropertyOperation":%q,"Key":{"ObjectId":%q},"Data":{"IsInside":%s,"ClassTypes":"Vehicle","Likelihood":"0.9"}`, operation, object, state)))
	}
	b.joined(h, func() {
		say(0, "Initialized", "1", "false")
		say(5, "Changed", "9", "false") // of one that began before
		say(10, "Changed", "1", "true")
		say(20, "Changed", "2", "true")
		say(30, "Changed", "1", `"true"`)
		say(40, "Changed", "1", "false")
		say(50, "Deleted", "2", "false")
		say(60, "Changed", "1", "true")
		b.say("hue/CAM-8/onvif-ej/RuleEngine/LineDetector/Crossed", onvifMessage(70, `"Data":{"ObjectId":"5"}`))
	}, "SELECT count(*) FROM camera_events WHERE camera_id = 'camera:CAM-8'", 1)
	h.want(`SELECT string_agg(concat_ws(' ', camera_id, extract(epoch FROM start_at - '2026-03-02 01:00:00Z')::int, extract(epoch FROM end_at - start_at)::int, label, object_class, verification, agency_code), ', ' ORDER BY start_at) FROM camera_events`,
		"camera:CAM-7 10 30 Vùng cấm đỗ Vehicle PENDING H57.40, camera:CAM-7 20 30 Vùng cấm đỗ Vehicle PENDING H57.40, camera:CAM-7 60 Vùng cấm đỗ Vehicle PENDING H57.40, camera:CAM-8 70 Vùng cấm đỗ PENDING H57.02")
	h.want("SELECT count(*)::text FROM quarantine", "0")
	h.want("SELECT min(sharing)::text FROM camera_events", "1")
}

// TestONVIFParts: the messages of an event with a name of its own, in any order.
func TestONVIFParts(t *testing.T) {
	messages := []string{
		onvifMessage(0, `"PropertyOperation":"Changed","Key":{"UUID":"E-1"},"Data":{"State":true,"Severity":"LOW","Count":40,"Description":"Ùn tắc"}`),
		onvifMessage(60, `"PropertyOperation":"Changed","Key":{"UUID":"E-1"},"Data":{"State":false}`),
		onvifMessage(90, `"PropertyOperation":"Changed","Key":{"UUID":"E-1"},"Data":{"Verification":"TRUE_POSITIVE"}`),
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0, 1}, {2, 0, 1}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			b := newMQTTBroker(t)
			h := b.hub("onvif", "hue/#")
			for i, m := range order {
				b.joined(h, func() { b.say("hue/CAM-7/onvif-ej/RuleEngine/CountAggregation/Counter", messages[m]) }, "SELECT records_in FROM sources", i+1)
			}
			h.want("SELECT concat_ws(' ', id, label, extract(epoch FROM end_at - start_at)::int, verification, event_severity, count, trim(search)) FROM camera_events",
				"cameraEvent:E-1 Ùn tắc 60 TRUE_POSITIVE LOW 40 un tac")
		})
	}
}

// TestONVIFPlates: no whole plate is kept anywhere.
func TestONVIFPlates(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("onvif", "hue/#, onvif-ej/#")
	topic := "hue/CAM-7/onvif-ej/RuleEngine/Recognition/LicensePlate"
	for i, more := range []string{
		`"Key":{"UUID":"E-1"},"Data":{"LicensePlateInfo":{"PlateNumber":"75A-123.45"}}`,
		`"Key":{"UUID":"E-2"},"Data":{"PlateNumber":"75A12345","Severity":"GRAVE"}`,
		`"Data":{"PlateNumber":"75A-123.45","Likelihood":7}`,
		`"Key":{"UUID":"E-3"},"Data":{"PlateNumber":"75A-123.45"}`,
	} {
		text := onvifMessage(i, more)
		if i == 3 {
			text = text[:len(text)-1] // broken
		}
		b.say(topic, text)
	}
	b.say("hue/CAM-7/onvif-ej/VideoSource/MotionAlarm", onvifMessage(9, `"Data":{"Count":-1}`))
	b.say("onvif-ej/VideoSource/MotionAlarm", onvifMessage(9, `"Data":{"State":true}`))
	b.say("hue/CAM-9/onvif-ej/VideoSource/MotionAlarm", onvifMessage(8000, `"Data":{"State":true}`))
	b.joined(h, func() {}, "SELECT records_in FROM sources", 7)
	h.want("SELECT string_agg(plate_masked, ' ') FROM camera_events", "75A-***.45")
	h.want("SELECT string_agg(stage || ' ' || place, ', ' ORDER BY (stage || place) COLLATE \"C\") FROM quarantine",
		"DECODE topic "+topic+", MAP Data.Count, MAP Data.Likelihood, MAP Data.Severity, MAP UtcTime, MAP topic")
	if kept := h.one("SELECT string_agg(convert_from(record, 'UTF8'), ' ') FROM quarantine"); strings.Contains(kept, "123") || strings.Count(kept, "75A-***.45") != 3 {
		t.Errorf("kept: %s", kept)
	}
}
