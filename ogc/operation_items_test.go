package ogc_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"geohub/internal/pgtest"
)

var listField = regexp.MustCompile(`[{:]\s+(\w+)\(`)

// TestOperationItems: the pages of a stored operation's collection are what GraphQL
// answers the same viewer; a box and a time keep of it what the layer's own list of
// them holds, too.
func TestOperationItems(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province()))
	for _, test := range storedTests {
		collection := "q-" + h.as(2).store(test.document)
		field := listField.FindStringSubmatch(test.document)[1]
		for key := -1; key < 3; key++ {
			h := h.as(key)
			name := fmt.Sprintf("%s, viewer %d", test.name, key)
			want, refused := h.walk(test.document, test.variables)
			if refused != "" {
				if resp, body := h.get("/ogc/collections/"+collection+"/items", test.parameters...); !strings.Contains(string(body), refused) || resp.StatusCode < 400 {
					t.Errorf("%s: GraphQL says %s, the collection %d %.200s", name, refused, resp.StatusCode, body)
				}
				continue
			}
			got := h.pages(collection, append(slices.Clone(test.parameters), "limit", "23")...)
			if len(got) != len(want) {
				t.Errorf("%s: %d features, want %d", name, len(got), len(want))
				continue
			}
			for i, f := range got {
				if _, known := want[i].properties["label"]; !known {
					delete(f.Properties, "label") // what @skip leaves out is null
				}
				if f.ID != want[i].id || !reflect.DeepEqual(f.Properties, want[i].properties) {
					t.Errorf("%s: feature %d is %v, want %v", name, i, f, want[i])
					break
				}
			}
			if len(want) > 0 {
				one := want[len(want)-1]
				resp, body := h.get("/ogc/collections/"+collection+"/items/"+one.id, test.parameters...)
				var f feature
				if err := json.Unmarshal(body, &f); err != nil || f.ID != one.id || resp.StatusCode != http.StatusOK {
					t.Errorf("%s: %s is %d %.300s", name, one.id, resp.StatusCode, body)
				}
			}
			for _, narrow := range []struct{ argument, parameter, value string }{
				{"area: {bbox: [107.55, 16.42, 107.62, 16.5]}", "bbox", "107.55,16.42,107.62,16.5"},
				{`filter: {observed: {from: "2025-10-27T00:00:00+07:00", to: "2025-10-28T00:00:00+07:00"}}`, "datetime", "2025-10-27"},
				{`filter: {observed: {from: "2026-01-01T00:00:00Z"}}`, "datetime", "2026-01-01T00:00:00Z/.."},
			} {
				in, _ := h.walk(`query($first: Int, $after: String) { `+field+`(`+narrow.argument+`, first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`, nil)
				there := map[string]bool{}
				for _, f := range in {
					there[f.id] = true
				}
				both := map[string]bool{}
				for _, f := range want {
					if there[f.id] {
						both[f.id] = true
					}
				}
				found := map[string]bool{}
				features := h.pages(collection, append(slices.Clone(test.parameters), narrow.parameter, narrow.value)...)
				for _, f := range features {
					found[f.ID] = true
				}
				if !maps.Equal(found, both) || len(features) != len(both) {
					t.Errorf("%s, %s=%s: %d features, want %d", name, narrow.parameter, narrow.value, len(features), len(both))
				}
				if key == 2 {
					t.Logf("%s, %s=%s: %d of %d", name, narrow.parameter, narrow.value, len(both), len(want))
				}
			}
		}
	}
}

// pages are the features of all pages of a collection.
func (h hub) pages(collection string, parameters ...string) []feature {
	h.t.Helper()
	page := h.items(collection, parameters...)
	out := page.Features
	for next := page.link("next"); next != ""; next = page.link("next") {
		page = h.items(next)
		out = append(out, page.Features...)
	}
	return out
}

