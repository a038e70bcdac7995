package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/open311"
)

const (
	// attemptTimeout bounds all that is asked of the source in one attempt.
	attemptTimeout = 30 * time.Second
	// maxAnswer is the most that is read of an answer, bytes.
	maxAnswer = 16 << 20
	// maxWait is the longest that a source may ask to be left alone.
	maxWait = 10 * time.Minute
)

// resource is the API of a source: its address, what each of its resources ends
// in, and what goes with each question.
type resource struct {
	address, suffix string // without a slash at the end; .json or .xml
	params          url.Values
}

// baseOf reads a source's address as its connector does: it may end in the
// resource that the hub reads, and parameters in it (jurisdiction_id, api_key)
// go with each request, but for how far back the first read goes.
func baseOf(address string) (resource, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return resource{}, fmt.Errorf("address %q: reports are handed on over http or https", address)
	}
	b := resource{suffix: ".json", params: u.Query()}
	b.params.Del("start_date")
	path := strings.TrimRight(u.Path, "/")
	if strings.HasSuffix(path, "/requests.xml") {
		b.suffix = ".xml"
	}
	for _, end := range []string{"/requests.json", "/requests.xml", "/requests"} {
		path = strings.TrimSuffix(path, end)
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = path, "", "", ""
	b.address = u.String()
	return b, nil
}

func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 20 * time.Second, IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: deliverers,
		},
		// A redirection would turn a POST into a GET, or carry a report elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what the source said.
type answer struct {
	status  int
	wait    time.Duration // Retry-After
	records []open311.Record
	refused []string
	broken  error // what came could not be read to its end
}

// ask sends a request for a resource to the source, with its headers and login.
// form: a POST.
func (o *Outbox) ask(ctx context.Context, path string, query, form url.Values) (*answer, error) {
	method, address := http.MethodGet, o.base.address+path+o.base.suffix
	params := maps.Clone(o.base.params)
	if o.source.User == "" && o.source.Password != "" {
		params.Set("api_key", o.source.Password) // Open311's: the password of a source that has no user
	}
	var body io.Reader
	if form != nil {
		method = http.MethodPost
		maps.Copy(form, params)
		body = strings.NewReader(form.Encode())
	} else {
		maps.Copy(params, query)
		if len(params) > 0 {
			address += "?" + params.Encode()
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "geohub")
	req.Header.Set("Accept", "application/json, application/xml;q=0.5")
	for name, value := range o.source.Headers {
		req.Header.Set(name, value)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if o.source.User != "" {
		req.SetBasicAuth(o.source.User, o.source.Password)
	}
	res, err := o.client.Do(req)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = fmt.Errorf("%s %s%s: %w", method, o.base.address, path, u.Err) // the query holds the key
		}
		return nil, err
	}
	defer res.Body.Close()
	a := &answer{status: res.StatusCode, wait: retryAfter(res.Header.Get("Retry-After"), o.clock())}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(text) > maxAnswer {
		a.broken = errors.Join(errors.New("the answer broke off or is too long"), err)
		return a, nil
	}
	a.broken = open311.Options{Location: o.source.Location}.Decode(bytes.NewReader(text), formats.Sink[open311.Record]{
		Record: func(r open311.Record) error { a.records = append(a.records, r); return nil },
		Refuse: func(r formats.Refusal) error { a.refused = append(a.refused, r.Reason); return nil },
	})
	return a, nil
}

// post hands in a report.
func (o *Outbox) post(ctx context.Context, form url.Values) outcome {
	a, err := o.ask(ctx, "/requests", nil, form)
	if err != nil {
		return outcome{failed: err, unclear: !neverSent(err)}
	}
	if a.status/100 == 2 || a.status == http.StatusConflict {
		if r := a.receipt(); r != nil {
			return *r
		}
	}
	return a.judge("POST /requests")
}

// rate hands in a rating. It is no part of the standard: a POST to the request's
// own address with `satisfaction` (SATISFIED, ACCEPTED, DISSATISFIED) and
// `comment`. Sent twice it says the same, so an unclear outcome needs no asking.
func (o *Outbox) rate(ctx context.Context, number string, in rating) outcome {
	form := url.Values{"satisfaction": {in.Satisfaction}}
	if in.Comment != "" {
		form.Set("comment", in.Comment)
	}
	a, err := o.ask(ctx, "/requests/"+url.PathEscape(number)+"/rating", nil, form)
	if err != nil {
		return outcome{failed: err}
	}
	if a.status/100 == 2 {
		return outcome{taken: true}
	}
	return a.judge("POST /requests/{id}/rating")
}

// resolve asks for the number that a token of the source stands for.
func (o *Outbox) resolve(ctx context.Context, token string) outcome {
	a, err := o.ask(ctx, "/tokens/"+url.PathEscape(token), nil, nil)
	if err != nil {
		return outcome{failed: err}
	}
	if a.status/100 == 2 {
		if r := a.receipt(); r != nil && r.serviceRequestID != "" {
			return *r
		}
	}
	return outcome{failed: fmt.Errorf("GET /tokens: the number is not known yet (status %d)", a.status), wait: a.wait}
}

