package table_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats"
	"geohub/ingest/formats/table"
)

func TestDecode(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"a collection", `{"type":"FeatureCollection","crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::9214"}},"features":[{"type":"Feature","id":7,"properties":{"a":12345678901234567890},"geometry":null}]}`,
			`{"id":7,"properties":{"a":12345678901234567890},"crs":"urn:ogc:def:crs:EPSG::9214"}`},
		{"one feature a line", "\x1e{\"type\":\"Feature\",\"properties\":{\"a\":1},\"geometry\":null}\n\x1e{\"type\":\"Feature\",\"properties\":null,\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}\n",
			`{"properties":{"a":1}} {"properties":{},"geometry":{"coordinates":[1,2],"type":"Point"}}`},
		{"rows", `[{"a":1},2,{"a":"x","geom":{"type":"Point","coordinates":[1,2]}}]`,
			`{"properties":{"a":1}} [1]: a number where an object is due {"properties":{"a":"x","geom":{"coordinates":[1,2],"type":"Point"}},"geometry":{"coordinates":[1,2],"type":"Point"}}`},
		{"CKAN", `{"success":true,"result":{"records":[{"a":1}]}}`, `{"properties":{"a":1}}`},
		{"nothing", "", ""},
		{"titles only", "a,b\n", ""},
		{"commas", "a,b\n1,\"x, \"\"y\"\"\nz\"\n", `{"properties":{"a":"1","b":"x, \"y\"\nz"}}`},
		{"sep=", "sep=|\na|b\n1,5|2\n", `{"properties":{"a":"1,5","b":"2"}}`},
		{"a mark and tabs", "\ufeffMã\tTên\n01\t\n\n", `{"properties":{"Mã":"01","Tên":null}}`},
		{"too many cells", "a,b\n1,2,3\n4,5,\n", `2: 3 cells under 2 titles: a decimal comma, or a cell that needs quotes? {"properties":{"a":"4","b":"5"}}`},
		{"too few cells", "a,b\n1\n", `{"properties":{"a":"1","b":null}}`},
		{"an open quote", "a,b\n\"1,2\n3,4\n", `2: a quote is not closed {"properties":{"a":"3","b":"4"}}`},
		{"TCVN3", "a\nH\xb5\nx\n", `2: byte 2 is 0xB5, not UTF-8 (0xB5 is µ in Windows-1252 and Windows-1258?): the text must be converted to UTF-8 {"properties":{"a":"x"}}`},
		{"UTF-16", "\xff\xfea\x00", `1: text in UTF-16 (Excel's "Unicode Text"): it must be saved as UTF-8`},
		{"a ZIP", "PK\x03\x04", "1: a ZIP, XLSX or KMZ file, not GeoJSON, JSON or CSV"},
		{"HTML", "<html>", "1: an XML or HTML document, not GeoJSON, JSON or CSV"},
		{"broken JSON", `[{"a":1},{"b":},{"c":2}]`, `{"properties":{"a":1}} [1]: not JSON: invalid character '}' looking for beginning of value {"properties":{"c":2}}`},
	} {
		var got []string
		_, err := table.Decode(strings.NewReader(test.in), formats.Sink[table.Record]{
			Record: func(r table.Record) error {
				text, _ := json.Marshal(r)
				if again, err := table.Parse(text); err != nil || cmp.Diff(r, again) != "" {
					t.Errorf("%s: not the same when read again: %v", test.name, err)
				}
				got = append(got, string(text))
				return nil
			},
			Refuse: func(r formats.Refusal) error {
				place := r.Path
				if place == "" {
					place = string('0' + byte(r.Line))
				}
				got = append(got, place+": "+r.Reason)
				return nil
			},
		})
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" || err != nil {
			t.Errorf("%s: %v %s", test.name, err, diff)
		}
	}
}

func TestPage(t *testing.T) {
	for _, test := range []struct {
		in, next string
		matched  int
		complete bool
	}{
		{`{"features":[],"links":[{"rel":"self","href":"a"},{"rel":"next","type":"text/html","href":"b"},{"rel":"next","type":"application/geo+json","href":"c"}],"numberMatched":12}`, "c", 12, true},
		{`{"value":[],"@odata.nextLink":"d"}`, "d", -1, true},
		{`{"items":[],"next":null,"total":"3"}`, "", 3, true},
		{`{"features":[{"type":"Feature"`, "", -1, false},
		{"a,b\n1,2\n", "", -1, true},
	} {
		page, err := table.Decode(strings.NewReader(test.in), formats.Sink[table.Record]{Record: func(table.Record) error { return nil }, Refuse: func(formats.Refusal) error { return nil }})
		matched := -1
		if page.Matched != nil {
			matched = *page.Matched
		}
		if err != nil || page.Next != test.next || matched != test.matched || page.Complete != test.complete {
			t.Errorf("%s: %+v, %d, %v", test.in, page, matched, err)
		}
	}
}

func TestTimeInZone(t *testing.T) {
	eastern := time.FixedZone("", 8*3600)
	for in, want := range map[string]string{"02/03/2026 09:00": "2026-03-02T01:00:00Z", "2026-03-02T09:00:00+07:00": "2026-03-02T02:00:00Z", "2026/03/02": "2026-03-01T16:00:00Z"} {
		if got, _, err := table.Time(in, eastern); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v; want %s", in, got.UTC(), err, want)
		}
	}
}
