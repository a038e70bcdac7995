package connect

import (
	"context"
	"errors"
	"sync"
	"time"

	"geohub/ingest"
)

// gather collects what a source sends by itself into batches: one is stored
// while the next fills, and never more than these two are held.
//
//	return streamed(ctx, take, 8000, time.Second, func(ctx context.Context, g *gather) error {
//		for {
//			message, err := receive(ctx)
//			if err != nil {
//				return err
//			}
//			err = g.put(func(b *ingest.Batch) error { return decode(message, into(b)) }, message.Ack)
//			if err != nil {
//				return err
//			}
//		}
//	})
type gather struct {
	ctx  context.Context
	most int // a batch with as many records is stored
	full chan *gathered

	filling sync.Mutex // held while fill runs and while a full batch waits for the one before
	open    *gathered  // nil when nothing has come
}

// maxLines is how much raw input a batch holds, whatever is in it.
const maxLines = 4 << 20

// gathered is a batch and whom to tell once it is stored.
type gathered struct {
	ingest.Batch
	stored []func()
}

// streamed runs read, which puts what comes into the gather until its source
// ends, and stores it in batches of most records or of what came within wait.
// When storing fails, read's ctx ends, and the error is that of storing. What
// read had put before the source ended is stored, unless ctx ended first. read
// returns when its ctx ends, and not before the goroutines that it started.
func streamed(ctx context.Context, take taker, most int, wait time.Duration, read func(context.Context, *gather) error) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	g := &gather{ctx: inner, most: most, full: make(chan *gathered)}
	ended := make(chan error, 1)
	go func() { ended <- read(inner, g) }()
	tick := time.NewTicker(wait)
	defer tick.Stop()
	for {
		var b *gathered
		select {
		case b = <-g.full:
		case <-tick.C:
			b = g.steal()
		case cause := <-ended:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return errors.Join(g.store(ctx, take, g.open), cause)
		}
		if err := g.store(ctx, take, b); err != nil {
			stop()
			<-ended
			return err
		}
	}
}

// put lets fill add to the open batch; stored, which may be nil, is called
// once what it added is in the database. put waits while the batch before is
// being stored and this one is full; several goroutines may put. Its error is
// fill's, or says that no more is taken.
func (g *gather) put(fill func(*ingest.Batch) error, stored func()) error {
	g.filling.Lock()
	defer g.filling.Unlock()
	if g.open == nil {
		g.open = &gathered{}
	}
	if err := fill(&g.open.Batch); err != nil {
		return err
	}
	if stored != nil {
		g.open.stored = append(g.open.stored, stored)
	}
	if g.open.Len() < g.most && len(g.open.Lines) < maxLines {
		return nil
	}
	select {
	case g.full <- g.open:
		g.open = nil
		return nil
	case <-g.ctx.Done():
		return g.ctx.Err()
	}
}

// steal takes the batch that is being filled, unless one that is full waits
// already.
func (g *gather) steal() *gathered {
	if !g.filling.TryLock() {
		return nil // the next tick comes, or the batch is full
	}
	defer g.filling.Unlock()
	b := g.open
	g.open = nil
	return b
}

// store stores a batch, which may be nil, and tells those who wait for it.
func (g *gather) store(ctx context.Context, take taker, b *gathered) error {
	if b == nil {
		return nil
	}
	if b.Len() > 0 || b.Checkpoint != nil {
		if err := take(ctx, &b.Batch); err != nil {
			return err
		}
	}
	for _, tell := range b.stored {
		tell()
	}
	return nil
}
