package resolvers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"geohub/access"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/resolvers"
)

// TestUnitsInAreas asks units by each kind of area.
func TestUnitsInAreas(t *testing.T) {
	h := province(t)
	for _, area := range []string{
		`{bbox: [107.57, 16.46, 107.59, 16.47]}`,
		`{within: {type: "Polygon", coordinates: [[[107.57, 16.46], [107.59, 16.46], [107.59, 16.47], [107.57, 16.46]]]}}`,
		`{around: {lon: 107.58, lat: 16.465, radiusM: 100}}`,
		`{units: [{code: "19753"}]}`,
		`{feature: "place:DT_DAI_NOI"}`,
		`{projected: {crs: 9214, geometry: {type: "Polygon", coordinates: [[[561000, 1820000], [562000, 1820000], [562000, 1821000], [561000, 1820000]]]}}}`,
	} {
		var got struct{ Units []struct{ Code string } }
		h.Ask(`{ units(kind: COMMUNE, area: `+area+`) { code } }`, nil, &got)
		if len(got.Units) == 0 || len(got.Units) > 12 {
			t.Errorf("%s: units %v", area, got.Units)
		}
	}
}

// TestCoercion: one value stands for a list of it, in a variable as in a literal.
func TestCoercion(t *testing.T) {
	h := province(t)
	for name, filter := range map[string]map[string]any{
		"in":     {"damKind": map[string]any{"in": "HYDROPOWER"}},
		"or":     {"or": map[string]any{"damKind": map[string]any{"eq": "HYDROPOWER"}}},
		"and":    {"and": map[string]any{"damKind": map[string]any{"in": []any{"HYDROPOWER"}}}},
		"not":    {"not": map[string]any{"damKind": map[string]any{"notIn": "HYDROPOWER"}}},
		"nulls":  {"damKind": map[string]any{"in": []any{"HYDROPOWER"}, "eq": nil}, "river": nil},
		"number": {"levelM": map[string]any{"gte": -1000}, "damKind": map[string]any{"eq": "HYDROPOWER"}},
	} {
		var got struct{ Dams, Want struct{ TotalCount int } }
		h.Ask(`query($f: DamFilter) { dams(filter: $f) { totalCount } want: dams(filter: {damKind: {eq: HYDROPOWER}}) { totalCount } }`, map[string]any{"f": filter}, &got)
		if got.Dams.TotalCount == 0 || name != "number" && got.Dams != got.Want {
			t.Errorf("%s: %d dams, want %d", name, got.Dams.TotalCount, got.Want.TotalCount)
		}
	}
}

// TestWrongQuestions: each is refused with its code, whatever else is right.
func TestWrongQuestions(t *testing.T) {
	h := province(t)
	many := make([]any, 201)
	for i := range many {
		many[i] = map[string]any{}
	}
	var page struct {
		Dams struct{ PageInfo struct{ EndCursor string } }
	}
	h.Ask(`{ dams(near: {lon: 107.6, lat: 16.4}, first: 2) { pageInfo { endCursor } } }`, nil, &page)
	rep := func(r any) map[string]any {
		return map[string]any{"r": []any{map[string]any{"__typename": "Dam", "id": "dam:TA_TRACH"}, r}}
	}
	const entities = `query($r: [_Any!]!) { _entities(representations: $r) { __typename } }`
	for _, test := range []struct {
		name, query string
		variables   map[string]any
		code        string
	}{
		{"cursor of another origin", `query($c: String) { dams(near: {lon: 108, lat: 16}, after: $c) { nodes { id } } }`, map[string]any{"c": page.Dams.PageInfo.EndCursor}, "BAD_CURSOR"},
		{"of no layer", `{ features(layers: [], first: 5000) { totalCount } }`, nil, "PAGE_LIMIT"},
		{"an empty filter many times", `query($f: DamFilter) { dams(filter: $f) { totalCount } }`, map[string]any{"f": map[string]any{"or": many}}, "BAD_INPUT"},
		{"a polygon over the antimeridian", `{ dams(area: {within: {type: "Polygon", coordinates: [[[179, 15], [-179, 15], [-179, 17], [179, 17], [179, 15]]]}}) { totalCount } }`, nil, "BAD_GEOMETRY"},
		{"a projected one over it", `{ dams(area: {projected: {crs: 3857, geometry: {type: "Polygon", coordinates: [[[19000000, 1800000], [22000000, 1800000], [22000000, 1900000], [19000000, 1800000]]]}}}) { totalCount } }`, nil, "BAD_GEOMETRY"},
		{"a CRS that can't be computed", `{ dams(first: 1) { nodes { geometry(crs: 102479) } } }`, nil, "UNKNOWN_CRS"},
		{"an entity of no type", entities, rep(map[string]any{"__typename": "Nope", "id": "x"}), "BAD_INPUT"},
		{"an entity without a key", entities, rep(map[string]any{"__typename": "Dam"}), "BAD_INPUT"},
		{"an entity that is a text", entities, rep("x"), "BAD_INPUT"},
		{"an entity with half a key", entities, rep(map[string]any{"__typename": "Unit", "code": "19753"}), "BAD_INPUT"},
		{"groups beyond measure", `{ reports { ` + repeat(18, "a%d: groups(by: [DAY, SERVICE_CODE]) { count keys { field value title from to } } ") + `} }`, nil, "COST_LIMIT"},
		{"introspection many times", `{ ` + repeat(15, "a%d: __schema { types { name fields { name description args { name } } enumValues { name } } } ") + `}`, nil, "COST_LIMIT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(test.query, test.variables)
			if len(a.Errors) == 0 {
				t.Fatalf("answered %.200s", a.Data)
			}
			if a.Errors[0].Code() != test.code {
				t.Errorf("code %s, want %s: %s", a.Errors[0].Code(), test.code, a.Errors[0].Message)
			}
		})
	}
}

