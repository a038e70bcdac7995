package resolvers_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/web"
)

// TestAnswerIsCompactJSON: an answer is to the byte what encoding/json makes of
// it, but for the signs < > & in texts of its data, which need no escape.
func TestAnswerIsCompactJSON(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, hubtest.Province())).As(2)
	type ask struct {
		name, query string
		variables   json.RawMessage
	}
	asks := []ask{
		{"nothing but a type", "{ __typename }", nil},
		{"no operation", "{", nil},
		{"not valid", "{ nope }", nil},
		{"an error beside data", `{ dams(first: 1) { nodes { id } } other: dams(first: 0) { nodes { id } } }`, nil},
		{"an error beside null", `{ dam(id: "dam:NOPE") { id } unit(code: "<&>", at: "2025-02-30") { name } }`, nil},
		{"too dear", "{ vessels(first: 1000) { nodes { positions(last: 1000) { lon lat at } } } }", nil},
		{"signs in a text", `query($t: String!) { places(filter: {text: $t}) { totalCount } a: __typename }`, json.RawMessage(`{"t": "<b>&\u2028"}`)},
		{"the schema", `{ __schema { types { name description fields { name description args { name defaultValue } type { name kind } } enumValues { name description } } } }`, nil},
		{"shapes", `{ zones(first: 20) { nodes { id label geometry(precision: 6) position { lon lat } } } places(first: 20) { geojson } }`, nil},
		{"every kind of scalar", `{ reports(first: 50) { nodes { id label description observedAt updatedAt masked provenance { source recordKey observedAt } } groups(by: [REPORT_STATUS]) { count keys { title } } extent } }`, nil},
		{"layers and sources", `{ layers { name title count } sources { name } quarantine(first: 5) { nodes { reason record } } }`, nil},
		{"entities", `{ _entities(representations: [{__typename: "Dam", code: "TA_TRACH"}, {__typename: "Dam", id: "dam:NOPE"}]) { ... on Dam { id code } } _service { sdl } }`, nil},
		{"deferred", `{ dams(first: 1) { nodes { id ... @defer { label } } } }`, nil},
	}
	examples, err := web.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		asks = append(asks, ask{e.Name, e.Query, e.Variables})
	}
	for _, a := range asks {
		t.Run(a.name, func(t *testing.T) {
			body, err := json.Marshal(map[string]any{"query": a.query, "variables": a.variables})
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequest(http.MethodPost, h.URL, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept-Encoding", "identity")
			req.Header.Set("X-Api-Key", h.Key)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Header.Get("Content-Length") != strconv.Itoa(len(got)) {
				t.Errorf("length %s of %d", resp.Header.Get("Content-Length"), len(got))
			}
			if strings.Contains(string(got), `"code":"INTERNAL"`) {
				t.Errorf("%.300s", got)
			}
			var read graphql.Response
			if err := json.Unmarshal(got, &read); err != nil {
				t.Fatalf("%v: %.300s", err, got)
			}
			if read.Data == nil {
				read.Data = json.RawMessage("null")
			}
			want, err := json.Marshal(read)
			if err != nil {
				t.Fatal(err)
			}
			var escaped bytes.Buffer
			json.HTMLEscape(&escaped, got)
			if !bytes.Equal(escaped.Bytes(), want) {
				i := 0
				for i < min(escaped.Len(), len(want)) && escaped.Bytes()[i] == want[i] {
					i++
				}
				t.Errorf("at %d:\n%.200s\nwant\n%.200s", i, escaped.Bytes()[i:], want[i:])
			}
		})
	}
}
