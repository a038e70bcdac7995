// Package media shows pictures of reports and streams of cameras without
// telling where they come from: the hub hands out sealed addresses on itself,
// good for ten minutes, and fetches what lies behind them.
//
// The rule it keeps: who may see was decided when the address was made, is
// looked at again when it is used, and neither the address nor an answer names
// the source's own.
//
//	gate := &media.Gate{DB: pool, Sources: sources, Clock: time.Now, Log: log}
//	mux.Handle("/media/", gate)
//	mux.Handle("/streams/", gate)
package media

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/access"
	"geohub/ingest"
	"geohub/internal/fault"
	"geohub/systems"
)

// Gate makes the addresses and answers at them.
type Gate struct {
	DB *pgxpool.Pool
	// Sources are those that the hub reads: what lies on a source's own host may
	// be fetched wherever that is.
	Sources []*ingest.Source
	// Networks are private ones that pictures and streams may be fetched from
	// beside; nil: none.
	Networks []netip.Prefix
	// Clock is the real one, whatever the province's is.
	Clock func() time.Time
	Log   *slog.Logger

	mu    sync.Mutex
	seals *seals
	room  room
}

// Media is a picture of a report.
type Media struct {
	MimeType  *string
	Moderated bool

	gate *Gate
	to   sealed
}

// unmoderated is the class of pictures that nobody has looked at yet: they may
// show anything, and anybody.
var unmoderated = access.Class{Sharing: access.Private, Personal: access.Basic}

// Pictures are those of a report that the viewer may see: those that nobody has
// looked at yet only for staff.
func (g *Gate) Pictures(r *systems.Report, v access.Viewer) []*Media {
	out := []*Media{}
	moderated := r.MediaModerated != nil && *r.MediaModerated
	if g == nil || !moderated && !v.Sees(systems.Reports.Field, unmoderated) {
		return out
	}
	for i, address := range r.MediaUrls {
		out = append(out, &Media{MimeType: typeByName(address), Moderated: moderated, gate: g,
			to: sealed{Kind: kindPicture, ID: r.ID, Index: i, Staff: !moderated}})
	}
	return out
}

// Widths that a picture can be scaled down to, pixels.
const minWidthPx, maxWidthPx = 16, 4096

// URL is an address of the picture on this hub, good for ten minutes.
func (m *Media) URL(ctx context.Context, widthPx *int) (*string, error) {
	to := m.to
	if widthPx != nil {
		if *widthPx < minWidthPx || *widthPx > maxWidthPx {
			return nil, fault.Invalid("BAD_INPUT", "widthPx is %d; it can be %d to %d", *widthPx, minWidthPx, maxWidthPx).With("field", "widthPx")
		}
		to.WidthPx = *widthPx
	}
	return m.gate.address(ctx, picturesAt, to)
}

// Stream is what a camera shows now.
type Stream struct {
	Available bool
	MimeType  *string

	gate *Gate
	to   sealed
}

// StreamOf is the camera's stream; nil when it has none, or the viewer may not
// see it: then the row doesn't hold it.
func (g *Gate) StreamOf(c *systems.Camera) *Stream {
	if g == nil || c.StreamUrl == nil || *c.StreamUrl == "" {
		return nil
	}
	u, err := url.Parse(*c.StreamUrl)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return &Stream{} // RTSP and its like: nothing the hub could hand on
	}
	return &Stream{Available: true, MimeType: typeByName(*c.StreamUrl), gate: g, to: sealed{Kind: kindStream, ID: c.ID}}
}

// URL is an address of the stream on this hub, good for ten minutes; nil when
// it is not available.
func (s *Stream) URL(ctx context.Context) (*string, error) {
	if !s.Available {
		return nil, nil
	}
	return s.gate.address(ctx, streamsAt, s.to)
}

// Where the gate answers.
const picturesAt, streamsAt = "/media/", "/streams/"

// goodFor is how long an address is; it ends with a minute, so that the same
// question soon after gets the same address, which a browser has in its cache.
const goodFor = 10 * time.Minute

func (g *Gate) address(ctx context.Context, at string, to sealed) (*string, error) {
	s, err := g.keys(ctx)
	if err != nil {
		return nil, err
	}
	to.Until = g.Clock().Add(goodFor).Truncate(time.Minute).Add(time.Minute).Unix()
	address := at + s.seal(to)
	return &address, nil
}

// typesByName are the media types by the ends of names; what has another says
// nothing of itself until it is fetched.
var typesByName = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
	".m3u8": "application/vnd.apple.mpegurl", ".mjpg": "multipart/x-mixed-replace", ".mjpeg": "multipart/x-mixed-replace",
}

func typeByName(address string) *string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	if t, ok := typesByName[strings.ToLower(path.Ext(u.Path))]; ok {
		return &t
	}
	return nil
}
