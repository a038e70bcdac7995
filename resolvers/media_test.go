package resolvers_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/layer"
	"geohub/media"
	"geohub/resolvers"
	"geohub/systems"
)

// gallery is a hub that shows what the album has.
type gallery struct {
	*hubtest.Hub
	album *album
	pool  *pgxpool.Pool
	gate  *media.Gate
	later atomic.Int64 // nanoseconds that the gate's clock is ahead
	at    *httptest.Server
}

func newGallery(t *testing.T) *gallery {
	g := &gallery{album: newAlbum(t), pool: emptyHub(t)}
	source := func(name string) *ingest.Source {
		return &ingest.Source{Name: name, Address: g.album.URL + "/open311/v2", User: "hub", Password: "secret", Headers: map[string]string{"X-Api-Key": "secret"}}
	}
	g.gate = &media.Gate{DB: g.pool, Sources: []*ingest.Source{source("hue-s"), source("cameras")}, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(g.later.Load())) }}
	g.Hub = hubtest.Server(t, g.pool, func(c *resolvers.Config) { c.Media = g.gate })
	mux := http.NewServeMux()
	mux.Handle("/media/", g.gate)
	mux.Handle("/streams/", g.gate)
	g.at = httptest.NewServer(mux)
	t.Cleanup(g.at.Close)
	return g
}

// report writes a report with pictures.
func (g *gallery) report(t *testing.T, number string, moderated *bool, pictures ...string) {
	t.Helper()
	now := hubtest.Now
	g.put(t, &systems.Report{Base: layer.Base{ID: "report:" + number, LabelVI: number, Geom: orb.Point{107.58, 16.46}, Source: "hue-s", ObservedAt: &now},
		ServiceRequestId: &number, MediaUrls: pictures, MediaModerated: moderated})
}

func (g *gallery) put(t *testing.T, r *systems.Report) {
	t.Helper()
	put(t, g.pool, systems.Reports, r)
}

type picture struct {
	URL, MimeType *string
	Moderated     bool
}

func pictures(h *hubtest.Hub, number, arguments string) []picture {
	var got struct{ Report struct{ Media []picture } }
	h.Ask(`query($id: ID!) { report(id: $id) { media { url`+arguments+` mimeType moderated } } }`, map[string]any{"id": "report:" + number}, &got)
	return got.Report.Media
}

