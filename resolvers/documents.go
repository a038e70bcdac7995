package resolvers

import (
	"context"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"

	"geohub/layer"
)

// documentsBytes bounds what documents are kept, and tokenBytes is what a token
// takes when it is parsed, measured.
const (
	documentsBytes = 32 << 20
	tokenBytes     = 256
)

// documents remembers documents that passed the limits and the validation, and
// what their text alone decides: a question asked again is neither parsed nor
// measured again. It may forget any of them at any moment, or not take one in;
// then the work is done once more.
type documents struct {
	cache *ristretto.Cache[string, *document]
}

var _ graphql.Cache[*ast.QueryDocument] = documents{}

type document struct {
	text       string
	parsed     *ast.QueryDocument
	operations []operation // as in parsed
}

// operation is what an operation's text says, reckoned when first asked for.
// All requests share it: nobody writes into it.
type operation struct {
	shape     func() *shape
	selection func() layer.Selection
	// single says that no more than one root field is asked for.
	single func() bool
	// looksBack says that some root field is of a moment.
	looksBack func() bool
}

func newOperation(op *ast.OperationDefinition) operation {
	return operation{
		shape:     sync.OnceValue(func() *shape { return shapeOf(op) }),
		selection: sync.OnceValue(func() layer.Selection { return selection(op) }),
		single:    sync.OnceValue(func() bool { return single(op) }),
		looksBack: sync.OnceValue(func() bool { return looksBack(op.SelectionSet) }),
	}
}

// single says whether an operation has one root field; fragments may hold several.
func single(op *ast.OperationDefinition) bool {
	n := 0
	for _, s := range op.SelectionSet {
		if f, plain := s.(*ast.Field); !plain {
			n += 2
		} else if f.Name != "__typename" {
			n++
		}
	}
	return n <= 1
}

// looksBack says whether one of some root fields has a moment for an argument, in
// fragments too, whose nesting the limits bound.
func looksBack(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return s.Arguments.ForName(layer.AsOf) != nil
		case *ast.InlineFragment:
			return looksBack(s.SelectionSet)
		case *ast.FragmentSpread:
			return looksBack(s.Definition.SelectionSet)
		}
		return false
	})
}

func newDocuments() documents {
	cache, err := ristretto.NewCache(&ristretto.Config[string, *document]{
		NumCounters: 100_000, MaxCost: documentsBytes, BufferItems: 64,
		Cost: func(d *document) int64 { return int64(len(d.text) + tokenBytes*tokens(d.text, len(d.text))) },
	})
	if err != nil {
		panic(err) // for figures that make no sense only
	}
	return documents{cache}
}

// tokens counts the tokens of a text, as far as it can be read, up to one more
// than most.
func tokens(text string, most int) int {
	lex := lexer.New(&ast.Source{Input: text})
	for n := 0; ; n++ {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF || n > most {
			return n
		}
	}
}

// find gives nil for what is not there. The cache knows texts by their hashes.
func (d documents) find(text string) *document {
	if known, _ := d.cache.Get(text); known != nil && known.text == text {
		return known
	}
	return nil
}

// Get is for the executor.
func (d documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	if known := d.find(text); known != nil {
		return known.parsed, true
	}
	return nil, false
}

// Add is for the executor, which adds what is valid.
func (d documents) Add(_ context.Context, text string, parsed *ast.QueryDocument) {
	known := &document{text: text, parsed: parsed}
	for _, op := range parsed.Operations {
		known.operations = append(known.operations, newOperation(op))
	}
	d.cache.Set(text, known, 0)
}

// operation gives what is known of the operation that is asked for.
func (d documents) operation(asked *graphql.OperationContext) operation {
	if known := d.find(asked.RawQuery); known != nil && known.parsed == asked.Doc {
		for i, op := range known.parsed.Operations {
			if op == asked.Operation {
				return known.operations[i]
			}
		}
	}
	return newOperation(asked.Operation)
}
