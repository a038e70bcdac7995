package main

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"
)

// TestDecode: each format prints what it understands, one JSON object a line,
// names the line of what it refuses, and exits with 3 then.
func TestDecode(t *testing.T) {
	const path = "../../ingest/formats/"
	for _, test := range []struct {
		args  []string
		stdin string
		code  int
		out   string // in the first line
		err   string
	}{
		{[]string{"ais"}, "!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B\n", 0, `"mmsi":574901234`, ""},
		{[]string{"ais", "-"}, "!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B\n!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4C\n", 3, `"lon":107.85`, "line 2"},
		{[]string{"cap", path + "cap/testdata/alert.xml"}, "", 0, `"msgType":"Update"`, ""},
		{[]string{"open311", path + "open311/testdata/services.json"}, "", 3, `"service_code":"NGAP_UNG"`, "line 4"},
		{[]string{"sensorthings", path + "sensorthings/testdata/things.json"}, "", 3, `"entity":"Thing"`, "swapped"},
		{[]string{"ngsi-ld", path + "ngsild/testdata/cameras.json"}, "", 3, `"type":"Camera"`, "lon comes first"},
		{[]string{"monitoring-txt", path + "monitoringtxt/testdata/HUE_PHUBAI_NT01_20251027130500.txt"}, "", 0, `"param":"pH"`, ""},
		{[]string{"card", path + "card/testdata/events.jsonl"}, "", 3, `"reader":"RD-0012"`, "line 6"},
		{[]string{"vms", path + "vms/testdata/lines.jsonl"}, "", 3, `"vesselReg":"TTH-91234-TS"`, "line 3"},
		{[]string{"nmea"}, "", 2, "", "there is no format"},
		{[]string{"cap", "nowhere.xml"}, "", 1, "", "nowhere.xml"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var out, errs output
			m := Main{Stdin: strings.NewReader(test.stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
			code := m.Run(t.Context(), append([]string{"decode"}, test.args...))
			first, _, _ := strings.Cut(out.String(), "\n")
			if code != test.code || !strings.Contains(first, test.out) || !strings.Contains(errs.String(), test.err) {
				t.Errorf("exit code %d, want %d\n%s\n%s", code, test.code, first, errs.String())
			}
			for lines := bufio.NewScanner(strings.NewReader(out.String())); lines.Scan(); {
				if !json.Valid(lines.Bytes()) {
					t.Errorf("not JSON: %s", lines.Text())
				}
			}
		})
	}
}
