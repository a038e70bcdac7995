package resolvers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/internal/fault"
)

// MaxBody is the largest request body, bytes.
const MaxBody = 1 << 20

// overHTTP is GraphQL over HTTP: queries by GET, any operation by POST with
// application/json; out what Accept prefers of application/graphql-response+json
// and application/json.
type overHTTP struct{}

const responseJSON = "application/graphql-response+json"

// Supports takes every request, so that a wrong one gets a clear answer too.
func (overHTTP) Supports(*http.Request) bool { return true }

// Do answers one request. A request that never became an operation is 4xx; one
// that did not pass validation is 400 too, but 200 for clients that accept only
// application/json, as the specification has it.
func (overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := r.Context()
	contentType, invalid := "application/json", http.StatusOK
	if strings.Contains(r.Header.Get("Accept"), responseJSON) {
		contentType, invalid = responseJSON, http.StatusBadRequest
	}
	answer := func(status int, resp *graphql.Response) {
		body, err := json.Marshal(resp)
		if err != nil {
			status, body = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
		}
		w.Header().Set("Content-Type", contentType+"; charset=utf-8")
		w.WriteHeader(status)
		w.Write(body)
	}
	refuse := func(status int, err error) {
		answer(status, exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}))
	}
	params := &graphql.RawParams{Headers: r.Header}
	start := graphql.Now()
	if status, err := readRequest(w, r, params); err != nil {
		refuse(status, err)
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		answer(invalid, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs))
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", "POST")
		refuse(http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "GET serves queries only; send a %s by POST", op.Operation.Operation))
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	answer(http.StatusOK, responses(ctx))
}

func readRequest(w http.ResponseWriter, r *http.Request, into *graphql.RawParams) (status int, err error) {
	switch r.Method {
	case http.MethodGet:
		status, err = readURL(r, into)
	case http.MethodPost:
		status, err = readBody(w, r, into)
	default:
		w.Header().Set("Allow", "GET, POST")
		return http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "send GET or POST, not %s", r.Method)
	}
	if err == nil && strings.TrimSpace(into.Query) == "" {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the request has no query")
	}
	return status, err
}

func readURL(r *http.Request, into *graphql.RawParams) (status int, err error) {
	q := r.URL.Query()
	into.Query, into.OperationName = q.Get("query"), q.Get("operationName")
	for name, to := range map[string]*map[string]any{"variables": &into.Variables, "extensions": &into.Extensions} {
		if text := q.Get(name); text != "" && decode(strings.NewReader(text), to) != nil {
			return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "%s is not a JSON object", name)
		}
	}
	return 0, nil
}

func readBody(w http.ResponseWriter, r *http.Request, into *graphql.RawParams) (status int, err error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return http.StatusUnsupportedMediaType, fault.Invalid("BAD_INPUT", "send application/json, not %q", r.Header.Get("Content-Type"))
	}
	err = decode(http.MaxBytesReader(w, r.Body, MaxBody), into)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fault.Invalid("BAD_INPUT", "the body is over %d bytes", MaxBody).With("limit", MaxBody)
	}
	if err != nil {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", `the body is not one GraphQL request as JSON: {"query": "…", "variables": {…}}`)
	}
	return 0, nil
}

// decode reads one JSON value and nothing after it, numbers as they are written.
func decode(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.Join(errors.New("more than one value"), err)
	}
	return nil
}
