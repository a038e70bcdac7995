package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"geohub/access"
	"geohub/internal/fault"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

const (
	appSecret  = "hub_live_appapp01_0123456789abcdef"
	opsSecret  = "hub_live_opsops01_0123456789ABCDEF-_"
	goneSecret = "hub_live_gonegon1_0123456789abcdef"
)

// stored is a database with three keys, the last of them revoked.
func stored(t *testing.T) pgx.Tx {
	t.Helper()
	tx := pgtest.Tx(t, hubtest.Empty())
	for _, k := range []access.Key{
		{Secret: appSecret, Name: "app", Grants: []access.Grant{{}}},
		{Secret: opsSecret, Name: "ops", Agency: "H57.01", Grants: []access.Grant{{Layer: "vessels", Sharing: access.Private, Personal: access.Basic}}},
		{Secret: goneSecret, Name: "gone", Grants: []access.Grant{{Sharing: access.Private}}},
	} {
		if err := access.StoreKey(t.Context(), tx, k); err != nil {
			t.Fatal(err)
		}
	}
	revoke(t, tx, "gonegon1")
	return tx
}

func revoke(t *testing.T, tx pgx.Tx, prefix string) {
	t.Helper()
	if _, err := tx.Exec(t.Context(), "UPDATE api_keys SET revoked_at = now() WHERE prefix = $1", prefix); err != nil {
		t.Fatal(err)
	}
}

func newKeys(t *testing.T, db access.Querier) *access.Keys {
	t.Helper()
	keys, err := access.NewKeys(db)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestViewer(t *testing.T) {
	keys := newKeys(t, stored(t))
	app := access.Viewer{Name: "app", Grants: []access.Grant{{}}}
	ops := access.Viewer{Name: "ops", Agency: "H57.01", Grants: []access.Grant{{Layer: "vessels", Sharing: access.Private, Personal: access.Basic}}}
	const xKey, auth = "X-Api-Key", "Authorization"
	for _, test := range []struct {
		name   string
		header []string
		want   access.Viewer
		code   string
	}{
		{"no key", nil, access.Viewer{}, ""},
		{"an empty key", []string{xKey, ""}, access.Viewer{}, ""},
		{"another scheme", []string{auth, "Basic YTpi"}, access.Viewer{}, ""},
		{"by header", []string{xKey, appSecret}, app, ""},
		{"by bearer", []string{auth, "Bearer " + opsSecret}, ops, ""},
		{"both: the key's own header counts", []string{xKey, appSecret, auth, "Bearer " + opsSecret}, app, ""},
		{"again, from the cache", []string{xKey, opsSecret}, ops, ""},
		{"unknown", []string{xKey, "hub_live_nobody00_0123456789abcdef"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"unknown by bearer", []string{auth, "Bearer hub_live_nobody00_0123456789abcdef"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"wrong secret", []string{xKey, "hub_live_appapp01_0123456789abcdeg"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"secret with more behind it", []string{xKey, appSecret + "0"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"secret of another key", []string{xKey, "hub_live_appapp01_0123456789ABCDEF-_"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"revoked", []string{xKey, goneSecret}, access.Viewer{}, "UNAUTHENTICATED"},
		{"no key at all", []string{xKey, "letmein"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"secret too short", []string{xKey, "hub_live_appapp01_0123456789abcde"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"a line behind it", []string{xKey, appSecret + "\n"}, access.Viewer{}, "UNAUTHENTICATED"},
		{"a space before it", []string{auth, "Bearer  " + appSecret}, access.Viewer{}, "UNAUTHENTICATED"},
		{"a quote in it", []string{xKey, "hub_live_appapp0'_0123456789abcdef"}, access.Viewer{}, "UNAUTHENTICATED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := keys.Viewer(request(test.header...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("viewer (-want +got):\n%s", diff)
			}
			switch f := fault.Of(err); {
			case test.code == "" && err != nil:
				t.Errorf("error: %v", err)
			case test.code != "" && (f == nil || f.Code != test.code || f.Kind != fault.KindDenied):
				t.Errorf("error %v, want code %s", err, test.code)
			}
		})
	}
}

// TestRevoked: a key that served a moment ago is refused within six seconds of
// its revocation; five of them are the cache's.
func TestRevoked(t *testing.T) {
	t.Parallel()
	tx := stored(t)
	keys := newKeys(t, tx)
	if v, err := keys.Viewer(request("X-Api-Key", appSecret)); err != nil || v.Name != "app" {
		t.Fatalf("before: %v, %v", v, err)
	}
	revoke(t, tx, "appapp01")
	revoked := time.Now()
	refused := func() bool {
		_, err := keys.Viewer(request("X-Api-Key", appSecret))
		return err != nil && fault.Of(err).Code == "UNAUTHENTICATED"
	}
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for !refused() {
		if time.Since(revoked) > 6*time.Second {
			t.Fatal("the key still serves after six seconds")
		}
		<-poll.C
	}
	if _, err := newKeys(t, tx).Viewer(request("X-Api-Key", appSecret)); err == nil {
		t.Error("another hub, that never saw it, takes the revoked key")
	}
}

// TestStoreKey: storing again under the same eight characters replaces the
// secret and takes a revocation back.
func TestStoreKey(t *testing.T) {
	tx := stored(t)
	const again = "hub_live_gonegon1_another-secret-of-it"
	if err := access.StoreKey(t.Context(), tx, access.Key{Secret: again, Name: "back", Grants: []access.Grant{{Sharing: access.Shared}}}); err != nil {
		t.Fatal(err)
	}
	keys := newKeys(t, tx)
	want := access.Viewer{Name: "back", Grants: []access.Grant{{Sharing: access.Shared}}}
	got, err := keys.Viewer(request("X-Api-Key", again))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("viewer (-want +got):\n%s", diff)
	}
	if _, err := keys.Viewer(request("X-Api-Key", goneSecret)); err == nil {
		t.Error("the replaced secret still serves")
	}
	var kept int
	if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM api_keys k WHERE k::text LIKE '%another-secret%' OR position('another-secret'::bytea IN hash) > 0").Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if kept > 0 {
		t.Error("the secret itself is kept")
	}
	for _, bad := range []string{"", "hub_live_short_0123456789abcdef", "hub_live_UPPERCAS_0123456789abcdef", "hub_live_appapp01_short"} {
		if err := access.StoreKey(t.Context(), tx, access.Key{Secret: bad, Name: "bad"}); err == nil {
			t.Errorf("%q was stored as a key", bad)
		}
	}
}

// TestNoDatabase: without one, a key can't be told good or bad; nobody becomes
// anonymous by it.
func TestNoDatabase(t *testing.T) {
	tx := stored(t)
	keys := newKeys(t, tx)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := keys.Viewer(request("X-Api-Key", appSecret))
	if f := fault.Of(err); f == nil || f.Kind != fault.KindUnavailable || !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("error %v, want unavailable because of the database", err)
	}
	if v, err := keys.Viewer(request()); err != nil || !v.Anonymous() {
		t.Errorf("without a key: %v, %v", v, err)
	}
	if v, err := keys.Viewer(request("X-Api-Key", "letmein")); fault.Of(err) == nil || fault.Of(err).Code != "UNAUTHENTICATED" {
		t.Errorf("malformed: %v, %v", v, err)
	}
}
