package open311

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"geohub/ingest/formats"
)

// Whatever JSON comes, split finds what encoding/json finds.
func FuzzSplit(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a" : "x\"}," , "b":[1,{"c":"]"}],"a":null}`, `{"\u0061":-1.5e3,"":true,"b":{"c":{}}}`, "{\"a\":\"\xff\"}", `{"é":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := membersOfJSON(raw)
		if err != nil {
			return
		}
		var want members
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if _, wrapped := want["service"]; len(want) == 1 && wrapped || len(want) == 1 && (want["request"] != nil || want["service_request"] != nil) {
			return
		}
		for name, v := range want {
			if isAbsent(v) {
				delete(want, name)
			}
		}
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, not %q", raw, got, want)
		}
	})
}

// What a record keeps is its own, however much is read after it.
func TestRecordsKeepTheirOwn(t *testing.T) {
	var page bytes.Buffer
	page.WriteByte('[')
	for i := range 2000 {
		fmt.Fprintf(&page, `{"service_request_id":"%d","status":"open","extended_attributes":{"n":%d},"other":"%d","description":"%s"},`, i, i, i, strings.Repeat("x", 200))
	}
	page.WriteString(`{"service_request_id":"last"}]`)
	n := 0
	var all []*Request
	err := Decode(&page, formats.Sink[Record]{Record: func(r Record) error {
		if r.Request != nil {
			all = append(all, r.Request)
		}
		return nil
	}, Refuse: func(r formats.Refusal) error { return r }})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		if r.ServiceRequestID == "last" {
			continue
		}
		if want := fmt.Sprintf(`{"n":%d}`, i); string(r.ExtendedAttributes) != want || string(r.Extra["other"]) != fmt.Sprintf("%q", fmt.Sprint(i)) {
			t.Fatalf("%s has %s and %s", r.ServiceRequestID, r.ExtendedAttributes, r.Extra["other"])
		}
		n++
	}
	if n != 2000 {
		t.Errorf("%d requests", n)
	}
}
