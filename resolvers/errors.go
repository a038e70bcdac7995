package resolvers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/internal/fault"
)

// presenter decides what a client sees of an error: a fault with its code and
// details, anything else as an internal error that the log explains.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		f := fault.Of(err)
		switch {
		case f != nil:
			ext := map[string]any{"code": f.Code}
			maps.Copy(ext, f.Details)
			shown.Extensions = ext
			if f.Unwrap() != nil {
				log.WarnContext(ctx, "refused", "code", f.Code, "requestId", requestID(ctx), "err", f.Unwrap())
			}
		case isRequestError(shown):
			shown.Extensions = map[string]any{"code": "BAD_INPUT"}
		case shown.Extensions["code"] != nil:
		case errors.Is(err, context.DeadlineExceeded):
			shown.Message, shown.Extensions = "the question took too long and was stopped; ask for less", map[string]any{"code": "TIMEOUT"}
		case errors.Is(err, context.Canceled):
			shown.Message, shown.Extensions = "the client left", map[string]any{"code": "UNAVAILABLE"}
		default:
			log.ErrorContext(ctx, "internal error", "requestId", requestID(ctx), "err", err)
			shown.Message = "internal error"
			shown.Extensions = map[string]any{"code": "INTERNAL", "requestId": requestID(ctx)}
		}
		return shown
	}
}

// isRequestError says whether the parser or the validator made the error, or
// gqlgen while reading an argument: those carry their own plain words.
func isRequestError(e *gqlerror.Error) bool {
	switch e.Extensions["code"] {
	case errcode.ParseFailed, errcode.ValidationFailed:
		return true
	}
	return e.Unwrap() == nil && e.Extensions["code"] == nil
}

func recovered(ctx context.Context, v any) error {
	return fmt.Errorf("panic: %v\n%s", v, debug.Stack())
}

// refuse answers a request that never became an operation.
func refuse(ctx context.Context, w http.ResponseWriter, status int, log *slog.Logger, err error) {
	f := fault.Of(err)
	if f == nil {
		log.ErrorContext(ctx, "internal error", "requestId", requestID(ctx), "err", err)
		status = http.StatusInternalServerError
		f = &fault.Error{Code: "INTERNAL", Message: "internal error"}
	}
	if f.Kind == fault.KindUnavailable {
		status = http.StatusServiceUnavailable
	}
	ext := map[string]any{"code": f.Code}
	maps.Copy(ext, f.Details)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"message": f.Message, "extensions": ext}}})
}
