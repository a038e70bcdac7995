package loaders_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"geohub/loaders"
)

func Example() {
	names := map[int]string{1: "Phú Xuân", 2: "Thuận Hóa", 3: "Hương Trà"}
	units := loaders.New(func(_ context.Context, ids []int) (map[int]string, error) {
		fmt.Println("one statement for", ids)
		return names, nil
	})
	units.Want(1, 2, 3) // a page was read
	for _, id := range []int{2, 3, 1} {
		name, _, _ := units.Load(context.Background(), id)
		fmt.Println(name)
	}
	// Output:
	// one statement for [1 2 3]
	// Thuận Hóa
	// Hương Trà
	// Phú Xuân
}

// numbers fetches n as its decimal form, for n > 0, and keeps what it was asked.
type numbers struct {
	mu    sync.Mutex
	asked [][]int
}

func (f *numbers) fetch(_ context.Context, keys []int) (map[int]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, slices.Clone(keys))
	out := map[int]string{}
	for _, k := range keys {
		if k > 0 {
			out[k] = strconv.Itoa(k)
		}
	}
	return out, nil
}

func TestBatches(t *testing.T) {
	type l = *loaders.Loader[int, string]
	load := func(keys ...int) func(*testing.T, l) {
		return func(t *testing.T, l l) {
			for _, k := range keys {
				v, found, err := l.Load(t.Context(), k)
				if want := k > 0; err != nil || found != want || found && v != strconv.Itoa(k) || !found && v != "" {
					t.Errorf("Load(%d) = %q, %v, %v", k, v, found, err)
				}
			}
		}
	}
	want := func(keys ...int) func(*testing.T, l) {
		return func(_ *testing.T, l l) { l.Want(keys...) }
	}
	for _, test := range []struct {
		name  string
		steps []func(*testing.T, l)
		asked [][]int
	}{
		{"nothing wanted, nothing fetched", []func(*testing.T, l){want()}, nil},
		{"announced and never loaded", []func(*testing.T, l){want(1, 2)}, nil},
		{"all announced keys at once", []func(*testing.T, l){want(1, 2), want(3), load(2, 1, 3)}, [][]int{{1, 2, 3}}},
		{"a key that nobody announced goes along", []func(*testing.T, l){want(1, 2), load(9, 1)}, [][]int{{1, 2, 9}}},
		{"a key announced again is fetched once", []func(*testing.T, l){want(1, 1, 2), want(2), load(1), want(1, 2), load(1, 2)}, [][]int{{1, 2}}},
		{"what is not found is not asked again", []func(*testing.T, l){want(-1, 1), load(-1, 1, -1)}, [][]int{{-1, 1}}},
		{"the next page is the next fetch", []func(*testing.T, l){want(1), load(1), want(1, 2, 3), load(3, 2)}, [][]int{{1}, {2, 3}}},
		{"without announcements each is fetched alone", []func(*testing.T, l){load(1, 2, 1)}, [][]int{{1}, {2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f numbers
			l := loaders.New(f.fetch)
			for _, step := range test.steps {
				step(t, l)
			}
			if diff := cmp.Diff(test.asked, f.asked); diff != "" {
				t.Errorf("fetches (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLoadAll: in the order of the keys, without those not found, one fetch.
func TestLoadAll(t *testing.T) {
	var f numbers
	l := loaders.New(f.fetch)
	got, err := l.LoadAll(t.Context(), []int{3, -1, 1, 3})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"3", "1", "3"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{{3, -1, 1}}, f.asked); diff != "" {
		t.Errorf("fetches (-want +got):\n%s", diff)
	}
	if got, err := l.LoadAll(t.Context(), nil); err != nil || got == nil || len(got) != 0 {
		t.Errorf("of no keys: %v, %v", got, err)
	}
}

// TestErrors: an error of a fetch reaches everyone who waits for it, and
// nobody else.
func TestErrors(t *testing.T) {
	broken := errors.New("no database")
	fetching, goOn := make(chan struct{}), make(chan struct{})
	fetches := 0
	l := loaders.New(func(_ context.Context, keys []int) (map[int]string, error) {
		if fetches++; fetches == 1 {
			close(fetching)
			<-goOn
			return map[int]string{1: "half an answer"}, broken
		}
		return map[int]string{4: "4"}, nil
	})
	l.Want(1, 2, 3)
	var waiters sync.WaitGroup
	load := func(k int) {
		waiters.Go(func() {
			if _, _, err := l.Load(t.Context(), k); !errors.Is(err, broken) {
				t.Errorf("Load(%d): %v", k, err)
			}
		})
	}
	load(1)
	<-fetching
	load(2)
	load(2)
	close(goOn)
	waiters.Wait()
	if _, _, err := l.Load(t.Context(), 3); !errors.Is(err, broken) {
		t.Errorf("a key of the batch that was loaded later: %v", err)
	}
	if _, err := l.LoadAll(t.Context(), []int{4, 3}); !errors.Is(err, broken) {
		t.Errorf("LoadAll over a broken key: %v", err)
	}
	if v, found, err := l.Load(t.Context(), 4); v != "4" || !found || err != nil {
		t.Errorf("a key of another batch: %q, %v, %v", v, found, err)
	}
}

// TestConcurrent: however many load at once, a key is fetched once, and all of
// a page in one fetch.
func TestConcurrent(t *testing.T) {
	var f numbers
	l := loaders.New(f.fetch)
	var workers sync.WaitGroup
	for w := range 16 {
		workers.Go(func() {
			for i := range 50 {
				k := (w*7 + i) % 60
				l.Want(k, k+1)
				if v, found, err := l.Load(t.Context(), k); err != nil || found != (k > 0) || found && v != strconv.Itoa(k) {
					t.Errorf("Load(%d) = %q, %v, %v", k, v, found, err)
				}
			}
		})
	}
	workers.Wait()
	seen := map[int]bool{}
	for _, batch := range f.asked {
		for _, k := range batch {
			if seen[k] {
				t.Errorf("%d was fetched twice", k)
			}
			seen[k] = true
		}
	}

	var page numbers
	p := loaders.New(page.fetch)
	keys := slices.Sorted(maps.Keys(seen))
	p.Want(keys...)
	for _, k := range keys {
		workers.Go(func() { p.Load(t.Context(), k) })
	}
	workers.Wait()
	if len(page.asked) != 1 {
		t.Errorf("%d fetches for one page", len(page.asked))
	}
}

// TestGivesUp: who waits for another's fetch leaves when its own context ends;
// the fetch goes on for the others.
func TestGivesUp(t *testing.T) {
	fetching, goOn := make(chan struct{}), make(chan struct{})
	l := loaders.New(func(context.Context, []int) (map[int]string, error) {
		close(fetching)
		<-goOn
		return map[int]string{1: "1", 2: "2"}, nil
	})
	l.Want(1, 2)
	var first sync.WaitGroup
	first.Go(func() {
		if v, found, err := l.Load(t.Context(), 1); v != "1" || !found || err != nil {
			t.Errorf("who fetched: %q, %v, %v", v, found, err)
		}
	})
	<-fetching
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, found, err := l.Load(ctx, 2); !errors.Is(err, context.Canceled) || found {
		t.Errorf("who gave up: %v, %v", found, err)
	}
	close(goOn)
	first.Wait()
	if v, found, err := l.Load(t.Context(), 2); v != "2" || !found || err != nil {
		t.Errorf("who came later: %q, %v, %v", v, found, err)
	}
}

// TestWantedMeanwhile: what is announced during a fetch goes with the next one,
// which does not wait for the first.
func TestWantedMeanwhile(t *testing.T) {
	fetching, goOn := make(chan struct{}), make(chan struct{})
	var f numbers
	l := loaders.New(func(ctx context.Context, keys []int) (map[int]string, error) {
		out, err := f.fetch(ctx, keys)
		if slices.Contains(keys, 1) {
			close(fetching)
			<-goOn
		}
		return out, err
	})
	l.Want(1)
	var first sync.WaitGroup
	first.Go(func() { l.Load(t.Context(), 1) })
	<-fetching
	l.Want(1, 2, 3)
	if v, found, err := l.Load(t.Context(), 3); v != "3" || !found || err != nil {
		t.Errorf("during the first fetch: %q, %v, %v", v, found, err)
	}
	close(goOn)
	first.Wait()
	l.Load(t.Context(), 2)
	if diff := cmp.Diff([][]int{{1}, {2, 3}}, f.asked); diff != "" {
		t.Errorf("fetches (-want +got):\n%s", diff)
	}
}

// TestInside: a fetch may load from other loaders, and other keys from its own.
func TestInside(t *testing.T) {
	var f numbers
	inner := loaders.New(f.fetch)
	var outer *loaders.Loader[int, string]
	outer = loaders.New(func(ctx context.Context, keys []int) (map[int]string, error) {
		inner.Want(keys...)
		out := map[int]string{}
		for _, k := range keys {
			v, _, err := inner.Load(ctx, k)
			if err != nil {
				return nil, err
			}
			if k > 10 {
				parent, _, err := outer.Load(ctx, k/10)
				if err != nil {
					return nil, err
				}
				v = parent + "." + v
			}
			out[k] = v
		}
		return out, nil
	})
	outer.Want(123, 45)
	got, err := outer.LoadAll(t.Context(), []int{123, 45})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.12.123", "4.45"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{{123, 45}, {12}, {1}, {4}}, f.asked); diff != "" {
		t.Errorf("inner fetches (-want +got):\n%s", diff)
	}
}
