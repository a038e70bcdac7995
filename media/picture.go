package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"geohub/internal/fault"
)

const (
	// maxPicture is the largest picture, bytes.
	maxPicture = 10 << 20
	// pictureTimeout bounds fetching one.
	pictureTimeout = 20 * time.Second
	// roomFor is how many pictures are in memory at once, and how many of them
	// are being scaled.
	roomFor, scaledAtOnce = 8, 2
	// maxStreams is how many streams are handed on at once.
	maxStreams = 64
)

// room bounds what is held at once.
type room struct{ pictures, scaling, streams places }

// places are taken and given back; the zero value is ready.
type places struct{ c chan struct{} }

// take waits for one of n places until ctx ends.
func (p *places) take(ctx context.Context, g *Gate, n int) (release func(), err error) {
	g.mu.Lock()
	if p.c == nil {
		p.c = make(chan struct{}, n)
	}
	c := p.c
	g.mu.Unlock()
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		return nil, fault.Unavailable("UNAVAILABLE", "too much is asked for at once; try again").Because(ctx.Err())
	}
}

// shownTypes are the kinds of picture that the hub hands on: pictures and
// nothing that could be a program (SVG).
var shownTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// picture answers with a report's picture.
func (g *Gate) picture(w http.ResponseWriter, r *http.Request, to sealed) error {
	ctx, cancel := context.WithTimeout(r.Context(), pictureTimeout)
	defer cancel()
	row, err := g.report(ctx, to)
	if err != nil {
		return err
	}
	release, err := g.room.pictures.take(ctx, g, roomFor)
	if err != nil {
		return err
	}
	defer release()
	res, err := g.fetch(ctx, row.Source, row.MediaUrls[to.Index])
	if err != nil {
		return fmt.Errorf("picture %d of %s: %w", to.Index, to.ID, err)
	}
	defer res.Body.Close()
	body, mimeType, err := readPicture(res)
	if err != nil {
		return fmt.Errorf("picture %d of %s: %w", to.Index, to.ID, err)
	}
	if to.WidthPx > 0 {
		release, err := g.room.scaling.take(ctx, g, scaledAtOnce)
		if err != nil {
			return err
		}
		body, mimeType, err = scaled(body, mimeType, to.WidthPx)
		release()
		if err != nil {
			return fmt.Errorf("picture %d of %s: %w", to.Index, to.ID, errFetch{err})
		}
	}
	body = bare(body, mimeType)
	g.guarded(w, mimeType, to)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
	return nil
}

// readPicture reads a whole picture. What it is is seen from its bytes, beside
// what the source says of it.
func readPicture(res *http.Response) (body []byte, mimeType string, err error) {
	said, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if !strings.HasPrefix(said, "image/") {
		return nil, "", errFetch{fmt.Errorf("it is %q, not a picture", said)}
	}
	if res.ContentLength > maxPicture {
		return nil, "", errFetch{fmt.Errorf("it has %d bytes; at most %d", res.ContentLength, maxPicture)}
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxPicture+1))
	switch {
	case err != nil:
		return nil, "", errFetch{err}
	case len(body) > maxPicture:
		return nil, "", errFetch{fmt.Errorf("it has over %d bytes", maxPicture)}
	}
	if mimeType = http.DetectContentType(body); !shownTypes[mimeType] {
		return nil, "", errFetch{errors.New("its bytes are not JPEG, PNG, GIF or WebP")}
	}
	return body, mimeType, nil
}
