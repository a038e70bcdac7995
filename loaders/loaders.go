// Package loaders reads what a page refers to by batches: each key once an
// operation, and all the keys of a page in one statement.
//
// A page announces the keys of its rows (Want) when it is read; the first
// Load then fetches everything announced so far. So the number of statements
// does not grow with the page, and no timer decides it.
//
//	units := loaders.New(fetchUnits)
//	units.Want(1, 2, 3)
//	u, ok, err := units.Load(ctx, 2) // one statement for 1, 2 and 3
package loaders

import (
	"context"
	"errors"
	"sync"
)

// Loader loads values by key for one operation; it is safe for concurrent use.
type Loader[K comparable, V any] struct {
	fetch func(context.Context, []K) (map[K]V, error)

	mu     sync.Mutex
	wanted []K
	state  map[K]*entry[V]
}

type entry[V any] struct {
	done  chan struct{} // closed when value, found and err are there; nil while only wanted
	value V
	found bool
	err   error
}

// New makes a loader. fetch gets distinct keys; a key it leaves out is not found.
func New[K comparable, V any](fetch func(context.Context, []K) (map[K]V, error)) *Loader[K, V] {
	return &Loader[K, V]{fetch: fetch, state: map[K]*entry[V]{}}
}

// Want announces keys that will probably be loaded.
func (l *Loader[K, V]) Want(keys ...K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		l.want(k)
	}
}

// Load gives the value of k; found is false when there is none.
func (l *Loader[K, V]) Load(ctx context.Context, k K) (value V, found bool, err error) {
	e := l.begun(ctx, k)
	select {
	case <-e.done:
	case <-ctx.Done():
		if !e.there() {
			return value, false, context.Cause(ctx)
		}
	}
	return e.value, e.found, e.err
}

func (e *entry[V]) there() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// LoadAll gives the values of the keys that are found, in their order.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	l.Want(keys...)
	values := make([]V, 0, len(keys))
	for _, k := range keys {
		v, found, err := l.Load(ctx, k)
		if err != nil {
			return nil, err
		}
		if found {
			values = append(values, v)
		}
	}
	return values, nil
}

// begun gives the entry of k, fetched or being fetched.
func (l *Loader[K, V]) begun(ctx context.Context, k K) *entry[V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.want(k)
	if e.done == nil {
		l.run(ctx)
	}
	return e
}

func (l *Loader[K, V]) want(k K) *entry[V] {
	e := l.state[k]
	if e == nil {
		e = &entry[V]{}
		l.state[k] = e
		l.wanted = append(l.wanted, k)
	}
	return e
}

// run takes all wanted keys and fetches them; l.mu is held on entry and exit,
// and free meanwhile. Nobody waits for ever, even if fetch panics.
func (l *Loader[K, V]) run(ctx context.Context) {
	keys := l.wanted
	l.wanted = nil
	entries := make([]*entry[V], len(keys))
	done := make(chan struct{})
	for i, k := range keys {
		entries[i] = l.state[k]
		entries[i].done = done
	}
	l.mu.Unlock()
	defer l.mu.Lock()
	var values map[K]V
	err := errors.New("loaders: fetch panicked")
	defer func() {
		for i, k := range keys {
			entries[i].value, entries[i].found = values[k]
			entries[i].err = err
		}
		close(done)
	}()
	values, err = l.fetch(ctx, keys)
}
