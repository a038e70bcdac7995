package resolvers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
)

// album is a source's own web server, and another one in the same network that
// nobody is to reach.
type album struct {
	*httptest.Server
	other     *httptest.Server
	otherHits atomic.Int32
}

func pictureOf(width, height int) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.SetRGBA(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	return p
}

func jpegOf(p image.Image) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, p, nil)
	return b.Bytes()
}

func pngOf(p image.Image) []byte {
	var b bytes.Buffer
	png.Encode(&b, p)
	return b.Bytes()
}

// withExif is a JPEG that says where it was taken and, by orientation 6, that it
// is to be turned.
func withExif(picture []byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00GPS 16.46 107.58"
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return slices.Concat(picture[:2], segment, picture[2:])
}

func newAlbum(t *testing.T) *album {
	a := &album{}
	a.other = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.otherHits.Add(1)
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(jpegOf(pictureOf(4, 4)))
	}))
	t.Cleanup(a.other.Close)
	serve := func(mimeType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization")+r.Header.Get("X-Api-Key") != "" {
				t.Errorf("%s was asked for with the source's login", r.URL)
			}
			w.Header().Set("Content-Type", mimeType)
			w.Write(body)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/wide.jpg", serve("image/jpeg", jpegOf(pictureOf(640, 480))))
	mux.HandleFunc("/turned.jpg", serve("image/jpeg", withExif(jpegOf(pictureOf(640, 480)))))
	mux.HandleFunc("/wide.png", serve("image/png", pngOf(pictureOf(640, 480))))
	mux.HandleFunc("/page.jpg", serve("text/html", []byte("<script>alert(1)</script>")))
	mux.HandleFunc("/liar.jpg", serve("image/jpeg", []byte("<html><script>alert(1)</script>")))
	mux.HandleFunc("/drawing.svg", serve("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)))
	mux.HandleFunc("/bomb.png", serve("image/png", bomb(t)))
	mux.HandleFunc("/large.jpg", serve("image/jpeg", make([]byte, 11<<20)))
	mux.HandleFunc("/endless.jpg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		for block := jpegOf(pictureOf(64, 64)); r.Context().Err() == nil; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/moved.jpg", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/wide.jpg", http.StatusFound) })
	mux.HandleFunc("/away.jpg", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, a.other.URL+"/", http.StatusFound) })
	mux.HandleFunc("/round.jpg", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round.jpg", http.StatusFound) })
	mux.HandleFunc("/cam.mjpeg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		for frame := jpegOf(pictureOf(8, 8)); r.Context().Err() == nil; {
			if _, err := fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(frame), frame); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/live/index.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprintf(w, "#EXTM3U\n# made at %s\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\",IV=0x1\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"%s\"\n#EXTINF:4,\nseg-1.ts?secret=1\n#EXTINF:4,\n%s/live/seg-2.ts\n", a.URL, a.URL, a.URL)
	})
	mux.HandleFunc("/live/away.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprintf(w, "#EXTM3U\n#EXTINF:4,\n%s/seg.ts\n", a.other.URL)
	})
	mux.HandleFunc("/live/seg-1.ts", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		fmt.Fprint(w, "segment ", r.URL.Query().Get("secret"))
	})
	mux.HandleFunc("/live/key.bin", serve("application/octet-stream", []byte("0123456789abcdef")))
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// bomb is a small PNG of very many pixels.
func bomb(t *testing.T) []byte {
	t.Helper()
	b := pngOf(image.NewGray(image.Rect(0, 0, 8, 8)))
	copy(b[16:], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff}) // IHDR's size; its checksum is looked at later
	return b
}
