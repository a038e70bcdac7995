package access_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"geohub/access"
	"geohub/clause"
)

func Example() {
	fisheries := access.Viewer{Name: "fisheries", Grants: []access.Grant{
		{Sharing: access.Shared},
		{Layer: "vessels", Sharing: access.Private, Personal: access.Basic},
	}}
	for _, layer := range []string{"vessels", "dams"} {
		sql, _ := clause.And(access.Rows(fisheries, layer), clause.Of("f.geom IS NOT NULL")).SQL()
		fmt.Println(layer, sql)
	}
	phone := access.Class{Sharing: access.Private, Personal: access.Basic}
	fmt.Println(fisheries.Sees("vessels", phone), fisheries.Sees("dams", phone))
	// Output:
	// vessels (f.geom IS NOT NULL)
	// dams (f.sharing <= 1) AND (f.geom IS NOT NULL)
	// true false
}

func TestGrants(t *testing.T) {
	class := func(s access.Sharing, p access.Personal) access.Class { return access.Class{Sharing: s, Personal: p} }
	everything := access.Grant{Sharing: access.Private, Personal: access.Sensitive}
	shared := access.Grant{Sharing: access.Shared}
	vessels := access.Grant{Layer: "vessels", Sharing: access.Private, Personal: access.Basic}
	for _, test := range []struct {
		name   string
		grants []access.Grant
		layer  string
		want   access.Class
		rows   string
	}{
		{"anonymous", nil, "dams", class(access.Open, access.NotPersonal), "f.sharing <= 0"},
		{"a grant of nothing", []access.Grant{{}}, "dams", class(access.Open, access.NotPersonal), "f.sharing <= 0"},
		{"every layer", []access.Grant{shared}, "dams", class(access.Shared, access.NotPersonal), "f.sharing <= 1"},
		{"of another layer", []access.Grant{vessels}, "dams", class(access.Open, access.NotPersonal), "f.sharing <= 0"},
		{"of this layer", []access.Grant{vessels}, "vessels", class(access.Private, access.Basic), ""},
		{"layers are told apart by the whole name", []access.Grant{vessels}, "vessel", class(access.Open, access.NotPersonal), "f.sharing <= 0"},
		{"the higher of two", []access.Grant{shared, vessels}, "vessels", class(access.Private, access.Basic), ""},
		{"in any order", []access.Grant{vessels, shared}, "vessels", class(access.Private, access.Basic), ""},
		{"a narrow grant takes nothing away", []access.Grant{everything, {Layer: "dams"}}, "dams", class(access.Private, access.Sensitive), ""},
		{"personal alone opens no row", []access.Grant{{Personal: access.Sensitive}}, "dams", class(access.Open, access.Sensitive), "f.sharing <= 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := access.Viewer{Name: "test", Grants: test.grants}
			higher := test.want
			higher.Sharing++
			more := test.want
			more.Personal++
			if !v.Sees(test.layer, test.want) || v.Sees(test.layer, higher) || v.Sees(test.layer, more) {
				t.Errorf("does not see just up to %v", test.want)
			}
			sql, _ := access.Rows(v, test.layer).SQL()
			if sql != test.rows {
				t.Errorf("rows %q, want %q", sql, test.rows)
			}
		})
	}
}

func TestAnonymous(t *testing.T) {
	if !(access.Viewer{}).Anonymous() || (access.Viewer{Name: "app"}).Anonymous() {
		t.Error("a viewer is anonymous exactly when it has no name")
	}
}

// TestCovers walks both axes: seen is what is on or below the ceiling on each.
func TestCovers(t *testing.T) {
	for ceiling := range 9 {
		for class := range 9 {
			top := access.Class{Sharing: access.Sharing(ceiling / 3), Personal: access.Personal(ceiling % 3)}
			c := access.Class{Sharing: access.Sharing(class / 3), Personal: access.Personal(class % 3)}
			want := class/3 <= ceiling/3 && class%3 <= ceiling%3
			if got := top.Covers(c); got != want {
				t.Errorf("under %v, %v is seen: %v", top, c, got)
			}
		}
	}
}

func TestEnums(t *testing.T) {
	for i, name := range []string{"OPEN", "SHARED", "PRIVATE"} {
		var b strings.Builder
		access.Sharing(i).MarshalGQL(&b)
		var back access.Sharing
		if err := back.UnmarshalGQL(name); err != nil || back != access.Sharing(i) || b.String() != `"`+name+`"` {
			t.Errorf("sharing %d is written %s; %s is read as %d, %v", i, b.String(), name, back, err)
		}
	}
	for i, name := range []string{"NONE", "BASIC", "SENSITIVE"} {
		var b strings.Builder
		access.Personal(i).MarshalGQL(&b)
		var back access.Personal
		if err := back.UnmarshalGQL(name); err != nil || back != access.Personal(i) || b.String() != `"`+name+`"` {
			t.Errorf("personal %d is written %s; %s is read as %d, %v", i, b.String(), name, back, err)
		}
	}
	for _, bad := range []any{"", "open", "SECRET", "NONE ", 1, nil, []any{"OPEN"}} {
		var s access.Sharing
		var p access.Personal
		if s.UnmarshalGQL(bad) == nil {
			t.Errorf("%#v was read as sharing %d", bad, s)
		}
		if p.UnmarshalGQL(bad) == nil {
			t.Errorf("%#v was read as personal %d", bad, p)
		}
	}
}

// TestGrantsAreStored: what api_keys holds as JSON is what was granted.
func TestGrantsAreStored(t *testing.T) {
	want := access.Grant{Layer: "vessels", Sharing: access.Private, Personal: access.Basic}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != `{"layer":"vessels","sharing":2,"personal":1}` {
		t.Errorf("stored as %s", text)
	}
	var got access.Grant
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("read back as %v, %v", got, err)
	}
}
