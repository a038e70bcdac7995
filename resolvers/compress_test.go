package resolvers

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestCoding(t *testing.T) {
	const large, small = packFrom, packFrom - 1
	for _, test := range []struct {
		name   string
		accept []string
		size   int
		want   string
	}{
		{"says nothing", nil, large, ""},
		{"empty", []string{""}, large, ""},
		{"a browser", []string{"gzip, deflate, br, zstd"}, large, "zstd"},
		{"a small answer", []string{"gzip, deflate, br, zstd"}, small, ""},
		{"gzip", []string{"gzip"}, large, "gzip"},
		{"its old name", []string{"x-gzip"}, large, "gzip"},
		{"two lines", []string{"br", "gzip"}, large, "gzip"},
		{"capitals and spaces", []string{" GZip ; Q=0.5 , ZSTD ;q=0.4"}, large, "gzip"},
		{"gzip weighs more", []string{"gzip;q=1.0, zstd;q=0.9"}, large, "gzip"},
		{"zstd weighs more", []string{"gzip;q=0.001, zstd;q=0.002"}, large, "zstd"},
		{"zstd refused", []string{"gzip, zstd;q=0"}, large, "gzip"},
		{"both refused", []string{"gzip;q=0, zstd;q=0.000"}, large, ""},
		{"anything", []string{"*"}, large, "zstd"},
		{"anything but zstd", []string{"*, zstd;q=0"}, large, "gzip"},
		{"nothing else than gzip", []string{"gzip, *;q=0"}, small, "gzip"},
		{"rather plain", []string{"identity, gzip;q=0.5"}, large, ""},
		{"plain as well", []string{"identity, gzip"}, large, "gzip"},
		{"plain refused", []string{"identity;q=0, gzip;q=0.1"}, small, "gzip"},
		{"plain refused and all", []string{"identity;q=0, *"}, small, "zstd"},
		{"all refused", []string{"*;q=0"}, large, ""},
		{"all refused, plain by name", []string{"identity;q=0, gzip;q=0, zstd;q=0"}, large, ""},
		{"what we don't speak", []string{"br, deflate"}, large, ""},
		{"no weight", []string{"gzip;q=high, zstd;q=2"}, large, ""},
		{"NaN", []string{"gzip;q=NaN"}, large, ""},
		{"another parameter", []string{"gzip;level=9;q=0"}, large, ""},
		{"punctuation", []string{",;=,gzip;;,"}, large, "gzip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := codingOf(test.accept, test.size); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// unpack reads a body as its Content-Encoding says.
func unpack(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	r := io.Reader(resp.Body)
	switch resp.Header.Get("Content-Encoding") {
	case "gzip":
		g, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = g
	case "zstd":
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestSend: what arrives is what was sent, in each coding and size, from many
// at a time, and after a client that left in the middle.
func TestSend(t *testing.T) {
	p := newPackers()
	text := func(size int) []byte {
		var b bytes.Buffer
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, `{"id":"dam:%d","label":"Hồ %x"},`, i, i*i)
		}
		return b.Bytes()[:size]
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		p.send(w, r, http.StatusAccepted, []byte("<"), text(size), []byte(">"))
	}))
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	ask := func(method string, size int, accept string) *http.Response {
		req, err := http.NewRequest(method, fmt.Sprint(s.URL, "/", size), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", accept)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	all := func(t *testing.T) {
		for _, coding := range []string{"", "gzip", "zstd"} {
			for _, size := range []int{0, packFrom - 3, packFrom - 2, 100_000, 3 << 20} {
				resp := ask(http.MethodPost, size, coding)
				want := ""
				if size+2 >= packFrom {
					want = coding
				}
				if got := resp.Header.Get("Content-Encoding"); got != want || resp.StatusCode != http.StatusAccepted || resp.Header.Get("Vary") != "Accept-Encoding" {
					t.Errorf("%s of %d: %s, %v", coding, size, resp.Status, resp.Header)
				}
				if want == "" && resp.ContentLength != int64(size+2) {
					t.Errorf("%s of %d: length %d", coding, size, resp.ContentLength)
				}
				if got := unpack(t, resp); string(got) != "<"+string(text(size))+">" {
					t.Errorf("%s of %d: %d bytes came", coding, size, len(got))
				}
			}
		}
	}
	t.Run("one at a time", all)
	t.Run("many at a time", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { all(t) })
		}
		wg.Wait()
	})
	t.Run("HEAD", func(t *testing.T) {
		for _, coding := range []string{"", "gzip", "zstd"} {
			resp := ask(http.MethodHead, 100_000, coding)
			if got := resp.Header.Get("Content-Encoding"); got != coding {
				t.Errorf("%q, want %q", got, coding)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 0 {
				t.Errorf("a body of %d, %v", len(body), err)
			}
		}
	})
	t.Run("a client that leaves", func(t *testing.T) {
		for _, coding := range []string{"identity", "gzip", "zstd"} {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "POST /%d HTTP/1.1\r\nHost: hub\r\nAccept-Encoding: %s\r\nContent-Length: 0\r\n\r\n", 64<<20, coding)
			if _, err := io.ReadFull(conn, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			conn.Close()
		}
		all(t)
	})
}
