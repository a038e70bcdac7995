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

	"geohub/changes"
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

// Do answers one request. A request that never became an operation is 4xx; one
// that did not pass validation is 400 too, but 200 for clients that accept only
// application/json, as the specification has it.
func (t overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := r.Context()
	contentType, invalid := plainJSON, http.StatusOK
	if strings.Contains(r.Header.Get("Accept"), responseJSON) {
		contentType, invalid = responseJSON+"; charset=utf-8", http.StatusBadRequest
	}
	answer := func(status int, resp *graphql.Response) {
		before, after, err := around(resp)
		data := []byte(resp.Data)
		if err != nil {
			status, before, data, after = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`), nil, nil
		}
		w.Header().Set("Content-Type", contentType)
		t.packers.send(w, r, status, before, data, after)
	}
	refuse := func(status int, err error) {
		answer(status, exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}))
	}
	kept := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(kept)
	kept.Reset()
	if status, err := readRequest(w, r, kept); err != nil {
		refuse(status, err)
		return
	}
	results, asked, since := t.config.Results, "", changes.Moment(0)
	if results != nil {
		asked, since = question(viewerOf(ctx), t.config.Limits, r, kept.Bytes()), results.feed.Now()
		if known := results.find(asked, t.config.Clock()); known != nil {
			w.Header().Set("Content-Type", contentType)
			t.packers.send(w, r, http.StatusOK, known)
			return
		}
	}
	params := &graphql.RawParams{Headers: r.Header}
	if err := parseRequest(r, kept.Bytes(), params); err != nil {
		refuse(http.StatusBadRequest, err)
		return
	}
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
	resp := responses(ctx)
	if resp == nil { // the time was over before it began
		resp = exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(ctx.Err())})
	}
	answer(http.StatusOK, resp)
	if results != nil {
		if before, after, err := around(resp); err == nil {
			results.keep(ctx, op, resp, asked, slices.Concat(before, resp.Data, after), since)
		}
	}
}

// bodies are the texts of requests, used again.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

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
