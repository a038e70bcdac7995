package resolvers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"geohub/internal/fault"
)

// MaxBody is the largest request body, bytes.
const MaxBody = 1 << 20

// overHTTP is GraphQL over HTTP: queries by GET, any operation by POST with
// application/json; out what Accept prefers of application/graphql-response+json
// and application/json, packed as Accept-Encoding allows.
type overHTTP struct {
	packers *packers
	config  *Config
}

func newOverHTTP(c *Config) overHTTP { return overHTTP{newPackers(), c} }

const (
	plainJSON    = "application/json; charset=utf-8"
	responseJSON = "application/graphql-response+json"
)

// Supports takes every request, so that a wrong one gets a clear answer too.
func (overHTTP) Supports(*http.Request) bool { return true }

// Do answers one request, with an answer that was kept or by running it. A
// request that never became an operation is 4xx; one that did not pass
// validation is 400 too, but 200 for clients that accept only application/json,
// as the specification has it.
func (t overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	x := exchange{overHTTP: t, w: w, r: r, exec: exec, contentType: plainJSON, invalid: http.StatusOK}
	if strings.Contains(r.Header.Get("Accept"), responseJSON) {
		x.contentType, x.invalid = responseJSON+"; charset=utf-8", http.StatusBadRequest
	}
	text := bodies.Get().(*bytes.Buffer)
	defer giveBack(text)
	if status, err := readRequest(w, r, text); err != nil {
		x.refuse(status, err)
		return
	}
	results := t.config.Results
	if results == nil {
		x.run(text.Bytes())
		return
	}
	asked := results.pending(question(viewerOf(r.Context()), t.config.Limits, r, text.Bytes()))
	if known := results.find(asked, t.config.Clock()); known != nil {
		x.send(http.StatusOK, known)
		return
	}
	if op, resp, answer := x.run(text.Bytes()); resp != nil {
		results.keep(graphql.WithOperationContext(r.Context(), op), op, resp, asked, slices.Concat(answer...))
	}
}

// exchange is one request and its answer.
type exchange struct {
	overHTTP
	w           http.ResponseWriter
	r           *http.Request
	exec        graphql.GraphExecutor
	contentType string
	invalid     int // the status of an answer to what did not pass validation
}

// run answers a request's text, and gives what it answered when that came of an
// operation.
func (x *exchange) run(text []byte) (op *graphql.OperationContext, resp *graphql.Response, answer [][]byte) {
	ctx := x.r.Context()
	params := &graphql.RawParams{Headers: x.r.Header}
	if err := parseRequest(x.r, text, params); err != nil {
		x.refuse(http.StatusBadRequest, err)
		return nil, nil, nil
	}
	op, errs := x.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		x.answer(x.invalid, x.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs))
		return nil, nil, nil
	}
	if x.r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		x.w.Header().Set("Allow", "POST")
		x.refuse(http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "GET serves queries only; send a %s by POST", op.Operation.Operation))
		return nil, nil, nil
	}
	responses, ctx := x.exec.DispatchOperation(ctx, op)
	if resp = responses(ctx); resp == nil { // the time was over before it began
		resp = x.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(ctx.Err())})
	}
	return op, resp, x.answer(http.StatusOK, resp)
}

func (x *exchange) refuse(status int, err error) {
	x.answer(status, x.exec.DispatchError(x.r.Context(), gqlerror.List{gqlerror.Wrap(err)}))
}

// answer sends an answer, and gives its parts.
func (x *exchange) answer(status int, resp *graphql.Response) [][]byte {
	before, after, err := around(resp)
	parts := [][]byte{before, resp.Data, after}
	if err != nil {
		status, parts = http.StatusInternalServerError, [][]byte{[]byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)}
	}
	x.send(status, parts...)
	return parts
}

func (x *exchange) send(status int, parts ...[]byte) {
	x.w.Header().Set("Content-Type", x.contentType)
	x.packers.send(x.w, x.r, status, parts...)
}

// bodies are buffers for the texts of requests, used again unless they are large.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func giveBack(text *bytes.Buffer) {
	if text.Cap() <= 64<<10 {
		text.Reset()
		bodies.Put(text)
	}
}

