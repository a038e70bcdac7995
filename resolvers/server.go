package resolvers

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/access"
	"geohub/graph"
	"geohub/layer"
	"geohub/media"
	"geohub/outbox"
	"geohub/persisted"
	"geohub/plan"
)

// Config is what a server needs.
type Config struct {
	Catalog *layer.Catalog
	DB      layer.Querier
	// Viewer tells who asks; an error is answered with 401.
	Viewer func(*http.Request) (access.Viewer, error)
	Clock  func() time.Time
	Log    *slog.Logger
	Limits Limits
	// Strict hides introspection from anonymous viewers.
	Strict bool
	// Printer answers what it can before the typed printer; nil: that answers all.
	Printer *plan.Printer
	// Results keeps answers of the printer; nil: none are kept.
	Results *Results
	// Indicators are those that can be asked for; nil: none.
	Indicators *layer.Indicators
	// Outbox takes in reports; nil: none are taken.
	Outbox *outbox.Outbox
	// Media makes the addresses of pictures and streams; nil: there are none.
	Media *media.Gate
	// Operations keeps what clients store.
	Operations *persisted.Operations
}

// Executable is the schema bound to its resolvers.
func Executable() graphql.ExecutableSchema {
	return graph.NewExecutableSchema(graph.Config{Resolvers: root{}})
}

// requestTimeout bounds a whole request.
const requestTimeout = 10 * time.Second

// NewServer answers GraphQL over HTTP.
func NewServer(c Config) http.Handler {
	if c.Printer == nil {
		c.Results = nil // only its answers are kept
	}
	srv := handler.New(Executable())
	srv.AddTransport(transport.Options{})
	srv.AddTransport(newOverHTTP(&c))
	c.equip(srv, c.Limits, func(ctx context.Context, wants layer.Selection) *layer.Reader {
		return c.Catalog.Read(c.DB, viewerOf(ctx), c.Clock(), wants)
	})
	return authenticate(c.Viewer, c.Log, srv)
}

// engine is what runs operations: gqlgen's server, or its executor alone.
type engine interface {
	SetQueryCache(cache graphql.Cache[*ast.QueryDocument])
	SetParserTokenLimit(limit int)
	SetErrorPresenter(f graphql.ErrorPresenterFunc)
	SetRecoverFunc(f graphql.RecoverFunc)
	SetDisableSuggestion(value bool)
	Use(extension graphql.HandlerExtension)
	AroundOperations(f graphql.OperationMiddleware)
	AroundRootFields(f graphql.RootFieldMiddleware)
}

// equip gives an engine its limits, both printers and the words for errors. Each
// operation reads with what read gives for its selection.
func (c *Config) equip(e engine, limits Limits, read func(context.Context, layer.Selection) *layer.Reader) {
	schema := Executable().Schema()
	known := newDocuments()
	e.SetQueryCache(known)
	e.SetParserTokenLimit(limits.Tokens)
	e.SetErrorPresenter(presenter(c.Log))
	e.SetRecoverFunc(recovered)
	e.SetDisableSuggestion(c.Strict)
	e.Use(extension.Introspection{})
	e.Use(limiter{schema: schema, limits: limits, strict: c.Strict, documents: known})
	e.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		asked := known.operation(op)
		r := read(ctx, asked.selection())
		if c.Printer == nil || !asked.single() {
			r.Together()
		}
		if asked.looksBack() {
			r.LooksBack()
		}
		op.Stats.SetExtension(readerKey, r)
		op.Stats.SetExtension(configKey, c)
		answer := next(ctx)
		return func(ctx context.Context) *graphql.Response {
			defer r.Done()
			return answer(ctx)
		}
	})
	if c.Printer == nil {
		return
	}
	e.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		if graphql.GetOperationContext(ctx).Operation.Operation == ast.Query {
			answer, err := c.Printer.Print(ctx, current(ctx), graphql.GetRootFieldContext(ctx).Field)
			if err == nil {
				return answer
			}
			ctx = layer.Spared(ctx, err)
			current(ctx).RestsOnMore()
			current(ctx).Together() // the typed printer asks as it goes
		}
		return next(ctx)
	})
}

// selection gathers the fields that an operation selects, by type. What
// @skip and @include may leave out counts as selected.
func selection(op *ast.OperationDefinition) layer.Selection {
	s := layer.Selection{}
	seen := map[string]bool{}
	add := func(typ, field string) {
		if s[typ] == nil {
			s[typ] = map[string]bool{}
		}
		s[typ][field] = true
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				if sel.ObjectDefinition != nil {
					add(sel.ObjectDefinition.Name, sel.Name)
					if typ, ok := pageOf(sel); ok {
						add(typ, "*")
					}
				}
				walk(sel.SelectionSet)
			case *ast.InlineFragment:
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				if !seen[sel.Name] {
					seen[sel.Name] = true
					walk(sel.Definition.SelectionSet)
				}
			}
		}
	}
	walk(op.SelectionSet)
	return s
}

// pageOf gives the type whose every leaf a field `geojson` prints.
func pageOf(f *ast.Field) (string, bool) {
	name := f.ObjectDefinition.Name
	const suffix = "Connection"
	if f.Name != "geojson" || len(name) <= len(suffix) {
		return "", false
	}
	return name[:len(name)-len(suffix)], true
}

// authenticate puts the viewer into the request's context, or answers 401.
func authenticate(viewer func(*http.Request) (access.Viewer, error), log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := &request{}
		ctx, cancel := context.WithTimeout(asked.within(r.Context()), requestTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		var err error
		if asked.viewer, err = viewer(r); err != nil {
			refuse(ctx, w, http.StatusUnauthorized, log, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
