package ogc_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/access"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/ogc"
	"geohub/persisted"
)

// storedTests are operations that are layers. Each takes $first and $after, so that
// it can be walked by GraphQL alone.
var storedTests = []struct {
	name, document string
	variables      map[string]any
	parameters     []string
}{
	{"plain", `query($first: Int, $after: String) { dams(first: $first, after: $after) { nodes { id label levelM damStatus gated observedAt } pageInfo { hasNextPage endCursor } } }`, nil, nil},
	{"nested, with lists and aliases", `query($first: Int, $after: String) { all: stations(first: $first, after: $after) { rows: nodes { ...s unit { name(lang: VI) code parent { name } } provenance { agency { code } } } pageInfo { hasNextPage endCursor } totalCount } }
		fragment s on Station { kind: stationKind parameters readings(last: 2) { at value } position { lon lat } masked }`, nil, nil},
	{"of people", `query($first: Int, $after: String) { reports(area: {units: [{code: "19753"}]}, filter: {observed: {from: "2025-10-27T00:00:00Z"}}, first: $first, after: $after) { nodes { label reportStatus addressString description provenance { recordKey } unit { name } masked __typename } pageInfo { hasNextPage endCursor } } }`, nil, nil},
	{"filter and order", `query($first: Int, $after: String, $status: [ReportStatus!], $during: DateTimeRange, $low: Boolean = false) {
		reports(first: $first, after: $after, filter: {reportStatus: {in: $status}, observed: $during}, orderBy: {field: OBSERVED_AT, direction: DESC}) {
			nodes { id reportStatus observedAt label @skip(if: $low) } pageInfo { hasNextPage endCursor } } }`,
		map[string]any{"status": []string{"CLOSED", "ASSIGNED"}, "during": map[string]any{"from": "2025-10-27T00:00:00Z", "to": "2025-10-28T00:00:00Z"}, "low": true},
		[]string{"status", "CLOSED", "status", "ASSIGNED", "during.from", "2025-10-27T00:00:00Z", "during.to", "2025-10-28T00:00:00Z", "low", "true"}},
	{"near", `query($first: Int, $after: String, $at: Near) { cameras(near: $at, first: $first, after: $after) { edges { distanceM node { label ... on Feature { observedAt } geometry(precision: 3) } } pageInfo { hasNextPage endCursor } } }`,
		map[string]any{"at": map[string]any{"lon": 107.58, "lat": 16.46, "maxM": 5000}}, []string{"at.lon", "107.58", "at.lat", "16.46", "at.maxM", "5000"}},
	{"area", `query($first: Int, $after: String, $in: Area) { zones(area: $in, first: $first, after: $after) { nodes { label zoneKind drawn: geometry(crs: 9214, precision: 1) } pageInfo { hasNextPage endCursor } } }`,
		map[string]any{"in": map[string]any{"bbox": []float64{107.4, 16.2, 107.8, 16.7}}}, []string{"in.bbox", "[107.4,16.2,107.8,16.7]"}},
	{"vessels", `query($first: Int, $after: String) { vessels(area: {bbox: [107.5, 16.3, 107.8, 16.7]}, first: $first, after: $after) { nodes { label registration knots: speedKn homePort { label } } pageInfo { hasNextPage endCursor } } }`, nil, nil},
}

