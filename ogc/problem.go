package ogc

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"

	"geohub/internal/fault"
)

// refuse answers with what is wrong, in the form of RFC 7807 with the stable code
// that GraphQL gives, too.
func (q *request) refuse(err error) {
	f := fault.Of(err)
	switch {
	case f != nil && f.Unwrap() != nil:
		q.Log.WarnContext(q.ctx, "refused", "code", f.Code, "path", q.r.URL.Path, "err", f.Unwrap())
	case f != nil:
	case errors.Is(err, context.DeadlineExceeded):
		f = fault.Unavailable("TIMEOUT", "the question took too long and was stopped; ask for less")
	case errors.Is(err, context.Canceled):
		f = fault.Unavailable("UNAVAILABLE", "the client left")
	default:
		var b [8]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		q.Log.ErrorContext(q.ctx, "internal error", "requestId", id, "path", q.r.URL.Path, "err", err)
		f = (&fault.Error{Code: "INTERNAL", Message: "internal error"}).With("requestId", id)
	}
	status := f.Status()
	problem := map[string]any{}
	maps.Copy(problem, f.Details)
	maps.Copy(problem, map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": f.Code, "detail": f.Message})
	q.w.Header().Set("Content-Type", typeProblem)
	q.w.Header().Del("Content-Crs")
	q.w.WriteHeader(status)
	_ = q.encode(problem)
}
