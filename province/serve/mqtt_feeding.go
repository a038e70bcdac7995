package serve

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// feeding is a feed with its subscribers, and how far they have come.
type feeding struct {
	mqttFeed
	mu     sync.Mutex
	here   map[string]bool      // client ids of those who listen
	left   map[string]time.Time // how far those who left had come for sure
	rewind *time.Time           // to where it is to go back; nil: on it goes
	fresh  bool                 // somebody came who has seen nothing
	recent []time.Time          // of the newest messages, as many as may be unacknowledged

	hourAt time.Time // of ofHour
	ofHour []post
}

func (f *feeding) comes(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.here[client] = true
	if at, known := f.left[client]; !known {
		f.fresh = true
	} else if f.rewind == nil || at.Before(*f.rewind) {
		f.rewind = &at
	}
}

func (f *feeding) leaves(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.here[client] && len(f.recent) > 0 {
		f.left[client] = f.recent[0].Add(-1)
	}
	delete(f.here, client)
}

// goBack says where the feed goes on when somebody came, from where it is.
func (f *feeding) goBack(s *Server, at time.Time) (posts []post, from time.Time, back bool) {
	f.mu.Lock()
	rewind, fresh := f.rewind, f.fresh
	f.rewind, f.fresh = nil, false
	f.mu.Unlock()
	if rewind != nil && rewind.Before(at) {
		from, back = *rewind, true
	}
	if fresh {
		first, begin := f.begin(s)
		if posts = first; !back || begin.Before(from) {
			from, back = begin, true
		}
	}
	return posts, from, back
}

// wanted says that somebody came since.
func (f *feeding) wanted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fresh || f.rewind != nil
}

func (f *feeding) listened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.here) > 0
}

func (f *feeding) listeners() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.here))
}

func (f *feeding) published(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.recent = append(f.recent, at); len(f.recent) > 2*unacknowledged {
		f.recent = slices.Clone(f.recent[len(f.recent)-unacknowledged-1:])
	}
}

// posts are those of an hour of the clock.
func (f *feeding) posts(s *Server, hour time.Time) []post {
	if !f.hourAt.Equal(hour) {
		f.hourAt, f.ofHour = hour, f.hour(s, hour)
	}
	return f.ofHour
}