// get asks the hub for an address of its own, as anybody.
func (g *gallery) get(t *testing.T, address string) (*http.Response, []byte) {
	t.Helper()
	res, err := http.Get(g.at.URL + address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func (g *gallery) status(t *testing.T, address string) int {
	t.Helper()
	res, body := g.get(t, address)
	if text := string(body); strings.Contains(text, "127.0.0.1") || strings.Contains(text, "wide") {
		t.Errorf("the answer names the source: %.200s", text)
	}
	return res.StatusCode
}

// viewers are all that ask, by name.
func (g *gallery) viewers() map[string]*hubtest.Hub {
	return map[string]*hubtest.Hub{"anonymous": g.Hub, "citizens": g.As(0), "fisheries": g.As(1), "operations": g.As(2)}
}

func TestMediaPolicy(t *testing.T) {
	g := newGallery(t)
	g.report(t, "SHOWN", new(true), g.album.URL+"/wide.jpg", g.album.URL+"/wide.png")
	g.report(t, "HIDDEN", new(false), g.album.URL+"/wide.jpg")
	g.report(t, "UNSEEN", nil, g.album.URL+"/wide.jpg")
	g.report(t, "NONE", new(true))
	for who, h := range g.viewers() {
		t.Run(who, func(t *testing.T) {
			shown := pictures(h, "SHOWN", "")
			if len(shown) != 2 || !shown[0].Moderated || *shown[0].MimeType != "image/jpeg" || *shown[1].MimeType != "image/png" {
				t.Fatalf("%+v", shown)
			}
			for i, p := range shown {
				res, body := g.get(t, *p.URL)
				config, format, err := image.DecodeConfig(bytes.NewReader(body))
				if res.StatusCode != http.StatusOK || err != nil || config.Width != 640 || "image/"+format != *p.MimeType || res.Header.Get("Content-Type") != *p.MimeType ||
					res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(res.Header.Get("Cache-Control"), "private, max-age=") {
					t.Errorf("picture %d: %s %v %v %v", i, res.Status, config, err, res.Header)
				}
			}
			for _, number := range []string{"HIDDEN", "UNSEEN"} {
				got := pictures(h, number, "")
				if who != "operations" {
					if len(got) != 0 {
						t.Errorf("%s: %+v", number, got)
					}
					continue
				}
				if len(got) != 1 || got[0].Moderated || g.status(t, *got[0].URL) != http.StatusOK {
					t.Errorf("%s for staff: %+v", number, got)
				}
			}
			if got := pictures(h, "NONE", ""); got == nil || len(got) != 0 {
				t.Errorf("without pictures: %+v", got)
			}
		})
	}
	address := *pictures(g.Hub, "SHOWN", "")[0].URL
	g.put(t, func() *systems.Report {
		later := hubtest.Now.Add(time.Hour)
		return &systems.Report{Base: layer.Base{ID: "report:SHOWN", Source: "hue-s", ObservedAt: &later}, ServiceRequestId: new("SHOWN"), MediaUrls: []string{g.album.URL + "/wide.jpg"}}
	}())
	if status := g.status(t, address); status != http.StatusForbidden {
		t.Errorf("a picture that was taken back: %d", status)
	}
}

func TestMediaAddresses(t *testing.T) {
	g := newGallery(t)
	g.report(t, "A", new(true), g.album.URL+"/wide.jpg")
	address := *pictures(g.Hub, "A", "")[0].URL
	token := strings.TrimPrefix(address, "/media/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || strings.Contains(address, "127.0.0.1") || strings.Contains(string(raw), "wide") || strings.Contains(string(raw), "report:") {
		t.Errorf("the address tells what it is: %s %q %v", address, raw, err)
	}
	if again := *pictures(g.Hub, "A", "")[0].URL; again != address {
		// the minute may have ended in between
		if third := *pictures(g.Hub, "A", "")[0].URL; third != again {
			t.Errorf("the same question has the addresses %s, %s and %s", address, again, third)
		}
	}
	if other := *pictures(g.Hub, "A", "(widthPx: 100)")[0].URL; other == address {
		t.Error("another width has the same address")
	}
	changed := func(i int) string {
		b := slices.Clone(raw)
		b[i] ^= 1
		return "/media/" + base64.RawURLEncoding.EncodeToString(b)
	}
	for name, forged := range map[string]string{
		"nonce": changed(0), "text": changed(14), "tag": changed(len(raw) - 1), "short": "/media/" + token[:20], "longer": address + "AA", "no base64": "/media/ä", "empty": "/media/",
		"as a stream": "/streams/" + token, "with a path": address + "/x",
	} {
		if status := g.status(t, (&url.URL{Path: forged}).String()); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	res, err := http.Post(g.at.URL+address, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", res.Status)
	}
	another := &media.Gate{DB: g.pool, Sources: g.gate.Sources, Log: g.gate.Log, Clock: g.gate.Clock}
	rec := httptest.NewRecorder()
	another.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, address, nil))
	if rec.Code != http.StatusOK || rec.Body.Len() != 0 || rec.Header().Get("Content-Length") == "" {
		t.Errorf("another hub on the same database: %d", rec.Code)
	}
	g.later.Store(int64(9 * time.Minute))
	if status := g.status(t, address); status != http.StatusOK {
		t.Errorf("after nine minutes: %d", status)
	}
	g.later.Store(int64(12 * time.Minute))
	if status := g.status(t, address); status != http.StatusForbidden {
		t.Errorf("after twelve minutes: %d", status)
	}
}

func TestMediaWidth(t *testing.T) {
	g := newGallery(t)
	g.report(t, "A", new(true), g.album.URL+"/wide.jpg", g.album.URL+"/wide.png", g.album.URL+"/turned.jpg")
	for _, test := range []struct {
		index, widthPx, width, height int
		format                        string
	}{
		{0, 100, 100, 75, "jpeg"}, {0, 640, 640, 480, "jpeg"}, {0, 4096, 640, 480, "jpeg"}, {0, 16, 16, 12, "jpeg"},
		{1, 333, 333, 249, "png"}, {2, 120, 120, 160, "jpeg"}, {2, 480, 640, 480, "jpeg"},
	} {
		_, body := g.get(t, *pictures(g.Hub, "A", fmt.Sprintf("(widthPx: %d)", test.widthPx))[test.index].URL)
		p, format, err := image.Decode(bytes.NewReader(body))
		if err != nil || p.Bounds().Dx() != test.width || p.Bounds().Dy() != test.height || format != test.format {
			t.Errorf("%+v: %v %v", test, format, err)
			continue
		}
		if bytes.Contains(body, []byte("GPS")) {
			t.Errorf("%+v: it still says where it was taken", test)
		}
		if test.index != 2 {
			r, gr, _, _ := p.At(test.width*3/4, test.height/4).RGBA()
			if r>>8 < 180 || r>>8 > 215 || gr>>8 < 50 || gr>>8 > 80 {
				t.Errorf("%+v: the colours are %d, %d", test, r>>8, gr>>8)
			}
		}
	}
	// Turned clockwise: what was at the left is on top.
	_, body := g.get(t, *pictures(g.Hub, "A", "(widthPx: 120)")[2].URL)
	if p, err := jpeg.Decode(bytes.NewReader(body)); err != nil {
		t.Error(err)
	} else if r, _, _, _ := p.At(60, 8).RGBA(); r>>8 > 60 {
		t.Errorf("on top it is %d red", r>>8)
	}
	if _, body := g.get(t, *pictures(g.Hub, "A", "")[2].URL); bytes.Contains(body, []byte("GPS")) || !bytes.Contains(body, []byte("Exif")) {
		t.Error("the whole picture says where it was taken, or not which way is up")
	}
	for _, widthPx := range []int{-1, 0, 15, 4097} {
		a := g.Post(fmt.Sprintf(`{ report(id: "report:A") { media { url(widthPx: %d) } } }`, widthPx), nil)
		if len(a.Errors) == 0 || a.Errors[0].Code() != "BAD_INPUT" || a.Errors[0].Extensions["field"] != "widthPx" {
			t.Errorf("%d px: %+v", widthPx, a.Errors)
		}
	}
}

// TestMediaFetch: the hub goes where the source is and into the public internet,
// for pictures of a size, and nowhere else whatever a report says.
func TestMediaFetch(t *testing.T) {
	g := newGallery(t)
	otherPort := g.album.other.Listener.Addr().String()[len("127.0.0.1"):]
	ownPort := g.album.Listener.Addr().String()[len("127.0.0.1"):]
	for i, test := range []struct {
		name, address, arguments string
		status                   int
	}{
		{"as it should be", g.album.URL + "/wide.jpg", "", 200},
		{"moved on the same host", g.album.URL + "/moved.jpg", "", 200},
		{"another port of the source's host", g.album.other.URL, "", 502},
		{"by another name", "http://localhost" + otherPort, "", 502},
		{"the source by another name", "http://localhost" + ownPort + "/wide.jpg", "", 502},
		{"in IPv6", "http://[::ffff:127.0.0.1]" + otherPort, "", 502},
		{"in one number", "http://2130706433" + otherPort, "", 502},
		{"unspecified", "http://0.0.0.0" + otherPort, "", 502},
		{"metadata of a cloud", "http://169.254.169.254/latest/meta-data/", "", 502},
		{"a private network", "http://10.0.0.1/", "", 502},
		{"carrier's NAT", "http://100.64.0.1/", "", 502},
		{"IPv6 of its own", "http://[fd00::1]/", "", 502},
		{"IPv4 in IPv6", "http://[64:ff9b::7f00:1]/", "", 502},
		{"a file", "file:///etc/passwd", "", 502},
		{"another scheme", "gopher://127.0.0.1" + otherPort, "", 502},
		{"no address", "::", "", 502},
		{"a redirection elsewhere", g.album.URL + "/away.jpg", "", 502},
		{"a redirection without end", g.album.URL + "/round.jpg", "", 502},
		{"nothing there", g.album.URL + "/nothing.jpg", "", 502},
		{"a page", g.album.URL + "/page.jpg", "", 502},
		{"a page that says it is a picture", g.album.URL + "/liar.jpg", "", 502},
		{"a drawing that is a program", g.album.URL + "/drawing.svg", "", 502},
		{"eleven megabytes", g.album.URL + "/large.jpg", "", 502},
		{"without end", g.album.URL + "/endless.jpg", "", 502},
		{"too many pixels", g.album.URL + "/bomb.png", "(widthPx: 100)", 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			number := fmt.Sprint("F", i)
			g.report(t, number, new(true), test.address)
			if status := g.status(t, *pictures(g.Hub, number, test.arguments)[0].URL); status != test.status {
				t.Errorf("%d", status)
			}
		})
	}
	if n := g.album.otherHits.Load(); n != 0 {
		t.Errorf("the other server was reached %d times", n)
	}
}
