package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"geohub/ingest"
)

// Times that a source over HTTP gets.
const (
	headerTimeout = 20 * time.Second // until it begins to answer
	idleTimeout   = 30 * time.Second // between two pieces of the body
)

// web speaks HTTP with one source: its headers, its login, quick retries.
type web struct {
	s      *ingest.Source
	client *http.Client
}

// newWeb checks a source's address. A file:// address or a path is read from
// the disk.
func newWeb(s *ingest.Source) (*web, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
	case u.Scheme == "" || u.Scheme == "file":
	default:
		return nil, fmt.Errorf("address %q: this format is read over http, https or from a file", s.Address)
	}
	transport := &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
		ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 4,
	}
	retry := failsafehttp.NewRetryPolicyBuilder().WithMaxRetries(2).WithBackoff(200*time.Millisecond, 2*time.Second).WithJitterFactor(.2).Build()
	return &web{s, &http.Client{Transport: failsafehttp.NewRoundTripper(transport, failsafe.Policy[*http.Response](retry))}}, nil
}

// answer is what came back: a status of 200 with a body, or 304 without.
type answer struct {
	io.ReadCloser
	Header      http.Header
	NotModified bool
	URL         *url.URL // after redirections
}

// get asks for an address, absolute or relative to the source's, with further
// headers. Any other status than 200 and 304 is an error that says it.
func (w *web) get(ctx context.Context, address string, header http.Header) (*answer, error) {
	base, err := url.Parse(w.s.Address)
	if err != nil {
		return nil, err
	}
	u, err := base.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if u.Scheme == "" || u.Scheme == "file" {
		f, err := os.Open(u.Path)
		if err != nil {
			return nil, err
		}
		return &answer{ReadCloser: f, Header: http.Header{}, URL: u}, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	res, err := w.ask(ctx, u, sameOrigin(u, base), header)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	body := &impatient{ReadCloser: res.Body, cancel: cancel, timer: time.AfterFunc(idleTimeout, func() { cancel(errIdle) }), ctx: ctx}
	return &answer{ReadCloser: body, Header: res.Header, NotModified: res.StatusCode == http.StatusNotModified, URL: res.Request.URL}, nil
}

// ask sends a request. The source's own headers and login go to the source
// only: secrets don't follow a link elsewhere.
func (w *web) ask(ctx context.Context, u *url.URL, own bool, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "geohub")
	for name, values := range header {
		req.Header[name] = values
	}
	if own {
		for name, value := range w.s.Headers {
			req.Header.Set(name, value)
		}
		if w.s.User != "" {
			req.SetBasicAuth(w.s.User, w.s.Password)
		}
	}
	res, err := w.client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNotModified {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 300))
		res.Body.Close()
		if said := res.Header.Get("X-Road-Error"); said != "" {
			text = []byte("the gateway says " + said)
		}
		return nil, &statusError{res.StatusCode, fmt.Sprintf("GET %s: %s: %s", u.Redacted(), res.Status, strings.TrimSpace(string(text)))}
	}
	return res, nil
}

// statusError is an answer that is neither 200 nor 304.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// isGone says that the server knows of no such thing.
func isGone(err error) bool {
	var e *statusError
	return errors.As(err, &e) && (e.status == http.StatusNotFound || e.status == http.StatusGone)
}

// plain is the error of the last attempt, without the address: the source's is
// known, and a page's is long.
func plain(err error) error {
	if exceeded := retrypolicy.AsExceededError(err); exceeded != nil && exceeded.LastError != nil {
		err = exceeded.LastError
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the source hung up without an answer")
	}
	return err
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

var errIdle = errors.New("the source stopped in the middle of its answer")

// impatient is a body that may take as long as it likes while something comes.
type impatient struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
	timer  *time.Timer
	ctx    context.Context
}

func (i *impatient) Read(b []byte) (int, error) {
	i.timer.Reset(idleTimeout)
	n, err := i.ReadCloser.Read(b)
	i.timer.Stop() // what the hub does with it takes its own time
	if err != nil && err != io.EOF && context.Cause(i.ctx) == errIdle {
		err = errIdle
	}
	return n, err
}

func (i *impatient) Close() error {
	i.timer.Stop()
	defer i.cancel(nil)
	return i.ReadCloser.Close()
}
