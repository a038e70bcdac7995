package resolvers

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/access"
	"geohub/changes"
)

// Results keeps finished answers, and gives them again to the same question of a
// viewer who may see the same: until a table changes that the answer rests on, or
// the clock alone makes another of it.
//
// It keeps what the fast printer gave, whose every statement tells its tables;
// what the typed printer had a hand in may rest on something else.
type Results struct {
	cache         *ristretto.Cache[string, *result]
	feed          *changes.Feed
	found, missed atomic.Int64
}

// result is an answer, and what it rests on.
type result struct {
	question string // the whole, as the cache knows questions by their hashes
	answer   []byte
	tables   []string
	since    changes.Moment // before they were read
	until    time.Time      // zero: for ever
}

// NewResults keeps at most so many bytes.
func NewResults(bytes int64, feed *changes.Feed) (*Results, error) {
	cache, err := ristretto.NewCache(&ristretto.Config[string, *result]{
		NumCounters: 100_000, MaxCost: bytes, BufferItems: 64,
		Cost: func(r *result) int64 { return int64(len(r.question) + len(r.answer)) },
	})
	return &Results{cache: cache, feed: feed}, err
}

// pending is a question that waits for its answer, from when it was asked.
type pending struct {
	question string
	since    changes.Moment
}

func (s *Results) pending(question string) pending { return pending{question, s.feed.Now()} }

// question is a request's text with all that the answer depends on beside the
// data: what the viewer may see, and ask for.
func question(v access.Viewer, limits Limits, r *http.Request, text []byte) string {
	b := make([]byte, 0, 256+len(text))
	b = strconv.AppendInt(b, int64(limits.cost(v)), 10)
	b = strconv.AppendBool(append(b, ' '), v.Anonymous())
	b = append(append(b, ' '), v.Signature()...)
	b = append(append(b, ' '), r.Method...)
	return string(append(append(b, ' '), text...))
}

// find gives the answer to a question; nil when there is none to give.
func (s *Results) find(a pending, now time.Time) []byte {
	r, _ := s.cache.Get(a.question)
	if r == nil || r.question != a.question {
		s.missed.Add(1)
		return nil
	}
	if !s.feed.Unchanged(r.since, r.tables...) || !r.until.IsZero() && !now.Before(r.until) {
		s.cache.Del(a.question)
		s.missed.Add(1)
		return nil
	}
	s.found.Add(1)
	return r.answer
}

// Counts are how many questions found their answer kept, and how many did not.
func (s *Results) Counts() (found, missed int64) { return s.found.Load(), s.missed.Load() }

// keep takes an answer in, if it is one to be kept: a whole one to a query that
// the fast printer answered.
func (s *Results) keep(ctx context.Context, op *graphql.OperationContext, resp *graphql.Response, a pending, answer []byte) {
	if op.Operation.Operation != ast.Query || len(resp.Errors) > 0 || resp.HasNext != nil {
		return
	}
	if tables, until, ok := current(ctx).Grounds(ctx); ok {
		s.cache.Set(a.question, &result{a.question, answer, tables, a.since, until}, 0)
	}
}
