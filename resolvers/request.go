package resolvers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"

	"geohub/access"
)

// request is what is known of a request. It is one value of the context, for
// each costs every request, and every search in the context, a little.
type request struct {
	viewer access.Viewer
	// id names the request in the log; it is made when first asked for, and most
	// never are.
	named sync.Once
	id    string
}

type requestKey struct{}

func (q *request) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, q)
}

func viewerOf(ctx context.Context) access.Viewer {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		return q.viewer
	}
	return access.Viewer{}
}

func requestID(ctx context.Context) string {
	q, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return ""
	}
	q.named.Do(func() {
		var b [8]byte
		rand.Read(b[:])
		q.id = hex.EncodeToString(b[:])
	})
	return q.id
}
