package media

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"geohub/internal/fault"
	"geohub/layer"
	"geohub/systems"
)

// ServeHTTP answers below /media/ and /streams/.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // the address itself is the key
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "send GET, not %s", r.Method))
		return
	}
	kind, token := kindPicture, strings.TrimPrefix(r.URL.Path, picturesAt)
	if rest, ok := strings.CutPrefix(r.URL.Path, streamsAt); ok {
		kind, token = kindStream, rest
	}
	keys, err := g.keys(r.Context())
	if err != nil {
		g.fail(w, err)
		return
	}
	to, good := keys.open(token, g.Clock())
	if !good || to.Kind != kind {
		refuse(w, http.StatusForbidden, errNotGood)
		return
	}
	if kind == kindPicture {
		err = g.picture(w, r, to)
	} else {
		err = g.stream(w, r, to)
	}
	if err != nil {
		g.fail(w, err)
	}
}

// errNotGood is the same for an address that is forged, over, or whose picture
// has been taken back.
var errNotGood = fault.Denied("this address is not good, or no longer: ask for a new one")

// fail answers with an error. Where the source's address is at fault the caller
// is told no more than that.
func (g *Gate) fail(w http.ResponseWriter, err error) {
	var fetch errFetch
	switch f := fault.Of(err); {
	case errors.Is(err, context.Canceled): // the caller left
	case errors.As(err, &fetch):
		g.Log.Warn("a picture or stream could not be fetched", "err", err)
		refuse(w, http.StatusBadGateway, fault.Unavailable("UNAVAILABLE", "the source does not hand it out now; try again"))
	case f != nil && f.Kind == fault.KindDenied:
		refuse(w, http.StatusForbidden, f)
	case f != nil && f.Kind == fault.KindUnavailable:
		refuse(w, http.StatusServiceUnavailable, f)
	default:
		g.Log.Error("a picture or stream could not be served", "err", err)
		refuse(w, http.StatusInternalServerError, &fault.Error{Code: "INTERNAL", Message: "internal error"})
	}
}

// refuse answers as GraphQL does. It takes back what was said of the body that
// does not come.
func refuse(w http.ResponseWriter, status int, f *fault.Error) {
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Disposition"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"message": f.Message, "extensions": map[string]any{"code": f.Code}}}})
}

// report is the row that an address leads to, if that may still be shown: a
// picture can be taken back before its address is over.
func (g *Gate) report(ctx context.Context, to sealed) (*systems.Report, error) {
	rows, err := layer.Load(ctx, g.DB, systems.Reports, []string{to.ID})
	if err != nil {
		return nil, fault.Unavailable("UNAVAILABLE", "it can't be looked up now; try again").Because(err)
	}
	if len(rows) == 0 || to.Index >= len(rows[0].MediaUrls) || !to.Staff && (rows[0].MediaModerated == nil || !*rows[0].MediaModerated) {
		return nil, errNotGood
	}
	return rows[0], nil
}

// camera is the row that an address leads to.
func (g *Gate) camera(ctx context.Context, to sealed) (*systems.Camera, error) {
	rows, err := layer.Load(ctx, g.DB, systems.Cameras, []string{to.ID})
	if err != nil {
		return nil, fault.Unavailable("UNAVAILABLE", "it can't be looked up now; try again").Because(err)
	}
	if len(rows) == 0 || rows[0].StreamUrl == nil {
		return nil, errNotGood
	}
	return rows[0], nil
}

// guarded are the headers of what comes from elsewhere: shown as what it is, by
// nobody taken for a page of the hub's, and kept only while its address is good.
func (g *Gate) guarded(w http.ResponseWriter, mimeType string, to sealed) {
	h := w.Header()
	h.Set("Content-Type", mimeType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	left := max(0, to.Until-g.Clock().Unix())
	h.Set("Cache-Control", "private, max-age="+strconv.FormatInt(left, 10))
}

// lasting lets an answer take as long as it may, whatever the server's usual
// bound is.
func lasting(w http.ResponseWriter, until time.Time) {
	http.NewResponseController(w).SetWriteDeadline(until) // a server that can't keeps its own
}
