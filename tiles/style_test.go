package tiles_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/tiles/mvt"
)

// styled is what the tests read of a style.
type styled struct {
	Center   []float64
	Metadata struct {
		Bounds []float64 `json:"hub:bounds"`
		Layers []struct {
			Layer, Colour, Field string
			Title                struct{ VI, EN string }
			Legend               []struct {
				Value, Colour string
				Title         struct{ VI, EN string }
			}
			Drawn []string
		} `json:"hub:layers"`
	}
	Sources map[string]struct {
		Type, Data, Attribution string
		Tiles                   []string
	}
	Layers []struct {
		ID, Type, Source string
		SourceLayer      string `json:"source-layer"`
	}
}

func (s served) style(query string) (styled, json.RawMessage) {
	s.t.Helper()
	resp, body := s.ask("/style.json" + query)
	var out styled
	if err := json.Unmarshal(body, &out); err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("%s %s", resp.Status, body)
	}
	return out, body
}

// TestStyleIsValid holds the styles of all viewers to the specification, by its own
// validator.
func TestStyleIsValid(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	styles := map[string]json.RawMessage{}
	for _, v := range viewers {
		for _, query := range []string{"", "?lang=en", "?layers=zones,dams&asOf=2026-03-02T08:00:00%2B07:00"} {
			_, styles[v.name+query] = s.as(v.key).style(query)
		}
	}
	validate(t, styles)
}

// validate holds styles, by any names, to the specification.
func validate(t *testing.T, styles map[string]json.RawMessage) {
	t.Helper()
	input, err := json.Marshal(styles)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("node", "e2e/style.mjs")
	c.Dir, c.Stdin = "../web", bytes.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v (Node comes with scripts/deps.sh, the validator with make web)\n%s", err, out)
	}
}

// TestStyle: a style draws what the viewer's tiles hold, each value of a coloured
// field has its entry in the legend, and the moment goes along.
func TestStyle(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	catalog := hubtest.Catalog(t)
	for _, v := range viewers {
		viewer := s.as(v.key)
		style, _ := viewer.style("")
		ids := map[string]bool{}
		for _, l := range style.Layers {
			if ids[l.ID] {
				t.Errorf("%s: %s is drawn twice", v.name, l.ID)
			}
			ids[l.ID] = true
		}
		var drawn []string
		for _, l := range style.Metadata.Layers {
			drawn = append(drawn, l.Layer)
			if l.Title.VI == "" || l.Title.EN == "" || l.Colour == "" {
				t.Errorf("%s: %+v", v.name, l)
			}
			for _, id := range l.Drawn {
				if !ids[id] {
					t.Errorf("%s: %s is said to be drawn by %s", v.name, l.Layer, id)
				}
			}
			if src := style.Sources[l.Layer]; src.Type != "vector" || src.Attribution == "" || len(src.Tiles) != 1 || src.Tiles[0] != s.url+"/tiles/"+l.Layer+"/{z}/{x}/{y}.mvt"+map[bool]string{true: "?active=true"}[l.Layer == "alerts"] {
				t.Errorf("%s: %s comes from %+v", v.name, l.Layer, src)
			}
		}
		for _, layer := range catalog.Systems() {
			held := viewer.tile(layer.Field, mvt.Tile{})[layer.Field]
			if held != nil && !slices.Contains(drawn, layer.Field) {
				t.Errorf("%s has tiles of %s, and no style", v.name, layer.Field)
			}
			at := slices.Index(drawn, layer.Field)
			if held == nil || at < 0 {
				continue
			}
			legend := style.Metadata.Layers[at]
			var values []string
			for _, e := range legend.Legend {
				values = append(values, e.Value)
				if e.Title.VI == "" || e.Title.EN == "" || !strings.HasPrefix(e.Colour, "#") {
					t.Errorf("%s: %s %+v", v.name, layer.Field, e)
				}
			}
			for _, f := range held.Features {
				if value, _ := f.Properties[legend.Field].(string); value != "" && !slices.Contains(values, value) {
					t.Errorf("%s: no colour for %s %s %q", v.name, layer.Field, legend.Field, value)
				}
			}
		}
	}

	then, _ := s.style("?layers=dams&asOf=2026-03-02T08:00:00%2B07:00&lang=en")
	if src := then.Sources["dams"]; len(then.Metadata.Layers) != 1 || src.Tiles[0] != s.url+"/tiles/dams/{z}/{x}/{y}.mvt?asOf=2026-03-02T01%3A00%3A00Z" {
		t.Errorf("%+v", src)
	}
	if got := then.Sources["units"].Data; got != s.url+"/tiles/units.geojson?asOf=2026-03-02T01%3A00%3A00Z&lang=en" {
		t.Errorf("units from %s", got)
	}
	if b := then.Metadata.Bounds; len(b) != 4 || b[0] < 106.5 || b[2] > 108.5 || b[1] < 15.5 || b[3] > 17 || len(then.Center) != 2 {
		t.Errorf("bounds %v, centre %v", b, then.Center)
	}
	if dams := then.Metadata.Layers[0]; dams.Field != "damStatus" || len(dams.Legend) != 6 || dams.Legend[0].Colour != dams.Colour || dams.Legend[3].Title.EN != "Emergency" {
		t.Errorf("%+v", dams)
	}
}

