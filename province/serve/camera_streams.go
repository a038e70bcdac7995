package serve

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"time"
)

// cameraStreams serves moving pictures of nothing: a bar that goes round with
// the seconds, as a snapshot, as MJPEG, and a list of HLS with empty segments.
func cameraStreams(mux *http.ServeMux) {
	mux.HandleFunc("GET /streams/{camera}/snapshot.jpg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(cameraPicture(r.PathValue("camera"), time.Now()))
	})
	mux.HandleFunc("GET /streams/{camera}/live.mjpeg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		for r.Context().Err() == nil {
			picture := cameraPicture(r.PathValue("camera"), time.Now())
			if _, err := fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture); err != nil {
				return
			}
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			wait(r.Context(), 500*time.Millisecond)
		}
	})
	mux.HandleFunc("GET /streams/{camera}/index.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		w.Header().Set("Cache-Control", "no-store")
		n := time.Now().Unix() / 4
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:%d\n", n)
		for i := range int64(3) {
			fmt.Fprintf(w, "#EXTINF:4.0,\nsegment-%d.ts\n", n+i)
		}
	})
	mux.HandleFunc("GET /streams/{camera}/{segment}", func(w http.ResponseWriter, r *http.Request) {
		if len(r.PathValue("segment")) < len("segment-0.ts") || r.PathValue("segment")[:8] != "segment-" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "video/mp2t")
		null := append([]byte{0x47, 0x1f, 0xff, 0x10}, bytes.Repeat([]byte{0xff}, 184)...) // a packet of the stream that carries nothing
		w.Write(bytes.Repeat(null, 100))
	})
}

// cameraPicture is 320 by 180 pixels, in a colour of the camera's own.
func cameraPicture(camera string, now time.Time) []byte {
	shade := byte(0)
	for _, c := range []byte(camera) {
		shade = shade*31 + c
	}
	picture := image.NewRGBA(image.Rect(0, 0, 320, 180))
	at := int(now.UnixMilli() / 50 % 320)
	for y := range 180 {
		for x := range 320 {
			c := color.RGBA{shade, byte(90 + y/2), 255 - shade, 255}
			if x >= at && x < at+12 {
				c = color.RGBA{255, 255, 255, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 60}); err != nil {
		panic(err) // a picture of this size always can be
	}
	return out.Bytes()
}