// TestOperationCollections: those of a key are listed for it and described for
// everybody, and what isn't honoured is refused.
func TestOperationCollections(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province()))
	id := "q-" + h.as(2).store(`query($low: Float, $during: DateTimeRange) { dams(filter: {levelM: {gt: $low}, observed: $during}) { nodes { label levelM damStatus observedAt gated unit { name } aliases } } }`)
	whole := "q-" + h.as(2).store(`query($f: DamFilter) { dams(filter: $f) { nodes { id } } }`)
	none := "q-" + h.as(2).store(`{ dams { totalCount } }`)
	for key := -1; key < 3; key++ {
		h := h.as(key)
		_, body := h.get("/ogc/collections")
		_, html := h.get("/ogc/collections", "f", "html")
		for _, listed := range []string{id, whole} {
			if strings.Contains(string(body), `"`+listed+`"`) != (key == 2) || strings.Contains(string(html), listed) != (key == 2) {
				t.Errorf("viewer %d: is %s listed? %.300s", key, listed, body)
			}
		}
		if strings.Contains(string(body), none) {
			t.Errorf("viewer %d: an operation that is no layer is listed", key)
		}
		resp, body := h.get("/ogc/collections/" + id)
		var c struct {
			ID, Description string
			CRS             []string
			Extent          struct{ Spatial struct{ BBox [][4]float64 } }
			Links           []link
		}
		if err := json.Unmarshal(body, &c); err != nil || resp.StatusCode != http.StatusOK || c.ID != id || len(c.CRS) != 1 || len(c.Extent.Spatial.BBox) != 1 ||
			!strings.Contains(c.Description, "low: Float, during: DateTimeRange") {
			t.Errorf("viewer %d: %d %s", key, resp.StatusCode, body)
		}
		for _, l := range c.Links {
			if resp, body := h.get(l.Href); resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), l.Type) {
				t.Errorf("%s %s: %d %.200s", l.Rel, l.Href, resp.StatusCode, body)
			}
		}
	}
	_, body := h.get("/ogc/collections/" + id + "/schema")
	var schema struct{ Properties map[string]map[string]any }
	if err := json.Unmarshal(body, &schema); err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]any{"label": "string", "levelM": "number", "damStatus": "string", "observedAt": "string", "gated": "boolean", "unit.name": "string", "aliases": nil} {
		if p := schema.Properties[name]; p == nil || p["type"] != kind {
			t.Errorf("%s is %v, want %v", name, p, kind)
		}
	}
	h = h.as(2)
	if got := h.items(whole, "f.levelM", `{"gt": -1}`, "datetime", "2020-01-01/.."); len(got.Features) == 0 {
		t.Error("no dams")
	}
	for _, test := range []struct{ path, says string }{
		{id + "/items?colour=red", "there are"},
		{id + "/items?filter=levelM>40", "there is no parameter"},
		{id + "/items?crs=http://www.opengis.net/def/crs/EPSG/0/9214", "UNKNOWN_CRS"},
		{id + "/items?bbox=1,2", "BAD_GEOMETRY"},
		{id + "/items?bbox=1,2,3,4&bbox=1,2,3,4", "2 times"},
		{id + "/items?datetime=soon", "datetime"},
		{id + "/items?limit=0", "limit"},
		{id + "/items?after=nonsense", "after"},
		{id + "/items/dam:NONE", "no feature"},
		{id + "/queryables", "its variables"},
		{whole + "/items?datetime=2025-10-27", "variable.f"},
		{none, "no layer"},
		{none + "/items", "no layer"},
		{"q-" + strings.Repeat("0", 64) + "/items", "no stored operation"},
		{"q-", "no stored operation"},
	} {
		if resp, body := h.get("/ogc/collections/" + test.path); resp.StatusCode < 400 || resp.StatusCode > 499 || !strings.Contains(string(body), test.says) {
			t.Errorf("%s: %d %s, want %s", test.path, resp.StatusCode, body, test.says)
		}
	}
}

// TestOperationByGDAL lets GDAL's own client read stored operations as collections.
func TestOperationByGDAL(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province())).as(2)
	for _, test := range []struct{ field, arguments, options string }{
		{"dams", `filter: {damStatus: {eq: NORMAL}}`, ""},
		{"zones", `area: {units: [{code: "19753"}]}`, ""},
		{"reports", `filter: {observed: {from: "2025-10-25T00:00:00Z", to: "2025-11-01T00:00:00Z"}}`, ""},
		{"reports", `area: {bbox: [107.5, 16.4, 107.7, 16.6]}`, "-spat 107.5 16.4 107.7 16.6"},
	} {
		document := `{ ` + test.field + `(` + test.arguments + `) { nodes { label observedAt unit { name } provenance { agency { code } } } } }`
		if test.options != "" { // the box is GDAL's, not the operation's
			document = `{ ` + test.field + ` { nodes { label observedAt } } }`
		}
		want := h.total(test.field, test.arguments)
		if n, text := h.gdalCount("q-"+h.store(document), test.options); n != want || want == 0 {
			t.Errorf("%s %s: GDAL has %d, GraphQL %d\n%.2000s", document, test.options, n, want, text)
		}
	}
}
