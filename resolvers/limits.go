package resolvers

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/access"
	"geohub/internal/fault"
)

// Limits bound a document before anything of it runs.
type Limits struct {
	Characters, Tokens            int
	Depth, IntrospectionDepth     int
	Aliases, Roots                int
	Directives, DirectivesOfField int
	AnonymousCost, KeyCost        int
}

// DefaultLimits are those of a hub that says nothing else.
func DefaultLimits() Limits {
	return Limits{Characters: 15_000, Tokens: 2_000, Depth: 12, IntrospectionDepth: 20, Aliases: 20, Roots: 15,
		Directives: 10, DirectivesOfField: 3, AnonymousCost: 50_000, KeyCost: 250_000}
}

func (l Limits) cost(v access.Viewer) int {
	if v.Anonymous() {
		return l.AnonymousCost
	}
	return l.KeyCost
}

// limiter refuses documents that are too long, too deep or too dear. What
// stands in a fragment counts where it is spread.
type limiter struct {
	schema    *ast.Schema
	limits    Limits
	strict    bool
	documents documents
}

func (limiter) ExtensionName() string                   { return "Limits" }
func (limiter) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters counts characters and tokens before parsing, which
// is quick, because validation is not. A document that is remembered was
// counted when it came first.
func (l limiter) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if n := len(p.Query); n > l.limits.Characters {
		return limitError("TOKEN_LIMIT", "the document has %d characters; at most %d", n, l.limits.Characters)
	}
	if l.documents.find(p.Query) != nil {
		return nil
	}
	if n := tokens(p.Query, l.limits.Tokens); n > l.limits.Tokens {
		return limitError("TOKEN_LIMIT", "the document has over %d tokens; at most %d", n-1, l.limits.Tokens)
	}
	return nil // what can't be read, the parser refuses
}

// MutateOperationContext holds the operation to its limits.
func (l limiter) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	viewer, all := viewerOf(ctx), l.documents.operation(op).shape()
	if err := l.introspects(op, all, viewer); err != nil {
		return err
	}
	if err := l.representations(op, all); err != nil {
		return err
	}
	if err := l.limits.within(all); err != nil {
		return err
	}
	top, cost := l.limits.cost(viewer), all.cost(op.Variables)
	if cost > top {
		return limitError("COST_LIMIT", "the query costs %d; at most %d: ask for fewer fields or smaller pages", cost, top)
	}
	op.Stats.SetExtension(costKey, spent{Limit: top, Requested: cost})
	return nil
}

// within says which limit the text of an operation goes beyond; nil: none.
func (l Limits) within(all *shape) *gqlerror.Error {
	switch {
	case all.depth > l.Depth:
		return limitError("DEPTH_LIMIT", "the query is %d levels deep; at most %d", all.depth, l.Depth)
	case all.introspection > l.IntrospectionDepth:
		return limitError("DEPTH_LIMIT", "the introspection is %d levels deep; at most %d", all.introspection, l.IntrospectionDepth)
	case all.aliases > l.Aliases:
		return limitError("ALIAS_LIMIT", "the query has %d aliases; at most %d", all.aliases, l.Aliases)
	case all.roots > l.Roots:
		return limitError("ROOT_LIMIT", "the query has %d root fields; at most %d", all.roots, l.Roots)
	case all.directives > l.Directives:
		return limitError("DIRECTIVE_LIMIT", "the query has %d directives; at most %d", all.directives, l.Directives)
	case all.directivesOfField > l.DirectivesOfField:
		return limitError("DIRECTIVE_LIMIT", "a field has %d directives; at most %d", all.directivesOfField, l.DirectivesOfField)
	}
	return nil
}

// spent is what an operation costs, as the answer's extensions tell it.
type spent struct {
	Limit     int `json:"limit"`
	Requested int `json:"requested"`
}

// introspects refuses what tells of the schema where that is not for everybody.
func (l limiter) introspects(op *graphql.OperationContext, all *shape, viewer access.Viewer) *gqlerror.Error {
	op.DisableIntrospection = l.strict && viewer.Anonymous()
	if !op.DisableIntrospection || !all.tells {
		return nil
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name == "__schema" || f.Name == "__type" || f.Name == "_service" {
			return gqlerror.Wrap(fault.Denied("the schema is told to holders of a key only"))
		}
	}
	return nil
}

// representations refuses what a gateway could not have sent, before a whole
// batch of entities fails for it.
func (l limiter) representations(op *graphql.OperationContext, all *shape) *gqlerror.Error {
	if !all.joins {
		return nil
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name != "_entities" {
			continue
		}
		list := reflect.ValueOf(f.ArgumentMap(op.Variables)["representations"])
		for i := range list.Len() {
			rep, _ := list.Index(i).Interface().(map[string]any)
			if !l.names(rep) {
				return gqlerror.Wrap(fault.Invalid("BAD_INPUT", "representations[%d] names no entity: it takes __typename and the fields of one of the type's keys", i).With("at", fmt.Sprintf("representations[%d]", i)))
			}
		}
	}
	return nil
}

// names says whether a representation has a type with keys and all fields of
// one of them.
func (l limiter) names(rep map[string]any) bool {
	typ, _ := rep["__typename"].(string)
	def := l.schema.Types[typ]
	if def == nil {
		return false
	}
	for _, key := range def.Directives.ForNames("key") {
		whole := true
		for _, field := range strings.Fields(key.Arguments.ForName("fields").Value.Raw) {
			if s, ok := rep[field].(string); !ok || s == "" {
				whole = false
			}
		}
		if whole {
			return true
		}
	}
	return false
}

const costKey = "geohub.cost"

// InterceptResponse shows the cost in the answer's extensions.
func (limiter) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if graphql.HasOperationContext(ctx) {
		if cost := graphql.GetOperationContext(ctx).Stats.GetExtension(costKey); cost != nil {
			graphql.RegisterExtension(ctx, "cost", cost)
		}
	}
	return next(ctx)
}

func limitError(code, format string, actual, limit int) *gqlerror.Error {
	return gqlerror.Wrap(fault.Invalid(code, format, actual, limit).With("limit", limit).With("actual", actual))
}
