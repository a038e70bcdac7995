package connect

import "container/list"

// recent is a map that keeps no more than its last so many keys that were put.
type recent[V any] struct {
	most  int
	items map[string]*list.Element
	order *list.List // of recentItem, the oldest first
}

type recentItem[V any] struct {
	key   string
	value V
}

func newRecent[V any](most int) *recent[V] {
	return &recent[V]{most, map[string]*list.Element{}, list.New()}
}

func (r *recent[V]) get(key string) (value V, ok bool) {
	e, ok := r.items[key]
	if !ok {
		return value, false
	}
	return e.Value.(recentItem[V]).value, true
}

func (r *recent[V]) put(key string, value V) {
	r.remove(key)
	r.items[key] = r.order.PushBack(recentItem[V]{key, value})
	if len(r.items) > r.most {
		r.remove(r.order.Front().Value.(recentItem[V]).key)
	}
}

func (r *recent[V]) remove(key string) {
	if e, ok := r.items[key]; ok {
		r.order.Remove(e)
		delete(r.items, key)
	}
}