// TestStyleHidden: what a viewer may not see is not drawn, not even as a promise.
func TestStyleHidden(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	style, body := s.style("?layers=dams,securityIncidents")
	if len(style.Metadata.Layers) != 1 || strings.Contains(string(body), "securityIncidents") {
		t.Errorf("%s", body)
	}
}

func TestStyleRefuses(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	for _, test := range []struct{ path, says string }{
		{"/style.json?layers=damns", "NOT_FOUND there is no layer \"damns\""},
		{"/style.json?lang=fr", "BAD_INPUT lang is vi or en"},
		{"/style.json?asOf=yesterday", "BAD_INPUT asOf"},
		{"/tiles/units.geojson?lang=fr", "BAD_INPUT lang"},
		{"/tiles/units.geojson?asOf=2999-01-01T00:00:00Z", "BAD_INPUT asOf"},
	} {
		resp, body := s.ask(test.path)
		var e struct{ Code, Message string }
		if err := json.Unmarshal(body, &e); err != nil || resp.StatusCode < 400 || !strings.HasPrefix(e.Code+" "+e.Message, test.says) {
			t.Errorf("%s: %s %s", test.path, resp.Status, body)
		}
	}
}

// TestUnits: each commune has its polygon and the place of its name.
func TestUnits(t *testing.T) {
	s := serve(t, pgtest.Shared(t, hubtest.Province()))
	var all struct {
		Features []struct {
			Geometry   struct{ Type string }
			Properties struct{ Code, Name string }
		}
	}
	resp, body := s.ask("/tiles/units.geojson")
	if err := json.Unmarshal(body, &all); err != nil || resp.Header.Get("Content-Type") != "application/geo+json" {
		t.Fatalf("%s %s", resp.Status, body)
	}
	names, shapes := map[string]string{}, 0
	for _, f := range all.Features {
		if f.Geometry.Type == "Point" {
			names[f.Properties.Code] = f.Properties.Name
		} else {
			shapes++
		}
	}
	if len(names) != 40 || shapes != 40 || names["19753"] != "Phường Phú Xuân" {
		t.Errorf("%d names, %d shapes", len(names), shapes)
	}
}

// TestActive: tiles of what is in force hold what the list of it does.
func TestActive(t *testing.T) {
	pool := pgtest.Shared(t, hubtest.Province())
	drawn := serve(t, pool)
	for _, v := range viewers {
		hub := hubtest.Server(t, pool).Alone()
		hub.Key = v.key
		var list struct {
			Alerts struct{ Nodes []struct{ ID string } }
			All    struct{ TotalCount int }
		}
		hub.Ask("{ alerts(filter: {active: true}, first: 1000) { nodes { id } } all: alerts { totalCount } }", nil, &list)
		var want []string
		for _, n := range list.Alerts.Nodes {
			want = append(want, n.ID)
		}
		slices.Sort(want)
		if len(want) == 0 || len(want) == list.All.TotalCount {
			t.Fatalf("%s: %d of %d alerts are in force", v.name, len(want), list.All.TotalCount)
		}
		var got []string
		for _, at := range around(9) {
			got = append(got, idsOf(t, drawn.as(v.key).tile("alerts", at, "?active=true")["alerts"])...)
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", v.name, got, want)
		}
	}
}
