package connect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/ingest/formats/dossier"
)

// dossiersAsked reads a server once and gives what it was asked, the codes it
// gave and the last batch's checkpoint.
func dossiersAsked(t *testing.T, s ingest.Source, from json.RawMessage, h http.HandlerFunc) (asked, codes []string, last *ingest.Batch, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		w.Header().Set("Date", "Mon, 02 Mar 2026 02:00:00 GMT")
		h(w, r)
	}))
	defer server.Close()
	s.Name, s.Address = "dossiers", server.URL+s.Address
	reader, err := connect.Formats()["dossier"].Connect(&s)
	if err != nil {
		return nil, nil, nil, err
	}
	err = reader.Read(t.Context(), from, func(_ context.Context, b *ingest.Batch) error {
		for _, r := range b.Records {
			codes = append(codes, r.(dossier.Record).MaHoSo)
		}
		for _, r := range b.Refused {
			codes = append(codes, "refused: "+r.Reason)
		}
		last = b
		return nil
	})
	return asked, codes, last, err
}

func code(n int) string { return fmt.Sprintf("H57.08-260302-%04d", n) }

func TestDossierPages(t *testing.T) {
	page := func(w http.ResponseWriter, fields string, numbers ...int) {
		var items []string
		for _, n := range numbers {
			items = append(items, fmt.Sprintf(`{"maHoSo":%q,"trangThai":4}`, code(n)))
		}
		fmt.Fprintf(w, `{"data":[%s]%s}`, strings.Join(items, ","), fields)
	}
	for _, test := range []struct {
		name  string
		size  int
		h     http.HandlerFunc
		asked []string
		codes int
		says  string
	}{
		{"counted from 1", 2, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("page") {
			case "", "1":
				page(w, `,"tongSo":3,"trang":1`, 1, 2)
			default:
				page(w, `,"tongSo":3,"trang":2`, 3)
			}
		}, []string{"size=2", "page=2&size=2"}, 3, ""},
		{"counted from 0", 2, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("page") {
			case "", "0":
				page(w, `,"page":{"number":0,"totalElements":3,"totalPages":2}`, 1, 2)
			default:
				page(w, `,"page":{"number":1,"totalElements":3,"totalPages":2}`, 3)
			}
		}, []string{"size=2", "page=1&size=2"}, 3, ""},
		{"without a count", 2, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("page") {
			case "":
				page(w, "", 1, 2)
			case "2":
				page(w, "", 3, 4)
			default:
				page(w, "")
			}
		}, []string{"size=2", "page=2&size=2", "page=3&size=2"}, 4, ""},
		{"next by address", 0, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("token") == "" {
				page(w, `,"links":{"next":{"href":"?token=x"}}`, 1)
				return
			}
			page(w, "", 2)
		}, []string{"", "token=x"}, 2, ""},
		{"a server that counts no pages", 1, func(w http.ResponseWriter, r *http.Request) { page(w, `,"tongSo":9`, 1) }, []string{"size=1", "page=2&size=1"}, 2, "takes no page number"},
		{"next is the same", 0, func(w http.ResponseWriter, r *http.Request) { page(w, `,"next":"?"`, 1) }, []string{"", ""}, 1, "comes again"},
		{"cut off", 0, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"data":[{"maHoSo":"`+code(1)+`"},{"maHo`)
		}, []string{""}, 2, "cut off or broken"},
		{"a gateway's fault in an answer", 0, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"type":"Server.ServerProxy.AccessDenied","message":"Request is not allowed","detail":"x"}`)
		}, []string{""}, 0, "Server.ServerProxy.AccessDenied: Request is not allowed"},
		{"a gateway's fault in a header", 0, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Road-Error", "Server.ClientProxy.IOError")
			w.WriteHeader(http.StatusBadRequest)
		}, []string{""}, 0, "the gateway says Server.ClientProxy.IOError"},
	} {
		asked, codes, _, err := dossiersAsked(t, ingest.Source{Address: "/hoSo", PageSize: test.size}, nil, test.h)
		if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", test.name, err, test.says)
		}
		if diff := cmp.Diff(test.asked, asked); diff != "" || test.says == "" && len(codes) != test.codes {
			t.Errorf("%s: %d dossiers, asked %s", test.name, len(codes), diff)
		}
	}
}

// What the gateway says of itself is kept, and each request has an id of its own.
func TestDossierExchange(t *testing.T) {
	var ids []string
	_, _, last, err := dossiersAsked(t, ingest.Source{Address: "/hoSo?updatedSince={since}&tu={tuNgay}", Headers: map[string]string{"X-Road-Client": "VN/GOV/H57/GEOHUB"}, Location: time.FixedZone("", 7*3600)},
		json.RawMessage(`{"since":"2026-03-01T20:00:00Z"}`), func(w http.ResponseWriter, r *http.Request) {
			ids = append(ids, r.Header.Get("X-Road-Id"), r.Header.Get("X-Road-Client"), r.URL.Query().Get("updatedSince"), r.URL.Query().Get("tu"))
			w.Header().Set("X-Road-Id", r.Header.Get("X-Road-Id"))
			w.Header().Set("X-Road-Request-Id", "abc")
			fmt.Fprintf(w, `[{"maHoSo":%q}]`, code(1))
		})
	if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(ids[0]) {
		t.Fatalf("%v, %v", ids, err)
	}
	if diff := cmp.Diff([]string{"VN/GOV/H57/GEOHUB", "2026-03-02T03:00:00+07:00", "02/03/2026"}, ids[1:]); diff != "" {
		t.Error(diff)
	}
	if last.Exchange != "X-Road-Id "+ids[0]+", X-Road-Request-Id abc" {
		t.Errorf("exchange is %q", last.Exchange)
	}
	mark, _ := json.Marshal(last.Checkpoint)
	if string(mark) != `{"since":"2026-03-02T02:00:00Z"}` || last.Snapshot || last.Last {
		t.Errorf("checkpoint %s of a part", mark)
	}
}

// A map turns an agency's own words into the decoder's; what it can't map is
// refused without its text, which may name people.
func TestDossierMap(t *testing.T) {
	_, codes, last, err := dossiersAsked(t, ingest.Source{Map: `{maHoSo: .Code, trangThai: .Status.Id}`}, nil, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"result":{"items":[{"Code":%q,"Status":{"Id":9},"Name":"Nguyễn Văn A"},{"Code":%q,"Status":"Nguyễn Văn B"},{"Code":"x","Status":{"Id":1}}],"total":3}}`, code(1), code(2))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) != 3 || codes[0] != code(1) {
		t.Errorf("%q", codes)
	}
	for _, r := range last.Refused {
		if strings.Contains(string(r.Raw), "Nguyễn") {
			t.Errorf("the quarantine has a name: %s", r.Raw)
		}
	}
}

// A page may hold 100,000 dossiers.
func TestDossierLongPage(t *testing.T) {
	n, largest := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "[")
		for i := range 100_000 {
			fmt.Fprintf(w, `%s{"maHoSo":"H57.08-260302-%06d"}`, map[bool]string{true: ","}[i > 0], i)
		}
		io.WriteString(w, "]")
	}))
	defer server.Close()
	reader, err := connect.Formats()["dossier"].Connect(&ingest.Source{Name: "d", Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	err = reader.Read(t.Context(), nil, func(_ context.Context, b *ingest.Batch) error {
		n, largest = n+len(b.Records), max(largest, b.Len())
		return nil
	})
	if err != nil || n != 100_000 || largest > 1000 {
		t.Errorf("%d dossiers, at most %d at once, %v", n, largest, err)
	}
}