// around gives what stands before and after the data of an answer, members in
// the order and form of json.Marshal. The data itself is written as it comes,
// for it is compact already and may be large.
func around(resp *graphql.Response) (before, after []byte, err error) {
	b := append(make([]byte, 0, 128), '{')
	if len(resp.Errors) > 0 {
		errs, err := json.Marshal(resp.Errors)
		if err != nil {
			return nil, nil, err
		}
		b = append(append(append(b, `"errors":`...), errs...), ',')
	}
	b = append(b, `"data":`...)
	if len(resp.Data) == 0 {
		b = append(b, "null"...)
	}
	n := len(b)
	if resp.Label != "" || resp.Path != nil || resp.HasNext != nil {
		part, err := json.Marshal(struct {
			Label   string   `json:"label,omitempty"`
			Path    ast.Path `json:"path,omitempty"`
			HasNext *bool    `json:"hasNext,omitempty"`
		}{resp.Label, resp.Path, resp.HasNext})
		if err != nil {
			return nil, nil, err
		}
		if len(part) > len("{}") {
			b = append(append(b, ','), part[1:len(part)-1]...)
		}
	}
	if len(resp.Extensions) > 0 {
		b = append(b, `,"extensions":`...)
		if b, err = appendExtensions(b, resp.Extensions); err != nil {
			return nil, nil, err
		}
	}
	b = append(b, '}')
	return b[:n:n], b[n:], nil
}

// appendExtensions writes by hand what nearly every answer has, the cost alone.
func appendExtensions(b []byte, ext map[string]any) ([]byte, error) {
	if cost, ok := ext["cost"].(spent); ok && len(ext) == 1 {
		b = strconv.AppendInt(append(b, `{"cost":{"limit":`...), int64(cost.Limit), 10)
		b = strconv.AppendInt(append(b, `,"requested":`...), int64(cost.Requested), 10)
		return append(b, "}}"...), nil
	}
	text, err := json.Marshal(ext)
	return append(b, text...), err
}

// readRequest takes a request's text: the query of its address, or its body.
func readRequest(w http.ResponseWriter, r *http.Request, into *bytes.Buffer) (status int, err error) {
	switch r.Method {
	case http.MethodGet:
		into.WriteString(r.URL.RawQuery)
		return 0, nil
	case http.MethodPost:
		return readBody(w, r, into)
	}
	w.Header().Set("Allow", "GET, POST")
	return http.StatusMethodNotAllowed, fault.Invalid("BAD_INPUT", "send GET or POST, not %s", r.Method)
}

func readBody(w http.ResponseWriter, r *http.Request, into *bytes.Buffer) (status int, err error) {
	if contentType := r.Header.Get("Content-Type"); contentType != "application/json" { // the usual one needs no parsing
		if mediaType, _, err := mime.ParseMediaType(contentType); err != nil || mediaType != "application/json" {
			return http.StatusUnsupportedMediaType, fault.Invalid("BAD_INPUT", "send application/json, not %q", contentType)
		}
	}
	_, err = into.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fault.Invalid("BAD_INPUT", "the body is over %d bytes", MaxBody).With("limit", MaxBody)
	}
	if err != nil {
		return http.StatusBadRequest, fault.Invalid("BAD_INPUT", "the body ended too early").Because(err)
	}
	return 0, nil
}

func parseRequest(r *http.Request, text []byte, into *graphql.RawParams) error {
	if r.Method == http.MethodGet {
		if err := parseURL(r, into); err != nil {
			return err
		}
	} else if decode(bytes.NewReader(text), into) != nil {
		return fault.Invalid("BAD_INPUT", `the body is not one GraphQL request as JSON: {"query": "…", "variables": {…}}`)
	}
	if strings.TrimSpace(into.Query) == "" {
		return fault.Invalid("BAD_INPUT", "the request has no query")
	}
	return nil
}

func parseURL(r *http.Request, into *graphql.RawParams) error {
	q := r.URL.Query()
	into.Query, into.OperationName = q.Get("query"), q.Get("operationName")
	for name, to := range map[string]*map[string]any{"variables": &into.Variables, "extensions": &into.Extensions} {
		if text := q.Get(name); text != "" && decode(strings.NewReader(text), to) != nil {
			return fault.Invalid("BAD_INPUT", "%s is not a JSON object", name)
		}
	}
	return nil
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
