package tiles

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"geohub/internal/fault"
)

// answer is a finished body, in both forms in which it may be sent.
type answer struct {
	mime          string
	plain, packed []byte // packed is nil where that is worth nothing
	tag           string
}

// packFrom is the size from which an answer is packed: below it fits into one
// packet either way.
const packFrom = 1 << 10

var packers = sync.Pool{New: func() any {
	e, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for an unknown level only
	return e
}}

// answerOf is an answer of which both forms are there.
func answerOf(mime string, plain, packed []byte) *answer {
	hash := sha256.Sum256(plain)
	return &answer{mime: mime, plain: plain, packed: packed, tag: hex.EncodeToString(hash[:12])}
}

func newAnswer(mime string, body []byte) *answer {
	a := answerOf(mime, bytes.Clone(body), nil)
	if len(body) >= packFrom {
		var b bytes.Buffer
		e := packers.Get().(*gzip.Writer)
		e.Reset(&b)
		e.Write(body)
		e.Close()
		e.Reset(nil)
		packers.Put(e)
		a.packed = bytes.Clone(b.Bytes())
	}
	return a
}

// send answers with the form that the client takes, or says that it has it
// already.
func (a *answer) send(w http.ResponseWriter, req *http.Request) {
	header := w.Header()
	header.Set("Vary", "Accept-Encoding, X-Api-Key, Authorization")
	if len(a.plain) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	// Each form has a tag of its own: they are not the same bytes.
	body, tag := a.plain, `"`+a.tag+`"`
	if a.packed != nil && takesGzip(req.Header) {
		body, tag = a.packed, `"`+a.tag+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", tag)
	if has(req.Header, tag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.mime)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if req.Method != http.MethodHead {
		w.Write(body) // nobody is left to tell of a client that went away
	}
}

// has says whether a client has the answer of a tag.
func has(h http.Header, tag string) bool {
	for _, line := range h.Values("If-None-Match") {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// takesGzip says whether a client takes gzip: it names it, or anything, and
// doesn't give it the weight 0.
func takesGzip(h http.Header) bool {
	takes, named := false, false
	for _, line := range h.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "gzip" && (name != "*" || named) {
				continue
			}
			named = named || name == "gzip"
			_, q, given := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
			share, err := strconv.ParseFloat(q, 64)
			takes = !given || err == nil && share > 0
		}
	}
	return takes
}

// fail answers with an error, in the words that are fit for a client.
func (h *handler) fail(w http.ResponseWriter, req *http.Request, err error) {
	f := fault.Of(err)
	switch {
	case f == nil && errors.Is(err, context.DeadlineExceeded):
		f = fault.Unavailable("TIMEOUT", "the tile took too long and was stopped; ask for fewer layers").Because(err)
	case f == nil && errors.Is(err, context.Canceled):
		f = fault.Unavailable("UNAVAILABLE", "the client left")
	case f == nil:
		h.Log.ErrorContext(req.Context(), "internal error", "path", req.URL.Path, "err", err)
		f = &fault.Error{Code: "INTERNAL", Message: "internal error"}
	}
	if f.Unwrap() != nil {
		h.Log.WarnContext(req.Context(), "refused", "code", f.Code, "path", req.URL.Path, "err", f.Unwrap())
	}
	h.refuse(w, req, f.Status(), f)
}

func (h *handler) refuse(w http.ResponseWriter, req *http.Request, status int, f *fault.Error) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		json.NewEncoder(w).Encode(map[string]string{"code": f.Code, "message": f.Message})
	}
}
