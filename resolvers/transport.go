package resolvers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/internal/fault"
)

// MaxBody is the largest request body, bytes.
const MaxBody = 1 << 20

// post is GraphQL over HTTP by POST: application/json in; out what Accept
// prefers of application/graphql-response+json and application/json.
type post struct{}

const responseJSON = "application/graphql-response+json"

// Supports takes every POST, so that a wrong content type gets a clear answer.
func (post) Supports(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Upgrade") == ""
}

// Do answers one request. A request that never became an operation is 4xx; one
// that did not pass validation is 400 too, but 200 for clients that accept only
// application/json, as the specification has it.
func (post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := r.Context()
	contentType := "application/json"
	if strings.Contains(r.Header.Get("Accept"), responseJSON) {
		contentType = responseJSON
	}
	w.Header().Set("Content-Type", contentType+"; charset=utf-8")
	answer := func(status int, resp *graphql.Response) {
		body, err := json.Marshal(resp)
		if err != nil {
			status, body = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
		}
		w.WriteHeader(status)
		w.Write(body)
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		answer(http.StatusUnsupportedMediaType, exec.DispatchError(ctx, one(fault.Invalid("BAD_INPUT", "send application/json, not %q", r.Header.Get("Content-Type")))))
		return
	}
	start := graphql.Now()
	params := &graphql.RawParams{Headers: r.Header}
	if status, err := readParams(w, r, params); err != nil {
		answer(status, exec.DispatchError(ctx, one(err)))
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		status := http.StatusOK
		if contentType == responseJSON {
			status = http.StatusBadRequest
		}
		answer(status, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs))
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	answer(http.StatusOK, responses(ctx))
}

func readParams(w http.ResponseWriter, r *http.Request, into *graphql.RawParams) (status int, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fault.Invalid("BAD_INPUT", "the body is over %d bytes", MaxBody).With("limit", MaxBody)
	}
	if err != nil {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the body could not be read")
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the body is not a GraphQL request as JSON: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the body goes on after the request; batches are not served")
	}
	if strings.TrimSpace(into.Query) == "" {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the request has no query")
	}
	return 0, nil
}

func one(err error) gqlerror.List { return gqlerror.List{gqlerror.Wrap(err)} }
