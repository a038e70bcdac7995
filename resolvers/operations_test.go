package resolvers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestStoreOperation: a document has one hash, whoever stores it; who stored it
// lists it and may remove it, and nobody else.
func TestStoreOperation(t *testing.T) {
	h := hubtest.Server(t, pgtest.DB(t, hubtest.Province()))
	const document = `query A { dams { nodes { id } } } query B { dams { totalCount } }`
	const store = `mutation($d: String!, $n: String, $t: String) { storeOperation(document: $d, operationName: $n, title: $t) { hash title layer features tiles operationName } }`
	type operation struct {
		Hash, Title, Layer, Features, OperationName string
	}
	keep := func(h *hubtest.Hub, title string) operation {
		t.Helper()
		var got struct{ StoreOperation operation }
		h.Ask(store, map[string]any{"d": document, "n": "A", "t": title}, &got)
		return got.StoreOperation
	}
	sum := sha256.Sum256([]byte(document))
	hash := hex.EncodeToString(sum[:])
	first, second := keep(h.As(1), "Dams"), keep(h.As(2), "Others")
	if first != second || first != (operation{hash, "Dams", "dams", "/q/" + hash, "A"}) {
		t.Errorf("stored %v, then %v", first, second)
	}
	for key, want := range []int{0, 1, 0} {
		var got struct{ StoredOperations []operation }
		h.As(key).Ask(`{ storedOperations { hash title } }`, nil, &got)
		if len(got.StoredOperations) != want {
			t.Errorf("viewer %d lists %v", key, got.StoredOperations)
		}
	}
	var seen struct{ StoredOperation *struct{ Document string } }
	h.Ask(`query($h: String!) { storedOperation(hash: $h) { document } }`, map[string]any{"h": hash}, &seen)
	if seen.StoredOperation == nil || seen.StoredOperation.Document != document {
		t.Errorf("found %v", seen.StoredOperation)
	}
	for _, test := range []struct {
		hub       *hubtest.Hub
		d, n      string
		code, say string
	}{
		{h, document, "A", "DENIED", "key"},
		{h.As(2), document, "B", "BAD_INPUT", `"A"`},
		{h.As(2), document, "", "BAD_INPUT", "A, B"},
		{h.As(2), `{ dams { nodes { colour } } }`, "", "BAD_INPUT", "colour"},
		{h.As(2), `{ dams {`, "", "BAD_INPUT", "read"},
		{h.As(2), `{ __typename ` + strings.Repeat("#", 15_000) + "\n}", "", "TOKEN_LIMIT", "15000"},
		{h.As(2), `{ dams { ` + strings.Repeat("nodes { id } ", 600) + `} }`, "", "TOKEN_LIMIT", "2000"},
		{h.As(2), `{ dams { nodes { ` + "unit {" + strings.Repeat("parent { ", 10) + "code" + strings.Repeat(" }", 11) + ` } } }`, "", "DEPTH_LIMIT", "12"},
	} {
		a := test.hub.Post(store, map[string]any{"d": test.d, "n": test.n})
		if len(a.Errors) != 1 || a.Errors[0].Code() != test.code || !strings.Contains(a.Errors[0].Message, test.say) {
			t.Errorf("%.60s %s: %v, want %s", test.d, test.n, a.Errors, test.code)
		}
	}
	forget := func(h *hubtest.Hub) (done bool) {
		t.Helper()
		var got struct{ ForgetOperation bool }
		h.Ask(`mutation($h: String!) { forgetOperation(hash: $h) }`, map[string]any{"h": hash}, &got)
		return got.ForgetOperation
	}
	if forget(h.As(2)) || !forget(h.As(1)) || forget(h.As(1)) {
		t.Error("forgotten by others, or not by its own key")
	}
}
