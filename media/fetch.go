package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"geohub/ingest"
)

// errFetch is what goes wrong with a source's own address; it never leaves the
// hub but for the log.
type errFetch struct{ error }

// Times of fetching.
const (
	connectTimeout = 5 * time.Second
	headerTimeout  = 10 * time.Second
	maxRedirects   = 3
)

// fetch asks for an address that a source gave. It goes nowhere but there:
//   - http and https only, and redirections only on the same host;
//   - to addresses of the public internet, or to the very host and port of the
//     source itself, or into networks that the hub was told of;
//   - as nobody: the source's login is not sent, since the address may be
//     somebody else's idea.
func (g *Gate) fetch(ctx context.Context, source, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errFetch{errors.New("it is no address of http or https")}
	}
	own := g.isOwn(source, u)
	// A connection is used once: the next one may be for another source.
	client := &http.Client{
		Transport: &http.Transport{
			DialContext: g.dialer(own).DialContext, TLSHandshakeTimeout: connectTimeout,
			ResponseHeaderTimeout: headerTimeout, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			switch {
			case len(via) > maxRedirects:
				return errors.New("too many redirections")
			case req.URL.Scheme != "http" && req.URL.Scheme != "https", req.URL.Hostname() != u.Hostname(), own && portOf(req.URL) != portOf(u):
				return errors.New("a redirection to another host")
			}
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errFetch{err}
	}
	req.Header.Set("User-Agent", "geohub")
	res, err := client.Do(req)
	if err != nil {
		return nil, errFetch{err}
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, errFetch{fmt.Errorf("the source answers %s", res.Status)}
	}
	return res, nil
}

// isOwn says whether an address lies on the source's own host and port.
func (g *Gate) isOwn(source string, u *url.URL) bool {
	i := slices.IndexFunc(g.Sources, func(s *ingest.Source) bool { return s.Name == source })
	if i < 0 {
		return false
	}
	s, err := url.Parse(g.Sources[i].Address)
	return err == nil && s.Hostname() != "" && s.Hostname() == u.Hostname() && portOf(s) == portOf(u)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// dialer looks at the address that a name turned out to have, when it is about
// to connect: a name that changes between two looks gains nothing.
func (g *Gate) dialer(own bool) *net.Dialer {
	d := &net.Dialer{Timeout: connectTimeout}
	if own {
		return d
	}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !public(to.Addr()) && !slices.ContainsFunc(g.Networks, func(n netip.Prefix) bool { return n.Contains(to.Addr().Unmap()) }) {
			return errors.New("the address is not of the public internet")
		}
		return nil
	}
	return d
}

// reserved are networks that IsGlobalUnicast and IsPrivate let pass and that are
// no place to fetch from: special ones, and those that carry another address in
// themselves.
var reserved = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

// global is what is given out of IPv6.
var global = netip.MustParsePrefix("2000::/3")

func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" || a.Is6() && !global.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}
