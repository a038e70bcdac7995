package resolvers

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"

	"geohub/access"
	"geohub/internal/fault"
	"geohub/layer"
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
	schema *ast.Schema
	limits Limits
	strict bool
}

func (limiter) ExtensionName() string                   { return "Limits" }
func (limiter) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters counts characters and tokens before parsing, which
// is quick, because validation is not.
func (l limiter) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if n := len(p.Query); n > l.limits.Characters {
		return limitError("TOKEN_LIMIT", "the document has %d characters; at most %d", n, l.limits.Characters)
	}
	lex := lexer.New(&ast.Source{Input: p.Query})
	for n := 1; ; n++ {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil // the parser says what is wrong
		}
		if n > l.limits.Tokens {
			return limitError("TOKEN_LIMIT", "the document has over %d tokens; at most %d", n-1, l.limits.Tokens)
		}
	}
}

// MutateOperationContext measures the operation.
func (l limiter) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	viewer := viewerOf(ctx)
	if err := l.introspects(op, viewer); err != nil {
		return err
	}
	if err := l.representations(op); err != nil {
		return err
	}
	m := meter{variables: op.Variables, fragments: map[string]measure{}, introspected: map[string]int{}}
	all := m.set(op.Operation.SelectionSet)
	all.directives += len(op.Operation.Directives)
	top := l.limits.cost(viewer)
	switch {
	case all.depth > l.limits.Depth:
		return limitError("DEPTH_LIMIT", "the query is %d levels deep; at most %d", all.depth, l.limits.Depth)
	case all.introspection > l.limits.IntrospectionDepth:
		return limitError("DEPTH_LIMIT", "the introspection is %d levels deep; at most %d", all.introspection, l.limits.IntrospectionDepth)
	case all.aliases > l.limits.Aliases:
		return limitError("ALIAS_LIMIT", "the query has %d aliases; at most %d", all.aliases, l.limits.Aliases)
	case all.roots > l.limits.Roots:
		return limitError("ROOT_LIMIT", "the query has %d root fields; at most %d", all.roots, l.limits.Roots)
	case all.directives > l.limits.Directives:
		return limitError("DIRECTIVE_LIMIT", "the query has %d directives; at most %d", all.directives, l.limits.Directives)
	case all.directivesOfField > l.limits.DirectivesOfField:
		return limitError("DIRECTIVE_LIMIT", "a field has %d directives; at most %d", all.directivesOfField, l.limits.DirectivesOfField)
	case all.cost > top:
		return limitError("COST_LIMIT", "the query costs %d; at most %d: ask for fewer fields or smaller pages", all.cost, top)
	}
	op.Stats.SetExtension(costKey, map[string]int{"requested": all.cost, "limit": top})
	return nil
}

