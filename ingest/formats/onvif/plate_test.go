package onvif_test

import (
	"encoding/json"
	"strings"
	"testing"

	"geohub/ingest/formats/onvif"
)

func TestMaskPlate(t *testing.T) {
	for plate, want := range map[string]string{
		"75A-123.45": "75A-***.45", "75A12345": "75A-***.45", "75a 123.45": "75A-***.45", "75A-1234": "75A-***.34", "75-F1 123.45": "75F1-***.45",
		"75LD-123.45": "75LD-***.45", "75A-***.45": "75A-***.45", "80-NG-12-345": "80NG-***.45", "กข 1234": "กข-***", "AB": "***", "": "***", "ABC-1234": "AB-***",
	} {
		if got := onvif.MaskPlate(plate); got != want {
			t.Errorf("%q is masked as %q, want %q", plate, got, want)
		}
		if again := onvif.MaskPlate(onvif.MaskPlate(plate)); again != want {
			t.Errorf("%q is masked twice as %q", plate, again)
		}
	}
}

func TestMaskPlates(t *testing.T) {
	for name, data := range map[string]string{
		"an item": `{"PlateNumber":"75A-123.45"}`, "inside an item": `{"LicensePlateInfo":{"PlateNumber":"75A-123.45","PlateType":"Normal"}}`,
		"in a list": `{"Plates":["75A-123.45"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := onvif.DecodeMessage("hue/c1/onvif-ej/RuleEngine/Recognition/LicensePlate", []byte(`{"UtcTime":"2026-03-02T02:00:00Z","Data":`+data+`}`))
			if err != nil {
				t.Fatal(err)
			}
			e.MaskPlates()
			text, _ := json.Marshal(e)
			if strings.Contains(string(text), "123") || !strings.Contains(string(text), "75A-***.45") || name != "in a list" && e.Plate() != "75A-***.45" {
				t.Errorf("%s, plate %q", text, e.Plate())
			}
		})
	}
	if got := string(onvif.MaskPlatesIn([]byte(`{"UtcTime":"2026-03-02T02:00:00Z","Data":{"PlateNumber":"75A-123.45", 75A12399`))); got != `{"UtcTime":"2026-03-02T02:00:00Z","Data":{"PlateNumber":"75A-***.45", 75A-***.99` {
		t.Error(got)
	}
}
