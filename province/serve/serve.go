// Package serve lets the province's systems answer over the wire, each in its
// own standard, as the real ones would: one file a system. The hub's own
// sources read them, and nothing else brings the demo's data in.
//
// The rule it keeps: what goes over the wire is the standard's, never a row of
// the hub; a system that has been stopped is dead, not polite.
//
//	systems, err := serve.Start(serve.Options{Clock: time.Now})
//	defer systems.Close()
//	os.WriteFile("sources.yaml", []byte(systems.Sources()), 0o600)
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"geohub/province"
)

// Options are where and when the systems answer.
type Options struct {
	// Clock is the province's time; it may run faster than the real one.
	Clock func() time.Time
	// Seed makes the province; 0: province.Seed.
	Seed uint64
	// Port is the first of the ports on 127.0.0.1, which follow one another; 0:
	// any that are free.
	Port int
	Log  *slog.Logger
}

// service is one simulated system.
type service struct {
	name string // as `hub demo stop` names it: "reports"
	// handler answers below http://…/<name>/; may be nil.
	handler func(*Server) http.Handler
	// run speaks another protocol until ctx ends; may be nil.
	run func(ctx context.Context, s *Server) error
	// ports are the names of the further ports that run listens at or dials.
	ports []string
	// sources declares how the hub reads it: a part of sources.yaml, in which
	// {{.HTTP}} is the address of handler and {{.Port "ais"}} a port.
	sources string
}

// services are the systems of the province.
func services() []service {
	return []service{
		reportsService(),
		alertsService(),
		pressService(),
		damsSystem(), stationsSystem(), airSystem(), waterSystem(),
		aisService(), vmsService(), securityService(),
		brokerService(), camerasService(), cardsService(), billboardsService(),
		dossiersService(), officesService(), placesService(), zonesService(),
	}
}

// Server is the province's systems, answering.
type Server struct {
	o        Options
	services []service
	ports    map[string]int
	http     *http.Server
	ctx      context.Context
	stopAll  context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex
	stopped  map[string]bool
	cancel   map[string]context.CancelFunc // of what run
	province *province.Province
	at       time.Time // of province
	cache    map[string]any
}

// Start lets all systems answer.
func Start(o Options) (*Server, error) {
	if o.Seed == 0 {
		o.Seed = province.Seed
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, services: services(), ports: map[string]int{}, stopped: map[string]bool{}, cancel: map[string]context.CancelFunc{}}
	names := []string{"http"}
	for _, v := range s.services {
		names = append(names, v.ports...)
	}
	for i, name := range names {
		port := 0
		if o.Port > 0 {
			port = o.Port + i
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return nil, fmt.Errorf("the province's %s: %w", name, err)
		}
		s.ports[name] = l.Addr().(*net.TCPAddr).Port
		if name == "http" {
			defer s.answer(l)
		} else {
			l.Close() // the system itself opens it, or the hub does
		}
	}
	s.ctx, s.stopAll = context.WithCancel(context.Background())
	for _, v := range s.services {
		s.start(v)
	}
	return s, nil
}

// answer serves all handlers at one port.
func (s *Server) answer(l net.Listener) {
	mux := http.NewServeMux()
	for _, v := range s.services {
		if v.handler != nil {
			mux.Handle("/"+v.name+"/", http.StripPrefix("/"+v.name, s.mortal(v.name, v.handler(s))))
		}
	}
	mux.HandleFunc("POST /control/{system}/{do}", func(w http.ResponseWriter, r *http.Request) {
		do := map[string]func(string) error{"stop": s.Stop, "start": s.Resume}[r.PathValue("do")]
		if do == nil {
			http.NotFound(w, r)
			return
		}
		if err := do(r.PathValue("system")); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	})
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	s.running.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.o.Log.Error("the province's http", "err", err)
		}
	})
}

// mortal cuts the connection of a system that was stopped.
func (s *Server) mortal(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		stopped := s.stopped[name]
		s.mu.Unlock()
		if stopped {
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}

func (s *Server) start(v service) {
	if v.run == nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.cancel[v.name] = cancel
	s.running.Go(func() {
		for ctx.Err() == nil {
			if err := v.run(ctx, s); err != nil && ctx.Err() == nil {
				s.o.Log.Warn("a system of the province failed", "system", v.name, "err", err)
			}
			wait(ctx, time.Second)
		}
	})
}

// Systems are the names of all systems.
func (s *Server) Systems() []string {
	var names []string
	for _, v := range s.services {
		names = append(names, v.name)
	}
	return names
}

// Stop kills a system; Resume brings it back.
func (s *Server) Stop(name string) error {
	if err := s.known(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped[name] = true
	if cancel := s.cancel[name]; cancel != nil {
		cancel()
	}
	return nil
}

// Resume brings a stopped system back.
func (s *Server) Resume(name string) error {
	if err := s.known(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped[name] {
		s.stopped[name] = false
		s.start(s.services[slices.Index(s.Systems(), name)])
	}
	return nil
}

func (s *Server) known(name string) error {
	if !slices.Contains(s.Systems(), name) {
		return fmt.Errorf("there is no system %q; systems are %s", name, strings.Join(s.Systems(), ", "))
	}
	return nil
}

// Close stops all systems and waits for them.
func (s *Server) Close() {
	s.stopAll()
	s.http.Close()
	s.running.Wait()
}

// Address is host:port of a port by name; "http" is that of all handlers.
func (s *Server) Address(port string) string { return fmt.Sprintf("127.0.0.1:%d", s.ports[port]) }

// Sources is the text of a sources.yaml that reads all systems.
func (s *Server) Sources() string {
	var out strings.Builder
	out.WriteString("# The simulated systems of the demo province. A real province has the same\n# entries with its own addresses.\nsources:\n")
	for _, v := range s.services {
		t := template.Must(template.New(v.name).Parse(strings.TrimLeft(v.sources, "\n")))
		if err := t.Execute(&out, place{s, v.name}); err != nil {
			panic(err) // the templates are the program's own
		}
	}
	return out.String()
}

// place is what a system's declaration may name.
type place struct {
	s    *Server
	name string
}

// HTTP is where the system's handler answers.
func (p place) HTTP() string { return "http://" + p.s.Address("http") + "/" + p.name }

// Port is host:port of a port.
func (p place) Port(name string) string { return p.s.Address(name) }

// Now is the province's time.
func (s *Server) Now() time.Time { return s.o.Clock() }

// Province is the province as it stands; the same one until its next quarter
// of an hour.
func (s *Server) Province() *province.Province {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current()
}

func (s *Server) current() *province.Province {
	if at := s.Now().Truncate(15 * time.Minute); s.province == nil || !at.Equal(s.at) {
		s.province, s.at, s.cache = province.New(s.o.Seed, at), at, map[string]any{}
	}
	return s.province
}

// rows are what make makes of the province, once for each of its moments.
func rows[T any](s *Server, name string, make func(*province.Province) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.current()
	v, ok := s.cache[name]
	if !ok {
		v = make(p)
		s.cache[name] = v
	}
	return v.(T)
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