// TestOperations: a stored operation's features are those that GraphQL answers the
// same viewer, in every format.
func TestOperations(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province()))
	for _, test := range storedTests {
		hash := h.as(2).store(test.document)
		for key := -1; key < 3; key++ {
			h := h.as(key)
			name := fmt.Sprintf("%s, viewer %d", test.name, key)
			want, refused := h.walk(test.document, test.variables)
			resp, body := h.get("/q/"+hash+".geojson", test.parameters...)
			if refused != "" {
				if !bytes.Contains(body, []byte(refused)) || resp.StatusCode < 400 {
					t.Errorf("%s: GraphQL says %s, the export %d %.200s", name, refused, resp.StatusCode, body)
				}
				continue
			}
			var collection struct {
				Features []struct {
					ID         string
					Geometry   any
					Properties map[string]any
				}
				NumberReturned int
			}
			if err := json.Unmarshal(body, &collection); err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %v %.500s", name, resp.StatusCode, err, body)
			}
			if len(collection.Features) != len(want) || collection.NumberReturned != len(want) || resp.Trailer.Get("X-Number-Returned") != fmt.Sprint(len(want)) {
				t.Errorf("%s: %d features, %d returned, want %d", name, len(collection.Features), collection.NumberReturned, len(want))
				continue
			}
			for i, f := range collection.Features {
				if left, known := f.Properties["label"]; test.variables["low"] == true && known && left == nil {
					delete(f.Properties, "label") // what @skip leaves out is null
				}
				if !reflect.DeepEqual(f.Properties, want[i].properties) || f.ID != want[i].id || !reflect.DeepEqual(f.Geometry, want[i].geometry) {
					t.Errorf("%s: feature %d is %v, want %v", name, i, f, want[i])
					break
				}
			}
			_, text := h.get("/q/"+hash+".geojsonl", test.parameters...)
			lines := linesOf(t, text)
			_, text = h.get("/q/"+hash+".csv", test.parameters...)
			table, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil || len(table) != len(want)+1 || len(lines) != len(want) {
				t.Errorf("%s: %d lines, csv has %d: %v", name, len(lines), len(table), err)
				continue
			}
			for i, cells := range table[1:] {
				for j, column := range table[0][:len(cells)-1] {
					if got, v := cells[j], want[i].properties[column]; v == nil && got != "" || v != nil && !sameCell(got, v) {
						t.Errorf("%s: csv %s of %s is %q, want %v", name, column, want[i].id, got, v)
					}
				}
			}
			if len(want) == 0 || key == 0 { // who sees what is as in text; each file takes two programs
				continue
			}
			for _, format := range []string{"fgb", "gpkg"} {
				resp, body := h.get("/q/"+hash+"."+format, test.parameters...)
				if resp.StatusCode != http.StatusOK {
					t.Errorf("%s.%s: %d %s", name, format, resp.StatusCode, body)
					continue
				}
				h.compareOperation(name+"."+format, keep(t, "q."+format, body), slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return format == "fgb" && l.Geometry == nil }))
			}
		}
	}
}

// compareOperation holds what GDAL reads in a file against the lines of the same
// answer, which it leaves in their order.
func (h hub) compareOperation(name, file string, want []line) {
	h.t.Helper()
	got := gdalPrint(h.t, file)
	if len(got) != len(want) {
		h.t.Errorf("%s: %d features, want %d", name, len(got), len(want))
		return
	}
	for i, w := range want {
		for column, value := range w.Properties {
			if object, isObject := value.(map[string]any); isObject && fmt.Sprint(got[i].Properties[column]) == fmt.Sprint(object) {
				continue
			}
			if !sameValue(got[i].Properties[column], value) {
				h.t.Errorf("%s: %s of row %d is %#v, want %#v", name, column, i, got[i].Properties[column], value)
				return
			}
		}
		if (got[i].Geometry == nil) != (w.Geometry == nil) || w.Geometry != nil && !sameNumbers(got[i].Geometry.Coordinates, w.Geometry.Coordinates) {
			h.t.Errorf("%s: row %d lies elsewhere", name, i)
			return
		}
	}
}

func sameCell(cell string, v any) bool {
	switch v := v.(type) {
	case string:
		return cell == v
	default:
		var got any
		return json.Unmarshal([]byte(cell), &got) == nil && reflect.DeepEqual(got, v)
	}
}

// store stores a document and gives its hash.
func (h hub) store(document string) string {
	h.t.Helper()
	var got struct{ StoreOperation struct{ Hash string } }
	h.graphql.Ask(`mutation($d: String!) { storeOperation(document: $d) { hash } }`, map[string]any{"d": document}, &got)
	return got.StoreOperation.Hash
}

type flat struct {
	id         string
	geometry   any
	properties map[string]any
}