// introspects refuses what tells of the schema where that is not for everybody.
func (l limiter) introspects(op *graphql.OperationContext, viewer access.Viewer) *gqlerror.Error {
	op.DisableIntrospection = l.strict && viewer.Anonymous()
	if !op.DisableIntrospection {
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
func (l limiter) representations(op *graphql.OperationContext) *gqlerror.Error {
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

// measure is the size of a selection set. cost is what each row of the page
// around it costs, once what the page as a whole does.
type measure struct {
	depth, introspection, aliases, roots, directives, directivesOfField, cost, once int
}

// add puts two sets beside each other. Sums stop at the largest int: fragments
// that spread each other twice grow without bound.
func (m measure) add(o measure) measure {
	return measure{
		depth: max(m.depth, o.depth), introspection: max(m.introspection, o.introspection),
		aliases: plus(m.aliases, o.aliases), roots: plus(m.roots, o.roots), directives: plus(m.directives, o.directives),
		directivesOfField: max(m.directivesOfField, o.directivesOfField), cost: plus(m.cost, o.cost), once: plus(m.once, o.once),
	}
}

func plus(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

type meter struct {
	variables map[string]any
	fragments map[string]measure
	// introspected holds the fields of fragments, as far as they were counted.
	introspected map[string]int
}

func (m meter) set(set ast.SelectionSet) measure {
	var all measure
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			all = all.add(m.field(sel))
		case *ast.InlineFragment:
			inner := m.set(sel.SelectionSet)
			inner.directives = plus(inner.directives, len(sel.Directives))
			all = all.add(inner)
		case *ast.FragmentSpread:
			inner, known := m.fragments[sel.Name]
			if !known {
				inner = m.set(sel.Definition.SelectionSet)
				m.fragments[sel.Name] = inner
			}
			inner.directives = plus(inner.directives, len(sel.Directives))
			all = all.add(inner)
		}
	}
	return all
}

// Weights of a field in cost.
const (
	spatialCost = 10   // an area, a distance, a shape to be computed
	wholeCost   = 50   // a figure over the whole list
	handInCost  = 1000 // something that is kept and sent on
)

// field measures one field. Those of a page cost as often as the page is long;
// figures over the whole list cost once.
func (m meter) field(f *ast.Field) measure {
	own := measure{depth: 1, roots: 1, directives: len(f.Directives), directivesOfField: len(f.Directives), cost: 1}
	if f.Alias != f.Name {
		own.aliases = 1
	}
	for _, a := range f.Arguments {
		switch a.Name {
		case "area", "near", "simplifyM", "withinM", "of", "text":
			own.cost += spatialCost
		}
	}
	switch f.Name {
	case "totalCount", "extent", "groups", "counts":
		own.cost += wholeCost
	case "features":
		own.cost += 2 * wholeCost // over all layers
	case "submitReport", "rateReport":
		own.cost += handInCost
	case "geojson":
		own.cost += 2 * wholeCost
	}
	children := m.set(f.SelectionSet)
	out := own.add(children)
	out.roots, out.once = 1, 0
	out.cost = plus(own.cost, plus(children.once, times(children.cost, m.size(f))))
	if len(f.SelectionSet) == 0 {
		out.cost = plus(own.cost, m.size(f)/50) // a line of so many points
	}
	switch f.Name {
	case "totalCount", "extent", "groups", "pageInfo":
		out.cost, out.once = 0, out.cost
	case "__schema", "__type":
		out.introspection, out.depth, out.cost = children.depth+1, 0, 100*wholeCost+wholeCost*m.fields(f.SelectionSet)
		return out
	}
	out.depth = children.depth + 1
	return out
}

// fields is how many fields an introspection asks for.
func (m meter) fields(set ast.SelectionSet) int {
	n := 0
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			n = plus(n, plus(1, m.fields(sel.SelectionSet)))
		case *ast.InlineFragment:
			n = plus(n, m.fields(sel.SelectionSet))
		case *ast.FragmentSpread:
			n = plus(n, m.spread(sel))
		}
	}
	return n
}

// spread is fields of a fragment, reckoned once for each.
func (m meter) spread(sel *ast.FragmentSpread) int {
	n, known := m.introspected[sel.Name]
	if !known {
		n = m.fields(sel.Definition.SelectionSet)
		m.introspected[sel.Name] = n
	}
	return n
}

// cells is how many cells a grouping may have: its keys' usual numbers of
// values, multiplied.
func (m meter) cells(f *ast.Field) int {
	n := 1
	by := f.Arguments.ForName("by")
	if by == nil {
		return n
	}
	value, err := by.Value.Value(m.variables)
	keys := reflect.ValueOf(value)
	if err != nil || keys.Kind() != reflect.Slice {
		return layer.MaxFirst
	}
	for i := range keys.Len() {
		switch fmt.Sprint(keys.Index(i).Interface()) {
		case "HOUR":
			n = times(n, 1000)
		case "DAY":
			n = times(n, 300)
		case "UNIT", "AGENCY", "WEEK":
			n = times(n, 50)
		default:
			n = times(n, 10)
		}
	}
	return min(n, 10_000)
}

// size is how many rows a field gives at most.
func (m meter) size(f *ast.Field) int {
	for _, name := range []string{"first", "last"} {
		def := f.Definition.Arguments.ForName(name)
		if def == nil {
			continue
		}
		v := def.DefaultValue
		if a := f.Arguments.ForName(name); a != nil {
			v = a.Value
		}
		if v == nil {
			return layer.DefaultFirst
		}
		value, err := v.Value(m.variables)
		if err != nil || value == nil {
			return layer.DefaultFirst
		}
		switch n := value.(type) {
		case int64:
			return int(max(1, min(n, math.MaxInt32)))
		case interface{ Int64() (int64, error) }:
			i, _ := n.Int64()
			return int(max(1, min(i, math.MaxInt32)))
		case string:
			i, _ := strconv.Atoi(n)
			return max(1, min(i, math.MaxInt32))
		default:
			return layer.MaxFirst
		}
	}
	if f.Name == "_entities" {
		if reps, err := f.Arguments.ForName("representations").Value.Value(m.variables); err == nil {
			if list, ok := reps.([]any); ok {
				return max(1, len(list))
			}
		}
		return layer.MaxFirst
	}
	switch {
	case f.Name == "units":
		return 50
	case f.Name == "groups":
		return m.cells(f)
	case f.Name == "keys":
		return 2
	case f.Name == "counts":
		return 5
	case f.Definition.Type.Elem != nil && f.Name != "nodes" && f.Name != "edges":
		return 10 // a list without a page: children, keys, values
	}
	return 1
}
