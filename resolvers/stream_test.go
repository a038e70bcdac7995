package resolvers_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"geohub/internal/hubtest"
	"geohub/layer"
	"geohub/systems"
)

func (g *gallery) camera(t *testing.T, name string, stream *string) {
	t.Helper()
	now := hubtest.Now
	put(t, g.pool, systems.Cameras, &systems.Camera{Base: layer.Base{ID: "camera:" + name, LabelVI: name, Geom: orb.Point{107.58, 16.46}, Source: "cameras", ObservedAt: &now}, StreamUrl: stream})
}

type stream struct {
	URL, MimeType *string
	Available     bool
}

func streamOf(h *hubtest.Hub, name string) (*stream, []string) {
	var got struct {
		Camera struct {
			Stream *stream
			Masked []string
		}
	}
	h.Ask(`query($id: ID!) { camera(id: $id) { stream { url available mimeType } masked } }`, map[string]any{"id": "camera:" + name}, &got)
	return got.Camera.Stream, got.Camera.Masked
}

func TestStreamPolicy(t *testing.T) {
	g := newGallery(t)
	g.camera(t, "PICTURE", new(g.album.URL+"/wide.jpg"))
	g.camera(t, "RTSP", new("rtsp://admin:12345@10.1.2.3:554/h264"))
	g.camera(t, "NONE", nil)
	for who, h := range g.viewers() {
		s, masked := streamOf(h, "PICTURE")
		if who == "anonymous" || who == "citizens" {
			if s != nil || !slices.Contains(masked, "stream") {
				t.Errorf("%s sees %+v, masked %v", who, s, masked)
			}
			continue
		}
		if s == nil || !s.Available || *s.MimeType != "image/jpeg" || slices.Contains(masked, "stream") || strings.Contains(*s.URL, "127.0.0.1") {
			t.Fatalf("%s sees %+v, masked %v", who, s, masked)
		}
		if res, body := g.get(t, *s.URL); res.StatusCode != http.StatusOK || http.DetectContentType(body) != "image/jpeg" {
			t.Errorf("%s: %s", who, res.Status)
		}
		if s, _ := streamOf(h, "RTSP"); s == nil || s.Available || s.URL != nil || s.MimeType != nil {
			t.Errorf("%s sees RTSP as %+v", who, s)
		}
		if s, _ := streamOf(h, "NONE"); s != nil {
			t.Errorf("%s sees %+v of no stream", who, s)
		}
	}
	s, _ := streamOf(g.As(2), "PICTURE")
	if status := g.status(t, "/media/"+strings.TrimPrefix(*s.URL, "/streams/")); status != http.StatusForbidden {
		t.Errorf("as a picture: %d", status)
	}
	g.later.Store(int64(12 * time.Minute))
	if status := g.status(t, *s.URL); status != http.StatusForbidden {
		t.Errorf("after twelve minutes: %d", status)
	}
}

func TestStreamKinds(t *testing.T) {
	g := newGallery(t)
	ops := g.As(2)
	t.Run("HLS", func(t *testing.T) {
		g.camera(t, "HLS", new(g.album.URL+"/live/index.m3u8"))
		s, _ := streamOf(ops, "HLS")
		res, body := g.get(t, *s.URL)
		text := string(body)
		if res.StatusCode != http.StatusOK || *s.MimeType != "application/vnd.apple.mpegurl" || !strings.HasPrefix(text, "#EXTM3U\n") {
			t.Fatalf("%s %s", res.Status, text)
		}
		for _, word := range []string{"127.0.0.1", "seg-", "key.bin", "secret", "#EXT-X-SESSION-DATA"} {
			if strings.Contains(text, word) {
				t.Errorf("the playlist says %q:\n%s", word, text)
			}
		}
		lines := strings.Split(strings.TrimSpace(text), "\n")
		part := func(ref string) string {
			base, _ := url.Parse(*s.URL)
			u, err := base.Parse(ref)
			if err != nil {
				t.Fatal(err)
			}
			return u.String()
		}
		if _, body := g.get(t, part(lines[3])); string(body) != "segment 1" {
			t.Errorf("a segment is %q", body)
		}
		_, key, _ := strings.Cut(lines[1], `URI="`)
		key, _, _ = strings.Cut(key, `"`)
		if _, body := g.get(t, part(key)); string(body) != "0123456789abcdef" {
			t.Errorf("the key is %q in %s", body, lines[1])
		}
		g.later.Store(int64(12 * time.Minute))
		if status := g.status(t, part(lines[3])); status != http.StatusForbidden {
			t.Errorf("a segment after twelve minutes: %d", status)
		}
		g.later.Store(0)
	})
	t.Run("MJPEG", func(t *testing.T) {
		g.camera(t, "MJPEG", new(g.album.URL+"/cam.mjpeg"))
		s, _ := streamOf(ops, "MJPEG")
		res, err := http.Get(g.at.URL + *s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		begin := make([]byte, 4096)
		if _, err := io.ReadFull(res.Body, begin); err != nil || res.Header.Get("Content-Type") != "multipart/x-mixed-replace; boundary=frame" || !bytes.HasPrefix(begin, []byte("--frame\r\n")) {
			t.Errorf("%v %v %.40q", err, res.Header, begin)
		}
	})
	for name, address := range map[string]string{
		"a playlist that leads elsewhere": g.album.URL + "/live/away.m3u8", "a page": g.album.URL + "/page.jpg", "another server": g.album.other.URL,
		"a redirection elsewhere": g.album.URL + "/away.jpg", "a private network": "http://10.1.2.3/cam.mjpeg",
	} {
		t.Run(name, func(t *testing.T) {
			g.camera(t, "BAD", new(address))
			later := hubtest.Now
			put(t, g.pool, systems.Cameras, &systems.Camera{Base: layer.Base{ID: "camera:BAD", Source: "cameras", ObservedAt: &later}, StreamUrl: &address})
			s, _ := streamOf(ops, "BAD")
			if status := g.status(t, *s.URL); status != http.StatusBadGateway {
				t.Errorf("%d", status)
			}
		})
	}
	if n := g.album.otherHits.Load(); n != 0 {
		t.Errorf("the other server was reached %d times", n)
	}
}