// walk asks GraphQL for a document page by page and lays out flat what it answers;
// refused is the code of an error. id and geometry are asked for once more beside it.
func (h hub) walk(document string, variables map[string]any) (out []flat, refused string) {
	h.t.Helper()
	list := strings.Replace(document, "node {", "node { id_: id g_: geometry ", 1)
	if list == document {
		list = strings.Replace(document, "nodes {", "nodes { id_: id g_: geometry ", 1)
	}
	v := maps.Clone(variables)
	if v == nil {
		v = map[string]any{}
	}
	v["first"] = 200
	for {
		a := h.graphql.Post(list, v)
		if len(a.Errors) > 0 {
			return nil, a.Errors[0].Code()
		}
		var data map[string]map[string]json.RawMessage
		if err := json.Unmarshal(a.Data, &data); err != nil {
			h.t.Fatal(err)
		}
		var info struct {
			HasNextPage bool
			EndCursor   string
		}
		for _, connection := range data {
			if err := json.Unmarshal(connection["pageInfo"], &info); err != nil {
				h.t.Fatal(err)
			}
			for _, key := range []string{"nodes", "rows", "edges"} {
				var rows []map[string]any
				if connection[key] == nil {
					continue
				}
				if err := json.Unmarshal(connection[key], &rows); err != nil {
					h.t.Fatal(err)
				}
				for _, row := range rows {
					if node, ok := row["node"].(map[string]any); ok {
						delete(row, "node")
						maps.Copy(row, node)
					}
					f := flat{row["id_"].(string), row["g_"], map[string]any{}}
					if g, selected := row["geometry"]; selected {
						f.geometry = g
					}
					delete(row, "id_")
					delete(row, "g_")
					delete(row, "geometry")
					flatten(f.properties, "", row)
					out = append(out, f)
				}
			}
		}
		if !info.HasNextPage {
			break
		}
		v["after"] = info.EndCursor
	}
	// An object that is null somewhere has members elsewhere: they are null there.
	columns := map[string]bool{}
	for _, f := range out {
		for name := range f.properties {
			columns[name] = true
		}
	}
	for _, f := range out {
		for name := range columns {
			if _, ok := f.properties[name]; !ok {
				f.properties[name] = nil
			}
		}
		for name := range f.properties {
			for other := range columns {
				if strings.HasPrefix(other, name+".") {
					delete(f.properties, name) // the object itself
				}
			}
		}
	}
	return out, ""
}

func flatten(into map[string]any, path string, v any) {
	object, ok := v.(map[string]any)
	if _, isGeometry := object["coordinates"]; !ok || isGeometry {
		into[path] = v
		return
	}
	for key, member := range object {
		if path != "" {
			key = path + "." + key
		}
		flatten(into, key, member)
	}
}

// TestOperationPages: more rows than a page holds come once each, whatever the page.
func TestOperationPages(t *testing.T) {
	pool := pgtest.DB(t, province())
	h := serveDB(t, pool).as(2)
	total := h.total("reports", "")
	if total <= layer.MaxFirst {
		t.Fatalf("only %d reports", total)
	}
	hash := h.store(`{ reports { nodes { id } } }`)
	_, body := h.get("/q/" + hash + ".geojsonl")
	if ids := byID(t, body); len(ids) != total || bytes.Count(body, []byte("\n")) != total {
		t.Errorf("%d reports in %d lines, want %d", len(ids), bytes.Count(body, []byte("\n")), total)
	}
}

// overtaken is a session in which something is written behind the first answer.
type overtaken struct {
	persisted.Session
	write func()
}

func (s *overtaken) Answer(ctx context.Context, document string, variables map[string]any) ([]byte, gqlerror.List) {
	data, errs := s.Session.Answer(ctx, document, variables)
	if s.write != nil {
		s.write()
		s.write = nil
	}
	return data, errs
}

