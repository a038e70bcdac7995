package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxPlaylist and maxPart bound what makes up a stream, bytes.
	maxPlaylist, maxPart = 1 << 20, 64 << 20
	// partTimeout bounds fetching a part of a stream, or one picture of it.
	partTimeout = 60 * time.Second
)

// streamTypes are the kinds of thing that a stream is made of, a trailing slash
// for all of a family.
var streamTypes = []string{"image/jpeg", "image/png", "multipart/x-mixed-replace", "video/", "audio/", "text/vtt", "application/mp4", "application/octet-stream"}

// playlistTypes are those of HLS.
var playlistTypes = []string{"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"}

func among(types []string, t string) bool {
	for _, known := range types {
		if t == known || strings.HasSuffix(known, "/") && strings.HasPrefix(t, known) {
			return true
		}
	}
	return false
}

// stream answers with a camera's stream: a picture, pictures without end
// (MJPEG), or a playlist of HLS, whose parts then are asked for here as well.
func (g *Gate) stream(w http.ResponseWriter, r *http.Request, to sealed) error {
	row, err := g.camera(r.Context(), to)
	if err != nil {
		return err
	}
	address := *row.StreamUrl
	if to.Part != "" {
		if !sameHost(address, to.Part) {
			return errNotGood // the camera's stream has moved since
		}
		address = to.Part
	}
	soon, cancelWait := context.WithTimeout(r.Context(), time.Second)
	defer cancelWait()
	release, err := g.room.streams.take(soon, g, maxStreams)
	if err != nil {
		return err
	}
	defer release()
	until := time.Unix(to.Until, 0)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	limit := time.AfterFunc(partTimeout, cancel)
	defer limit.Stop()
	res, err := g.fetch(ctx, row.Source, address)
	if err != nil {
		return fmt.Errorf("stream of %s: %w", to.ID, err)
	}
	defer res.Body.Close()
	said := res.Header.Get("Content-Type")
	mimeType, _, _ := mime.ParseMediaType(said)
	switch {
	case among(playlistTypes, mimeType):
		return g.playlist(w, r, res, to)
	case !among(streamTypes, mimeType):
		return fmt.Errorf("stream of %s: %w", to.ID, errFetch{fmt.Errorf("it is %q, neither a picture nor video", said)})
	case mimeType != "multipart/x-mixed-replace":
		if res.ContentLength > maxPart {
			return fmt.Errorf("stream of %s: %w", to.ID, errFetch{fmt.Errorf("a part has %d bytes; at most %d", res.ContentLength, maxPart)})
		}
		g.guarded(w, mimeType, to)
		w.Header().Set("Cache-Control", "no-store")
		lasting(w, time.Now().Add(partTimeout))
		if res.ContentLength >= 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
		}
		if r.Method != http.MethodHead {
			io.Copy(w, io.LimitReader(res.Body, maxPart))
		}
		return nil
	}
	// Pictures without end: as long as the address is good.
	left := until.Sub(g.Clock())
	limit.Reset(left)
	lasting(w, time.Now().Add(left))
	g.guarded(w, said, to)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodHead {
		io.Copy(flushing{w, http.NewResponseController(w)}, res.Body)
	}
	return nil
}

// flushing sends each piece on as it comes.
type flushing struct {
	io.Writer
	c *http.ResponseController
}

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}

// playlist hands on a playlist of HLS in which every address is one of this hub.
func (g *Gate) playlist(w http.ResponseWriter, r *http.Request, res *http.Response, to sealed) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, maxPlaylist+1))
	if err == nil && len(text) > maxPlaylist {
		err = errors.New("the playlist is too long")
	}
	if err != nil {
		return fmt.Errorf("stream of %s: %w", to.ID, errFetch{err})
	}
	out, err := g.rewritten(text, res.Request.URL, to)
	if err != nil {
		return fmt.Errorf("stream of %s: %w", to.ID, errFetch{err})
	}
	g.guarded(w, playlistTypes[0], to)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodHead {
		w.Write(out)
	}
	return nil
}

// rewritten puts addresses of this hub in the place of those in a playlist, in
// lines of their own and in URI="…". All have to lie on the playlist's own host.
// Parts are good as long as the playlist.
func (g *Gate) rewritten(text []byte, at *url.URL, to sealed) ([]byte, error) {
	here := func(ref string) (string, error) {
		u, err := at.Parse(ref)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !sameHost(at.String(), u.String()) {
			return "", errors.New("the playlist leads to another host")
		}
		part := to
		part.Part = u.String()
		return g.seals.seal(part), nil // relative to the playlist's own address
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "#EXT"):
			continue // a remark
		case !strings.HasPrefix(line, "#"):
			part, err := here(line)
			if err != nil {
				return nil, err
			}
			line = part
		default:
			before, rest, has := strings.Cut(line, `URI="`)
			if !has && strings.Contains(line, "://") {
				continue // no player needs it, and it may name the source
			}
			if !has {
				break
			}
			ref, after, closed := strings.Cut(rest, `"`)
			if !closed || strings.Contains(after, `URI="`) {
				return nil, errors.New("the playlist can't be understood")
			}
			part, err := here(ref)
			if err != nil {
				return nil, err
			}
			line = before + `URI="` + part + `"` + after
		}
		out.WriteString(line + "\n")
	}
	return out.Bytes(), nil
}

func sameHost(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && ua.Scheme == ub.Scheme && ua.Hostname() == ub.Hostname() && portOf(ua) == portOf(ub)
}
