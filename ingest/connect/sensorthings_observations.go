package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/sensorthings"
)

// stream is a Datastream whose observations are read.
type stream struct {
	ds *sensorthings.Datastream // as each of its observations carries it
	at *url.URL                 // of the page that it came with
}

// streamsOf gives a Thing's Datastreams for their observations to carry: with
// the Thing's own properties, and without what would go round in circles.
func streamsOf(at *url.URL, t *sensorthings.Thing) []*stream {
	thing := &sensorthings.Thing{Head: t.Head, Described: t.Described}
	var out []*stream
	for _, d := range t.Datastreams {
		ds := *d
		ds.Thing, ds.Sensor, ds.Observations = thing, nil, nil
		out = append(out, &stream{&ds, at})
	}
	return out
}

// streamMarks is the checkpoint: how far each Datastream has been read, by its
// id.
type streamMarks map[string]streamMark

// streamMark is when the newest observation began, and where the Datastream
// said that its phenomenonTime and resultTime end when all had been read; in
// milliseconds of Unix time, by the source's clock; 0: not known.
type streamMark [3]int64

const (
	markNewest = iota
	markPhenomenon
	markResult
)

func millis(t *sensorthings.TimeObject) int64 {
	switch {
	case t == nil:
		return 0
	case t.End.IsZero():
		return t.Start.UnixMilli()
	}
	return t.End.UnixMilli()
}

// arrival is a piece of what one Datastream gave.
type arrival struct {
	stream  *stream
	records []any
	refused []formats.Refusal
	mark    *streamMark // how far the Datastream has been read with this piece; nil: no farther
	err     error       // what ended it
}

// askers is how many Datastreams are read at the same time.
const askers = 4

