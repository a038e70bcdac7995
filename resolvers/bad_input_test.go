package resolvers_test

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// star is a ring of n points that crosses itself everywhere.
func star(n int) []any {
	ring := make([]any, 0, n+1)
	for i := range n {
		a := float64(i) * 2 * math.Pi * float64(n/2) / float64(n)
		ring = append(ring, []any{107.5 + math.Cos(a)/10, 16.4 + math.Sin(a)/10})
	}
	return append(ring, ring[0])
}

func polygon(ring ...any) map[string]any {
	return map[string]any{"type": "Polygon", "coordinates": []any{ring}}
}

func within(g map[string]any) map[string]any {
	return map[string]any{"a": map[string]any{"within": g}}
}

// TestBadAreas draws what must be refused: with the code, and with the database
// still up.
func TestBadAreas(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	at := func(lon, lat any) any { return []any{lon, lat} }
	for _, test := range []struct {
		name      string
		area      string // literal, or empty for $a
		variables map[string]any
		code      string
		says      string
	}{
		{"literal 1e400", `{bbox: [1e400, 16, 108, 17]}`, nil, "BAD_INPUT", ""},
		{"NaN as a text", "", within(polygon(at("NaN", 16), at(107, 16), at(107, 17), at("NaN", 16))), "BAD_GEOMETRY", "coordinates[0][0]"},
		{"unclosed", "", within(polygon(at(107, 16), at(108, 16), at(108, 17), at(107, 17))), "BAD_GEOMETRY", "clos"},
		{"bow-tie", "", within(polygon(at(107, 16), at(108, 17), at(108, 16), at(107, 17), at(107, 16))), "BAD_GEOMETRY", "cross"},
		{"swapped", "", within(polygon(at(16, 107), at(16, 108), at(17, 108), at(16, 107))), "BAD_GEOMETRY", "swapped"},
		{"star of 3,000", "", within(polygon(star(3001)...)), "BAD_GEOMETRY", ""},
		{"crs member", "", within(map[string]any{"type": "Point", "coordinates": at(1, 1), "crs": map[string]any{"type": "name", "properties": map[string]any{"name": "EPSG:3857"}}}), "BAD_GEOMETRY", ""},
		{"south over north", `{bbox: [107, 17, 108, 16]}`, nil, "BAD_GEOMETRY", ""},
		{"radius negative", `{around: {lon: 107, lat: 16, radiusM: -1}}`, nil, "BAD_GEOMETRY", ""},
		{"two members", `{bbox: [107, 16, 108, 17], feature: "dam:TA_TRACH"}`, nil, "BAD_INPUT", ""},
		{"two members in a variable", "", map[string]any{"a": map[string]any{"bbox": []any{107, 16, 108, 17}, "feature": "dam:TA_TRACH"}}, "BAD_INPUT", ""},
		{"no member", `{}`, nil, "BAD_INPUT", ""},
		{"unknown CRS", `{projected: {crs: 424242, geometry: {type: "Polygon", coordinates: [[[0,0],[1,0],[1,1],[0,0]]]}}}`, nil, "UNKNOWN_CRS", "424242"},
		{"unknown unit", `{units: [{code: "99999"}]}`, nil, "NOT_FOUND", "99999"},
		{"unknown feature", `{feature: "dam:NOPE"}`, nil, "NOT_FOUND", "dam:NOPE"},
		{"hidden feature", `{feature: "securityIncident:nothing"}`, nil, "NOT_FOUND", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			query := "query($a: Area) { reports(area: $a) { totalCount nodes { id } } }"
			if test.area != "" {
				query = "{ reports(area: " + test.area + ") { totalCount nodes { id } } }"
			}
			a := h.Post(query, test.variables)
			if len(a.Errors) == 0 {
				t.Fatalf("answered %s", a.Data)
			}
			e := a.Errors[0]
			if e.Code() != test.code {
				t.Errorf("code %s, want %s: %s", e.Code(), test.code, e.Message)
			}
			if !strings.Contains(e.Message, test.says) {
				t.Errorf("message %q does not say %q", e.Message, test.says)
			}
		})
	}
	var up struct{ Reports struct{ TotalCount int } }
	h.Ask("{ reports { totalCount } }", nil, &up)
	if up.Reports.TotalCount < 10_000 {
		t.Errorf("%d reports after all that", up.Reports.TotalCount)
	}
}

