package tiles_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/tiles"
)

// TestOperation: a tile of a stored operation holds what its list and the list of the
// tile's box have in common, for each viewer, with what it selects.
func TestOperation(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	graph := hubtest.Server(t, pool).Alone()
	drawn := serve(t, pool, func(c *tiles.Config) {
		c.Operations, c.Answers, c.Limit = graph.Operations, graph.Answers, 50_000
	})
	for _, test := range []struct{ field, arguments, parameters, value string }{
		{"dams", `(filter: {levelM: {gt: $low}})`, "low=40", "40"},
		{"zones", `(area: $in)`, "in.units=%5B%7B%22code%22:%2219753%22%7D%5D", `{"units": [{"code": "19753"}]}`},
		{"vessels", `(area: {bbox: [107.5, 16.2, 107.8, 16.7]}, orderBy: {field: LABEL})`, "", ""},
		{"alerts", ``, "", ""},
	} {
		head := ""
		switch {
		case strings.Contains(test.arguments, "$low"):
			head = "query($low: Float) "
		case strings.Contains(test.arguments, "$in"):
			head = "query($in: Area) "
		}
		document := head + "{ " + test.field + test.arguments + " { nodes { label unit { name } observedAt } } }"
		var stored struct{ StoreOperation struct{ Hash string } }
		graph.As(2).Ask(`mutation($d: String!) { storeOperation(document: $d) { hash } }`, map[string]any{"d": document}, &stored)
		for v, viewer := range viewers {
			hub := graph
			if v > 0 {
				hub = graph.As(v - 1)
			}
			drawn := served{drawn.url, viewer.key, t}
			arguments := strings.NewReplacer("$low", test.value, "$in", `{units: [{code: "19753"}]}`).Replace(test.arguments)
			arguments = "(first: 1000, " + strings.TrimPrefix(strings.TrimSuffix(arguments, ")"), "(") + ")"
			var data map[string]struct {
				Nodes []struct {
					ID, Label string
					Unit      *struct{ Name string }
				}
			}
			a := hub.Post("{ "+test.field+arguments+" { nodes { id label unit { name } } } }", nil)
			if len(a.Errors) > 0 && a.Errors[0].Code() != "DENIED" {
				t.Fatal(a.Errors)
			}
			if len(a.Errors) == 0 {
				hub.Ask("{ "+test.field+arguments+" { nodes { id label unit { name } } } }", nil, &data)
			}
			seen := 0
			for _, at := range around(9) {
				l := drawn.tile("q/"+stored.StoreOperation.Hash, at, "?"+test.parameters)[test.field]
				got, in := idsOf(t, l), listed(t, hub, test.field, at)
				var want []string
				for _, n := range data[test.field].Nodes {
					if slices.Contains(in, n.ID) {
						want = append(want, n.ID)
					}
				}
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Errorf("%s %s %v: %d features, want %d", viewer.name, document, at, len(got), len(want))
				}
				seen += len(got)
				if l == nil {
					continue
				}
				for _, f := range l.Features {
					for _, n := range data[test.field].Nodes {
						if n.ID != f.Properties["id"] {
							continue
						}
						if label, _ := f.Properties["label"].(string); label != n.Label || (n.Unit != nil) != (f.Properties["unit.name"] != nil) {
							t.Errorf("%s %s: %v, want %v", viewer.name, document, f.Properties, n)
						}
					}
				}
			}
			t.Logf("%s %s: %d", viewer.name, test.field, seen)
		}
	}
	few := serve(t, pool, func(c *tiles.Config) { c.Operations, c.Answers, c.Limit = graph.Operations, graph.Answers, 5 })
	var stored struct{ StoreOperation struct{ Hash string } }
	graph.As(2).Ask(`mutation { storeOperation(document: "{ dams { nodes { id } } }") { hash } }`, nil, &stored)
	for path, status := range map[string]int{
		stored.StoreOperation.Hash + "/0/0/0.mvt":                        400, // more than five
		stored.StoreOperation.Hash + "/9/0/0.mvt":                        204,
		stored.StoreOperation.Hash + "/9/0/0.mvt?colour=red":             400,
		stored.StoreOperation.Hash + "/23/0/0.mvt":                       400,
		stored.StoreOperation.Hash + "/0/0/0.png":                        404,
		stored.StoreOperation.Hash + ".json":                             200,
		stored.StoreOperation.Hash + ".json?colour=red":                  400,
		stored.StoreOperation.Hash:                                       404,
		strings.Repeat("0", 64) + ".json":                                404,
		strings.Repeat("0", 64) + "/0/0/0.mvt":                           404,
		url.PathEscape("' OR 1=1") + "/0/0/0.mvt":                        404,
		stored.StoreOperation.Hash + "/0/0.mvt":                          404,
		stored.StoreOperation.Hash + "/9/0/0.mvt?" + url.QueryEscape(""): 204,
	} {
		if resp, body := few.ask("/tiles/q/" + path); resp.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, status)
		}
	}
}

// TestOperationDescription: a map that knows nothing but the description finds the
// tiles, with what it says of them.
func TestOperationDescription(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	graph := hubtest.Server(t, pool).Alone()
	drawn := serve(t, pool, func(c *tiles.Config) { c.Operations, c.Answers = graph.Operations, graph.Answers })
	var stored struct{ StoreOperation struct{ Hash string } }
	graph.As(2).Ask(`mutation($d: String!) { storeOperation(document: $d, title: "Full") { hash } }`,
		map[string]any{"d": `query($low: Float) { dams(filter: {levelM: {gt: $low}}) { nodes { label levelM gated unit { name } } } }`}, &stored)
	for _, viewer := range viewers {
		drawn := served{drawn.url, viewer.key, t}
		resp, body := drawn.ask("/tiles/q/" + stored.StoreOperation.Hash + ".json?low=40")
		var d struct {
			TileJSON, Name string
			Tiles          []string
			Bounds         []float64
			VectorLayers   []struct {
				ID     string
				Fields map[string]string
			} `json:"vector_layers"`
		}
		if err := json.Unmarshal(body, &d); err != nil || resp.StatusCode != 200 || d.TileJSON != "3.0.0" || d.Name != "Full" || len(d.Tiles) != 1 || len(d.Bounds) != 4 {
			t.Fatalf("%s: %d %v %s", viewer.name, resp.StatusCode, err, body)
		}
		fields := d.VectorLayers[0].Fields
		for name, kind := range map[string]string{"label": "String", "levelM": "Number", "gated": "Boolean", "unit.name": "String"} {
			if fields[name] != kind {
				t.Errorf("%s: %s is %q, want %s", viewer.name, name, fields[name], kind)
			}
		}
		address := strings.NewReplacer("{z}", "8", "{x}", "204", "{y}", "116", drawn.url, "").Replace(d.Tiles[0])
		resp, got := drawn.ask(address)
		_, want := drawn.ask("/tiles/q/" + stored.StoreOperation.Hash + "/8/204/116.mvt?low=40")
		if resp.StatusCode != 200 || !bytes.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: %s: %d, %d bytes, want %d", viewer.name, d.Tiles[0], resp.StatusCode, len(got), len(want))
		}
	}
}