// observations reads what is new in the Datastreams.
func (c *thingsClient) observations(ctx context.Context, streams []*stream, before streamMarks, take taker) error {
	marks := streamMarks{} // those that are no longer there are dropped
	var todo []*stream
	for _, st := range streams {
		id := string(st.ds.ID)
		mark, known := before[id]
		if known {
			marks[id] = mark
		}
		if !known || st.moved(mark) {
			todo = append(todo, st)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	arrivals := c.ask(ctx, todo, before)
	defer func() {
		cancel()
		for range arrivals { // until the last asker has left
		}
	}()
	var b ingest.Batch
	flush := func() error {
		checkpoint, err := json.Marshal(marks)
		if err != nil {
			return err
		}
		full := b
		full.Checkpoint = json.RawMessage(checkpoint)
		b = ingest.Batch{}
		return take(ctx, &full)
	}
	var first error
	failed := 0
	for a := range arrivals {
		b.Records, b.Refused = append(b.Records, a.records...), append(b.Refused, a.refused...)
		if a.mark != nil {
			marks[string(a.stream.ds.ID)] = *a.mark
		}
		if a.err != nil {
			if failed++; first == nil {
				first = fmt.Errorf("datastream %s: %w", a.stream.ds.ID, a.err)
			}
		}
		if b.Len() >= maxBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(todo) > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d Datastreams failed; the first: %w", failed, len(todo), first)
	}
	return nil
}

// ask reads Datastreams, a few at a time. The channel closes behind the last.
func (c *thingsClient) ask(ctx context.Context, todo []*stream, marks streamMarks) <-chan arrival {
	next, arrivals := make(chan *stream), make(chan arrival)
	go func() {
		defer close(next)
		for _, st := range todo {
			select {
			case next <- st:
			case <-ctx.Done():
				return
			}
		}
	}()
	var askersLeft sync.WaitGroup
	for range min(askers, len(todo)) {
		askersLeft.Go(func() {
			for st := range next {
				if err := c.follow(ctx, st, marks[string(st.ds.ID)], arrivals); err != nil {
					deliver(ctx, arrivals, arrival{stream: st, err: err})
				}
			}
		})
	}
	go func() {
		askersLeft.Wait()
		close(arrivals)
	}()
	return arrivals
}

func deliver(ctx context.Context, to chan<- arrival, a arrival) error {
	select {
	case to <- a:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass delivers a piece that has become a batch by itself, and begins another.
func (a *arrival) pass(ctx context.Context, to chan<- arrival) error {
	if len(a.records)+len(a.refused) < maxBatch {
		return nil
	}
	full := *a
	*a = arrival{stream: a.stream}
	return deliver(ctx, to, full)
}

// moved says whether a Datastream ends elsewhere than it did; one that doesn't
// say where has always moved.
func (st *stream) moved(mark streamMark) bool {
	if st.ds.PhenomenonTime == nil {
		return true
	}
	return millis(st.ds.PhenomenonTime) != mark[markPhenomenon] || millis(st.ds.ResultTime) != mark[markResult]
}

// first is the address of the first page of what is new. Where only results
// have moved, late ones came in below the newest moment.
func (c *thingsClient) first(st *stream, mark streamMark) string {
	address := c.under(st.at, "", st.ds.ObservationsLink, st.ds.Head, "Datastreams", "Observations")
	options := []string{"$orderby", "phenomenonTime asc", "$top", fmt.Sprint(c.page)}
	behind := func(name string, at int64) []string {
		return append([]string{"$filter", name + " gt " + time.UnixMilli(at).Add(-c.overlap).UTC().Format("2006-01-02T15:04:05.000Z")}, options...)
	}
	switch {
	case mark[markNewest] == 0:
	case mark[markResult] != 0 && st.ds.PhenomenonTime != nil && millis(st.ds.PhenomenonTime) == mark[markPhenomenon]:
		options = behind("resultTime", mark[markResult])
	default:
		options = behind("phenomenonTime", mark[markNewest])
	}
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query(options...)
	return u.String()
}

// follow reads one Datastream to its end. While its pages come in the order
// that was asked for, each moves the mark on to the page before it, whose order
// it proves; of a server that orders as it likes only the end does.
func (c *thingsClient) follow(ctx context.Context, st *stream, mark streamMark, arrivals chan<- arrival) error {
	address, ordered, last := c.first(st, mark), true, int64(0)
	newest, proven := mark[markNewest], int64(0)
	for n := 0; address != ""; n++ {
		if n == maxThingsPages {
			return fmt.Errorf("%s is page %d: do its nextLinks lead round?", address, n)
		}
		a := arrival{stream: st}
		sink := formats.Sink[sensorthings.Entity]{
			Record: func(e sensorthings.Entity) error {
				o, ok := e.(*sensorthings.Observation)
				if !ok {
					return fmt.Errorf("%s where Observations are due", e.Kind())
				}
				at := o.PhenomenonTime.Start.UnixMilli()
				ordered, last, newest = ordered && at >= last, at, max(newest, at)
				setClock(o, time.Duration(c.source.ClockAhead))
				o.Datastream, o.DatastreamLink = st.ds, ""
				a.records = append(a.records, o)
				return a.pass(ctx, arrivals)
			},
			Refuse: func(r formats.Refusal) error {
				r.Raw = joined(r.Raw, st.ds)
				a.refused = append(a.refused, r)
				return a.pass(ctx, arrivals)
			},
		}
		_, next, err := c.onePage(ctx, address, sink)
		if err == nil && ordered && proven > mark[markNewest] {
			a.mark = &streamMark{proven, mark[markPhenomenon], mark[markResult]}
		}
		proven = newest
		if err == nil && next == "" {
			a.mark = &streamMark{newest, millis(st.ds.PhenomenonTime), millis(st.ds.ResultTime)}
		}
		if delivered := deliver(ctx, arrivals, a); delivered != nil {
			return delivered
		}
		if err != nil {
			return err
		}
		address = next
	}
	return nil
}

// joined gives a refused observation its Datastream, so that once mended it
// says whose it is. What is no object stays as it came.
func joined(raw []byte, ds *sensorthings.Datastream) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil || fields["Datastream"] != nil {
		return raw
	}
	whole, err := json.Marshal(ds)
	if err != nil {
		return raw
	}
	fields["Datastream"] = whole
	if out, err := json.Marshal(fields); err == nil {
		return out
	}
	return raw
}