// TestAntimeridian: a box over the antimeridian is two boxes, not its opposite.
func TestAntimeridian(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	for _, test := range []struct {
		name, box string
		all       bool
	}{
		{"round the world the other way", "[170, -90, -170, 90]", false},
		{"from Huế eastward round the world", "[106, -90, 105, 90]", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got struct{ In, All struct{ TotalCount int } }
			h.Ask(`{ in: dams(area: {bbox: `+test.box+`}) { totalCount } all: dams { totalCount } }`, nil, &got)
			if want := map[bool]int{true: got.All.TotalCount, false: 0}[test.all]; got.In.TotalCount != want {
				t.Errorf("%d dams, want %d", got.In.TotalCount, want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	deep := "{ dams { nodes { unit { parent { parent { parent { parent { parent { parent { parent { parent { parent { code } } } } } } } } } } } } }"
	bomb := "{ ...f0 }"
	for i := range 60 {
		bomb += fmt.Sprintf(" fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	bomb += " fragment f60 on Query { x: dams { totalCount } }"
	for _, test := range []struct{ name, query, code string }{
		{"depth", deep, "DEPTH_LIMIT"},
		{"aliases", "{ " + repeat(21, "a%d: __typename ") + "}", "ALIAS_LIMIT"},
		{"aliases in a fragment spread thrice", "{ ...f ...g ...h } fragment f on Query {" + repeat(8, "a%d: __typename ") + "} fragment g on Query { ...f } fragment h on Query { ...f }", "ALIAS_LIMIT"},
		{"fragments that double sixty times", bomb, "ALIAS_LIMIT"},
		{"root fields", "{ " + strings.Repeat("layers { name } ", 16) + "}", "ROOT_LIMIT"},
		{"directives", "{ " + strings.Repeat("__typename @include(if: true) ", 11) + "}", "DIRECTIVE_LIMIT"},
		{"tokens", "{ " + strings.Repeat("__typename ", 2001) + "}", "TOKEN_LIMIT"},
		{"characters", "{ __typename # " + strings.Repeat("x", 15_000) + "\n}", "TOKEN_LIMIT"},
		{"page", "{ dams(first: 1001) { nodes { id } } }", "PAGE_LIMIT"},
		{"page of nothing", "{ dams(first: 0) { nodes { id } } }", "PAGE_LIMIT"},
		{"cost", "{ vessels(first: 1000) { nodes { positions(last: 1000) { lon lat at } } } }", "COST_LIMIT"},
		{"no such field", "{ dams { nodes { nope } } }", "BAD_INPUT"},
		{"syntax", "{ dams ", "BAD_INPUT"},
		{"cursor of nowhere", `{ dams(after: "bm9uc2Vuc2U") { nodes { id } } }`, "BAD_CURSOR"},
		{"cursor of another order", `{ dams(after: "WyItTEVWRUxfTSIsIjIiLCJkYW06QyJd") { nodes { id } } }`, "BAD_CURSOR"},
		{"cursor with a wrong value", `{ dams(orderBy: {field: LEVEL_M}, after: "WyJMRVZFTF9NIiwiYWJjIiwiZGFtOkMiXQ") { nodes { id } } }`, "BAD_CURSOR"},
		{"hidden field filtered", `{ dams(filter: {text: "a\u0000b"}) { nodes { id } } }`, "BAD_INPUT"},
		{"near and orderBy", `{ dams(near: {lon: 107, lat: 16}, orderBy: {field: LABEL}) { nodes { id } } }`, "BAD_INPUT"},
		{"time of nowhere", `{ dams(filter: {observed: {from: "yesterday"}}) { nodes { id } } }`, "BAD_INPUT"},
		{"half a page", `query($n: Int = 1.5) { dams(first: $n) { nodes { id } } }`, "BAD_INPUT"},
		{"a number beyond 32 bits", `{ dams(filter: {gated: {eq: true}}, first: 99999999999) { nodes { id } } }`, "COST_LIMIT"},
		{"a day that is none", `{ unit(code: "19753", at: "2025-02-30") { name } }`, "BAD_INPUT"},
		{"an enum's value that is none", `{ dams(filter: {damStatus: {eq: FLYING}}) { nodes { id } } }`, "BAD_INPUT"},
		{"too many values", `{ dams(filter: {code: {in: [` + strings.Repeat(`"",`, 1001) + `]}}) { nodes { id } } }`, "BAD_INPUT"},
		{"CRS of nowhere", `{ dams(first: 1) { nodes { geometry(crs: 1) } } }`, "UNKNOWN_CRS"},
		{"precision", `{ dams(first: 1) { nodes { geometry(precision: 99) } } }`, "BAD_INPUT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(test.query, nil)
			if len(a.Errors) == 0 {
				t.Fatalf("answered %.200s", a.Data)
			}
			if e := a.Errors[0]; e.Code() != test.code {
				t.Errorf("code %s, want %s: %s", e.Code(), test.code, e.Message)
			}
		})
	}
}

func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestRequests: what is no GraphQL request gets a 4xx that says why.
func TestRequests(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()))
	post := func(contentType, key, body string) *http.Response {
		req, err := http.NewRequest(http.MethodPost, h.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("X-Api-Key", key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	for _, test := range []struct {
		name, contentType, key, body string
		status                       int
	}{
		{"not JSON", "application/json", "", "{", 400},
		{"no query", "application/json", "", "{}", 400},
		{"a batch", "application/json", "", `[{"query":"{__typename}"}]`, 400},
		{"a form", "application/x-www-form-urlencoded", "", "query={__typename}", 415},
		{"plain text, which needs no preflight", "text/plain", "", `{"query":"{__typename}"}`, 415},
		{"over a mebibyte", "application/json", "", `{"query":"` + strings.Repeat(" ", 1<<20) + `"}`, 413},
		{"a key that is none", "application/json", "secret", `{"query":"{__typename}"}`, 401},
		{"a key unknown", "application/json", "hub_live_abcdefgh_0123456789abcdef", `{"query":"{__typename}"}`, 401},
		{"a right prefix with a wrong secret", "application/json", "hub_live_province_0123456789abcdef", `{"query":"{__typename}"}`, 401},
		{"a right one", "application/json", h.As(2).Key, `{"query":"{__typename}"}`, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := post(test.contentType, test.key, test.body)
			var b bytes.Buffer
			b.ReadFrom(resp.Body)
			if resp.StatusCode != test.status {
				t.Errorf("status %d, want %d: %.300s", resp.StatusCode, test.status, b.String())
			}
			if test.status >= 400 && !strings.Contains(b.String(), `"code"`) {
				t.Errorf("no code in %.300s", b.String())
			}
		})
	}
}