// TestOperationSnapshot: what is written between two pages shows in none of them.
func TestOperationSnapshot(t *testing.T) {
	pool := pgtest.DB(t, province())
	overtake := false
	h := serveDB(t, pool, func(c *ogc.Config) {
		begin := c.Answers
		c.Answers = func(db layer.Querier, viewer access.Viewer) persisted.Session {
			if !overtake {
				return begin(db, viewer)
			}
			return &overtaken{begin(db, viewer), func() {
				for _, sql := range []string{"UPDATE reports SET label = 'overtaken', updated_at = clock_timestamp()", "DELETE FROM reports WHERE id > (SELECT id FROM reports ORDER BY id DESC OFFSET 20 LIMIT 1)"} {
					if _, err := pool.Exec(context.Background(), sql); err != nil {
						t.Error(err)
					}
				}
			}}
		}
	}).as(2)
	total := h.total("reports", "")
	address := "/q/" + h.store(`{ reports { nodes { id label } } }`) + ".geojsonl"
	_, before := h.get(address)
	overtake = true
	if _, during := h.get(address); !bytes.Equal(during, before) || bytes.Count(during, []byte("\n")) != total || total <= layer.MaxFirst {
		t.Errorf("%d reports, %d of them overtaken, want %d", bytes.Count(during, []byte("\n")), bytes.Count(during, []byte("overtaken")), total)
	}
	overtake = false
	if _, after := h.get(address); bytes.Count(after, []byte("overtaken")) != total-20 || bytes.Count(after, []byte("\n")) != total-20 {
		t.Errorf("later %d reports, %d overtaken, want %d", bytes.Count(after, []byte("\n")), bytes.Count(after, []byte("overtaken")), total-20)
	}
}

func TestOperationRefuses(t *testing.T) {
	h := serveDB(t, pgtest.DB(t, province())).as(2)
	for _, test := range []struct {
		document, parameters string
		status               int
		says                 string
	}{
		{`{ dams { totalCount } }`, "", 400, "nodes or edges"},
		{`{ dams { nodes { id } } reports { nodes { id } } }`, "", 400, "both dams and reports"},
		{`{ layers { name } }`, "", 400, "layers is not the list"},
		{`{ dams { nodes { id } edges { node { id } } } }`, "", 400, "both nodes and edges"},
		{`mutation { forgetOperation(hash: "x") }`, "", 400, "no query"},
		{`query($n: Boolean!) { dams @skip(if: $n) { nodes { id } } }`, "n=true", 400, "directive"},
		{`{ dams { nodes { geometry(crs: 9214) } } }`, "", 400, "9214"},
		{`query($n: Int!) { dams(filter: {levelM: {gt: 1.5}}) { nodes { readings(last: $n) { at } } } }`, "", 400, "variable.n"},
		{`query($low: Float) { dams(filter: {levelM: {gt: $low}}) { nodes { id } } }`, "low=high", 400, "low"},
		{`query($low: Float) { dams(filter: {levelM: {gt: $low}}) { nodes { label } } }`, "colour=red", 400, "there are low"},
		{`query($low: Float) { dams(filter: {levelM: {gt: $low}}) { nodes { river } } }`, "low=1&low=2", 400, "2 times"},
		{`query($r: DateTimeRange) { dams(filter: {observed: $r}) { nodes { river } } }`, "r.since=1", 400, "no member since"},
		{`query($r: DateTimeRange) { dams(filter: {observed: $r}) { nodes { id } } }`, "r=null&r.from=2025-01-01T00:00:00Z&r.from=2025-01-01T00:00:00Z", 400, "2 times"},
		{`query($t: DateTime) { dams(asOf: $t) { nodes { id } } }`, "t=2999-01-01T00:00:00Z", 400, "still to come"},
		{`query($t: DateTime) { dams(asOf: $t) { nodes { id label } } }`, "t=yesterday", 400, "t"},
	} {
		hash := h.store(test.document)
		resp, body := h.get("/q/" + hash + ".csv?" + test.parameters)
		if resp.StatusCode != test.status || !strings.Contains(string(body), test.says) || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s ?%s: %d %s", test.document, test.parameters, resp.StatusCode, body)
		}
	}
	if resp, body := h.get("/q/" + strings.Repeat("0", 64) + ".csv"); resp.StatusCode != 404 {
		t.Errorf("unknown: %d %s", resp.StatusCode, body)
	}
	if resp, body := h.get("/q/" + url.PathEscape("a'b") + ".csv"); resp.StatusCode != 404 {
		t.Errorf("no hash: %d %s", resp.StatusCode, body)
	}
	hash := h.store(`{ dams { nodes { id } } }`)
	if resp, _ := h.get("/q/" + hash + ".xlsx"); resp.StatusCode != 404 {
		t.Errorf("xlsx: %d", resp.StatusCode)
	}
	bad := h
	bad.key = "hub_live_nobody00_0123456789abcdef"
	if resp, _ := bad.get("/q/" + hash + ".csv"); resp.StatusCode != 401 {
		t.Errorf("bad key: %d", resp.StatusCode)
	}
}
