package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/99designs/gqlgen/graphql"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/layer"
)

// Options is what a Printer needs.
type Options struct {
	// Arguments reads the arguments of a field of a type, with their defaults,
	// into the Go types that its resolver takes.
	Arguments func(ctx context.Context, typ, field string, raw map[string]any) (map[string]any, error)
	// Plans is how many plans are kept; 0: 2,000.
	Plans int64
}

// Printer prints root fields. It is safe for concurrent use.
type Printer struct {
	options Options
	roots   map[string]root
	plans   *ristretto.Cache[string, any] // plan or unfit, by key; []string, by field: the variables of its conditions

	mu    sync.Mutex
	fell  map[string]int // root fields left to the typed printer, by reason
	taken int
}

// root compiles a root field.
type root func(c *compiler, f graphql.CollectedField) (plan, error)

// plan answers a root field: it appends its value.
type plan struct {
	args  []argument
	print func(x *run, b []byte) ([]byte, error)
}

// New makes a printer of the layers of a catalogue.
func New(catalog *layer.Catalog, options Options) (*Printer, error) {
	if options.Plans == 0 {
		options.Plans = 2000
	}
	p := &Printer{options: options, roots: map[string]root{}, fell: map[string]int{}}
	for _, s := range catalog.Systems() {
		p.roots[s.Field] = func(c *compiler, f graphql.CollectedField) (plan, error) { return c.connection(s, f) }
		p.roots[s.One] = func(c *compiler, f graphql.CollectedField) (plan, error) { return c.one(s, f) }
	}
	p.roots["features"] = (*compiler).features
	p.roots["nearby"] = (*compiler).nearby
	p.roots["searchPlaces"] = (*compiler).searchPlaces
	p.roots["feature"] = (*compiler).featureByID
	p.roots["unit"] = (*compiler).unit
	p.roots["units"] = (*compiler).units
	p.roots["agency"] = (*compiler).agency
	p.roots["agencies"] = (*compiler).agencies
	p.roots["layers"] = (*compiler).layers
	p.roots["_entities"] = (*compiler).entities
	var err error
	p.plans, err = ristretto.NewCache(&ristretto.Config[string, any]{NumCounters: 10 * options.Plans, MaxCost: options.Plans, BufferItems: 64, IgnoreInternalCost: true})
	if err != nil {
		return nil, fmt.Errorf("make the cache of plans: %w", err)
	}
	return p, nil
}

// Print gives the value of a root field of a query, or why the typed printer has
// to answer, be it with an error: nothing was said then.
func (p *Printer) Print(ctx context.Context, r *layer.Reader, f graphql.CollectedField) (*Answer, error) {
	answer := &Answer{}
	into := answer.get()
	out, err := p.print(ctx, r, f, *into)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		*into = out
		p.taken++
		return answer, nil
	}
	answer.free()
	var why unfit
	if !errors.As(err, &why) {
		why = "error"
	}
	if p.roots[f.Name] != nil { // others are no business of this printer
		p.fell[string(why)]++
	}
	return nil, err
}

// Counts are how many root fields were printed here, and how many were left to
// the typed printer by reason.
func (p *Printer) Counts() (taken int, left map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken, maps.Clone(p.fell)
}

func (p *Printer) print(ctx context.Context, r *layer.Reader, f graphql.CollectedField, b []byte) ([]byte, error) {
	compile := p.roots[f.Name]
	if compile == nil {
		return nil, unfit("root " + f.Name)
	}
	op := graphql.GetOperationContext(ctx)
	key := p.key(op, r, f)
	var made any
	if cached, ok := p.plans.Get(key); ok {
		made = cached
	} else {
		c := &compiler{ctx: ctx, p: p, op: op, r: r}
		c.arguments("Query", f) // the first, so that the moment is known to all others
		done, err := compile(c, f)
		var why unfit
		switch {
		case errors.As(err, &why):
			made = why
		case err != nil:
			return nil, err
		default:
			done.args = c.args
			made = done
		}
		p.plans.Set(key, made, 1)
	}
	ready, ok := made.(plan)
	if !ok {
		return nil, made.(unfit)
	}
	x := &run{ctx: ctx, r: r, vars: op.Variables, args: make([]any, len(ready.args))}
	for i, read := range ready.args {
		var err error
		if x.args[i], err = read(x); err != nil {
			return nil, err
		}
		if i == 0 {
			if asOf, _ := x.args[0].(map[string]any)[layer.AsOf].(*time.Time); asOf != nil {
				x.r = r.At(*asOf)
			}
		}
	}
	out, err := ready.print(x, b)
	if err == nil {
		err = x.err
	}
	return out, err
}

// key names what a plan depends on: the field in its document, which the plan
// keeps from being thrown away and its address from being used again; what
// @skip and @include say; and what the viewer may see.
func (p *Printer) key(op *graphql.OperationContext, r *layer.Reader, f graphql.CollectedField) string {
	place := strconv.FormatUint(uint64(uintptr(unsafe.Pointer(f.Field))), 36)
	var names []string
	if known, ok := p.plans.Get(place); ok {
		names = known.([]string)
	} else {
		names = conditions(f.Field)
		p.plans.Set(place, names, 1)
	}
	var key strings.Builder
	key.WriteString(place)
	for _, name := range names {
		yes, _ := op.Variables[name].(bool)
		key.WriteByte(' ')
		key.WriteString(strconv.FormatBool(yes))
	}
	key.WriteByte(' ')
	key.WriteString(r.Grants())
	return key.String()
}

// conditions are the variables that @skip and @include of a selection ask.
func conditions(f *ast.Field) []string {
	names := []string{}
	seen := map[string]bool{}
	directives := func(ds ast.DirectiveList) {
		for _, d := range ds {
			for _, a := range d.Arguments {
				if a.Value.Kind == ast.Variable && !seen["$"+a.Value.Raw] {
					seen["$"+a.Value.Raw] = true
					names = append(names, a.Value.Raw)
				}
			}
		}
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				directives(sel.Directives)
				walk(sel.SelectionSet)
			case *ast.InlineFragment:
				directives(sel.Directives)
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				directives(sel.Directives)
				if !seen[sel.Name] {
					seen[sel.Name] = true
					walk(sel.Definition.SelectionSet)
				}
			}
		}
	}
	walk(f.SelectionSet)
	return names
}
