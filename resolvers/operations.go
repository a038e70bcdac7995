package resolvers

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"

	"geohub/internal/fault"
	"geohub/persisted"
)

func (mutation) StoreOperation(ctx context.Context, document string, operationName *string, title *string) (*persisted.Operation, error) {
	if err := configOf(ctx).Limits.admit(document); err != nil {
		return nil, err
	}
	return configOf(ctx).Operations.Keep(ctx, viewerOf(ctx), document, or(operationName), or(title))
}

func (mutation) ForgetOperation(ctx context.Context, hash string) (bool, error) {
	return configOf(ctx).Operations.Forget(ctx, viewerOf(ctx), hash)
}

func (query) StoredOperation(ctx context.Context, hash string) (*persisted.Operation, error) {
	return configOf(ctx).Operations.Find(ctx, hash)
}

func (query) StoredOperations(ctx context.Context) ([]*persisted.Operation, error) {
	return configOf(ctx).Operations.Of(ctx, viewerOf(ctx))
}

// admit holds a document that is to be stored to what its text alone decides. What
// depends on variables and on who asks is decided when it is asked.
func (l Limits) admit(document string) error {
	if n := len(document); n > l.Characters {
		return limitError("TOKEN_LIMIT", "the document has %d characters; at most %d", n, l.Characters)
	}
	if n := tokens(document, l.Tokens); n > l.Tokens {
		return limitError("TOKEN_LIMIT", "the document has over %d tokens; at most %d", n-1, l.Tokens)
	}
	doc, err := persisted.Parse(Executable().Schema(), document)
	if err != nil {
		return err
	}
	for _, op := range doc.Operations {
		if op.Operation == ast.Subscription {
			return fault.Invalid("BAD_INPUT", "subscriptions are not stored")
		}
		if err := l.within(shapeOf(op)); err != nil {
			return err
		}
	}
	return nil
}
