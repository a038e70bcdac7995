// Package outbox takes in what people hand in for the reports system and
// brings it there by Open311: new reports, and ratings of results.
//
// The rule it keeps: what was accepted is in the database, and stays there
// until the reports system has answered; whatever dies in between, it arrives
// at least once, and the same clientId makes one report.
//
//	o, err := outbox.New(pool, sources, time.Now, log)
//	go o.Run(ctx)
//	receipt, err := o.Submit(ctx, viewer, input, clientID)
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/ingest"
	"geohub/internal/fault"
)

// Outbox is the hub's end of what goes back to the reports system. Several hubs
// on one database share its work.
type Outbox struct {
	db     *pgxpool.Pool
	source *ingest.Source // nil: reports are taken nowhere
	base   resource       // of the source's API
	clock  func() time.Time
	log    *slog.Logger
	client *http.Client
	wake   chan struct{}

	mu   sync.Mutex
	told string // the last failure that was logged
}

// New makes the outbox of the one source that says `outbox: true`. Without one,
// nothing is accepted. The clock is the real one, whatever the province's is.
func New(db *pgxpool.Pool, sources []*ingest.Source, clock func() time.Time, log *slog.Logger) (*Outbox, error) {
	o := &Outbox{db: db, clock: clock, log: log, wake: make(chan struct{}, deliverers)}
	for _, s := range sources {
		if !s.Outbox {
			continue
		}
		if o.source != nil {
			return nil, fmt.Errorf("sources %s and %s both say outbox: reports can go to one only", o.source.Name, s.Name)
		}
		o.source = s
	}
	if o.source == nil {
		return o, nil
	}
	var err error
	if o.base, err = baseOf(o.source.Address); err != nil {
		return nil, fmt.Errorf("source %s: %w", o.source.Name, err)
	}
	o.client = newClient()
	return o, nil
}

const (
	// deliverers is how many rows a hub delivers at once.
	deliverers = 4
	// look is how long a deliverer rests when there is nothing to do, or after a
	// failure.
	look = 500 * time.Millisecond
	// servicesEvery is how old the list of services gets.
	servicesEvery = 10 * time.Minute
)

// Run delivers until ctx ends. It comes back when what was begun has stopped.
func (o *Outbox) Run(ctx context.Context) {
	if o.source == nil {
		return
	}
	var running sync.WaitGroup
	for range deliverers {
		running.Go(func() {
			for ctx.Err() == nil {
				worked, err := o.deliverOne(ctx)
				if worked || err != nil {
					o.tell(ctx, err)
				}
				if !worked || err != nil {
					o.rest(ctx, look)
				}
			}
		})
	}
	running.Go(func() {
		for ctx.Err() == nil {
			wait := servicesEvery
			if err := o.refreshServices(ctx); err != nil && ctx.Err() == nil {
				o.log.Warn("the services of the reports system could not be read", "source", o.source.Name, "err", err)
				wait = 5 * time.Second
			}
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
			case <-timer.C:
			}
			timer.Stop()
		}
	})
	running.Wait()
}

// tell logs a failure that differs from the one before: a source that is away
// fails many times a second.
func (o *Outbox) tell(ctx context.Context, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if text != "" && text != o.told && ctx.Err() == nil {
		o.log.Warn("reports can't be delivered", "source", o.source.Name, "err", err)
	}
	o.told = text
}

// rest waits, or until something was handed in here.
func (o *Outbox) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-o.wake:
	}
}

// stir wakes a deliverer, if one rests.
func (o *Outbox) stir() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// open says that there is a system to hand something in for.
func (o *Outbox) open() error {
	if o == nil || o.source == nil {
		return fault.Unavailable("UNAVAILABLE", "this hub hands reports on to no system: no source of its says `outbox: true`")
	}
	return nil
}
