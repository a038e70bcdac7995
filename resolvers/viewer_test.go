package resolvers_test

import (
	"slices"
	"testing"

	"geohub/internal/hubtest"
)

// TestMasks: what an anonymous viewer may not see is null, named in `masked`,
// and can't be asked by.
func TestMasks(t *testing.T) {
	h := province(t)
	type report struct {
		FirstName, Phone *string
		Masked           []string
	}
	var got struct{ Reports struct{ Nodes []report } }
	const query = `{ reports(first: 200, filter: {observed: {from: "2025-12-01T00:00:00Z"}}) { nodes { firstName phone masked } } }`
	h.Ask(query, nil, &got)
	for _, r := range got.Reports.Nodes {
		if r.FirstName != nil || r.Phone != nil || !slices.Contains(r.Masked, "firstName") || !slices.Contains(r.Masked, "phone") {
			t.Fatalf("anonymous sees %+v", r)
		}
	}
	h.As(2).Ask(query, nil, &got)
	seen := slices.ContainsFunc(got.Reports.Nodes, func(r report) bool { return r.FirstName != nil && r.Phone != nil })
	if masked := slices.ContainsFunc(got.Reports.Nodes, func(r report) bool { return slices.Contains(r.Masked, "phone") }); !seen || masked {
		t.Errorf("operations: sees a reporter %v, phone masked %v", seen, masked)
	}
	for _, test := range []struct{ name, query, code string }{
		{"order by a hidden field", `{ cardReaders(orderBy: {field: DENIED24H}) { nodes { id } } }`, "DENIED"},
		{"filter by a hidden field", `{ articles(filter: {handlingStatus: {isNull: false}}) { nodes { id } } }`, "DENIED"},
		{"measure a hidden field", `{ cardReaders { groups(by: [UNIT], measures: [{field: DENIED24H, of: COUNT}]) { count } } }`, "DENIED"},
		{"group by a hidden field", `{ articles { groups(by: [HANDLING_STATUS]) { count } } }`, "DENIED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(test.query, nil)
			if len(a.Errors) == 0 || a.Errors[0].Code() != test.code {
				t.Errorf("%+v %.200s", a.Errors, a.Data)
			}
			if b := h.As(2).Post(test.query, nil); len(b.Errors) > 0 {
				t.Errorf("operations: %s", b.Errors[0].Message)
			}
		})
	}
}

// TestHiddenRows: a layer above the viewer leaves no trace in lists, counts,
// extents, the catalogue, or by id and key.
func TestHiddenRows(t *testing.T) {
	h := province(t)
	var ops struct {
		Vessels struct {
			TotalCount int
			Nodes      []struct{ ID, Registration string }
		}
	}
	h.As(2).Ask(`{ vessels(first: 1, filter: {registration: {prefix: "tth"}}) { totalCount nodes { id registration } } }`, nil, &ops)
	if ops.Vessels.TotalCount == 0 {
		t.Fatal("no vessels at all")
	}
	v := ops.Vessels.Nodes[0]
	for _, who := range []*hubtest.Hub{h, h.As(0)} {
		var got struct {
			Vessels struct {
				TotalCount int
				Extent     []float64
				Nodes      []any
			}
			Vessel   any
			Feature  any
			Entities []any `json:"_entities"`
			Features struct{ TotalCount int }
			Layers   []struct {
				Name  string
				Count int
			}
		}
		who.Ask(`query($id: ID!, $r: [_Any!]!) { vessels { totalCount extent nodes { id } } vessel(id: $id) { id } feature(id: $id) { id }
			_entities(representations: $r) { __typename } features(layers: [VESSEL]) { totalCount } layers { name count } }`,
			map[string]any{"id": v.ID, "r": []any{map[string]any{"__typename": "Vessel", "registration": v.Registration}, map[string]any{"__typename": "Vessel", "id": v.ID}}}, &got)
		if got.Vessels.TotalCount != 0 || got.Vessels.Extent != nil || len(got.Vessels.Nodes) != 0 || got.Vessel != nil || got.Feature != nil ||
			got.Features.TotalCount != 0 || !slices.Equal(got.Entities, []any{nil, nil}) {
			t.Errorf("a hidden vessel shows: %+v", got)
		}
		for _, l := range got.Layers {
			if l.Name == "VESSEL" && l.Count != 0 {
				t.Errorf("the catalogue counts %d vessels", l.Count)
			}
		}
	}
}

// TestEntities: mixed keys and unknown ids are answered in order.
func TestEntities(t *testing.T) {
	h := province(t).As(2)
	var got struct {
		Entities []struct {
			Code, Unit, Agency string
		} `json:"_entities"`
	}
	rep := func(typ string, kv ...string) map[string]any {
		r := map[string]any{"__typename": typ}
		for i := 0; i < len(kv); i += 2 {
			r[kv[i]] = kv[i+1]
		}
		return r
	}
	h.Ask(`query($r: [_Any!]!) { _entities(representations: $r) { ... on Dam { code } ... on Unit { unit: code } ... on Agency { agency: code } ... on Station { code } } }`,
		map[string]any{"r": []any{rep("Dam", "code", "TA_TRACH"), rep("Dam", "id", "dam:NOPE"), rep("Station", "code", "KIM_LONG"), rep("Dam", "id", "dam:BINH_DIEN"),
			rep("Unit", "code", "19774", "validFrom", "2025-07-01"), rep("Unit", "code", "19774", "validFrom", "2025-07-02"), rep("Agency", "code", "H57"), rep("Dam", "code", "NOPE")}}, &got)
	var codes []string
	for _, e := range got.Entities {
		codes = append(codes, e.Code+e.Unit+e.Agency)
	}
	if want := []string{"TA_TRACH", "", "KIM_LONG", "BINH_DIEN", "19774", "", "H57", ""}; !slices.Equal(codes, want) {
		t.Errorf("entities %q, want %q", codes, want)
	}
}

// TestAlias: a vessel first known by AIS only is found under its older id.
func TestAlias(t *testing.T) {
	h := province(t).As(2)
	var got struct {
		Feature, ByKey *struct {
			ID      string
			Aliases []string
			Label   string
		}
	}
	h.Ask(`{ feature(id: "vessel:mmsi-574001234") { id aliases label } byKey: vessel(id: "vessel:mmsi-574001234") { id aliases label } }`, nil, &got)
	if got.Feature == nil || got.Feature.ID == "vessel:mmsi-574001234" || !slices.Contains(got.Feature.Aliases, "vessel:mmsi-574001234") || got.ByKey == nil {
		t.Errorf("the alias gives %+v and %+v", got.Feature, got.ByKey)
	}
}