// find asks whether a report has arrived already, by the clientId that goes with
// it. Taken or failed; neither when the source doesn't know it, or can't tell.
func (o *Outbox) find(ctx context.Context, clientID string, since time.Time) outcome {
	a, err := o.ask(ctx, "/requests", url.Values{clientIDAttribute: {clientID}, "start_date": {since.Add(-time.Hour).UTC().Format(time.RFC3339)}}, nil)
	if err != nil {
		return outcome{failed: err, unclear: true}
	}
	if a.status == http.StatusRequestTimeout || a.status == http.StatusTooManyRequests || a.status >= 500 {
		return outcome{failed: fmt.Errorf("GET /requests: the source answers %d", a.status), unclear: true, wait: a.wait}
	}
	for _, r := range a.records {
		if r.Request != nil && r.Request.ServiceRequestID != "" && carries(r.Request, clientID) {
			return outcome{taken: true, serviceRequestID: r.Request.ServiceRequestID}
		}
	}
	return outcome{}
}

// carries says whether a request came with this clientId: as a member of its
// own, an extended attribute, or among the attributes, as a member or as a
// {code, value} of a list.
func carries(r *open311.Request, clientID string) bool {
	is := func(raw json.RawMessage) bool {
		var text string
		return json.Unmarshal(raw, &text) == nil && text == clientID
	}
	if is(r.Extra[clientIDAttribute]) {
		return true
	}
	for _, raw := range []json.RawMessage{r.ExtendedAttributes, r.Attributes} {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) == nil && is(members[clientIDAttribute]) {
			return true
		}
		var list []struct {
			Code, Name    string
			Value, Values json.RawMessage
		}
		if json.Unmarshal(raw, &list) != nil {
			continue
		}
		for _, a := range list {
			if (a.Code == clientIDAttribute || a.Name == clientIDAttribute) && (is(a.Value) || is(a.Values)) {
				return true
			}
		}
	}
	return false
}

// receipt is the outcome that the answer names; nil when it names none.
func (a *answer) receipt() *outcome {
	for _, r := range a.records {
		switch {
		case r.Receipt != nil && r.Receipt.ServiceRequestID+r.Receipt.Token != "":
			return &outcome{taken: true, serviceRequestID: r.Receipt.ServiceRequestID, sourceToken: r.Receipt.Token}
		case r.Request != nil && r.Request.ServiceRequestID != "": // some answer with the whole request
			return &outcome{taken: true, serviceRequestID: r.Request.ServiceRequestID}
		}
	}
	return nil
}

// judge says what an answer without a receipt means. By the standard 403 is a
// bad api_key: the fault is in sources.yaml then, not in the report.
func (a *answer) judge(what string) outcome {
	said := fmt.Sprintf("%s: the source answers %d %s", what, a.status, http.StatusText(a.status))
	if reason := a.reason(); reason != "" {
		said += ": " + reason
	}
	again := outcome{failed: errors.New(said), wait: a.wait}
	switch {
	case a.status/100 == 2:
		again.unclear = true // it took it, perhaps, but doesn't say as what
		return again
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusProxyAuthRequired:
		again.failed = fmt.Errorf("%s (are the source's user, password and headers right?)", said)
		return again
	case a.status == http.StatusRequestTimeout:
		again.unclear = true
		return again
	case a.status == http.StatusTooManyRequests, a.status == http.StatusTooEarly:
		return again
	case a.status/100 == 4 && a.reason() != "":
		return outcome{refused: a.reason()}
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		again.failed = fmt.Errorf("%s (does the source's address end before /requests?)", said)
		return again
	case a.status/100 == 4:
		return outcome{refused: fmt.Sprintf("the reports system answered %d %s", a.status, http.StatusText(a.status))}
	case a.status/100 == 5:
		again.unclear = a.status != http.StatusServiceUnavailable // 503: not taken; 500, 502, 504: who knows
		return again
	}
	return again // 1xx, 3xx: a wrong address
}

// reason is what the source said of its refusal.
func (a *answer) reason() string {
	if len(a.refused) == 0 || a.broken != nil {
		return ""
	}
	reason, ok := strings.CutPrefix(a.refused[0], "the server answered with an error: ")
	if !ok {
		return ""
	}
	return reason
}

// neverSent says that a request did not leave: nobody listens, nothing is there.
func neverSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED)
}

// retryAfter reads seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if s, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(s, 0), 1<<20)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxWait)
}

// clean makes a text fit to be stored and shown.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
	if utf8.RuneCountInString(text) > 500 {
		text = string([]rune(text)[:500]) + " …"
	}
	return text
}