// TestNearRoundTheWorld: from beyond the antimeridian the nearest are found too.
func TestNearRoundTheWorld(t *testing.T) {
	var got struct{ Dams struct{ Nodes []any } }
	province(t).Ask(`{ dams(near: {lon: -179.5, lat: 0}, first: 2) { nodes { id } } }`, nil, &got)
	if len(got.Dams.Nodes) != 2 {
		t.Errorf("%d dams", len(got.Dams.Nodes))
	}
}

// TestUnitsOfThePast counts all units of a former epoch within the time of one
// statement.
func TestUnitsOfThePast(t *testing.T) {
	var got struct {
		Units []struct{ Counts []struct{ Count int } }
	}
	province(t).As(2).Ask(`{ units(at: "2024-06-01", kind: COMMUNE) { counts { layer count } } }`, nil, &got)
	if len(got.Units) != 141 {
		t.Errorf("%d units", len(got.Units))
	}
}

// TestFloor: a row of a shared layer that was written as open stays closed to
// anonymous viewers.
func TestFloor(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	if _, err := pool.Exec(t.Context(), "UPDATE vessels SET sharing = 0"); err != nil {
		t.Fatal(err)
	}
	h := hubtest.Server(t, pool)
	var got struct{ Vessels, Features struct{ TotalCount int } }
	h.Ask(`{ vessels { totalCount } features(layers: [VESSEL]) { totalCount } }`, nil, &got)
	if got.Vessels.TotalCount+got.Features.TotalCount != 0 {
		t.Errorf("anonymous sees %+v", got)
	}
}

// TestGrants: two grants never add up to more than each says.
func TestGrants(t *testing.T) {
	v := access.Viewer{Name: "v", Grants: []access.Grant{{Sharing: access.Private}, {Layer: "vessels", Personal: access.Basic}}}
	for _, test := range []struct {
		class access.Class
		sees  bool
	}{
		{access.Class{}, true},
		{access.Class{Sharing: access.Private}, true},
		{access.Class{Personal: access.Basic}, true},
		{access.Class{Sharing: access.Private, Personal: access.Basic}, false},
	} {
		if v.Sees("vessels", test.class) != test.sees {
			t.Errorf("%+v: sees %v", test.class, !test.sees)
		}
	}
}

// TestStrict: anonymous viewers of a strict hub are told nothing of the schema.
func TestStrict(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province()), func(c *resolvers.Config) { c.Strict = true })
	for _, query := range []string{`{ __schema { types { name } } }`, `{ x: __type(name: "Dam") { name } }`, `{ ...f } fragment f on Query { _service { sdl } }`} {
		if a := h.Post(query, nil); len(a.Errors) == 0 || a.Errors[0].Code() != "DENIED" {
			t.Errorf("%s: %+v %.100s", query, a.Errors, a.Data)
		}
		if a := h.As(0).Post(query, nil); len(a.Errors) > 0 {
			t.Errorf("with a key %s: %s", query, a.Errors[0].Message)
		}
	}
	if a := h.Post(`{ damz { id } }`, nil); len(a.Errors) == 0 || strings.Contains(a.Errors[0].Message, "Did you mean") {
		t.Errorf("%+v", a.Errors)
	}
}

// TestMethods: GET serves queries, POST the rest, nothing else is served.
func TestMethods(t *testing.T) {
	h := province(t)
	for _, test := range []struct {
		method, url string
		status      int
	}{
		{http.MethodGet, "?query={__typename}", 200},
		{http.MethodGet, "?query=query($n:Int){dams(first:$n){totalCount}}&variables={%22n%22:1}", 200},
		{http.MethodGet, "?query={__typename}&variables={", 400},
		{http.MethodGet, "", 400},
		{http.MethodPut, "", 405},
		{http.MethodDelete, "?query={__typename}", 405},
	} {
		req, err := http.NewRequest(test.method, h.URL+test.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.url, resp.StatusCode, test.status)
		}
		if allow := strings.Split(resp.Header.Get("Allow"), ", "); test.status == 405 && !slices.Contains(allow, "POST") {
			t.Errorf("%s: Allow %v", test.method, allow)
		}
	}
}
