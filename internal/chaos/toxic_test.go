package chaos

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/serve"
)

// toxics are what a network does to a source, in the words of toxiproxy.
var toxics = map[string]string{
	"slow":   `{"name": "slow", "type": "latency", "stream": "downstream", "attributes": {"latency": 60000}}`,
	"reset":  `{"name": "reset", "type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`,
	"narrow": `{"name": "narrow", "type": "bandwidth", "stream": "downstream", "attributes": {"rate": 1}}`,
	"mute":   `{"name": "mute", "type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`,
}

// TestToxics: a source whose network is slow, broken, narrow or silent touches
// no other, and is read again when its network is well.
func TestToxics(t *testing.T) {
	province, err := serve.Start(serve.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer province.Close()
	r, err := hubtest.Runner(pgtest.DB(t, hubtest.Prepared()), province.Sources())
	if err != nil {
		t.Fatal(err)
	}
	r.Clock = time.Now
	var kept []*ingest.Source
	proxies := map[string]*toxiproxy.Proxy{}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	for _, s := range r.Sources {
		switch s.Name {
		case "cap-feed", "one-stop", "screens", "ais":
			proxies[s.Name] = poisonable(t, server, s)
			fallthrough
		case "places", "zones": // the witnesses
			if s.Every > 0 {
				s.Every = ingest.Duration(time.Second)
			}
			kept = append(kept, s)
		}
	}
	if r.Sources = kept; len(kept) != 6 {
		t.Fatalf("the province declares only %d of the sources of this test", len(kept))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}()
	since := func(source string, at time.Time) func() bool {
		return func() bool {
			var is bool
			r.DB.QueryRow(ctx, "SELECT coalesce(succeeded_at > $2, false) FROM sources WHERE name = $1", source, at).Scan(&is)
			return is
		}
	}
	for _, s := range kept {
		until(t, s.Name+" to be read", since(s.Name, time.Time{}))
	}
	for source, proxy := range proxies {
		for name, toxic := range toxics {
			if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				at := time.Now()
				until(t, "the others to be read while "+source+" is "+name, func() bool { return since("places", at)() && since("zones", at)() })
			}
			if err := proxy.Toxics.RemoveToxic(ctx, name); err != nil {
				t.Fatal(err)
			}
			proxy.Stop() // what hangs in it would hang on
			if err := proxy.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, source+" to be read after it was "+name, since(source, time.Now()))
		}
	}
}

// poisonable puts a proxy between a source and its system.
func poisonable(t *testing.T, server *toxiproxy.ApiServer, s *ingest.Source) *toxiproxy.Proxy {
	t.Helper()
	u, err := url.Parse(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := toxiproxy.NewProxy(server, s.Name, "127.0.0.1:0", u.Host)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	u.Host = proxy.Listen
	s.Address = u.String()
	return proxy
}
