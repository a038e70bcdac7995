package onvif_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/onvif"
)

var update = flag.Bool("update", false, "write the goldens anew")

// decode is what hub decode prints, and below it the refusals.
func decode(t *testing.T, in []byte) string {
	t.Helper()
	var out, refused bytes.Buffer
	err := onvif.Decode(bytes.NewReader(in), formats.Sink[onvif.Event]{
		Record: func(e onvif.Event) error { return json.NewEncoder(&out).Encode(e) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintln(&refused, r)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "---\n" + refused.String()
}

func TestDecodeGolden(t *testing.T) {
	in, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, in)
	if *update {
		if err := os.WriteFile("testdata/events.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDecodeMessageTopics(t *testing.T) {
	payload := `{"UtcTime":"2025-10-27T06:05:18Z","Data":{"State":true}}`
	for _, test := range []struct{ name, topic, want, prefix, source string }{
		{"as the standard says", "cam1/onvif-ej/VideoSource/MotionAlarm/&VS-0", "tns1:VideoSource/MotionAlarm", "cam1", "VS-0"},
		{"a long prefix", "hue/ioc/cam1/onvif-ej/Device/HardwareFailure/StorageFailure", "tns1:Device/HardwareFailure/StorageFailure", "hue/ioc/cam1", ""},
		{"no prefix", "onvif-ej/VideoSource/MotionAlarm", "tns1:VideoSource/MotionAlarm", "", ""},
		{"no source", "cam1/onvif-ej/RuleEngine/CountAggregation/Counter/&", "tns1:RuleEngine/CountAggregation/Counter", "cam1", ""},
		{"several sources", "cam1/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Rule", "tns1:RuleEngine/LineDetector/Crossed", "cam1", "1/2/Rule"},
		{"a namespace in the path", "hue/cam1/tns1:RuleEngine/LineDetector/Crossed", "tns1:RuleEngine/LineDetector/Crossed", "hue/cam1", ""},
		{"a vendor's namespace", "cam1/onvif-ej/tns:axis/CameraApplicationPlatform/VMD", "axis:CameraApplicationPlatform/VMD", "cam1", ""},
		{"a namespace at each step", "cam1/onvif-ej/Device/tns1:Trigger/tns1:Relay/&R1", "tns1:Device/Trigger/Relay", "cam1", "R1"},
		{"the topic alone", "tns1:VideoSource/MotionAlarm", "tns1:VideoSource/MotionAlarm", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := onvif.DecodeMessage(test.topic, []byte(payload))
			if err != nil || e.Topic != test.want || e.TopicPrefix != test.prefix || strings.Join(e.TopicSource, "/") != test.source {
				t.Errorf("%+v, %v", e, err)
			}
			if state, ok := e.Data.Bool("State"); !ok || !state {
				t.Errorf("State: %v, %v", state, ok)
			}
		})
	}
	for _, topic := range []string{"", "cam1/heartbeat", "cam1/onvif-ej/", "cam1/onvif-ej/a b", "#", "cam1/onvif-mj/VideoAnalytics"} {
		if e, err := onvif.DecodeMessage(topic, []byte(payload)); err == nil {
			t.Errorf("%q: %+v", topic, e)
		}
	}
	for _, payload := range []string{"", "{", "\xff", "[]", `"x"`} {
		if e, err := onvif.DecodeMessage("c/onvif-ej/A/B", []byte(payload)); err == nil {
			t.Errorf("%q: %+v", payload, e)
		}
	}
}

func ExampleDecodeMessage() {
	e, err := onvif.DecodeMessage("hue/cam-0001/onvif-ej/RuleEngine/LineDetector/Crossed/&VSC-1", []byte(
		`{"UtcTime":"2025-10-27T06:05:11Z","Source":{"Rule":"Vạch dừng"},"Data":{"ObjectId":"1734","Likelihood":0.92}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	likelihood, _ := e.Data.Number("Likelihood")
	fmt.Println(e.TopicPrefix, e.Topic, e.Source.Text("Rule"), likelihood)
	// Output: hue/cam-0001 tns1:RuleEngine/LineDetector/Crossed Vạch dừng 0.92
}

func ExampleDecode() {
	in := `{"topic":"cam1/onvif-ej/VideoSource/MotionAlarm","payload":{"UtcTime":"2025-10-27T06:05:18Z","Data":{"State":true}}}
{"topic":"cam1/onvif-ej/VideoSource/MotionAlarm","payload":{"UtcTime":"13:05","Data":{"State":true}}}`
	onvif.Decode(strings.NewReader(in), formats.Sink[onvif.Event]{
		Record: func(e onvif.Event) error {
			line, err := json.Marshal(e)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	// Output:
	// {"topic":"tns1:VideoSource/MotionAlarm","topicPrefix":"cam1","UtcTime":"2025-10-27T06:05:18Z","Data":{"State":true}}
	// line 2: payload.UtcTime: "13:05" is not a moment like 2025-10-27T06:05:00Z
}

func FuzzDecode(f *testing.F) {
	in, _ := os.ReadFile("testdata/events.jsonl")
	for line := range bytes.Lines(in) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > 8*len(b)+8 {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		err := onvif.Decode(bytes.NewReader(b), formats.Sink[onvif.Event]{
			Record: func(e onvif.Event) error {
				count()
				_, err := json.Marshal(e)
				return err
			},
			Refuse: func(formats.Refusal) error { count(); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		onvif.DecodeMessage(string(b), b)
	})
}
