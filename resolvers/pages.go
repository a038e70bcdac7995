package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/access"
	"geohub/layer"
	"geohub/persisted"
)

// NewPages gives how sessions begin that answer stored operations page by page: by
// the printers and limits of the server, each session in one snapshot of the
// database, at one moment.
func NewPages(c Config) func(layer.Querier, access.Viewer) persisted.Session {
	limits := c.Limits // as wide as what a session's caller adds to a document that was within them
	limits.Characters, limits.Tokens, limits.Aliases, limits.Depth = 2*limits.Characters+500, limits.Tokens+100, limits.Aliases+5, limits.Depth+1
	e := executor.New(Executable())
	c.equip(e, limits, func(ctx context.Context, wants layer.Selection) *layer.Reader {
		return sessionOf(ctx).reader.Anew(wants)
	})
	return func(db layer.Querier, viewer access.Viewer) persisted.Session {
		r := c.Catalog.Read(db, viewer, c.Clock(), layer.Selection{})
		r.Together()
		return &session{e, viewer, r}
	}
}

// session answers documents, each with a reader of its own: what one has read is
// not kept for the next.
type session struct {
	engine *executor.Executor
	viewer access.Viewer
	reader *layer.Reader
}

type sessionKey struct{}

func sessionOf(ctx context.Context) *session { return ctx.Value(sessionKey{}).(*session) }

func (s *session) Answer(ctx context.Context, document string, variables map[string]any) ([]byte, gqlerror.List) {
	asked := &request{viewer: s.viewer}
	ctx = graphql.StartOperationTrace(context.WithValue(asked.within(ctx), sessionKey{}, s))
	op, errs := s.engine.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: variables})
	if len(errs) > 0 {
		return nil, s.engine.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	responses, ctx := s.engine.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil { // the time was over before it began
		return nil, gqlerror.List{gqlerror.Wrap(ctx.Err())}
	}
	return resp.Data, resp.Errors
}

func (s *session) Done() { s.reader.Done() }
